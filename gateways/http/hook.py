"""Received messages in JSON, pushed or listed: one object or an array of ``{"id", "from", "to", "text", "at"}``,
with the gateway's id, numbers with or without a leading +, and ISO 8601 (Türkiye time without an offset)."""

from __future__ import annotations

import re
from typing import Any

from gateways import secret_hook
from gateways.received import Received
from gateways.secret_hook import field, string, time

CARRIER = "http"

_ID = re.compile(r"[\x21-\x7e]{1,100}")
_ADDRESS = re.compile(r"[^\x00-\x1f\x7f]{1,32}")


def read(body: bytes, now: int) -> tuple[list[Received], list[str]]:
    return secret_hook.messages(body, now, received, alone=True)


def received(entry: dict[str, Any], now: int) -> Received:
    name = field(entry, "id", _ID)
    sender, to = field(entry, "from", _ADDRESS), field(entry, "to", _ADDRESS)
    return Received(CARRIER, name, sender, to, string(entry, "text"), time(entry.get("at"), now))
