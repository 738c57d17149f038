"""The operator's pages of partners: each one's name, state, programs and rights; renamed, closed, reopened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.registry import Registry
from consents.store import Transaction
from panel import panel_pages
from panel.deeds import partner_deeds
from panel.manage import manage_answers
from panel.manage.manage_answers import SEEN, Told
from panel.manage.managed_changes import at
from panel.operator import operator_pages, partner_sheet
from panel.rights import Member
from providers.callers import partners
from providers.callers.partners import KnownPartner
from web import forms, pages, process

_PATH = f"{operator_pages.DESK}/ortaklar"
_STATES: dict[str, Callable[..., Any]] = {"close": partner_deeds.close, "reopen": partner_deeds.reopen}


async def show(request: Request, member: Member) -> Response:
    """All of them."""
    found = await process.of(request).registry.store.read(partners.every)
    return panel_pages.render(request, member, "panel/operator/partners.html", partners=found)


async def one(request: Request, member: Member) -> Response:
    """One of them."""
    return await _one(request, member, Told(), {})


async def rename(request: Request, member: Member) -> Response:
    """Gives it another name."""
    given = await forms.fields(request)
    return await _changed(request, member, given, partner_deeds.rename, "title", given.get("title", ""))


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
        partner_sheet.check_seen(transaction, partner.code, given.get(SEEN, ""))
        with at(place):
            change(transaction, registry.keyring, member.person.id, partner.code, typed)

    told = await manage_answers.attempt(request, work)
    if told.faults:
        return await _one(request, member, told, given)
    return pages.redirect(request, f"{_PATH}/{partner.code}?degisti")


async def _one(request: Request, member: Member, told: Told, given: dict[str, str]) -> Response:
    store, code = process.of(request).registry.store, member.objects["partner"].what.code
    found = await store.read(partner_sheet.file, code, store.now())
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
