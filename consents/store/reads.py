"""Reading a store: short queries and consistent views, on SQLite, on PostgreSQL, or on its standby."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from consents.store import failures
from consents.store.cursors import Look, Snapshot, Transaction
from consents.store.engines import CACHE, CONNECTIONS, PASSING_CACHE
from consents.store.failures import PATIENCE, StoreUnavailable, takes_no_writes, too_long
from consents.store.file_health import FileFault, FileHealth
from consents.store.gates.gate import HeldKeys
from consents.store.replica import Behind, Replica, written
from consents.store.statements import SQLITE

T = TypeVar("T")
First = Callable[[Transaction], None] | None
_READING = f"""BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {round(PATIENCE * 1000)}"""  # in one round trip


class Reads:
    """``through``: a pooler in front of the same PostgreSQL; ``standby``: of ``read_behind``."""

    def __init__(
        self, engine: Engine, now: Callable[[], int], *, hurried: bool, through: Engine | None, standby: Engine | None
    ) -> None:
        self.engine = engine
        # The keys that are sealed with, where they are: no write passes with older ones than the registry has.
        self.keys: HeldKeys | None = None
        self.replica = Replica(standby, partial(self.read_now, written)) if standby else None
        self._reading_engine = through or engine
        self.dialect = engine.dialect.name
        self.now = now
        # Of the SQLite file; None on PostgreSQL, whose server looks after its own.
        self.health = FileHealth(str(engine.url.database)) if self.dialect == SQLITE else None
        self._hurried = hurried
        # The driver's messages about a lost connection.
        self._lost = () if self.dialect == SQLITE else (engine.dialect.loaded_dbapi.OperationalError, OperationalError)
        self._readers = None if self.dialect == SQLITE else ThreadPoolExecutor(CONNECTIONS, "izin-read")
        self._reader: Snapshot | None = None
        self._closed = False

    async def read(self, query: Callable[..., T], *arguments: Any, first: First = None) -> T:
        """Runs a short ``query(snapshot, *arguments)``. SQLite: on the event loop, because a point read takes 20 to 60
        µs and a thread costs more. PostgreSQL: in a thread of the store's own, on a pooled connection. Errors: as of
        ``snapshot``; StoreUnavailable after ``failures.DEADLINE`` seconds."""
        if self._readers is None:
            assert first is None
            return self._inline(query, *arguments)
        return await self._in_thread(partial(self.read_now, query, *arguments, first=first))

    async def look(self, query: Callable[..., T], *arguments: Any) -> T:
        """``read`` of one SELECT, which needs no transaction on PostgreSQL. Errors: AssertionError for more than
        one."""
        if self._readers is None:
            return self._inline(query, *arguments)
        return await self._in_thread(partial(self._look, query, *arguments))

    def _inline(self, query: Callable[..., T], *arguments: Any) -> T:
        try:
            return query(self._reading(), *arguments)
        except Exception as error:
            self._raise_meant(error)
            raise

    def _raise_meant(self, error: Exception) -> None:
        """Errors: StoreUnavailable where SQLite reports a fault of its disk, file or another program."""
        if self.health is not None and (meant := self.health.explain(error)) is not None:
            raise meant from error

    async def read_behind(self, behind: float, query: Callable[..., T], *arguments: Any) -> T:
        """``read`` on a standby that is at most ``behind`` seconds late (0: it holds all that was acknowledged), else
        on the primary. Not for a change's decision, nor, unless 0, for a person's own act."""
        if self.replica is None:
            return await self.read(query, *arguments)
        return await self._in_thread(partial(self._read_behind, self.replica, behind, query, *arguments))

    def _read_behind(self, replica: Replica, behind: float, query: Callable[..., T], *arguments: Any) -> T:
        wanted = replica.wanted(behind)
        replica.used = False
        if wanted is not None:
            try:
                holds = None if self.keys is None else self.keys.holds
                with self.snapshot(
                    first=lambda transaction: replica.check(transaction, wanted, behind, holds), engine=replica.engine
                ) as snapshot:
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
        with failures.kept() as seconds:
            try:
                # Python 3.11's wait_for loses a cancellation that comes together with the answer, and its caller, a
                # worker that is being stopped, goes on.
                async with asyncio.timeout(seconds):
                    return await running
            except builtins.TimeoutError:
                raise StoreUnavailable("the database does not answer") from None

    def read_now(self, query: Callable[..., T], *arguments: Any, first: First = None) -> T:
        """Runs ``query`` on a connection of its own; also for long reads, from a thread."""
        with self.snapshot(first=first) as snapshot:
            return query(snapshot, *arguments)

    @contextmanager
    def snapshot(
        self, *, passing: bool = False, first: First = None, engine: Engine | None = None
    ) -> Iterator[Snapshot]:
        """A consistent view on a connection of its own. Errors: StoreUnavailable where all connections are in use for
        too long, or PostgreSQL fails or is slow. ``passing``: of very many rows, each once: SQLite caches few pages,
        PostgreSQL has no time limit. ``first``, PostgreSQL only: counts written beforehand on the same connection to
        unlogged tables, which may be lost in a crash. ``engine``: where to read instead."""
        with self._pooled(passing=passing, engine=engine) as connection:
            if self.dialect == SQLITE:
                if passing:
                    connection.execute(PASSING_CACHE)
                connection.execute("BEGIN")
            else:
                if first is not None:
                    self._first(connection, first)
                connection.execute(_READING, prepare=False)
            snapshot = Snapshot(connection, self.dialect)
            if passing or not self._hurried:
                snapshot.unhurried()
            yield snapshot

    def _first(self, connection: Any, first: Callable[[Transaction], None]) -> None:
        try:
            first(Transaction(connection, self.dialect, self.now()))
        except Exception as error:
            if not takes_no_writes(error):
                raise
            connection.close()  # a session keeps the default with which it began
            raise StoreUnavailable("the server takes no writes") from error

    def _look(self, query: Callable[..., T], *arguments: Any) -> T:
        if not self._hurried or self._reading_engine is not self.engine:  # else nothing ends its statement
            return self.read_now(query, *arguments)
        with self._pooled() as connection:
            return query(Look(connection, self.dialect), *arguments)

    @contextmanager
    def _pooled(self, *, passing: bool = False, engine: Engine | None = None) -> Iterator[Any]:
        """A connection of the pool; PostgreSQL's runs each statement by itself until a BEGIN."""
        self._check_open()
        self._check_file()
        try:
            pooled = (engine or self._reading_engine).raw_connection()
        except TimeoutError:
            raise StoreUnavailable("all connections are in use") from None
        except Exception as error:
            self._raise_meant(error)
            if not isinstance(error, self._lost):
                raise
            raise StoreUnavailable("the database cannot be reached") from error
        connection: Any = pooled.driver_connection
        try:
            if self.dialect != SQLITE:
                connection.autocommit = True
            yield connection
        except Exception as error:
            self._raise_meant(error)
            if not isinstance(error, self._lost) and not too_long(error):
                raise
            pooled.invalidate(error)
            raise StoreUnavailable("the database went away") from error
        finally:
            self._give_back(pooled, passing)

    def _give_back(self, pooled: PoolProxiedConnection, passing: bool) -> None:
        """Ends a snapshot; a connection that cannot is dropped, because nothing was written on it."""
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

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.connection.close()
            self._reader = None

    def _close_reads(self) -> None:
        if self._readers is not None:
            self._readers.shutdown()
        self.engine.dispose()
        self._reading_engine.dispose()
        if self.replica is not None:
            self.replica.engine.dispose()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _check_file(self) -> None:
        """A damaged file may answer wrongly, so it is not read."""
        if self.health is not None and self.health.kind is FileFault.DAMAGED:
            self.health.check()

    def _reading(self) -> Snapshot:
        self._check_file()
        if self._reader is None:
            self._check_open()
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()
            connection.execute("PRAGMA query_only=ON")
            self._reader = Snapshot(connection, self.dialect)
        return self._reader
