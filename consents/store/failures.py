"""What a store may fail with."""

from __future__ import annotations

# What PostgreSQL says for its own sake, though psycopg counts it among a program's faults.
_TAKES_NO_WRITES = "25006"
_TOO_LONG = ("25P03", "25P04")  # idle_in_transaction_session_timeout, transaction_timeout: the connection is closed


class StoreUnavailable(RuntimeError):
    """The store cannot commit now: nothing may be acknowledged (503), the change may not have been recorded.

    Where the COMMIT itself went wrong it may stand all the same (Unknown); repeating it is harmless (rule L6).
    """


class Unknown(StoreUnavailable):
    """The COMMIT was sent, and its answer has not come or is that the disk failed: the change stands or does not, and
    nobody can tell which."""


class ActsMissing(StoreUnavailable):
    """The database lacks an act that was recorded through this program: a standby that never received it took over."""


class Spoilt(RuntimeError):
    """A transaction of several works is undone: the database turned a statement away, or a work failed.

    ``fault``: what that work raised; None where the database is meant.
    """

    def __init__(self, words: str, fault: BaseException | None = None) -> None:
        super().__init__(words)
        self.fault = fault


def too_long(error: BaseException) -> bool:
    """Whether PostgreSQL has ended a transaction that was silent, or under way, for too long."""
    return getattr(error, "sqlstate", None) in _TOO_LONG


def takes_no_writes(error: BaseException) -> bool:
    """Whether PostgreSQL has turned a statement away because it writes; of one that may only read it is no excuse."""
    return getattr(error, "sqlstate", None) == _TAKES_NO_WRITES


def sqlite_name(error: BaseException | None) -> str | None:
    """What SQLite calls an error (SQLITE_FULL …), also where SQLAlchemy has wrapped it; None for any other."""
    name = getattr(getattr(error, "orig", error), "sqlite_errorname", None)
    return name if isinstance(name, str) else None
