"""A mailbox read by IMAP (RFC 9051); sends nothing."""

from __future__ import annotations

from dataclasses import replace

from gateways import url
from gateways.url import Gateway


def read_url(given: object) -> Gateway:
    """The mailbox of ``imaps://USER:PASS@HOST:993/FOLDER``; ``scheme=http``: a local stand-in without TLS. Errors:
    ValueError, which never repeats the URL."""
    parts, port = url.split(str(given))
    if parts.scheme != "imaps":
        raise ValueError("must begin with imaps:")
    gateway = url.account(parts, port)
    url.must_have_host(gateway)
    if not (gateway.user and gateway.secret):
        raise ValueError("must hold a user and a password")
    folder = gateway.path.strip("/") or "INBOX"
    if not folder.isascii() or not folder.isprintable() or any(c in folder for c in '"\\*%'):
        raise ValueError("must name a folder of plain letters")
    return replace(gateway, path=folder)
