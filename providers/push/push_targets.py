"""Which addresses may be posted to: public ones over https (OWASP, server-side request forgery). A name is looked up
once a connection, every address must be public, and the connection uses a checked one, against DNS rebinding.
``private`` lifts this for tests (setting PUSH_PRIVATE). Lookups run in threads of each owner's own, because
``getaddrinfo`` cannot be cancelled and may take half a minute."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

LONGEST = 2000  # characters of a URL

_UNICAST = IPv6Network("2000::/3")  # all that is given out for the internet (RFC 4291, 2.4; IANA)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

LOOKUP_THREADS = 2  # of one owner; a name takes one of them, however many ask for it
OWNERS = 64  # with threads of their own at once; those beyond share THREADS more

_Answer = list[Any]  # as socket.getaddrinfo answers


class BadTarget(ValueError):
    """``reason``: “https” (or no URL at all) or “private”."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(url: str, *, private: bool = False) -> str:
    """The URL; its addresses are checked at the connection. A URL with a user in it is refused, because programs
    disagree about its host. Errors: BadTarget."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # no number as a port, or a bracket alone
        raise BadTarget("https") from None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>') and len(url) <= LONGEST
    if parts.scheme not in (("https", "http") if private else ("https",)) or not host or not plain:
        raise BadTarget("https")
    if "@" in parts.netloc or parts.fragment:
        raise BadTarget("https")
    if not private and (_is_address(host) and not is_public(host)):
        raise BadTarget("private")
    return url


def is_public(text: str) -> bool:
    """Whether an IP address is of the internet, not of this machine, its network, or a group."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is None:
            return address in _UNICAST and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


class Public(AbstractResolver):
    """A resolver that gives public addresses only, also for names like 0x7f000001 or 127.1. ``owner``: its slow names
    hold up no other. Errors: BadTarget."""

    def __init__(self, *, private: bool = False, owner: Hashable = None) -> None:
        self._private, self._owner = private, owner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Errors: OSError, BadTarget."""
        found = await _lookups.look_up(self._owner, host, port, family)
        addresses = [(kind, proto, str(place[0])) for kind, _, proto, _, place in found]
        if not self._private and not all(is_public(address) for _, _, address in addresses):
            raise BadTarget("private")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=proto, flags=_NUMERIC)
            for kind, proto, address in addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address within an IPv6 one: mapped, 6to4, Teredo (its client), NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Lane:
    """The threads of one owner, while they have work."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(LOOKUP_THREADS, "izin-names")
        self.under_way: dict[Hashable, Future[_Answer]] = {}


class Lookups:
    """Thread-safe; any number of event loops may share one."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane] = {}
        self._lock = Lock()

    async def look_up(self, owner: Hashable, host: str, port: int, family: int = socket.AF_UNSPEC) -> _Answer:
        """What ``socket.getaddrinfo`` returns for TCP to this host. Errors: OSError."""
        name = host, port, family
        with self._lock:
            lane_of = owner if owner in self._lanes or len(self._lanes) < OWNERS else None
            lane = self._lanes.setdefault(lane_of, _Lane())
            looking = lane.under_way.get(name)
            if fresh := looking is None:
                look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, family=family)
                looking = lane.under_way[name] = lane.threads.submit(look)
        if fresh:  # without the lock, because a lookup that is done already calls back at once
            looking.add_done_callback(lambda _: self._done(lane_of, name))
        # Shielded: whoever gives up waiting does not take the answer from the others.
        return await asyncio.shield(asyncio.wrap_future(looking))

    def _done(self, owner: Hashable, name: Hashable) -> None:
        with self._lock:
            lane = self._lanes[owner]
            del lane.under_way[name]
            if not lane.under_way:
                del self._lanes[owner]
                lane.threads.shutdown(wait=False)


_lookups = Lookups()
