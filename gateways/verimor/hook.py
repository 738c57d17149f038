"""Received messages in Verimor's JSON, pushed or listed (Verimor SMS API, "Gelen SMS Alımı")."""

from __future__ import annotations

import re
from typing import Any

from gateways import secret_hook
from gateways.received import Received
from gateways.secret_hook import field, string, time

CARRIER = "verimor"

_ID = re.compile(r"[0-9]{1,18}")
_ADDRESS = re.compile(r"[^\x00-\x1f\x7f]{1,32}")
# Shared short numbers separate their customers by a keyword; these words are commands even as that keyword.
_COMMANDS = frozenset({"RET", "STOP", "ONAY", "DURUM", "YARDIM"})


def read(body: bytes, now: int) -> tuple[list[Received], list[str]]:
    """The messages of a push at ``now`` (µs), and the errors of the rest, one line each. Delivery reports, which
    come to the same URL, are skipped."""
    return secret_hook.messages(body, now, _pushed)


def _pushed(entry: dict[str, Any], now: int) -> Received | None:
    return None if entry.get("type") == "outbound" else received(entry, now)


def received(entry: dict[str, Any], now: int) -> Received:
    name = field(entry, "message_id", _ID)
    sender, to = field(entry, "source_addr", _ADDRESS), field(entry, "destination_addr", _ADDRESS)
    text = _own(string(entry, "content"), entry.get("keyword"))
    return Received(CARRIER, name, sender, to, text, time(entry.get("received_at"), now))


def _own(text: str, keyword: Any) -> str:
    """The text without the keyword that routes a shared number's messages to us."""
    if not isinstance(keyword, str) or not keyword or keyword.upper() in _COMMANDS:
        return text
    rest = text.lstrip()
    if rest[: len(keyword)].casefold() != keyword.casefold() or not rest[len(keyword) :].startswith((" ", "\n")):
        return text
    return rest[len(keyword) :].lstrip()
