"""DNS lookups in threads of each owner's own, because ``getaddrinfo`` cannot be cancelled and may take half a minute:
one provider's slow names hold up no other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from providers.push.push_targets import BadTarget, is_public

THREADS = 2  # of one owner; a name takes one of them, however many ask for it
OWNERS = 64  # with threads of their own at once; those beyond share THREADS more

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

_Answer = list[Any]  # as socket.getaddrinfo answers


class _Lane:
    """The threads of one owner, while they have work."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, "izin-names")
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
        # Shielded: a caller that gives up takes the answer from no other.
        return await asyncio.shield(asyncio.wrap_future(looking))

    def _done(self, owner: Hashable, name: Hashable) -> None:
        with self._lock:
            lane = self._lanes[owner]
            del lane.under_way[name]
            if not lane.under_way:
                del self._lanes[owner]
                lane.threads.shutdown(wait=False)


_lookups = Lookups()


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
