"""The store: changes committed in groups and answered when they are durable, consistent reads (rule L8)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Unknown, commits, writer
from consents.store.gates.gate import Gate
from consents.store.gates.postgresql_gate import PostgresqlGate
from consents.store.gates.sqlite_gate import SqliteGate
from consents.store.statements import POSTGRESQL, SQLITE
from tests.conftest import Opener
from tests.consents.works import COUNT, IDS, add, full_of_work, ids, submit

_DIE = Statement(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store.open(database_url)
    yield opened
    opened.close()


def add_and_fail(transaction: Transaction, sealed: int) -> None:
    add(transaction, sealed)
    raise LookupError("no")


class Hold:
    """Keeps the writer busy, so that what is queued meanwhile becomes the next group."""

    def __init__(self, store: Store) -> None:
        self.begun, self.release = threading.Event(), threading.Event()
        self.busy = submit(store, self._wait)
        assert self.begun.wait(60)

    def _wait(self, _transaction: Transaction) -> None:
        self.begun.set()
        assert self.release.wait(60)


@contextmanager
def held(store: Store) -> Iterator[Hold]:
    hold = Hold(store)
    try:
        yield hold
    finally:
        hold.release.set()
        hold.busy.result(60)


# -- group commit ------------------------------------------------------------------------------------------------


def test_all_that_waits_is_committed_at_once_and_in_order(store: Store, groups: list[int]) -> None:
    with held(store):
        waiting = [submit(store, add, number) for number in range(20)]
        assert ids(store) == []
    assert [one.result(60) for one in waiting] == list(range(1, 21))
    assert groups == [1, 20]


def test_a_group_is_bounded(store: Store, groups: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_IN_A_GROUP", 3)
    with held(store):
        waiting = [submit(store, add, number) for number in range(7)]
    assert [one.result(60) for one in waiting] == list(range(1, 8))
    assert groups == [1, 3, 3, 1]


def test_a_groups_time_is_bounded_and_the_next_takes_the_rest(
    store: Store, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SPENT", 0.0)
    with held(store):
        waiting = [submit(store, add, number) for number in range(4)]
    assert [one.result(5) for one in waiting] == [1, 2, 3, 4]
    store.close()
    assert groups == [1, 1, 1, 1, 1]


def test_behind_a_lock_that_is_never_free_all_that_wait_are_told_at_once(
    store: Store, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_gate: Gate, *_: object) -> Transaction:
        raise TimeoutError

    monkeypatch.setattr(writer, "SPENT", 0.0)
    with held(store):
        waiting = [submit(store, add, number) for number in range(4)]
        monkeypatch.setattr(SqliteGate, "begin", taken)
        monkeypatch.setattr(PostgresqlGate, "_begin_pipelined", taken)
    for one in waiting:
        with pytest.raises(StoreUnavailable):
            one.result(5)
    store.close()
    assert groups == [1, 4]


def test_a_failing_work_spoils_only_itself_and_leaves_no_gap(store: Store, groups: list[int]) -> None:
    with held(store):
        first = submit(store, add, 1)
        failing = submit(store, add_and_fail, 2)
        repeated = submit(store, add, 1)  # against the unique index: an error of the database itself
        last = submit(store, add, 3)
    assert (first.result(60), last.result(60)) == (1, 2)
    with pytest.raises(LookupError, match="no"):
        failing.result(60)
    with pytest.raises(Exception, match=r"(?i)unique"):
        repeated.result(60)
    assert ids(store) == [1, 2]
    assert groups == [1, 4]


def _break_the_commit(transaction: Transaction) -> None:
    """What only COMMIT finds out: a row that refers to nothing, by a constraint that is checked at the end."""
    if transaction.dialect == SQLITE:
        transaction.run(Statement(text("PRAGMA defer_foreign_keys=ON")))
        transaction.run(Statement(text("INSERT INTO brand_name VALUES ('NOBODY', 99, 0)")))
    else:
        transaction.run(
            Statement(text("CREATE TABLE orphan (of bigint REFERENCES brand DEFERRABLE INITIALLY DEFERRED)"))
        )
        transaction.run(Statement(text("INSERT INTO orphan VALUES (99)")))


def test_an_error_at_commit_is_answered_to_all_and_nothing_is_stored(store: Store, groups: list[int]) -> None:
    store.write_now(add, 0)
    with held(store):
        waiting = [submit(store, add, 1), submit(store, _break_the_commit), submit(store, add, 2)]
    for one in waiting:
        with pytest.raises(StoreUnavailable):
            one.result(60)
    assert groups == [1, 1, 3]
    assert ids(store) == [1]
    assert store.write_now(add, 3) == 2


class Stop:
    """Stops the COMMIT of the transaction in which ``arm`` is worked until it may ``go_on``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.armed, self.begun, self.go_on = threading.Event(), threading.Event(), threading.Event()
        commit = Gate.commit

        def stopped(gate: Gate, transaction: Transaction) -> None:
            if self.armed.is_set():
                self.begun.set()
                assert self.go_on.wait(60)
            commit(gate, transaction)

        monkeypatch.setattr(Gate, "commit", stopped)

    def arm(self, transaction: Transaction) -> int:
        self.armed.set()
        return add(transaction, 0)


