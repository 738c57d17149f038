"""Parses a carrier's URL: ``file:PATH`` · ``twilio://SID:TOKEN@HOST?from=+90…`` ·
``verimor://USER:PASS@HOST?from=TITLE`` · ``smtp://USER:PASS@HOST:587?from=ADDRESS``; ``scheme=http``: a local
stand-in without TLS. ``gateways/http`` has its own form."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True)
class Gateway:
    """``scheme``: the carrier; ``path``: the file of ``file:``, the template of ``http:``; ``received``: the URL of
    received messages. A repr never shows the account or template."""

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
        return (self, *self.others)


OUTBOX = Gateway("file", path="var/outbox.jsonl")


def split(url: str) -> tuple[SplitResult, int | None]:
    """The URL's parts and port; an error never repeats the URL, as urllib's may."""
    try:
        parts = urlsplit(url.strip())
        return parts, parts.port
    except ValueError:
        raise ValueError("must be a well-formed URL, special characters in a password as %XX") from None


def options(query: str) -> dict[str, str]:
    """The options of a query; ``parse_qs`` would turn a phone number's + into a blank."""
    return {key: unquote(value) for key, _, value in (part.partition("=") for part in query.split("&"))}


def account(parts: SplitResult, port: int | None) -> Gateway:
    """The gateway of a URL with an account, a host and the options ``from`` and ``scheme``. Errors: ValueError,
    which never repeats the URL."""
    if parts.fragment:
        raise ValueError("must write # as %23")
    given = options(parts.query)
    if not given.keys() <= {"", "from", "scheme"}:
        raise ValueError("knows no options but from and scheme")
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    path, tls = unquote(parts.path), given.get("scheme") != "http"
    return Gateway(parts.scheme, parts.hostname or "", port, user, secret, given.get("from", ""), path, tls)


def must_have_account(gateway: Gateway) -> None:
    """Errors: ValueError where the host, the user, the password or the sender is missing."""
    must_have_host(gateway)
    if not (gateway.user and gateway.secret and gateway.sender):
        raise ValueError("must hold a user, a password and from=SENDER")


def must_have_host(gateway: Gateway) -> None:
    """Errors: ValueError where the host is missing, or a user or a password alone."""
    if not gateway.host:
        raise ValueError("must name a host")
    if bool(gateway.user) != bool(gateway.secret):
        raise ValueError("must hold both a user and a password, or neither")
