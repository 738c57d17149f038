"""The line in the log of acts about somebody who is erased by command."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct


def erased(transaction: Transaction, keyring: Keyring) -> None:
    """That an address was erased, and never which: not even as a mark, by which who knows the address would find it."""
    panel_acts.record(transaction, keyring, NewAct("address-erased"))
