"""The operator's pages of partners: name, state, programs, rights; rename, close, reopen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import companies
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.companies import company_pages
from panel.form_answers import SEEN, UNSENT, FormResult, StaleChange, at
from panel.partners import partner_actions
from panel.rights import Member
from providers.callers import api_users, partners
from providers.callers.api_users import Owner, User
from providers.callers.partners import Grant, KnownPartner
from web import forms, pages, process

_PATH = f"{company_pages.DESK}/ortaklar"
_STATES: dict[str, Callable[..., Any]] = {"close": partner_actions.close, "reopen": partner_actions.reopen}


async def show(request: Request, member: Member) -> Response:
    found = await process.of(request).registry.store.read(partners.list_all)
    return panel_pages.render(request, member, "panel/operator/partners.html", partners=found)


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
    found = await store.read(file, code, store.now())
    done = "degisti" if "degisti" in request.query_params and not result.faults else ""
    return form_answers.page(request, member, "operator/partner.html", result, given, done=done, file=found)


class PartnerFile(NamedTuple):
    """A partner, its programs, rights, and the brands' titles; both by brandCode."""

    partner: KnownPartner
    users: list[User]
    granted: dict[int, Grant]
    titles: dict[int, str]

    @property
    def seen(self) -> str:
        """The mark of the changeable values."""
        return form_answers.seen(*self.partner)


def file(snapshot: Snapshot, code: int, now: int) -> PartnerFile:
    users, granted = api_users.listed(snapshot, Owner.PARTNER, code, now), partners.granted(snapshot, code)
    found = partners.find(snapshot, code)
    assert found is not None  # else the line above has raised
    brands = (companies.known_brand(snapshot, number) for number in granted)
    return PartnerFile(found, users, granted, {brand.code: brand.title for brand in brands if brand})


def check_seen(snapshot: Snapshot, code: int, shown: str) -> None:
    """Errors: StaleChange unless the form was drawn with the current partner."""
    found = partners.find(snapshot, code)
    if found is None:
        raise StaleChange
    form_answers.unchanged(form_answers.seen(*found), shown)
