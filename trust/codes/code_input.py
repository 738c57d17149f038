"""Reads a code from typed or pasted text: "048213", "048 213", "Kodunuz: 048213", the whole message. Only ASCII
digits count. An ambiguous text is no code and costs no try."""

from __future__ import annotations

import re

LONGEST = 2000  # characters; the whole e-mail pasted is shorter

_BLANK = r"\s\u200b-\u200f\u2060\ufeff"  # also the invisible marks that come along when one copies
# The same as characters: an expression that looks for blanks at an end begins anew at each of them.
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SEPARATORS = re.compile(rf"(?<=[0-9])[{_BLANK}\u00ad\u2010-\u2015-]+(?=[0-9])")
_BARE = re.compile(r"(?:[0-9]{6})+").fullmatch
# Words, numbers and the marks of an ordinary message; quotes, angles, operators and "--" are none of them.
_MESSAGE = re.compile(rf"(?!.*--)[\w{_BLANK}.,:;!?()#@/&+•–-]*", re.DOTALL).fullmatch
_DIGITS_ALONE = re.compile(
    r"(?<![\w+\-–.,])(?<![0-9][ \u00a0])"  # no sign, no longer number before it
    r"([0-9]{3}[ \u00a0-]?[0-9]{3})"
    r"(?!\w|[.,][0-9]|[ \u00a0-]?[0-9]|\s*;)",
)


def read(typed: object) -> str | None:
    """The six digits; None where none or more than one can be meant, or ``typed`` is no text."""
    if not isinstance(typed, str) or len(typed) > LONGEST or _foreign_digits(typed):
        return None
    bare = _SEPARATORS.sub("", typed.strip(_BLANKS))
    if _BARE(bare):
        found = {bare[place : place + 6] for place in range(0, len(bare), 6)}
    elif _MESSAGE(typed):
        found = {_SEPARATORS.sub("", group) for group in _DIGITS_ALONE.findall(typed)}
    else:
        return None
    return found.pop() if len(found) == 1 else None


def _foreign_digits(text: str) -> bool:
    return any(mark.isnumeric() and not mark.isascii() for mark in text)
