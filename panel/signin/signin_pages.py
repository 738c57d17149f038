"""Pages of sign-in to the panel: e-mail, code, sign-out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import BadCompany
from consents.instants import ISTANBUL, moment
from consents.people import recipients
from consents.registry import Registry
from gateways.outbox import outbox
from panel import gate, panel_pages, redirects
from panel.accounts import account_store
from panel.rights import Member
from panel.signin import signin_actions, signin_mails
from panel.signin.signin_actions import Browser
from trust.codes import codes, pending
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict, read_code
from trust.codes.pending import Pending, Purpose
from web import cookies, errors, forms, pages, process
from web.rendering import texts
from web.rendering.drawing import PANEL_TRIAL
from web.rendering.texts import mark

CODE = "/panel/giris/kod"
DEVICE_SECONDS = 400 * 86_400  # as long as browsers keep a cookie
FAULTS = {
    CodeOutcome.FORMAT: mark("Kod 6 rakamdan oluşur. E-postadaki 6 rakamı yazın."),
    CodeOutcome.WRONG: mark("Kod yanlış. E-postadaki 6 rakamı yeniden yazın."),
    CodeOutcome.SUPERSEDED: mark("Bu, önceki e-postadaki kod. En son gelen koddaki 6 rakamı yazın."),
    CodeOutcome.EXPIRED: mark("Kodun süresi doldu. Yeni kod isteyin."),
    CodeOutcome.USED: mark("Bu kod kullanıldı. Yeni kod isteyin."),
    CodeOutcome.LOCKED: mark("Çok fazla yanlış kod girildi. Bir süre sonra yeniden deneyin."),
}
_NO_MAIL = mark("Bir e-posta adresi yazın. Örnek: ad@sirket.example")
_PAGES = {"clear-site-data": '"cache", "storage"'}


async def ask(request: Request) -> Response:
    """Takes any e-mail and redirects to the page for the code."""
    given = (await forms.once(request, "email") or "")[: recipients.LONGEST]
    try:
        email = account_store.canonical(given)
    except BadCompany:
        return await ask_page(request, given, fault=_NO_MAIL)
    return await _send(request, email)


async def code_page(request: Request) -> Response:
    row = await _pending(request)
    return await _code(request, row) if row else pages.redirect(request, _with_next(request, redirects.SIGN_IN))


async def again(request: Request) -> Response:
    row = await _pending(request)
    return await _send(request, row.address) if row else pages.redirect(request, redirects.SIGN_IN)


async def redeem(request: Request) -> Response:
    """Redeems the code; input that is no code costs no try."""
    code, row, holder = read_code(await forms.once(request, "code")), await _pending(request), _holder(request)
    if row is None or holder is None:
        return pages.redirect(request, redirects.SIGN_IN)
    if code is None:
        return await _code(request, row, CodeOutcome.FORMAT)
    state, session, device = process.of(request), cookies.token(), cookies.token()
    browser = browser_of(request, session, device)
    arguments = state.registry, state.settings, holder, code, browser
    signed = await state.registry.store.write(signin_actions.redeem, *arguments)
    if signed.verdict.outcome is not CodeOutcome.OK:
        return await _code(request, await _pending(request) or row, signed.verdict.outcome)
    return let_in(request, session, device, step=signed.step, enrol=signed.enrol)


def browser_of(request: Request, session: str, device: str) -> Browser:
    """The requesting browser with its new cookies."""
    old = cookies.key_in(request, cookies.PANEL), cookies.key_in(request, cookies.PANEL_DEVICE)
    label, language = cookies.browser_label(request) or "–", texts.language(request)[0]
    return Browser(cookies.key(session), cookies.key(device), *old, label, language)


def let_in(request: Request, session: str, device: str, *, step: bool, enrol: bool, wanted: str = "") -> Response:
    """Sets the session's cookies and redirects to the second step, or to the requested page."""
    page = wanted or redirects.wanted(request)
    path = gate.STEP if step else gate.ENROL if enrol else page or "/panel"
    response = pages.redirect(request, f"{path}?{redirects.NEXT}={quote(page)}" if step and page else path)
    response.background = BackgroundTask(_ring, process.of(request).registry)
    cookies.put(request, response, cookies.PANEL, session)
    cookies.put(request, response, cookies.PANEL_DEVICE, device, DEVICE_SECONDS)
    cookies.drop(request, response, cookies.PANEL_BROWSER)
    return response


async def leave(request: Request, member: Member) -> Response:
    state = process.of(request)
    await state.registry.store.write(signin_actions.leave, member.person.session)
    return gone(request)


