"""Where the feed begins: at a cursor of this registry's, at one kept from İYS, or a week back."""

from __future__ import annotations

from typing import Any

import pytest

from consents import dates, ledger
from consents.brands import companies
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import Claim
from consents.people import register
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Actor, Door, Source
from tests.providers.api.desk import CINAR, Desk, Program, brand, codes, consent
from tests.providers.api.test_consents import B, decides
from tests.providers.api.test_proofs import proof

KEPT = "632cc1" + "0a" * 29  # the transaction id of a cursor that İYS gave


def page(program: Program, query: str = "") -> list[dict[str, Any]]:
    answer = program.get(f"{B}/consents/changes?source=HS{query}")
    return list(answer.json()["list"]) if answer.content else []


def numbers(told: list[dict[str, Any]]) -> list[int]:
    """The people of these movements, by the end of their numbers."""
    return [int(one["recipient"][-2:]) for one in told]


def seconds(here: Desk) -> int:
    return here.clock.now // 1_000_000


@pytest.fixture
def recorded(here: Desk) -> list[int]:
    """One movement a day for twelve days, half a second past noon; the seconds of each."""
    here.clock.forward(seconds=0.5)
    told = []
    for number in range(1, 13):
        here.registry.store.write_now(declared, here, number)
        told.append(seconds(here))
        here.clock.forward(days=1)
    return told


def declared(transaction: Transaction, here: Desk, number: int) -> None:
    """The provider brings a person's consent."""
    who = register.person(here.registry.keyring, f"+9053200000{number:02}")
    recipient = register.enrol(transaction, here.registry.keyring, who)
    known = companies.known_brand(transaction, CINAR)
    assert known
    claim = Claim(recipient, known.id, 1, 0, ONAY, Source.HS_WEB.code, transaction.now)
    ledger.declare(transaction, here.registry.policy, known.id, [claim], Deed(Actor.PROVIDER, Door.FILE))


# -- a cursor of another registry ------------------------------------------------------------------------------------


def test_a_cursor_kept_from_iys_goes_on_from_its_seconds(here: Desk, recorded: list[int]) -> None:
    program = here.program("cinar")
    for place, second in enumerate(recorded):
        assert numbers(page(program, f"&after={second}_{KEPT}")) == list(range(place + 1, 13)), "its second is not over"
        assert numbers(page(program, f"&after={second + 1}_{KEPT}")) == list(range(place + 2, 13))
    assert numbers(page(program, f"&after=1_{KEPT}")) == list(range(1, 13)), "however far back"
    assert program.get(f"{B}/consents/changes?source=HS&after={seconds(here)}_{KEPT}").status_code == 204


def test_from_the_first_page_on_a_kept_cursor_is_followed_by_our_own(here: Desk, recorded: list[int]) -> None:
    program, told, after = here.program("cinar"), [], f"{recorded[4]}_{KEPT}"
    while (answer := program.get(f"{B}/consents/changes?source=HS&limit=3&after={after}")).content:
        told += answer.json()["list"]
        after = answer.json()["after"]
    assert numbers(told) == list(range(5, 13))
    name = after.partition("_")[2]
    assert here.registry.keyring.event(name) is not None


@pytest.mark.parametrize(
    "after",
    [
        KEPT,
        f"_{KEPT}",
        f"1764000000{KEPT}",
        f"1764000000-{KEPT}",
        f"1764000000_{KEPT}0",
        f"1764000000_{KEPT[1:]}",
        f"1764000000_{KEPT[:-1]}g",
        f"1764000000_{KEPT} ",
        f"17640000000_{KEPT}",
        f"-1764000000_{KEPT}",
        f"%2B1764000000_{KEPT}",
        f"1764000000.5_{KEPT}",
        f"%D9%A1764000000_{KEPT}",
        f"1764000000_{KEPT}_",
        "1764000000_",
        "_",
    ],
)
def test_what_has_not_the_form_of_a_cursor_is_refused(cinar: Program, after: str) -> None:
    answer = cinar.get(f"{B}/consents/changes?after={after}")
    assert codes(answer) == ["H093"]
    assert "after okunamadı" in answer.json()["errors"][0]["message"]


def test_a_kept_cursor_of_a_moment_to_come_is_refused_and_skips_nothing(here: Desk, cinar: Program) -> None:
    ahead = seconds(here) + 60
    assert codes(cinar.get(f"{B}/consents/changes?source=HS&after={ahead}_{KEPT}")) == ["H093"]
    here.clock.forward(minutes=1)
    assert cinar.post(f"{B}/consents", consent()).status_code == 200
    assert numbers(page(cinar, f"&after={ahead}_{KEPT}")) == [1]


