"""The store: durable writes in groups, short reads inline, on SQLite or PostgreSQL by DATABASE_URL."""

from __future__ import annotations

import asyncio
import builtins
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Engine

from consents.store import failures
from consents.store.commits import Commits
from consents.store.cursors import Only, Snapshot, Transaction
from consents.store.engines import Reading, Unfit, open_engine
from consents.store.failures import StoreUnavailable, Unknown, takes_no_writes, too_long
from consents.store.gates import AnyGate
from consents.store.gates.sqlite_gate import SqliteGate
from consents.store.prefetching import Prefetch, PrefetchRead, prefetches
from consents.store.reads import Reads
from consents.store.statements import SQLITE, Statement, Value, among, column_names, table
from consents.store.turns import Turns
from consents.store.writer import Writer

if TYPE_CHECKING:  # a program on SQLite does not load its driver
    from consents.store.gates.postgresql_gate import PostgresqlGate

__all__ = [
    "Bells",
    "Only",
    "Prefetch",
    "PrefetchRead",
    "Snapshot",
    "Statement",
    "Store",
    "StoreUnavailable",
    "Transaction",
    "Unfit",
    "Unknown",
    "Value",
    "among",
    "clock",
    "column_names",
    "prefetches",
    "table",
]

T = TypeVar("T")


def clock() -> int:
    """Now, µs since 1970 UTC."""
    return time.time_ns() // 1000


class Store(Reads):
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
        super().__init__(engine, now, hurried=hurried, through=through, standby=standby)
        self.commits = Commits()
        self._writer: Writer | None = None
        self._writer_lock = threading.Lock()
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
        """``through``: the URL of a pooler of the same PostgreSQL for reads; ``standby``: of a standby, for
        ``read_behind``; ``hurried``: on PostgreSQL no statement of a change takes longer than a request may. Errors:
        Unfit."""
        pooler = open_engine(through, Reading.POOLER) if through else None
        try:
            replica = open_engine(standby, Reading.REPLICA) if standby else None
        except Unfit as fault:
            raise Unfit(str(fault).replace("DATABASE_URL", "DATABASE_READ_URL")) from None
        engine = open_engine(database_url, hurried=hurried)
        return cls(engine, now, hurried=hurried, through=pooler, standby=replica)

    def own(self, key: Hashable, make: Callable[[], T]) -> T:
        """The one object of this process under ``key``; ``make()`` the first time."""
        if key not in self._owned:
            self._owned.setdefault(key, make())  # of two threads that make it at once, one object stays
        found: T = self._owned[key]
        return found

    # -- writing ---------------------------------------------------------------------------------------------------

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """Runs ``work(transaction, *arguments)`` with all that waits; returns once its change is durable (L8). Errors:
        StoreUnavailable when the store cannot commit, on PostgreSQL within ``failures.DEADLINE`` seconds; Unknown, a
        subclass, when the outcome is unknown; those of ``work``, its change undone."""
        answer: T
        if self.dialect == SQLITE:
            try:
                answer = await self._turns().write(work, *arguments)
            except Exception as error:
                self._raise_meant(error)
                raise
            return answer
        with failures.kept() as seconds, self._refused():
            answer = await self._writing().write(work, *arguments, seconds=seconds)
        return answer

    async def write_aside(self, work: Callable[..., object], *arguments: Any) -> None:
        """Best-effort write for data that may be lost, such as a session's last use; gives up at once while changes
        wait in vain."""
        if self.commits.waiting < failures.SHORTLY:
            with suppress(StoreUnavailable, builtins.TimeoutError):
                async with asyncio.timeout(failures.AGAIN):
                    await self.write(work, *arguments)

    def write_now(self, work: Callable[..., T], *arguments: Any, seconds: float | None = None) -> T:
        """``write`` for code without an event loop (commands, threads). Errors: StoreUnavailable after ``seconds``,
        Unknown where the work has begun."""
        submitted = self._writing().submit(work, *arguments)
        with self._refused():
            try:
                answer: T = submitted.future.result(seconds)
            except builtins.TimeoutError:  # perhaps of the work itself
                submitted.give_up()
                answer = submitted.future.result()
        return answer

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """Maps PostgreSQL's own refusals within a piece of work, such as a full disk, to 503."""
        try:
            yield
        except Exception as error:
            self._raise_meant(error)
            if not (isinstance(error, self._lost) or too_long(error) or takes_no_writes(error)):
                raise
            self.commits.failed(error, 1)
            raise StoreUnavailable("the database cannot do this now") from error

    def gate(self) -> AnyGate:
        """A separate write connection, for bulk work that commits in many short transactions."""
        return self._gate(bulk=True)

    def postgresql_gate(self) -> PostgresqlGate:
        return self._postgresql_gate(bulk=True)

    def _gate(self, *, bulk: bool = False) -> AnyGate:
        return self._sqlite_gate() if self.dialect == SQLITE else self._postgresql_gate(bulk=bulk)

    def _postgresql_gate(self, *, bulk: bool) -> PostgresqlGate:
        from consents.store.gates.postgresql_gate import PostgresqlGate  # a program on SQLite does not load its driver
        from consents.store.postgresql import Past

        self._check_open()
        past = self.own(Past, Past)
        return PostgresqlGate(self.engine, self.now, lambda: self.keys, hurried=self._hurried, bulk=bulk, past=past)

    def _sqlite_gate(self) -> SqliteGate:
        self._check_open()
        return SqliteGate(self.engine, self.now, lambda: self.keys, self.health)

    def close(self) -> None:
        """Finishes what is queued by threads and closes every connection; later calls fail, because the registry may be
        in other hands (consents/store/offline.py)."""
        with self._writer_lock:
            self._closed = True
        for turns in list(self._loops.values()):
            turns.close()
        self._loops.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._close_reader()
        if self.dialect == SQLITE:
            self._merge()
        self._close_reads()

    def _merge(self) -> None:
        """Merges SQLite's WAL into its database, though others have that open: a copy of the file is then complete."""
        if self.health is not None and self.health.kind is not None:  # its files are mixed up, or damaged
            return
        with suppress(Exception):  # somebody reads on, or the disk is full: the log stays, and nothing is lost
            pooled = self.engine.raw_connection()
            try:
                connection: Any = pooled.driver_connection
                connection.execute("PRAGMA busy_timeout=500")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                pooled.invalidate()

    def _turns(self) -> Turns:
        loop = asyncio.get_running_loop()
        turns = self._loops.get(loop)
        if turns is None:
            self._check_open()
            for ended in [known for known in self._loops if known.is_closed()]:
                self._loops.pop(ended).close()
            turns = self._loops[loop] = Turns(self._sqlite_gate(), loop, self.commits)
        return turns

    def _writing(self) -> Writer:
        if self._writer is None:
            with self._writer_lock:
                self._check_open()
                if self._writer is None:
                    self._writer = Writer(self._gate(), self.commits)
        return self._writer


class Bells:
    """The bells of one kind of work, by store: a committed change wakes the job that continues it. Used from the
    serving event loop only."""

    def ring(self, store: Store) -> None:
        """Sets every bell of this process; a worker elsewhere looks at its next turn."""
        for bell in self._hung(store):
            bell.set()

    def hang(self, store: Store) -> asyncio.Event:
        """A new event that is set at each ``ring``, as long as somebody holds it."""
        bell = asyncio.Event()
        self._hung(store).add(bell)
        return bell

    def _hung(self, store: Store) -> WeakSet[asyncio.Event]:
        return store.own(self, WeakSet)
