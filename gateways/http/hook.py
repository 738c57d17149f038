"""Received messages in JSON, the same in a push and in the list: one object, or an array of them.

``{"id", "from", "to", "text", "at"}``: the gateway's own id for the message, numbers with or without a leading +, and
the time in ISO 8601, with its offset or in Türkiye time.
"""

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
    """The messages at ``now`` (µs), and what is wrong with the rest, one line a fault."""
    return secret_hook.messages(body, now, received, alone=True)


def received(entry: dict[str, Any], now: int) -> Received:
    """One entry, read at ``now`` (µs). Errors: Malformed."""
    name = field(entry, "id", _ID)
    sender, to = field(entry, "from", _ADDRESS), field(entry, "to", _ADDRESS)
    return Received(CARRIER, name, sender, to, string(entry, "text"), time(entry.get("at"), now))
