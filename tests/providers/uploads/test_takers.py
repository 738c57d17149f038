"""On PostgreSQL a loading's transactions are alike, and shorter while somebody waits for them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from consents import ledger
from consents.history import Deed
from consents.ledger import sets
from consents.people import register
from consents.people.register import person
from consents.registry import Registry
from consents.rules import ONAY, RET, Policy
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from providers.uploads import takers
from providers.uploads.files.row_refusals import RowRefusal
from providers.uploads.pipeline import Sealed
from providers.uploads.takers import RowTaker, SetTaker
from tests.conftest import SECRET
from tests.providers.uploads.test_load import add_brand
from tests.statements import Asked

PATIENCE = 60.0  # seconds for what should be done in milliseconds
_WAITS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.mark.parametrize("rows", [1, 499, 500, 601, 2_700, 4_000, 8_000, 15_999])
@pytest.mark.parametrize("size", [1, 500, 2_700, 6_000])
def test_rows_are_shared_out_among_transactions_that_are_alike(rows: int, size: int) -> None:
    parts, left = [], rows
    while left:
        parts.append(takers._share(left, size))
        left -= parts[-1]
    assert sum(parts) == rows
    assert max(parts) - min(parts) <= 1
    assert max(parts) <= max(1.2 * size + 1, 1)
    assert len(parts) <= max(1, 2 * rows / size)


def test_who_comes_while_rows_are_being_written_is_seen(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declare = ledger.declare_staged
    with Registry.open(postgresql_url, SECRET) as registry, psycopg.connect(postgresql_url, autocommit=True) as looking:
        brand = registry.store.write_now(add_brand)
        visitor = threading.Thread(target=registry.store.write_now, args=(lambda transaction: None,))

        def with_a_visitor(*arguments: Any, **named: Any) -> list[str]:
            answers = declare(*arguments, **named)
            visitor.start()
            until = time.monotonic() + PATIENCE
            while looking.execute(_WAITS).fetchone() != (1,):
                assert time.monotonic() < until, "nobody came to wait for the lock"
                time.sleep(0.01)
            return answers

        with closing(SetTaker(registry, brand.id, None, 0)) as taker:
            alone = taker._calm
            _take(taker, registry, 1)
            assert taker._calm == alone + 1
            with monkeypatch.context() as patch:
                patch.setattr(ledger, "declare_staged", with_a_visitor)
                _take(taker, registry, 2)
            visitor.join(PATIENCE)
            assert taker._calm == 0
            _take(taker, registry, 3)
            assert taker._calm == 1


REFUSAL = RowRefusal(1, "status", "H115", "refused", "VAR", 2)


class Reader:
    """Chunks of which every row is refused, six times over; ``pulled``: how many were asked for."""

    def __init__(self, chunks: int, refusals: int = 12_000) -> None:
        self._chunks, self._refusals, self.pulled = chunks, [REFUSAL] * refusals, 0

    def __iter__(self) -> Iterator[Sealed]:
        for _ in range(self._chunks):
            self.pulled += 1
            yield Sealed([], self._refusals, Counter(), 2_000, Counter(), False, 1)

    def rest(self) -> int:
        """How many were asked for once no more are."""
        before = -1
        while before < self.pulled:
            before = self.pulled
            time.sleep(0.2)
        return self.pulled


@pytest.fixture
def unheld() -> SetTaker:
    """A taker without a database."""
    registry: Any = SimpleNamespace(store=SimpleNamespace(postgresql_gate=object))
    return SetTaker(registry, 1, 1, 0)


def test_while_it_has_the_lock_a_loading_waits_three_times(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the lock with all that it asks first, for what it writes, for the COMMIT; also where a word is weighed."""
    asked = Asked(postgresql_url, monkeypatch)
    with Registry.open(postgresql_url, SECRET) as registry:
        brand = registry.store.write_now(add_brand)
        with closing(SetTaker(registry, brand.id, None, 0)) as taker:
            _take(taker, registry, 1)  # the registry's first act has no other before it
            for who, channel in ((2, Channel.MESAJ), (2, Channel.ARAMA), (3, Channel.MESAJ)):
                asked.forget()
                _take(taker, registry, who, channel)
                assert asked.trips == 3, asked.all
                assert len(asked.under_the_lock) <= 9, asked.under_the_lock


