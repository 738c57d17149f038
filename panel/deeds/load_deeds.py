"""The lines in the log of acts about files that are loaded by command; those of the panel have lines of their own.

``upload``: the number of the load (its ``batch``), beside which table ``upload`` keeps the SHA-256 of the file.
"""

from __future__ import annotations

from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct


def started(transaction: Transaction, keyring: Keyring, brand: KnownBrand, upload: int, initial: bool) -> None:
    """Noted with the beginning of a load, so that one that is cut off has its line. ``initial``: as a take-over."""
    after = f"batch {upload} initial" if initial else f"batch {upload}"
    deed = NewAct("import-started", None, brand.provider, brand.id, f"brand {brand.code}", after=after)
    panel_acts.record(transaction, keyring, deed)
