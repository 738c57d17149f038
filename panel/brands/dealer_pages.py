"""Pages of dealers: a brand's, paged, and one with its state and own code."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import dealer_records, provider_list
from panel import confirming, form_answers
from panel.brands import dealer_book
from panel.brands.dealer_book import DealerWanted
from panel.confirming import Confirmation
from panel.form_answers import SEEN, FormResult
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

_END = mark("Bayiyi kaldır")
_EFFECTS = (
    mark("{dealer} kaldırılsın mı?"),
    mark("Bu bayinin koduyla artık onay ve ret bildirilemez."),
    mark("Numarası başka bayiye verilmez. Aynı bayi yeniden eklenirse yeni bir numara alır."),
    mark("Bir onayla bağı olan bayi kaldırılmaz; o zaman hiçbir şey değişmez."),
)


async def show(request: Request, member: Member) -> Response:
    """The choice of a brand; a single brand redirects."""
    every = await process.of(request).registry.store.read(provider_list.brands_of, member.at.id)
    brands = [one for one in every if member.sees(one.id)]
    if len(brands) == 1:
        return pages.redirect(request, f"{_path(member)}/{brands[0].code}")
    return form_answers.page(request, member, "dealer_brands.html", FormResult(), {}, brands=brands)


async def of_brand(request: Request, member: Member) -> Response:
    return await _list(request, member, FormResult(), {})


async def add(request: Request, member: Member) -> Response:
    given, brand = await forms.fields(request), member.objects["brand"].what
    result = await form_answers.attempt(request, dealer_book.add, member, brand, _wanted(given))
    if result.faults:
        return await _list(request, member, result, given)
    return pages.redirect(request, f"/panel/{member.at.code}/bayi/{result.value}?eklendi")


async def one(request: Request, member: Member) -> Response:
    return await _one(request, member, FormResult(), {})


async def change(request: Request, member: Member) -> Response:
    given, found = await forms.fields(request), member.objects["dealer"]
    arguments = member, found.brand, found.what.code, _wanted(given), given.get(SEEN, "")
    result = await form_answers.attempt(request, dealer_book.change, *arguments)
    if result.faults:
        return await _one(request, member, result, given)
    return pages.redirect(request, f"/panel/{member.at.code}/bayi/{found.what.code}?degisti")


async def sure_of_ending(request: Request, member: Member) -> Response:
    """The confirmation page for ending a dealer."""
    registry, found = process.of(request).registry, member.objects["dealer"]
    assert found.brand is not None
    read = partial(dealer_book.one, keyring=registry.keyring, brand=found.brand, code=found.what.code)
    sheet = await asyncio.to_thread(registry.store.read_now, read)
    back = f"/panel/{member.at.code}/bayi/{found.what.code}"
    if sheet is None:
        return pages.redirect(request, _path(member))
    question, *effects = ((sentence, {"dealer": found.what.title}) for sentence in _EFFECTS)
    asked = Confirmation(question, effects, _END, back, {SEEN: sheet.seen})
    return confirming.page(request, member, asked)


async def end(request: Request, member: Member) -> Response:
    """Ends it. Links are searched in a thread: that may read all events of the brand."""
    given, found, store = await forms.fields(request), member.objects["dealer"], process.of(request).registry.store
    assert found.brand is not None
    looked = await asyncio.to_thread(store.read_now, dealer_records.collected, found.brand, found.id)
    arguments = member, found.brand, found.what.code, looked, given.get(SEEN, "")
    result = await form_answers.attempt(request, dealer_book.end, *arguments)
    if result.faults:
        return await _one(request, member, result, given)
    return pages.redirect(request, f"{_path(member)}?kaldirildi")


def _wanted(given: dict[str, str]) -> DealerWanted:
    title, external = (form_answers.line(given.get(name, "")) for name in ("title", "external"))
    return DealerWanted(title, external, given.get("status", dealer_records.ACTIVE))


async def _list(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    registry, brand = process.of(request).registry, member.objects["brand"]
    typed = request.query_params.get("sayfa", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and 0 < len(typed) < 7 else 1
    read = partial(dealer_book.page, keyring=registry.keyring, brand=brand.id, number=max(number, 1))
    total, found = await asyncio.to_thread(registry.store.read_now, read)
    last = max(1, -(-total // dealer_book.PAGE))
    return form_answers.page(
        request,
        member,
        "dealers.html",
        result,
        given,
        brand=brand.what,
        dealers=found,
        total=total,
        page=number,
        last=last,
    )


async def _one(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    registry, found = process.of(request).registry, member.objects["dealer"]
    assert found.brand is not None
    read = partial(dealer_book.one, keyring=registry.keyring, brand=found.brand, code=found.what.code)
    sheet = await asyncio.to_thread(registry.store.read_now, read)
    if sheet is None:
        return pages.redirect(request, _path(member))
    return form_answers.page(request, member, "dealer.html", result, given, sheet=sheet)


def _path(member: Member) -> str:
    return f"/panel/{member.at.code}/bayiler"
