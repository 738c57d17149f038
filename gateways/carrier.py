"""What carries a message out of the house; all carriers are alike to those who send."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

Kind = Literal["sms", "mail", "call"]
LANGUAGE = "Content-Language"  # header of a call: the language its text is spoken in


class OutgoingMessage(NamedTuple):
    """What is handed to a carrier. ``at``: when, ``expires_at``: until when it is of use, both µs since 1970 UTC.

    ``reference`` names the message, the same at each try; it shows nothing of it.
    """

    kind: Kind
    to: str
    subject: str
    text: str
    at: int
    expires_at: int
    reference: str
    headers: Mapping[str, str] = MappingProxyType({})  # of a mail, beside its own; of a call LANGUAGE
    via: str = ""  # the one of several gateways that may have taken it at an earlier try


class Undelivered(Exception):
    """The message was not taken, as far as we know. ``reason``: a class of failure, free of the carrier's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Permanent(Undelivered):
    """This message will never be taken: there is no such address, or it is not reached by this carrier."""


class Temporary(Undelivered):
    """This message is not taken now."""


class Down(Temporary):
    """The carrier takes nothing now: it cannot be reached, is broken, or refuses us."""


class PerhapsTaken(Down):
    """Nobody knows whether the message was taken: the answer was late, cut off, or none that says so.

    ``gateway``: the one of several that may have it; only that one may be tried again with this message.
    """

    def __init__(self, reason: str, gateway: str = "") -> None:
        super().__init__(reason)
        self.gateway = gateway


class NoCarrier(ValueError):
    """The settings of a carrier cannot be sent with; the text is for the operator."""


class Site(NamedTuple):
    """Who sends: the site's name, and its host with or without a port."""

    name: str
    host: str


class Carrier(Protocol):
    async def send(self, message: OutgoingMessage) -> str:
        """Hands the message over; the carrier's name for it. Raises Permanent, Temporary or Down."""
