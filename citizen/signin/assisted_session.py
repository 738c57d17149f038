"""The end of an assisted session, with a page that shows the change back to the helper's own consents."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import assisted_session_store
from citizen.session import session as sessions
from web import cookies, pages, process

_PAGES = {"clear-site-data": '"cache"'}  # what the browser keeps of the other's consents


async def over(request: Request) -> Response:
    """The page after the end, with a link to one's own consents."""
    session = await sessions.current(request)
    if session is None:
        return await sessions.lead_to_sign_in(request)
    if session.visit is not None:
        return pages.redirect(request, "/izinler")
    return pages.render(
        request, "citizen/signin/over.html", headers=_PAGES, lapsed=session.lapsed, room=request.url.path
    )


async def end(request: Request) -> Response:
    """Ends the visit, before its time or after; harmless where there is none."""
    session = await sessions.current(request)
    key = cookies.key_in(request, cookies.SESSION)
    if key is not None:
        await process.of(request).registry.store.write(assisted_session_store.end, key)
    lapsed = session is None or session.lapsed  # the page has shown it
    response = pages.redirect(request, "/izinler" if lapsed else sessions.OVER)
    response.headers.update(_PAGES)
    return response
