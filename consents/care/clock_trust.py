"""Decides whether this machine's clock may close a day, which stays closed. The clock must agree within an hour with
the last act plus the monotonic time since, or with another machine's clock; or have run steadily for an hour."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from consents import history
from consents.instants import HOUR, MINUTE, SECOND, micros
from consents.store import Store

TOLERATED = 2.0  # seconds by which clock and watch may part from one look to the next: what time servers put right
STEADY = 3600.0  # seconds for which an unconfirmed clock must have run steadily


def watch() -> float:
    """Monotonic seconds, which include time that the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class OtherClock(NamedTuple):
    """Another machine's clock, µs, and the monotonic time of that reading."""

    at: int
    watched: float


class _OtherClocks:
    newest: OtherClock | None = None


_others = _OtherClocks()


def heard(date: str | None) -> None:
    """Records the Date of an answer over TLS (RFC 9110, 6.6.1)."""
    with suppress(ValueError, TypeError):
        if date is not None:
            _others.newest = OtherClock(micros(parsedate_to_datetime(date)), watch())


class ClockTrust:
    """Of one store: compares its clock with the watch since it was opened."""

    def __init__(self, now: Callable[[], int], last_act: int | None) -> None:
        """``last_act``: when the last act before was recorded, µs."""
        self._now = now
        self._watch: Callable[[], float] = getattr(now, "watch", watch)
        moment, watched = now(), self._watch()
        self._proved = OtherClock(moment if last_act is None else last_act, watched)
        self._apart = moment - watched * SECOND
        self._steady_since = watched
        self.jumped = 0.0
        """Seconds by which the clock has left the watch since it was last believed; less than 0: it was set back."""

    def hear(self, at: int) -> None:
        """``at``: what another machine's clock shows now, µs."""
        self._heard = OtherClock(at, self._watch())

    _heard: OtherClock | None = None

    def look(self) -> None:
        watched = self._watch()
        apart = self._now() - watched * SECOND
        step = (apart - self._apart) / SECOND
        self._apart = apart
        if abs(step) > TOLERATED:
            self.jumped += step
            self._steady_since = watched

    def may_end_days(self) -> bool:
        self.look()
        others = self._other()
        if others is not None:
            believed = self._ahead_of(others) <= MINUTE
        elif self.jumped > TOLERATED or self._ahead_of(self._proved) > HOUR:
            believed = self._watch() - self._steady_since >= STEADY
        else:
            believed = True
        if believed:
            self._proved, self.jumped = OtherClock(self._now(), self._watch()), 0.0
        return believed

    def fault(self) -> str | None:
        """The clock's fault for the operator: which of two clocks is wrong, as far as can be known."""
        self.look()
        others = self._other()
        if others is not None and (ahead := self._ahead_of(others)) > MINUTE:
            return (
                f"this machine's clock is {ahead / SECOND:.0f} seconds ahead of another machine's: set it; no day is "
                "closed until then"
            )
        if others is None and self.jumped > TOLERATED:
            return (
                f"this machine's clock has jumped {self.jumped:.0f} seconds ahead: no day is closed until another "
                "machine's clock agrees or it has run steadily for an hour; look whether it is right"
            )
        return None

    def _other(self) -> OtherClock | None:
        known = [self._heard, _others.newest if self._watch is watch else None]
        fresh = [one for one in known if one is not None and one.watched >= self._steady_since]
        return max(fresh, key=lambda one: one.watched, default=None)

    def _ahead_of(self, other: OtherClock) -> float:
        return self._now() - other.at - (self._watch() - other.watched) * SECOND


def get(store: Store) -> ClockTrust:
    """The ClockTrust of a store; call it before anything is recorded."""
    return store.own(ClockTrust, lambda: ClockTrust(store.now, store.read_now(history.recorded_until)))
