"""The author and reason of a change to a company, as the registry stores them."""

from __future__ import annotations

from consents.brands.company_changes import Why
from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction


def by(keyring: Keyring, person: int | None, why: str) -> Why:
    reason = " ".join(why.split())
    return Why(keyring, reason) if person is None else Why(keyring, reason, f"person {person}")


def erased(transaction: Transaction, keyring: Keyring) -> None:
    """Logs an erasure without the address or its mark, which a person with the address could find."""
    audit_log.record(transaction, keyring, NewAction("address-erased"))
