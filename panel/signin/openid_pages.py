"""Pages of sign-in by OpenID Connect: to the issuer, and back."""

from __future__ import annotations

from hmac import compare_digest

import structlog
from itsdangerous import BadData, URLSafeSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consents.brands.companies import BadCompany
from panel import redirects
from panel.accounts import account_store
from panel.signin import openid_client, signin_actions, signin_pages
from panel.signin.openid_client import Issuer, NoIdentity, PendingSignIn
from trust import pseudonyms, signed_tokens
from web import cookies, errors, pages, process

_FAILED = f"{redirects.SIGN_IN}?kimlik"

log = structlog.get_logger()


async def start(request: Request) -> Response:
    """Redirects to the issuer."""
    state = process.of(request)
    if not state.settings.oidc_issuer:
        raise HTTPException(404)
    if not await _may_go(request):
        return errors.answer(request, 429, {"retry-after": "300"})
    pending = openid_client.begin()
    try:
        address = await openid_client.address(_issuer(request), state.settings, pending)
    except NoIdentity as fault:
        log.warning("openid_failed", reason=str(fault))
        return pages.redirect(request, _FAILED)
    response = RedirectResponse(address, status_code=303)
    kept = [*pending, redirects.wanted(request), state.registry.store.now() + signin_actions.WAITS]
    cookies.put(request, response, cookies.PANEL_OPENID, str(_signer(request).dumps(kept)))
    return response


async def back(request: Request) -> Response:
    """Takes the issuer's answer and signs the person in: the panel's only GET that starts a session, because the
    issuer redirects here. The state is used up before the request to the issuer."""
    state = process.of(request)
    if not state.settings.oidc_issuer:
        raise HTTPException(404)
    kept = _kept(request)
    given, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    if kept is None or not code or not compare_digest(given.encode(), kept[0].mark.encode()):
        return _refused(request, "state")
    pending, wanted = kept
    if not await _may_go(request, given):
        return _refused(request, "used or too many")
    now = state.registry.store.now()
    try:
        email = account_store.canonical(await openid_client.email(_issuer(request), state.settings, pending, code, now))
    except NoIdentity as fault:
        return _refused(request, str(fault))
    except BadCompany:
        return _refused(request, "no e-mail")
    session, device = cookies.token(), cookies.token()
    browser = signin_pages.browser_of(request, session, device)
    arguments = state.registry, state.settings, email, browser
    signed = await state.registry.store.write(signin_actions.sign_in_by_issuer, *arguments)
    if signed is None:
        return _refused(request, "nobody of the panel")
    response = signin_pages.let_in(request, session, device, step=signed.step, enrol=signed.enrol, wanted=wanted)
    cookies.drop(request, response, cookies.PANEL_OPENID)
    return response


async def _may_go(request: Request, answer: str = "") -> bool:
    state, ip = process.of(request), request.client.host if request.client else ""
    arguments = state.registry, state.settings, ip, answer
    allowed: bool = await state.registry.store.write(signin_actions.may_ask_issuer, *arguments)
    return allowed


def _issuer(request: Request) -> Issuer:
    return process.of(request).registry.store.own(Issuer, Issuer)


def _refused(request: Request, reason: str) -> Response:
    log.warning("openid_failed", reason=reason)
    response = pages.redirect(request, _FAILED)
    cookies.drop(request, response, cookies.PANEL_OPENID)
    return response


def _kept(request: Request) -> tuple[PendingSignIn, str] | None:
    """This browser's pending sign-in, and the requested page; None without one, or when too old."""
    try:
        *pending, wanted, until = _signer(request).loads(cookies.read(request, cookies.PANEL_OPENID) or "")
        found = PendingSignIn(*map(str, pending))
    except (BadData, TypeError, ValueError):
        return None
    return (found, str(wanted)) if process.of(request).registry.store.now() < until else None


def _signer(request: Request) -> URLSafeSerializer:
    return signed_tokens.signer((pseudonyms.derived(process.of(request).registry.keyring, "openid"),))
