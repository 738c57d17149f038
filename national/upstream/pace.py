"""İYS's limits in this process: requests a second over all accounts, since they share its IP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from consents.instants import HOUR

SINGLES = 950  # questions about one consent in an hour; İYS answers 1,000 (H086), whoever asks
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


class SingleQueries:
    """Single queries that an account has left within the hour. Moments in µs."""

    def __init__(self) -> None:
        self._asked, self._rests_until = deque[int](maxlen=SINGLES), 0

    def spent(self, now: int) -> bool:
        """Whether İYS would answer no more now; a clock that is set back adds at most an hour."""
        full = len(self._asked) == self._asked.maxlen and 0 <= now - self._asked[0] < HOUR
        return full or 0 < self._rests_until - now <= HOUR

    def ask(self, now: int) -> None:
        self._asked.append(now)

    def rest(self, now: int) -> None:
        """İYS refused further queries (H086), because another program asks too."""
        self._rests_until = now + HOUR // 4
