"""Received messages in JSON, the same in a push and in the list: one object, or an array of them.

``{"id", "from", "to", "text", "at"}``: the gateway's own id for the message, numbers with or without a leading +, and
the time in ISO 8601, with its offset or in Türkiye time.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from consents.instants import ISTANBUL, micros
from gateways.received import Malformed, Received

CARRIER = "http"

_ID = re.compile(r"[\x21-\x7e]{1,100}")
_ADDRESS = re.compile(r"[^\x00-\x1f\x7f]{1,32}")


def read(body: bytes, now: int) -> tuple[list[Received], list[str]]:
    """The messages at ``now`` (µs), and what is wrong with the rest, one line a fault."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return [], ["the body is no JSON"]
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return [], ["the body must be a JSON object or an array of objects"]
    messages, faults = [], []
    for place, entry in enumerate(entries):
        try:
            messages.append(_received(entry, now))
        except Malformed as fault:
            faults.append(f"[{place}] {fault}")
    return messages, faults


def _received(entry: Any, now: int) -> Received:
    if not isinstance(entry, dict):
        raise Malformed("must be an object")
    name = _field(entry, "id", _ID)
    sender, to = _field(entry, "from", _ADDRESS), _field(entry, "to", _ADDRESS)
    if not isinstance(entry.get("text"), str):
        raise Malformed("text must be a string")
    text = entry["text"].encode(errors="replace").decode()  # a lone half of a surrogate pair cannot be kept
    return Received(CARRIER, name, sender, to, text, _time(entry.get("at"), now))


def _field(entry: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = entry.get(name)
    written = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not shape.fullmatch(written):
        raise Malformed(f"{name} is missing or malformed")
    return written


def _time(given: Any, now: int) -> int:
    """µs, never ahead of our clock; a time that cannot be read is taken to be now."""
    try:
        at = datetime.fromisoformat(given)
        return max(0, min(micros(at if at.tzinfo else at.replace(tzinfo=ISTANBUL)), now))
    except (TypeError, ValueError, OverflowError):
        return now
