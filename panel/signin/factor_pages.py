"""Setting up a second step: an app by QR code, a passkey, recovery codes."""

from __future__ import annotations

import asyncio
import secrets

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers, gate, panel_pages, redirects
from panel.accounts import factors
from panel.rights import Member
from panel.signin import account_pages, second_step_actions
from panel.signin.second_step_actions import Enrolled, SessionGone, StepOutcome
from panel.signin.second_step_pages import CHALLENGE
from trust import passkeys
from trust.passkeys import NoPasskey
from web import cookies, forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

APP = f"{gate.ENROL}/uygulama"
_FAULTS = {
    StepOutcome.WRONG: mark("Kod doğru değil. Uygulamanın şimdi gösterdiği 6 rakamı yazın."),
    StepOutcome.TOO_MANY: mark("Çok fazla deneme yapıldı. 15 dakika sonra yeniden deneyin."),
}
_NO_PASSKEY = mark("Geçiş anahtarı eklenemedi. Yeniden deneyin ya da uygulamayı kullanın.")
_LAST = mark("Son ikinci adımınızı kaldıramazsınız: göreviniz ya da şirketiniz bir ikinci adım istiyor.")


async def begin_app(request: Request, member: Member) -> Response:
    await form_answers.write(request, member, second_step_actions.begin_app, member.person, factors.new_secret())
    return pages.redirect(request, APP)


async def prove_app(request: Request, member: Member) -> Response:
    code = (await forms.once(request, "code") or "")[:20]
    state, session = process.of(request), cookies.token()
    arguments = state.settings, member.person, code, cookies.key(session)
    try:
        enrolled = await form_answers.write(
            request, member, second_step_actions.prove_app, *arguments, texts.language(request)[0]
        )
    except SessionGone:
        return pages.redirect(request, redirects.SIGN_IN)
    if enrolled.outcome is not StepOutcome.OK:
        return await app_page(request, member, enrolled.outcome)
    return _enrolled(request, member, enrolled, session)


async def ask_passkey(request: Request, member: Member) -> Response:
    """The passkey request for the browser, as JSON."""
    state, challenge, person = process.of(request), secrets.token_bytes(CHALLENGE), member.person
    known = await form_answers.write(request, member, second_step_actions.ask_passkey, person, challenge)
    options = passkeys.to_make(state.settings, challenge, f"izin-panel-{person.id}".encode(), person.email, known)
    return Response(options, media_type="application/json")


async def add_passkey(request: Request, member: Member) -> Response:
    """Adds the browser's new passkey."""
    given = await forms.fields(request)
    label = form_answers.line(given.get("label", ""), 60)
    state, session = process.of(request), cookies.token()
    tried = await form_answers.write(request, member, second_step_actions.try_passkey, member.person, None)
    if tried.outcome is StepOutcome.TOO_MANY:
        return await page(request, member, _FAULTS[StepOutcome.TOO_MANY], 429)
    if tried.challenge is None:
        return await page(request, member, _NO_PASSKEY, 422)
    try:
        made = await asyncio.to_thread(passkeys.made, state.settings, tried.challenge, given.get("answer", ""))
    except NoPasskey:
        return await page(request, member, _NO_PASSKEY, 422)
    arguments = state.settings, member.person, made, label, cookies.key(session)
    try:
        enrolled = await form_answers.write(
            request, member, second_step_actions.add_passkey, *arguments, texts.language(request)[0]
        )
    except SessionGone:
        return pages.redirect(request, redirects.SIGN_IN)
    return _enrolled(request, member, enrolled, session)


async def remove(request: Request, member: Member) -> Response:
    state, factor = process.of(request), member.objects["factor"].id
    arguments = state.settings, member.person, factor, texts.language(request)[0]
    if not await form_answers.write(request, member, second_step_actions.remove, *arguments):
        return await page(request, member, _LAST, 422)
    return pages.redirect(request, "/panel/hesap")


async def new_recoveries(request: Request, member: Member) -> Response:
    """Shows new recovery codes, once."""
    state = process.of(request)
    arguments = state.settings, member.person, texts.language(request)[0]
    made = await form_answers.write(request, member, second_step_actions.new_recoveries, *arguments)
    return panel_pages.render(request, member, "panel/account/recoveries.html", codes=made)


def _enrolled(request: Request, member: Member, enrolled: Enrolled, session: str) -> Response:
    response: Response = pages.redirect(request, "/panel/hesap")
    if enrolled.recoveries:
        response = panel_pages.render(request, member, "panel/account/recoveries.html", codes=enrolled.recoveries)
    cookies.put(request, response, cookies.PANEL, session)
    return response


async def page(request: Request, member: Member, fault: str = "", status: int = 200) -> Response:
    state = process.of(request)
    now = state.registry.store.now()
    found = await state.registry.store.read(account_pages.of, state.registry.keyring, member.person, now)
    return panel_pages.render(
        request,
        member,
        "panel/account/enrol.html",
        status=status,
        account=found,
        fault=fault and pages.text(request, fault),
        passkeys=passkeys.possible(state.settings),
    )


async def app_page(request: Request, member: Member, outcome: StepOutcome = StepOutcome.OK) -> Response:
    state = process.of(request)
    secret = await state.registry.store.read(factors.unproved, state.registry.keyring, member.person.id)
    if secret is None:
        return pages.redirect(request, gate.ENROL)
    fault = _FAULTS.get(outcome, "")
    return panel_pages.render(
        request,
        member,
        "panel/account/app.html",
        status={StepOutcome.OK: 200, StepOutcome.TOO_MANY: 429}.get(outcome, 422),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        qr=_qr(factors.uri(secret, member.person.email, state.settings.site_name)),
        fault=fault and pages.text(request, fault),
    )


def _qr(text: str) -> Markup:
    """The QR code as one SVG path."""
    from qrcode import QRCode, constants
    from qrcode.image.svg import SvgPathImage

    made = QRCode(error_correction=constants.ERROR_CORRECT_M, image_factory=SvgPathImage, border=4)
    made.add_data(text)
    return Markup(made.make_image().to_string().decode())  # noqa: S704 the library's own drawing
