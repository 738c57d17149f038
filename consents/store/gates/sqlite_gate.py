"""The write lock of a SQLite file: BEGIN IMMEDIATE, in the order of asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from sqlalchemy import Engine

from consents.store.cursors import Transaction
from consents.store.failures import StoreUnavailable, Unknown, sqlite_name
from consents.store.file_health import FileHealth, unavailable
from consents.store.gates.gate import BUSY, LONGEST_WAIT, STANDING_KEYS, Gate, HeldKeys, cannot_commit
from consents.store.gates.turnstile import PAUSE, Turnstile
from consents.store.statements import SQLITE


class SqliteGate(Gate):
    pipelines: Literal[False] = False

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int],
        keys: Callable[[], HeldKeys | None] = lambda: None,
        health: FileHealth | None = None,
    ) -> None:
        """``health``: of the file, shared by all that this program opens it with."""
        super().__init__(engine, clock, keys)
        self._health = health or FileHealth(str(engine.url.database))
        self._turnstile = Turnstile(f"{engine.url.database}-turn")

    def begin(self) -> Transaction:
        connection = self._connect()
        if self._health.moved:
            self._health.save(connection)
        self._health.check()
        until = time.monotonic() + LONGEST_WAIT
        try:
            with self._turnstile.held(until):
                _take_lock(connection.cursor(), until)
        except TimeoutError as error:
            raise StoreUnavailable(BUSY) from error
        if self._new and not self._health.look():
            connection.rollback()
            self._health.save(connection)
            self._health.check()
        self._new = False
        return self._transaction(connection)

    def try_begin(self) -> Transaction | None:
        """``begin`` where nobody has or waits for the lock: at once, or None."""
        if self._health.kind is not None:
            return None
        connection = self._connect()
        if not self._turnstile.try_pass():
            return None
        try:
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:
            if _is_locked(error):
                return None
            raise
        if self._new and not self._health.look():  # what is to be done about it takes long
            connection.rollback()
            return None
        self._new = False
        return self._transaction(connection)

    def close(self) -> None:
        if self._connection is not None:
            self._health.save(self._connection)
            self._connection.close()
            self._connection = None
        self._turnstile.close()

    _new = True
    """Whether its connection has begun nothing yet: it may have opened another WAL than those before it."""

    def _set_up(self, connection: Any) -> None:
        self._new = True
        connection.execute("PRAGMA busy_timeout=0")

    def _transaction(self, connection: Any) -> Transaction:
        transaction = Transaction(connection, SQLITE, self._clock())
        if self._keys() is None:
            return transaction
        return self._with_keys(transaction, connection.execute(STANDING_KEYS).fetchall())

    def _commit(self, transaction: Transaction) -> None:
        """Unknown where an fsync failed, because the change may have reached the disk; SQLITE_FULL was not written to
        its end and never counts as a COMMIT."""
        try:
            transaction.connection.execute("COMMIT")
        except Exception as error:
            if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_IOERR"):
                raise
            raise Unknown("the disk failed during the commit: the change may stand after a restart") from error
        if not self._health.look():
            self._health.save(transaction.connection)
            raise Unknown(self._health.fault)

    def _roll_back(self) -> None:
        if self._connection is not None:
            self._connection.rollback()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(Exception):
            connection.close()

    def _meant(self, error: Exception) -> StoreUnavailable | None:
        return None if _is_locked(error) else self._health.explain(error)

    def _words(self, error: Exception) -> str:
        if _is_locked(error):
            return BUSY
        name = sqlite_name(error)
        return unavailable(name, self._health.path) if name else cannot_commit(error)


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


def _is_locked(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", str(error)) in ("SQLITE_BUSY", "database is locked")
