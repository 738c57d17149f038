"""What a carrier hands over: one message that somebody wrote to a number."""

from __future__ import annotations

from typing import NamedTuple


class Inbound(NamedTuple):
    """A message as it came. ``name``: the carrier's own id for it; ``received_at``: µs since 1970.

    ``sender`` and ``to`` are as the carrier writes them, with or without a leading +.
    """

    carrier: str
    name: str
    sender: str
    to: str
    text: str
    received_at: int
