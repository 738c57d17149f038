"""The store: durable writes in groups, short reads inline, on SQLite or PostgreSQL by DATABASE_URL alone."""

from __future__ import annotations

import asyncio
import builtins
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from consents.store import deadline
from consents.store.commits import Commits
from consents.store.cursors import Look, Snapshot, Transaction
from consents.store.engines import CACHE, CONNECTIONS, PASSING_CACHE, Reading, Unfit, open_engine
from consents.store.gate import Gate, StoreUnavailable, Unknown
from consents.store.patience import PATIENCE
from consents.store.replica import PATIENCE as REPLICA_PATIENCE
from consents.store.replica import Behind, Replica, written
from consents.store.statements import SQLITE, Statement, among
from consents.store.turns import Turns
from consents.store.writer import Writer

__all__ = ["Snapshot", "Statement", "Store", "StoreUnavailable", "Transaction", "Unfit", "Unknown", "among", "clock"]

T = TypeVar("T")
First = Callable[[Transaction], None] | None
_READING = f"""BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {round(PATIENCE * 1000)}"""  # in one round trip


def clock() -> int:
    """Now, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Store:
    """One registry's database. Open one a process; ``close`` finishes what is queued."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], int] = clock,
        *,
        hurried: bool = True,
        through: Engine | None = None,
        standby: Engine | None = None,
    ) -> None:
        self.engine = engine
        self.replica = Replica(standby, partial(self.read_now, written)) if standby else None
        self._reading_engine = through or engine
        self.dialect = engine.dialect.name
        self.now = now
        self.commits = Commits()
        self._hurried = hurried
        # The version of the keys that are sealed with, where they are: on PostgreSQL no write passes with older ones.
        self.keys: int | None = None
        # What its driver says of a connection that is gone.
        self._lost = () if self.dialect == SQLITE else (engine.dialect.loaded_dbapi.OperationalError, OperationalError)
        self._readers = None if self.dialect == SQLITE else ThreadPoolExecutor(CONNECTIONS, "izin-read")
        self._writer: Writer | None = None
        self._writer_lock = threading.Lock()
        self._closed = False
        self._reader: Snapshot | None = None
        self._loops: dict[asyncio.AbstractEventLoop, Turns] = {}  # one in a site; tests have many
        self._owned: dict[Hashable, Any] = {}

    @classmethod
    def open(
        cls,
        database_url: str,
        now: Callable[[], int] = clock,
        *,
        hurried: bool = True,
        through: str | None = None,
        standby: str | None = None,
    ) -> Store:
        """Opens the database; Unfit when it or its library cannot keep what was acknowledged.

        ``through``: the URL of a pooler in front of the same PostgreSQL, through which it is read. ``standby``: that of
        a standby, for ``read_behind``.

        ``hurried``: somebody waits for each change, so on PostgreSQL no statement of one takes longer than a request
        may. Commands that change every row are not.
        """
        pooler = open_engine(through, Reading.POOLER) if through else None
        replica = open_engine(standby, Reading.REPLICA) if standby else None
        engine = open_engine(database_url, hurried=hurried)
        return cls(engine, now, hurried=hurried, through=pooler, standby=replica)

    def own(self, key: Hashable, make: Callable[[], T]) -> T:
        """The one object that this process keeps of this store under ``key``; ``make()`` the first time."""
        if key not in self._owned:
            self._owned.setdefault(key, make())  # of two threads that make it at once, one object stays
        found: T = self._owned[key]
        return found

    # -- writing ---------------------------------------------------------------------------------------------------

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """Runs ``work(transaction, *arguments)`` with all that waits; returns once its change is durable (L8).

        StoreUnavailable when the store cannot commit, on PostgreSQL within ``deadline.DEADLINE`` seconds; Unknown,
        which is one too, when nobody can tell. Whatever ``work`` raises is raised here, its change undone.
        """
        answer: T
        if self.dialect == SQLITE:
            answer = await self._turns().write(work, *arguments)
            return answer
        with deadline.kept() as seconds, self._refused():
            answer = await self._writing().write(work, *arguments, seconds=seconds)
        return answer

    async def write_aside(self, work: Callable[..., object], *arguments: Any) -> None:
        """The same for a change that nobody is told of and that may be lost, as that a session is in use.

        It keeps its caller for a moment at the most, and while changes wait in vain not at all: whoever reads goes on.
        """
        if self.commits.waiting < deadline.SHORTLY:
            with suppress(StoreUnavailable, builtins.TimeoutError):
                async with asyncio.timeout(deadline.AGAIN):
                    await self.write(work, *arguments)

    def write_now(self, work: Callable[..., T], *arguments: Any, seconds: float | None = None) -> T:
        """The same for code without an event loop (commands, threads).

        ``seconds``: StoreUnavailable after that; the change may come all the same.
        """
        submitted = self._writing().submit(work, *arguments)
        try:
            with self._refused():
                answer: T = submitted.result(seconds)
        except builtins.TimeoutError:
            if submitted.done():
                raise
            raise StoreUnavailable("the database does not answer") from None
        return answer

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """What PostgreSQL refuses for its own sake within a piece of work, as for want of room on its disk, is 503."""
        try:
            yield
        except self._lost as error:
            self.commits.failed(error, 1)
            raise StoreUnavailable("the database cannot do this now") from error

    def gate(self) -> Gate:
        """A write connection of one's own, for bulk work that commits in many short transactions."""
        return self._gate(bulk=True)

    def _gate(self, *, bulk: bool = False) -> Gate:
        self._check_open()
        return Gate(self.engine, self.now, lambda: self.keys, hurried=self._hurried, bulk=bulk)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def read(self, query: Callable[..., T], *arguments: Any, first: First = None) -> T:
        """Runs a short ``query(snapshot, *arguments)``. Errors and ``first`` as of ``snapshot``.

        SQLite: at once, on the event loop; a point read takes 20 to 60 µs, handing it to a thread costs more than
        that. PostgreSQL: in a thread of the store's own, on a pooled connection, so that no report keeps it waiting;
        StoreUnavailable after ``deadline.DEADLINE`` seconds.
        """
        if self._readers is None:
            assert first is None
            return query(self._reading(), *arguments)
        return await self._in_thread(partial(self.read_now, query, *arguments, first=first))

    async def look(self, query: Callable[..., T], *arguments: Any) -> T:
        """Runs a ``query(snapshot, *arguments)`` of one SELECT, which needs no transaction on PostgreSQL.

        All else as of ``read``. AssertionError where it is more than one.
        """
        if self._readers is None:
            return query(self._reading(), *arguments)
        return await self._in_thread(partial(self._look, query, *arguments))

    async def read_behind(self, behind: float, query: Callable[..., T], *arguments: Any) -> T:
        """As ``read``, where the answer may be ``behind`` by so many seconds (0: it holds all that was acknowledged
        before this call): on a standby where there is one that is not further behind, else on the primary.

        Never for what shows somebody his own deed, unless by 0, and never for what a change is decided by.
        """
        if self.replica is None:
            return await self.read(query, *arguments)
        return await self._in_thread(partial(self._read_behind, self.replica, behind, query, *arguments))

    def _read_behind(self, replica: Replica, behind: float, query: Callable[..., T], *arguments: Any) -> T:
        wanted = replica.wanted(behind)
        replica.used = False
        if wanted is not None:
            try:
                with self.snapshot(
                    first=lambda transaction: replica.check(transaction, wanted, behind), engine=replica.engine
                ) as snapshot:
                    snapshot.connection.patience = REPLICA_PATIENCE
                    answer = query(snapshot, *arguments)
                replica.used = True
            except StoreUnavailable as error:
                replica.rest(error)
            except Behind:
                pass
            else:
                return answer
        return self.read_now(query, *arguments)

    async def _in_thread(self, reading: Callable[[], T]) -> T:
        assert self._readers is not None
        work = partial(copy_context().run, reading)
        try:
            running = asyncio.get_running_loop().run_in_executor(self._readers, work)
        except RuntimeError:
            raise StoreUnavailable("the store is closed") from None
        with deadline.kept() as seconds:
            try:
                return await asyncio.wait_for(running, seconds)
            except builtins.TimeoutError:
                raise StoreUnavailable("the database does not answer") from None

    def read_now(self, query: Callable[..., T], *arguments: Any, first: First = None) -> T:
        """Runs ``query(snapshot, *arguments)`` on a connection of its own; also for long reads, from a thread."""
        with self.snapshot(first=first) as snapshot:
            return query(snapshot, *arguments)

    @contextmanager
    def snapshot(
        self, *, passing: bool = False, first: First = None, engine: Engine | None = None
    ) -> Iterator[Snapshot]:
        """A consistent view on a connection of its own, for reads of several statements or many rows.

        StoreUnavailable where all connections are in use for too long, and where PostgreSQL cannot be reached, goes
        away meanwhile or takes longer for a statement than a request may.

        ``passing``: of very many rows, each once. SQLite then keeps few pages of them, because the rest would only
        fill the memory; PostgreSQL takes its time.

        ``first``, on PostgreSQL alone: counts on the same connection beforehand, each statement by itself and beside
        the writer. For tables that are not logged: what it writes waits for no fsync, and may be lost in a crash.
        ``engine``: where it is read, if not where all is.
        """
        with self._pooled(passing=passing, engine=engine) as connection:
            if self.dialect == SQLITE:
                if passing:
                    connection.execute(PASSING_CACHE)
                connection.execute("BEGIN")
            else:
                if first is not None:
                    first(Transaction(connection, self.dialect, self.now()))
                connection.execute(_READING, prepare=False)
            snapshot = Snapshot(connection, self.dialect)
            if passing or not self._hurried:
                snapshot.unhurried()
            yield snapshot

    def _look(self, query: Callable[..., T], *arguments: Any) -> T:
        if not self._hurried or self._reading_engine is not self.engine:  # else nothing ends its statement
            return self.read_now(query, *arguments)
        with self._pooled() as connection:
            return query(Look(connection, self.dialect), *arguments)

    @contextmanager
    def _pooled(self, *, passing: bool = False, engine: Engine | None = None) -> Iterator[Any]:
        """A connection of the pool; PostgreSQL's takes each statement by itself until a BEGIN is said."""
        self._check_open()
        try:
            pooled = (engine or self._reading_engine).raw_connection()
        except TimeoutError:
            raise StoreUnavailable("all connections are in use") from None
        except self._lost as error:
            raise StoreUnavailable("the database cannot be reached") from error
        connection: Any = pooled.driver_connection
        try:
            if self.dialect != SQLITE:
                connection.autocommit = True
            yield connection
        except self._lost as error:
            pooled.invalidate(error)
            raise StoreUnavailable("the database went away") from error
        finally:
            self._give_back(pooled, passing)

    def _give_back(self, pooled: PoolProxiedConnection, passing: bool) -> None:
        """Ends a snapshot. A connection that cannot even do that is dropped; nothing was written on it."""
        if not pooled.is_valid:
            return
        connection: Any = pooled.driver_connection
        try:
            if self.dialect == SQLITE:
                connection.rollback()
                if passing:
                    connection.execute(CACHE)
            else:
                connection.patience = PATIENCE
                connection.commit()  # a ROLLBACK would have psycopg forget the statements that it has prepared
                connection.autocommit = False
        except Exception as error:  # the error of the reading itself is raised, not this
            pooled.invalidate(error)
        else:
            pooled.close()

    def close(self) -> None:
        """Finishes what is queued by threads and closes every connection.

        Whoever comes later, as a report that is being made in a thread, is told that the store is closed: by then the
        registry may be in other hands (consents/store/offline.py).
        """
        with self._writer_lock:
            self._closed = True
        for turns in list(self._loops.values()):
            turns.close()
        self._loops.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._reader is not None:
            self._reader.connection.close()
            self._reader = None
        if self.dialect == SQLITE:
            self._merge()
        if self._readers is not None:
            self._readers.shutdown()
        self.engine.dispose()
        self._reading_engine.dispose()
        if self.replica is not None:
            self.replica.engine.dispose()

    def _merge(self) -> None:
        """Brings SQLite's log into its database, though others have that open too: a copy of the file is then whole."""
        with suppress(Exception):  # somebody reads on, or the disk is full: the log stays, and nothing is lost
            pooled = self.engine.raw_connection()
            try:
                pooled.driver_connection.execute("PRAGMA busy_timeout=500")  # type: ignore[union-attr]
                pooled.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # type: ignore[union-attr]
            finally:
                pooled.invalidate()

    def _turns(self) -> Turns:
        loop = asyncio.get_running_loop()
        turns = self._loops.get(loop)
        if turns is None:
            self._check_open()
            for ended in [known for known in self._loops if known.is_closed()]:
                self._loops.pop(ended).close()
            turns = self._loops[loop] = Turns(self._gate(), loop, self.commits)
        return turns

    def _writing(self) -> Writer:
        if self._writer is None:
            with self._writer_lock:
                self._check_open()
                if self._writer is None:
                    self._writer = Writer(self._gate(), self.commits)
        return self._writer

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _reading(self) -> Snapshot:
        if self._reader is None:
            self._check_open()
            pooled = self.engine.raw_connection()
            connection = pooled.driver_connection
            pooled.detach()
            connection.execute("PRAGMA query_only=ON")  # type: ignore[union-attr]
            self._reader = Snapshot(connection, self.dialect)
        return self._reader
