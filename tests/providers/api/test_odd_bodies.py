"""Bodies that are JSON and yet nothing to work with: told in a clear and short answer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from consents.people import recipients
from consents.store import Snapshot
from providers.openapi import reference as described
from providers.openapi import table
from tests.providers.api.desk import CINAR, Desk, Program, codes, consent
from tests.web.client import refused_for

B = f"/sps/{CINAR}/brands/{CINAR}"


def headers(program: Program) -> dict[str, str]:
    return {"authorization": f"Bearer {program.tokens['access_token']}", "content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"\\ud800"}',
        b'{"\\uDC00":1}',
        b'{"type":1e999}',
        b'{"recipient":"a\\u0000b"}',
        b'[{"recipient":"\\ud800@example.com"}]',
    ],
)
@pytest.mark.parametrize("path", [f"{B}/consents", f"{B}/consents/request", f"{B}/retailers", "/oauth2/token"])
def test_half_characters_and_endless_numbers_are_no_json(cinar: Program, path: str, body: bytes) -> None:
    answer = cinar.client.post(path, content=body, headers=headers(cinar))
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")


def test_a_pair_of_halves_is_a_character(cinar: Program) -> None:
    answer = cinar.post(f"{B}/consents", consent(1, source="\U0001f600"))
    refused_for(answer, 422, "H119")


def test_an_answer_stays_short_however_much_is_wrong(cinar: Program) -> None:
    answer = cinar.post(f"{B}/consents", {f"field{number}" * 50: number for number in range(150)})
    assert answer.status_code == 422
    assert len(answer.content) < 20_000


# Names of fields, where a sentence means a field.
TELLING = re.compile(
    r"\b(?:Send |field |and |, )(recipients?|type|recipientType|retailerAccess|agreementStatus|links)\b"
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("body", [[], {}, "x"], ids=["list", "object", "text"])
def test_what_is_said_of_a_body_names_fields_of_that_call(cinar: Program, body: Any) -> None:
    known = {
        "iysCode": CINAR,
        "brandCode": CINAR,
        "reportDate": "2026-11-24",
        "recipientType": "TACIR",
        "type": "MESAJ",
    }
    named: dict[str, set[str]] = {}
    for call in [call for call in table.CALLS if call.body and call.path.startswith(("/sps", "/v2"))]:
        answer = cinar.call(call.method, call.path.format(**known), body)
        assert answer.status_code in (400, 422), call.line
        fields = {part for field in described.fields(call.body) for part in re.findall(r"\w+", field.name)}
        said = {word for fault in answer.json()["errors"] for word in TELLING.findall(fault["message"])}
        named[call.line] = said - fields
    assert {line: wrong for line, wrong in named.items() if wrong} == {}


@pytest.mark.parametrize("value", [["a@bb.cc"] * 65, {str(number): 0 for number in range(65)}, [0], 5, True, None])
@pytest.mark.parametrize("channel", ["EPOSTA", "MESAJ", "ARAMA"])
def test_an_address_is_a_text_and_nothing_as_long_as_one(cinar: Program, channel: str, value: object) -> None:
    body = consent(1, type=channel) | {"recipient": value}
    asked = {name: body[name] for name in ("recipient", "type", "recipientType")}
    many = {"recipients": [value], "type": channel, "recipientType": "BIREYSEL"}
    answers = [
        cinar.post(f"{B}/consents", body),
        cinar.post(f"{B}/consents/request", [body]),
        cinar.post(f"{B}/consents/status", asked),
        cinar.post(f"{B}/consents/history", asked),
        cinar.post(f"{B}/consents/BIREYSEL/status/{channel}", {"recipients": [value]}),
        cinar.post(f"{B}/consents/retailers/access/remove/all", many),
    ]
    code = "H120" if channel == "EPOSTA" else "H121"
    for answer in answers:
        refused_for(answer, 422, code)


@pytest.mark.parametrize("path", ["consents/changes", "changes/2026-11-23/file"])
def test_who_asks_only_for_the_head_is_handed_nothing(cinar: Program, here: Desk, path: str) -> None:
    cinar.post(f"{B}/consents", consent(1))
    answer = cinar.client.head(f"{B}/{path}?source=HS", headers=headers(cinar))
    assert answer.status_code == 405

    def count(snapshot: Snapshot) -> list[tuple[int]]:
        return snapshot.connection.execute("SELECT count(*) FROM handout").fetchall()

    assert here.registry.store.read_now(count) == [(0,)]


@pytest.mark.parametrize("depth", [1, 100, 700, *range(900, 1000, 7), 2000, 4900])
def test_however_deep_a_value_is_nested_it_is_told_what_is_wrong(cinar: Program, depth: int) -> None:
    body = b'{"recipient":' + b"[" * depth + b"]" * depth + b"}"
    answer = cinar.client.post(f"{B}/consents", content=body, headers=headers(cinar))
    lacking = ["H111", "H110", "H113", "H122", "H112"]  # its other fields, where the value could be read
    assert (answer.status_code, codes(answer)) in ((400, ["H014"]), (422, lacking))


@pytest.mark.parametrize(("channel", "code"), [("MESAJ", "H160"), ("EPOSTA", "H120")])
def test_what_is_too_long_for_an_address_is_told_by_its_beginning(cinar: Program, channel: str, code: str) -> None:
    body = consent(1, recipient="(0)" * 10_000, type=channel)
    asked = {name: body[name] for name in ("recipient", "type", "recipientType")}
    for path, sent in (
        (f"{B}/consents", body),
        (f"{B}/consents/request", [body]),
        (f"{B}/consents/status", asked),
        (f"{B}/consents/BIREYSEL/status/{channel}", {"recipients": [body["recipient"]]}),
        (f"{B}/short-links", {"links": [{"recipient": body["recipient"], "type": channel}]}),
    ):
        answer = cinar.post(path, sent)
        assert (answer.status_code, codes(answer)) == (422, [code])
        assert len(answer.content) < 1000


def test_a_bad_address_is_read_once(cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(recipients, "_dialled", lambda text: read.append(text) or text)
    bad = [f"+9053200000{number} x" for number in range(3)]
    refused_for(cinar.post(f"{B}/consents", consent(1, recipient=bad[0])), 422, "H121")
    refused_for(cinar.post(f"{B}/consents/request", [consent(1, recipient=bad[1])]), 422, "H121")
    refused_for(cinar.post(f"{B}/consents/BIREYSEL/status/MESAJ", {"recipients": [bad[2]]}), 422, "H121")
    assert read == bad
