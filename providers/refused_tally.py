"""Refused records of single calls, collected in memory and written together; a crash loses the last seconds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from consents.store import Store, StoreUnavailable
from providers import refused_counts
from providers.api.answers import Refusal
from providers.api.endpoint import Call
from providers.cases.meanings import CHANNELS
from providers.refused_counts import RefusedKind, RefusedWay
from web.iys_fields import Field

WITHIN = 2.0  # seconds: how long a count may stand in the process alone


class RefusedTally:
    """Counts of one process that are not written yet, for the event loop; kept for each store by ``get``."""

    def __init__(self) -> None:
        self._waiting: Counter[RefusedKind] = Counter()
        self._writer: asyncio.Task[None] | None = None
        self._ends = asyncio.Event()

    def add(self, store: Store, found: Mapping[RefusedKind, int]) -> None:
        """Schedules a write; nothing waits for it or fails with it."""
        self._waiting.update(found)
        if self._writer is None or self._writer.done():
            self._ends = asyncio.Event()
            self._writer = asyncio.create_task(self._write_soon(store, self._ends))

    async def close(self, store: Store) -> None:
        writer = self._writer
        if writer is not None and writer.get_loop() is asyncio.get_running_loop():
            self._ends.set()
            await writer
        await self._write(store)

    async def _write_soon(self, store: Store, ends: asyncio.Event) -> None:
        while self._waiting and not ends.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHIN):
                    await ends.wait()
            await self._write(store)

    async def _write(self, store: Store) -> None:
        """Writes what waits; after a failure it waits on."""
        found, self._waiting = self._waiting, Counter()
        try:
            if found:
                await store.write(refused_counts.add, found)
        except StoreUnavailable:
            self._waiting.update(found)


def get(store: Store) -> RefusedTally:
    return store.own(RefusedTally, RefusedTally)


def note_refusal(call: Call, way: RefusedWay, refusal: Refusal, sent: Sequence[Any]) -> None:
    """Counts each record once for each code; ``sent``: the bodies."""
    found = {(fault.code, fault.place) for fault in refusal.faults}
    only = 0 if way is RefusedWay.SINGLE else None  # what is wrong with a list as a whole is of no channel
    codes = Counter((code, _channel(sent, only if place is None else place)) for code, place in found)
    store = call.registry.store
    get(store).add(store, refused_counts.kinds(call.of_brand.id, way, codes))


def _channel(sent: Sequence[Any], place: int | None) -> int | None:
    body = sent[place] if place is not None and place < len(sent) else None
    word = body.get(Field.TYPE) if isinstance(body, dict) else None
    channel = CHANNELS.get(word) if isinstance(word, str) else None
    return channel.code if channel else None