@pytest.mark.usefixtures("groups")
def test_of_a_group_nobody_is_answered_before_its_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop(monkeypatch)
    with held(store):
        waiting = [submit(store, stop.arm), *(submit(store, add, number) for number in range(1, 5))]
    assert stop.begun.wait(60)
    time.sleep(0.05)
    early = [one.done() for one in waiting]
    stop.go_on.set()
    assert [one.result(60) for one in waiting] == [1, 2, 3, 4, 5]
    assert not any(early)


@pytest.mark.usefixtures("groups")
def test_of_a_loops_group_nobody_is_answered_before_its_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop(monkeypatch)

    async def main() -> list[int]:
        asking = [asyncio.ensure_future(store.write(stop.arm))]
        asking += [asyncio.ensure_future(store.write(add, number)) for number in range(1, 5)]
        assert await asyncio.to_thread(stop.begun.wait, 60)
        early: list[bool] = []
        for _ in range(50):
            await asyncio.sleep(0.001)
            early += [one.done() for one in asking]
        stop.go_on.set()
        assert not any(early)
        return await asyncio.gather(*asking)

    assert asyncio.run(main()) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("groups")
def test_a_lost_connection_is_answered_to_all_that_met_it_and_the_next_opens_a_new_one(
    postgresql_url: str,
) -> None:
    def die(transaction: Transaction) -> None:
        transaction.run(_DIE)

    store = Store.open(postgresql_url)
    try:
        with held(store):
            *met, behind = [submit(store, add, 1), submit(store, die), submit(store, add, 2)]
        for one in met:
            with pytest.raises(StoreUnavailable):
                one.result(60)
        assert behind.result(60) == 1
        assert store.write_now(add, 3) == 2
    finally:
        store.close()


def test_coroutines_wait_for_their_own_change_and_one_that_went_away_harms_nobody(
    store: Store, groups: list[int]
) -> None:
    async def main() -> None:
        hold = Hold(store)
        tasks = [asyncio.create_task(store.write(add, number)) for number in range(3)]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        await asyncio.sleep(0)
        hold.release.set()
        assert await tasks[0] == 1
        assert await tasks[2] == 3
        assert tasks[1].cancelled()
        with pytest.raises(LookupError):
            await store.write(add_and_fail, 9)
        assert await store.write(add, 10) == 4

    asyncio.run(main())
    assert ids(store) == [1, 2, 3, 4]  # the change of the caller that went away was under way, and is kept
    assert groups[:2] == [1, 3]


def test_an_event_loop_that_ended_while_its_change_waited_harms_nobody(store: Store) -> None:
    async def leave() -> None:
        store._writing().write(add, 1)

    with held(store):
        asyncio.run(leave())
    assert store.write_now(add, 2) == 2


