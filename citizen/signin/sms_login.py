"""SMS login: the person sends a text shown on the page, where no code arrives. Reading changes nothing; only the
button signs in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import session as sessions
from citizen.signin import admission, entry, signin_pages
from citizen.signin.signin_pages import Way
from consents.people.recipients import mask
from trust.codes import pending, shown_texts
from trust.codes.pending import Purpose
from trust.codes.shown_texts import TextToSend
from web import cookies, errors, pages, process
from web.rendering import texts
from web.rendering.when import clock

PATH = "/giris/metin"
_EARLY = "erken"  # in the query: to go on was pressed before the SMS had come


async def show(request: Request) -> Response:
    shown = await _shown(request)
    if shown is None:
        return sessions.lead(request, "/giris/kod")
    return _page(request, shown, waiting=_EARLY in request.query_params and not shown.arrived)


async def make(request: Request) -> Response:
    """Issues a text for the number of this browser's last request, which may be anybody's."""
    state, holder = process.of(request), cookies.key_in(request, cookies.BROWSER)
    row = await state.registry.store.read(pending.find, state.registry.keyring, holder) if holder else None
    if row is None or holder is None or not signin_pages.may_send_text(request, row):
        return pages.redirect(request, "/giris")
    ip = request.client.host if request.client else ""
    arguments = state.registry.keyring, state.settings, holder, row.address, ip
    if not await state.registry.store.write(entry.show_text, *arguments):
        return errors.answer(request, 429, {"retry-after": "300"})
    return pages.redirect(request, PATH)


async def go_on(request: Request) -> Response:
    """Signs in where the SMS has arrived; else shows that it has not."""
    state, holder = process.of(request), cookies.key_in(request, cookies.BROWSER)
    shown, piece = await _shown(request), request.headers.get("hx-request")
    if shown is None or holder is None:
        return sessions.lead(request, "/giris/kod")
    given_out = admission.Secrets(cookies.token(), "")
    old = cookies.key_in(request, cookies.SESSION)
    fresh = cookies.key(given_out.session)
    if not await state.registry.store.write(entry.redeem_text, state.registry.keyring, holder, fresh, old):
        return _page(request, shown, waiting=True) if piece else pages.redirect(request, f"{PATH}?{_EARLY}")
    response = await admission.let_in(request, Way("/giris", Purpose.SIGN_IN, holder, None), given_out)
    if request.headers.get("hx-request") and "location" in response.headers:
        response.status_code, response.headers["hx-redirect"] = 200, response.headers["location"]
        del response.headers["location"]
    return response


async def _shown(request: Request) -> TextToSend | None:
    state, holder = process.of(request), cookies.key_in(request, cookies.BROWSER)
    if holder is None or not state.settings.signs_in_by_text:
        return None
    now = state.registry.store.now()
    found: TextToSend | None = await state.registry.store.read(shown_texts.find, state.registry.keyring, holder, now)
    return found


def _page(request: Request, shown: TextToSend, *, waiting: bool = False) -> Response:
    piece = pages.wants_piece(request)
    return pages.render(
        request,
        "citizen/signin/_arrival.html" if piece else "citizen/signin/text.html",
        said=f"{shown_texts.WORDS[texts.language(request)[0]]} {shown.code}",
        masked=mask(shown.address),
        until=clock(shown.expires_at),
        arrived=shown.arrived,
        waiting=waiting,
        path=PATH,
    )
