"""Pages of links and posters. A short file is answered directly, minted a thousand at a time so that refusals pass
in between; an interrupted one is requested again, and its links expire. The worker makes long files. A code is
readable in these files alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents.brands.companies import KnownBrand
from consents.registry import Registry
from consents.terms import Channel
from panel import form_answers
from panel.exports import export_pages
from panel.exports.export_store import ExportKind
from panel.form_answers import UNSENT, FieldFault, FormResult
from panel.programs import link_actions
from panel.programs.link_actions import LinkList, ReadLine
from panel.rights import Member
from trust import minting
from trust.minting import BATCH, LinkOrder
from web import forms, pages, process

BYTES = 8_000_000  # of an upload


class _Wanted(NamedTuple):
    brand: KnownBrand
    channel: Channel
    lines: list[tuple[int, str]]


async def mint(request: Request, member: Member) -> Response:
    """The file with the links."""
    given = await _given(request)
    try:
        wanted = await asyncio.to_thread(_wanted, await form_answers.brands(request, member), given)
        first = await asyncio.to_thread(link_actions.read_addresses, wanted.lines[:BATCH], wanted.channel)
        if not any(line.address for line in first):
            raise FieldFault("file", "file-none")
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    here = process.of(request)
    order = LinkOrder(wanted.brand.id, wanted.channel, here.settings.public_url, here.settings.link_days)
    if len(wanted.lines) > link_actions.LONG:
        return await _later(request, member, wanted, order)
    arguments = wanted.brand, wanted.channel, len(wanted.lines)
    result = await form_answers.attempt(request, member, link_actions.find_order, *arguments)
    if result.faults:
        return await show(request, member, result, given)
    headers = {
        "content-disposition": f'attachment; filename="izin-{wanted.brand.code}.csv"',
        "cache-control": "no-store",
    }
    written = _written(here.registry, order, first, wanted.lines[BATCH:])
    return StreamingResponse(written, media_type="text/csv; charset=utf-8", headers=headers)


async def _given(request: Request) -> dict[str, str]:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await forms.fields(request)
    given = await forms.read_text(request, "file", BYTES)
    if given is None:
        raise HTTPException(413)
    return given


async def files(request: Request, member: Member) -> Response:
    return await export_pages.show(request, member, ExportKind.LINKS, lines=link_actions.lines)


async def download(request: Request, member: Member) -> Response:
    return await export_pages.download(request, member, "linkfile", "baglantilar")


async def _later(request: Request, member: Member, wanted: _Wanted, order: LinkOrder) -> Response:
    """Passes it to the worker."""
    pieces = await asyncio.to_thread(link_actions.sealed, process.of(request).registry.keyring, wanted.lines)
    waits = LinkList(len(wanted.lines), pieces, order)
    result = await form_answers.attempt(request, member, link_actions.ask, member, wanted.brand, waits)
    if result.faults:
        return await show(request, member, result, {"brand": str(wanted.brand.code), "channel": str(wanted.channel)})
    return pages.redirect(request, f"{member.home}/baglantilar/dosyalar")


async def _written(
    registry: Registry, order: LinkOrder, first: list[ReadLine], more: list[tuple[int, str]]
) -> AsyncIterator[str]:
    yield link_actions.HEAD
    yield await _some(registry, order, first)
    for start in range(0, len(more), BATCH):
        read = await asyncio.to_thread(link_actions.read_addresses, more[start : start + BATCH], order.channel)
        yield await _some(registry, order, read)


async def _some(registry: Registry, order: LinkOrder, lines: list[ReadLine]) -> str:
    addresses = [line.address for line in lines if line.address is not None]
    ready = await asyncio.to_thread(minting.ready, registry.keyring, order.site, addresses)
    return link_actions.rows(lines, await registry.store.write(minting.write, registry.keyring, order, ready))


def _wanted(brands: list[KnownBrand], given: dict[str, str]) -> _Wanted:
    """The form's values. Errors: FieldFault."""
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    channel = next((one for one in Channel if str(one) == given.get("channel")), None)
    if brand is None:
        raise FieldFault("brand", "brand")
    if channel is None:
        raise FieldFault("channel", "channel")
    return _Wanted(brand, channel, link_actions.numbered(given.get("file", "")))


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """Each brand's posters, and the form for links."""
    brands = await form_answers.brands(request, member)
    return form_answers.page(
        request,
        member,
        "manage/links.html",
        result,
        given,
        brands=brands,
        most=link_actions.MOST,
        long=link_actions.LONG,
    )
