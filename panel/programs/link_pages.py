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
from panel.people import brakes
from panel.programs import link_actions, link_tables
from panel.programs.link_actions import LinkList, ReadLine
from panel.rights import Member
from providers.uploads import address_lists
from providers.uploads.files.row_refusals import BadFile
from trust import minting
from trust.minting import BATCH, Issued, LinkOrder
from web import forms, pages, process
from web.rendering import texts

BYTES = 8_000_000  # of an upload


_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TEXT_NAME, _COLUMNS = ".txt", (b"\t", b";")


class _Wanted(NamedTuple):
    brand: KnownBrand
    channel: Channel
    lines: list[tuple[int, str]]


class _Sent(NamedTuple):
    """``name``, ``content``: of the file; ``fields``: the texts, with that of a plain list as ``file``."""

    fields: dict[str, str]
    name: str = ""
    content: bytes = b""

    @property
    def is_table(self) -> bool:
        """Whether the file goes back with columns of links, rather than as a list of lines."""
        head = self.content[:4096]
        return bool(head) and (not self.name.lower().endswith(_TEXT_NAME) or any(one in head for one in _COLUMNS))


async def mint(request: Request, member: Member) -> Response:
    """The file with the links: a table with a column of them, a list with a line each."""
    sent = await _sent(request)
    if sent.is_table:
        return await _table(request, member, sent)
    given = sent.fields
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


async def _sent(request: Request) -> _Sent:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return _Sent(await forms.fields(request))
    gathered = bytearray()

    async def take(portion: bytes) -> None:
        gathered.extend(portion)

    form = await forms.read(request, "file", BYTES, take)
    if form.size > BYTES:
        raise HTTPException(413)
    sent = _Sent(form.fields, form.name, bytes(gathered))
    if sent.is_table:
        return sent
    return sent._replace(fields={**sent.fields, "file": await asyncio.to_thread(forms.decoded, sent.content)})


async def _table(request: Request, member: Member, sent: _Sent) -> Response:
    """The member's own table with a column of links, minted as a list's; nothing of it is kept."""
    here, language = process.of(request), texts.language(request)[0]

    async def faulty(place: str, sentence: str, status: int = 422) -> Response:
        return await show(request, member, FormResult(None, ((place, sentence),), status), sent.fields)

    try:
        brand, channel = _order(await form_answers.brands(request, member), sent.fields)
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), sent.fields)
    if not await form_answers.write(request, member, link_actions.counted, member):
        return await faulty("file", pages.text(request, brakes.TOO_MANY_TABLES), 429)
    try:
        read = await asyncio.to_thread(address_lists.read_tables, sent.name, sent.content)
    except BadFile as bad:
        return await faulty("file", bad.sentence.text(language))
    except address_lists.Busy:
        return await faulty("file", pages.text(request, brakes.BUSY), 503)
    found = await asyncio.to_thread(link_tables.read, read, channel)
    addresses = [address for one in found for address in one.addresses]
    if not addresses:
        return await faulty("file", form_answers.sentence(language, "file-none"))
    arguments = brand, channel, len(addresses)
    result = await form_answers.attempt(request, member, link_actions.find_order, *arguments)
    if result.faults:
        return await show(request, member, result, sent.fields)
    order = LinkOrder(brand.id, channel, here.settings.public_url, here.settings.link_days)
    issued: list[Issued] = []
    for start in range(0, len(addresses), BATCH):
        issued += await _issued(here.registry, order, addresses[start : start + BATCH])
    pictures = bool(sent.fields.get("qr"))
    content, ending = await asyncio.to_thread(link_tables.file, language, found, issued, pictures=pictures)
    headers = {
        "content-disposition": f'attachment; filename="izin-{brand.code}.{ending}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type=_MEDIA[ending], headers=headers)


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
    return link_actions.rows(lines, await _issued(registry, order, addresses))


async def _issued(registry: Registry, order: LinkOrder, addresses: list[str]) -> list[Issued]:
    ready = await asyncio.to_thread(minting.ready, registry.keyring, order.site, addresses)
    return await registry.store.write(minting.write, registry.keyring, order, ready)


def _wanted(brands: list[KnownBrand], given: dict[str, str]) -> _Wanted:
    """The form's values. Errors: FieldFault."""
    return _Wanted(*_order(brands, given), link_actions.numbered(given.get("file", "")))


def _order(brands: list[KnownBrand], given: dict[str, str]) -> tuple[KnownBrand, Channel]:
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    channel = next((one for one in Channel if str(one) == given.get("channel")), None)
    if brand is None:
        raise FieldFault("brand", "brand")
    if channel is None:
        raise FieldFault("channel", "channel")
    return brand, channel


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
        most_table=address_lists.MOST,
    )