def test_a_full_queue_refuses_at_once_and_keeps_what_it_took(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    with held(store):
        waiting = [submit(store, add, number) for number in range(3)]
        with pytest.raises(StoreUnavailable, match="waiting"):
            store.write_now(add, 3)
    assert [one.result(60) for one in waiting] == [1, 2, 3]
    assert store.write_now(add, 4) == 4


def test_what_was_not_begun_when_its_thread_was_answered_is_never_done(store: Store) -> None:
    with held(store), pytest.raises(StoreUnavailable) as told:
        store.write_now(add, 1, seconds=0.1)
    assert not isinstance(told.value, Unknown)
    assert store.write_now(add, 2) == 1


class Impatient(Future[Any]):
    """Whoever waits for it with a limit has waited for too long as soon as ``until`` has happened."""

    until = threading.Event()

    def result(self, timeout: float | None = None) -> Any:
        if timeout is not None:
            assert self.until.wait(60)
            raise TimeoutError
        return super().result(60)


def test_of_what_had_begun_when_its_thread_was_answered_nobody_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> int:
        begun.set()
        assert go_on.wait(60)
        return add(transaction, 1)

    monkeypatch.setattr(writer, "Future", Impatient)
    monkeypatch.setattr(Impatient, "until", begun)
    with pytest.raises(Unknown):
        store.write_now(slow, seconds=0.1)
    go_on.set()
    assert store.write_now(add, 2) == 2
    assert ids(store) == [1, 2]


def test_an_answer_that_comes_in_the_last_moment_is_given(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class LastMoment(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            answer = super().result(60)
            if timeout is not None:
                raise TimeoutError
            return answer

    monkeypatch.setattr(writer, "Future", LastMoment)
    assert store.write_now(add, 1, seconds=0.1) == 1


def test_who_is_told_that_it_is_not_done_is_not_told_otherwise_in_the_same_moment() -> None:
    """The writer comes to what a thread is just giving up."""
    given_up: list[bool] = []

    class Overtaken(Future[Any]):
        def set_exception(self, exception: BaseException | None) -> None:
            given_up.append(not item.begin())
            item.settle()
            super().set_exception(exception)

    item = writer.QueuedWork(add, (), Overtaken(), None)
    item.give_up()
    assert given_up == [True]
    with pytest.raises(StoreUnavailable):
        item.future.result(0)


def test_a_work_that_lets_a_stop_iteration_out_keeps_nobody_waiting(store: Store) -> None:
    async def main() -> list[Any]:
        asked = [store.write(lambda _: next(iter(()))), store.write(add, 1)]
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)

    failed, answer = asyncio.run(main())
    assert isinstance(failed, RuntimeError)
    assert answer == 1
    with pytest.raises(RuntimeError):
        store.write_now(lambda _: next(iter(())), seconds=60)


def test_many_threads_write_without_gap_or_loss(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: store.write_now(add, number), range(200)))
    assert sorted(numbers) == ids(store) == list(range(1, 201))


def test_closing_finishes_what_is_queued(database_url: str) -> None:
    store = Store.open(database_url)
    hold = Hold(store)
    waiting = [submit(store, add, number) for number in range(5)]
    writing = store._writing()

    def release_once_closed() -> None:
        while not writing._closed:
            time.sleep(0.001)
        hold.release.set()

    threading.Thread(target=release_once_closed).start()
    store.close()
    assert [one.result(0) for one in waiting] == [1, 2, 3, 4, 5]
    again = Store.open(database_url)
    assert ids(again) == [1, 2, 3, 4, 5]
    again.close()


def test_closing_while_the_database_is_away_tries_nothing_for_who_was_answered() -> None:
    """Each try takes seconds there, and whoever stops the site waits for all of them."""

    class Away:
        pipelines, waited, tries, go_on = False, 0.0, 0, threading.Event()

        def transaction(self) -> None:
            self.tries += 1
            assert self.go_on.wait(60)
            raise StoreUnavailable("away")

        def close(self) -> None:
            pass

    gate: Any = Away()
    writing = writer.Writer(gate, commits.Commits())
    writing._most = writer.FEWEST

    async def main() -> None:
        asked = [writing.write(add, number, seconds=0.05) for number in range(400)]
        for told in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(told, StoreUnavailable)

    asyncio.run(main())
    before = gate.tries
    gate.go_on.set()
    writing.close()
    assert gate.tries <= before + 1


# -- reading -----------------------------------------------------------------------------------------------------


def test_nobody_reads_what_is_not_committed(store: Store) -> None:
    added, release = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> int:
        number = add(transaction, 1)
        added.set()
        assert release.wait(60)
        return number

    async def count() -> object:
        return await store.read(Snapshot.one, COUNT)

    writing = submit(store, slow)
    assert added.wait(60)
    assert asyncio.run(count()) == store.read_now(Snapshot.one, COUNT) == (0, None)
    release.set()
    assert writing.result(60) == 1
    assert asyncio.run(count()) == store.read_now(Snapshot.one, COUNT) == (1, 1)


def test_a_snapshot_stays_as_it_was_when_it_was_first_read(store: Store) -> None:
    store.write_now(add, 1)
    with store.snapshot() as snapshot:
        assert snapshot.one(COUNT) == (1, 1)
        store.write_now(add, 2)
        assert snapshot.one(COUNT) == (1, 1)
        assert list(snapshot.stream(IDS, size=1)) == [(1,)]
    assert store.read_now(Snapshot.one, COUNT) == (2, 2)


def test_where_all_connections_are_in_use_the_store_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.engine.pool, "_timeout", 0.01)

    def take_all() -> None:
        with ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(store.snapshot())

    with pytest.raises(StoreUnavailable):
        take_all()
    with store.snapshot() as snapshot:
        assert snapshot.connection is not None


