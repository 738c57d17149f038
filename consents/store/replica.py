"""Reads on a standby, only where it holds what the reader needs: positions in PostgreSQL's log are compared, not
clocks, and the newest act, because an old primary that was not rewound has another history."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Engine, text

from consents.store.cursors import Snapshot, Transaction
from consents.store.failures import StoreUnavailable
from consents.store.statements import Statement

BEHIND = 10.0  # seconds by which what a program polls for may be behind (docs/decisions/0022)
EXACT = 0.0  # nothing that the primary had when it was asked may be missing
PATIENCE = 2.0  # seconds for a standby; with the primary behind it within what a request may take
_REST = 5.0  # seconds for which one that failed is not asked
_MARKS = 1.0  # seconds between two looks at the primary's position
_WAIT = 0.03  # seconds that a standby may take to come to a position of just now
_PAUSE = 0.002

# NULL of a server that is no standby: of an old primary, whose position has nothing to do with that of the new one.
_REPLAYED = Statement(
    text(
        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - CAST('0/0' AS pg_lsn) END, "
        "(SELECT min(version) FROM registry_key WHERE purpose = 'address'), "
        "(SELECT recorded_at FROM act WHERE id = :act)"
    )
)
_WRITTEN = Statement(
    text(
        "SELECT pg_current_wal_flush_lsn() - CAST('0/0' AS pg_lsn), (SELECT max(id) FROM act), "
        "(SELECT recorded_at FROM act ORDER BY id DESC LIMIT 1)"
    )
)

log = logging.getLogger(__name__)


class Behind(Exception):
    """The standby does not hold what the reader needs yet."""


class Mark(NamedTuple):
    """How far a primary's log was on its disk, and the newest act then, with when it was recorded."""

    position: int
    act: int | None
    recorded_at: float | None


class Replica:
    """A standby for reads; thread-safe. ``written``: asks the primary how far its log is."""

    def __init__(self, engine: Engine, written: Callable[[], Mark]) -> None:
        self.engine, self._written = engine, written
        self._lock = threading.Lock()
        self._marks: deque[tuple[float, Mark]] = deque()  # when the primary was asked, and how far it was
        self._rests_until = float("-inf")
        self.used = False
        """Whether the last read that might be behind was made there."""

    @property
    def resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def wanted(self, behind: float) -> Mark | None:
        """The required position for a reader that may be so many seconds behind; None while it rests."""
        now = time.monotonic()
        if self.resting:
            return None
        if behind <= EXACT:
            return self._written()
        with self._lock:
            while self._marks and self._marks[0][0] < now - behind:
                self._marks.popleft()
            if not self._marks or self._marks[-1][0] < now - _MARKS:
                self._marks.append((now, self._written()))
            return self._marks[0][1]

    def check(
        self, transaction: Transaction, wanted: Mark, behind: float, holds: Callable[[int, int], bool] | None = None
    ) -> None:
        """Errors: Behind before the position, or where rows are under a key that the reader lacks (``holds``);
        StoreUnavailable where it is no standby of this primary, or hangs. Call it before the snapshot is taken."""
        transaction.connection.patience = PATIENCE
        until = time.monotonic() + (_WAIT if behind <= EXACT else 0.0)
        while True:
            row = transaction.one(_REPLAYED, {"act": wanted.act})
            assert row is not None
            replayed, oldest, recorded_at = row
            if replayed is None:
                transaction.connection.close()  # of several hosts the next one may lead to another
                raise StoreUnavailable("it is no standby")
            if replayed >= wanted.position:
                break
            if time.monotonic() >= until:
                raise Behind
            time.sleep(_PAUSE)
        if recorded_at != wanted.recorded_at:
            transaction.connection.close()
            raise StoreUnavailable("it has another history: make it anew as a standby of this primary")
        if holds is not None and oldest is not None and not holds(oldest, oldest):
            raise Behind

    def rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST
        log.warning("replica_rests", extra={"error": type(error).__name__, "fault": str(error)})


def written(snapshot: Snapshot) -> Mark:
    """How far the primary's log is on its disk; all acknowledged changes come before that."""
    ((place, *rest),) = snapshot.all(_WRITTEN)
    return Mark(int(place), *rest)
