"""For print: the QR of a short link, and a brand's poster. The host is printed under each code, so that a reader sees
where it leads before scanning."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents.brands.book import BrandEntry
from optout.links import door_pages, link_door, link_targets, poster_pdf
from settings import Settings
from web import pages, process
from web.rendering import qr, texts

_KINDS = {"svg": "image/svg+xml", "png": "image/png"}


async def of_link(request: Request) -> Response:
    typed = request.path_params["code"]
    entrance = await link_door.find(request, typed)
    if entrance is None:
        return await link_door.missed(request, typed)
    settings = process.of(request).settings
    modules = qr.pattern(f"{settings.public_url}{link_door.SCANNED}", entrance.key)
    under = (f"{settings.host}{link_door.PATH}", link_targets.spelt(entrance.key))
    return _picture(request, modules, under)


async def page(request: Request) -> Response:
    brand = await _brand(request)
    word = f"RET {brand.name}"
    values = {"brand": brand.title, "company": brand.company_title, "code": str(brand.code), "word": word}
    values["body"] = quote(word)
    return pages.fill(request, "optout/poster.html", None, values)


async def sheet(request: Request) -> Response:
    brand = await _brand(request)
    modules = _of_brand(process.of(request).settings, brand)
    return pages.render(
        request,
        "optout/sheet.html",
        brand=brand,
        address=f"{process.of(request).settings.host}/m/{brand.code}",
        path=qr.path(modules),
        side=qr.side(modules),
    )


async def paper(request: Request) -> Response:
    brand = await _brand(request)
    poster = poster_pdf.of_brand(process.of(request).settings, brand)
    made = await asyncio.to_thread(poster_pdf.made, texts.language(request)[0], poster)
    headers = {"content-disposition": f'attachment; filename="izin-{brand.code}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


async def of_brand(request: Request) -> Response:
    brand, settings = await _brand(request), process.of(request).settings
    return _picture(request, _of_brand(settings, brand), (f"{settings.host}/m/{brand.code}",))


def _of_brand(settings: Settings, brand: BrandEntry) -> qr.Pattern:
    return qr.pattern(f"{settings.public_url}/m/{brand.code}")


def _picture(request: Request, modules: qr.Pattern, under: tuple[str, ...]) -> Response:
    kind = request.path_params["kind"]
    if kind not in _KINDS:
        raise HTTPException(404)
    body = qr.svg(modules, under[0], under) if kind == "svg" else qr.png(modules)
    return Response(body, media_type=_KINDS[kind], headers=door_pages.PRIVATE)


async def _brand(request: Request) -> BrandEntry:
    registry = process.of(request).registry
    book = await registry.book()
    found = book.by_code.get(int(request.path_params["brand"]))
    if found is None:
        raise HTTPException(404)
    return found
