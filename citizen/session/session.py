"""Who is signed in: the session of a request, and handlers that need one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import intent, session_store
from citizen.session.session_store import Live
from consents.store import StoreUnavailable
from web import cookies, pages, process

SIGN_IN = "/giris"

Handler = Callable[[Request, "Session"], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Proven(NamedTuple):
    """An address, canonical ("+90532…" or an e-mail), that was proved in this session. ``proved_at``: µs."""

    address: str
    proved_at: int


class Session(NamedTuple):
    """A signed-in browser.

    ``proven``: newest first. ``current``: the one its pages are about; ``?a=<index in proven>`` names another one for a
    request. ``last_sign_in``: µs of the sign-in with the current address before this one, None for the first.
    """

    key: bytes
    proven: tuple[Proven, ...]
    current: Proven
    last_sign_in: int | None


async def current(request: Request) -> Session | None:
    """The request's session by one indexed read; None without one, or when it has run out.

    Being used is noted once a minute; where the store cannot note it now, reading goes on all the same.
    """
    key = cookies.key_in(request, cookies.SESSION)
    return await of(request, key) if key else None


async def of(request: Request, key: bytes) -> Session | None:
    """The same by the session's key."""
    registry = process.of(request).registry
    settings = process.of(request).settings
    now = registry.store.now()
    live = await registry.store.read(session_store.find, registry.keyring, settings, key, now)
    if live is None:
        return None
    if session_store.touch_is_due(settings, live, now):
        with suppress(StoreUnavailable):  # then the session only ends sooner
            await registry.store.write(session_store.touch, key)
    return _session(key, live, _asked_for(request, live))


def required(handler: Handler) -> Endpoint:
    """The handler for signed-in citizens; anybody else is led to the sign-in page, and back after the code.

    A refusal that was posted is kept and finished after the code, an approval never (``citizen.session.intent``).
    """

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        session = await current(request)
        return await handler(request, session) if session else await lead_to_sign_in(request)

    return endpoint


async def lead_to_sign_in(request: Request) -> Response:
    """To the sign-in page, with what was wanted in a signed cookie where it can wait."""
    wanted = await intent.of(request)
    response: Response = pages.redirect(request, SIGN_IN)
    if request.headers.get("hx-request"):  # else htmx would follow and put the whole page into the piece
        response = Response(headers={"hx-redirect": response.headers["location"]})
    if wanted is not None:
        intent.keep(request, response, wanted)
    return response


def place(named: str, count: int) -> int | None:
    """An index below ``count`` that somebody has written; None for anything else."""
    written = named.isascii() and named.isdecimal() and len(named) < 4
    return int(named) if written and int(named) < count else None


def _session(key: bytes, live: Live, chosen: int) -> Session:
    proven = tuple([Proven(item.address, item.proved_at) for item in live.proved])
    return Session(key, proven, proven[chosen], live.proved[chosen].last_sign_in)


def _asked_for(request: Request, live: Live) -> int:
    """The index in ``proven`` of the address that the request is about."""
    if b"a=" in request.scope["query_string"]:
        named = place(request.query_params.get("a", ""), len(live.proved))
        if named is not None:
            return named
    return len(live.proved) - 1 - live.current
