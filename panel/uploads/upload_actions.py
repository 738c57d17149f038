"""The lines in the log of acts about files that are loaded or taken back by command; what is done to files in the panel
has lines of its own.

``upload``: the number of the load (its ``batch``), beside which table ``upload`` keeps the SHA-256 of the file.
"""

from __future__ import annotations

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.queries import loads
from consents.store import Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAct


def started(transaction: Transaction, keyring: Keyring, brand: KnownBrand, upload: int, initial: bool) -> None:
    """Noted with the beginning of a load, so that one that is cut off has its line. ``initial``: as a take-over."""
    after = f"batch {upload} initial" if initial else f"batch {upload}"
    _note(transaction, keyring, "import-started", brand, after)


def taken_back(transaction: Transaction, keyring: Keyring, upload: int) -> None:
    """Noted with the first part that is taken back, so that a taking back that is cut off has its line."""
    brand = provider_list.brand(transaction, loads.brand(transaction, upload))
    _note(transaction, keyring, "import-taken-back", brand, f"batch {upload}")


def _note(transaction: Transaction, keyring: Keyring, what: str, brand: KnownBrand, after: str) -> None:
    deed = NewAct(what, None, brand.provider, brand.id, f"brand {brand.code}", after=after)
    audit_log.record(transaction, keyring, deed)