def test_chunks_of_which_every_row_is_refused_wait_for_who_takes_them(unheld: SetTaker) -> None:
    """All of them lay in memory while the first were being written down."""
    reader = Reader(1_000)
    taken = unheld.taken(iter(reader))
    next(taken)
    assert reader.rest() <= 8
    taken.close()  # type: ignore[attr-defined]
    assert reader.rest() <= 10
    assert not [thread for thread in threading.enumerate() if thread.name == "izin-staging"]


def test_a_chunk_that_is_larger_than_all_that_may_wait_is_taken_alone(unheld: SetTaker) -> None:
    assert [len(chunk.refusals) for chunk, _ in unheld.taken(iter(Reader(3, 60_000)))] == [60_000] * 3


def test_chunks_without_rows_and_refusals_keep_nobody_from_the_next_rows(unheld: SetTaker) -> None:
    """A window begins with one of them at least, while the last rows of the one before are being written."""
    reader = Reader(500, 0)
    next(taken := unheld.taken(iter(reader)))
    until = time.monotonic() + 60
    while reader.pulled < 500:
        assert time.monotonic() < until, "somebody keeps them"
        time.sleep(0.01)
    taken.close()  # type: ignore[attr-defined]


# Rows of one loading that meet: person, minutes before now, status; in windows, and the most rows of a transaction.
MEETING = {
    "the same word in two windows": ([[(1, 9, ONAY)], [(1, 9, ONAY)]], 1),
    "of two people": ([[(1, 9, ONAY), (2, 9, ONAY)]] * 2, 2),
    "an older word in the second": ([[(1, 8, RET)], [(1, 9, ONAY)]], 1),
    "more words than a transaction takes": (
        [[*((1, 13 - place, (RET, ONAY)[place % 2]) for place in range(12)), (1, 2, ONAY)]],
        2,
    ),
    "several people": ([[(1, 8, RET), (2, 9, RET), (3, 9, ONAY)], [(1, 9, ONAY), (3, 8, RET), (2, 9, RET)]], 1),
}


class Ahead:
    """Lets a loading take the lock only once it has looked ahead at the rows behind. ``then``: is done before, once."""

    then: Callable[[], object] | None = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._looked = self._begun = 0
        self._look, self._ask = ledger.look_ahead, ledger.asked_of_staged
        monkeypatch.setattr(ledger, "look_ahead", self._looking)
        monkeypatch.setattr(ledger, "asked_of_staged", self._asking)

    def _looking(self, *arguments: Any) -> None:
        self._look(*arguments)
        self._looked += 1

    def _asking(self, *arguments: Any) -> Any:
        self._begun += 1
        until = time.monotonic() + PATIENCE
        while self._looked <= self._begun and any(one.name == "izin-staging" for one in threading.enumerate()):
            assert time.monotonic() < until, "nobody looks ahead"
            time.sleep(0.005)
        if self.then:
            self.then, then = None, self.then
            then()
        return self._ask(*arguments)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    return Ahead(monkeypatch)


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize(("windows", "most"), MEETING.values(), ids=MEETING)
def test_a_loading_meets_what_it_has_written_itself(
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    windows: list[list[tuple[int, int, int]]],
    most: int,
) -> None:
    """It looks ahead while its last rows are still being written. Who takes row by row says what is right."""
    for name in ("_FEWEST_SETS", "_MOST_SETS", "_FIRST_SETS"):
        monkeypatch.setattr(takers, name, most)
    answers = []
    with Registry.open(postgresql_url, SECRET) as registry:
        brand = registry.store.write_now(add_brand)
        now = registry.store.now()
        for who in _people(registry, range(1, 4)):  # known, but nobody has spoken of them
            registry.store.write_now(register.enrol, registry.keyring, who)
        for channel, way in ((Channel.MESAJ, SetTaker), (Channel.ARAMA, RowTaker)):
            chunks = [_window(registry, channel, now, rows) for rows in windows]
            with closing(way(registry, brand.id, None, 0)) as taker:
                taker.look = None
                answers.append([some for _, some in taker.taken(iter(chunks))])
    assert answers[0] == answers[1]


