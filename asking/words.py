"""The short word that a till or poster shows and the recipient's own phone sends: ``ONAY K7M2`` consents,
``HAYIR K7M2`` refuses, ``EVET K7M2`` proves the number. It is never a brand's name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Container
from typing import NamedTuple

from asking.request_states import RequestPurpose

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # none that is taken for a digit
_DIGITS = "2346789"
# "K7M2": a letter, a digit, a letter, a digit; twice a letter would spell words.
_READ = re.compile(rf"(ONAY|EVET|HAYIR) ([{LETTERS}][{_DIGITS}][{LETTERS}][{_DIGITS}])[.!]*").fullmatch
_ANSWERS = {"ONAY": RequestPurpose.CONSENT, "EVET": RequestPurpose.VERIFY}


class SentWord(NamedTuple):
    """``purpose``: what is answered with yes; None: no, whatever was asked."""

    word: str
    purpose: RequestPurpose | None


def draw(known: Container[str]) -> str:
    """A new word, none of the names ``known``."""
    while (word := _drawn()) in known:
        pass
    return word


def read(plain: str) -> SentWord | None:
    """The word of an SMS (folded to capitals); None where the message is something else."""
    found = _READ(plain)
    return None if found is None else SentWord(found[2], _ANSWERS.get(found[1]))


def _drawn() -> str:
    return "".join(secrets.choice(part) for part in (LETTERS, _DIGITS, LETTERS, _DIGITS))
