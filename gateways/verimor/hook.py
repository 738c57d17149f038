"""Received messages in Verimor's JSON, the same in its push and in its list (Verimor SMS API, "Gelen SMS Alımı")."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from consents.instants import ISTANBUL, micros
from gateways.received import Malformed, Received

CARRIER = "verimor"

_ID = re.compile(r"[0-9]{1,18}")
_ADDRESS = re.compile(r"[^\x00-\x1f\x7f]{1,32}")
# Shared short numbers tell their customers apart by a first word; these are commands even where they are that word.
_COMMANDS = frozenset({"RET", "STOP", "ONAY", "DURUM", "YARDIM"})


def read(body: bytes, now: int) -> tuple[list[Received], list[str]]:
    """The messages of a push at ``now`` (µs), and what is wrong with the rest of it, one line a fault.

    Delivery reports, which Verimor pushes to the same URL, are passed over.
    """
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return [], ["the body is no JSON"]
    if not isinstance(entries, list):
        return [], ["the body must be a JSON array"]
    messages, faults = [], []
    for place, entry in enumerate(entries):
        if isinstance(entry, dict) and entry.get("type") == "outbound":
            continue
        try:
            messages.append(received(entry, now))
        except Malformed as fault:
            faults.append(f"[{place}] {fault}")
    return messages, faults


def received(entry: Any, now: int) -> Received:
    """One entry, read at ``now`` (µs). Raises Malformed. A time that cannot be read is taken to be now."""
    if not isinstance(entry, dict):
        raise Malformed("must be an object")
    name = _field(entry, "message_id", _ID)
    sender, to = _field(entry, "source_addr", _ADDRESS), _field(entry, "destination_addr", _ADDRESS)
    content = entry.get("content")
    if not isinstance(content, str):
        raise Malformed("content must be text")
    text = content.encode(errors="replace").decode()  # a lone half of a surrogate pair cannot be kept
    return Received(CARRIER, name, sender, to, _own(text, entry.get("keyword")), _time(entry.get("received_at"), now))


def _field(entry: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = entry.get(name)
    said = str(value) if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)) else ""
    if not shape.fullmatch(said):
        raise Malformed(f"{name} is missing or malformed")
    return said


def _own(text: str, keyword: Any) -> str:
    """The text without the first word by which a shared number knows that it is for us."""
    if not isinstance(keyword, str) or not keyword or keyword.upper() in _COMMANDS:
        return text
    rest = text.lstrip()
    if rest[: len(keyword)].casefold() != keyword.casefold() or not rest[len(keyword) :].startswith((" ", "\n")):
        return text
    return rest[len(keyword) :].lstrip()


def _time(given: Any, now: int) -> int:
    """µs; a push writes Türkiye time without an offset, the list one with it."""
    try:
        at = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return now
    return max(0, min(micros(at if at.tzinfo else at.replace(tzinfo=ISTANBUL)), now))
