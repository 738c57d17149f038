"""Audit entries of files loaded or undone by command; the panel's have their own. ``upload``: the load's number (its
``batch``); table ``upload`` has the file's SHA-256."""

from __future__ import annotations

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.queries import loads
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction


def started(transaction: Transaction, keyring: Keyring, brand: KnownBrand, upload: int, initial: bool) -> None:
    """Logged when a load begins, so that an interrupted one has its entry. ``initial``: of old records."""
    after = f"batch {upload} initial" if initial else f"batch {upload}"
    _note(transaction, keyring, "import-started", brand, after)


def taken_back(transaction: Transaction, keyring: Keyring, upload: int) -> None:
    """Logged with the first undone part, so that an interrupted undo has its entry."""
    brand = provider_list.brand(transaction, loads.brand(transaction, upload))
    _note(transaction, keyring, "import-taken-back", brand, f"batch {upload}")


def _note(transaction: Transaction, keyring: Keyring, what: str, brand: KnownBrand, after: str) -> None:
    action = NewAction(what, None, brand.provider, brand.id, f"brand {brand.code}", after=after)
    audit_log.record(transaction, keyring, action)
