"""Table ``sms_question``: what a number was asked last. Its next message may be the answer, for ten minutes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import text

from consents import sweeping
from consents.columns import stored
from consents.instants import MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Channel
from web.marks import mark

LASTS = 10 * MINUTE
TRIES = 3
BRAND, ONAY = "brand", "onay"

_OPEN = Statement(
    text("SELECT asks, channels, brand, code, tries FROM sms_question WHERE sender = :sender AND expires_at > :now")
)
_ASK = Statement(
    text(
        "INSERT INTO sms_question (sender, asks, channels, brand, code, tries, expires_at) "
        "VALUES (:sender, :asks, :channels, :brand, :code, 0, :expires_at) "
        "ON CONFLICT (sender) DO UPDATE SET asks = excluded.asks, channels = excluded.channels, "
        "brand = excluded.brand, code = excluded.code, tries = 0, expires_at = excluded.expires_at"
    )
)
_TRY = Statement(text("UPDATE sms_question SET tries = tries + 1 WHERE sender = :sender AND tries < :most"))
_CLOSE = Statement(text("DELETE FROM sms_question WHERE sender = :sender"))
_SWEEP = sweeping.some("sms_question", "sender", "expires_at <= :now")


class Question(NamedTuple):
    """An open question. ``channels``: of the refusal whose brand is asked; ``brand``: of the consent (internal id)."""

    asks: str
    channels: tuple[int, ...]
    brand: int | None
    code: bytes | None
    tries: int


def open_(snapshot: Snapshot, keyring: Keyring, sender: str, now: int) -> Question | None:
    """The question that this number (canonical) may answer at ``now`` (µs)."""
    row = snapshot.one(_OPEN, {"sender": _who(keyring, sender), "now": stored(now)})
    if row is None:
        return None
    channels = tuple(channel.code for channel in Channel if row[1] >> channel.code & 1)
    return Question(row[0], channels, row[2], None if row[3] is None else bytes(row[3]), row[4])


def ask_brand(transaction: Transaction, keyring: Keyring, sender: str, channels: Iterable[int]) -> None:
    """Asks which brand the number refuses on these channels."""
    bits = sum(1 << channel for channel in channels)
    _ask(transaction, keyring, sender, asks=BRAND, channels=bits, brand=None, code=None)


def ask_onay(transaction: Transaction, keyring: Keyring, sender: str, brand: int) -> str:
    """Asks whether the number allows SMS of this brand; the four digits that say yes."""
    digits = f"{secrets.randbelow(10_000):04}"
    sealed = mark(keyring, "sms-onay", f"{sender} {brand} {digits}")
    _ask(transaction, keyring, sender, asks=ONAY, channels=1 << Channel.MESAJ.code, brand=brand, code=sealed)
    return digits


def answered(transaction: Transaction, keyring: Keyring, sender: str, question: Question, digits: str) -> bool:
    """Whether these are the digits of the question. Each try counts before the comparison; the right one closes it."""
    if transaction.run(_TRY, {"sender": _who(keyring, sender), "most": TRIES}) != 1 or question.code is None:
        return False
    right = hmac.compare_digest(question.code, mark(keyring, "sms-onay", f"{sender} {question.brand} {digits}"))
    if right:
        close(transaction, keyring, sender)
    return right


def close(transaction: Transaction, keyring: Keyring, sender: str) -> None:
    """The number has answered."""
    transaction.run(_CLOSE, {"sender": _who(keyring, sender)})


def sweep(transaction: Transaction) -> int:
    """Forgets some of the questions that nobody can answer any more; how many."""
    return transaction.run(_SWEEP, {"now": stored(transaction.now)})


def _ask(transaction: Transaction, keyring: Keyring, sender: str, **what: Any) -> None:
    values = {"sender": _who(keyring, sender), "expires_at": stored(transaction.now + LASTS)}
    transaction.run(_ASK, values | what)


def _who(keyring: Keyring, sender: str) -> bytes:
    return mark(keyring, "sms-question", sender)
