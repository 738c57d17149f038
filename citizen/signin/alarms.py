"""What ``/metrics`` tells of sign-in: figures over all addresses, none of a person."""

from __future__ import annotations

from collections.abc import Mapping

from citizen.signin.limits import guessing, pumping
from consents.keys import Keyring
from consents.store import Snapshot
from settings import Settings


def gauges(snapshot: Snapshot, keyring: Keyring, settings: Settings, now: int) -> Mapping[str, float]:
    """Blocks of numbers closed for codes at ``now`` (µs), wrong codes in the hour before, 1 where they are an alarm."""
    wrong = guessing.lately(snapshot, keyring, now)
    return {
        "izin_sign_in_blocks_closed": pumping.closed(snapshot, keyring, now),
        "izin_sign_in_wrong_codes": wrong,
        "izin_sign_in_guessing": guessing.alarm(settings, wrong),
    }
