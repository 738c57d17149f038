"""The operator's pages of applications and providers. Auditors read; operators decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import packages, provider_states
from consents.brands.companies import BadCompany
from gateways.outbox import outbox
from panel import panel_pages
from panel.companies import application_actions, company_actions, operator_book
from panel.companies.application_actions import Decided, StaleDecision
from panel.rights import Member
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

DESK = "/panel/isletmen"
_LONGEST = 500  # characters of a reason
_FAULTS = {
    Decided.TAKEN: mark("Bu numara ya da MERSİS numarası başka bir şirketin. Başka bir numara yazın."),
    Decided.STALE: mark("Siz bakarken başka biri karar verdi."),
}
_NO_WHY = mark("Nedenini yazın; şirkete bu neden iletilir.")
_NO_CODE = mark("İYS numarası bir ile dokuz arası rakamdır.")
_NOT_SO = mark("Bu, şirketin şimdiki durumunda yapılamaz.")
_NO_REASON = mark("Nedenini yazın.")


async def desk(request: Request, member: Member) -> Response:
    """The applications."""
    state = process.of(request)
    found = await state.registry.store.read(operator_book.desk, state.registry.keyring)
    return panel_pages.render(
        request, member, "panel/operator/applications.html", book=found, done="karar" in request.query_params
    )


async def application(request: Request, member: Member) -> Response:
    return await _application(request, member)


async def approve(request: Request, member: Member) -> Response:
    given = (await forms.once(request, "code") or "").strip()
    if given and not (given.isascii() and given.isdecimal() and 0 < len(given) < 10):
        return await _application(request, member, _NO_CODE, "code", given)
    state, found = process.of(request), member.objects["application"].what
    code = int(given) if given else None
    arguments = state.registry, state.settings, member.person.id, found, code, texts.language(request)[0]
    try:
        decided = await state.registry.store.write(application_actions.approve, *arguments)
    except StaleDecision:
        decided = Decided.STALE
    except BadCompany:
        decided = Decided.TAKEN
    return await _decided(request, member, decided, given)


async def refuse(request: Request, member: Member) -> Response:
    why = " ".join((await forms.once(request, "why") or "").split())[:_LONGEST]
    if not why:
        return await _application(request, member, _NO_WHY, "why")
    state, found = process.of(request), member.objects["application"].what
    arguments = state.registry, state.settings, member.person.id, found, why, texts.language(request)[0]
    return await _decided(request, member, await state.registry.store.write(application_actions.refuse, *arguments))


async def providers(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    listed = await registry.store.read(provider_states.listed, registry.keyring)
    return panel_pages.render(request, member, "panel/operator/providers.html", providers=listed)


async def provider(request: Request, member: Member) -> Response:
    return await provider_page(request, member)


async def set_state(request: Request, member: Member) -> Response:
    """Pauses, reopens or closes a provider."""
    given = await forms.fields(request)
    action, why = given.get("deed", ""), " ".join(given.get("why", "").split())[:_LONGEST]
    code = member.objects["provider"].what.code
    if action not in company_actions.STATES:
        return await provider_page(request, member, _NOT_SO)
    if not why:
        return await provider_page(request, member, faults=(("why", pages.text(request, _NO_REASON)),))
    registry = process.of(request).registry
    try:
        await registry.store.write(company_actions.set_state, registry.keyring, member.person.id, code, action, why)
    except BadCompany:
        return await provider_page(request, member, _NOT_SO)
    return pages.redirect(request, f"{DESK}/saglayicilar/{code}?degisti")


async def _decided(request: Request, member: Member, decided: Decided, given: str = "") -> Response:
    if decided is Decided.STALE:
        return await _application(request, member, _FAULTS[decided], status=409)
    if decided is Decided.TAKEN:
        return await _application(request, member, _FAULTS[decided], "code", given)
    outbox.arrived(process.of(request).registry)
    return pages.redirect(request, f"{DESK}/basvurular?karar")


async def _application(
    request: Request, member: Member, fault: str = "", place: str = "", given: str = "", *, status: int = 422
) -> Response:
    """``place``: the input that the error is about; ``given``: what was typed there."""
    found, state = member.objects["application"].what, process.of(request)
    store, site = state.registry.store, state.settings.site_name
    return panel_pages.render(
        request,
        member,
        "panel/operator/application.html",
        status=status if fault else 200,
        application=found,
        partner=await store.read(operator_book.partner_title, found),
        near=await store.read(operator_book.near, state.registry.keyring, found, site) if not found.state else None,
        fault=fault and pages.text(request, fault),
        place=place,
        given=given,
    )


async def provider_page(
    request: Request, member: Member, fault: str = "", faults: tuple[tuple[str, str], ...] = (), status: int = 422
) -> Response:
    """One provider, with the form's errors."""
    registry, code = process.of(request).registry, member.objects["provider"].what.code
    return panel_pages.render(
        request,
        member,
        "panel/operator/provider.html",
        status=status if fault or faults else 200,
        sheet=await registry.store.read(operator_book.provider, registry.keyring, code),
        fault=fault and pages.text(request, fault),
        faults=faults,
        packages=packages.PACKAGES.values(),
        done="degisti" in request.query_params,
    )
