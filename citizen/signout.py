"""Leaving: this session, or every session of its numbers and e-mails on any device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from citizen import cookies, session_store
from citizen import session as sessions
from consents.store import Transaction
from web import pages

# Also what the browser keeps of the pages: the next person at this device shall not page back to them.
_FORGET = {"clear-site-data": '"cache", "cookies", "storage"'}


async def page(request: Request) -> Response:
    """Says that one is out; to somebody who is still in it offers both ways of leaving."""
    return pages.render(request, "citizen/signin/out.html", session=await sessions.current(request))


async def leave(request: Request) -> Response:
    """Ends this session; harmless where it has ended already."""
    return await _leave(request, session_store.end)


async def leave_everywhere(request: Request) -> Response:
    """Ends every session that holds one of this session's addresses."""
    if await sessions.current(request) is None:  # a session that has run out speaks for nobody any more
        return await leave(request)
    return await _leave(request, session_store.end_all)


async def _leave(request: Request, work: Callable[[Transaction, bytes], Any]) -> Response:
    key = cookies.key_in(request, cookies.SESSION)
    if key is not None:
        await request.app.state.registry.store.write(work, key)
    response = pages.redirect(request, "/cikis")
    response.headers.update(_FORGET)
    for which in (cookies.SESSION, cookies.BROWSER, cookies.INTENT):
        cookies.drop(request, response, which)
    return response
