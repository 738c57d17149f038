"""Normalises the letters of a message that phones and gateways have changed. For refusals only; a consent must be
written plainly (optout/sms/reader/keywords.py)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from consents.brands.spelling import LOOKS, folded, undisguised

LONGEST = 2000  # characters of a message that are read: more than the ten parts that phones send
_MARKS = str.maketrans(
    {"\0": None, "ـ": None, "\n": " ; ", "\r": " ; ", "’": "'", "‘": "'", "´": "'", "`": "'", "＇": "'", "\ufffd": "?"}
)
# Where Windows-1254 was taken for Windows-1252, and where UTF-8 was.
_TURKISH = str.maketrans("ÝýÞþÐð", "İıŞşĞğ")
_TWICE = re.compile("[ÃÄÅ].")
# By their sounds; by their looks they are LOOKS: РЕТ may be either.
_SOUNDS = str.maketrans("АБВГДЕЗИКЛМНОПРСТУФІΑΒΓΔΕΖΙΚΛΜΝΟΠΡΣΤΥΦ", "ABVGDEZIKLMNOPRSTUFIABGDEZIKLMNOPRSTUF")
# What GSM-7 lacks of Turkish, and what other tables lose: İ ı Ş ş Ğ ğ ç Ö Ü.
_LOST = "ISGCOU"
_MOST_LOST = 2  # in one word


def plain(text: str) -> str:
    """A message folded: capitals without marks, nothing invisible, ``;`` for a new line, ``?`` for a lost letter."""
    letters = "".join(map(_letter, _mended(text[:LONGEST])))
    return " ".join(letters.split()).replace("N'T", "NT")  # don't


def twins(word: str, may_begin: Callable[[str], bool]) -> list[str]:
    """Other readings of the same letters: look-alikes of other alphabets, digits for letters, lost letters.
    ``may_begin``: whether a known word begins so; others are left out."""
    found = [] if word.isascii() else [word.translate(LOOKS), word.translate(_SOUNDS)]
    if "?" in word and word.count("?") <= _MOST_LOST and len(word) <= 24:
        found += _refilled(word, may_begin)
    elif ("0" in word or "1" in word) and not word.isdigit():
        found.append(word.replace("0", "O").replace("1", "I"))
    return found


def _refilled(word: str, may_begin: Callable[[str], bool]) -> list[str]:
    start, *parts = word.split("?")
    words = [start]
    for part in parts:
        begun = [before for before in words if may_begin(before)]
        words = [f"{before}{letter}{part}" for before in begun for letter in _LOST]
    return words


def _mended(text: str) -> str:
    """Repairs Turkish letters that a gateway has read as two others each (Ä° for İ)."""
    return _TWICE.sub(lambda pair: _once(pair[0]), text)


@lru_cache(maxsize=1024)
def _once(pair: str) -> str:
    for table in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return pair.encode(table).decode()
    return pair


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    """One folded letter, cached: many times faster than each step over all of them."""
    return "".join(map(folded, undisguised(letter.translate(_TURKISH)).translate(_MARKS)))