def _window(registry: Registry, channel: Channel, now: int, rows: list[tuple[int, int, int]]) -> Sealed:
    terms = channel.code, Identity.BIREYSEL.code
    people = _people(registry, [number for number, _, _ in rows])
    lines = [
        (who.sealed, place, who.commitment, *terms, status, Source.HS_WEB.code, now - age * 60_000_000, None)
        for place, (who, (_, age, status)) in enumerate(zip(people, rows, strict=True))
    ]
    return Sealed(sorted(lines), [], Counter(), len(rows), Counter(), True, 1)


def test_who_acts_while_a_loading_writes_nothing_is_met_by_its_next_rows(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, ahead: Ahead
) -> None:
    """The last act is then his, and not the loading's."""
    for name in ("_FEWEST_SETS", "_MOST_SETS", "_FIRST_SETS"):
        monkeypatch.setattr(takers, name, 1)
    with Registry.open(postgresql_url, SECRET) as registry:
        brand, now = registry.store.write_now(add_brand), registry.store.now()
        first, second = sorted((1, 2), key=lambda who: person(registry.keyring, f"+9053200000{who:02}").sealed)

        def refuse(transaction: Transaction) -> None:
            recipient = register.find(
                transaction, registry.keyring, person(registry.keyring, f"+9053200000{second:02}")
            )
            assert recipient
            wish = ledger.Wish(brand.id, Channel.MESAJ.code, Identity.BIREYSEL.code, RET, Source.IYS_WEB.code)
            ledger.decide(transaction, Policy(), recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))

        found = []
        for age, then in ((9, None), (8, partial(registry.store.write_now, refuse))):
            ahead.then = then
            rows = [(first, 9, ONAY), (second, age, ONAY)]
            with closing(SetTaker(registry, brand.id, None, 0)) as taker:
                found += [some for _, some in taker.taken(iter([_window(registry, Channel.MESAJ, now, rows)]))]
    assert found == [["recorded", "recorded"], ["unchanged", "H178"]]


@pytest.mark.usefixtures("ahead")
def test_what_a_loading_has_written_of_others_makes_it_look_up_nothing_again(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four transactions of a window, each of which is looked up while the one before has the lock; only before the
    first of them may the loading have written of anybody."""
    for name in ("_FEWEST_SETS", "_MOST_SETS", "_FIRST_SETS"):
        monkeypatch.setattr(takers, name, 2)
    asked, ask = Counter[str](), sets._asked_kinds

    def noted(*arguments: Any) -> Any:
        asked[threading.current_thread().name] += 1
        return ask(*arguments)

    with Registry.open(postgresql_url, SECRET) as registry:
        brand, now = registry.store.write_now(add_brand), registry.store.now()
        for age in (9, 8):
            window = _window(registry, Channel.MESAJ, now, [(who, age, ONAY) for who in range(1, 9)])
            with closing(SetTaker(registry, brand.id, None, 0)) as taker:
                assert [answers for _, answers in taker.taken(iter([window]))] == [["recorded"] * 8]
            monkeypatch.setattr(sets, "_asked_kinds", noted)
    assert asked == {"izin-staging": 4}


def test_what_is_no_longer_to_be_reported_is_refused_by_a_look_ahead_too(postgresql_url: str) -> None:
    with Registry.open(postgresql_url, SECRET) as registry:
        brand, now = registry.store.write_now(add_brand), registry.store.now()
        found = []
        for age, oldest in ((9, 0), (8, now - 5 * 60_000_000)):
            window = _window(registry, Channel.MESAJ, now, [(1, age, ONAY)])
            with closing(SetTaker(registry, brand.id, None, oldest)) as taker:
                found += [answers for _, answers in taker.taken(iter([window]))]
    assert found == [["recorded"], ["H467"]]


def _people(registry: Registry, numbers: Iterable[int]) -> list[register.Person]:
    return [person(registry.keyring, f"+9053200000{number:02}") for number in numbers]


def _take(taker: SetTaker, registry: Registry, number: int, channel: Channel = Channel.MESAJ) -> None:
    """Has the taker write one row."""
    (who,) = _people(registry, [number])
    terms = channel.code, Identity.BIREYSEL.code, ONAY, Source.HS_WEB.code
    rows = [(who.sealed, number, who.commitment, *terms, registry.store.now(), None)]
    assert taker._declare(taker.gate, taker.gate.prepare(partial(taker._laid, rows))) == ["recorded"]
