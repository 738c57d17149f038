"""Several gateways of one kind, in order: one that takes nothing rests for a while, and the next one sends. A
message that a gateway may have taken is retried with that gateway alone. Each worker keeps its own rests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from gateways.carrier import Carrier, Down, OutgoingMessage, PerhapsTaken

REST = 120.0  # seconds
LONGEST = 6.0  # seconds for one try; delivery gives one message 15, and only a certain no leads to another try


class InTurn:
    def __init__(self, carriers: Mapping[str, Carrier]) -> None:
        self._carriers = dict(carriers)
        self._rests: dict[str, float] = {}  # until when, monotonic seconds
        self._news: dict[str, float] = {}

    async def send(self, message: OutgoingMessage) -> str:
        """Sends by the first gateway that takes it. Raises the last one's error."""
        if message.via in self._carriers:
            return await self._try(message.via, message)
        last: Down | None = None
        for name in self._in_order():
            try:
                return await self._try(name, message)
            except PerhapsTaken:
                raise
            except Down as fault:
                last = fault
        assert last is not None
        raise last

    def news(self) -> dict[str, float]:
        """Changes since the last call: the gateways that rest, with seconds; 0 for one that answers again."""
        news, self._news = self._news, {}
        return news

    async def _try(self, name: str, message: OutgoingMessage) -> str:
        try:
            async with asyncio.timeout(LONGEST):
                taken = await self._carriers[name].send(message)
        except TimeoutError:
            self._rest(name)
            raise PerhapsTaken("TimeoutError", name) from None
        except PerhapsTaken as fault:
            self._rest(name)
            raise PerhapsTaken(fault.reason, name) from None
        except Down:
            self._rest(name)
            raise
        if self._rests.pop(name, None) is not None:
            self._news[name] = 0
        return taken

    def _rest(self, name: str) -> None:
        self._rests[name] = time.monotonic() + REST
        self._news[name] = REST

    def _in_order(self) -> list[str]:
        """Gateways that do not rest; else all, the longest rest first."""
        now = time.monotonic()
        awake = [name for name in self._carriers if self._rests.get(name, 0) <= now]
        return awake or sorted(self._carriers, key=lambda name: self._rests[name])
