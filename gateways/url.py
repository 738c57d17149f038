"""The URL that names a carrier and its account, taken apart.

``file:PATH`` · ``twilio://SID:TOKEN@HOST?from=+90…`` · ``verimor://USER:PASS@HOST?from=TITLE`` ·
``smtp://USER:PASS@HOST:587?from=ADDRESS``; ``scheme=http`` reaches a local stand-in without TLS.
``gateways/http`` has a form of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True)
class Gateway:
    """``scheme`` names the carrier; ``path`` is the file of ``file:`` and the template of ``http:``.

    ``received`` is the address of the list of received messages, where the URL names one. The account, and a
    template that may hold one, never show in a repr.
    """

    scheme: str
    host: str = ""
    port: int | None = None
    user: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    sender: str = ""
    path: str = field(default="", repr=False)
    tls: bool = True
    received: str = field(default="", repr=False)
    others: tuple[Gateway, ...] = field(default=(), repr=False)  # tried in turn where this one takes nothing

    @property
    def all(self) -> tuple[Gateway, ...]:
        """This one and the others, in the order in which they are tried."""
        return (self, *self.others)


OUTBOX = Gateway("file", path="var/outbox.jsonl")


def split(url: str) -> tuple[SplitResult, int | None]:
    """The URL's parts and its port; urllib's own complaint may repeat the URL, so it is made anew."""
    try:
        parts = urlsplit(url.strip())
        return parts, parts.port
    except ValueError:
        raise ValueError("must be a well-formed URL, special characters in a password as %XX") from None


def options(query: str) -> dict[str, str]:
    """The options of a query, read by hand: ``parse_qs`` turns the + of a phone number into a blank."""
    return {key: unquote(value) for key, _, value in (part.partition("=") for part in query.split("&"))}


def account(parts: SplitResult, port: int | None) -> Gateway:
    """The gateway of a URL with an account, a host and the options ``from`` and ``scheme``.

    Raises ValueError, which never repeats the URL.
    """
    if parts.fragment:
        raise ValueError("must write # as %23")
    given = options(parts.query)
    if not given.keys() <= {"", "from", "scheme"}:
        raise ValueError("knows no options but from and scheme")
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    path, tls = unquote(parts.path), given.get("scheme") != "http"
    return Gateway(parts.scheme, parts.hostname or "", port, user, secret, given.get("from", ""), path, tls)


def must_have_account(gateway: Gateway) -> None:
    """Raises ValueError where the host, the user, the password or the sender is missing."""
    must_have_host(gateway)
    if not (gateway.user and gateway.secret and gateway.sender):
        raise ValueError("must hold a user, a password and from=SENDER")


def must_have_host(gateway: Gateway) -> None:
    """Raises ValueError where the host is missing, or a user or a password alone."""
    if not gateway.host:
        raise ValueError("must name a host")
    if bool(gateway.user) != bool(gateway.secret):
        raise ValueError("must hold both a user and a password, or neither")
