"""Evidence that a company attaches to the consents that it declared."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Statement
from providers.disputes import consent_evidence
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent

PATH = f"{brand(CINAR)}/consents/evidence"
TEXT = {"text": "Kampanyalardan SMS ile haberdar olmak istiyorum.", "version": "3", "url": "https://cinar.example/uye"}


def declared(program: Program, number: int = 1, **other: Any) -> str:
    answer = program.post(f"{brand(CINAR)}/consents", consent(number, **other))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["transactionId"])


def rows(registry: Registry, query: str) -> list[tuple[Any, ...]]:
    return registry.store.read_now(lambda snapshot: snapshot.all(Statement(text(query))))


def test_evidence_is_attached_once_by_id_and_by_address(here: Desk, cinar: Program) -> None:
    name = declared(cinar)
    first = cinar.post(PATH, {"transactionId": name, **TEXT})
    assert first.status_code == 200, first.text
    again = cinar.post(PATH, {**asked(), **TEXT})
    assert again.json() == first.json()
    assert first.json()["transactionId"] == name
    ((count,),) = rows(here.registry, "SELECT count(*) FROM consent_evidence")
    assert count == 1
    ((_, event),) = rows(here.registry, "SELECT id, event FROM consent_evidence")
    (kept,) = here.registry.store.read_now(consent_evidence.of_events, here.registry.keyring, [event])[event]
    assert kept.content == TEXT


def test_what_does_not_fit_is_refused_with_its_field(here: Desk, cinar: Program) -> None:
    name = declared(cinar)
    bad: dict[str, Any] = {
        "text": "x" * 2001,
        "version": 3,
        "url": "http://cinar.example",
        "fileHash": "ab",
        "imageHash": "z" * 64,
        "form": "\u202eform",
    }
    for field, value in bad.items():
        answer = cinar.post(PATH, {"transactionId": name, "text": "metin", field: value})
        assert (answer.status_code, codes(answer)) == (422, ["Z430"]), field
        assert answer.json()["errors"][0]["location"] == [field]
    assert codes(cinar.post(PATH, {"transactionId": name})) == ["Z430"]
    assert codes(cinar.post(PATH, {"transactionId": name, "text": " \n "})) == ["Z430"]
    assert codes(cinar.post(PATH, {"transactionId": name, "text": "x", "image": "…"})) == ["H118"]
    assert rows(here.registry, "SELECT count(*) FROM consent_evidence") == [(0,)]


def test_only_the_brands_own_onay_takes_evidence(here: Desk, cinar: Program) -> None:
    name = declared(cinar)
    isik = here.program("isik")
    other = brand(CINAR_ALT)
    assert codes(isik.post(PATH, {"transactionId": name, **TEXT})) == codes(isik.post(f"{brand(CINAR)}/consents", {}))
    foreign = isik.post(f"{brand(ISIK)}/consents/evidence", {"transactionId": name, **TEXT})
    sister = cinar.post(f"{other}/consents/evidence", {"transactionId": name, **TEXT})
    nobody = cinar.post(PATH, {**asked(9), **TEXT})
    made_up = cinar.post(PATH, {"transactionId": "ab" * 32, **TEXT})
    assert [codes(one) for one in (foreign, sister, nobody, made_up)] == [["Z431"]] * 4
    refused = declared(cinar, status="RET", consentDate="2026-11-23 11:15:00")
    assert codes(cinar.post(PATH, {"transactionId": refused, **TEXT})) == ["Z431"]
    partner = here.program("partner")
    here.grant(CINAR, (2, 1, 2))
    assert codes(partner.post(PATH, {"transactionId": name, **TEXT})) == ["H353"]
    assert codes(partner.post(PATH, {**asked(9), **TEXT})) == ["H353"]
    assert rows(here.registry, "SELECT count(*) FROM consent_evidence") == [(0,)]


def test_a_consent_takes_five_pieces(cinar: Program) -> None:
    name = declared(cinar)
    answers = [cinar.post(PATH, {"transactionId": name, "version": str(one)}) for one in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [409]
    assert codes(answers[-1]) == ["Z432"]
    assert cinar.post(PATH, {"transactionId": name, "version": "0"}).json() == answers[0].json()


@pytest.mark.parametrize("harm", ["changed", "removed", "inserted"])
def test_verify_finds_what_was_done_to_a_row(here: Desk, cinar: Program, harm: str) -> None:
    registry = here.registry
    names = [declared(cinar, number) for number in (1, 2)]
    for name in names:
        assert cinar.post(PATH, {"transactionId": name, **TEXT}).status_code == 200
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None
    harms = {
        "changed": "UPDATE consent_evidence SET committed = (SELECT min(committed) FROM consent_evidence)",
        "removed": "DELETE FROM consent_evidence WHERE id = (SELECT min(id) FROM consent_evidence)",
        "inserted": "UPDATE consent_evidence SET id = 1 WHERE id = (SELECT max(id) FROM consent_evidence)",
    }
    registry.store.write_now(lambda transaction: transaction.run(Statement(text(harms[harm]))))
    assert "attached evidence" in str(registry.store.read_now(consent_evidence.verify, registry.keyring))
