"""Sign-out: this session, or every session of its addresses on any device. The end of an assisted session, with a page
that shows the change back to the helper's own consents."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import assisted_session_store
from citizen.session import session as sessions
from citizen.signin import entry
from trust import passkey_store
from web import cookies, forms, pages, process

# Also what the browser keeps of the pages: the next person at this device must not page back to them.
_PAGES = {"clear-site-data": '"cache", "storage"'}
_ALL = {"clear-site-data": '"cache", "cookies", "storage"'}
_VISIT_PAGES = {"clear-site-data": '"cache"'}  # what the browser keeps of the other's consents


async def page(request: Request) -> Response:
    """The page after sign-out, with the button to forget the browser; with a session, both ways to sign out."""
    session = await sessions.current(request)
    device, store = cookies.key_in(request, cookies.DEVICE), process.of(request).registry.store
    saved = device is not None and await store.read(passkey_store.saved_in, device)
    return pages.render(request, "citizen/signin/out.html", session=session, known=device is not None, saved=saved)


async def leave(request: Request) -> Response:
    """Ends this session; harmless where it has ended. ``unut=1``: also forgets the browser and its passkeys."""
    forgetting = await forms.once(request, "unut") == "1"
    device = cookies.key_in(request, cookies.DEVICE) if forgetting else None
    session = cookies.key_in(request, cookies.SESSION)
    if session is not None or device is not None:
        await process.of(request).registry.store.write(entry.leave, session, device)
    return _gone(request, forgetting=forgetting)


async def leave_everywhere(request: Request) -> Response:
    """Ends every session that holds one of this session's addresses, and forgets their trusted browsers."""
    session = await sessions.current(request)
    if session is None or session.limited:  # one that has run out acts for nobody, a limited one for itself alone
        return await leave(request)
    registry, device = process.of(request).registry, cookies.key_in(request, cookies.DEVICE)
    proven = [one.address for one in session.proven]
    await registry.store.write(entry.leave_everywhere, registry.keyring, device, proven)
    return _gone(request, forgetting=True)


def _gone(request: Request, *, forgetting: bool) -> Response:
    """Redirects to the page after sign-out and deletes cookies; the device's only where it is forgotten."""
    response = pages.redirect(request, "/cikis")
    response.headers.update(_ALL if forgetting else _PAGES)
    dropped = (cookies.SESSION, cookies.BROWSER, cookies.INTENT)
    for which in (*dropped, cookies.DEVICE) if forgetting else dropped:
        cookies.drop(request, response, which)
    return response


async def visit_over(request: Request) -> Response:
    """The page after the end, with a link to one's own consents."""
    session = await sessions.current(request)
    if session is None:
        return await sessions.lead_to_sign_in(request)
    if session.visit is not None:
        return pages.redirect(request, "/izinler")
    return pages.render(
        request, "citizen/signin/over.html", headers=_VISIT_PAGES, lapsed=session.lapsed, room=request.url.path
    )


async def end_visit(request: Request) -> Response:
    """Ends the visit, before its time or after; harmless where there is none."""
    session = await sessions.current(request)
    key = cookies.key_in(request, cookies.SESSION)
    if key is not None:
        await process.of(request).registry.store.write(assisted_session_store.end, key)
    lapsed = session is None or session.lapsed  # the page has shown it
    response = pages.redirect(request, "/izinler" if lapsed else sessions.OVER)
    response.headers.update(_VISIT_PAGES)
    return response
