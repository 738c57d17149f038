"""The pages for people who write programs, and the file beside them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest

from consents.terms import Channel
from izin import app
from providers.openapi import document, guide, portal_pages, reference, table
from settings import load
from tests.conftest import SECRET, Opener
from tests.web.client import PageClient


@pytest.fixture
def client(sqlite_url: str, open_registry: Opener) -> Iterator[PageClient]:
    settings = load({"SECRET_KEY": SECRET})
    with PageClient(app.build(settings, open_registry(sqlite_url)), base_url=settings.public_url) as made:
        yield made


PACKED = {"accept-encoding": "gzip"}
LANGUAGES = pytest.mark.parametrize("language", ["tr", "en"])
SERVED = [call for call in table.CALLS if call.answers]


@LANGUAGES
def test_the_first_page_has_the_address_and_leads_to_all_others(client: PageClient, language: str) -> None:
    page = client.get(f"/gelistirici?lang={language}").text
    assert f">{process_url(client)}<" in page
    for path in ("rehber", "basvuru", "kodlar", "degisiklikler"):
        assert f'href="/gelistirici/{path}?lang={language}"' in page
        assert client.get(f"/gelistirici/{path}?lang={language}").status_code == 200
    assert ("Çalışıyor" in page) is (language == "tr")


def test_the_first_page_shows_when_nothing_can_be_stored(client: PageClient) -> None:
    client.app.app.state.process.faults = lambda: ["the disk is full"]  # type: ignore[attr-defined]
    assert "Şu an kayıt alamıyor" in client.get("/gelistirici").text


@LANGUAGES
def test_each_call_has_a_page_that_the_list_leads_to(client: PageClient, language: str) -> None:
    listed = html.unescape(client.get(f"/gelistirici/basvuru?lang={language}").text)
    assert all(f"<code>{call.line}</code>" in listed for call in table.CALLS)
    links = re.findall(r'href="(/gelistirici/basvuru/[^"]+)">([^<]+)</a><code>([^<]+)<', listed)
    assert [line for _, _, line in links] == [call.line for call in SERVED]
    for (path, title, line), call in zip(links, SERVED, strict=True):
        page = html.unescape(client.get(path).text)
        assert f"<h1>{title}</h1>" in page
        method, _, where = line.partition(" ")
        assert f"{method} {process_url(client)}{where}" in page
        assert all(f"<code>{row.name}</code>" in page for row in reference.fields(call.body))
        assert all(f"<dt><code>{code}</code>" in page for code in call.codes)
        assert all(row.about in page for row in reference.operations(language)[call.operation].body)
        assert all(f"<summary>{status} " in page for status in call.answers)


@LANGUAGES
def test_a_required_field_a_limit_and_an_example_stand_beside_the_field(client: PageClient, language: str) -> None:
    page = plain(client.get(f"{reference_page('addConsent')}?lang={language}").text)
    word, sample = ("zorunlu", "Örnek:") if language == "tr" else ("required", "Example:")
    assert re.search(rf"recipient {word} ", page)
    assert f"{sample} +905320000001" in page
    assert "≤ 255" in page


@pytest.mark.parametrize(
    ("sought", "names"),
    [
        ("push registration", {"pushRegistration", "getPushRegistration", "pushUnregistration"}),
        ("agreementStatus", {"agreementDatePut"}),
        ("PUSH  unregistration ", {"pushUnregistration"}),
        ("<script>", set()),
    ],
)
def test_a_search_finds_calls_by_path_and_field(client: PageClient, sought: str, names: set[str]) -> None:
    page = client.get("/gelistirici/basvuru", params={"ara": sought}).text
    found = set(re.findall(r'href="(/gelistirici/basvuru/\w+)"', page))
    assert found == {reference_page(name) for name in names}
    assert "<script>" not in page
    assert ("Bu sözcüklerle bir çağrı yok" in page) is (not names)


def test_there_is_no_page_of_a_call_that_is_none(client: PageClient) -> None:
    assert client.get("/gelistirici/basvuru/nothing").status_code == 404


@LANGUAGES
def test_each_code_of_a_call_is_explained_on_a_page_of_its_own(client: PageClient, language: str) -> None:
    """With its HTTP statuses, what it means, and what a program does; in bold where the request may be sent again."""
    text = html.unescape(client.get(f"/gelistirici/kodlar?lang={language}").text)
    listed = document.document(language)["x-codes"]
    assert set(re.findall(r'<dt id="(\w+)">', text)) == set(listed)
    for code, known in listed.items():
        statuses = ", ".join(map(str, known["statuses"]))
        entry = re.search(rf'<dt id="{code}"><code>{code}</code> {statuses}</dt><dd>(.*?)</dd>', text)
        assert entry, code
        assert entry[1].startswith(known["message"])
        assert ("<strong>" in entry[1]) is (known["retry"] != "never")
        assert known["retry"] == "never" or known["action"] in entry[1]


@LANGUAGES
def test_changes_are_dated_the_newest_first_and_lead_to_their_calls(client: PageClient, language: str) -> None:
    page = client.get(f"/gelistirici/degisiklikler?lang={language}").text
    days = re.findall(r'datetime="([^"]+)"', page)
    assert days == sorted(days, reverse=True)
    assert len(days) == len(portal_pages.changes()) > 4
    for link in re.findall(r'href="(/gelistirici/basvuru/[^"]+)"', page):
        assert client.get(link).status_code == 200
    for change in portal_pages.changes():
        assert html.escape(change.sentence.text(language)).replace("&#x27;", "&#39;") in page


@pytest.mark.parametrize(("old", "new"), [("/api", "/gelistirici/basvuru"), ("/api/kodlar", "/gelistirici/kodlar")])
def test_the_old_addresses_lead_to_the_new_ones(client: PageClient, old: str, new: str) -> None:
    answer = client.get(f"{old}?lang=en", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{new}?lang=en")


def test_the_guide_is_filled_with_what_the_address_has_and_with_nothing_else(client: PageClient) -> None:
    path = "/gelistirici/rehber"
    page = html.unescape(client.get(f"{path}?kod=python&sirket=600100&marka=600101&ad=cinar-crm").text)
    assert 'BRAND = f"{BASE}/sps/600100/brands/600101"' in page
    assert 'NAME = "cinar-crm"' in page
    for wrong in ("1;rm", "<b>", "1" * 10):
        given = {"sirket": wrong, "marka": wrong, "ad": '"><b>', "kod": wrong}
        page = html.unescape(client.get(path, params=given).text)
        page = page.partition("<main")[2]  # the links to other languages keep what was typed, in percents
        assert "/sps/IYSCODE/brands/BRANDCODE" in page
        assert wrong not in page
        assert '"><b>' not in page


def test_the_guide_keeps_the_numbers_from_one_language_to_the_next(client: PageClient) -> None:
    page = html.unescape(client.get("/gelistirici/rehber?kod=php&sirket=600100&lang=en").text)
    for code in guide.PROGRAMS:
        assert f'href="/gelistirici/rehber?kod={code}&sirket=600100&ortam=deneme&lang=en#token"' in page
    assert 'href="?kod=php&sirket=600100&lang=tr"' in page


def test_where_there_is_a_sandbox_the_guide_begins_there(client: PageClient) -> None:
    base = process_url(client)
    for query, sandbox in (
        ("", True),
        ("?ad=test_crm", True),
        ("?ad=crm", False),
        ("?ad=crm&ortam=deneme", True),
        ("?ortam=gercek", False),
    ):
        page = html.unescape(client.get(f"/gelistirici/rehber{query}").text)
        assert (f"BASE='{base}/sandbox'" in page) is sandbox, query
        assert (f"BASE='{base}'" in page) is not sandbox, query
        assert ("/citizen" in page) is sandbox, query
    assert "NAME='test_600100'" in html.unescape(client.get("/gelistirici/rehber?sirket=600100").text)


def test_where_there_is_no_sandbox_the_guide_names_none(sqlite_url: str, open_registry: Opener) -> None:
    settings = load({"SECRET_KEY": SECRET, "SANDBOX": "0"})
    with PageClient(app.build(settings, open_registry(sqlite_url)), base_url=settings.public_url) as client:
        page = html.unescape(client.get("/gelistirici/rehber?ortam=deneme").text)
    assert f"BASE='{settings.public_url}'" in page
    assert "/citizen" not in page
    assert "ortam=" not in page.partition("<main")[2]


PAGES = ("", "/rehber", "/basvuru", "/basvuru/addConsent", "/kodlar", "/degisiklikler")


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_ask_nothing_of_other_sites_and_stay_light(client: PageClient, path: str) -> None:
    answer = client.get(f"/gelistirici{path}")
    assert "<script>" not in answer.text
    assert all(link.startswith(("/", "#", "?")) for link in re.findall(r'(?:href|src)="([^"]*)"', answer.text))
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text))
    sent = [client.get(one, headers=PACKED) for one in (f"/gelistirici{path}", *files)]
    assert sum(int(one.headers["content-length"]) for one in sent) <= 40 * 1024


def reference_page(name: str) -> str:
    return f"/gelistirici/basvuru/{reference.page_name(name)}"


def process_url(client: PageClient) -> str:
    return str(client.app.app.state.process.settings.public_url)  # type: ignore[attr-defined]


def plain(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(markup)).split())


def test_the_file_is_for_everybodys_tools(client: PageClient) -> None:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content) == document.document("tr")


@pytest.mark.parametrize(("query", "language"), [("?lang=en", "en"), ("?lang=tr", "tr"), ("?lang=xx", "tr")])
def test_the_file_is_in_the_language_of_its_address(client: PageClient, query: str, language: str) -> None:
    answer = client.get(f"/openapi.json{query}", headers={"accept-language": "de"})
    assert answer.content == document.text(language).encode()


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_page_is_drawn_and_compressed_once(
    client: PageClient, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/gelistirici/basvuru", headers={**PACKED, "accept-language": language})
    for work in ("web.rendering.drawing.Pages.draw", "web.rendering.prepared._deflated"):
        monkeypatch.setattr(work, None)
    again = client.get("/gelistirici/basvuru", headers={**PACKED, "accept-language": language})
    plain = client.get("/gelistirici/basvuru", headers={"accept-encoding": "identity", "accept-language": language})
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
    assert 'href="/gelistirici"' in client.get("/").text


def test_fields_are_listed_from_the_outside_in() -> None:
    def short(schema: str) -> list[tuple[str, str, bool]]:
        return [(row.name, row.kind, row.needed) for row in reference.fields(schema)]

    kinds = " | ".join(map(str, Channel))
    assert short("Connections")[:2] == [("connection[].url", "string", True), ("connection[].type", kinds, True)]
    assert ("deliveries[].taken", "string | null", True) in short("Proof")
    assert short("Agreement") == [("agreementStatus", "true", True)]
    assert short("Count") == [("", "integer", True)]
    assert short("text/csv") == short("") == []
