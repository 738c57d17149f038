"""Pages of an application: an e-mail, its code, the company's data."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import BadCompany
from consents.instants import HOUR
from consents.people import recipients
from consents.registry import Registry
from panel import panel_pages
from panel.accounts import account_store
from panel.audit.change import AuditedWork
from panel.companies import application_actions
from panel.companies.application_actions import ApplicationForm
from panel.signin import signin_mails, signin_pages
from panel.signin.signin_pages import FAULTS
from providers.callers import partners
from trust import pseudonyms, signed_tokens
from trust.codes import pending
from trust.codes.codes import CodeOutcome, read_code
from trust.codes.pending import Pending, Purpose
from web import cookies, forms, pages, process
from web.rendering.drawing import PANEL_TRIAL
from web.rendering.texts import mark

START, CODE, COMPANY = "/panel/basvuru", "/panel/basvuru/kod", "/panel/basvuru/sirket"
_PROVED = 2 * HOUR  # µs: for so long the e-mail counts as proved
_NO_MAIL = mark("Bir e-posta adresi yazın. Örnek: ad@sirket.example")


async def ask(request: Request) -> Response:
    """Sends a code to the e-mail."""
    given = (await forms.once(request, "email") or "")[: recipients.LONGEST]
    try:
        email = account_store.canonical(given)
    except BadCompany:
        return await ask_page(request, given, _NO_MAIL)
    return await signin_pages.send_code(request, application_actions.ask, Purpose.APPLY, email, CODE)


async def code_page(request: Request) -> Response:
    """Asks for the code."""
    row = await _pending(request)
    return await _code(request, row) if row else pages.redirect(request, START)


async def prove(request: Request) -> Response:
    """Redeems the code; continues with the company's data."""
    code, row = read_code(await forms.once(request, "code")), await _pending(request)
    if row is None:
        return pages.redirect(request, START)
    if code is None:
        return await _code(request, row, CodeOutcome.FORMAT)
    state = process.of(request)
    arguments = state.registry, state.settings, row.holder, code
    verdict = await state.registry.store.write(application_actions.prove, *arguments)
    if verdict.outcome is not CodeOutcome.OK:
        return await _code(request, row, verdict.outcome)
    return pages.show_result(request, COMPANY, [_proof(request, verdict.address)], row.holder.hex())


async def company_page(request: Request) -> Response:
    """Asks about the company, with an e-mail proved in this browser; then confirms the application."""
    holder = cookies.key_in(request, cookies.PANEL_BROWSER)
    value = pages.result(request, COMPANY, holder.hex()) if holder else None
    if value is not None and len(value) > 1:
        email, number = value
        return panel_pages.render(
            request, None, "panel/joining/sent.html", number=number, email=email, invented=PANEL_TRIAL
        )
    proof = value[0] if value else ""
    proved = _proved(request, proof)
    if proved is None:
        return pages.redirect(request, START)
    return await _company(request, proved, ApplicationForm({}, [], None), proof)


async def apply(request: Request) -> Response:
    """Takes the application."""
    given = await forms.fields(request)
    state = process.of(request)
    email, holder = _proved(request, given.get("proof", "")), cookies.key_in(request, cookies.PANEL_BROWSER)
    if email is None or holder is None:
        return pages.redirect(request, START)
    known = await state.registry.store.read(partners.listed)
    form = application_actions.read_form(given, email, known)
    number: int | None = None
    if form.new is not None:
        chosen = form.new.partner
        inner = None if chosen is None else await state.registry.store.read(partners.number, chosen)
        new = form.new._replace(partner=inner)
        try:
            application = AuditedWork(state.registry.keyring, None, application_actions.apply)
            number = await state.registry.store.write(application, new)
        except BadCompany as bad:
            form = form._replace(faults=[application_actions.REFUSED[bad.why]])
    if form.faults:
        return await _company(request, email, form, _proof(request, email))
    return pages.show_result(request, COMPANY, [email, number], holder.hex())


async def ask_page(request: Request, given: str = "", fault: str = "") -> Response:
    """Explains, and asks for an e-mail."""
    message, status = fault and pages.text(request, fault), 422 if fault else 200
    return panel_pages.render(request, None, "panel/joining/start.html", status=status, given=given, fault=message)


async def _code(request: Request, row: Pending, outcome: CodeOutcome = CodeOutcome.OK) -> Response:
    fault = FAULTS.get(outcome, "")
    return panel_pages.render(
        request,
        None,
        "panel/joining/code.html",
        status=422 if fault else 200,
        fault=fault and pages.text(request, fault),
        masked=recipients.mask(row.address),
        demo_code=await signin_mails.demo_code(request, row),
    )


async def _company(request: Request, email: str, form: ApplicationForm, proof: str) -> Response:
    state = process.of(request)
    return panel_pages.render(
        request,
        None,
        "panel/joining/company.html",
        status=422 if form.faults else 200,
        given=form.given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        partners=await state.registry.store.read(partners.listed),
        proof=proof,
        email=email,
    )


def _proof(request: Request, email: str) -> str:
    """The token that proves this e-mail later."""
    registry = process.of(request).registry
    return str(_signer(registry).dumps([email, registry.store.now() + _PROVED]))


def _proved(request: Request, proof: str) -> str | None:
    """The proved e-mail; None where the token is old or invalid."""
    registry = process.of(request).registry
    try:
        email, until = _signer(registry).loads(proof)
    except (BadData, TypeError, ValueError):
        return None
    return str(email) if registry.store.now() < until else None


def _signer(registry: Registry) -> URLSafeSerializer:
    return signed_tokens.signer((pseudonyms.derived(registry.keyring, "application"),))


async def _pending(request: Request) -> Pending | None:
    registry, holder = process.of(request).registry, cookies.key_in(request, cookies.PANEL_BROWSER)
    row = await registry.store.read(pending.find, registry.keyring, holder) if holder else None
    return row if row and row.purpose == Purpose.APPLY else None
