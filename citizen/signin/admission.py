"""After a code: it is compared, the session begins or grows, and kept requests are completed."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.consents import choices, overview
from citizen.session import intent
from citizen.session import session as sessions
from citizen.session.intent import Kept, KeptIntent
from citizen.session.session import Session
from citizen.signin import entry
from citizen.signin.signin_pages import Way
from consents.store import StoreUnavailable
from trust.codes.codes import CodeVerdict
from trust.codes.pending import Purpose
from web import cookies, errors, pages, process

HOME = "/izinler"
_DAY = 86_400  # seconds


class Secrets(NamedTuple):
    """The browser's new cookies; no ``device`` where the browser is not remembered."""

    session: str
    device: str


async def redeem(request: Request, way: Way, code: str, given_out: Secrets) -> CodeVerdict:
    """Compares the code and, where it is right, begins or widens the session."""
    assert way.holder is not None
    state = process.of(request)
    old = way.session.key if way.session else None
    device = cookies.key_in(request, cookies.DEVICE)
    keys = entry.Keys(cookies.key(given_out.session), cookies.key(given_out.device), old, device)
    # What only a passkey proved in the session is proved no further by a code for something else.
    proven = [one.address for one in way.session.proven] if way.session and not way.session.by_key else []
    arguments = state.registry, state.settings, way.holder, way.purpose, code, keys, proven
    verdict: CodeVerdict = await state.registry.store.write(entry.redeem, *arguments)
    return verdict


async def let_in(request: Request, way: Way, given_out: Secrets) -> Response:
    session = await sessions.find(request, cookies.key(given_out.session))
    response: Response
    try:
        path, left = await _finish(request, way, session) if session else (HOME, intent.NOTHING)
        response = pages.redirect(request, path)
        intent.write(request, response, left)
    except StoreUnavailable as error:  # signed in all the same; the page shows that the refusal is not kept yet
        response = await errors.unavailable(request, error)
    cookies.put(request, response, cookies.SESSION, given_out.session)
    if given_out.device and (days := process.of(request).settings.trusted_days):
        cookies.put(request, response, cookies.DEVICE, given_out.device, days * _DAY)
    cookies.drop(request, response, cookies.BROWSER)
    return response


async def _finish(request: Request, way: Way, session: Session) -> tuple[str, Kept]:
    """Completes every kept refusal; (path to show, what is kept on: requests of unproved addresses, and the count).
    Adding an address completes only what names an address."""
    wanted = intent.read(request)
    home = HOME if way.purpose is Purpose.SIGN_IN else f"{HOME}?{overview.ADDED}=1"
    if not wanted.refusals:
        return (wanted.page if way.purpose is Purpose.SIGN_IN and wanted.page else home), intent.NOTHING
    done: list[str] = []
    left: list[KeptIntent] = []
    for one in wanted.refusals:
        may = way.purpose is Purpose.SIGN_IN or one.mark
        with suppress(HTTPException):  # there is no such brand
            path = await choices.finish(request, session, one) if may else None
            if path is None:
                left.append(one)
            else:
                done.append(path)
    if len(done) == 1 and not left and not wanted.lost:
        return done[0], intent.NOTHING
    return home, Kept(tuple(left), lost=wanted.lost, done=len(done))
