"""Acts that change no consent, so that the log covers what they bear witness to."""

from __future__ import annotations

from consents import history
from consents.history import Deed
from consents.store import Transaction
from consents.terms import Actor, Door


def note(transaction: Transaction, actor: Actor, evidence: tuple[bytes, bytes]) -> int:
    """An act without events and without a recipient, of the operator's desk; its number.

    Its leaf names the digest of ``evidence`` (sealed, digest): what that commits to can neither be changed nor taken
    out unseen.
    """
    return history.append(transaction, Deed(actor, Door.DESK, evidence=evidence), [])
