"""Unlocks an address's sign-in, by page or ``izin reopen``, with an audit entry."""

from __future__ import annotations

from collections.abc import Callable

from consents.keys import Keyring
from consents.store import Transaction
from panel.audit.change import Change

Reopen = Callable[[Transaction, Keyring, str], bool]


def reopen(change: Change, rule: Reopen, address: str, why: str = "") -> bool:
    """False, without an entry, where it was open. ``address``: canonical."""
    if not rule(change.transaction, change.keyring, address):
        return False
    change.note("sign-in-reopened", why=why, address=address)
    return True