def test_a_page_is_read_however_long_reports_take(store: Store) -> None:
    async def main() -> object:
        async with full_of_work():
            return await asyncio.wait_for(store.read(Snapshot.one, COUNT), 20)

    assert asyncio.run(main()) == (0, None)


def test_who_is_stopped_in_the_moment_of_an_answer_is_stopped(store: Store) -> None:
    go_on = threading.Event()

    async def main() -> None:
        began = threading.Event()

        def query(snapshot: Snapshot) -> None:
            began.set()
            assert go_on.wait(60)

        async def read() -> None:
            await store.read(query)
            await asyncio.sleep(60)

        reading = asyncio.create_task(read())
        assert await asyncio.to_thread(began.wait, 60)
        go_on.set()
        time.sleep(0.1)  # noqa: ASYNC251 (the answer comes while the loop does something else)
        reading.cancel()
        await asyncio.wait([reading], timeout=1)
        assert reading.cancelled()

    if store.dialect == SQLITE:
        go_on.set()  # it reads on the loop
    asyncio.run(main())


def test_a_closed_store_reads_no_more(postgresql_url: str) -> None:
    store = Store.open(postgresql_url)
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        asyncio.run(store.read(Snapshot.one, COUNT))


def test_a_connection_lost_while_reading_is_answered_as_such_and_dropped(postgresql_url: str) -> None:
    with closing(Store.open(postgresql_url)) as store:
        with pytest.raises(StoreUnavailable):
            asyncio.run(store.read(Snapshot.one, _DIE))
        with pytest.raises(LookupError, match="no"), store.snapshot() as snapshot:  # noqa: PT012
            with suppress(Exception):
                snapshot.one(_DIE)
            raise LookupError("no")
        assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert store.read_now(Snapshot.one, COUNT) == (0, None)


def test_a_connection_that_was_silent_for_too_long_is_answered_as_lost(postgresql_url: str) -> None:
    def silent(snapshot: Snapshot) -> object:
        snapshot.connection.execute("SET LOCAL idle_in_transaction_session_timeout = 10")
        time.sleep(0.2)
        return snapshot.one(COUNT)

    with closing(Store.open(postgresql_url)) as store:
        with pytest.raises(StoreUnavailable):
            store.read_now(silent)
        assert store.read_now(Snapshot.one, COUNT) == (0, None)


def test_a_transaction_that_postgresql_has_ended_for_its_length_is_answered_as_lost(postgresql_url: str) -> None:
    too_long = Statement(text("DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''25P04''; END'"))
    with closing(Store.open(postgresql_url)) as store, pytest.raises(StoreUnavailable):
        store.read_now(Snapshot.all, too_long)


@pytest.mark.parametrize("cause", ["disk_full", "read_only_sql_transaction", "25P04"])
def test_a_work_that_postgresql_has_no_room_for_is_refused_as_what_cannot_be_recorded_now(
    postgresql_url: str, cause: str
) -> None:
    """Its caller is answered 503, not 500; what else waited is recorded."""
    full = Statement(text(f"DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{cause}''; END'"))

    async def main(store: Store) -> None:
        asked = [store.write(Transaction.run, full), store.write(add, 1)]
        refused, _ = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(refused, StoreUnavailable), refused

    with closing(Store.open(postgresql_url)) as store:
        asyncio.run(main(store))
        assert store.commits.failed_at
        with pytest.raises(StoreUnavailable):
            store.write_now(Transaction.run, full)
        assert len(ids(store)) == 1


@contextmanager
def _without_writes(url: str) -> Iterator[None]:
    """For sessions that begin in it. So providers of databases do when a disk is nearly full."""
    with psycopg.connect(url, autocommit=True) as operator:
        name = str(operator.info.dbname)
        operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        try:
            yield
        finally:
            operator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())


def _bare(url: str, _: Opener) -> Store:
    return Store.open(url)


def _with_keys(url: str, open_registry: Opener) -> Store:
    return open_registry(url).store


