"""Bodies of other people's answers, read to their end and no further than a limit."""

from __future__ import annotations

from aiohttp import ClientResponse

MOST_BYTES = 1_000_000  # of a carrier's answer


class TooLong(Exception):
    """A body over its limit; the rest of it was not read."""


async def whole(answer: ClientResponse, most: int) -> bytes:
    """The body, of at most ``most`` bytes. Errors: TooLong, and aiohttp's own.

    One ``read(n)`` gives what has arrived so far, which is all of it only by chance.
    """
    body = await answer.content.read(most + 1)
    while not answer.content.at_eof() and len(body) <= most:
        body += await answer.content.read(most + 1 - len(body))
    if len(body) > most:
        raise TooLong
    return body
