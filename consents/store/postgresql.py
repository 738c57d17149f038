"""Connections to PostgreSQL that do not wait for ever: a server that hangs, or a network that swallows what is sent.

A server that dies closes its connections, and the kernel says so. One that hangs says nothing at all, nor does a
firewall that drops packets; only a clock of our own ends that wait. The connection is then given up, for what it
still brings would be taken for the answer to another question.
"""

from __future__ import annotations

import selectors
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy.exc import InvalidatePoolError

from consents.store.patience import PATIENCE

# What libpq is told unless DATABASE_URL says otherwise. Seconds, but for the last: milliseconds.
REACHING = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}


class Silent(psycopg.OperationalError):
    """The database has not answered in time; whether it has done what it was asked is not known."""


class Connection(psycopg.Connection[Any]):
    """A connection whose every wait ends after ``patience`` seconds (None: never)."""

    patience: float | None = PATIENCE

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Runs a piece of the protocol to its end. Silent where that takes too long; the connection is closed then."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            raise Silent("the database does not answer") from None


def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> Connection:
    """What SQLAlchemy calls to make a connection (event ``do_connect``)."""
    return Connection.connect(*arguments, **named)


def hurry(connection: Connection, _record: object) -> None:
    """Has the server give up what takes longer than a request may (event ``connect``): a statement that waits for a
    table is else left behind when its connection is."""
    connection.execute(f"SET statement_timeout = {round(PATIENCE * 1000)}")
    connection.commit()


def check(connection: Connection, _record: object, _proxy: object) -> None:
    """Has the pool open new connections where the server has closed this one meanwhile (event ``checkout``).

    A server that has gone away has said so, and nobody has read it yet. To ask it would be a round trip each time.
    """
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            gone = bool(selector.select(0))
        except psycopg.OperationalError:  # closed on this side
            gone = True
    if gone:
        raise InvalidatePoolError
