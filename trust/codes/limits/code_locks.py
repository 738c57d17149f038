"""Which browser may neither try a code nor ask for one: its own wrong codes alone decide."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Snapshot
from settings import Settings
from trust import limits
from trust.codes.limits import code_limits, guessing
from trust.codes.pending import Pending


def lock(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when this browser is locked out of the address by its own wrong codes, µs; 0 when it is not.

    The lock of the address itself is shown to nobody: it would say what others have done.
    """
    until = row.ends_at(settings) if _no_try_left(snapshot, keyring, settings, row, now) else 0
    until = max(until, closed_here(snapshot, keyring, settings, row, now))
    return until if until > now else 0


def locked(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    """True when this browser may neither try nor ask."""
    if _no_try_left(snapshot, keyring, settings, row, now):
        return True
    return closed_here(snapshot, keyring, settings, row, now) > now


def closed_here(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when this browser has had too many wrong codes in a day, µs; looked up only where it may have."""
    if row.wrong < settings.wrong_per_day:
        return 0
    return limits.opens_at(snapshot, code_limits.of_browser(keyring, settings, row.holder, row.address), now)


def _no_try_left(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    """True when every try on this code was spent. How many there are is looked up only where one was."""
    if not row.tries:
        return False
    return row.locked(settings, now, guessing.tries(settings, guessing.lately(snapshot, keyring, now)))
