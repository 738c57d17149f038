"""Unlocks an address's sign-in, by page or ``izin reopen``, with an audit entry."""

from __future__ import annotations

from collections.abc import Callable

from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction

Reopen = Callable[[Transaction, Keyring, str], bool]


def reopen(
    transaction: Transaction, keyring: Keyring, person: int | None, rule: Reopen, address: str, why: str = ""
) -> bool:
    """False, without an entry, where it was open. ``address``: canonical; ``person``: None for a command."""
    if not rule(transaction, keyring, address):
        return False
    audit_log.record(transaction, keyring, NewAction("sign-in-reopened", person, why=why, address=address))
    return True
