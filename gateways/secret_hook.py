"""A hook on a secret path, for carriers that do not sign; and how their JSON is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest
from typing import Any

from consents.instants import ISTANBUL, micros
from gateways.received import Malformed, Posted, Pushed, Received

Read = Callable[[bytes, int], tuple[list[Received], list[str]]]  # (body, now in µs) -> messages and faults


class SecretHook:
    """``secret``: HOOK_SECRET, the only door; without one there is none. ``read`` parses the carrier's body."""

    replies = False

    def __init__(self, secret: str | None, read: Read) -> None:
        self._secret, self._read = secret, read

    def is_door(self, door: str) -> bool:
        return self._secret is not None and compare_digest(door.encode(errors="replace"), self._secret.encode())

    def read(self, posted: Posted) -> Pushed:
        """Never proven: anybody with the path may post."""
        return Pushed(*self._read(posted.body, posted.now), proven=False)

    def answer(self, reply: str | None) -> tuple[str, str]:
        return "OK", "text/plain"


def messages(
    body: bytes, now: int, one: Callable[[dict[str, Any], int], Received | None], *, alone: bool = False
) -> tuple[list[Received], list[str]]:
    """The messages of a JSON array, and the errors of the rest, one line each. ``one`` reads an entry at ``now``
    (µs): None for no message, or Malformed. ``alone``: an object is one entry too."""
    try:
        listed = entries(body, alone=alone)
    except Malformed as fault:
        return [], [f"the body {fault}"]
    found, faults = [], []
    for place, entry in enumerate(listed):
        try:
            found.append(one(_whole(entry_of(entry)), now))
        except Malformed as fault:
            faults.append(f"[{place}] {fault}")
    return [message for message in found if message is not None], faults


def entries(body: bytes, *, alone: bool = False) -> list[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("is no JSON") from None
    if alone and isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise Malformed(f"must be a JSON {'object or an array of objects' if alone else 'array'}")
    return found


def entry_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("must be an object")
    return value


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry without NUL and lone surrogates, which databases reject; a carrier may cut an emoji in two beside a
    refusal."""
    return {name: _characters(value) if isinstance(value, str) else value for name, value in entry.items()}


def _characters(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def field(entry: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    """A string or a whole number of this shape. Errors: Malformed."""
    value = entry.get(name)
    written = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not shape.fullmatch(written):
        raise Malformed(f"{name} is missing or malformed")
    return written


def string(entry: dict[str, Any], name: str) -> str:
    """A text without lone surrogates. Errors: Malformed."""
    value = entry.get(name)
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string")
    return value.encode(errors="replace").decode()


def time(given: Any, now: int) -> int:
    """µs, never ahead of our clock, in Türkiye time without an offset; ``now`` for an unreadable one."""
    try:
        at = datetime.fromisoformat(given)
        return max(0, min(micros(at if at.tzinfo else at.replace(tzinfo=ISTANBUL)), now))
    except (TypeError, ValueError, OverflowError):
        return now
