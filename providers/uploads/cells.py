"""Cleans a cell of traces of spreadsheets and editors. Each step is linear: a backtracking expression would take half a
minute for 40,000 blanks."""

from __future__ import annotations

import re

LONGEST = 4096  # characters a cell may have (security note D4)
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff"
_LAST_SPACE = 0x3000  # of Unicode, the ideographic one: to look at all its signs takes each process 27 ms
_AROUND = "".join(filter(str.isspace, map(chr, range(_LAST_SPACE + 1)))) + _INVISIBLE
# Dotted and dotless I, and the dot that some programs leave apart when they write İ in small letters.
_EVERY_I = str.maketrans({"İ": "I", "ı": "i", "\u0307": None})
_SPELT = {"E-POSTA": "EPOSTA"}  # as the language's own spelling has it
_UNDECODABLE = re.compile("[\ud800-\udfff\ufffd]")


def trimmed(cell: str) -> str:
    """Without surrounding spaces of any kind, byte order marks and invisible signs, and without Excel's apostrophe for
    text."""
    text = cell.strip(_AROUND)
    return text[1:].lstrip(_AROUND) if text.startswith("'") else text


def word(cell: str) -> str:
    """A word of a closed list in capitals, whichever I a Turkish keyboard or spreadsheet has made of it: BİREYSEL,
    bıreysel. Other letters stay."""
    text = trimmed(cell).translate(_EVERY_I)
    return _SPELT.get(word := text.upper(), word) if text.isascii() else text


def fault(cell: str) -> str | None:
    """“encoding” for bytes that are no text, “long” above 4 KiB, else None."""
    if len(cell) > LONGEST:
        return "long"
    return "encoding" if _UNDECODABLE.search(cell) else None
