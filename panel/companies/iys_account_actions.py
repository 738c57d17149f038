"""The lines in the log of acts about the sync with İYS: what the room of İYS does, noted in the same transaction.

``person``: who does it, by number, None for a command; ``provider``: internal id.
"""

from __future__ import annotations

from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAct

ERRANDS = {"test": "iys-tried", "compare": "iys-compared", "round": "iys-round-asked"}


def set_up(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, username: str
) -> None:
    """A provider was given its user at İYS, or another user or password, which is not noted."""
    deed = NewAct("iys-set-up", person, provider, object=f"iys {iys_code}", after=username)
    audit_log.record(transaction, keyring, deed)


def removed(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, why: str
) -> None:
    """Logs that a provider's account at İYS was removed."""
    audit_log.record(transaction, keyring, NewAct("iys-removed", person, provider, object=f"iys {iys_code}", why=why))


def vouched(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, why: str
) -> None:
    """Logs that the operator confirmed the provider's number at İYS."""
    audit_log.record(transaction, keyring, NewAct("iys-vouched", person, provider, object=f"iys {iys_code}", why=why))


def started(transaction: Transaction, keyring: Keyring, person: int | None, provider: int) -> None:
    """The sync of a provider was let begin."""
    audit_log.record(transaction, keyring, NewAct("iys-started", person, provider))


def asked(transaction: Transaction, keyring: Keyring, person: int | None, provider: int, errand: str) -> None:
    """İYS shall be spoken with for a provider. ``errand``: a key of ``ERRANDS``."""
    audit_log.record(transaction, keyring, NewAct(ERRANDS[errand], person, provider))


def dealer_numbered(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: KnownBrand,
    dealer: int,
    before: str,
    after: str,
) -> None:
    """İYS's number of a dealer (retailerCode here) was named by hand, forgotten ("-"), or is another dealer's now."""
    words = f"dealer {dealer}", before, after
    deed = NewAct("iys-dealer-numbered", person, brand.provider, brand.id, *words)
    audit_log.record(transaction, keyring, deed)


def push_asked(transaction: Transaction, keyring: Keyring, person: int | None, brand: KnownBrand, url: str) -> None:
    """İYS was asked to push citizens' changes of a brand to an address of this site."""
    deed = NewAct("iys-push-asked", person, brand.provider, brand.id, f"brand {brand.code}", after=url)
    audit_log.record(transaction, keyring, deed)
