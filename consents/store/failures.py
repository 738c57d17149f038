"""What a store may fail with, and how long PostgreSQL may take: an event loop waits less than five seconds in all, then
it is 503."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# PostgreSQL's own conditions, though psycopg counts it among a program's faults.
_TAKES_NO_WRITES = "25006"
_TOO_LONG = ("25P03", "25P04")  # idle_in_transaction_session_timeout, transaction_timeout: the connection is closed
PATIENCE = 4.0  # seconds for one statement of a request: less than what that may take in all
LONG = 600.0  # seconds for a statement that goes through rows by the million: reports, ``izin verify``
DEADLINE = 4.5  # seconds
AGAIN = 0.2  # seconds, for who has just waited in vain: the same request asks for more than one thing
SHORTLY = 1.0

_in_vain: ContextVar[float] = ContextVar("in_vain", default=float("-inf"))  # until when, monotonic seconds


class StoreUnavailable(RuntimeError):
    """The store cannot commit now: nothing may be acknowledged (503). After a failed COMMIT the change may stand all
    the same (Unknown); repeating it is harmless (rule L6)."""


class Unknown(StoreUnavailable):
    """The COMMIT was sent and its answer is missing, or is a disk failure: the change may stand or not."""


class ActsMissing(StoreUnavailable):
    """The database lacks an act of this program: a standby that never received it took over."""


class Spoilt(RuntimeError):
    """A transaction of several works is undone: the database refused a statement, or a work failed. ``fault``: that
    work's error; None for the database's."""

    def __init__(self, words: str, fault: BaseException | None = None) -> None:
        super().__init__(words)
        self.fault = fault


def too_long(error: BaseException) -> bool:
    """Whether PostgreSQL ended a transaction that was idle, or under way, for too long."""
    return getattr(error, "sqlstate", None) in _TOO_LONG


def takes_no_writes(error: BaseException) -> bool:
    return getattr(error, "sqlstate", None) == _TAKES_NO_WRITES


def sqlite_name(error: BaseException | None) -> str | None:
    """SQLite's name of an error (SQLITE_FULL …), also within SQLAlchemy's; None for any other."""
    name = getattr(getattr(error, "orig", error), "sqlite_errorname", None)
    return name if isinstance(name, str) else None


@contextmanager
def kept() -> Iterator[float]:
    """The seconds that this call may take; waiting counts against the next calls of the same request."""
    begun = time.monotonic()
    try:
        yield AGAIN if begun < _in_vain.get() else DEADLINE
    except StoreUnavailable:
        now = time.monotonic()
        if now - begun > SHORTLY:
            _in_vain.set(now + SHORTLY)
        raise
