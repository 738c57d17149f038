"""The URL that names a carrier and its account, taken apart.

``file:PATH`` · ``twilio://SID:TOKEN@HOST?from=+90…`` · ``verimor://USER:PASS@HOST?from=TITLE`` ·
``smtp://USER:PASS@HOST:587?from=ADDRESS``; ``scheme=http`` reaches a local stand-in without TLS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True)
class Gateway:
    """``scheme`` names the carrier, ``path`` is the file of ``file:``; the account never shows in a repr."""

    scheme: str
    host: str = ""
    port: int | None = None
    user: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    sender: str = ""
    path: str = ""
    tls: bool = True


OUTBOX = Gateway("file", path="var/outbox.jsonl")


def split(url: str) -> tuple[SplitResult, int | None]:
    """The URL's parts and its port; urllib's own complaint may repeat the URL, so it is made anew."""
    try:
        parts = urlsplit(url.strip())
        return parts, parts.port
    except ValueError:
        raise ValueError("must be a well-formed URL, special characters in a password as %XX") from None


def reader(*schemes: str) -> Callable[[object], Gateway]:
    """A function that reads the URLs of these carriers; it raises ValueError without repeating the URL."""

    def read(url: object) -> Gateway:
        parts, port = split(str(url))
        if parts.scheme not in schemes or parts.fragment:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}:' for scheme in schemes)} and write # as %23")
        # by hand, for parse_qs would turn the + of a phone number into a blank
        options = {key: unquote(value) for key, _, value in (part.partition("=") for part in parts.query.split("&"))}
        if not options.keys() <= {"", "from", "scheme"}:
            raise ValueError("knows no options but from and scheme")
        account = unquote(parts.username or ""), unquote(parts.password or "")
        sender, path, tls = options.get("from", ""), unquote(parts.path), options.get("scheme") != "http"
        return _usable(Gateway(parts.scheme, parts.hostname or "", port, *account, sender, path, tls))

    return read


def _usable(gateway: Gateway) -> Gateway:
    """The gateway itself; ValueError when its carrier could not work with what the URL gives."""
    if gateway.scheme == "file" and (gateway.host or not gateway.path):
        raise ValueError("must name a file after file:")
    if gateway.scheme != "file" and not gateway.host:
        raise ValueError("must name a host")
    if gateway.scheme in {"twilio", "verimor"} and not (gateway.user and gateway.secret and gateway.sender):
        raise ValueError("must hold a user, a password and from=SENDER")
    if gateway.scheme == "smtp" and bool(gateway.user) != bool(gateway.secret):
        raise ValueError("must hold both a user and a password, or neither")
    return gateway
