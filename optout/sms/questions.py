"""Table ``sms_question``: a number's last question, which its next message may answer for ten minutes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Container, Iterable
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import stored
from consents.instants import DAY, MINUTE
from consents.keys import Keyring
from consents.languages import LANGUAGES, SOURCE
from consents.store import PrefetchRead, Snapshot, Statement, Transaction
from consents.terms import Channel
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

LASTS = 10 * MINUTE
TRIES = 3
BRAND, ONAY, UNDO = "brand", "onay", "undo"
NEW = 0  # in column ``brand``: brands that come later may be meant; no brand has this number
DIGITS = 6
_LANGUAGE = 8  # in column ``channels``, above the bits of the channels: the place in LANGUAGES

_LAST = Statement(
    text("SELECT asks, channels, brand, act, code, tries, expires_at FROM sms_question WHERE sender = :sender")
)
_ASK = Statement(
    text(
        "INSERT INTO sms_question (sender, asks, channels, brand, act, code, tries, expires_at) "
        "VALUES (:sender, :asks, :channels, :brand, :act, :code, 0, :expires_at) "
        "ON CONFLICT (sender) DO UPDATE SET asks = excluded.asks, channels = excluded.channels, "
        "brand = excluded.brand, act = excluded.act, code = excluded.code, tries = 0, expires_at = excluded.expires_at"
    )
)
_TRY = Statement(text("UPDATE sms_question SET tries = tries + 1 WHERE sender = :sender AND tries < :most"))
_CLOSE = Statement(text("DELETE FROM sms_question WHERE sender = :sender"))


class Question(NamedTuple):
    """``channels``: of the refusal whose brand is asked; ``brand``: of the consent, or the one that may be meant
    (internal id, or NEW); ``act``: what would be undone, None: standing refusals that would end; of ONAY the company's
    request that is answered, None for a brand by itself; ``language``: of the question about a brand."""

    asks: str
    channels: tuple[int, ...]
    brand: int | None
    act: int | None
    code: bytes | None
    tries: int
    language: str = SOURCE


def asked(keyring: Keyring, sender: str) -> PrefetchRead:
    return PrefetchRead(_LAST, {"sender": _who(keyring, sender)})


def open_(snapshot: Snapshot, keyring: Keyring, sender: str, now: int) -> Question | None:
    """The question that this number (canonical) may answer at ``now`` (µs)."""
    if (row := snapshot.one(*asked(keyring, sender))) is None:
        return None
    asks, bits, brand, act, code, tries, expires_at = row
    if expires_at <= stored(now):
        return None
    channels = tuple(channel.code for channel in Channel if bits >> channel.code & 1)
    return Question(asks, channels, brand, act, code, tries, list(LANGUAGES)[bits >> _LANGUAGE])


def ask_brand(
    transaction: Transaction,
    keyring: Keyring,
    sender: str,
    channels: Iterable[int],
    language: str,
    *,
    meant: int | None = None,
) -> None:
    bits = sum(1 << channel for channel in channels) | list(LANGUAGES).index(language) << _LANGUAGE
    _ask(transaction, keyring, sender, asks=BRAND, channels=bits, brand=meant, act=None, code=None)


def ask_onay(transaction: Transaction, keyring: Keyring, sender: str, brand: int, known: Container[str]) -> str:
    """Asks to confirm a consent; six digits, none of the names ``known``."""
    return _ask_for_digits(transaction, keyring, sender, known, asks=ONAY, brand=brand, act=None)


def ask_answer(
    transaction: Transaction, keyring: Keyring, sender: str, brand: int, request: int, known: Container[str]
) -> str:
    """Asks to confirm the answer to a company's request; the digits."""
    return _ask_for_digits(transaction, keyring, sender, known, asks=ONAY, brand=brand, act=request)


def ask_undo(transaction: Transaction, keyring: Keyring, sender: str, act: int | None) -> str:
    """Asks to confirm the undo of this act, or the end of standing refusals (None); the digits."""
    return _ask_for_digits(transaction, keyring, sender, (), asks=UNDO, brand=None, act=act)


def _ask_for_digits(transaction: Transaction, keyring: Keyring, sender: str, known: Container[str], **what: Any) -> str:
    digits = _drawn()
    while digits in known:  # ONAY and a brand's number asks about that brand
        digits = _drawn()
    code = _code(keyring, sender, what["asks"], what["brand"], what["act"], digits)
    _ask(transaction, keyring, sender, channels=1 << Channel.MESAJ.code, code=code, **what)
    return digits


def _drawn() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _code(keyring: Keyring, sender: str, asks: str, brand: int | None, act: int | None, digits: str) -> bytes:
    """A keyed hash of the digits, bound to number, question and subject."""
    about = brand if act is None else act
    subject = f"request {about}" if asks == ONAY and act is not None else about
    return mark(keyring, f"sms-{asks}", f"{sender} {subject} {digits}")


def answered(transaction: Transaction, keyring: Keyring, sender: str, question: Question, digits: str) -> bool:
    """Whether these are the digits of the question, which they close. Each try counts before the comparison, for the
    question and for the number: TRIES wrong ones a day, because a sender can be forged."""
    wrong = Limit(mark(keyring, "sms-digits", sender), TRIES, DAY)
    if transaction.run(_TRY, {"sender": _who(keyring, sender), "most": TRIES}) != 1 or question.code is None:
        return False
    if not limits.take(transaction, wrong):
        return False
    about = question.brand, question.act
    right = hmac.compare_digest(question.code, _code(keyring, sender, question.asks, *about, digits))
    if right:
        limits.give_back(transaction, wrong)
        close(transaction, keyring, sender)
    return right


def close(transaction: Transaction, keyring: Keyring, sender: str) -> None:
    transaction.later(_CLOSE, {"sender": _who(keyring, sender)})


def _ask(transaction: Transaction, keyring: Keyring, sender: str, **what: Any) -> None:
    values = {"sender": _who(keyring, sender), "expires_at": stored(transaction.now + LASTS)}
    transaction.later(_ASK, values | what)


def _who(keyring: Keyring, sender: str) -> bytes:
    return mark(keyring, "sms-question", sender)
