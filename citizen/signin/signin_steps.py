"""Sign-in, and proving another number or e-mail in the same session. No answer shows whether an address is known
(ASVS 5.0, 6.3.8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.session import session as sessions
from citizen.session import session_store
from citizen.session.session import Endpoint, Session
from citizen.signin import admission, entry, signin_pages
from citizen.signin.signin_pages import Way
from consents.people.recipients import LONGEST, BadAddress, mask
from consents.registry import Registry
from gateways.carrier import Kind
from gateways.outbox import outbox
from trust.codes import pending
from trust.codes.codes import Ask, CodeOutcome, read_code
from trust.codes.limits import trusted
from trust.codes.pending import Pending, Purpose
from trust.codes.reach import CALL, SMS, Reach, reach
from web import cookies, errors, forms, pages, process
from web.rendering import texts

_ADD, _HELP = "/giris/ekle", "/izinler/yaninda"
_BESIDE = f"{_HELP}/hepsi"  # the first page about the other's consents
_TOO_SOON = "erken"  # in the query: a new code was asked for before its time


def _with_way(handler: Callable[[Request, Way], Awaitable[Response]]) -> Endpoint:
    """The handler with the way of its path: a sign-in, another address, or a helper's visit. The last two need a
    session, to which their codes are bound."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        session = await sessions.current(request)
        path = next((path for path in (_ADD, _HELP) if request.url.path.startswith(path)), "")
        if not path:
            holder = cookies.key_in(request, cookies.BROWSER)
            return await handler(request, Way("/giris", Purpose.SIGN_IN, holder, session))
        if session is None:
            return await sessions.lead_to_sign_in(request)
        if session.limited:
            return sessions.turn_away(request, session)
        if path == _ADD:
            return await handler(request, Way(path, Purpose.ADD, session.key, session))
        asker = entry.asker(process.of(request).registry.keyring, session.key, session.current.address)
        return await handler(request, Way(path, Purpose.HELP, asker, session))

    return endpoint


@_with_way
async def ask_page(request: Request, way: Way) -> Response:
    return await signin_pages.address(request, way)


@_with_way
async def ask(request: Request, way: Way) -> Response:
    """Takes any number or e-mail and redirects to the page for the code."""
    given = (await _field(request, "address"))[:LONGEST]
    try:
        settings = process.of(request).settings
        found = reach(given, settings.countries, calls=settings.voice_gateway is not None)
    except BadAddress as bad:
        return await signin_pages.address(request, way, given=given, fault=bad.reason)
    if way.purpose is Purpose.HELP and (fault := _no_help_by(way, found)):
        return await signin_pages.address(request, way, given=given, fault=fault)
    if found.why:
        return await signin_pages.address(request, way, given=given, fault=found.why)
    return await _send(request, way, found.address)


@_with_way
async def code_page(request: Request, way: Way) -> Response:
    row = await _pending(request, way)
    if row is None:
        return pages.redirect(request, way.path)
    early = _TOO_SOON in request.query_params and row.again_at(process.of(request).settings) > _now(request)
    return await signin_pages.code(request, way, row, CodeOutcome.WAIT if early else CodeOutcome.OK)


@_with_way
async def again(request: Request, way: Way) -> Response:
    row = await _pending(request, way)
    if row is None:
        return pages.redirect(request, way.path)
    return await _send(request, way, row.address)


@_with_way
async def call(request: Request, way: Way) -> Response:
    """``again`` by a call, for a number that gets no SMS; a landline gets a call anyway."""
    row = await _pending(request, way)
    if row is None or not signin_pages.may_call(request, row):
        return pages.redirect(request, way.path if row is None else way.code_path)
    return await _send(request, way, row.address, by=CALL)


@_with_way
async def redeem(request: Request, way: Way) -> Response:
    """Redeems the code; input that is no code costs no try."""
    given = await forms.once(request, "code")
    code = None if given is None else read_code(given)
    row = await _pending(request, way)
    if row is None or way.holder is None:
        return await signin_pages.address(request, way, fault="none")
    if code is None:
        return await signin_pages.code(request, way, row, CodeOutcome.FORMAT)
    if way.purpose is Purpose.HELP:
        return await _begin_visit(request, way, row, code)
    given_out = admission.Secrets(cookies.token(), cookies.token())
    verdict = await admission.redeem(request, way, code, given_out)
    if verdict.outcome is not CodeOutcome.OK:
        row = await _pending(request, way) or row
        return await signin_pages.code(request, way, row, verdict.outcome, verdict.left)
    return await admission.let_in(request, way, given_out)


