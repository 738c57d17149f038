"""Long work on the event loop in small parts: in a thread it would block the loop for 5 ms at each switch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_TURN = 0.002  # seconds; a plain list of a thousand takes about as long
T = TypeVar("T")


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """Yields items; after a while of work the loop runs others before the next."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > _TURN:
            await asyncio.sleep(0)
            began = time.perf_counter()
