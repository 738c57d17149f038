"""What is kept of a call for ``providers/doctor``, beside status, code and hashes: counts, words of fixed lists. No
value that was sent is kept, because it may be an address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consents import dates
from consents.instants import MINUTE
from providers.api import wire
from providers.api.answers import Fault
from web.iys_fields import Field

LONGEST = 120  # characters of all words
_FIELDS = frozenset(
    {
        *(value for name, value in vars(Field).items() if name.isupper()),
        *(wire.COMPANY, wire.BRAND, wire.TRANSACTION, wire.REQUEST),
        *("after", "limit", "offset", "source", "pending"),
    }
)
_ID = re.compile("[0-9a-f]{64}", re.IGNORECASE).fullmatch
# (word, the form of a number that is refused); the first that fits
_NUMBERS = (
    ("zero-after-90", re.compile(r"\+?900[0-9]*")),
    ("two-zeros", re.compile(r"00[0-9]+")),
    ("leading-zero", re.compile(r"0[0-9]{10}")),
    ("no-plus", re.compile(r"90[0-9]{10}")),
    ("no-country", re.compile(r"[2-5][0-9]{9}")),
    ("separators", re.compile(r"\+?[0-9]+[ ()./-][0-9 ()./-]+")),
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T").match


@dataclass
class CallFacts:
    """``items``: records in the body or the answer; ``request``: the requestId of its list; ``words``: more of it."""

    items: int | None = None
    request: str = ""
    words: list[str] = field(default_factory=list)


def words(faults: Sequence[Fault], path: Mapping[str, Any], now: int) -> list[str]:
    """``field``: of the first fault; ``faulty``: items with one; ``shape`` or ``ahead`` (minutes): of its value, or of
    the ``path`` of a refused call. There is a fault."""
    found = []
    named = faults[0].location[0] if faults[0].location else ""
    if named in _FIELDS:
        found.append(f"field={named}")
    if faulty := len({fault.place for fault in faults if fault.place is not None}):
        found.append(f"faulty={faulty}")
    if wire.TRANSACTION in path and not _ID(str(path[wire.TRANSACTION])):
        found.append("shape=short-id")
    return found + next(([shape] for fault in faults if (shape := _shape(fault, now))), [])


def _shape(fault: Fault, now: int) -> str:
    name, value = fault.location[0] if fault.location else "", fault.value
    if name == Field.RECIPIENT:
        return _of_number(value)
    if not isinstance(value, str):
        return ""
    if name == Field.DATE:
        return _of_date(value, now)
    return "shape=short-id" if name == "after" and not _ID(value.rpartition("_")[2]) else ""


def note_number(facts: CallFacts, sent: Any, address: str) -> None:
    """Notes a number that is taken here, and that İYS would not take as it was ``sent``; once a call."""
    if sent != address and not any(word.startswith("shape=") for word in facts.words) and (shape := _of_number(sent)):
        facts.words.append(shape)


def _of_number(value: object) -> str:
    if isinstance(value, int):
        return "shape=not-text"
    text = value.strip() if isinstance(value, str) else ""
    return next((f"shape={word}" for word, form in _NUMBERS if form.fullmatch(text)), "")


def _of_date(value: str, now: int) -> str:
    if _ISO(value):
        return "shape=iso-date"
    try:
        ahead = (dates.iys(value, later=True) - now) // MINUTE
    except ValueError:
        return ""
    return f"ahead={ahead}" if ahead > 0 else ""
