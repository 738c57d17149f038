"""Long work on the event loop, a little at a time.

Not in a thread: work of Python's own would keep the loop from running all the same, for 5 ms at each change between the
two, and a list of plain items is done sooner than a thread has begun.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_TURN = 0.002  # seconds; a plain list of a thousand takes about as long
T = TypeVar("T")


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """Items one by one; whenever work on them has taken a while, others have the loop before the next."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > _TURN:
            await asyncio.sleep(0)
            began = time.perf_counter()
