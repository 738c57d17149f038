"""The operator's pages of applications and providers. Auditors read; operators decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import lookalikes, packages, provider_list, provider_states
from consents.brands.companies import BadCompany, KnownBrand
from consents.brands.lookalikes import Lookalike
from consents.brands.packages import Subscribed
from consents.brands.provider_states import ListedProvider
from consents.brands.spelling import turkish_order
from consents.keys import Keyring
from consents.store import Snapshot
from gateways.outbox import outbox
from panel import form_answers, panel_pages
from panel.accounts import contacts, memberships
from panel.accounts.contacts import Contact
from panel.accounts.memberships import Colleague
from panel.companies import application_actions, application_store, company_actions
from panel.companies.application_actions import Decided, StaleDecision
from panel.companies.application_store import Application
from panel.people import brakes
from panel.rights import Member
from providers.callers import partners
from providers.doctor import diagnosis
from providers.doctor.diagnosis import Diagnosis
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

DESK = "/panel/isletmen"
_FAULTS = {
    Decided.TAKEN: mark("Bu numara ya da MERSİS numarası başka bir şirketin. Başka bir numara yazın."),
    Decided.STALE: mark("Siz bakarken başka biri karar verdi."),
}
_NO_WHY = mark("Nedenini yazın; şirkete bu neden iletilir.")
_NO_CODE = mark("İYS numarası bir ile dokuz arası rakamdır.")
_NOT_SO = mark("Bu, şirketin şimdiki durumunda yapılamaz.")
_NO_REASON = mark("Nedenini yazın.")


class Desk(NamedTuple):
    waiting: list[Application]
    decided: list[Application]
    providers: int


class NearApplication(NamedTuple):
    """What an application resembles: names, other applications with its MERSİS number, or its tax number."""

    names: list[Lookalike]
    others: list[Application]


class ProviderSheet(NamedTuple):
    """A provider as the operator sees it."""

    provider: ListedProvider
    brands: list[KnownBrand]
    people: list[Colleague]
    package: Subscribed | None
    contact: Contact

    @property
    def seen(self) -> str:
        """The mark of the package."""
        return form_answers.seen(self.package and (self.package.package.name, self.package.since))


async def desk(request: Request, member: Member) -> Response:
    """The applications."""
    state = process.of(request)
    found = await state.registry.store.read(desk_of, state.registry.keyring)
    return panel_pages.render(
        request, member, "panel/operator/applications.html", book=found, done="karar" in request.query_params
    )


async def approve(request: Request, member: Member) -> Response:
    given = (await forms.once(request, "code") or "").strip()
    if given and not (given.isascii() and given.isdecimal() and 0 < len(given) < 10):
        return await application(request, member, _NO_CODE, "code", given)
    state, found = process.of(request), member.objects["application"].what
    code = int(given) if given else None
    arguments = state.settings, found, code, texts.language(request)[0]
    try:
        decided = await form_answers.write(request, member, application_actions.approve, *arguments)
    except StaleDecision:
        decided = Decided.STALE
    except BadCompany:
        decided = Decided.TAKEN
    return await _decided(request, member, decided, given)


async def refuse(request: Request, member: Member) -> Response:
    why = form_answers.line(await forms.once(request, "why") or "")
    if fault := brakes.address_fault(why) if why else _NO_WHY:
        return await application(request, member, fault, "why", why)
    state, found = process.of(request), member.objects["application"].what
    arguments = state.settings, found, why, texts.language(request)[0]
    decided = await form_answers.write(request, member, application_actions.refuse, *arguments)
    return await _decided(request, member, decided)


async def set_contact(request: Request, member: Member) -> Response:
    """Sets whom the operator calls there."""
    given, found = await forms.fields(request), member.objects["provider"]
    try:
        await form_answers.write(request, member, contacts.put, found.id, contacts.read(given))
    except BadCompany as bad:
        message = form_answers.sentence(texts.language(request)[0], bad.why)
        return await provider(request, member, faults=((bad.about, message),), given=given)
    return pages.redirect(request, f"{DESK}/saglayicilar/{found.what.code}?degisti")


async def set_state(request: Request, member: Member) -> Response:
    """Pauses, reopens or closes a provider."""
    given = await forms.fields(request)
    action, why = given.get("deed", ""), form_answers.line(given.get("why", ""))
    code = member.objects["provider"].what.code
    if action not in company_actions.STATES:
        return await provider(request, member, _NOT_SO)
    if not why:
        return await provider(request, member, faults=(("why", pages.text(request, _NO_REASON)),))
    if fault := brakes.address_fault(why):
        return await provider(request, member, faults=(("why", pages.text(request, fault)),), given=given)
    try:
        await form_answers.write(request, member, company_actions.set_state, code, action, why)
    except BadCompany:
        return await provider(request, member, _NOT_SO)
    return pages.redirect(request, f"{DESK}/saglayicilar/{code}?degisti")


async def _decided(request: Request, member: Member, decided: Decided, given: str = "") -> Response:
    if decided is Decided.STALE:
        return await application(request, member, _FAULTS[decided], status=409)
    if decided is Decided.TAKEN:
        return await application(request, member, _FAULTS[decided], "code", given)
    outbox.arrived(process.of(request).registry)
    return pages.redirect(request, f"{DESK}/basvurular?karar")


async def application(
    request: Request, member: Member, fault: str = "", place: str = "", given: str = "", *, status: int = 422
) -> Response:
    """``place``: the input that the error is about; ``given``: what was typed there."""
    found, state = member.objects["application"].what, process.of(request)
    if fault and found.state:  # a colleague has decided: the form that an error would be about is not shown
        fault, place, status = _FAULTS[Decided.STALE], "", 409
    store, site = state.registry.store, state.settings.site_name
    return panel_pages.render(
        request,
        member,
        "panel/operator/application.html",
        status=status if fault else 200,
        application=found,
        partner=await store.read(partner_title, found),
        near=await store.read(near, state.registry.keyring, found, site) if not found.state else None,
        fault=fault and pages.text(request, fault),
        place=place,
        given=given,
    )


async def provider(
    request: Request,
    member: Member,
    fault: str = "",
    faults: tuple[tuple[str, str], ...] = (),
    status: int = 422,
    given: Mapping[str, str] = {},
) -> Response:
    """One provider, with the form's errors."""
    registry, code = process.of(request).registry, member.objects["provider"].what.code
    diagnosed = await registry.store.read(_diagnosed, registry.keyring, code, registry.store.now())
    return panel_pages.render(
        request,
        member,
        "panel/operator/provider.html",
        status=status if fault or faults else 200,
        sheet=await registry.store.read(provider_sheet, registry.keyring, code),
        fault=fault and pages.text(request, fault),
        faults=faults,
        packages=packages.PACKAGES.values(),
        diagnosed=diagnosed,
        language=texts.language(request)[0],
        given=given,
        done="degisti" in request.query_params,
    )


