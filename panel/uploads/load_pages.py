"""The form of a file: brand, date format, whether of old records."""

from __future__ import annotations

import asyncio
import secrets
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import transitions
from consents.brands.companies import KnownBrand
from consents.brands.transitions import Transition
from consents.dates import Form
from panel import panel_pages
from panel.accounts import memberships
from panel.rights import Member
from panel.uploads import upload_job, upload_store
from panel.uploads.receiving import IncomingFile, SentOtherwise, UploadOrder
from web import file_form, forms, pages, process
from web.file_form import FileForm
from web.rendering.texts import mark

MOST_BYTES = 640_000_000  # of a request; what a file may have is a setting
MOST_OPEN = 20  # files of a company that wait to be applied
MIB = 1 << 20
_NO_FILE = mark("Bir dosya seçin.")
_EMPTY = mark("Dosya boş. İçinde kayıt olan bir dosya seçin.")
_NO_BRAND = mark("Markayı seçin.")
_TOO_LARGE = mark("Dosya çok büyük: en çok {most} MB olabilir. Dosyayı bölüp parça parça yükleyin.")
_TOO_MANY = mark("Bekleyen çok dosya var. Önce onları uygulayın ya da silin.")
_OTHERWISE = mark("Bu form başka bir dosyayla gönderilmişti. Dosyayı yeniden seçip gönderin.")


class LoadForm(NamedTuple):
    """``given``: the choices; ``faults``: (input's id, sentence)."""

    given: dict[str, str]
    faults: list[tuple[str, str]]


async def page(request: Request, member: Member) -> Response:
    return await _page(request, member, LoadForm({}, []))


async def take(request: Request, member: Member) -> Response:
    """Receives a file and starts its dry run; records nothing yet."""
    state = process.of(request)
    registry, most = state.registry, state.settings.upload_mb * MIB
    with IncomingFile(registry) as incoming:
        form = await _received(request, most, incoming)
        brands = await registry.store.read(memberships.brands, member)
        brand = next((one for one in brands if str(one.code) == form.fields.get("brand")), None)
        full = await registry.store.read(upload_store.open_files, member.at.id, registry.store.now()) >= MOST_OPEN
        faults = _faults(request, form, brand, state.settings.upload_mb, full=full)
        if faults or brand is None:
            return await _page(request, member, LoadForm(form.fields, faults))
        dates = form.fields.get("dates", "")
        initial = form.fields.get("initial") == "1" and await _window(request, [brand]) is not None
        order = UploadOrder(brand.id, form.name, dates if dates in set(Form) else None, initial)
        try:
            number = await incoming.keep(member, order, form.fields.get("once", ""))
        except SentOtherwise:
            return await _page(request, member, LoadForm(form.fields, [("file", pages.text(request, _OTHERWISE))]))
    upload_job.ring(registry)
    return pages.redirect(request, f"/panel/{member.at.code}/yuklemeler/{number}")


async def _received(request: Request, most: int, incoming: IncomingFile) -> FileForm:
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await file_form.read(request, "file", most, incoming.take)
    return FileForm(await forms.fields(request), "", 0)


def _faults(
    request: Request, form: FileForm, brand: KnownBrand | None, most: int, *, full: bool
) -> list[tuple[str, str]]:
    def translate(message: str) -> str:
        return pages.text(request, message)

    faults = [] if brand else [("brand", translate(_NO_BRAND))]
    if not form.name:
        faults.append(("file", translate(_NO_FILE)))
    elif not form.size:
        faults.append(("file", translate(_EMPTY)))
    elif form.size > most * MIB:
        faults.append(("file", translate(_TOO_LARGE).format(most=most)))
    if full:
        faults.append(("file", translate(_TOO_MANY)))
    return faults


async def _window(request: Request, brands: list[KnownBrand]) -> Transition | None:
    """The company's open transition window. Blocking: it may count addresses."""
    store = process.of(request).registry.store
    if not brands:
        return None
    return await asyncio.to_thread(store.read_now, transitions.open_for, brands[0].id, store.now())


async def _page(request: Request, member: Member, form: LoadForm) -> Response:
    state = process.of(request)
    brands = await state.registry.store.read(memberships.brands, member)
    large = any("MB" in sentence for _, sentence in form.faults)
    return panel_pages.render(
        request,
        member,
        "panel/loading/load.html",
        status=(413 if large else 422) if form.faults else 200,
        given=form.given,
        faults=form.faults,
        brands=brands,
        window=await _window(request, brands),
        most=state.settings.upload_mb,
        once=secrets.token_urlsafe(12),
    )
