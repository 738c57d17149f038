"""Sign-in tells nobody who is registered, locked or flooded: answers byte by byte, work by statements, time."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from citizen import code_limits, pumping
from consents import register
from consents.store import Snapshot, Transaction
from settings import Settings
from tests.conftest import Clock
from tests.signin.conftest import Open
from tests.signin.desk import Browser, Desk

# All with one mask, so that the pages may differ in nothing: +90 532 ••• •• 01
KNOWN, UNKNOWN, ERASED, LOCKED, FLOODED, CLOSED, CROWDED, PUMPED, SHUT = (
    f"+90532{number:05}01" for number in range(100, 1000, 100)
)
ALL = {
    "known": KNOWN,
    "unknown": UNKNOWN,
    "erased": ERASED,
    "locked": LOCKED,
    "flooded": FLOODED,
    "closed": CLOSED,
    "crowded": CROWDED,
    "pumped": PUMPED,
    "shut": SHUT,
}
ENROLLED = (KNOWN, ERASED, SHUT)
SENT = {KNOWN, UNKNOWN, ERASED}


def furnish(here: Desk) -> None:
    """Makes each address what it is called."""
    keyring, store = here.registry.keyring, here.registry.store
    for address in ENROLLED:
        store.write_now(register.enrol, keyring, register.person(keyring, address))
    store.write_now(register.erase, keyring, register.person(keyring, ERASED))
    for address in (PUMPED, SHUT):
        here.clock.forward(minutes=-11)  # codes that could have been used are what counts
        store.write_now(_pump, here, address)
        here.clock.forward(minutes=11)
        assert store.write_now(pumping.shut, keyring, here.settings, address)
    store.write_now(_fill, here)


def _pump(transaction: Transaction, here: Desk, address: str) -> None:
    for number in range(here.settings.pumped_sends):
        free = _with(here, sends_per_block=99)
        assert code_limits.may_send(transaction, here.registry.keyring, free, f"{address[:-2]}{number + 2:02}")


def _fill(transaction: Transaction, here: Desk) -> None:
    arguments = transaction, here.registry.keyring, here.settings
    for _ in range(here.settings.wrong_per_day):
        assert code_limits.may_compare(*arguments, LOCKED)
    for _ in range(here.settings.wrong_in_all):
        assert code_limits.may_compare(*arguments[:2], _with(here, wrong_per_day=10**6), CLOSED)
    at_once = _with(here, send_gap_seconds=0, sends_per_hour=99, sends_per_day=99)
    for _ in range(here.settings.sends_per_day):
        assert code_limits.may_send(*arguments[:2], at_once, FLOODED)
    for _ in range(here.settings.sends_per_block):
        assert code_limits.may_send(*arguments[:2], at_once, f"{CROWDED[:-2]}99")


def _with(here: Desk, **changed: int) -> Settings:
    return here.settings.model_copy(update=changed)


@pytest.fixture
def here(desk: Open) -> Desk:
    made = desk(OPTOUT_NUMBER="3838", WRONG_IN_ALL="20", SENDS_PER_BLOCK="30")
    furnish(made)
    return made


def bare(answer: httpx2.Response) -> tuple[int, list[tuple[str, str]], str]:
    """The answer without what is random in every one."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]
    cookie = re.compile(r"giris=[\w-]{43}")
    return answer.status_code, [(name, cookie.sub("giris=", value)) for name, value in headers], answer.text


def walk(one: Browser, address: str, clock: Clock) -> Iterator[tuple[int, list[tuple[str, str]], str]]:
    """All that a stranger can see of an address."""
    yield bare(one.ask(address))
    yield bare(one.get("/giris/kod"))
    yield bare(one.again())
    yield bare(one.get("/giris/kod?erken"))
    yield bare(one.type("000000"))
    clock.forward(minutes=1)
    yield bare(one.again())
    yield bare(one.get("/giris/kod"))
    yield bare(one.type("000001"))
    clock.forward(minutes=11)
    yield bare(one.type("000002"))


def test_every_address_gets_the_same_answers_byte_by_byte(
    here: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from citizen import codes

    monkeypatch.setattr(codes, "make", lambda: "739204")  # else a guess might be right
    began = clock.now
    seen = {}
    for name, address in ALL.items():
        clock.now = began
        seen[name] = list(walk(here.browser(), address, clock))
    assert [step[0] for step in seen["unknown"]] == [303, 200, 303, 429, 422, 303, 200, 422, 422]
    for name in ALL:
        assert seen[name] == seen["unknown"], name
    assert {message["to"] for message in here.sent} == SENT


def statements(here: Desk, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the statements that the store runs meanwhile, reads and writes apart from each other."""
    found: list[str] = []
    one, run = Snapshot.one, Transaction.run

    def counted(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counting(*given: object) -> object:
            found.append(name)
            return call(*given)

        return counting

    with monkeypatch.context() as spying:
        spying.setattr(Snapshot, "one", counted("read", one))
        spying.setattr(Transaction, "run", counted("write", run))
        work()
    return sorted(found)


def test_every_address_costs_the_store_as_much(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, guessed = {}, {}
    for name, address in ALL.items():
        one = here.browser()
        asked[name] = statements(here, lambda one=one, address=address: one.ask(address), monkeypatch)
        guessed[name] = statements(here, lambda one=one: one.type("000000"), monkeypatch)
    # A message goes into the outbox by a statement that answers; where none does, one that does not takes its place.
    for name in ALL:
        assert len(asked[name]) == len(asked["known"]), name
        assert guessed[name] == guessed["known"], name
    assert len(asked["known"]) > 8


def test_no_address_takes_longer_than_another(desk: Open) -> None:
    """Medians within 2 ms or a tenth, and no tendency by Mann and Whitney's test (normal approximation, 0.1 %).

    Of the processor's time, which other programs take no part of; what the store waits for is counted above. Still one
    round may look uneven by chance; a real difference shows in every round.
    """
    here = desk(SENDS_PER_IP="1000000", SENDS_PER_BLOCK="1000000", SENDS_BUDGET="1000000")
    assert any(_even(*_measured(here, number)) for number in range(3))


def _measured(here: Any, number: int) -> tuple[list[float], list[float]]:
    """The processor's seconds to ask for a code, for 100 known and 100 unknown addresses, in changing order."""
    keyring, one = here.registry.keyring, here.browser()
    took: dict[str, list[float]] = {"1": [], "2": []}
    addresses = {kind: [f"+90532{number}{place:03}{kind}01" for place in range(100)] for kind in took}
    people = [register.person(keyring, address) for address in addresses["1"]]
    here.registry.store.write_now(register.enrol_all, keyring, people)
    for place in range(100):
        for kind in ("12", "21")[place % 2]:
            one.cookies.clear()
            began = time.process_time()
            one.ask(addresses[kind][place])
            took[kind].append(time.process_time() - began)
    return took["1"], took["2"]


def _even(known: list[float], unknown: list[float]) -> bool:
    one, other = statistics.median(known), statistics.median(unknown)
    return abs(one - other) < max(0.002, one / 10) and abs(tendency(known, unknown)) < 3.3


def tendency(one: list[float], other: list[float]) -> float:
    """The z of Mann and Whitney's U."""
    above = sum((a > b) + (a == b) / 2 for a in one for b in other)
    n, m = len(one), len(other)
    return (above - n * m / 2) / ((n * m * (n + m + 1) / 12) ** 0.5)


def test_the_tendency_is_found_where_there_is_one() -> None:
    assert abs(tendency(list(range(100)), [value + 40 for value in range(100)])) > 3.3
