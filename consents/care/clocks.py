"""Compares this machine's clock with the database's and with the last act's date, because deadlines and day reports
depend on dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import text

from consents import history
from consents.instants import HOUR, SECOND
from consents.queries import reports
from consents.store import Snapshot, Statement, Store
from consents.store.statements import SQLITE

TOLERATED = 2.0  # seconds: what a busy machine takes to ask, and what time servers put right by themselves

HERE = (None, "", "localhost", "127.0.0.1", "::1")  # hosts whose clock is this machine's
_THEIRS = Statement(text("SELECT extract(epoch FROM clock_timestamp())"))


class Differences(NamedTuple):
    """Seconds. ``database``: by how much our clock is ahead of PostgreSQL's, None on SQLite; ``behind``: by how much
    the last act is dated after now; ``agrees``: acts of the hour before now exist, so another clock was ahead."""

    database: float | None
    behind: float
    agrees: bool = False

    def faults(self) -> list[str]:
        """A sentence for each difference that is too large, for the operator."""
        found = []
        if self.database is not None and abs(self.database) > TOLERATED:
            how = "ahead of" if self.database > 0 else "behind"
            found.append(f"this machine's clock is {abs(self.database):.0f} seconds {how} the database's: set both")
        if self.behind > TOLERATED and self.agrees:
            found.append(
                f"the last act was recorded by a clock that was {self.behind:.0f} seconds ahead; this machine's agrees "
                "with the acts before that one: leave it, new acts get the time of that one until it has come"
            )
        elif self.behind > TOLERATED:
            found.append(
                f"this machine's clock stands {self.behind:.0f} seconds before the last recorded act: it is behind, or "
                "another's was ahead; set it"
            )
        return found


def differences(snapshot: Snapshot, now: Callable[[], int]) -> Differences:
    recorded = history.recorded_until(snapshot)
    database = None
    if snapshot.dialect != SQLITE:
        theirs = snapshot.value(_THEIRS)
        database = None if theirs is None else now() / SECOND - float(theirs)
    behind = max(0.0, ((recorded or 0) - now()) / SECOND)
    return Differences(database, behind, behind > TOLERATED and _agrees(snapshot, now()))


def elsewhere(snapshot: Snapshot, store: Store) -> int | None:
    """What PostgreSQL's clock shows, µs, where it runs on another machine; else None."""
    if store.dialect == SQLITE or store.engine.url.host in HERE:
        return None
    theirs = snapshot.value(_THEIRS)
    return None if theirs is None else round(float(theirs) * SECOND)


def _agrees(snapshot: Snapshot, now: int) -> bool:
    before = reports.last_before(snapshot, now)
    return before is not None and before > now - HOUR
