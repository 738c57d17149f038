"""One request to a carrier's HTTP API, bounded in time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consents.care import clock_trust
from gateways.carrier import Down, PerhapsTaken
from gateways.url import Gateway

if TYPE_CHECKING:
    from aiohttp import ClientResponse

SECONDS = 5.0  # for one request in all
MOST_BYTES = 1_000_000  # of an answer


class TooLong(Exception):
    """A body over its limit; the rest was not read."""


async def request(gateway: Gateway, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    """The status and body of one request on its own connection. Errors: Down; PerhapsTaken where the request may
    have arrived. They never hold the URL."""
    import aiohttp  # a site whose carrier writes to a file has no use for it

    host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
    url = f"{'https' if gateway.tls else 'http'}://{host}{f':{gateway.port}' if gateway.port else ''}{path}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.request(method, url, allow_redirects=False, **options) as answer,
        ):
            if gateway.tls:
                clock_trust.heard(answer.headers.get("Date"))
            return answer.status, await whole(answer, MOST_BYTES)
    except TooLong:
        raise PerhapsTaken(f"{gateway.scheme} answer too long") from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as fault:  # no request has left
        raise Down(f"{gateway.scheme} {type(fault).__name__}") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        raise PerhapsTaken(f"{gateway.scheme} {type(fault).__name__}") from None


async def whole(answer: ClientResponse, most: int) -> bytes:
    """The body, of at most ``most`` bytes; a single ``read(n)`` may return less. Errors: TooLong, and aiohttp's own."""
    body = await answer.content.read(most + 1)
    while not answer.content.at_eof() and len(body) <= most:
        body += await answer.content.read(most + 1 - len(body))
    if len(body) > most:
        raise TooLong
    return body
