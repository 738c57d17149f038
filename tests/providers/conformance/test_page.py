"""The page that shows the calls, and the file beside it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest

from consents.terms import Channel
from izin import app
from providers.openapi import document, table
from providers.openapi.document import SchemaField, fields
from settings import load
from tests.conftest import SECRET, Opener
from tests.web.client import PageClient
from web.codes import SENTENCES


@pytest.fixture
def client(sqlite_url: str, open_registry: Opener) -> Iterator[PageClient]:
    settings = load({"SECRET_KEY": SECRET})
    with PageClient(app.build(settings, open_registry(sqlite_url)), base_url=settings.public_url) as made:
        yield made


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_page_shows_every_call_in_the_readers_language(client: PageClient, language: str) -> None:
    answer = client.get(f"/api?lang={language}")
    assert answer.status_code == 200
    for call in table.CALLS:
        assert f"<code>{call.line}" in answer.text
    shown = [call for call in table.CALLS if call.answers]
    for call in shown:
        assert f'<details id="{call.name}">' in answer.text
    assert ("Bir izin ya da ret bildirir." in answer.text) is (language == "tr")
    assert ("Reports one consent or refusal." in answer.text) is (language == "en")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_code_of_a_call_is_explained_on_a_page_of_its_own(client: PageClient, language: str) -> None:
    answer = client.get(f"/api/kodlar?lang={language}")
    assert answer.status_code == 200
    text = html.unescape(answer.text)
    for code in {code for call in table.CALLS for code in call.codes}:
        sentence = SENTENCES[code].text(language)
        assert f'<dt id="{code}"><code>{code}</code></dt><dd>{sentence}</dd>' in text, code


def test_the_page_asks_nothing_of_other_sites(client: PageClient) -> None:
    answer = client.get("/api")
    assert "<script" not in answer.text
    assert all(link.startswith(("/", "#", "?")) for link in re.findall(r'(?:href|src)="([^"]*)"', answer.text))


def test_the_file_is_for_everybodys_tools(client: PageClient) -> None:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content) == document.document("tr")


@pytest.mark.parametrize(("query", "language"), [("?lang=en", "en"), ("?lang=tr", "tr"), ("?lang=xx", "tr")])
def test_the_file_is_in_the_language_of_its_address(client: PageClient, query: str, language: str) -> None:
    answer = client.get(f"/openapi.json{query}", headers={"accept-language": "de"})
    assert answer.content == document.text(language).encode()


PACKED = {"accept-encoding": "gzip"}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_page_is_drawn_and_compressed_once(
    client: PageClient, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/api", headers={**PACKED, "accept-language": language})
    for work in ("web.rendering.drawing.Pages.draw", "web.rendering.prepared._deflated"):
        monkeypatch.setattr(work, None)
    again = client.get("/api", headers={**PACKED, "accept-language": language})
    plain = client.get("/api", headers={"accept-encoding": "identity", "accept-language": language})
    assert first.headers["content-encoding"] == again.headers["content-encoding"] == "gzip"
    assert first.text == again.text == plain.text
    assert plain.headers["content-language"] == language


def test_the_file_travels_compressed_and_only_to_who_does_not_have_it(client: PageClient) -> None:
    packed = client.get("/openapi.json", headers=PACKED)
    plain = client.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert packed.content == plain.content == document.text().encode()
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    assert packed.headers["vary"] == "Accept-Encoding"
    known = client.get("/openapi.json", headers={"if-none-match": packed.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_the_start_page_leads_to_it(client: PageClient) -> None:
    assert 'href="/api"' in client.get("/").text


def test_fields_are_told_from_the_outside_in() -> None:
    kinds = " | ".join(map(str, Channel))
    assert fields("Connections")[:2] == [
        SchemaField("connection[].url", "string", True),
        SchemaField("connection[].type", kinds, True),
    ]
    assert SchemaField("deliveries[].taken", "string | null", True) in fields("Proof")
    assert fields("Agreement") == [SchemaField("agreementStatus", "true", True)]
    assert fields("Count") == [SchemaField("", "integer", True)]
    assert fields("text/csv") == fields("") == []
