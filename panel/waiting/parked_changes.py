"""What an operator does with a parked message, on a page or by ``izin outbox``, noted in the log of acts."""

from __future__ import annotations

from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.store import Transaction
from gateways.outbox import parked
from gateways.outbox.parked import ParkedMessage
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct

LONGEST = 200  # characters of a reason


def retry(transaction: Transaction, keyring: Keyring, person: int | None, found: ParkedMessage) -> bool:
    """Has it tried again; False where it cannot be: sent meanwhile, forgotten, or a code."""
    if not parked.retry(transaction, found.id):
        return False
    deed = NewAct("message-retried", person, object=f"message {found.id}", before=found.error)
    panel_acts.record(transaction, keyring, deed)
    return True


def drop(transaction: Transaction, keyring: Keyring, person: int | None, found: ParkedMessage, why: str) -> bool:
    """Gives it up for good and forgets its text; False where it is parked no more. Errors: BadCompany of no reason."""
    why = "".join(filter(str.isprintable, why)).strip()[:LONGEST]
    if not why:
        raise BadCompany("give the reason: it stays in the log of acts")
    if not parked.drop(transaction, found.id):
        return False
    deed = NewAct("message-dropped", person, object=f"message {found.id}", before=found.error, why=why)
    panel_acts.record(transaction, keyring, deed)
    return True
