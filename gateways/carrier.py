"""What carries a message out of the house: one small module a carrier, all alike to those who send."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from gateways.url import Gateway

Kind = Literal["sms", "mail", "call"]
LANGUAGE = "Content-Language"  # header of a call: the language its text is spoken in


class Message(NamedTuple):
    """What is handed to a carrier. ``at``: when, ``expires_at``: until when it is of use, both µs since 1970 UTC.

    ``reference`` names the message, the same at each try; it tells nothing about it.
    """

    kind: Kind
    to: str
    subject: str
    text: str
    at: int
    expires_at: int
    reference: str
    headers: Mapping[str, str] = MappingProxyType({})  # of a mail, beside its own; of a call LANGUAGE


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


class NoCarrier(ValueError):
    """The settings name a carrier that this program cannot send with; the text is for the operator."""


class Carrier(Protocol):
    async def send(self, message: Message) -> str:
        """Hands the message over; the carrier's name for it. Raises Permanent, Temporary or Down."""


def carrier(gateway: Gateway, name: str, host: str, kind: Kind = "sms") -> Carrier:
    """The carrier of a gateway, for messages of this kind; ``name`` and ``host`` of the site make the sender of a mail.

    Raises NoCarrier. Only the module that is needed is loaded: Twilio's library takes 45 MB.
    """
    if gateway.scheme == "file":
        from gateways.file.sending import File

        return File(gateway.path)
    if gateway.scheme == "twilio" and kind == "call":
        from gateways.twilio.calling import TwilioVoice

        return TwilioVoice(gateway)
    if gateway.scheme == "twilio":
        from gateways.twilio.sending import Twilio

        return Twilio(gateway)
    if gateway.scheme == "verimor":
        from gateways.verimor.sending import Verimor

        return Verimor(gateway)
    if gateway.scheme == "smtp":
        from gateways.smtp.sending import Smtp

        return Smtp(gateway, name, gateway.sender or f"izin@{_domain(host)}")
    raise NoCarrier(f"{gateway.scheme}: messages cannot be sent through it yet; name file: or another carrier")


def _domain(host: str) -> str:
    """What stands behind the @ for a host with or without a port (RFC 5321, 4.1.3: an IP address in brackets)."""
    bare = host.rpartition(":")[0] or host if not host.endswith("]") else host
    try:
        return f"[{ip_address(bare)}]"
    except ValueError:
        return bare
