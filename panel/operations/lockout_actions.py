"""Opens sign-in again for an address, on a page or by ``izin reopen``, noted in the log of acts."""

from __future__ import annotations

from collections.abc import Callable

from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAct

Reopen = Callable[[Transaction, Keyring, str], bool]


def reopen(
    transaction: Transaction, keyring: Keyring, person: int | None, rule: Reopen, address: str, why: str = ""
) -> bool:
    """False where it was not closed; then nothing is noted. ``address``: canonical; ``person``: None for a command."""
    if not rule(transaction, keyring, address):
        return False
    audit_log.record(transaction, keyring, NewAct("sign-in-reopened", person, why=why, address=address))
    return True
