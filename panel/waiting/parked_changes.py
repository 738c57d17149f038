"""What an operator does with a parked message, by the rules of ``izin outbox``, noted in the log of acts."""

from __future__ import annotations

from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import parked
from gateways.outbox.parked import ParkedMessage
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.rights import Member


def retry(transaction: Transaction, registry: Registry, member: Member, found: ParkedMessage) -> bool:
    """Has it tried again; False where it cannot be: sent meanwhile, forgotten, or a code."""
    if not parked.retry(transaction, found.id):
        return False
    deed = NewAct("message-retried", member.person.id, object=f"message {found.id}", before=found.error)
    panel_acts.record(transaction, registry.keyring, deed)
    return True


def drop(transaction: Transaction, registry: Registry, member: Member, found: ParkedMessage, why: str) -> bool:
    """Gives it up for good and forgets its text; False where it is parked no more. Errors: BadCompany of no reason."""
    if not parked.drop(transaction, found.id, why):
        return False
    deed = NewAct("message-dropped", member.person.id, object=f"message {found.id}", before=found.error, why=why)
    panel_acts.record(transaction, registry.keyring, deed)
    return True
