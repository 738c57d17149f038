"""Acts that change no consent, so that the log covers what they record."""

from __future__ import annotations

from consents import history
from consents.history import Deed
from consents.store import Transaction
from consents.terms import Actor, Door


def note(transaction: Transaction, actor: Actor, evidence: tuple[bytes, bytes]) -> int:
    """An operator's act without events and recipient; its number. Its leaf names the digest of ``evidence`` (sealed,
    digest)."""
    return history.append(transaction, Deed(actor, Door.DESK, evidence=evidence), [])
