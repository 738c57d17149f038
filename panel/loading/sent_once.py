"""A form that is sent twice, by a double click or a reloaded page, is taken once: each page of it has a mark.

The mark is what ``Idempotency-Key`` is to a program, and is kept in the same table.
"""

from __future__ import annotations

from hashlib import sha256

from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from panel.rights import Member
from providers.api import idempotency
from providers.api.answers import Answer, Refusal
from providers.api.idempotency import RequestKey


class SentOtherwise(Exception):
    """The form of this mark was sent before, with something else in it."""


def key(member: Member, mark: str, content: bytes) -> RequestKey | None:
    """What was sent with a mark, as it is kept; None of a form without one."""
    if not mark:
        return None
    name = f"panel {member.person.id} {member.at.id} {mark}"
    return RequestKey(sha256(name.encode()).digest(), sha256(content).digest())


def number_of(snapshot: Snapshot, keyring: Keyring, once: RequestKey | None) -> int | None:
    """The number of the file that the same form brought before. Errors: SentOtherwise."""
    if once is None:
        return None
    try:
        answer = idempotency.told_before(snapshot, keyring, once)
    except Refusal:
        raise SentOtherwise from None
    return None if answer is None else int(answer.content["upload"])


def keep(transaction: Transaction, keyring: Keyring, once: RequestKey | None, number: int) -> None:
    """Keeps which file a form has brought."""
    if once is not None:
        idempotency.keep(transaction, keyring, once, Answer(303, {"upload": number}))