def _diagnosed(snapshot: Snapshot, keyring: Keyring, code: int, now: int) -> Diagnosis:
    known = provider_list.by_code(snapshot, code)
    assert known is not None
    return diagnosis.of_company(snapshot, keyring, known.id, now, strays=True)


def desk_of(snapshot: Snapshot, keyring: Keyring) -> Desk:
    waiting, decided = application_store.waiting(snapshot, keyring), application_store.decided(snapshot, keyring)
    return Desk(waiting, decided, len(provider_list.list_all(snapshot)))


def partner_title(snapshot: Snapshot, application: Application) -> str:
    """The partner a company wants; "" for none."""
    if application.partner is None:
        return ""
    return next((one.title for one in partners.list_all(snapshot) if one.id == application.partner), "")


def near(snapshot: Snapshot, keyring: Keyring, application: Application, site: str) -> NearApplication:
    """Names and open applications that an application resembles."""
    found = [*lookalikes.near(snapshot, 0, application.title, site=site)]
    found += lookalikes.near(snapshot, 0, application.brand, site=site)
    return NearApplication(list(dict.fromkeys(found)), application_store.alike(snapshot, keyring, application))


def provider_sheet(snapshot: Snapshot, keyring: Keyring, code: int) -> ProviderSheet:
    listed = next(one for one in provider_states.listed(snapshot, keyring) if one.code == code)
    known = provider_list.by_code(snapshot, code)
    assert known is not None
    brands = sorted(provider_list.brands_of(snapshot, known.id), key=lambda brand: turkish_order(brand.title))
    return ProviderSheet(
        listed,
        brands,
        memberships.colleagues(snapshot, keyring, known.id),
        packages.get(snapshot, known.id),
        contacts.find(snapshot, keyring, known.id),
    )
