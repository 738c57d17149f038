"""Locks of a browser, by its own wrong codes alone."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Snapshot
from settings import Settings
from trust import limits
from trust.codes.limits import code_limits, guessing
from trust.codes.pending import Pending


def lock(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when its own wrong codes lock this browser out of the address, µs; 0 for no lock. The address's lock is
    never shown: it depends on others."""
    until = row.ends_at(settings) if _no_try_left(snapshot, keyring, settings, row, now) else 0
    until = max(until, closed_here(snapshot, keyring, settings, row, now))
    return until if until > now else 0


def locked(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    if _no_try_left(snapshot, keyring, settings, row, now):
        return True
    return closed_here(snapshot, keyring, settings, row, now) > now


def closed_here(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when this browser has had too many wrong codes in a day, µs; queried only where possible."""
    if row.wrong < settings.wrong_per_day:
        return 0
    return limits.opens_at(snapshot, code_limits.of_browser(keyring, settings, row.holder, row.address), now)


def _no_try_left(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    """True when every try on this code was spent; the limit is queried only after a try."""
    if not row.tries:
        return False
    return row.locked(settings, now, guessing.tries(settings, guessing.lately(snapshot, keyring, now)))
