"""Why something is done to a company, and by whom, as the registry keeps it beside the change."""

from __future__ import annotations

from consents.brands.company_changes import Why
from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAct


def by(keyring: Keyring, person: int | None, why: str) -> Why:
    """The reason of a person (by number), or of a command (None)."""
    reason = " ".join(why.split())
    return Why(keyring, reason) if person is None else Why(keyring, reason, f"person {person}")


def erased(transaction: Transaction, keyring: Keyring) -> None:
    """That an address was erased, and never which: not even as a mark, by which who knows the address would find it."""
    audit_log.record(transaction, keyring, NewAct("address-erased"))
