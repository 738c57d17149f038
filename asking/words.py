"""The short word that a till or poster shows and the recipient's own phone sends: ``ONAY K7M2`` consents,
``HAYIR K7M2`` refuses, ``EVET K7M2`` proves the number, ``SORMA K7M2`` asks the brand to ask no more. It is never a
brand's name. A till's word has four characters, a poster's, which is printed and stays, six."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Container
from typing import NamedTuple

from asking.request_states import RequestPurpose

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # none that is taken for a digit
_DIGITS = "2346789"
# "K7M2": a letter, a digit, a letter, a digit; twice a letter would spell words.
_PAIR = rf"[{LETTERS}][{_DIGITS}]"
_PAIRS_OF_TILL, _PAIRS_OF_POSTER = 2, 3
_WORD = rf"(?:{_PAIR}){{{_PAIRS_OF_TILL},{_PAIRS_OF_POSTER}}}"
HOLDS = re.compile(rf"(ONAY|EVET|HAYIR|SORMA) ({_WORD})[.!]*").fullmatch
_ANSWERS = {"ONAY": RequestPurpose.CONSENT, "EVET": RequestPurpose.VERIFY}
_SHAPE = re.compile(_WORD).fullmatch
_POSTER = "poster word "


class SentWord(NamedTuple):
    """``purpose``: what is answered with yes; None: no, whatever was asked. ``never``: asks not to be asked again."""

    word: str
    purpose: RequestPurpose | None
    never: bool = False


def draw(known: Container[str]) -> str:
    """A new word, none of the names ``known``."""
    while (word := _drawn()) in known:
        pass
    return word


def read(plain: str) -> SentWord | None:
    """The word of an SMS (folded to capitals); None where the message is something else."""
    found = HOLDS(plain)
    return None if found is None else SentWord(found[2], _ANSWERS.get(found[1]), found[1] == "SORMA")


def typed(text: str) -> str:
    """A word as it stands in an address, in any case; other texts, such as a link's, unchanged."""
    return upper if _SHAPE(upper := text.upper()) else text


def of_poster(key: str) -> str:
    """The word of the poster with this key; who knows the word cannot find the key."""
    drawn = hashlib.sha256(f"{_POSTER}{key}".encode()).digest()
    parts = (LETTERS, _DIGITS) * _PAIRS_OF_POSTER
    return "".join(part[byte % len(part)] for part, byte in zip(parts, drawn, strict=False))


def _drawn() -> str:
    return "".join(secrets.choice(part) for part in (LETTERS, _DIGITS) * _PAIRS_OF_TILL)
