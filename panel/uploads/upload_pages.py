"""Uploaded files: the form, the list, and one with its findings, next step and result. Refused rows as files, for
people: semicolons and a BOM for Turkish Excel, the page's language, no formulas, a spreadsheet's row numbers; for
programs: RFC 4180 in UTF-8, exact values (their first 200 characters), both languages, both row numbers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents.brands import provider_list, transitions
from consents.brands.companies import KnownBrand
from consents.brands.transitions import Transition
from consents.dates import Form
from consents.languages import catalogue, form_of
from consents.registry import Registry
from panel import form_answers, panel_pages
from panel.accounts import account_store
from panel.panel_pages import At, Confirmation
from panel.rights import Member
from panel.uploads import brand_rows, own_file, reasons, receiving, upload_job, upload_pieces, upload_store
from panel.uploads.receiving import IncomingFile, SentOtherwise, UploadOrder
from panel.uploads.upload_pieces import DamagedFile, PieceKind
from panel.uploads.upload_store import WORK, PanelFile, UploadState
from providers.api.background import AllBusy, WorkPool
from providers.uploads import RowRefusal, warning
from providers.uploads.files.file_header import AS_NAMED, Layout, fields_of
from providers.uploads.files.row_refusals import COLUMNS, FileHead, csv_bytes, spreadsheet_safe
from providers.uploads.repairing import NotRepaired
from providers.uploads.row_verdicts import BRAND_KEY, UNREAD, unread_sheets
from web import forms, pages, process
from web.forms import FileForm
from web.rendering import texts
from web.rendering.texts import mark

_BACK_ASKED, _TAKE_BACK = mark("Bu dosya geri alınsın mı?"), mark("Dosyayı geri al")
_LOADED = mark("Dosya: {file}. Markası: {brand}. Uygulandığı zaman: {at}.")
_ENDS = mark(
    "Dosyanın kaydettiği onay ve ret sayısı: {count}. Bunlar geçersiz olur; dosyadan önce ne varsa o geçerli olur."
)
_BACK = (
    mark("Kişilerin ve programlarınızın dosyadan sonra söyledikleri olduğu gibi kalır."),
    mark("Programlarınız değişiklikleri hareketler arasında ve bildirimlerle alır."),
    mark("Aynı dosyayı yeniden yükleyebilirsiniz; ama üç iş gününden eski onaylar artık kabul edilmez."),
)
SHOWN = 20  # refusals on the page
_PAGE = 50
_REPAIR, _LATE = mark("düzelt"), mark("Bu artık yapılamıyor. Dosyanın şimdiki durumu aşağıda.")
_repairs = WorkPool("own-file", 1)  # a file of 64 MB takes some seconds and its size in memory
_OF_STATE = dict.fromkeys((UploadState.LOADED, UploadState.FAILED, UploadState.UNDONE), PieceKind.LOADED)

# Where a file is once a step was asked for.
_ASKED = {
    UploadState.LOADING: {UploadState.LOADING, UploadState.LOADED},
    UploadState.UNDOING: {UploadState.UNDOING, UploadState.UNDONE},
    UploadState.DROPPED: {UploadState.DROPPED},
}
_HEAD = (
    *(mark("Satır"), mark("Alan"), mark("Kod")),
    *(mark("Neden kabul edilmedi"), mark("Dosyadaki değer"), mark("Sayfa")),
)
MOST_BYTES = 640_000_000  # of a request; what a file may have is a setting
MIB = 1 << 20
_NO_FILE = mark("Bir dosya seçin.")
_EMPTY = mark("Dosya boş. İçinde kayıt olan bir dosya seçin.")
_NO_BRAND = mark("Markayı seçin.")
_TOO_LARGE = mark("Dosya çok büyük: en çok {most} MB olabilir. Dosyayı bölüp parça parça yükleyin.")
_TOO_MANY = mark("Bekleyen çok dosya var. Önce onları uygulayın ya da silin.")
_OTHERWISE = mark("Bu form başka bir dosyayla gönderilmişti. Dosyayı yeniden seçip gönderin.")


class RefusalForm(NamedTuple):
    """``head``: the first bytes of the file; ``body``: those of some refusals."""

    head: bytes
    body: Callable[[Iterable[RowRefusal]], bytes]


class LoadForm(NamedTuple):
    """``given``: the choices; ``faults``: (input's id, sentence)."""

    given: dict[str, str]
    faults: list[tuple[str, str]]


async def show_all(request: Request, member: Member) -> Response:
    """Files of the visible brands, the newest first."""
    registry = process.of(request).registry
    brands = {brand.id: brand for brand in await form_answers.brands(request, member)}
    before = form_answers.number(request.query_params.get("once", "")) or 2**62
    found = await registry.store.read(upload_store.newest, registry.keyring, list(brands), before, _PAGE + 1)
    more = found[_PAGE - 1].id if len(found) > _PAGE else 0
    people = {file.person for file in found[:_PAGE]}
    loaders = await registry.store.read(account_store.by_numbers, registry.keyring, people)
    return panel_pages.render(
        request, member, "panel/loading/uploads.html", files=found[:_PAGE], brands=brands, more=more, loaders=loaders
    )


async def apply(request: Request, member: Member) -> Response:
    """Loads it as the shown trial read it; also again after a failed load."""
    file, seen = _file(member), await forms.once(request, form_answers.SEEN) or ""
    was = UploadState.FAILED if file.state is UploadState.FAILED else UploadState.CHECKED
    kept = file.kept_until > process.of(request).registry.store.now()
    return await _ask(request, member, was, UploadState.LOADING, may=kept, seen=seen)


async def drop(request: Request, member: Member) -> Response:
    """Deletes a file that was not loaded."""
    was = UploadState.ASKING if _file(member).state is UploadState.ASKING else UploadState.CHECKED
    return await _ask(request, member, was, UploadState.DROPPED)


async def sure_of_taking_back(request: Request, member: Member) -> Response:
    file, store = _file(member), process.of(request).registry.store
    at = f"{member.home}/yuklemeler/{file.number}"
    if file.back_until(store.now()) is None:
        return pages.redirect(request, at)
    brand = await store.read(provider_list.brand, file.brand)
    loaded = [
        (_LOADED, {"file": file.name, "brand": brand.title, "at": At(file.loaded_at or file.changed_at)}),
        (_ENDS, {"count": (file.loaded or {}).get("recorded", file.done)}),
    ]
    effects = (*loaded, *((sentence, {}) for sentence in _BACK))
    return panel_pages.confirmation(request, member, Confirmation((_BACK_ASKED, {}), effects, _TAKE_BACK, at))


async def take_back(request: Request, member: Member) -> Response:
    """Undoes a load, within 24 hours."""
    file = _file(member)
    may = file.back_until(process.of(request).registry.store.now()) is not None
    return await _ask(request, member, file.state, UploadState.UNDOING, may=may)


async def download(request: Request, member: Member) -> Response:
    """All refused rows as a file. Posted, because the audit log records it."""
    registry, file = process.of(request).registry, _file(member)
    wanted = await forms.once(request, "for")
    people, language = wanted != "programs", texts.language(request)[0]
    await form_answers.write(request, member, receiving.downloaded, member, file.id, file.brand)
    if wanted == "own":
        try:
            kind = _OF_STATE.get(file.state, PieceKind.TRIED)
            key, work = (file.id, language), (own_file.make, registry, file, kind, language)
            content = await _repairs.share(registry.store, member.person.id, key, *work)
        except (AllBusy, DamagedFile, NotRepaired):  # it was taken back or swept meanwhile: the list is left
            return await show(request, member, late=_LATE)
        called = quote(f"{file.name.rpartition('.')[0] or file.name}-{pages.text(request, _REPAIR)}.xlsx")
        headers = {"content-disposition": f"attachment; filename=\"duzelt.xlsx\"; filename*=UTF-8''{called}"}
        return Response(content, media_type=own_file.KIND, headers={**headers, "cache-control": "no-store"})
    form = for_people(language) if people else for_programs()
    name = f"yukleme-{file.number}-red{'' if people else '-ham'}.csv"
    return StreamingResponse(
        _written(registry, file, form),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _written(registry: Registry, file: PanelFile, form: RefusalForm) -> AsyncIterator[bytes]:
    yield form.head
    place = 0
    while refusals := await _refusals(registry, file, place):
        yield form.body(refusals)
        place += 1


async def _refusals(registry: Registry, file: PanelFile, place: int) -> list[RowRefusal]:
    kind = _OF_STATE.get(file.state, PieceKind.TRIED)
    return await registry.store.read(upload_pieces.refusals, registry.keyring, file.id, kind, place) or []


async def _ask(
    request: Request, member: Member, was: UploadState, to: UploadState, *, may: bool = True, seen: str = ""
) -> Response:
    """Requests the next step, once even after a double click; where it is impossible, the page shows the current
    state."""
    registry, file = process.of(request).registry, _file(member)
    if not may or not await form_answers.write(request, member, receiving.ask, member, file.id, was, to, seen):
        now = await registry.store.read(upload_store.find, registry.keyring, file.id) or file
        if now.state not in _ASKED[to]:
            late = form_answers.STALE if now.state is was and seen not in ("", now.seen) else _LATE
            return await show(request, member, now, late)
    upload_job.ring(registry)
    return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")


async def show(request: Request, member: Member, file: PanelFile | None = None, late: str = "") -> Response:
    registry, language = process.of(request).registry, texts.language(request)[0]
    file, now = file or _file(member), registry.store.now()
    if request.method == "GET" and request.path_params["upload"] != file.number:  # an address of an earlier version
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")
    brands = {brand.id: brand for brand in await form_answers.brands(request, member)}
    first = [] if file.state in (*WORK, UploadState.DROPPED) else (await _refusals(registry, file, 0))[:SHOWN]
    head = await registry.store.read(upload_pieces.head, registry.keyring, file.id)
    counts = file.loaded or file.tried or {}
    kept: dict[str, int] = counts.get("warnings", {})
    keys = sorted(key for key in kept if not key.startswith(BRAND_KEY))
    found = [(key, warning(key).text(language), kept[key]) for key in keys]
    visible = {brand.code for brand in brands.values()}
    copies = await registry.store.read(brand_rows.same, file, list(brands)) if brand_rows.others(counts) else {}
    return panel_pages.render(
        request,
        member,
        "panel/loading/upload.html",
        status=409 if late else 200,
        file=file,
        brand=brands[file.brand],
        working=file.state in WORK,
        late=late and pages.text(request, late),
        refusals=[one._replace(message=form_of(one.message, language)) for one in first],
        reasons=reasons.shown(counts, language),
        own=await registry.store.read(upload_pieces.held, file.id) if first else False,
        sheets=[*counts.get("sheets", {}).items(), *((one["sheet"], one["rows"]) for one in unread_sheets(kept))],
        siblings=_others(brands.values(), brand_rows.others(counts), copies),
        elsewhere=sum(rows for code, rows in brand_rows.others(counts).items() if code not in visible),
        unread=[(sentence, count) for key, sentence, count in found if key.startswith(UNREAD)],
        warnings=[(sentence, count) for key, sentence, count in found if not key.startswith(UNREAD)],
        fault=file.fault and form_of(file.fault, language),
        percent=min(99, file.done * 100 // file.lines) if file.lines else None,
        back_until=file.back_until(now),
        kept=file.kept_until > now,
        matched=_matched(head, file.layout),
        loader=await registry.store.read(account_store.by_number, registry.keyring, file.person),
    )


def _others(
    brands: Iterable[KnownBrand], rows: Mapping[int, int], copies: Mapping[int, int]
) -> list[tuple[str, int, int]]:
    """(title, rows, the number of its file or 0) of the visible other brands in a file."""
    return [(brand.title, rows[brand.code], copies.get(brand.id, 0)) for brand in brands if brand.code in rows]


def _matched(head: FileHead | None, layout: Layout) -> list[tuple[str, str]]:
    """The columns and what they are, of a file whose columns were matched by hand."""
    if head is None or layout == AS_NAMED:
        return []
    return [(cell, field) for cell, field in zip(head.cells, fields_of(head.cells, layout), strict=True) if field]


def _file(member: Member) -> PanelFile:
    found: PanelFile = member.objects["upload"].what
    return found


def for_people(language: str) -> RefusalForm:
    def body(refusals: Iterable[RowRefusal]) -> bytes:
        cells = (
            (one.line, one.field, one.code, form_of(one.message, language), one.value, one.sheet) for one in refusals
        )
        return csv_bytes([[spreadsheet_safe(cell) for cell in one] for one in cells])

    return RefusalForm(csv_bytes([[catalogue(language).gettext(cell) for cell in _HEAD]], bom="\ufeff"), body)


def for_programs() -> RefusalForm:
    return RefusalForm(csv_bytes([COLUMNS], ","), lambda refusals: csv_bytes(refusals, ","))


async def load_page(request: Request, member: Member) -> Response:
    return await _load_page(request, member, LoadForm({}, []))


async def take(request: Request, member: Member) -> Response:
    """Receives a file and starts its dry run; records nothing yet."""
    state = process.of(request)
    registry, most = state.registry, state.settings.upload_mb * MIB
    with IncomingFile(registry) as incoming:
        form = await _received(request, most, incoming)
        brands = await form_answers.brands(request, member)
        brand = next((one for one in brands if str(one.code) == form.fields.get("brand")), None)
        waiting = await registry.store.read(upload_store.open_files, member.at.id, registry.store.now())
        faults = _load_faults(request, form, brand, state.settings.upload_mb, full=waiting >= upload_store.MOST_OPEN)
        if faults or brand is None:
            return await _load_page(request, member, LoadForm(form.fields, faults))
        dates = form.fields.get("dates", "")
        initial = form.fields.get("initial") == "1" and await _window(request, [brand]) is not None
        known = await registry.store.read(upload_store.remembered, registry.keyring, [one.id for one in brands])
        layout = Layout(known.names, last=known.values or known.last)  # what all rows are is declared for each file
        order = UploadOrder(brand.id, form.name, dates if dates in set(Form) else None, initial, layout)
        try:
            number = await incoming.keep(member, order, form.fields.get("once", ""))
        except SentOtherwise:
            return await _load_page(request, member, LoadForm(form.fields, [("file", pages.text(request, _OTHERWISE))]))
    upload_job.ring(registry)
    return pages.redirect(request, f"{member.home}/yuklemeler/{number}")


async def _received(request: Request, most: int, incoming: IncomingFile) -> FileForm:
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await forms.read(request, "file", most, incoming.take)
    return FileForm(await forms.fields(request), "", 0)


def _load_faults(
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


async def _load_page(request: Request, member: Member, form: LoadForm) -> Response:
    state = process.of(request)
    brands = await form_answers.brands(request, member)
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