async def _begin_visit(request: Request, way: Way, row: Pending, code: str) -> Response:
    state, session = process.of(request), way.session
    assert session is not None  # a visit is begun from one
    assert way.holder is not None
    place = len(session.proven) - 1 - session.proven.index(session.current)
    arguments = state.registry, state.settings, session.key, way.holder, code, place
    verdict = await state.registry.store.write(entry.begin_visit, *arguments)
    if verdict.outcome is CodeOutcome.OK:
        return pages.redirect(request, _BESIDE)
    row = await _pending(request, way) or row
    return await signin_pages.code(request, way, row, verdict.outcome, verdict.left)


@sessions.required
async def switch_address(request: Request, session: Session) -> Response:
    """Shows another address of the session: ``a``, its index in ``session.proven``."""
    named = sessions.place(await _field(request, "a"), len(session.proven))
    if named is None:
        raise HTTPException(422)
    place = len(session.proven) - 1 - named
    await process.of(request).registry.store.write(session_store.turn, session.key, place)
    return pages.redirect(request, admission.HOME)


async def _send(request: Request, way: Way, address: str, by: Kind | None = None) -> Response:
    """Sends a code and redirects to its page; the answer never shows whether one was sent."""
    state = process.of(request)
    known = await _pending(request, way)
    secret = cookies.token() if known is None and way.purpose is Purpose.SIGN_IN else None
    holder = cookies.key(secret) if secret else way.holder
    assert holder is not None  # a row without a holder cannot have been found
    ip = request.client.host if request.client else ""
    wish = Ask(holder, way.purpose, address, ip, _trust_keys(request, way), by)
    language, helper = texts.language(request)[0], mask(way.session.current.address) if way.session else ""
    verdict = await state.registry.store.write(entry.ask, state.registry, state.settings, wish, language, helper)
    if verdict.outcome is CodeOutcome.BUSY:
        return errors.answer(request, 429, {"retry-after": "300"})
    if verdict.outcome in (CodeOutcome.SPENT, CodeOutcome.NETWORK):
        row = await state.registry.store.read(pending.find, state.registry.keyring, holder)
        response = signin_pages.spent(request, way, row, verdict.outcome)
        if secret:
            cookies.put(request, response, cookies.BROWSER, secret)
        return response
    if verdict.outcome is CodeOutcome.WAIT and known and request.url.path != way.path:
        called = f"&{signin_pages.CALLED}" if signin_pages.CALLED in request.query_params else ""
        return pages.redirect(request, f"{way.code_path}?{_TOO_SOON}{called}")
    response = pages.redirect(request, f"{way.code_path}?{signin_pages.CALLED}" if by == CALL else way.code_path)
    # After the answer, so that a code sent makes it no slower than one that was not.
    response.background = BackgroundTask(_wake_delivery, state.registry)
    if secret:
        cookies.put(request, response, cookies.BROWSER, secret)
    return response


def _trust_keys(request: Request, way: Way) -> tuple[bytes, ...]:
    """What may make this browser trusted: its own cookie, and the addresses of its session. Nothing for codes that act
    for somebody else."""
    if way.purpose is Purpose.HELP or (way.session and (way.session.limited or way.session.by_key)):
        return ()
    device = cookies.key_in(request, cookies.DEVICE)
    proven = way.session.proven if way.session else ()
    beside = [trusted.beside(process.of(request).registry.keyring, one.address) for one in proven]
    return (*([device] if device else []), *beside)


def _no_help_by(way: Way, found: Reach) -> str:
    """Why a helper cannot use a code to this address; "" where they can."""
    if "@" in found.address:
        return "mail"
    if way.session and found.address in {one.address for one in way.session.proven}:
        return "own"
    return found.why or ("" if found.by == SMS else "fixed")


def _now(request: Request) -> int:
    registry = process.of(request).registry
    return registry.store.now()


async def _wake_delivery(registry: Registry) -> None:
    outbox.arrived(registry)


async def _pending(request: Request, way: Way) -> Pending | None:
    """This browser's last request on this way."""
    registry = process.of(request).registry
    if way.holder is None:
        return None
    row = await registry.store.read(pending.find, registry.keyring, way.holder)
    return row if row and row.purpose == way.purpose else None


async def _field(request: Request, name: str) -> str:
    return await forms.once(request, name) or ""
