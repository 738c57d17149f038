"""The operator's pages of partners: name, state, programs, rights; rename, close, reopen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.brands.spelling import turkish_order
from consents.keys import Keyring
from consents.store import Snapshot
from panel import form_answers
from panel.audit.change import Change
from panel.companies import company_pages
from panel.form_answers import SEEN, UNSENT, FormResult, StaleChange, at
from panel.partners import customer_pages, partner_actions
from panel.partners.customer_pages import PartnerBook
from panel.rights import Member
from providers.callers import api_users, partners
from providers.callers.api_users import Owner, User
from providers.callers.partners import Grant, KnownPartner
from web import forms, pages, process

_PATH = f"{company_pages.DESK}/ortaklar"
_STATES: dict[str, Callable[..., Any]] = {"close": partner_actions.close, "reopen": partner_actions.reopen}


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    found = await process.of(request).registry.store.read(partners.list_all)
    found.sort(key=lambda one: turkish_order(one.title))
    return form_answers.page(request, member, "operator/partners.html", result, given, partners=found)


async def add(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    code = form_answers.number(given.get("code", ""), 9)
    result = await form_answers.attempt(request, member, _add, code, given.get("title", ""))
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{_PATH}/{code}?eklendi")


def _add(change: Change, code: int, title: str) -> None:
    with at("code"):
        if partners.find(change.transaction, code) is not None:
            raise BadCompany(f"partner code {code} is taken", "partner-taken", str(code))
        if not code:
            raise BadCompany("no partner number", "partner-code")
    with at("title"):
        partner_actions.add(change, code, title)


async def invite(request: Request, member: Member) -> Response:
    """Invites one of the partner's people, the first by the operator."""
    given, partner = await forms.fields(request), member.objects["partner"].what
    faults = await customer_pages.invited(request, member, partner, given)
    if faults:
        shown = tuple((place, pages.text(request, sentence)) for place, sentence in faults)
        return await one(request, member, FormResult(None, shown, 422), given)
    return pages.redirect(request, f"{_PATH}/{partner.code}?davet")


async def rename(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    return await _changed(request, member, given, partner_actions.rename, "title", given.get("title", ""))


async def set_state(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    change = _STATES.get(given.get("deed", ""))
    if change is None:
        return pages.redirect(request, f"{_PATH}/{member.objects['partner'].what.code}")
    return await _changed(request, member, given, change, "why-state", given.get("why-state", ""))


async def _changed(
    request: Request, member: Member, given: dict[str, str], action: Callable[..., Any], place: str, typed: str
) -> Response:
    partner: KnownPartner = member.objects["partner"].what

    def work(change: Change) -> None:
        check_seen(change.transaction, partner.code, given.get(SEEN, ""))
        with at(place):
            action(change, partner.code, typed)

    result = await form_answers.attempt(request, member, work)
    if result.faults:
        return await one(request, member, result, given)
    return pages.redirect(request, f"{_PATH}/{partner.code}?degisti")


async def one(request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}) -> Response:
    store, code = process.of(request).registry.store, member.objects["partner"].what.code
    found = await store.read(file, process.of(request).registry.keyring, code, store.now())
    return form_answers.page(request, member, "operator/partner.html", result, given, file=found)


class PartnerFile(NamedTuple):
    """A partner, its programs, its people, its rights and the brands' titles; both by brandCode."""

    partner: KnownPartner
    users: list[User]
    granted: dict[int, Grant]
    titles: dict[int, str]
    book: PartnerBook

    @property
    def seen(self) -> str:
        """The mark of the changeable values."""
        return form_answers.seen(*self.partner)


def file(snapshot: Snapshot, keyring: Keyring, code: int, now: int) -> PartnerFile:
    users, granted = api_users.listed(snapshot, Owner.PARTNER, code, now), partners.granted(snapshot, code)
    found = partners.find(snapshot, code)
    assert found is not None  # else the line above has raised
    brands = (companies.known_brand(snapshot, number) for number in granted)
    book = customer_pages.people_of(snapshot, keyring, found.id, now)
    return PartnerFile(found, users, granted, {brand.code: brand.title for brand in brands if brand}, book)


def check_seen(snapshot: Snapshot, code: int, shown: str) -> None:
    """Errors: StaleChange unless the form was drawn with the current partner."""
    found = partners.find(snapshot, code)
    if found is None:
        raise StaleChange
    form_answers.unchanged(form_answers.seen(*found), shown)
