"""Pages of packages, the partner rule and transition windows, and of one company's package."""

from __future__ import annotations

import asyncio
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.transitions import ProviderSize
from panel import form_answers, panel_pages
from panel.companies import company_pages, rule_changes
from panel.form_answers import SEEN, FieldFault, FormResult, StaleChange
from panel.rights import Member
from web import forms, pages, process

_PATH = f"{company_pages.DESK}/kurallar"


async def show(request: Request, member: Member) -> Response:
    return await _page(request, member, FormResult(), {})


async def give_package(request: Request, member: Member) -> Response:
    given, provider = await forms.fields(request), member.objects["provider"]
    chosen, why = given.get("package", ""), form_answers.line(given.get("why-package", ""))
    arguments = process.of(request).registry, member, provider, None if chosen == "-" else chosen, why
    try:
        await asyncio.to_thread(rule_changes.give_package, *arguments, given.get(SEEN, ""))
    except (FieldFault, StaleChange) as fault:
        result = form_answers.refused(request, fault)
        return await company_pages.provider_page(request, member, faults=result.faults, status=result.status)
    return pages.redirect(request, f"{company_pages.DESK}/saglayicilar/{provider.what.code}?degisti")


async def set_partner_rule(request: Request, member: Member) -> Response:
    """Sets the largest package that needs a partner; empty: none."""
    given = await forms.fields(request)
    typed = given.get("below", "").strip()
    below = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else (0 if typed else None)
    arguments = member, below, given.get(SEEN, "")
    return await _changed(
        request, member, await form_answers.attempt(request, rule_changes.set_partner_rule, *arguments), given
    )


async def open_window(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    try:
        size, days = _size(given.get("size", "")), _days(given, "")
    except FieldFault as fault:
        return await _page(request, member, form_answers.refused(request, fault), given)
    arguments = member, size, days, given.get(SEEN, "")
    return await _changed(
        request, member, await form_answers.attempt(request, rule_changes.open_window, *arguments), given
    )


async def change_window(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    typed = given.get("window", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    found = await process.of(request).registry.store.read(rule_changes.sheet)
    try:
        if number not in {one.id for one in found.windows}:
            raise StaleChange
        days = _days(given, f"-{number}")
    except (FieldFault, StaleChange) as fault:
        return await _page(request, member, form_answers.refused(request, fault), given)
    arguments = member, number, days, given.get(SEEN, "")
    return await _changed(
        request, member, await form_answers.attempt(request, rule_changes.change_window, *arguments), given
    )


def _size(word: str) -> ProviderSize:
    if word not in {one.value for one in ProviderSize}:
        raise FieldFault("size", "size")
    return ProviderSize(word)


def _days(given: dict[str, str], after: str) -> tuple[date, date]:
    return _day(given, f"load{after}"), _day(given, f"check{after}")


def _day(given: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(given.get(name, "").strip())
    except ValueError:
        raise FieldFault(name, "day") from None


async def _changed(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    if result.faults:
        return await _page(request, member, result, given)
    return pages.redirect(request, f"{_PATH}?degisti")


async def _page(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    found = await process.of(request).registry.store.read(rule_changes.sheet)
    return panel_pages.render(
        request,
        member,
        "panel/operator/rules.html",
        status=result.status,
        faults=result.faults,
        given=given if result.status == 422 else {},
        done="degisti" if "degisti" in request.query_params and not result.faults else "",
        sheet=found,
    )
