"""Sign-in tells nobody who is registered, locked or flooded: answers byte by byte, work by statements, time."""

from __future__ import annotations

import gc
import random
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType
from typing import Any

import httpx2
import pytest

from citizen.signin import entry
from consents.instants import ISTANBUL, moment
from consents.people import register
from consents.store import Snapshot, Transaction
from settings import Settings
from tests.citizen.consents.town import text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import WRONG, Browser, Desk
from tests.conftest import Clock, Opener
from tests.statements import Asked
from tests.web.client import refused_for
from trust.codes.codes import Ask
from trust.codes.limits import code_limits, pumping
from trust.codes.pending import Purpose

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
ENV = {"OPTOUT_NUMBER": "3838", "CODE_FAILURES_IN_ALL": "20", "CODES_SENT_PER_BLOCK": "30"}


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
    for number in range(here.settings.sms_pumping_sends):
        free = _with(here, codes_sent_per_block=99)
        assert code_limits.may_send(transaction, here.registry.keyring, free, f"{address[:-2]}{number + 2:02}")


def _fill(transaction: Transaction, here: Desk) -> None:
    arguments = transaction, here.registry.keyring, here.settings
    for _ in range(here.settings.code_failures_per_day):
        assert code_limits.may_compare(*arguments, LOCKED)
    for _ in range(here.settings.code_failures_in_all):
        assert code_limits.may_compare(*arguments[:2], _with(here, code_failures_per_day=10**6), CLOSED)
    at_once = _with(here, send_gap_seconds=0, codes_sent_per_hour=99, codes_sent_per_day=99)
    for _ in range(here.settings.codes_sent_per_day):
        assert code_limits.may_send(*arguments[:2], at_once, FLOODED)
    for _ in range(here.settings.codes_sent_per_block):
        assert code_limits.may_send(*arguments[:2], at_once, f"{CROWDED[:-2]}99")


def _with(here: Desk, **changed: int) -> Settings:
    return here.settings.model_copy(update=changed)


@pytest.fixture
def here(desk: Open) -> Desk:
    made = desk(**ENV)
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
    from trust.codes import codes

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


def test_a_second_browser_within_the_minute_reads_what_became_of_its_code(here: Desk, clock: Clock) -> None:
    """A stranger learns nothing from it: who asks first for another number reads the same."""
    here.browser().ask(KNOWN)
    clock.forward(seconds=20)
    second, first = here.browser(), here.browser()
    before = len(here.sent)
    second.ask(KNOWN)
    assert len(here.sent) == before, "the number's own limit"
    page = second.get("/giris/kod")
    first.ask(UNKNOWN)
    assert len(here.sent) == before + 1
    assert bare(first.get("/giris/kod")) == bare(page)
    at = f"{moment(clock.now).astimezone(ISTANBUL) + timedelta(seconds=60):%H:%M:%S}"
    words = (
        "+90 532 ••• •• 01 için az önce başka bir tarayıcıdan da kod istediyseniz ikinci kod gönderilmedi. "
        f"İlk kodu o tarayıcıya yazın; buradan yeni kodu saat {at} olunca isteyin."
    )
    assert words in text(page.text)
    clock.forward(seconds=60)
    assert words.partition(".")[0] not in text(second.get("/giris/kod").text)
    assert "başka bir tarayıcıdan istediyseniz oraya yazın" in text(second.type("000000").text)
    second.again()
    assert len(here.sent) == before + 2, "at the time that the page named"


