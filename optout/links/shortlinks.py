"""Short links: how their codes are typed and printed."""

from __future__ import annotations

import re

from trust.minting import ALPHABET, LENGTH

_HYPHENS = "-\u2010\u2011\u2012\u2013\u00ad "  # also those that phones put in their place
_TRAILING = ".,;:)!?…"  # what a messaging app takes into a link from the sentence around it
_AS_TYPED = str.maketrans(ALPHABET[10:].lower() + "oOiIlL", ALPHABET[10:] + "001111", _HYPHENS)
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def read(typed: str) -> str | None:
    """The code, however it was typed; None for an impossible one."""
    if len(typed) > 4 * LENGTH:
        return None
    bare = typed.strip().rstrip(_TRAILING).translate(_AS_TYPED)
    return bare if _CODE.fullmatch(bare) else None


def spelt(code: str) -> str:
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"
