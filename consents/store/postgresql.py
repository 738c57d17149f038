"""Connections to PostgreSQL with a limit on every wait, for a server that hangs or a network that drops packets. After
the limit the connection is closed, because a late answer would be taken for that of another question."""

from __future__ import annotations

import logging
import selectors
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy.exc import InvalidatePoolError

from consents.store.failures import PATIENCE, ActsMissing

# libpq's parameters unless DATABASE_URL sets others. Seconds, but for the last: milliseconds.
REACHING = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
# Seconds after which PostgreSQL ends a transaction whose program is silent: its connection may be cut without
# the server knowing, and until then it would keep the lock from all others.
IDLE = 10.0
# Seconds after which PostgreSQL looks whether the program of a running statement is still there: that of one that was
# killed would else be run to its end, and with it the lock be kept.
_LOOK = 1.0
# Settings of PostgreSQL's planner: compiling such statements takes longer than running them.
_PLANNING = {"jit": "off"}
# And for bulk work, whose lists are long and whose tables grow meanwhile: a plan that was kept from when a table was
# young reads the whole of it for each row.
_PLANNING_BULK = {"plan_cache_mode": "force_custom_plan"}
_RECORDED_AT = "SELECT recorded_at FROM act WHERE id = %s"
_AWAITS = "SELECT current_setting('synchronous_standby_names') <> ''"
_MISSING = (
    "a standby that lacks it was promoted. Stop that server and promote the one that has it; only where none has, "
    "start this program again (docs/postgresql.md)"
)

log = logging.getLogger(__name__)


# Asks the system once, where epoll is made, set, polled and closed; each read of a page asks.
_Selector = getattr(selectors, "PollSelector", selectors.DefaultSelector)


class Silent(psycopg.OperationalError):
    """The database has not answered in time; whether it did the work is unknown."""


class Connection(psycopg.Connection[Any]):
    """Every wait ends after ``patience`` seconds (None: never)."""

    patience: float | None = PATIENCE

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Runs a piece of the protocol. Errors: Silent after too long; the connection is closed then."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            raise Silent("the database does not answer") from None


def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> Connection:
    """SQLAlchemy's hook to make a connection (event ``do_connect``)."""
    return Connection.connect(*arguments, **named)


def hurry(connection: Connection, _record: object) -> None:
    """Has the server cancel what takes longer than a request may (event ``connect``), because a statement that waits
    for a table outlives its connection."""
    connection.execute(f"SET statement_timeout = {round(PATIENCE * 1000)}")
    connection.commit()


def limit(connection: Connection, longest_wait: float, *, hurried: bool, bulk: bool) -> None:
    """Sets up a write connection: how long it waits for locks (seconds), how statements are planned. ``hurried``: no
    statement takes longer than ``patience``. ``bulk``: for many rows at a time."""
    limits = {"lock_timeout": longest_wait, "idle_in_transaction_session_timeout": IDLE}
    if hurried and connection.patience is not None:
        limits["statement_timeout"] = connection.patience
    else:
        connection.patience = None
    for name, seconds in limits.items():
        connection.execute(f"SET {name} = {round(seconds * 1000)}")
    for name, value in (_PLANNING | _PLANNING_BULK if bulk else _PLANNING).items():
        connection.execute(f"SET {name} = {value}")
    with suppress(psycopg.Error):  # a server on a system without this check
        connection.execute(f"SET client_connection_check_interval = {round(_LOOK * 1000)}")


def check(connection: Connection, _record: object, _proxy: object) -> None:
    """Has the pool replace connections that the server closed (event ``checkout``), without a round trip: the close is
    already in the socket."""
    with _Selector() as selector:
        try:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            gone = bool(selector.select(0))
        except psycopg.OperationalError:  # closed on this side
            gone = True
    if gone:
        raise InvalidatePoolError


class Past:
    """The newest act that this program wrote, which the next server must have: a promoted standby may lack it. For all
    write connections of the program; thread-safe."""

    def __init__(self) -> None:
        self._newest: tuple[int, int | float] | None = None  # an act, and when it was recorded
        self.kept_twice = False
        """Whether a COMMIT waits for a standby, or once did, as far as this program saw."""
        self._reported = False

    def note(self, newest: tuple[int, int | float] | None) -> None:
        """After a COMMIT: the act known to be the last; None where none is known."""
        if newest is not None and (self._newest is None or newest > self._newest):
            self._newest = newest

    def check(self, connection: Connection) -> None:
        """For a new connection. Errors: ActsMissing where what was on two disks is not here. Without a synchronous
        standby the loss is permanent, and only logged."""
        if (newest := self._newest) is not None:
            act, recorded_at = newest
            if connection.execute(_RECORDED_AT, (act,)).fetchone() != (recorded_at,):
                if not self._reported:
                    log.error("acts_missing", extra={"act": act, "mend": _MISSING})
                self._reported = self.kept_twice
                if self.kept_twice:
                    raise ActsMissing(f"act {act}, which was recorded here, is not in the database: {_MISSING}")
                self._newest = None
            self._reported = False
        self.kept_twice |= connection.execute(_AWAITS).fetchone() == (True,)
