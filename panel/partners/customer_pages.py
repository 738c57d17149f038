"""A partner's own pages: its customers with what is wrong there, one customer, and the partner's people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import provider_states
from consents.brands.book import BrandEntry
from consents.brands.companies import BadCompany
from consents.brands.spelling import fold, turkish_order
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot
from gateways.outbox import outbox
from panel import form_answers, panel_pages
from panel.accounts import account_store, invitations, partner_seats
from panel.accounts.invitations import Invitation
from panel.companies import company_alarms
from panel.companies.company_alarms import BrandAlarm, CompanyAlarm
from panel.panel_pages import Confirmation
from panel.people import people_actions
from panel.people.people_actions import ChangeOutcome, Invitee
from panel.people.people_pages import NO_EMAIL, NO_ROLE
from panel.rights import Member, Role
from providers.callers import partners
from web import cookies, forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

HOME = "/panel/ortak"
PEOPLE = f"{HOME}/kisiler"
PAGE = 50  # customers
_ROLES = {"owner": Role.OWNER, "user": Role.USER}
_FAULTS = {
    ChangeOutcome.THERE: mark("Bu kişi zaten iş ortağının kişilerinden."),
    ChangeOutcome.LAST_OWNER: mark("Son sorumlu kaldırılamaz. Önce başka birini sorumlu olarak davet edin."),
    ChangeOutcome.BEYOND: mark("Kişileri artık siz yönetmiyorsunuz. Hiçbir şey değişmedi."),
    ChangeOutcome.FULL: mark("20 davet bekliyor. Yenisi için birini geri alın ya da kabul edilmesini bekleyin."),
    ChangeOutcome.OFTEN: mark("Bu adrese bugün yeterince davet gitti. Yarın yeniden deneyin."),
    ChangeOutcome.STALE: mark("Bu kişi artık iş ortağının kişilerinden değil."),
}
_END = mark("Erişimi kapat")
_ENDS = (
    mark("{email} için erişim kapatılsın mı?"),
    mark("Bir sonraki tıklamasında iş ortağının sayfalarından çıkar; şirketlerdeki yetkilerine dokunulmaz."),
    mark("Yaptıkları işlem geçmişinde kalır."),
    mark("Yeniden girebilmesi için onu yeniden davet etmeniz gerekir."),
)


class CustomerBrand(NamedTuple):
    """A brand with the partner's rights."""

    brand: BrandEntry
    grant: partners.Grant
    alarm: BrandAlarm


class Customer(NamedTuple):
    """A company that gave the partner rights."""

    code: int
    title: str
    brands: list[CustomerBrand]
    alarm: CompanyAlarm


class PartnerBook(NamedTuple):
    people: list[partner_seats.PartnerPerson]
    invitations: list[Invitation]


async def show(request: Request, member: Member) -> Response:
    """The customers: those with alarms first; ``?ara=`` by name or number, ``?uyari`` those with alarms alone."""
    registry, query = process.of(request).registry, request.query_params
    found = await asyncio.to_thread(registry.store.read_now, customers, registry, member.person.seat.id)
    typed, only = query.get("ara", "").strip()[:100], "uyari" in query
    chosen = [one for one in _found(found, typed) if one.alarm or not only]
    number = max(1, form_answers.number(query.get("sayfa", ""), 4))
    return panel_pages.render(
        request,
        member,
        "panel/partner/customers.html",
        customers=chosen[(number - 1) * PAGE : number * PAGE],
        total=len(chosen),
        every=len(found),
        alarms=sum(bool(one.alarm) for one in found),
        typed=typed,
        only=only,
        number=number,
        more=len(chosen) > number * PAGE,
    )


