"""Bodies of answers, read to their end within a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientResponse

MOST_BYTES = 1_000_000  # of a carrier's answer


class TooLong(Exception):
    """A body over its limit; the rest was not read."""


async def whole(answer: ClientResponse, most: int) -> bytes:
    """The body, of at most ``most`` bytes; a single ``read(n)`` may return less. Errors: TooLong, and aiohttp's own."""
    body = await answer.content.read(most + 1)
    while not answer.content.at_eof() and len(body) <= most:
        body += await answer.content.read(most + 1 - len(body))
    if len(body) > most:
        raise TooLong
    return body