@pytest.mark.parametrize("opened", [_bare, _with_keys])
def test_a_server_that_takes_no_writes_is_said_to_be_away_and_used_when_it_does(
    postgresql_url: str, open_registry: Opener, opened: Callable[[str, Opener], Store]
) -> None:
    """A standby, too, to which a URL leads by mistake."""

    def count(transaction: Transaction) -> None:
        transaction.upsert("throttle", "key,at", "key,at,count", [(b"key", 0, 1)])

    def ready(transaction: Transaction) -> None:
        transaction.connection.execute("CREATE TEMP TABLE aside (id bigint)")

    with _without_writes(postgresql_url):
        store = opened(postgresql_url, open_registry)
        gate = store.postgresql_gate()
        for work in (add, lambda transaction, _: transaction.one(COUNT)):  # nor is an answer given that may be old
            with pytest.raises(StoreUnavailable, match="takes no writes"):
                store.write_now(work, 1)
            with pytest.raises(StoreUnavailable, match="takes no writes"):
                asyncio.run(store.write(work, 1))
        assert store.commits.failing
        with pytest.raises(StoreUnavailable, match="takes no writes"):
            asyncio.run(store.read(Snapshot.one, COUNT, first=count))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="takes no writes"):
                gate.prepare(ready)
            with pytest.raises(StoreUnavailable, match="takes no writes"), gate.transaction() as transaction:
                add(transaction, 1)
    assert asyncio.run(store.read(Snapshot.one, COUNT, first=count)) == (0, None)
    assert store.write_now(add, 1) == 1
    assert not store.commits.failing
    gate.prepare(ready)
    with closing(gate), gate.transaction() as transaction:
        assert add(transaction, 2) == 2
    store.close()


def test_what_keeps_nobody_waiting_may_be_lost(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: Store) -> None:
        await store.write_aside(add, 1)
        assert len(ids(store)) == 1
        monkeypatch.setattr(store.commits, "_since", time.monotonic() - 60)
        monkeypatch.setattr(store.commits, "_under_way", True)
        await store.write_aside(add, 2)  # somebody waits for so long: nobody else is to

    with closing(Store.open(database_url)) as store:
        asyncio.run(main(store))
        assert len(ids(store)) == 1
        assert store.commits.waiting > 59
        store.write_now(add, 3)
        assert store.commits.waiting == 0


def test_a_server_that_is_not_there_is_said_to_be_away(postgresql_url: str) -> None:
    away = make_url(postgresql_url).update_query_dict({"host": "/nowhere"})
    with closing(Store.open(away.render_as_string(False))) as store, pytest.raises(StoreUnavailable):
        store.read_now(Snapshot.one, COUNT)


def test_a_read_of_one_row_leaves_no_snapshot_open(sqlite_url: str) -> None:
    """Else the write-ahead log could never be emptied while the site is read."""
    store = Store.open(sqlite_url)
    for number in range(2):
        store.write_now(add, number)
    assert asyncio.run(store.read(Snapshot.one, IDS)) == (1,)
    with store.snapshot() as snapshot:
        connection = snapshot.connection
        connection.execute("ROLLBACK")
        busy, in_log, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    store.close()
    assert (busy, in_log) == (0, 0)


def test_readers_cannot_write(store: Store) -> None:
    change = Statement(text("DELETE FROM brand"))
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        asyncio.run(store.read(lambda snapshot: snapshot.all(change)))


def test_one_select_is_read_without_a_transaction(store: Store) -> None:
    store.write_now(add, 1)
    assert asyncio.run(store.look(Snapshot.one, COUNT)) == (1, 1)
    with closing(Store.open(store.engine.url.render_as_string(False), hurried=False)) as unhurried:
        assert asyncio.run(unhurried.look(Snapshot.one, COUNT)) == (1, 1)


def test_what_looks_once_cannot_look_twice_or_write(postgresql_url: str) -> None:
    def twice(snapshot: Snapshot) -> None:
        snapshot.one(COUNT)
        snapshot.all(IDS)

    def write(snapshot: Snapshot) -> None:
        snapshot.all(Statement(text("DELETE FROM brand")))

    with closing(Store.open(postgresql_url)) as store:
        for query in (twice, write, lambda snapshot: list(snapshot.stream(IDS))):
            with pytest.raises(AssertionError):
                asyncio.run(store.look(query))
        with store.snapshot() as snapshot:  # the same connection again
            assert snapshot.one(Statement(text("SHOW transaction_isolation"))) == ("repeatable read",)


