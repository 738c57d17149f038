"""What a partner may do with a brand is taken, with the push connections that it made."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Transaction
from providers.callers import partners
from providers.push import push_connections


def revoke(transaction: Transaction, keyring: Keyring, partner: int, brand: int) -> int:
    """Takes the right, in force at the next call (integratorCode, brandCode); how many push connections ended with it.

    Errors: BadCompany.
    """
    revoked = partners.revoke(transaction, partner, brand)
    return push_connections.end_of_partner(transaction, keyring, revoked.brand, revoked.partner)