def statements(here: Desk, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the statements that the store runs meanwhile, reads and writes apart from each other."""
    found: list[str] = []
    one, run, insert, upsert = Snapshot.one, Transaction.run, Transaction.insert, Transaction.upsert

    def counted(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counting(*given: object, **named: object) -> object:
            found.append(name)
            return call(*given, **named)

        return counting

    with monkeypatch.context() as spying:
        spying.setattr(Snapshot, "one", counted("read", one))
        spying.setattr(Transaction, "run", counted("write", run))
        spying.setattr(Transaction, "insert", counted("write", insert))
        spying.setattr(Transaction, "upsert", counted("write", upsert))
        work()
    return sorted(found)


def test_every_address_costs_the_store_as_much(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, guessed = {}, {}
    for name, address in ALL.items():
        one = here.browser()
        asked[name] = statements(here, lambda one=one, address=address: one.ask(address), monkeypatch)
        guessed[name] = statements(here, lambda one=one: one.type("000000"), monkeypatch)
    # A message goes into the outbox by a row that is appended; where none does, another one takes its place.
    for name in ALL:
        assert asked[name] == asked["known"], name
        assert guessed[name] == guessed["known"], name
    assert len(asked["known"]) > 8


def test_every_address_costs_postgresql_as_many_round_trips(
    postgresql_url: str, open_registry: Opener, desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Asked(postgresql_url, monkeypatch)
    made = desk(open_registry(postgresql_url), **ENV)
    furnish(made)
    asked, guessed = {}, {}
    for name, address in ALL.items():
        one = made.browser()
        counted.forget()
        assert one.ask(address).status_code == 303
        asked[name] = counted.trips, len(counted.under_the_lock)
        counted.forget()
        refused_for(one.type("000000"), 422, WRONG)
        guessed[name] = counted.trips, len(counted.under_the_lock)
    for name in ALL:
        assert asked[name] == asked["known"], name
        assert guessed[name] == guessed["known"], name


HEAVY = ("sms", "make", "Keyring.seal_evidence", "proof")  # what a message takes, and a code


def calls(here: Desk, work: Callable[[Transaction], object]) -> Counter[str]:
    """How often each function, Python's or a library's, is called while the store does this work."""
    found: Counter[str] = Counter()

    def spy(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            found[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            found[getattr(argument, "__qualname__", "")] += 1

    def counting(transaction: Transaction) -> None:
        gc.collect()
        gc.disable()  # what it finds elsewhere is called too
        sys.setprofile(spy)
        try:
            work(transaction)
        finally:
            sys.setprofile(None)
            gc.enable()

    here.registry.store.write_now(counting)
    return found


def asking(here: Desk, address: str) -> Callable[[Transaction], object]:
    """A stranger's wish for a code, as the store's work."""
    wish = Ask(secrets.token_bytes(32), Purpose.SIGN_IN, address, "192.0.2.1")
    return lambda transaction: entry.ask(transaction, here.registry, here.settings, wish, "tr")


def guessing(here: Desk, address: str) -> Callable[[Transaction], object]:
    """A wrong code for what was asked just before by the same browser, as the store's work."""
    holder = secrets.token_bytes(32)
    wish = Ask(holder, Purpose.SIGN_IN, address, "192.0.2.1")
    here.registry.store.write_now(entry.ask, here.registry, here.settings, wish, "tr")
    keys = entry.Keys(b"s" * 32, b"d" * 32, None, None)
    arguments = here.registry, here.settings, holder, Purpose.SIGN_IN, "0", keys
    return lambda transaction: entry.redeem(transaction, *arguments)


@pytest.mark.parametrize("deed", [asking, guessing])
def test_every_address_costs_the_processor_as_much(
    here: Desk,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    deed: Callable[[Desk, str], Callable[[Transaction], object]],
) -> None:
    """Counted in calls, so that no machine's speed and no chance has a part in it.

    Of an address that gets no code the message is drawn, sealed and thrown away; what it takes to find out may differ
    by a tenth.
    """
    monkeypatch.setattr(secrets, "randbelow", lambda most: 739204)  # it draws again where it has drawn too much
    calls(here, deed(here, "+905329999901"))  # what is kept in memory from the first time on
    clock.forward(minutes=2)
    found = {name: calls(here, deed(here, address)) for name, address in ALL.items()}
    assert found["known"] == found["unknown"] == found["erased"]
    for name, counted in found.items():
        for heavy in HEAVY:
            assert counted[heavy] == found["known"][heavy], (name, heavy)
        assert 0.9 < counted.total() / found["known"].total() < 1.1, name
    if deed is asking:
        assert [found["known"][heavy] for heavy in HEAVY] == [1, 1, 1, 1]


@pytest.mark.slow
def test_no_known_address_takes_longer_than_an_unknown_one(desk: Open) -> None:
    """How often a known address takes longer than an unknown one, of all pairs: one half, were there no difference.

    Of ranks, so that no machine's speed plays a part; of the processor's time, which other programs take no part of,
    in turns whose order is drawn. With 250 of each chance alone leads it off by 0.026 (Mann and Whitney), and by 0.13
    once in two million runs.
    """
    here = desk(CODES_SENT_PER_IP="1000000", CODES_SENT_PER_BLOCK="1000000", CODES_SENT_BUDGET="1000000")
    assert abs(slower(*measured(here, 250)) - 0.5) < 0.13


def test_a_difference_of_a_standard_deviation_is_found() -> None:
    drawn = random.Random(1)
    known, unknown = ([drawn.gauss(mean, 1) for _ in range(250)] for mean in (1, 0))
    assert slower(known, unknown) - 0.5 > 0.13


def measured(here: Desk, count: int) -> tuple[list[float], list[float]]:
    """The processor's seconds to ask for a code, for so many known and so many unknown addresses."""
    keyring, one, drawn = here.registry.keyring, here.browser(), random.Random(7)
    took: dict[str, list[float]] = {"1": [], "2": []}
    addresses = {kind: [f"+90532{place:04}{kind}01" for place in range(count)] for kind in took}
    people = [register.person(keyring, address) for address in addresses["1"]]
    here.registry.store.write_now(register.enrol_all, keyring, people)
    for place in range(count):
        for kind in drawn.sample("12", 2):
            one.cookies.clear()
            began = time.process_time()
            one.ask(addresses[kind][place])
            took[kind].append(time.process_time() - began)
    return took["1"], took["2"]


def slower(one: list[float], other: list[float]) -> float:
    """The share of pairs in which the one takes longer than the other: Mann and Whitney's U over n times m."""
    return sum((a > b) + (a == b) / 2 for a in one for b in other) / (len(one) * len(other))
