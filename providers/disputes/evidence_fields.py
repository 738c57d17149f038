"""What may be attached to a consent, and how long it may be; the same for programs and for the panel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

TEXT, VERSION, FORM, URL, FILE, IMAGE = "text", "version", "form", "url", "fileHash", "imageHash"
LONGEST = {TEXT: 2000, VERSION: 64, FORM: 64, URL: 500, FILE: 64, IMAGE: 64}  # characters
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII).fullmatch


# ``json.dumps`` makes a new one for each row of a file.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class BadEvidence(Exception):
    """``field``: that does not fit, "" where nothing was given."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class _Rule(NamedTuple):
    shape: Callable[[str], str]  # how it is kept
    fits: Callable[[str], object]


def _line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    return "\n".join(line for one in text.splitlines() if (line := _line(one)))


def _is_page(url: str) -> bool:
    """An address of the web; without a user, whose name could be taken for the host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return url.isascii() and " " not in url and parts.scheme == "https" and "." in parts.netloc and "@" not in url


_RULES = {
    TEXT: _Rule(_lines, str.strip),
    VERSION: _Rule(_line, str.strip),
    FORM: _Rule(_line, str.strip),
    URL: _Rule(str.strip, _is_page),
    FILE: _Rule(lambda text: text.strip().lower(), _HASH),
    IMAGE: _Rule(lambda text: text.strip().lower(), _HASH),
}


def read(given: Mapping[str, object]) -> dict[str, str]:
    """The fields that are not empty, as they are kept, in their order. Errors: BadEvidence."""
    found: dict[str, str] = {}
    for name, rule in _RULES.items():
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadEvidence(name)
        kept = rule.shape(value)
        if not kept:
            continue
        # What no page can print could hide or turn round the rest.
        if len(kept) > LONGEST[name] or not all(one.isprintable() or one == "\n" for one in kept):
            raise BadEvidence(name)
        if not rule.fits(kept):
            raise BadEvidence(name)
        found[name] = kept
    if not found:
        raise BadEvidence("")
    return found


def written(content: Mapping[str, str]) -> str:
    return _ENCODER.encode(content)
