"""What a store may fail with."""

from __future__ import annotations

# PostgreSQL's own conditions, though psycopg counts it among a program's faults.
_TAKES_NO_WRITES = "25006"
_TOO_LONG = ("25P03", "25P04")  # idle_in_transaction_session_timeout, transaction_timeout: the connection is closed


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
