"""Ends a partner's rights, with one brand or all, and the push connections that it made."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Transaction
from providers.callers import partners
from providers.push import push_connections


def close(transaction: Transaction, keyring: Keyring, partner: int) -> int:
    """How many push connections ended; in force at the next call (integratorCode). Errors: BadCompany."""
    closed = partners.close(transaction, partner)
    brands = partners.grants(transaction, closed.id)
    return sum(push_connections.end_of_partner(transaction, keyring, brand, closed.id) for brand in brands)


def revoke(transaction: Transaction, keyring: Keyring, partner: int, brand: int) -> int:
    """How many push connections ended; in force at the next call (integratorCode, brandCode). Errors: BadCompany."""
    revoked = partners.revoke(transaction, partner, brand)
    return push_connections.end_of_partner(transaction, keyring, revoked.brand, revoked.partner)
