"""The write lock of a PostgreSQL registry: an advisory lock, which PostgreSQL grants in the order of asking."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Literal, TypeVar

import psycopg
from sqlalchemy import Engine, text

from consents.store import postgresql
from consents.store.cursors import Transaction
from consents.store.failures import LONG, PATIENCE, Spoilt, StoreUnavailable, Unknown, takes_no_writes, too_long
from consents.store.gates.gate import BUSY, LONGEST_WAIT, STANDING_KEYS, Gate, HeldKeys, cannot_commit
from consents.store.pipelined import Pipelined, StatementPipe
from consents.store.prefetching import Prefetch, Prefetched, PrefetchRead
from consents.store.statements import POSTGRESQL, Statement

# "izin" in ASCII: the advisory lock that numbers acts and events in commit order.
ADVISORY_LOCK = 0x697A696E
_READ_ONLY = "current_setting('transaction_read_only')"
_LOCK = f"SELECT {_READ_ONLY}, pg_advisory_xact_lock({ADVISORY_LOCK})"
# The same, and for how many seconds it was waited for: by the server's clock, for the answer comes with others.
_TIMED_LOCK = (
    f"SELECT {_READ_ONLY}, CASE WHEN pg_try_advisory_xact_lock({ADVISORY_LOCK}) THEN 0.0::float8 "
    f"WHEN pg_advisory_xact_lock({ADVISORY_LOCK})::text IS NOT NULL "
    "THEN extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 END"
)
# A lock of one number stands there as its two halves, and 1.
_AWAITED = Statement(
    text(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = 1 "
        f"AND classid = {ADVISORY_LOCK >> 32} AND objid = {ADVISORY_LOCK & 0xFFFFFFFF} "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
    )
)
# PostgreSQL has only a COMMIT that wrote wait for a standby. Who asks again for what stands on the primary alone, where
# that wait was cut off, changes nothing, and must not be answered as recorded: his COMMIT writes this, and waits.
_WAIT_TOO = Statement(
    text(
        "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL "
        "THEN pg_logical_emit_message(true, 'izin', 'waits for a standby') END"
    )
)
_LOCK_NOT_AVAILABLE = "55P03"  # lock_timeout has passed
# What nearly every work asks first, in one question: STANDING_KEYS, and beside each of them the same heads.
_HEADS = (
    "SELECT version, wrapped, (SELECT max(id) FROM act), (SELECT max(id) FROM consent_event), "
    "(SELECT recorded_at FROM act ORDER BY id DESC LIMIT 1), (SELECT max(id) FROM recipient) "
    "FROM registry_key WHERE purpose = 'address' ORDER BY version"
)
# Seconds for a statement that lays something ready. Not ``LONG``: a loading that ends waits for it, and so learns only
# after that from a server that hangs.
_LAYING = 60.0
# Seconds for the answers of one round trip of a loading: the lock and five statements, each of which the server ends.
_TOGETHER = LONGEST_WAIT + 5 * PATIENCE

T = TypeVar("T")


class PostgresqlGate(Gate):
    pipelines: Literal[True] = True

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int],
        keys: Callable[[], HeldKeys | None] = lambda: None,
        *,
        hurried: bool = True,
        bulk: bool = False,
        past: postgresql.Past | None = None,
    ) -> None:
        """``hurried``: no statement takes longer than a request may. ``bulk``: for many rows at a time. ``past``: of
        all gates of a program."""
        super().__init__(engine, clock, keys)
        self._hurried, self._bulk = hurried, bulk
        self._errors: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._pipe: StatementPipe | None = None
        self._patience: float | None = None  # seconds for a statement of who has the lock; None: without end
        self._warned = False  # by PostgreSQL, since the last COMMIT was sent
        self._past = past or postgresql.Past()

    def begin(self) -> Transaction:
        self.waited = 0.0
        connection = self._plainly()
        begun = connection.info.transaction_status.name != "IDLE"
        connection.patience = self._patience
        held = self._keys()
        first = _limits(postgresql.IDLE, self._patience) if begun else ["BEGIN"]
        asked = [*first, _LOCK, *([] if held is None else [STANDING_KEYS])]
        cursor = connection.execute("; ".join(asked), prepare=False)  # in one round trip
        self._check_writes(_at_rows(cursor))
        standing = []
        if held is not None:
            while cursor.nextset():
                pass
            standing = cursor.fetchall()
        return self._with_keys(Transaction(connection, POSTGRESQL, self._clock()), standing)

    def prepare(self, work: Callable[[Transaction], T]) -> T:
        """Runs what needs no lock, in the transaction that the next ``transaction`` or ``laid`` continues; what it
        reads may change before the lock. A statement may take ``_LAYING`` seconds, and ``failures.LONG`` may pass
        before those: more than ``postgresql.IDLE``, which bounds the holder of the lock."""
        with self._whole():
            connection = self._plainly()
            connection.patience = _LAYING
            asked = ["BEGIN", *_limits(LONG, _LAYING), f"SELECT {_READ_ONLY}"]
            self._check_writes(_at_rows(connection.execute("; ".join(asked), prepare=False)))
            return work(Transaction(connection, POSTGRESQL, self._clock()))

    def pipelined(self, prefetches: Iterable[Prefetch] = ()) -> AbstractContextManager[Pipelined]:
        """``transaction`` whose writes are not waited for before the COMMIT. ``prefetches``: the first reads of its
        works, sent in the round trip that takes the lock. Errors: Spoilt, the work at fault unknown, nothing stands."""
        return self._pipelined(prefetches, self._patience)

    @contextmanager
    def _pipelined(self, prefetches: Iterable[Prefetch], patience: float | None) -> Iterator[Pipelined]:
        """``patience``: seconds for the statements of a round trip together."""
        begun = False
        try:
            transaction = self._begin_pipelined(prefetches, patience)
            begun = True
            yield transaction
            self.commit(transaction)
        except BaseException as error:
            spoilt = begun and self._connection is not None and not self._connection.closed
            self.abandon()
            if isinstance(error, self._errors):
                raise (Spoilt if spoilt else StoreUnavailable)(self._words(error)) from error
            raise

    @contextmanager
    def laid(self, first: Prefetch) -> Iterator[Pipelined]:
        """Continues what ``prepare`` has staged, as ``pipelined``; ``first``: the first reads of its one work. Errors
        as of ``transaction``."""
        try:
            with self._pipelined([first], self._patience and _TOGETHER) as transaction:
                transaction.mark(first)
                yield transaction
        except Spoilt as spoilt:
            cause = spoilt.__cause__
            if isinstance(cause, Exception) and not self._is_lost(cause):
                raise cause from None
            raise StoreUnavailable(self._words(cause) if isinstance(cause, Exception) else str(spoilt)) from spoilt

    def awaited(self, transaction: Transaction) -> bool:
        return transaction.one(_AWAITED) is not None

    def close(self) -> None:
        if self._pipe is not None:
            with suppress(Exception):
                self._pipe.leave()
        if self._connection is not None:
            self._connection.close()
            self._connection = self._pipe = None

    def _set_up(self, connection: Any) -> None:
        connection.add_notice_handler(self._note)
        connection.autocommit = True  # BEGIN is sent with the first question, in one round trip
        postgresql.limit(connection, LONGEST_WAIT, hurried=self._hurried, bulk=self._bulk)
        self._patience = connection.patience
        self._past.check(connection)
        self._pipe = StatementPipe(connection)

    def _note(self, notice: Any) -> None:
        self._warned |= notice.severity_nonlocalized == "WARNING"

    def _plainly(self) -> Any:
        connection = self._connect()
        assert self._pipe is not None
        self._pipe.leave()
        return connection

    def _begin_pipelined(self, prefetches: Iterable[Prefetch], patience: float | None) -> Pipelined:
        self.waited = 0.0
        connection = self._connect()
        assert self._pipe is not None
        begun = connection.info.transaction_status.name == "INTRANS"  # by ``prepare``
        connection.patience = patience
        self._pipe.enter()
        for first in _limits(postgresql.IDLE, self._patience) if begun else ["BEGIN"]:
            connection.cursor().execute(first)
        lock = connection.cursor().execute(_TIMED_LOCK)
        if self._keys() is None:  # perhaps there are no tables yet
            self._pipe.sync()
            (self.waited,) = self._check_writes(lock)
            return self._pipelined_transaction({})
        heads = connection.cursor().execute(_HEADS)
        prefetched: Prefetched = {}
        for subject, reads in prefetches:
            if subject not in prefetched:  # only the first work about a subject: it may change what later ones read
                prefetched[subject] = [(read, self._sent(connection, read)) for read in reads]
        try:
            self._pipe.sync()
        except self._errors as error:
            if heads.pgresult is None:
                raise
            raise Spoilt("a work's first read failed") from error
        (self.waited,) = self._check_writes(lock)
        rows = heads.fetchall()
        transaction = self._with_keys(self._pipelined_transaction(prefetched), [row[:2] for row in rows])
        act, event, recorded_at, recipient = rows[0][2:]
        if (reencrypt := transaction.reencrypt) is not None and any(
            _may_be_another(subject, reencrypt) for subject in prefetched
        ):
            prefetched.clear()
        transaction.begin_at({"act": act or 0, "consent_event": event or 0, "recipient": recipient or 0})
        transaction.last_act = (act, recorded_at) if act else None
        return transaction

    def _check_writes(self, cursor: Any) -> list[Any]:
        """The rest of a row that begins with _READ_ONLY. The next transaction has another connection: a
        session keeps the default with which it began. Errors: StoreUnavailable where the server, such as a standby,
        takes no writes."""
        rest: list[Any]
        read_only, *rest = cursor.fetchone()
        if read_only == "on":
            self._drop()
            raise StoreUnavailable(
                "the server takes no writes: it is a standby, or default_transaction_read_only is on"
            )
        return rest

    @staticmethod
    def _sent(connection: Any, read: PrefetchRead) -> Any:
        return connection.cursor().execute(*read.statement.bound(POSTGRESQL, read.values))

    def _pipelined_transaction(self, prefetched: Prefetched) -> Pipelined:
        assert self._pipe is not None
        return Pipelined(self._connection, self._clock(), self._pipe, self._errors, prefetched)

    def _commit(self, transaction: Transaction) -> None:
        """If an administrator cancels a COMMIT's wait for a synchronous standby, it succeeds on the primary with a
        warning only: Unknown. A server stopped during the fsync may report success and then its end, or only its end,
        and the connection may stay open for a moment."""
        self._warned = False
        self._connection.patience = self._patience  # of ``laid`` it was longer
        try:
            if self._past.kept_twice:
                transaction.later(_WAIT_TOO)
            if not isinstance(transaction, Pipelined):
                self._connection.commit()
            elif not transaction.commit():
                raise Spoilt("a statement failed")
        except Exception as error:
            committed = isinstance(transaction, Pipelined) and transaction.committed
            if not committed and not self._connection.closed and not _is_an_end(error):
                raise
            self._drop()  # perhaps it only seems to be open
            if isinstance(transaction, Pipelined) and not transaction.ending:
                raise StoreUnavailable(self._words(error)) from error
            if not committed:
                raise Unknown("the database went away during the commit: the change may stand or not") from error
        if self._warned:
            raise Unknown("the database waited for its standby in vain: a standby that takes over may lack the change")
        self._past.note(transaction.last_act)

    def _roll_back(self) -> None:
        if self._pipe is not None:
            with suppress(Exception):  # of what was sent: it is known already
                self._pipe.leave()
        if self._connection is not None:
            self._connection.patience = self._patience
            self._connection.rollback()

    def _drop(self) -> None:
        connection, self._connection, self._pipe = self._connection, None, None
        with suppress(Exception):  # a dead connection sends nothing more
            connection.close()

    def _is_lost(self, error: Exception) -> bool:
        return super()._is_lost(error) or too_long(error) or takes_no_writes(error)

    @staticmethod
    def _words(error: Exception) -> str:
        return BUSY if getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE else cannot_commit(error)


def _is_an_end(error: Exception) -> bool:
    """Whether the connection broke, or the server reports that it ends (57P…), in place of an answer to a COMMIT."""
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, psycopg.errors.PipelineAborted):
        return False
    return error.sqlstate is None or error.sqlstate.startswith("57P")


def _may_be_another(subject: Hashable, reencrypt: Callable[[bytes], bytes]) -> bool:
    """Whether another subject may be the same person: this one is named by the form of an older key."""
    return not isinstance(subject, bytes) or reencrypt(subject) != subject


def _at_rows(cursor: Any) -> Any:
    """Of several statements in one round trip: at the first that returns rows."""
    while cursor.description is None:
        cursor.nextset()
    return cursor


def _limits(idle: float, statement: float | None) -> list[str]:
    """Seconds for the rest of this transaction: idle, and for a statement."""
    return [
        f"SET LOCAL idle_in_transaction_session_timeout = {round(idle * 1000)}",
        f"SET LOCAL statement_timeout = {round((statement or 0) * 1000)}",
    ]
