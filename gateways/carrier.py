"""Carriers of messages, behind one interface. A carrier's folder names its functions in ``OFFER``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol
from urllib.parse import SplitResult

from gateways import url
from gateways.received import Hook, Inbox
from gateways.url import Gateway

Kind = Literal["sms", "mail", "call"]
LANGUAGE = "Content-Language"  # header of a call: the language its text is spoken in


class OutgoingMessage(NamedTuple):
    """A message for a carrier. ``at``, ``expires_at``: µs since 1970 UTC. ``reference``: the same at each try;
    reveals nothing."""

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
    """The message was not taken, as far as is known. ``reason``: a class of failure, without the carrier's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Permanent(Undelivered):
    """This message will never be taken: no such address, or not reached by this carrier."""


class Temporary(Undelivered):
    """This message is not taken now."""


class Down(Temporary):
    """The carrier takes nothing now: unreachable, broken, or it rejects us."""


class PerhapsTaken(Down):
    """It is unknown whether the message was taken: the answer was late, cut off or unclear. ``gateway``: the one
    that may have it; only that one may retry."""

    def __init__(self, reason: str, gateway: str = "") -> None:
        super().__init__(reason)
        self.gateway = gateway


class NoCarrier(ValueError):
    """The carrier's settings are unusable; the text is for the operator."""


class Site(NamedTuple):
    """The sender: the site's name, and its host with or without a port."""

    name: str
    host: str


class Carrier(Protocol):
    async def send(self, message: OutgoingMessage) -> str:
        """Sends; returns the carrier's id of the message. Errors: Permanent, Temporary, Down."""


Send = Callable[[Gateway, Site], Carrier]


@dataclass(frozen=True)
class Offer:
    """Functions import their modules when called: Twilio's library takes 45 MB. ``send``: the kinds sent. ``read``
    and ``check`` raise ValueError without repeating the URL. ``hook`` takes HOOK_SECRET. For the privacy notice
    (KVKK art. 10/1-c): ``company`` and ``abroad``; None where the URL names anybody's server."""

    send: Mapping[Kind, Send]
    check: Callable[[Gateway], None] = url.must_have_account
    read: Callable[[SplitResult, int | None], Gateway] = field(default=url.account)
    inbox: Callable[[Gateway], Inbox | None] | None = None
    hook: Callable[[Gateway, str | None], Hook] | None = None
    company: str = ""
    abroad: bool | None = None