async def customer(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    about = member.person.seat.id, member.objects["customer"].what.code
    found = await registry.store.read(customers, registry, *about)
    if not found:  # the last right was taken back this moment
        return pages.redirect(request, HOME)
    return panel_pages.render(request, member, "panel/partner/customer.html", one=found[0])


def customers(snapshot: Snapshot, registry: Registry, partner: int, code: int | None = None) -> list[Customer]:
    """The companies that gave a partner (internal id) rights, or the one with iysCode ``code``, with alarms first.
    Refusals as of the worker's last check. Thousands take a while."""
    now = registry.store.now()
    book, granted = registry.brands.book(snapshot, now).by_id, partners.grants(snapshot, partner)
    alarms, companies = company_alarms.read(snapshot, now), dict[int, list[CustomerBrand]]()
    states = {one.id: one.state for one in provider_states.listed(snapshot, registry.keyring)}
    for brand, grant in granted.items():
        entry = book.get(brand)
        if entry is not None and code in (None, entry.company_code):
            companies.setdefault(entry.company, []).append(CustomerBrand(entry, grant, alarms.brand(brand)))
    found = []
    for company, brands in companies.items():
        brands.sort(key=lambda one: turkish_order(one.brand.title))
        alarm = alarms.company(company, [one.brand.id for one in brands], states[company])
        found.append(Customer(brands[0].brand.company_code, brands[0].brand.company_title, brands, alarm))
    return sorted(found, key=lambda one: (one.alarm.rank, turkish_order(one.title)))


def _found(listed: Iterable[Customer], typed: str) -> list[Customer]:
    """By a part of the company's or a brand's name, or the beginning of a number."""
    part = fold(typed)
    return [
        one
        for one in listed
        if part in fold(one.title)
        or str(one.code).startswith(typed)
        or any(part in fold(each.brand.title) or str(each.brand.code).startswith(typed) for each in one.brands)
    ]


async def people(
    request: Request, member: Member, faults: list[tuple[str, str]] | None = None, given: str = ""
) -> Response:
    registry = process.of(request).registry
    book = await registry.store.read(people_of, registry.keyring, member.person.seat.id, registry.store.now())
    return panel_pages.render(
        request,
        member,
        "panel/partner/people.html",
        status=422 if faults else 200,
        book=book,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults or []],
        given=given,
        done=next(iter(request.query_params), "") if not faults else "",
    )


def people_of(snapshot: Snapshot, keyring: Keyring, partner: int, now: int) -> PartnerBook:
    """A partner's people and open invitations at ``now`` (µs)."""
    waiting = invitations.waiting_at_partner(snapshot, keyring, partner, now)
    return PartnerBook(partner_seats.people(snapshot, keyring, partner), waiting)


async def invite(request: Request, member: Member) -> Response:
    given, seat = await forms.fields(request), member.person.seat
    partner = partners.KnownPartner(seat.id, seat.code, seat.title, None)
    faults = await invited(request, member, partner, given)
    if faults:
        return await people(request, member, faults, given.get("email", ""))
    return pages.redirect(request, f"{PEOPLE}?davet")


async def invited(
    request: Request, member: Member, partner: partners.KnownPartner, given: dict[str, str]
) -> list[tuple[str, str]]:
    """Invites the person of a form to a partner; (input's id, sentence) of what is wrong with it."""
    role = _ROLES.get(given.get("role", ""))
    try:
        email = account_store.canonical(given.get("email", ""))
    except BadCompany:
        return [("email", NO_EMAIL)]
    if role is None:
        return [("role-owner", NO_ROLE)]
    state, token = process.of(request), cookies.token()
    whom = Invitee(email, token, cookies.key(token), texts.language(request)[0])
    arguments = state.settings, member, whom, partner, role
    outcome = await form_answers.write(request, member, people_actions.invite_to_partner, *arguments)
    if outcome is not ChangeOutcome.DONE:
        return [("email", _FAULTS[outcome])]
    outbox.arrived(state.registry)
    return []


async def withdraw(request: Request, member: Member) -> Response:
    number = member.objects["partnerinvitation"].id
    await form_answers.write(request, member, people_actions.withdraw_at_partner, member, number)
    return pages.redirect(request, f"{PEOPLE}?geri")


async def sure_of_ending(request: Request, member: Member) -> Response:
    """The confirmation page for ending somebody's access."""
    found: partner_seats.PartnerPerson = member.objects["partnerperson"].what
    question, *effects = ((sentence, {"email": found.person.email}) for sentence in _ENDS)
    return panel_pages.confirmation(request, member, Confirmation(question, effects, _END, PEOPLE))


async def end(request: Request, member: Member) -> Response:
    number = member.objects["partnerperson"].id
    outcome = await form_answers.write(request, member, people_actions.end_at_partner, member, number)
    if outcome is not ChangeOutcome.DONE:
        return await people(request, member, [("email", _FAULTS[outcome])])
    return pages.redirect(request, f"{PEOPLE}?bitti")
