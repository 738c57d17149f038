"""The short word that a till or poster shows and the recipient's own phone sends: ``ONAY K7M2P4`` consents,
``HAYIR K7M2P4`` refuses, ``EVET K7M2P4`` proves the number, ``SORMA K7M2P4`` asks the brand to ask no more. Its
shape (consents/brands/sms_words.py) is no brand's name. How hard it is to guess: docs/consent-requests.md."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Container
from typing import NamedTuple

from asking.request_states import RequestPurpose
from consents.brands.sms_words import ASKED_DIGITS, ASKED_LETTERS, ASKED_PAIRS, ASKED_WORD

HOLDS = re.compile(rf"(ONAY|EVET|HAYIR|SORMA) ({ASKED_WORD})[.!]*").fullmatch
_ANSWERS = {"ONAY": RequestPurpose.CONSENT, "EVET": RequestPurpose.VERIFY}
_SHAPE = re.compile(ASKED_WORD).fullmatch
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


def has_shape(text: str) -> bool:
    return _SHAPE(text) is not None


def typed(text: str) -> str:
    """A word as it stands in an address, in any case; other texts, such as a link's, unchanged."""
    return upper if _SHAPE(upper := text.upper()) else text


def of_poster(key: str) -> str:
    """The word of the poster with this key; who knows the word cannot find the key."""
    drawn = hashlib.sha256(f"{_POSTER}{key}".encode()).digest()
    parts = (ASKED_LETTERS, ASKED_DIGITS) * ASKED_PAIRS
    return "".join(part[byte % len(part)] for part, byte in zip(parts, drawn, strict=False))


def _drawn() -> str:
    return "".join(secrets.choice(part) for part in (ASKED_LETTERS, ASKED_DIGITS) * ASKED_PAIRS)