def test_connections_that_the_server_has_closed_are_not_handed_out(postgresql_url: str) -> None:
    away = Statement(
        text(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
        )
    )
    with closing(Store.open(postgresql_url)) as store:
        with store.snapshot() as one, store.snapshot() as other:
            assert one.one(COUNT) == other.one(COUNT)
        with closing(Store.open(postgresql_url)) as another:
            assert another.write_now(Snapshot.all, away) == [(True,), (True,)]
        with store.snapshot() as one, store.snapshot() as other:
            assert one.one(COUNT) == other.one(COUNT)


def test_many_rows_stream_and_are_written_as_few_are(store: Store) -> None:
    def fill(transaction: Transaction) -> None:
        first = transaction.numbers("recipient", 5000)
        rows = [(number, number.to_bytes(20, "big"), b"") for number in range(first, first + 5000)]
        transaction.insert("recipient", "id,sealed,commitment", rows[:20])
        transaction.insert("recipient", "id,sealed,commitment", rows[20:])
        for some in (rows[:10], rows):
            changed = [(*row[:2], b"changed") for row in some]
            transaction.upsert("recipient", "id", "id,sealed,commitment", changed)

    store.write_now(fill)
    rows = Statement(text("SELECT id, commitment FROM recipient ORDER BY id"))
    with store.snapshot() as snapshot:
        found = list(snapshot.stream(rows, size=333))
    assert found == [(number, b"changed") for number in range(1, 5001)]


def test_a_closed_store_is_not_opened_again_by_who_comes_late(database_url: str) -> None:
    store = Store.open(database_url)
    store.write_now(add, 1)
    store.read_now(Snapshot.one, COUNT)
    store.close()

    async def write() -> None:
        await store.write(add, 2)

    async def read() -> None:
        await store.read(Snapshot.one, COUNT)

    late = (
        lambda: store.write_now(add, 2),
        lambda: store.read_now(Snapshot.one, COUNT),
        store.gate,
        lambda: asyncio.run(write()),
        lambda: asyncio.run(read()),
    )
    for come in late:
        with pytest.raises(StoreUnavailable, match="the store is closed"):
            come()
    with closing(Store.open(database_url)) as again:
        assert ids(again) == [1]


def test_after_a_failure_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a site that is only read for a while, that a session is in use would else never be noted again."""
    watch = SimpleNamespace(monotonic=lambda: watch.now, time=time.time, now=100.0)
    monkeypatch.setattr(commits, "time", watch)
    kept = commits.Commits()
    kept.begun()
    watch.now += 3
    assert (kept.waiting, kept.hanging) == (3, 3)
    kept.failed(StoreUnavailable("no"), 1)
    watch.now += 2
    assert (kept.waiting, kept.hanging) == (5, 0), "whoever asks again waits on"
    kept.begun()
    watch.now += 30
    assert kept.waiting == kept.hanging == 35, "one that is under way is never forgotten"
    kept.failed(StoreUnavailable("no"), 1)
    watch.now += 60
    assert kept.waiting == 0
    kept.begun()
    watch.now += 1
    assert kept.waiting == 1
    kept.succeeded()
    assert kept.waiting == 0


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0],
        [-1, 2**63 - 1, -(2**63)],
        [b""],
        [b"", b"\\", b'"', b"{,}", b"NULL", b"null", b" ", bytes(range(256))],
        [1, None],
        [None, 1],
        [b"1", None],
        [None, b"1"],
    ],
    ids=[
        "none",
        "zero",
        "far numbers",
        "no bytes",
        "all bytes",
        "1 and NULL",
        "NULL and 1",
        "b1 and NULL",
        "NULL and b1",
    ],
)
def test_a_list_comes_to_the_database_as_it_is(store: Store, values: list[Any]) -> None:
    of_bytes = any(isinstance(value, bytes) for value in values)
    kind, column = ("bytea[]", "unhex(value)") if of_bytes else ("bigint[]", "value")
    listed = {
        SQLITE: f"SELECT {column} FROM json_each(:given)",
        POSTGRESQL: f"SELECT given FROM unnest(CAST(:given AS {kind})) AS given",
    }
    statement = Statement(text(listed[store.dialect]))
    with store.snapshot() as snapshot:
        assert [row[0] for row in snapshot.all(statement, {"given": snapshot.array(values)})] == values
