"""Table ``shown_text``: a text on a page that signs in when an SMS brings it from the number. It is bound to that
browser and number, and derived from the row, so no secret is stored. A person tricked into sending another's text
opens a limited session only, which ends with the row or by ``cancel``."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import text

from consents import languages
from consents.columns import micros, stored
from consents.instants import MINUTE
from consents.keys import Keyring
from consents.languages import LANGUAGES
from consents.people.held_keys import WrongKey
from consents.store import Snapshot, Statement, Transaction
from trust.minting import ALPHABET
from trust.pseudonyms import mac, mark

LASTS = 10 * MINUTE
OPEN = 15 * MINUTE  # how long the session that it begins lasts, however much it is used
WORDS = {language: str(languages.keywords(language)["sign-in"]) for language in LANGUAGES}
_CANCEL_WORDS = "|".join(languages.keywords(language)["cancel"] for language in LANGUAGES)
_OF_WORD = {word: language for language, word in WORDS.items()}

# Characters of Crockford's base 32, the last a digit, so that no word of a refusal is taken for a text. 38 bits: who
# hits another one's text signs in the other's browser, not their own.
_LENGTH = 8
_MEANT = str.maketrans("OIL", "011")
_READ = re.compile(
    rf"\W*({'|'.join(WORDS.values())})\W+(?:({_CANCEL_WORDS})|([0-9A-Z]{{4}})\W?([0-9A-Z]{{3}}[2-9]))\W*"
).fullmatch

_SHOW = Statement(text("DELETE FROM shown_text WHERE holder = :holder"))
_FIND = Statement(text("SELECT address, asked_at, expires_at, proved_at FROM shown_text WHERE holder = :holder"))
_PROVE = Statement(
    text(
        "UPDATE shown_text SET proved_at = :now WHERE digest = :digest AND address = :address "
        "AND expires_at > :now AND proved_at IS NULL"
    )
)
_USE = Statement(
    text(
        "UPDATE shown_text SET holder = :session, used = TRUE, expires_at = :until "
        "WHERE holder = :holder AND proved_at IS NOT NULL AND expires_at > :now AND used IS NULL"
    )
)
_STANDS = Statement(text("SELECT 1 FROM shown_text WHERE holder = :session AND used = TRUE AND expires_at > :now"))
_CANCEL = Statement(text("DELETE FROM shown_text WHERE address = :address"))


class TextToSend(NamedTuple):
    """``code``: "7K3M-92Q7"; ``arrived``: its SMS has come; times in µs."""

    address: str
    code: str
    expires_at: int
    arrived: bool


class SentText(NamedTuple):
    """A text read from an SMS. ``cancels``: it ends the sessions of texts; ``language``: of its word."""

    code: str
    cancels: bool
    language: str


def show(transaction: Transaction, keyring: Keyring, holder: bytes, address: str) -> None:
    """Issues a text for this browser (SHA-256 of its cookie) and number; it replaces the earlier one."""
    asked_at = transaction.now
    digest = _digest(keyring, _code(keyring, holder, address, asked_at))
    transaction.run(_SHOW, {"holder": holder})
    row = (holder, digest, keyring.seal(address), stored(asked_at), stored(asked_at + LASTS))
    transaction.insert("shown_text", "holder,digest,address,asked_at,expires_at", [row])


def find(snapshot: Snapshot, keyring: Keyring, holder: bytes, now: int) -> TextToSend | None:
    if (row := snapshot.one(_FIND, {"holder": holder})) is None:
        return None
    sealed, asked_at, expires_at, proved_at = row
    if micros(expires_at) <= now:
        return None
    try:
        address = keyring.unseal(sealed)
    except WrongKey:
        return None
    assert address is not None  # an erasure leaves no digest in this table
    code = _code(keyring, holder, address, micros(asked_at))
    return TextToSend(address, f"{code[:4]}-{code[4:]}", micros(expires_at), proved_at is not None)


def read(plain: str) -> SentText | None:
    found = _READ(plain)
    if found is None:
        return None
    code = "" if found[2] else f"{found[3]}{found[4]}".translate(_MEANT)
    return SentText(code, found[2] is not None, _OF_WORD[found[1]])


def prove(transaction: Transaction, keyring: Keyring, code: str, sender: str) -> bool:
    """Records the SMS from this number (canonical); False where no such text was shown to it lately."""
    values = {"digest": _digest(keyring, code), "now": stored(transaction.now)}
    forms = keyring.all_forms(sender)
    return any(transaction.run_as_given(_PROVE, {**values, "address": form}) == 1 for form in forms)


def use(transaction: Transaction, keyring: Keyring, holder: bytes, session: bytes) -> str | None:
    """The proved number, once; the row then belongs to the session. None where no SMS has arrived."""
    shown = find(transaction, keyring, holder, transaction.now)
    values = {"holder": holder, "session": session, "now": stored(transaction.now)}
    if shown is None or transaction.run(_USE, {**values, "until": stored(transaction.now + OPEN)}) != 1:
        return None
    return shown.address


def stands(snapshot: Snapshot, session: bytes, now: int) -> bool:
    """Whether a text's session is still open at ``now`` (µs)."""
    return snapshot.one(_STANDS, {"session": session, "now": stored(now)}) is not None


def cancel(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Ends the sessions and pending texts of this number; returns how many."""
    return sum(transaction.run_as_given(_CANCEL, {"address": form}) for form in keyring.all_forms(address))


def _code(keyring: Keyring, holder: bytes, address: str, asked_at: int) -> str:
    drawn = mac(keyring, "shown text", holder + asked_at.to_bytes(8, "big") + address.encode())
    *letters, last = drawn[:_LENGTH]
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in letters) + str(2 + last % 8)


def _digest(keyring: Keyring, code: str) -> bytes:
    return mark(keyring, "shown text sent", code)
