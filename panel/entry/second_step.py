"""The second step of signing in: a code of an app, a recovery code, or a passkey."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages, way_in
from panel.entry import factors, passkeys, step_entry
from panel.entry.factors import APP, PASSKEY
from panel.entry.step_entry import StepOutcome
from panel.rights import Member
from web import cookies, forms, pages, process
from web.rendering.texts import mark

CHALLENGE = 32  # bytes
_FAULTS = {
    StepOutcome.WRONG: mark("Bu olmadı. Uygulamadaki yeni kodu ya da kullanmadığınız bir kurtarma kodunu yazın."),
    StepOutcome.TOO_MANY: mark("Çok fazla deneme yapıldı. 15 dakika sonra yeniden deneyin."),
}


async def page(request: Request, member: Member) -> Response:
    """Asks for the second step."""
    return await _page(request, member)


async def take_code(request: Request, member: Member) -> Response:
    """Takes a code of an app, or a recovery code."""
    typed = (await forms.once(request, "code") or "")[:40]
    state, session = process.of(request), cookies.token()
    arguments = state.registry, member.person, typed, cookies.key(session)
    outcome = await state.registry.store.write(step_entry.pass_code, *arguments)
    return await _done(request, member, outcome, session)


async def ask_passkey(request: Request, member: Member) -> Response:
    """What the browser has its passkey sign, as JSON."""
    state, challenge = process.of(request), secrets.token_bytes(CHALLENGE)
    known = await state.registry.store.write(step_entry.ask_passkey, state.registry, member.person, challenge)
    return Response(passkeys.to_sign(state.settings, challenge, known), media_type="application/json")


async def take_passkey(request: Request, member: Member) -> Response:
    """Takes what the passkey has signed."""
    answer = await forms.once(request, "answer") or ""
    state, session = process.of(request), cookies.token()
    arguments = state.registry, state.settings, member.person, answer, cookies.key(session)
    outcome = await state.registry.store.write(step_entry.pass_passkey, *arguments)
    return await _done(request, member, outcome, session)


async def _done(request: Request, member: Member, outcome: StepOutcome, session: str) -> Response:
    if outcome is not StepOutcome.OK:
        return await _page(request, member, outcome)
    response = pages.redirect(request, way_in.wanted(request) or "/panel")
    cookies.put(request, response, cookies.PANEL, session)
    return response


async def _page(request: Request, member: Member, outcome: StepOutcome = StepOutcome.OK) -> Response:
    state = process.of(request)
    known = await state.registry.store.read(factors.of, state.registry.keyring, member.person.id)
    wanted = way_in.wanted(request)
    fault = _FAULTS.get(outcome, "")
    return panel_pages.render(
        request,
        member,
        "panel/entry/step.html",
        status={StepOutcome.OK: 200, StepOutcome.TOO_MANY: 429}.get(outcome, 422),
        fault=fault and pages.text(request, fault),
        app=any(one.kind == APP for one in known),
        passkey=any(one.kind == PASSKEY for one in known),
        query=f"?{way_in.NEXT}={quote(wanted)}" if wanted else "",
    )
