"""Checks of every request and headers of every answer, also 404, 405, 413 and 500: one pure ASGI class around the
application, because Starlette's 500 skips middleware. It covers request id, host, client address, cross-site guard,
security headers and the log line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from secrets import token_hex
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import Settings
from web import logs
from web.room import Networks, Room

Pairs = list[tuple[bytes, bytes]]
Refuse = Callable[[int, Scope, Receive, Send], Awaitable[None]]
Count = Callable[[str, str, int, float], None]

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked by machines by the server's address, so under any host name.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "server": "izin",  # else the server would name itself
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_HSTS = {"strict-transport-security": "max-age=31536000"}
HEADER_BYTES = 64_000  # of all headers
QUERY_BYTES = 4_000  # the longest search takes a third of it
DECLARED = "izin.declared"  # in a scope: the Content-Length of the request, as it came
_SLASHES = re.compile("//+")
_HOPS = 500  # bytes; a dozen addresses as long as they can be
_PRIVATE: list[IPv4Network | IPv6Network] = [
    ip_network(block) for block in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
_PRIVATE += [ip_network(block) for block in ("100.64.0.0/10", "::1/128", "fc00::/7")]
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Guards:
    """Wraps ``app``; ``refuse(status, …)`` answers rejected requests: 400 another host, 403 cross-site, 414 a long
    query, 431 long headers. ``exempt``: path prefixes authorised by token or signature, without cookies.
    ``count(method, route, status, seconds)`` gets every answer. ``room``: for connections."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        refuse: Refuse,
        exempt: tuple[str, ...] = (),
        count: Count | None = None,
        room: Room | None = None,
    ) -> None:
        self.app, self.refuse, self.exempt, self.count = app, refuse, exempt, count
        self.room = room or Room(settings.trusted_proxy)
        self.https, self.host, self.origin = settings.https, settings.host, settings.public_url
        self.proxies = settings.trusted_proxy
        self.alarmed = False  # of a proxy that is not trusted; logged once
        always = _HEADERS | (_HSTS if settings.https else {})
        self.headers: Pairs = [(name.encode(), value.encode()) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = perf_counter(), 500
        asked: dict[bytes, bytes] = dict(scope["headers"])
        name = _request_id(asked.get(b"x-request-id", b""))
        logs.request_id.set(name)

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given: Pairs = list(message.get("headers", ()))
                names = {pair[0] for pair in given}
                given += [pair for pair in self.headers if pair[0] not in names]
                given.append((b"x-request-id", name.encode()))
                message["headers"] = given
            await send(message)

        self._place(scope, asked)
        _simplify(scope, asked)
        refusal = self._refusal(scope, asked)
        try:
            if refusal:
                await self.refuse(refusal, scope, receive, guarded)
            else:
                await self.app(scope, receive, guarded)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            seconds = perf_counter() - began
            logs.answered(scope["method"], route, status, seconds * 1000)
            if self.count:
                self.count(scope["method"], route, status, seconds)

    def _place(self, scope: Scope, asked: dict[bytes, bytes]) -> None:
        if self.https:
            scope["scheme"] = "https"
        client = scope.get("client")
        if client is None or b"x-forwarded-for" not in asked:
            return
        if not (self.alarmed or _within(client[0], self.proxies)):
            self.alarmed = True
            _alarm(client[0])
        if named := forwarded_for(client[0], scope["headers"], self.proxies):
            scope["client"] = (named, 0)

    def _refusal(self, scope: Scope, asked: dict[bytes, bytes]) -> int:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            return 431
        if len(scope["query_string"]) > QUERY_BYTES:
            scope["query_string"] = b""  # the answer would read it too
            return 414
        host = asked.get(b"host", b"").decode("latin-1").lower().removesuffix(":443")
        if self.https and host != self.host and scope["path"] not in PROBES:
            return 400
        if scope["method"] in READING or (self.exempt and scope["path"].startswith(self.exempt)):
            return 0
        return 0 if self._same_site(asked, host) else 403

    def _same_site(self, asked: dict[bytes, bytes], host: str) -> bool:
        """Fetch Metadata first, because Origin is ``null`` under Referrer-Policy no-referrer; neither: no browser."""
        if site := asked.get(b"sec-fetch-site"):
            return site in {b"same-origin", b"none"}
        origin = asked.get(b"origin")
        if origin is None:
            return True
        text = origin.decode("latin-1").lower()
        return text == self.origin if self.https else text.partition("://")[2] == host


def _alarm(peer: str) -> None:
    """Logs that an untrusted proxy forwards requests: all its clients count as one. Names its block of private
    addresses; its own address may be a citizen's."""
    known = _address(peer)
    block = next((str(block) for block in _PRIVATE if known is not None and known in block), "public")
    structlog.get_logger().error("forwarded_by_an_untrusted_proxy", setting="TRUSTED_PROXY", peer=block)


def _simplify(scope: Scope, asked: dict[bytes, bytes]) -> None:
    """Normalises slashes of the path, without a redirect. Content-Length is left to the server: the application
    counts a body's bytes instead, and finds what was declared in the scope under DECLARED."""
    if "//" in scope["path"] or scope["path"].endswith("/"):
        scope["path"] = _SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
    if b"content-length" in asked:
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
        scope[DECLARED] = asked[b"content-length"].decode("latin-1")


def _request_id(given: bytes) -> str:
    """A proxy's id, if it is valid and holds nothing personal; else a new one."""
    text = given.decode("latin-1")
    return text if _SANE_ID.fullmatch(text) and logs.mask(text) == text else token_hex(8)


def forwarded_for(peer: str, headers: Pairs, proxies: Networks) -> str:
    """The client address that our proxies report; "" without proxies, or where the request has none."""
    if not proxies:
        return ""
    # Several lines of it are one list (RFC 9110, 5.3): some proxies add a line of their own.
    lines = [value for name, value in headers if name == b"x-forwarded-for"]
    return client_address(peer, _nearest(b",".join(lines)), proxies) if lines else ""


def _nearest(forwarded: bytes) -> str:
    """The end of ``X-Forwarded-For``, without a hop that is cut; the client's part may be long."""
    cut = forwarded if len(forwarded) <= _HOPS else forwarded[-_HOPS:].partition(b",")[2]
    return cut.decode("latin-1")


@lru_cache(maxsize=4096)
def client_address(peer: str, forwarded: str, proxies: Networks) -> str:
    """The first address in ``X-Forwarded-For`` from the right that is none of our proxies; anything to its left is
    the client's claim."""
    current = peer
    for hop in reversed(forwarded.split(",")):
        if not _within(current, proxies) or (known := _address(hop)) is None:
            break
        current = str(known)
    return current


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        known = ip_address(text.strip())
    except ValueError:
        return None
    return (known.ipv4_mapped or known) if isinstance(known, IPv6Address) else known


def _within(text: str, networks: Networks) -> bool:
    known = _address(text)
    return known is not None and any(known in network for network in networks)
