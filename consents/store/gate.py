"""One write transaction at a time, over all threads and processes of a registry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from consents.store.cursors import Transaction
from consents.store.deadline import LONG
from consents.store.failures import Spoilt, StoreUnavailable, Unknown
from consents.store.pipes.asking import FirstAsk, FirstAsks, Told
from consents.store.pipes.pipelined import Pipelined, StatementPipe
from consents.store.statements import POSTGRESQL, SQLITE, Statement
from consents.store.turnstile import PAUSE, Turnstile

# "izin" in ASCII: the advisory lock that numbers acts and events of a PostgreSQL registry in commit order.
ADVISORY_LOCK = 0x697A696E
LONGEST_WAIT = 3.5  # seconds for the lock; with the statements behind it within what a request may take
_LOCK = f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"
# A lock of one number stands there as its two halves, and 1.
_AWAITED = Statement(
    text(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = 1 "
        f"AND classid = {ADVISORY_LOCK >> 32} AND objid = {ADVISORY_LOCK & 0xFFFFFFFF} "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
    )
)
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL: lock_timeout has passed
SILENT_TOO_LONG = "25P03"  # PostgreSQL: idle_in_transaction_session_timeout has passed, and the connection is closed
# All rotated keys have a new version in the same moment.
_NEWEST_KEY = "SELECT max(version) FROM registry_key WHERE purpose = 'address'"
KEY_ROWS = Statement(text("SELECT purpose, version, wrapped FROM registry_key"))
# What nearly every work asks first, in one question.
_HEADS = (
    f"SELECT ({_NEWEST_KEY}), (SELECT max(id) FROM act), (SELECT max(id) FROM consent_event), "
    "(SELECT recorded_at FROM act ORDER BY id DESC LIMIT 1), (SELECT max(id) FROM recipient)"
)
_BUSY = (
    "another program keeps the database's write lock: wait for it, or end what hangs (a stopped izin import, "
    "an open database tool), then try again"
)

T = TypeVar("T")
_Begun = TypeVar("_Begun", bound=Transaction)


class HeldKeys(Protocol):
    """The registry's keys as a program holds them (``consents.keys.Keyring``)."""

    version: int  # the newest one, by which it seals
    several: bool  # whether it holds older ones too

    def learn(self, rows: list[tuple[str, int, bytes]]) -> None:
        """Takes up what KEY_ROWS has found. Errors: RuntimeError."""

    def holds(self, oldest: int, newest: int) -> bool:
        """Whether it has these versions."""

    def current(self, data: bytes) -> bytes:
        """What an older key sealed, sealed by the newest; all else as it is."""


