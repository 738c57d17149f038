"""Unlocks an address's sign-in, by page or ``izin reopen``, with an audit entry."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from trust.codes import codes


def reopen(transaction: Transaction, keyring: Keyring, person: int | None, address: str, why: str = "") -> bool:
    """False, without an entry, where it was open. ``address``: canonical; ``person``: None for a command."""
    if not codes.reopen(transaction, keyring, address):
        return False
    audit_log.record(transaction, keyring, NewAction("sign-in-reopened", person, why=why, address=address))
    return True
