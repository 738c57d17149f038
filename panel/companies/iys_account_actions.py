"""Audit entries of the İYS sync, in the transaction of each change. ``person``: by number, None for a command;
``provider``: internal id."""

from __future__ import annotations

from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction

ERRANDS = {"test": "iys-tried", "compare": "iys-compared", "round": "iys-round-asked"}


def set_up(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, username: str
) -> None:
    """A provider got its user at İYS, or another user or password, which is not logged."""
    action = NewAction("iys-set-up", person, provider, object=f"iys {iys_code}", after=username)
    audit_log.record(transaction, keyring, action)


def removed(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, why: str
) -> None:
    audit_log.record(
        transaction, keyring, NewAction("iys-removed", person, provider, object=f"iys {iys_code}", why=why)
    )


def vouched(
    transaction: Transaction, keyring: Keyring, person: int | None, provider: int, iys_code: int, why: str
) -> None:
    audit_log.record(
        transaction, keyring, NewAction("iys-vouched", person, provider, object=f"iys {iys_code}", why=why)
    )


def started(transaction: Transaction, keyring: Keyring, person: int | None, provider: int) -> None:
    """A provider's sync was started."""
    audit_log.record(transaction, keyring, NewAction("iys-started", person, provider))


def asked(transaction: Transaction, keyring: Keyring, person: int | None, provider: int, errand: str) -> None:
    """A request to İYS for a provider. ``errand``: a key of ``ERRANDS``."""
    audit_log.record(transaction, keyring, NewAction(ERRANDS[errand], person, provider))


def dealer_numbered(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: KnownBrand,
    dealer: int,
    before: str,
    after: str,
) -> None:
    """İYS's number of a dealer (retailerCode here) was set by hand, removed ("-"), or moved from another dealer."""
    words = f"dealer {dealer}", before, after
    action = NewAction("iys-dealer-numbered", person, brand.provider, brand.id, *words)
    audit_log.record(transaction, keyring, action)


def push_asked(transaction: Transaction, keyring: Keyring, person: int | None, brand: KnownBrand, url: str) -> None:
    """İYS was asked to push a brand's changes to this site."""
    action = NewAction("iys-push-asked", person, brand.provider, brand.id, f"brand {brand.code}", after=url)
    audit_log.record(transaction, keyring, action)
