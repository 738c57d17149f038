"""Any SMS gateway with an HTTP API, by
``http(s)://USER:PASS@HOST/PATH?from=SENDER&to={to}&text={text}#received=/PATH?since={since}``; docs/carriers.md has
the requests and answers."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote

from gateways import url
from gateways.carrier import Carrier, Offer, Site
from gateways.received import Hook, Inbox
from gateways.url import Gateway

_RECEIVED = "received="
_HOLE = re.compile(r"\{[^{}]*\}")
_HOLES = frozenset({"{to}", "{digits}", "{text}", "{id}", "{minutes}"})


def read(parts: SplitResult, port: int | None) -> Gateway:
    """The gateway of such a URL. Errors: ValueError, which never repeats the URL."""
    if parts.fragment and not parts.fragment.startswith(f"{_RECEIVED}/"):
        raise ValueError("must write # as %23, or name the list of received messages as #received=/PATH")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Gateway(
        scheme="http",
        host=parts.hostname or "",
        port=port,
        user=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        sender=url.options(parts.query).get("from", ""),
        path=path,
        tls=parts.scheme == "https",
        received=parts.fragment.removeprefix(_RECEIVED),
    )


def _check(gateway: Gateway) -> None:
    url.must_have_host(gateway)
    if not gateway.sender:
        raise ValueError("must hold from=SENDER")
    holes = set(_HOLE.findall(gateway.path))
    if not holes <= _HOLES:
        raise ValueError("knows only {digits}, {id}, {minutes}, {text} and {to} between braces")
    if "{text}" in holes and not holes & {"{to}", "{digits}"}:
        raise ValueError("must hold {to} or {digits} where it holds {text}")
    if not set(_HOLE.findall(gateway.received)) <= {"{since}"}:
        raise ValueError("knows only {since} in #received=")


def _send(gateway: Gateway, site: Site) -> Carrier:
    from gateways.http.sending import HttpSender

    return HttpSender(gateway)


def _inbox(gateway: Gateway) -> Inbox | None:
    from gateways.http.inbox import HttpInbox

    return HttpInbox(gateway) if gateway.received else None


def _hook(gateway: Gateway, secret: str | None) -> Hook:
    from gateways.http.hook import read as entries
    from gateways.secret_hook import SecretHook

    return SecretHook(secret, entries)


OFFER = Offer(send={"sms": _send}, check=_check, read=read, inbox=_inbox, hook=_hook)
