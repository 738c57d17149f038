"""One write transaction at a time, over all threads and processes of a registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from consents.store.cursors import Transaction
from consents.store.failures import StoreUnavailable
from consents.store.statements import Statement

LONGEST_WAIT = 3.5  # seconds for the lock; with the statements behind it within what a request may take
# All rotated keys have a new version in the same moment. Two rows while a rotation is at work, else one.
STANDING_KEYS = "SELECT version, wrapped FROM registry_key WHERE purpose = 'address' ORDER BY version"
KEY_ROWS = Statement(text("SELECT purpose, version, wrapped FROM registry_key"))
BUSY = (
    "another program keeps the database's write lock: wait for it, or end what hangs (a stopped izin import, "
    "an open database tool), then try again"
)

_Begun = TypeVar("_Begun", bound=Transaction)


class HeldKeys(Protocol):
    """The registry's keys as a program holds them (``consents.keys.Keyring``)."""

    version: int  # the newest one, by which it seals
    several: bool  # whether it holds older ones too

    def learn(self, rows: list[tuple[str, int, bytes]]) -> None:
        """Loads what KEY_ROWS has found. Errors: RuntimeError, with words for the operator."""

    def knows(self, standing: Iterable[tuple[int, bytes]]) -> bool:
        """Whether it has the keys that STANDING_KEYS has found."""

    def stands(self, oldest: int, newest: int) -> None:
        """Sets which versions rows are under."""

    def holds(self, oldest: int, newest: int) -> bool:
        """Whether it has these versions."""

    def current(self, data: bytes) -> bytes:
        """Re-encrypts with the newest key what an older one encrypted; all else unchanged."""


class Gate(ABC):
    """Opens write transactions on a connection of its own; not thread-safe. One kind for each database:
    ``sqlite_gate``, ``postgresql_gate``."""

    pipelines: bool
    """Whether it is a ``PostgresqlGate``, which has ``prepare``, ``pipelined`` and ``awaited``."""
    waited = 0.0
    """Seconds that the last transaction of ``pipelined`` or ``laid`` waited because somebody else had the lock."""

    def __init__(self, engine: Engine, clock: Callable[[], int], keys: Callable[[], HeldKeys | None]) -> None:
        """``keys``: the registry's keys that this program holds, None where it encrypts nothing."""
        self._engine, self._clock, self._keys = engine, clock, keys
        self._connection: Any = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """BEGIN … COMMIT. Leaves the block once the COMMIT is durable; any error rolls everything back. Errors:
        StoreUnavailable (no lock, full disk, no connection)."""
        with self._whole():
            transaction = self.begin()
            yield transaction
            self.commit(transaction)

    @abstractmethod
    def begin(self) -> Transaction:
        """Waits for the write lock and takes it. After an error, also of the work: ``abandon``. Errors:
        StoreUnavailable after ``LONGEST_WAIT`` seconds (on SQLite), and where the registry has keys that this program
        cannot open."""

    def commit(self, transaction: Transaction) -> None:
        """Returns after the fsync. Errors: Unknown where connection or disk fails meanwhile."""
        self._commit(transaction)

    def abandon(self) -> None:
        """Rolls back; a connection that cannot is dropped, and the next transaction opens a new one."""
        try:
            self._roll_back()
        except Exception:
            self._drop()

    @abstractmethod
    def close(self) -> None:
        """Ends the connection."""

    def _connect(self) -> Any:
        if self._connection is None:
            pooled = self._engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @abstractmethod
    def _set_up(self, connection: Any) -> None:
        """Prepares a new connection for its first transaction; after an error it is closed."""

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.abandon()
            if isinstance(error, Exception) and (meant := self._meant(error)) is not None:
                raise meant from error
            if isinstance(error, Exception) and self._is_lost(error):
                raise StoreUnavailable(self._words(getattr(error, "orig", error))) from error
            raise

    @abstractmethod
    def _commit(self, transaction: Transaction) -> None:
        """What ``commit`` does on this database."""

    @abstractmethod
    def _roll_back(self) -> None:
        """What ``abandon`` does on this database."""

    @abstractmethod
    def _drop(self) -> None:
        """Forgets the connection."""

    def _meant(self, error: Exception) -> StoreUnavailable | None:
        """What a driver's error means beyond ``_is_lost``; None where that decides."""
        return None

    def _is_lost(self, error: Exception) -> bool:
        """Whether the driver reports that the database is unavailable, not that the work is at fault."""
        return isinstance(error, (OperationalError, self._engine.dialect.loaded_dbapi.OperationalError))

    @abstractmethod
    def _words(self, error: Exception) -> str:
        """What the driver reports, for the operator."""

    def _with_keys(self, transaction: _Begun, standing: Sequence[tuple[int, bytes]]) -> _Begun:
        """A transaction that encrypts with the newest key only, checked under the lock (``standing``: the result of
        STANDING_KEYS), so that after a rotation has made a new key nobody writes with the older one."""
        held = self._keys()
        if held is None:
            return transaction
        if not held.knows(standing):
            try:
                held.learn(transaction.all(KEY_ROWS))
            except RuntimeError as error:
                raise StoreUnavailable(str(error)) from error
        if not standing or standing[-1][0] != held.version:
            raise StoreUnavailable("the registry's keys are older than this program's: start it again")
        held.stands(standing[0][0], standing[-1][0])  # a standby that took over may have an older one again
        if held.several:
            transaction.reencrypt = held.current
        return transaction


def cannot_commit(error: Exception) -> str:
    return f"the database cannot commit now: {str(error).partition(chr(10))[0]}"
