"""Received messages: as carriers push them, and as they list them, which finds what a push missed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from consents.instants import SECOND
from consents.languages import in_all, mark

FIRST_LOOK = 86_400 * SECOND  # how far back the first look at a list goes
UNREADABLE = mark("okunamadı")
_SHOWN = 400  # characters of an entry that cannot be read
LATE = 3_600 * SECOND  # before the last look: what a carrier shows late is still found


class Received(NamedTuple):
    """One message. ``name``: the carrier's id; ``received_at``: µs since 1970, never ahead of our clock. ``sender``,
    ``to``: as the carrier writes them, with or without a leading +."""

    carrier: str
    name: str
    sender: str
    to: str
    text: str
    received_at: int


class Malformed(ValueError):
    """An entry of unknown form; the text names the field and never its value."""


class InboxPage(NamedTuple):
    """Messages, oldest first, and the next position once they are safe. ``unread``: entries of unknown form, as far
    as they can be shown."""

    messages: list[Received]
    position: str
    unread: Sequence[Received] = ()


def unreadable(carrier: str, entry: Any, now: int, sender: Any) -> Received:
    """An unreadable entry, found at ``now`` (µs), as shown to a person."""
    try:
        shown = json.dumps(entry, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):
        shown = "…"
    shown = shown.encode("utf-8", "replace").decode()
    # Identified by its contents, as it has no id, so that it is stored once however often it is listed.
    name = "unread " + hashlib.sha256(shown.encode()).hexdigest()
    text = f"({in_all(UNREADABLE)}) {shown[:_SHOWN]}"
    return Received(carrier, name, sender if isinstance(sender, str) else "", "", text, now)


class Inbox(Protocol):
    carrier: str

    def start(self, now: int) -> str:
        """The position of the first look."""

    def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[InboxPage]:
        """Messages since ``position`` and, overlapping, a while before. ``now``: µs. ``numbers``: ours, as the
        carrier writes them. Errors: carrier.Down."""


class Posted(NamedTuple):
    """A request to ``/hooks/{carrier}/{door}``. ``url``: public, with its query; header names in lower case."""

    door: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    now: int


class Pushed(NamedTuple):
    """The messages of a request, and the errors of the rest, one line each. ``proven``: certainly from the carrier.
    Otherwise it only refuses; possible consents are looked up in the carrier's list."""

    messages: list[Received]
    faults: list[str]
    proven: bool


class Forged(Exception):
    """Not a request of the carrier for this account. ``reason``: a word for the log, none of the request's own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Ambiguous(Forged):
    """From the carrier, but ambiguous: only its list shows the true message."""


class Hook(Protocol):
    """Reads a carrier's posts. ``replies``: whether the reply is in the answer, else through the outbox."""

    replies: bool

    def is_door(self, door: str) -> bool:
        """Whether the carrier posts to this path; constant time."""

    def read(self, posted: Posted) -> Pushed:
        """Errors: Forged, Ambiguous."""

    def answer(self, reply: str | None) -> tuple[str, str]:
        """The body and the media type of a 200."""
