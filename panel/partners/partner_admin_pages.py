"""The operator's pages of partners: each one's name, state, programs and rights; renamed, closed, reopened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import companies
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel import form_answers, panel_pages
from panel.companies import company_pages
from panel.form_answers import SEEN, StaleChange, Told, at
from panel.partners import partner_actions
from panel.rights import Member
from providers.callers import api_users, partners
from providers.callers.api_users import Owner, User
from providers.callers.partners import Grant, KnownPartner
from web import forms, pages, process

_PATH = f"{company_pages.DESK}/ortaklar"
_STATES: dict[str, Callable[..., Any]] = {"close": partner_actions.close, "reopen": partner_actions.reopen}


async def show(request: Request, member: Member) -> Response:
    """All of them."""
    found = await process.of(request).registry.store.read(partners.list_all)
    return panel_pages.render(request, member, "panel/operator/partners.html", partners=found)


async def one(request: Request, member: Member) -> Response:
    """One of them."""
    return await _one(request, member, Told(), {})


async def rename(request: Request, member: Member) -> Response:
    """Gives it another name."""
    given = await forms.fields(request)
    return await _changed(request, member, given, partner_actions.rename, "title", given.get("title", ""))


async def set_state(request: Request, member: Member) -> Response:
    """Closes it, or opens it again, with the reason."""
    given = await forms.fields(request)
    change = _STATES.get(given.get("deed", ""))
    if change is None:
        return pages.redirect(request, f"{_PATH}/{member.objects['partner'].what.code}")
    return await _changed(request, member, given, change, "why-state", given.get("why-state", ""))


async def _changed(
    request: Request, member: Member, given: dict[str, str], change: Callable[..., Any], place: str, typed: str
) -> Response:
    partner: KnownPartner = member.objects["partner"].what

    def work(transaction: Transaction, registry: Registry) -> None:
        check_seen(transaction, partner.code, given.get(SEEN, ""))
        with at(place):
            change(transaction, registry.keyring, member.person.id, partner.code, typed)

    told = await form_answers.attempt(request, work)
    if told.faults:
        return await _one(request, member, told, given)
    return pages.redirect(request, f"{_PATH}/{partner.code}?degisti")


async def _one(request: Request, member: Member, told: Told, given: dict[str, str]) -> Response:
    store, code = process.of(request).registry.store, member.objects["partner"].what.code
    found = await store.read(file, code, store.now())
    return panel_pages.render(
        request,
        member,
        "panel/operator/partner.html",
        status=told.status,
        faults=told.faults,
        given=given if told.status == 422 else {},
        done="degisti" if "degisti" in request.query_params and not told.faults else "",
        file=found,
    )


class PartnerFile(NamedTuple):
    """A partner, its programs, what it may do, and the brands' titles; both by brandCode."""

    partner: KnownPartner
    users: list[User]
    granted: dict[int, Grant]
    titles: dict[int, str]

    @property
    def seen(self) -> str:
        """The mark of what can be changed."""
        return form_answers.seen(*self.partner)


def file(snapshot: Snapshot, code: int, now: int) -> PartnerFile:
    """The partner with this integratorCode. Errors: BadCompany."""
    users, granted = api_users.listed(snapshot, Owner.PARTNER, code, now), partners.granted(snapshot, code)
    found = partners.find(snapshot, code)
    assert found is not None  # else the line above has raised
    brands = (companies.known_brand(snapshot, number) for number in granted)
    return PartnerFile(found, users, granted, {brand.code: brand.title for brand in brands if brand})


def check_seen(snapshot: Snapshot, code: int, shown: str) -> None:
    """StaleChange unless a partner is what the form was drawn with."""
    found = partners.find(snapshot, code)
    if found is None:
        raise StaleChange
    form_answers.unchanged(form_answers.seen(*found), shown)
