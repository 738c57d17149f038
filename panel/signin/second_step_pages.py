"""Pages of the second step: an app's code, a recovery code, or a passkey."""

from __future__ import annotations

import asyncio
import secrets
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers, panel_pages, redirects
from panel.accounts import factors
from panel.accounts.factors import APP, PASSKEY
from panel.rights import Member
from panel.signin import second_step_actions, signin_mails
from panel.signin.second_step_actions import StepOutcome
from trust import passkeys
from trust.passkeys import NoPasskey
from web import cookies, forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

CHALLENGE = 32  # bytes
_FAULTS = {
    StepOutcome.WRONG: mark("Bu olmadı. Uygulamadaki yeni kodu ya da kullanmadığınız bir kurtarma kodunu yazın."),
    StepOutcome.TOO_MANY: mark("Çok fazla deneme yapıldı. 15 dakika sonra yeniden deneyin."),
    StepOutcome.CLOSED: mark(
        "Art arda çok fazla yanlış kod girildiği için uygulama kodları kabul edilmiyor. Kurtarma kodu yazın ya da "
        "geçiş anahtarınızı kullanın; ikisi de yoksa siteyi işletene başvurun."
    ),
}


async def take_code(request: Request, member: Member) -> Response:
    typed = (await forms.once(request, "code") or "")[:40]
    state, session = process.of(request), cookies.token()
    arguments = state.settings, member.person, typed, cookies.key(session)
    outcome = await form_answers.write(
        request, member, second_step_actions.pass_code, *arguments, texts.language(request)[0]
    )
    return await _done(request, member, outcome, session)


async def ask_passkey(request: Request, member: Member) -> Response:
    """The passkey challenge for the browser, as JSON."""
    state, challenge = process.of(request), secrets.token_bytes(CHALLENGE)
    known = await form_answers.write(request, member, second_step_actions.ask_passkey, member.person, challenge)
    return Response(passkeys.to_sign(state.settings, challenge, known), media_type="application/json")


async def take_passkey(request: Request, member: Member) -> Response:
    """Checks a passkey's signature outside the transaction, after the try was counted."""
    answer = await forms.once(request, "answer") or ""
    session = cookies.token()
    return await _done(request, member, await _passkey(request, member, answer, cookies.key(session)), session)


async def _passkey(request: Request, member: Member, answer: str, session: bytes) -> StepOutcome:
    state = process.of(request)
    try:
        credential = await asyncio.to_thread(passkeys.credential_of, answer)
    except NoPasskey:
        credential = None
    tried = await form_answers.write(request, member, second_step_actions.try_passkey, member.person, credential)
    if tried.outcome is not StepOutcome.OK:
        return tried.outcome
    if tried.factor is None or tried.challenge is None:
        return StepOutcome.WRONG
    signed = tried.challenge, answer, tried.factor.secret, tried.factor.counter
    try:
        counter = await asyncio.to_thread(passkeys.signed, state.settings, *signed)
    except NoPasskey:
        return StepOutcome.WRONG
    return await form_answers.write(
        request, member, second_step_actions.pass_passkey, member.person, tried.factor, counter, session
    )


async def _done(request: Request, member: Member, outcome: StepOutcome, session: str) -> Response:
    if outcome is not StepOutcome.OK:
        return await page(request, member, outcome)
    response = pages.redirect(request, redirects.wanted(request) or "/panel")
    cookies.put(request, response, cookies.PANEL, session)
    return response


async def page(request: Request, member: Member, outcome: StepOutcome = StepOutcome.OK) -> Response:
    state = process.of(request)
    known = await state.registry.store.read(factors.of, state.registry.keyring, member.person.id)
    wanted = redirects.wanted(request)
    fault = _FAULTS.get(outcome, "")
    return panel_pages.render(
        request,
        member,
        "panel/entry/step.html",
        status={StepOutcome.OK: 200, StepOutcome.TOO_MANY: 429}.get(outcome, 422),
        fault=fault and pages.text(request, fault),
        app=any(one.kind == APP for one in known),
        passkey=any(one.kind == PASSKEY for one in known),
        again=member.person.strong,
        demo_code=signin_mails.demo_step(request, known),
        query=f"?{redirects.NEXT}={quote(wanted)}" if wanted else "",
    )
