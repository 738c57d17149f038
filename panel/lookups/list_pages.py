"""A company's list, checked before it writes: whom may it write to? The answer is a file; nothing of the list is
kept."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import KnownBrand
from consents.terms import Identity
from panel import form_answers, panel_pages
from panel.lookups import list_answer, query_export
from panel.lookups.list_answer import ListQuestion
from panel.people import brakes
from panel.rights import Member
from providers.consents import statuses
from providers.uploads import address_lists
from providers.uploads.address_lists import MOST
from providers.uploads.files.row_refusals import BadFile, csv_bytes, spreadsheet_safe
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

FILE_BYTES, PASTED_BYTES = 4_000_000, 400_000
BYTES = FILE_BYTES + PASTED_BYTES + 100_000  # of the form
_NO_LIST = mark("Numaraları yapıştırın ya da bir dosya seçin.")
_NO_BRAND = mark("Markayı seçin.")
_NO_CAMPAIGN = mark("En çok 100 harf ve rakam yazın; Türkçe harf olmaz.")
_LARGE = mark("Dosya 4 MB’den büyük. Yalnız numaraların olduğu sütunu yeni bir dosyaya kopyalayın.")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def page(request: Request, member: Member) -> Response:
    return await _form(request, member, {}, [])


async def check(request: Request, member: Member) -> Response:
    """The list with what stands, as a workbook with the signed answer, as CSV, or the signed answer alone."""
    gathered = bytearray()

    async def take(portion: bytes) -> None:
        gathered.extend(portion)

    form = await forms.read(request, "file", FILE_BYTES, take, {"list": PASTED_BYTES})
    given = form.fields
    brand = await _brand(request, member, given)
    parts = [("list.txt", given["list"].encode())] if given.get("list", "").strip() else []
    parts += [(form.name, bytes(gathered))] if gathered else []
    faults = [] if brand else [("brand", pages.text(request, _NO_BRAND))]
    if form.size > FILE_BYTES:
        faults.append(("file", pages.text(request, _LARGE)))
    elif not parts:
        faults.append(("list", pages.text(request, _NO_LIST)))
    campaign = form_answers.line(given.get("campaign", ""))
    if not statuses.is_campaign(campaign):
        faults.append(("campaign", pages.text(request, _NO_CAMPAIGN)))
    if brand is None or faults:
        return await _form(request, member, given, faults)
    if not await form_answers.write(request, member, list_answer.noted, member, brand):
        return await _form(request, member, given, [("list", pages.text(request, brakes.TOO_MANY_CHECKS))], status=429)
    language = texts.language(request)[0]
    try:
        listed = await asyncio.to_thread(address_lists.read, parts)
    except BadFile as fault:
        return await _form(request, member, given, [("file" if gathered else "list", fault.sentence.text(language))])
    except address_lists.Busy:
        return await _form(request, member, given, [("list", pages.text(request, brakes.BUSY))], status=503)
    identity = Identity.TACIR if given.get("identity") == Identity.TACIR else Identity.BIREYSEL
    asked, here = ListQuestion(brand, identity, listed, campaign), process.of(request)
    read, site = here.registry.store.read_now, here.settings
    found = await asyncio.to_thread(read, list_answer.answer, here.registry, member, asked, site)
    name = f"liste-{brand.code}-{found.at // 1_000_000}"
    if given.get("as") == "json":
        return _file(found.signed.encode(), "application/json; charset=utf-8", f"{name}.json")
    if given.get("as") == "csv":
        rows = await asyncio.to_thread(list_answer.rows, language, asked, found)
        return _file(_csv(rows, set(map(query_export.cell, found.stands))), "text/csv; charset=utf-8", f"{name}.csv")
    return _file(await asyncio.to_thread(list_answer.workbook, language, asked, found), _XLSX, f"{name}.xlsx")


def _csv(rows: list[list[str]], safe: set[str]) -> bytes:
    # A second apostrophe would make another address of a safe cell.
    return csv_bytes(([cell if cell in safe else spreadsheet_safe(cell) for cell in row] for row in rows), bom="\ufeff")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


async def _brand(request: Request, member: Member, given: dict[str, str]) -> KnownBrand | None:
    brands = await form_answers.brands(request, member)
    if len(brands) == 1 and not given.get("brand"):
        return brands[0]
    return next((one for one in brands if str(one.code) == given.get("brand")), None)


async def _form(
    request: Request, member: Member, given: dict[str, str], faults: list[tuple[str, str]], *, status: int = 422
) -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/looking/list.html",
        status=status if faults else 200,
        given=given,
        faults=faults,
        brands=await form_answers.brands(request, member),
        most=MOST,
    )
