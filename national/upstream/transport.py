"""One request to İYS over HTTPS, bounded in time and size. Tests and simulations bring their own transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from consents import instants
from consents.care import clock_trust

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

SECONDS = 30.0  # for one answer
FILE_SECONDS = 900.0  # for a day's file: 1 M rows are 200 MB
MOST_BYTES = 8_000_000  # of an answer that is no file: a page of 1,000 movements has half a megabyte

Sink = Callable[[bytes], Awaitable[None]]


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
