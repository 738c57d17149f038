"""Pages of packages, the partner rule and transition windows, and of one company's package."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import packages, transitions
from consents.brands.packages import Package, Subscribed
from consents.brands.transitions import ProviderSize, Transition
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers
from panel.audit.change import Change
from panel.companies import company_actions, company_pages
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.rights import Found, Member
from web import forms, pages, process

_PATH = f"{company_pages.DESK}/kurallar"


class RuleSheet(NamedTuple):
    """``below``: the largest package that needs a partner, None: none. ``of_iys``: İYS's own windows."""

    below: int | None
    windows: list[Transition]
    packages: list[Package]
    of_iys: tuple[Transition, ...] = transitions.WINDOWS_OF_IYS

    @property
    def seen(self) -> str:
        return form_answers.seen(self.below, self.windows)


def sheet(snapshot: Snapshot) -> RuleSheet:
    below = packages.through_partners_below(snapshot)
    return RuleSheet(below, transitions.listed(snapshot), list(packages.PACKAGES.values()))


async def give_package(request: Request, member: Member) -> Response:
    given, provider = await forms.fields(request), member.objects["provider"]
    chosen, why = given.get("package", ""), form_answers.line(given.get("why-package", ""))
    arguments = process.of(request).registry, member, provider, None if chosen == "-" else chosen, why
    try:
        await asyncio.to_thread(_give_package, *arguments, given.get(SEEN, ""))
    except (FieldFault, StaleChange) as fault:
        result = form_answers.refused(request, fault)
        return await company_pages.provider(request, member, faults=result.faults, status=result.status)
    return pages.redirect(request, f"{company_pages.DESK}/saglayicilar/{provider.what.code}?degisti")


async def set_partner_rule(request: Request, member: Member) -> Response:
    """Sets the largest package that needs a partner; empty: none."""
    given = await forms.fields(request)
    typed = given.get("below", "").strip()
    below = form_answers.number(typed, 9) if typed else None
    return await _change(request, member, given, _set_partner_rule, below)


async def open_window(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    try:
        size, days = _size(given.get("size", "")), _days(given, "")
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    return await _change(request, member, given, _open_window, size, days)


async def change_window(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    number = form_answers.number(given.get("window", ""), 9)
    found = await process.of(request).registry.store.read(sheet)
    try:
        if number not in {one.id for one in found.windows}:
            raise StaleChange
        days = _days(given, f"-{number}")
    except (FieldFault, StaleChange) as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    return await _change(request, member, given, _change_window, number, days)


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


def _give_package(registry: Registry, member: Member, provider: Found, name: str | None, why: str, shown: str) -> None:
    def check(held: Subscribed | None) -> None:
        form_answers.unchanged(form_answers.seen(held and (held.package.name, held.since)), shown)

    with at("package" if why else "why-package"):
        company_actions.give_package(registry, member.person.id, provider.what.code, name, why, check)


def _set_partner_rule(change: Change, shown: str, below: int | None) -> None:
    _unchanged(change, shown)
    with at("below"):
        company_actions.set_partner_rule(change, below)


def _open_window(change: Change, shown: str, size: ProviderSize, days: tuple[date, date]) -> None:
    _unchanged(change, shown)
    with at("load"):
        company_actions.open_window(change, size, days)


def _change_window(change: Change, shown: str, number: int, days: tuple[date, date]) -> None:
    if number not in [one.id for one in _unchanged(change, shown).windows]:
        raise StaleChange
    with at(f"load-{number}"):
        company_actions.change_window(change, number, days)


def _unchanged(change: Change, shown: str) -> RuleSheet:
    found = sheet(change.transaction)
    form_answers.unchanged(found.seen, shown)
    return found


async def _change(
    request: Request, member: Member, given: dict[str, str], work: Callable[..., None], *arguments: object
) -> Response:
    result = await form_answers.attempt(request, member, work, given.get(SEEN, ""), *arguments)
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{_PATH}?degisti")


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    found = await process.of(request).registry.store.read(sheet)
    done = "degisti" if "degisti" in request.query_params and not result.faults else ""
    return form_answers.page(request, member, "operator/rules.html", result, given, done=done, sheet=found)