class Gate:
    """Opens write transactions on a connection of its own; not for use by two threads at once."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int],
        keys: Callable[[], HeldKeys | None] = lambda: None,
        *,
        hurried: bool = True,
        bulk: bool = False,
    ) -> None:
        """``keys``: the registry's keys that this program holds, None where it seals nothing.

        ``hurried``: somebody waits, so no statement takes longer than a request may (PostgreSQL). ``bulk``: it is for
        many rows at a time.
        """
        self._engine = engine
        self._clock = clock
        self._keys = keys
        self._turnstile = Turnstile(f"{engine.url.database}-turn") if engine.dialect.name == SQLITE else None
        self._hurried, self._bulk = hurried, bulk
        self._connection: Any = None
        self._pipe: StatementPipe | None = None  # PostgreSQL
        self._warned = False  # by PostgreSQL, since the last COMMIT was sent
        self._past: Any = None  # PostgreSQL: what stood after the last COMMIT

    def prepare(self, work: Callable[[Transaction], T]) -> T:
        """On PostgreSQL: what needs no lock, in the transaction that the next ``transaction`` goes on with.

        What it reads may have changed once the lock is had. Nobody waits for it, so between the two may pass
        ``deadline.LONG`` seconds: more than ``postgresql.IDLE``, which bounds who has the lock.
        """
        with self._whole():
            connection = self._plainly()
            connection.execute(f"BEGIN; {_idle(LONG)}", prepare=False)
            return work(Transaction(connection, self._engine.dialect.name, self._clock()))

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """BEGIN … COMMIT. Leaves the block only after the COMMIT is durable; any error rolls everything back.

        StoreUnavailable where the lock cannot be had, the disk is full, the connection is gone.
        """
        with self._whole():
            transaction = self.begin()
            yield transaction
            self.commit(transaction)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.abandon()
            if isinstance(error, Exception) and self._is_lost(error):
                raise StoreUnavailable(_words(getattr(error, "orig", error))) from error
            raise

    def _is_lost(self, error: Exception) -> bool:
        lost = OperationalError, self._engine.dialect.loaded_dbapi.OperationalError
        return isinstance(error, lost) or getattr(error, "sqlstate", None) == SILENT_TOO_LONG

    @staticmethod
    def awaited(transaction: Transaction) -> bool:
        """On PostgreSQL: whether somebody waits for the lock that ``transaction`` has."""
        return transaction.one(_AWAITED) is not None

    @property
    def pipelines(self) -> bool:
        """Whether ``pipelined`` can be had."""
        return self._engine.dialect.name != SQLITE

    @contextmanager
    def pipelined(self, asking: Iterable[FirstAsks] = ()) -> Iterator[Pipelined]:
        """The same as ``transaction`` on PostgreSQL, with what is written not waited for before the COMMIT.

        ``asking``: what its works ask first, which is asked in the round trip that takes the lock. Spoilt where a fault
        shows: nobody knows of which work, and nothing of the transaction stands.
        """
        begun = False
        try:
            transaction = self._begin_pipelined(asking)
            begun = True
            yield transaction
            self.commit(transaction)
        except BaseException as error:
            spoilt = begun and self._connection is not None and not self._connection.closed
            self.abandon()
            if isinstance(error, self._engine.dialect.loaded_dbapi.Error):
                raise (Spoilt if spoilt else StoreUnavailable)(_words(error)) from error
            raise

    def begin(self) -> Transaction:
        """Waits for the write lock and takes it. After an error, also of the work: ``abandon``.

        StoreUnavailable where others keep it for ``LONGEST_WAIT`` seconds (SQLite), and where the registry has keys
        that this program cannot open.
        """
        if self._engine.dialect.name == SQLITE:
            connection = self._connect()
            self._begin_sqlite(connection.cursor())
            return self._sqlite_transaction(connection)
        connection = self._plainly()
        newest = self._begin_postgresql(connection)
        return self._with_keys(Transaction(connection, self._engine.dialect.name, self._clock()), newest)

    def try_begin(self) -> Transaction | None:
        """The same on SQLite where nobody has or waits for the lock: at once, or None."""
        assert self._turnstile is not None
        connection = self._connect()
        if not self._turnstile.try_pass():
            return None
        try:
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:
            if _is_locked(error):
                return None
            raise
        return self._sqlite_transaction(connection)

    def _sqlite_transaction(self, connection: Any) -> Transaction:
        transaction = Transaction(connection, SQLITE, self._clock())
        if self._keys() is None:
            return transaction
        ((newest,),) = connection.execute(_NEWEST_KEY).fetchall()
        return self._with_keys(transaction, newest)

    def _with_keys(self, transaction: _Begun, newest: int | None) -> _Begun:
        """A transaction that writes nothing but what the newest key seals: asked under the lock, so that from the
        moment in which a rotation has made a new key nobody writes with the older one."""
        held = self._keys()
        if held is None:
            return transaction
        if newest != held.version:
            try:
                held.learn([(row[0], row[1], bytes(row[2])) for row in transaction.all(KEY_ROWS)])
            except RuntimeError as error:
                raise StoreUnavailable("SECRET_KEY was changed while this program ran: start it again") from error
        if newest != held.version:
            raise StoreUnavailable("the registry's keys are older than this program's: start it again")
        if held.several:
            transaction.anew = held.current
        return transaction

    def commit(self, transaction: Transaction) -> None:
        """Makes the change durable; returns after the fsync. Unknown where its connection goes meanwhile.

        A COMMIT whose wait for a synchronous standby an administrator cancels succeeds all the same: the primary has
        it, and only a warning says that the standby may not. Unknown then, too.
        """
        if self._engine.dialect.name == SQLITE:
            transaction.connection.execute("COMMIT")
            return
        self._warned = False
        try:
            if not isinstance(transaction, Pipelined):
                self._connection.commit()
            elif not transaction.commit():
                raise Spoilt("a statement failed")
        except Exception as error:
            if self._connection.closed:
                raise Unknown("the database went away during the commit: the change may stand or not") from error
            raise
        if self._warned:
            raise Unknown("the database waited for its standby in vain: a standby that takes over may lack the change")
        self._past.note(transaction.last_act)

    def close(self) -> None:
        if self._pipe is not None:
            with suppress(Exception):
                self._pipe.leave()
        if self._connection is not None:
            self._connection.close()
            self._connection = self._pipe = None
        if self._turnstile is not None:
            self._turnstile.close()

    def _connect(self) -> Any:
        if self._connection is None:
            pooled = self._engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()
            try:
                if self._engine.dialect.name == SQLITE:
                    connection.execute("PRAGMA busy_timeout=0")
                else:
                    from consents.store import postgresql  # a program on SQLite does not load its driver

                    connection.add_notice_handler(self._note)
                    connection.autocommit = True  # BEGIN is said with the first question, in one round trip
                    postgresql.limit(connection, LONGEST_WAIT, hurried=self._hurried, bulk=self._bulk)
                    self._past = self._past or postgresql.Past()
                    self._past.check(connection)
                    self._pipe = StatementPipe(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _note(self, told: Any) -> None:
        self._warned |= told.severity_nonlocalized == "WARNING"

    def _plainly(self) -> Any:
        """The connection to PostgreSQL, each statement of which is waited for."""
        connection = self._connect()
        assert self._pipe is not None
        self._pipe.leave()
        return connection

    def _begin_sqlite(self, cursor: Any) -> None:
        assert self._turnstile is not None
        until = time.monotonic() + LONGEST_WAIT
        try:
            with self._turnstile.held(until):
                self._take_lock(cursor, until)
        except TimeoutError as error:
            raise StoreUnavailable(_BUSY) from error

    def _begin_postgresql(self, connection: Any) -> int | None:
        """The newest version of the keys, where that is to be known."""
        from consents.store import postgresql  # a program on SQLite does not load its driver

        begun = connection.info.transaction_status.name != "IDLE"
        held = self._keys()
        asked = [_idle(postgresql.IDLE) if begun else "BEGIN", _LOCK, *([] if held is None else [_NEWEST_KEY])]
        cursor = connection.execute("; ".join(asked), prepare=False)  # in one round trip
        if held is None:
            return None
        while cursor.nextset():
            pass
        newest: int | None = cursor.fetchone()[0]
        return newest

    def _begin_pipelined(self, asking: Iterable[FirstAsks]) -> Pipelined:
        connection = self._connect()
        assert self._pipe is not None
        self._pipe.enter()
        connection.cursor().execute("BEGIN")
        connection.cursor().execute(_LOCK)
        if self._keys() is None:  # perhaps there are no tables yet
            self._pipe.sync()
            return self._pipelined_transaction({})
        heads = connection.cursor().execute(_HEADS)
        told: Told = {}
        for subject, asks in asking:
            if subject not in told:  # of several works about one the first is told: what others read, that may change
                told[subject] = [(ask, self._asked(connection, ask)) for ask in asks]
        try:
            self._pipe.sync()
        except self._engine.dialect.loaded_dbapi.Error as error:
            if heads.pgresult is None:
                raise
            raise Spoilt("what a work asks first failed") from error
        newest, act, event, recorded_at, recipient = heads.fetchone()
        transaction = self._with_keys(self._pipelined_transaction(told), newest)
        if transaction.anew is not None:  # one person may be named by forms of two keys, which look like two subjects
            told.clear()
        transaction.begin_at({"act": act or 0, "consent_event": event or 0, "recipient": recipient or 0})
        transaction.last_act = (act, recorded_at) if act else None
        return transaction

    @staticmethod
    def _asked(connection: Any, ask: FirstAsk) -> Any:
        return connection.cursor().execute(*ask.statement.bound(POSTGRESQL, ask.values))

    def _pipelined_transaction(self, told: Told) -> Pipelined:
        assert self._pipe is not None
        return Pipelined(self._connection, self._clock(), self._pipe, self._engine.dialect.loaded_dbapi.Error, told)

    @staticmethod
    def _take_lock(cursor: Any, until: float) -> None:
        # SQLite's own busy handler sleeps up to 100 ms between tries; a citizen's refusal should not.
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except Exception as error:
                if not _is_locked(error):
                    raise
                if time.monotonic() > until:
                    raise TimeoutError("somebody else has the write lock") from error
            time.sleep(PAUSE)

    def abandon(self) -> None:
        """Rolls back; a connection that cannot even do that is dropped and the next transaction opens a new one."""
        try:
            if self._pipe is not None:
                with suppress(Exception):  # of what was sent: it is known already
                    self._pipe.leave()
            if self._connection is not None:
                self._connection.rollback()
        except Exception:
            connection, self._connection, self._pipe = self._connection, None, None
            with suppress(Exception):  # a dead connection has nothing left to say
                connection.close()


def _idle(seconds: float) -> str:
    return f"SET LOCAL idle_in_transaction_session_timeout = {round(seconds * 1000)}"


def _words(error: Exception) -> str:
    """What the driver reports, for the operator."""
    if _is_locked(error) or getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        return _BUSY
    return f"the database cannot commit now: {str(error).partition(chr(10))[0]}"


def _is_locked(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", str(error)) in ("SQLITE_BUSY", "database is locked")
