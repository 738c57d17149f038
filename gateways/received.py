"""What was written to our numbers, as carriers list it: the way to find what their push never brought."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from consents.instants import SECOND
from gateways.url import Gateway

FIRST_LOOK = 86_400 * SECOND  # how far back the first look at a list goes
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


class Batch(NamedTuple):
    """Some messages, oldest first, and from where to read on once all of them are safe."""

    messages: list[Received]
    position: str


class Inbox(Protocol):
    """A carrier's list of received messages."""

    carrier: str

    def start(self, now: int) -> str:
        """The position of the first look."""

    def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[Batch]:
        """What came since ``position`` and, overlapping, a while before it.

        ``now``: µs. ``numbers``: our own, as the carrier writes them. Errors: carrier.Down.
        """


def inbox(gateway: Gateway) -> Inbox | None:
    """The list of a gateway's carrier; None for one that receives nothing. Loads only the module that is needed."""
    if gateway.scheme == "twilio":
        from gateways.twilio.inbox import TwilioInbox

        return TwilioInbox(gateway)
    if gateway.scheme == "verimor":
        from gateways.verimor.inbox import VerimorInbox

        return VerimorInbox(gateway)
    return None
