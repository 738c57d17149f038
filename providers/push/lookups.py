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

THREADS = 2  # of one owner; a name takes one of them, however many ask for it
OWNERS = 64  # with threads of their own at once; those beyond share THREADS more

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
        # Shielded: whoever gives up waiting does not take the answer from the others.
        return await asyncio.shield(asyncio.wrap_future(looking))

    def _done(self, owner: Hashable, name: Hashable) -> None:
        with self._lock:
            lane = self._lanes[owner]
            del lane.under_way[name]
            if not lane.under_way:
                del self._lanes[owner]
                lane.threads.shutdown(wait=False)
