"""What works ask first, PostgreSQL answers with the write lock; nobody is answered otherwise than SQLite answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from consents.store import Prefetch, PrefetchRead, Snapshot, Statement, Store, Transaction, prefetches
from consents.store.pipelined import StatementPipe
from tests.conftest import Opener
from tests.consents.test_store import held
from tests.consents.works import submit

A, B, C = b"a", b"b", b"c"
_COUNT = Statement(text("SELECT count FROM throttle WHERE key = :key"))
_ALL = Statement(text("SELECT key, count FROM throttle ORDER BY key"))
_LIFT = Statement(text("UPDATE throttle SET count = count + 40"))
_REFUSED = Statement(text("SELECT CAST(:key AS integer)"))


def _first(key: bytes, *_: Any) -> Prefetch:
    return Prefetch(key, [PrefetchRead(_COUNT, {"key": key})])


@prefetches(_first)
def visit(transaction: Transaction, key: bytes, fault: Exception | None = None) -> int:
    """Counts one more; how many there were."""
    row = transaction.one(_COUNT, {"key": key})
    before = int(row[0]) if row else 0
    transaction.upsert("throttle", "key,at", "key,at,count", [(key, 0, before + 1)])
    if fault:
        raise fault
    return before


@prefetches(lambda key: Prefetch(key, [PrefetchRead(_REFUSED, {"key": "no number"})]))
def ask_in_vain(transaction: Transaction, key: bytes) -> int:
    """What it has told cannot be asked; nor does it ask that."""
    return visit(transaction, key)


def lift(transaction: Transaction) -> None:
    transaction.run(_LIFT)


def look(transaction: Transaction, key: bytes) -> int:
    """Changes nothing, and has told nothing."""
    row = transaction.one(_COUNT, {"key": key})
    return int(row[0]) if row else 0


@pytest.fixture
def store(database_url: str, open_registry: Opener) -> Store:
    return open_registry(database_url).store


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is never slow: all that waits is one group."""
    monkeypatch.setattr("consents.store.writer.SPENT", 3600.0)


def together(store: Store, *works: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Any]:
    """Their answers, or what they raised, where they were one group."""
    with held(store):
        waiting = [submit(store, work, *arguments) for work, arguments in works]
    return [one.exception(60) or one.result() for one in waiting]


def counts(store: Store) -> dict[bytes, int]:
    return {bytes(key): count for key, count in store.read_now(Snapshot.all, _ALL)}


def test_of_several_works_about_one_each_sees_what_the_last_has_changed(store: Store) -> None:
    answers = together(store, *((visit, (key,)) for key in (A, B, A, A, B)))
    assert answers == [0, 0, 1, 2, 1]
    assert counts(store) == {A: 3, B: 2}


def test_a_work_that_told_nothing_may_have_changed_anything(store: Store) -> None:
    together(store, (visit, (A,)), (visit, (B,)), (visit, (C,)))
    answers = together(store, (visit, (A,)), (look, (A,)), (visit, (B,)), (lift, ()), (visit, (C,)), (visit, (A,)))
    assert answers == [1, 2, 1, None, 41, 42]
    assert counts(store) == {A: 43, B: 42, C: 42}


def test_a_work_that_fails_takes_nobody_with_it(store: Store) -> None:
    fault = LookupError("not this one")
    answers = together(store, (visit, (A,)), (visit, (B, fault)), (visit, (B,)), (visit, (A,)))
    assert answers == [0, fault, 0, 1]
    assert counts(store) == {A: 2, B: 1}


def test_what_cannot_be_asked_first_is_no_fault_of_anybody(store: Store) -> None:
    answers = together(store, (visit, (A,)), (ask_in_vain, (B,)), (visit, (B,)), (visit, (A,)))
    assert answers == [0, 0, 1, 1]
    assert store.write_now(visit, A) == 2


def test_a_group_takes_two_round_trips_however_many_ask(
    postgresql_url: str, open_registry: Opener, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lock it is asked, with the COMMIT it is written."""
    store, trips = open_registry(postgresql_url).store, 0
    sync = StatementPipe.sync

    def counted(pipe: StatementPipe) -> None:
        nonlocal trips
        trips += 1
        sync(pipe)

    keys = [bytes([number]) for number in range(10, 30)]
    monkeypatch.setattr(StatementPipe, "sync", counted)
    assert together(store, *((visit, (key,)) for key in keys)) == [0] * len(keys)
    assert trips == 4  # two of them of the work behind which they waited
    trips = 0
    assert together(store, *((visit, (A,)) for _ in range(3))) == [0, 1, 2]
    assert trips == 6  # the second and the third asked again
