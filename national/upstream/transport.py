"""One request to İYS over HTTPS, bounded in time and size. Tests and simulations bring their own transport. İYS's
limits in this process: requests a second over all accounts, since they share its IP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from consents import instants
from consents.care import clock_trust
from consents.instants import HOUR

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

SECONDS = 30.0  # for one answer
FILE_SECONDS = 900.0  # for a day's file: 1 M rows are 200 MB
MOST_BYTES = 8_000_000  # of an answer that is no file: a page of 1,000 movements has half a megabyte

Sink = Callable[[bytes], Awaitable[None]]
SINGLES = 950  # questions about one consent in an hour; İYS answers 1,000 (H086) to all askers together
PER_SECOND = 9  # İYS's is 10 (H083, H124); its clock cuts seconds elsewhere than ours


class Unreachable(Exception):
    """No answer, half an answer, or too long a one. The text is a class of failure, without the URL."""


class IysReply(NamedTuple):
    """``clock``: İYS's clock (µs), None where not given."""

    status: int
    body: bytes
    clock: int | None = None


class Transport(Protocol):
    """``path`` begins with a slash; ``sink`` takes the pieces of a body of status 200, which the reply then lacks."""

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        """Errors: Unreachable."""
        ...

    async def close(self) -> None: ...


class Https:
    def __init__(self, url: str) -> None:
        self._url = url
        self._session: ClientSession | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar  # only for a sync with İYS

        if self._session is None:
            self._session = ClientSession(cookie_jar=DummyCookieJar(), timeout=ClientTimeout())
        limit = ClientTimeout(total=SECONDS if sink is None else FILE_SECONDS, sock_connect=10, sock_read=SECONDS)
        options: dict[str, Any] = {"data": body, "headers": dict(headers), "allow_redirects": False, "timeout": limit}
        try:
            async with self._session.request(method, f"{self._url}{path}", **options) as answer:
                clock = _clock(answer.headers.get("Date"))
                if self._url.startswith("https:"):
                    clock_trust.heard(answer.headers.get("Date"))
                if sink is not None and answer.status == 200:
                    async for piece in answer.content.iter_chunked(1 << 16):
                        await sink(piece)
                    return IysReply(200, b"", clock)
                return IysReply(answer.status, await _whole(answer), clock)
        except (ClientError, TimeoutError, OSError) as fault:
            raise Unreachable(type(fault).__name__) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _whole(answer: ClientResponse) -> bytes:
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > MOST_BYTES:
            raise Unreachable("answer too long")
        pieces.append(piece)
    return b"".join(pieces)


def _clock(date: str | None) -> int | None:
    with suppress(ValueError, TypeError):
        if date is not None:
            return instants.micros(parsedate_to_datetime(date)) + instants.SECOND // 2  # whole seconds only
    return None


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