def gone(request: Request) -> Response:
    """Redirects to sign-in, without history for the next person at this device."""
    response = pages.redirect(request, f"{redirects.SIGN_IN}?cikildi")
    response.headers.update(_PAGES)
    cookies.drop(request, response, cookies.PANEL)
    return response


async def _send(request: Request, email: str) -> Response:
    device = cookies.key_in(request, cookies.PANEL_DEVICE)
    path, askers = _with_next(request, CODE), (device,) if device else ()
    return await send_code(request, signin_actions.ask, Purpose.PANEL, email, path, askers)


async def send_code(
    request: Request,
    ask: Callable[..., CodeVerdict],
    purpose: Purpose,
    email: str,
    path: str,
    askers: tuple[bytes, ...] = (),
) -> Response:
    """Sends a code by ``ask`` and redirects to ``path``, or explains why none is sent."""
    state, known = process.of(request), _holder(request)
    secret = cookies.token() if known is None else None
    holder = cookies.key(secret) if secret else known
    assert holder is not None
    wish = Ask(holder, purpose, email, request.client.host if request.client else "", askers)
    language = texts.language(request)[0]
    verdict = await state.registry.store.write(ask, state.registry, state.settings, wish, language)
    if verdict.outcome is CodeOutcome.BUSY:
        return errors.answer(request, 429, {"retry-after": "300"})
    if verdict.outcome in (CodeOutcome.SPENT, CodeOutcome.NETWORK):
        return _spent(request, verdict.outcome, signing_in=purpose is Purpose.PANEL)
    response = pages.redirect(request, path)
    response.background = BackgroundTask(_ring, state.registry)  # after the answer: a code sent makes it no slower
    if secret:
        cookies.put(request, response, cookies.PANEL_BROWSER, secret)
    return response


def _spent(request: Request, outcome: CodeOutcome, *, signing_in: bool) -> Response:
    """Explains that no codes are sent now, to anyone or to this network."""
    network = outcome is CodeOutcome.NETWORK
    return panel_pages.render(
        request,
        None,
        "panel/entry/spent.html",
        status=429 if network else 503,
        headers={"retry-after": "3600"},
        network=network,
        signing_in=signing_in,
        openid=signin_actions.issuer_host(process.of(request).settings),
    )


async def ask_page(request: Request, given: str = "", fault: str = "") -> Response:
    return panel_pages.render(
        request,
        None,
        "panel/entry/ask.html",
        status=422 if fault else 200,
        given=given,
        fault=fault and pages.text(request, fault),
        path=_with_next(request, redirects.SIGN_IN),
        invented=PANEL_TRIAL,
        left="cikildi" in request.query_params,
        ended=redirects.ENDED in request.query_params,
        openid=signin_actions.issuer_host(process.of(request).settings),
        openid_path=_with_next(request, "/panel/giris/kimlik"),
        openid_fault="kimlik" in request.query_params,
    )


async def _code(request: Request, row: Pending, outcome: CodeOutcome = CodeOutcome.OK) -> Response:
    state = process.of(request)
    now = state.registry.store.now()
    locked = await state.registry.store.read(codes.locked_until, state.registry.keyring, state.settings, row, now)
    fault = FAULTS.get(CodeOutcome.LOCKED if locked else outcome, "")
    again_at = row.again_at(state.settings)
    return panel_pages.render(
        request,
        None,
        "panel/entry/code.html",
        status=422 if fault else 200,
        fault=fault and pages.text(request, fault),
        locked=bool(locked),
        demo_code=await signin_mails.demo_code(request, row),
        masked=recipients.mask(row.address),
        minutes=state.settings.code_minutes,
        again_at=f"{moment(again_at).astimezone(ISTANBUL):%H:%M:%S}" if again_at > now else "",
        path=_with_next(request, CODE),
        again=_with_next(request, f"{CODE}/yeniden"),
        back=_with_next(request, redirects.SIGN_IN),
    )


def _with_next(request: Request, path: str) -> str:
    page = redirects.wanted(request)
    return f"{path}?{redirects.NEXT}={quote(page)}" if page else path


def _holder(request: Request) -> bytes | None:
    return cookies.key_in(request, cookies.PANEL_BROWSER)


async def _pending(request: Request) -> Pending | None:
    """This browser's last request."""
    registry, holder = process.of(request).registry, _holder(request)
    row = await registry.store.read(pending.find, registry.keyring, holder) if holder else None
    return row if row and row.purpose == Purpose.PANEL else None


async def _ring(registry: Registry) -> None:
    """Wakes the delivery of messages."""
    outbox.arrived(registry)
