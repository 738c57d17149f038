"""Changes of an event loop on SQLite: worked on the loop, begun and committed beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from consents.store import Store, StoreUnavailable, Transaction, turns
from consents.store.gates.gate import Gate
from tests.consents.works import add, ids


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


def test_work_runs_on_the_loop_and_its_commit_beside_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    places: dict[str, int] = {}
    commit = Gate.commit

    def noted(self: Gate, transaction: Transaction) -> None:
        places["commit"] = threading.get_ident()
        commit(self, transaction)

    def work(transaction: Transaction) -> int:
        places["work"] = threading.get_ident()
        return add(transaction, 1)

    monkeypatch.setattr(Gate, "commit", noted)
    assert asyncio.run(store.write(work)) == 1
    assert places["work"] == threading.get_ident() != places["commit"]


def test_an_answer_waits_for_the_commit_and_others_are_answered_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    committing, go_on = threading.Event(), threading.Event()
    commit = Gate.commit

    def slow(self: Gate, transaction: Transaction) -> None:
        committing.set()
        assert go_on.wait(60)
        commit(self, transaction)

    monkeypatch.setattr(Gate, "commit", slow)

    async def main() -> None:
        change = asyncio.ensure_future(store.write(add, 1))
        await asyncio.to_thread(committing.wait, 60)
        assert not change.done()
        assert ids(store) == [], "nobody sees it either"
        go_on.set()
        assert await change == 1

    asyncio.run(main())


def test_a_turn_ends_when_its_time_is_spent_and_the_next_takes_the_rest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SPENT", 0.0)
    sizes: list[int] = []
    work = turns.Turns._work

    def counted(self: turns.Turns, transaction: Transaction, group: list[Any]) -> None:
        work(self, transaction, group)
        sizes.append(len(group))

    monkeypatch.setattr(turns.Turns, "_work", counted)

    async def main() -> list[int]:
        return await asyncio.gather(*(store.write(add, number) for number in range(4)))

    assert asyncio.run(main()) == [1, 2, 3, 4]
    assert sizes == [1, 1, 1, 1]


def test_behind_anothers_lock_the_loop_goes_on_and_the_change_comes_after(store: Store, sqlite_url: str) -> None:
    other = Store.open(sqlite_url).gate()
    transaction = other.begin()

    async def main() -> int:
        change = asyncio.ensure_future(store.write(add, 2))
        for _ in range(20):  # others are answered
            await asyncio.sleep(0.005)
            assert not change.done()
        add(transaction, 1)
        other.commit(transaction)
        return await change

    assert asyncio.run(main()) == 2
    other.close()


def test_a_loop_that_is_stopped_leaves_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    commit = Gate.commit

    def slow(self: Gate, transaction: Transaction) -> None:
        begun.set()
        time.sleep(0.05)
        commit(self, transaction)

    monkeypatch.setattr(Gate, "commit", slow)

    async def main() -> None:
        asyncio.ensure_future(store.write(add, 1))  # noqa: RUF006 – left behind is what is tested
        await asyncio.to_thread(begun.wait, 60)

    asyncio.run(main())
    assert ids(store) == [1], "its commit had begun, and ended"
    assert asyncio.run(store.write(add, 2)) == 2


def test_what_was_not_begun_when_the_store_closed_is_told_so(
    store: Store, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SPENT", 0.0)
    committing, go_on = threading.Event(), threading.Event()
    commit = Gate.commit

    def slow(self: Gate, transaction: Transaction) -> None:
        committing.set()
        assert go_on.wait(60)
        commit(self, transaction)

    monkeypatch.setattr(Gate, "commit", slow)

    async def main() -> list[Any]:
        changes = [asyncio.ensure_future(store.write(add, number)) for number in (1, 2)]
        await asyncio.to_thread(committing.wait, 60)
        (queue,) = store._loops.values()

        def go_on_once_closed() -> None:
            while not queue._closed:
                time.sleep(0.001)
            go_on.set()

        threading.Thread(target=go_on_once_closed).start()
        store.close()
        return await asyncio.gather(*changes, return_exceptions=True)

    first, second = asyncio.run(main())
    assert first == 1
    assert isinstance(second, StoreUnavailable)
    with closing(Store.open(sqlite_url)) as again:
        assert ids(again) == [1]


def test_too_many_waiting_changes_are_refused_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_WAITING", 2)

    async def main() -> list[Any]:
        changes = [store.write(add, number) for number in range(4)]
        return await asyncio.gather(*changes, return_exceptions=True)

    answers = asyncio.run(main())
    assert [isinstance(answer, StoreUnavailable) for answer in answers] == [False, False, True, True]
    assert ids(store) == [1, 2]


def test_many_loops_one_after_the_other_leave_nothing_open(store: Store) -> None:
    for number in range(5):
        assert asyncio.run(store.write(add, number)) == number + 1
    assert len(store._loops) == 1
