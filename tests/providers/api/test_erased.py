"""Who was erased: every call tells that he refuses, and nothing else; providers that held him hear of it (rule L15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from consents.care import audit
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.store import Snapshot, Statement
from izin import cli
from izin.operations import maintenance_commands
from panel.retention import erasure
from providers.push import pusher
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, asked, brand, codes, consent
from tests.providers.api.shops import add_shop
from tests.providers.api.target import Target
from tests.providers.api.test_consents import B, decides, walk

AYSE, MEHMET, WAITS, FIRST = 1, 2, 3, 4  # who consented, refused, is asked, and is new
NOTHING: dict[str, Any] = {}


@pytest.fixture
def here(desk: Open) -> Desk:
    return desk(PUSH_PRIVATE="1")


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def dealer(cinar: Program) -> int:
    return add_shop(cinar)


def forgets(here: Desk, number: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """``izin erase`` on the same registry."""

    @contextmanager
    def opened() -> Iterator[Registry]:
        yield here.registry

    monkeypatch.setattr(maintenance_commands, "open_registry", opened)
    done = CliRunner().invoke(cli.app, ["erase"], input=f"+9053200000{number:02}\n")
    assert done.exit_code == 0, done.output
    return done.output


def erased(here: Desk, number: int) -> None:
    """As an earlier version erased: the address alone."""
    who = register.person(here.registry.keyring, f"+9053200000{number:02}")
    assert here.registry.store.write_now(register.erase, here.registry.keyring, who)


def one(program: Program, number: int, query: str = "") -> Any:
    return program.post(f"{B}/consents/status{query}", asked(number)).json()


def several(program: Program, *numbers: int) -> list[int]:
    body = {"recipients": [f"+9053200000{number:02}" for number in numbers]}
    return [int(told[-2:]) for told in program.post(f"{B}/consents/BIREYSEL/status/MESAJ", body).json()["list"]]


def past(program: Program, number: int) -> Any:
    told = program.post(f"{B}/consents/history", asked(number)).json()
    assert told["pagination"]["totalCount"] == len(told["list"])
    return told["list"]


def counted(program: Program) -> dict[str, int]:
    (stats,) = [told["stats"] for told in program.get(f"/sps/{CINAR}/brands").json() if told["brandCode"] == CINAR]
    return {name: stats["consents"][name] for name in ("approval", "rejection", "total")}


@pytest.fixture
def people(here: Desk, cinar: Program, dealer: int) -> dict[int, list[dict[str, Any]]]:
    """What each of them was told of, before anybody is erased."""
    for number in (AYSE, MEHMET, WAITS):
        answer = cinar.post(f"{B}/consents", consent(number, retailerCode=dealer, retailerAccess=[dealer]))
        assert answer.status_code == 200, answer.text
    here.clock.forward(minutes=1)
    decides(here, MEHMET, RET)
    decides(here, WAITS, RET)
    here.clock.forward(minutes=2)
    cinar.post(f"{B}/consents", consent(WAITS, consentDate="2026-11-24 12:02:00"))
    here.clock.forward(minutes=1)
    return {number: past(cinar, number) for number in (AYSE, MEHMET, WAITS)}


def refused(number: int) -> dict[str, Any]:
    return asked(number) | {"status": "RET"}


@pytest.mark.parametrize("number", [AYSE, MEHMET, WAITS])
def test_whatever_call_asks_it_is_told_that_he_refuses_and_nothing_else(
    here: Desk, cinar: Program, dealer: int, people: object, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    forgets(here, number, monkeypatch)
    for query in ("", "?pending=1"):
        assert one(cinar, number, query) == refused(number)
    assert past(cinar, number) == [refused(number)]
    assert several(cinar, AYSE, MEHMET, WAITS) == [AYSE] * (number != AYSE)
    assert cinar.post(f"{B}/consents/history?offset=1", asked(number)).json()["list"] == []
    access = f"{B}/consents/retailers/access"
    assert cinar.post(f"{B}/consent/retailers/access/list", asked(number)).json()["list"] == []
    assert codes(cinar.post(access, asked(number) | {"retailerAccess": [dealer]})) == ["H401"]
    whom = {"recipients": [asked(number)["recipient"]], "type": "MESAJ", "recipientType": "BIREYSEL"}
    assert cinar.call("PUT", access, whom | {"retailerAccess": [dealer]}).json() == 0
    assert cinar.post(f"{access}/remove", whom | {"retailerAccess": [dealer]}).json() == 0
    assert cinar.post(f"{access}/remove/all", whom).json() == 0
    assert cinar.get(f"{B}/retailers/{dealer}").json()["retailerAccessCount"] == (number != AYSE)
    assert counted(cinar) == {"approval": int(number != AYSE), "rejection": 2 + (number == AYSE), "total": 3}


@pytest.mark.parametrize("number", [AYSE, MEHMET, WAITS])
def test_each_call_has_one_rule_also_for_whom_an_earlier_version_erased(
    here: Desk, cinar: Program, dealer: int, people: object, number: int
) -> None:
    erased(here, number)
    told = NOTHING if number == AYSE else refused(number)
    assert one(cinar, number) == one(cinar, number, "?pending=1") == told
    assert past(cinar, number) == ([told] if told else [])
    assert several(cinar, AYSE, MEHMET, WAITS) == [AYSE] * (number != AYSE)
    assert cinar.post(f"{B}/consent/retailers/access/list", asked(number)).json()["list"] == []
    assert codes(cinar.post(f"{B}/consents/retailers/access", asked(number) | {"retailerAccess": [dealer]})) == ["H401"]
    assert cinar.get(f"{B}/retailers/{dealer}").json()["retailerAccessCount"] == (number != AYSE)
    assert counted(cinar) == {
        "approval": int(number != AYSE), "rejection": 2, "total": 2 + (number != AYSE),
    }  # fmt: skip


def test_a_new_record_about_an_erased_person_is_not_told_of_either(
    here: Desk, cinar: Program, dealer: int, people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgets(here, AYSE, monkeypatch)
    here.clock.forward(minutes=5)
    cinar.post(f"{B}/consents", consent(AYSE, consentDate="2026-11-24 12:08:00"))
    assert one(cinar, AYSE) == one(cinar, AYSE, "?pending=1") == refused(AYSE), "it waits for him, and he is refused"
    other = consent(AYSE, type="ARAMA", retailerCode=dealer)
    assert cinar.post(f"{B}/consents", other).status_code == 200
    assert cinar.post(f"{B}/consents/status", asked(AYSE, type="ARAMA")).json() == NOTHING
    assert cinar.post(f"{B}/consents/history", asked(AYSE, type="ARAMA")).json()["list"] == []
    assert cinar.get(f"{B}/retailers/{dealer}").json()["retailerAccessCount"] == 0
    assert counted(cinar) == {"approval": 0, "rejection": 3, "total": 3}


def test_all_that_held_him_hear_of_it_and_know_whom_by_what_they_were_told_before(
    here: Desk, cinar: Program, people: dict[int, Any], monkeypatch: pytest.MonkeyPatch, target: Target
) -> None:
    isik = here.program("isik")
    isik.post(f"{brand(ISIK)}/consents", consent(AYSE))
    cinar.post(f"{B}/push/registration", {"connection": [target.connection()]})
    before = {number: [told["transactionId"] for told in people[number]][::-1] for number in (AYSE, MEHMET)}
    seen = len(walk(cinar, "IYS"))
    for number in (AYSE, MEHMET):
        forgets(here, number, monkeypatch)
    heard = walk(cinar, "IYS")[seen:]
    assert [told["erasedTransactionIds"] for told in heard] == [before[AYSE], before[MEHMET]]
    for told in heard:
        assert told | {"status": "RET", "source": "IYS_CM", "type": "MESAJ", "recipientType": "BIREYSEL"} == told
        assert "recipient" not in told
        assert told["creationDate"] == told["consentDate"] == "2026-11-24 12:04:00"
    asyncio.run(pusher.deliver(here.registry, private=True))
    assert [page for posted in target.told for page in posted] == [
        {"iysCode": CINAR, "brandCode": CINAR} | told for told in heard
    ]
    answer = isik.get(f"{brand(ISIK)}/consents/changes").json()["list"]
    assert [told["status"] for told in answer] == ["RET"], "of every brand that held him, and of no other"
    assert not {*answer[0]["erasedTransactionIds"]} & {*before[AYSE]}
    assert here.program("isik").get(f"{brand(ISIK)}/consents/changes?source=HS").json()["list"][0].keys() >= {"status"}
    assert all("erasedTransactionIds" not in told for told in walk(cinar, "HS"))


def test_a_brand_that_they_refused_long_before_hears_of_it_too(
    here: Desk, cinar: Program, people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.clock.forward(days=3)
    cinar = here.program("cinar")
    seen = len(walk(cinar, "IYS"))
    forgets(here, MEHMET, monkeypatch)
    (heard,) = walk(cinar, "IYS")[seen:]
    assert (heard["status"], "recipient" in heard) == ("RET", False)


def test_the_day_file_has_it_as_a_refusal_without_an_address(
    here: Desk, cinar: Program, people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgets(here, AYSE, monkeypatch)
    here.clock.forward(days=1)
    program = here.program("cinar")
    lines = program.get(f"{B}/changes/2026-11-24/file").text.splitlines()[1:]
    mine = [line.split(",")[2:] for line in lines if line.split(",")[2] == ""]
    words = [(line[3], line[5]) for line in mine]
    assert words == [("ONAY", "HS_WEB"), ("RET", "IYS_CM")], "the last one tells what stands"
    assert "+905320000001" not in "".join(lines)


def test_who_comes_back_finds_all_refused_and_the_registry_whole(
    here: Desk, cinar: Program, people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "izinleri reddedildi" in forgets(here, AYSE, monkeypatch)
    who = register.person(here.registry.keyring, "+905320000001")
    assert here.registry.store.write_now(register.acting, here.registry.keyring, who)
    told = one(cinar, AYSE)
    assert (told["status"], told["source"]) == ("RET", "IYS_CM")
    assert several(cinar, AYSE) == [], "to look at his consents gives none of them back"
    assert [entry["status"] for entry in past(cinar, AYSE)] == ["RET", "ONAY"]
    decides(here, AYSE, ONAY)
    assert several(cinar, AYSE) == [AYSE]
    with here.registry.store.snapshot() as snapshot:
        assert audit.verify(snapshot, Reconsent.CONFIRM) is None


def test_erasing_twice_or_a_stranger_tells_nobody_anything_new(
    here: Desk, cinar: Program, people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Statement(text("SELECT count(*) FROM consent_event WHERE recipient = 1"))
    forgets(here, AYSE, monkeypatch)
    first = here.registry.store.read_now(Snapshot.one, events)
    forgets(here, AYSE, monkeypatch)
    assert here.registry.store.read_now(Snapshot.one, events) == first
    done = CliRunner().invoke(cli.app, ["erase"], input="+905320000099\n")
    assert done.exit_code == 1


def test_who_erases_themselves_is_heard_of_by_those_that_hold_them_alone(
    here: Desk, cinar: Program, people: dict[int, Any], target: Target
) -> None:
    isik = here.program("isik")
    isik.post(f"{brand(ISIK)}/consents", consent(MEHMET))
    cinar.post(f"{B}/push/registration", {"connection": [target.connection()]})
    seen, theirs = len(walk(cinar, "IYS")), isik.get(f"{brand(ISIK)}/consents/changes").content
    erase = erasure.erase_own, here.registry, f"+9053200000{AYSE:02}"
    number = here.registry.store.write_now(*erase)
    (heard,) = walk(cinar, "IYS")[seen:]
    assert heard["erasedTransactionIds"] == [told["transactionId"] for told in people[AYSE]][::-1]
    assert "recipient" not in heard
    asyncio.run(pusher.deliver(here.registry, private=True))
    assert [page for posted in target.told for page in posted] == [{"iysCode": CINAR, "brandCode": CINAR} | heard]
    assert isik.get(f"{brand(ISIK)}/consents/changes").content == theirs, "it does not know the person"
    assert here.registry.store.write_now(*erase) != number, "once more is a request of its own"
    with here.registry.store.snapshot() as snapshot:
        assert audit.verify(snapshot, Reconsent.CONFIRM) is None
