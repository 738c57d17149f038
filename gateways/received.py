"""What was written to our numbers: as carriers push it, and as they list it, which finds what no push brought."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from consents.instants import SECOND

FIRST_LOOK = 86_400 * SECOND  # how far back the first look at a list goes
UNREADABLE = "(okunamadı / unreadable)"
_SHOWN = 400  # characters of an entry that cannot be read
LATE = 3_600 * SECOND  # before the last look: what a carrier shows late is still found


class Received(NamedTuple):
    """One message. ``name``: the carrier's own id for it; ``received_at``: µs since 1970, never ahead of our clock.

    ``sender`` and ``to`` are as the carrier writes them, with or without a leading +.
    """

    carrier: str
    name: str
    sender: str
    to: str
    text: str
    received_at: int


class Malformed(ValueError):
    """An entry that is not what the carrier sends; the text names the field and never its value."""


class InboxPage(NamedTuple):
    """Some messages, oldest first, and from where to read on once all of them are safe.

    ``unread``: entries that are not what the carrier sends, as far as they can be shown to a person.
    """

    messages: list[Received]
    position: str
    unread: Sequence[Received] = ()


def unreadable(carrier: str, entry: Any, now: int, sender: Any) -> Received:
    """An unreadable entry, found at ``now`` (µs), as it can be shown to a person."""
    try:
        shown = json.dumps(entry, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):
        shown = "…"
    shown = shown.encode("utf-8", "replace").decode()
    # Identified by its contents, as it has no id, so that it is stored once however often it is listed.
    name = "unread " + hashlib.sha256(shown.encode()).hexdigest()
    return Received(carrier, name, sender if isinstance(sender, str) else "", "", f"{UNREADABLE} {shown[:_SHOWN]}", now)


class Inbox(Protocol):
    """A carrier's list of received messages."""

    carrier: str

    def start(self, now: int) -> str:
        """The position of the first look."""

    def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[InboxPage]:
        """What came since ``position`` and, overlapping, a while before it.

        ``now``: µs. ``numbers``: our own, as the carrier writes them. Errors: carrier.Down.
        """


class Posted(NamedTuple):
    """A request to ``/hooks/{carrier}/{door}``. ``url``: the public one with its query; header names in lower case."""

    door: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    now: int


class Pushed(NamedTuple):
    """What a request brought, and what is wrong with the rest of it, one line a fault.

    ``proven``: only the carrier can have sent it. Else whoever knows the path may have: such a push refuses, and
    what could give a consent is looked up in the carrier's list.
    """

    messages: list[Received]
    faults: list[str]
    proven: bool


class Forged(Exception):
    """Not a request of the carrier's to this account. ``reason``: a word for the log, none of the request's own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Ambiguous(Forged):
    """Sent by the carrier, but it can be read in more than one way: only the carrier's list shows which is true."""


class Hook(Protocol):
    """Reads what a carrier posts. ``replies``: whether a reply goes out in the answer, else through the outbox."""

    replies: bool

    def is_door(self, door: str) -> bool:
        """Whether the carrier posts to this path; in the same time for every wrong one."""

    def read(self, posted: Posted) -> Pushed:
        """Raises Forged or Ambiguous."""

    def answer(self, reply: str | None) -> tuple[str, str]:
        """The body and the media type of a 200."""
