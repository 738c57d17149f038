"""İYS's limits as this process keeps them: so many requests a second over all accounts, since they share its IP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

PER_SECOND = 9  # İYS's is 10 (H083, H124); its clock cuts seconds elsewhere than ours


class Pace:
    """``await turn()`` before each request. ``clock`` in seconds; ``sleep`` is asyncio's outside simulations."""

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int = PER_SECOND,
    ) -> None:
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._sleep, self._made = sleep, deque[float](maxlen=most)
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        async with self._lock:
            if len(self._made) == self._made.maxlen:
                wait = self._made[0] + 1.0 - self._clock()
                if 0 < wait <= 1.0:
                    await self._sleep(wait)
            self._made.append(self._clock())
