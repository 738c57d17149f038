"""The letters of a message: what people see as one word is read as one, however phones and gateways have written it.

Only for refusals. Whoever gives a consent has to write it plainly (optout/keywords.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import product

from consents.companies import fold

LONGEST = 2000  # characters of a message that are read: more than the ten parts that phones send
_MARKS = str.maketrans(
    {"\0": None, "ـ": None, "\n": " ; ", "\r": " ; ", "’": "'", "‘": "'", "´": "'", "`": "'", "＇": "'", "\ufffd": "?"}
)
# Where Windows-1254 was taken for Windows-1252, and where UTF-8 was.
_TURKISH = str.maketrans("ÝýÞþÐð", "İıŞşĞğ")
_TWICE = re.compile("[ÃÄÅ].")
# By their looks, and by their sounds: РЕТ may be either.
_LOOKS = str.maketrans("ӀАВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "IABESIJKMHOPCTYXABEZHIKMNOPTYX")
_SOUNDS = str.maketrans("АБВГДЕЗИКЛМНОПРСТУФІΑΒΓΔΕΖΙΚΛΜΝΟΠΡΣΤΥΦ", "ABVGDEZIKLMNOPRSTUFIABGDEZIKLMNOPRSTUF")
_LATIN = re.compile(r"(?:LATIN|REGIONAL INDICATOR SYMBOL).* LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?").fullmatch
# What GSM-7 lacks of Turkish, and what other tables lose: İ ı Ş ş Ğ ğ ç Ö Ü.
_LOST = "ISGCOU"
_MOST_LOST = 2  # in one word


def plain(text: str) -> str:
    """A message folded: capitals without marks, nothing invisible, ``;`` for a new line, ``?`` for a lost letter."""
    shown = text[:LONGEST]
    if not shown.isascii():
        shown = "".join(map(_letter, _mended(shown).translate(_TURKISH)))
    shown = shown.translate(_MARKS)
    return fold(shown).replace("N'T", "NT")  # don't


def twins(word: str) -> Iterator[str]:
    """Other words that the same letters may mean: look-alikes of other alphabets, digits for letters, lost letters."""
    if not word.isascii():
        yield word.translate(_LOOKS)
        yield word.translate(_SOUNDS)
    if "?" in word and word.count("?") <= _MOST_LOST and len(word) <= 24:
        parts = word.split("?")
        for letters in product(_LOST, repeat=len(parts) - 1):
            yield parts[0] + "".join(letter + part for letter, part in zip(letters, parts[1:], strict=True))
    elif not word.isalpha() and not word.isdigit():
        yield word.replace("0", "O").replace("1", "I")


def _mended(text: str) -> str:
    """Turkish letters that a gateway has read as two others each (Ä° for İ) made whole."""
    return _TWICE.sub(_once, text)


def _once(pair: re.Match[str]) -> str:
    for table in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return pair[0].encode(table).decode()
    return pair[0]


@lru_cache(maxsize=1024)
def _letter(letter: str) -> str:
    """A Latin letter in a disguise that Unicode does not fold: small capitals, squared ones, flags, strokes."""
    if letter.isascii():
        return letter
    match = _LATIN(unicodedata.name(letter, ""))
    return match[1] if match else letter
