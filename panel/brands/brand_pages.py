"""Pages of a company's brands: list, new one, and each with title, names, headers and numbers."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers
from panel.brands import brand_sheets, claim_store
from panel.brands.brand_sheets import BrandWanted
from panel.form_answers import SEEN, FormResult
from panel.rights import Member
from web import forms, pages, process

_NAMES = ("name-1", "name-2", "name-3")


async def show(request: Request, member: Member) -> Response:
    """The brands, and the form of a new one."""
    return await _list(request, member, FormResult(), {})


async def add(request: Request, member: Member) -> Response:
    """Adds a brand; only for people who work for all brands."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    typed = given.get("code", "").strip()
    code = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else (0 if typed else None)
    title = form_answers.line(given.get("title", ""))
    site = process.of(request).settings.site_name
    result = await form_answers.attempt(request, brand_sheets.add, member, title, code, site)
    if result.faults:
        return await _list(request, member, result, given)
    added, waits = result.value
    if waits and code is not None:
        return pages.redirect(request, f"{_path(member)}?bekliyor")
    return pages.redirect(request, f"{_path(member)}/{added}?{'bekliyor' if waits else 'eklendi'}")


async def one(request: Request, member: Member) -> Response:
    return await _one(request, member, FormResult(), {})


async def change(request: Request, member: Member) -> Response:
    """Applies the form; shows the current values after an edit conflict."""
    given, here = await forms.fields(request), process.of(request)
    wanted = BrandWanted(
        form_answers.line(given.get("title", "")),
        [name for name in (form_answers.line(given.get(place, "")) for place in _NAMES) if name],
        form_answers.lines(given.get("headers", "")),
        form_answers.lines(given.get("numbers", "")),
        form_answers.line(given.get("why", "")),
        here.settings.shared_numbers,
    )
    code, shown = member.objects["brand"].what.code, given.get(SEEN, "")
    arguments = member, code, wanted, shown, here.settings.site_name
    result = await form_answers.attempt(request, brand_sheets.change, *arguments)
    return await _changed(request, member, result, given)


async def set_closed(request: Request, member: Member) -> Response:
    """Closes or reopens it."""
    given, code = await forms.fields(request), member.objects["brand"].what.code
    arguments = member, code, form_answers.line(given.get("why-state", "")), given.get(SEEN, "")
    result = await form_answers.attempt(request, brand_sheets.set_closed, *arguments)
    return await _changed(request, member, result, given)


async def withdraw(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    typed = given.get("claim", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else 0
    result = await form_answers.attempt(request, brand_sheets.withdraw, member, number)
    if result.faults:
        return await _list(request, member, result, given)
    return pages.redirect(request, f"{_path(member)}?vazgecildi")


async def _changed(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    if result.faults:
        return await _one(request, member, result, given)
    outcome = "bekliyor" if result.value else "degisti"
    return pages.redirect(request, f"{_path(member)}/{member.objects['brand'].what.code}?{outcome}")


async def _list(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    here = process.of(request)
    read, keyring = here.registry.store.read, here.registry.keyring
    found = await read(brand_sheets.every, member.at, member)
    whole = form_answers.whole(member)
    known = await read(brand_sheets.shown_claims, member.at) if whole else []
    wanted = [one for one in known if one.brand is None]
    shown = {"sheets": found, "whole": whole, "claims": wanted, "reason_of": partial(claim_store.reason, keyring)}
    return form_answers.page(request, member, "brands.html", result, given, **shown)


async def _one(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    here, code = process.of(request), member.objects["brand"].what.code
    sheet = await here.registry.store.read(brand_sheets.of, member.at, code)
    why = partial(claim_store.reason, here.registry.keyring)
    return form_answers.page(request, member, "brand.html", result, given, sheet=sheet, reason_of=why)


def _path(member: Member) -> str:
    return f"/panel/{member.at.code}/markalar"