def test_a_kept_cursor_does_not_say_that_anything_was_taken(here: Desk, cinar: Program) -> None:
    name = cinar.post(f"{B}/consents", consent()).json()["transactionId"]
    cursor = cinar.get(f"{B}/consents/changes?source=HS").json()["after"]
    here.clock.forward(seconds=5)
    way = {"way": "feed", "time": "2026-11-24 12:00:00"}
    for query in (f"&after={seconds(here)}_{KEPT}", ""):
        page(cinar, query)
        assert proof(cinar, name)["deliveries"] == [way | {"taken": None}]
    cinar.post(f"{B}/consents", consent(2))
    assert numbers(page(cinar, f"&after={seconds(here)}_{KEPT}")) == [2], "a page with news, which is noted"
    assert proof(cinar, name)["deliveries"] == [way | {"taken": None}]
    page(cinar, f"&after={cursor}")
    assert proof(cinar, name)["deliveries"] == [way | {"taken": "2026-11-24 12:00:05"}]


def test_a_cursor_of_an_earlier_version_goes_on_where_it_stood(here: Desk, recorded: list[int]) -> None:
    older = Keyring(here.registry.keyring.keys, rising_from=2**62)
    name = older.transaction_id(7, recorded[6] * 1_000_000)
    assert name != here.registry.keyring.transaction_id(7, recorded[6] * 1_000_000)
    program = here.program("cinar")
    assert numbers(page(program, f"&after={recorded[6]}_{name}")) == list(range(8, 13))
    assert proof(program, name)["creationDate"] == dates.wire(recorded[6] * 1_000_000)


# -- no cursor -------------------------------------------------------------------------------------------------------


def test_without_a_cursor_the_last_seven_days_are_shown(here: Desk, recorded: list[int]) -> None:
    program = here.program("cinar")
    assert numbers(page(program)) == numbers(page(program, "&after=")) == [6, 7, 8, 9, 10, 11, 12]
    here.clock.forward(seconds=0.000001)
    assert numbers(page(program)) == [7, 8, 9, 10, 11, 12], "to the instant"
    here.clock.forward(days=10)
    program = here.program("cinar")
    assert program.get(f"{B}/consents/changes?source=HS").status_code == 204


def test_a_known_cursor_goes_on_where_it_stood_however_old_it_is(here: Desk, recorded: list[int]) -> None:
    here.clock.forward(days=400)
    name = here.registry.keyring.transaction_id(2, recorded[1] * 1_000_000)
    assert numbers(page(here.program("cinar"), f"&after={recorded[1]}_{name}")) == list(range(3, 13))


def test_an_empty_registry_has_nothing_to_show(here: Desk, cinar: Program) -> None:
    for query in ("", f"&after={seconds(here)}_{KEPT}", f"&after=0_{KEPT}"):
        assert cinar.get(f"{B}/consents/changes?source=HS{query}").status_code == 204


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 1000])
def test_pages_go_by_when_a_word_was_recorded_and_not_by_when_it_was_given(
    here: Desk, cinar: Program, limit: int
) -> None:
    order = [5, 1, 8, 3, 7, 2, 6, 4]
    for number in order:  # the greater the number, the later the word was given
        given = f"2026-11-23 10:{number:02}:00"
        assert cinar.post(f"{B}/consents", consent(number, consentDate=given)).status_code == 200
        here.clock.forward(seconds=0.4)
    told: list[dict[str, Any]] = []
    sizes, after = [], ""
    while (answer := cinar.get(f"{B}/consents/changes?source=HS&limit={limit}{after}")).content:
        shown = answer.json()["list"]
        sizes.append(len(shown))
        told += shown
        last = shown[-1]
        cursor = answer.json()["after"]
        assert cursor.partition("_")[2] == last["transactionId"]
        assert dates.wire(int(cursor.partition("_")[0]) * 1_000_000) == last["creationDate"]
        after = f"&after={cursor}"
    assert numbers(told) == order, "none twice, none left out"
    assert all(size == limit for size in sizes[:-1])
    assert [one["consentDate"][-5:-3] for one in told] == [f"{number:02}" for number in order]
    keys = [(one["creationDate"], one["transactionId"]) for one in told]
    assert keys == sorted(keys)


def test_a_page_may_end_in_the_middle_of_a_second(here: Desk, cinar: Program) -> None:
    for status in (RET, ONAY) * 10:
        decides(here, 1, status)
    after, told = "", []
    while (answer := cinar.get(f"{brand(CINAR)}/consents/changes?limit=3{after}")).content:
        told += answer.json()["list"]
        after = f"&after={answer.json()['after']}"
    assert [one["status"] for one in told] == ["RET", "ONAY"] * 10
    names = [one["transactionId"] for one in told]
    assert names == sorted(set(names))
