"""Uploaded files: the list, and one with its findings, next step and result."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents.brands import provider_list
from consents.languages import form_of
from consents.registry import Registry
from panel import confirming, panel_pages
from panel.accounts import people_book
from panel.confirming import At, Confirmation
from panel.rights import Member
from panel.uploads import receiving, refusal_forms, upload_job, upload_pieces, upload_store
from panel.uploads.refusal_forms import RefusalForm
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import WORK, PanelFile, UploadState
from providers.uploads import RowRefusal, warning
from providers.uploads.row_verdicts import UNREAD
from web import forms, pages, process
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
_OF_STATE = dict.fromkeys((UploadState.LOADED, UploadState.FAILED, UploadState.UNDONE), PieceKind.LOADED)

# Where a file is once a step was asked for.
_ASKED = {
    UploadState.LOADING: {UploadState.LOADING, UploadState.LOADED},
    UploadState.UNDOING: {UploadState.UNDOING, UploadState.UNDONE},
    UploadState.DROPPED: {UploadState.DROPPED},
}


async def show_all(request: Request, member: Member) -> Response:
    """Files of the visible brands, the newest first."""
    registry = process.of(request).registry
    brands = {brand.id: brand for brand in await registry.store.read(people_book.brands, member)}
    before = _number(request.query_params.get("once", "")) or 2**62
    found = await registry.store.read(upload_store.newest, registry.keyring, list(brands), before, _PAGE + 1)
    more = found[_PAGE - 1].id if len(found) > _PAGE else 0
    return panel_pages.render(
        request, member, "panel/loading/uploads.html", files=found[:_PAGE], brands=brands, more=more
    )


async def show(request: Request, member: Member) -> Response:
    return await _page(request, member)


async def apply(request: Request, member: Member) -> Response:
    """Loads it; also again after a failed load."""
    file = _file(member)
    was = UploadState.FAILED if file.state is UploadState.FAILED else UploadState.CHECKED
    kept = file.kept_until > process.of(request).registry.store.now()
    return await _ask(request, member, was, UploadState.LOADING, may=kept)


async def drop(request: Request, member: Member) -> Response:
    """Deletes a file that was not loaded."""
    return await _ask(request, member, UploadState.CHECKED, UploadState.DROPPED)


async def sure_of_taking_back(request: Request, member: Member) -> Response:
    file, store = _file(member), process.of(request).registry.store
    at = f"/panel/{member.at.code}/yuklemeler/{file.id}"
    if file.back_until(store.now()) is None:
        return pages.redirect(request, at)
    brand = await store.read(provider_list.brand, file.brand)
    loaded = [
        (_LOADED, {"file": file.name, "brand": brand.title, "at": At(file.loaded_at or file.changed_at)}),
        (_ENDS, {"count": (file.loaded or {}).get("recorded", file.done)}),
    ]
    effects = (*loaded, *((sentence, {}) for sentence in _BACK))
    return confirming.page(request, member, Confirmation((_BACK_ASKED, {}), effects, _TAKE_BACK, at))


async def take_back(request: Request, member: Member) -> Response:
    """Undoes a load, within 24 hours."""
    file = _file(member)
    may = file.back_until(process.of(request).registry.store.now()) is not None
    return await _ask(request, member, file.state, UploadState.UNDOING, may=may)


async def download(request: Request, member: Member) -> Response:
    """All refused rows as a file. Posted, because the audit log records it."""
    registry, file = process.of(request).registry, _file(member)
    people = (await forms.once(request, "for")) != "programs"
    language = texts.language(request)[0]
    await registry.store.write(receiving.downloaded, registry, member, file.id, file.brand)
    form = refusal_forms.for_people(language) if people else refusal_forms.for_programs()
    name = f"yukleme-{file.id}-red{'' if people else '-ham'}.csv"
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
    read = registry.store.read
    return await read(upload_pieces.refusals, registry.keyring, file.id, kind, place) or []


async def _ask(request: Request, member: Member, was: UploadState, to: UploadState, *, may: bool = True) -> Response:
    """Requests the next step, once even after a double click; where it is impossible, the page shows the current
    state."""
    registry, file = process.of(request).registry, _file(member)
    if not may or not await registry.store.write(receiving.ask, registry, member, file.id, was, to):
        now = await registry.store.read(upload_store.find, registry.keyring, file.id) or file
        if now.state not in _ASKED[to]:
            return await _page(request, member, now, late=True)
    upload_job.ring(registry)
    return pages.redirect(request, f"/panel/{member.at.code}/yuklemeler/{file.id}")


async def _page(request: Request, member: Member, file: PanelFile | None = None, *, late: bool = False) -> Response:
    registry, language = process.of(request).registry, texts.language(request)[0]
    file, now = file or _file(member), process.of(request).registry.store.now()
    brands = {brand.id: brand for brand in await registry.store.read(people_book.brands, member)}
    first = [] if file.state in (*WORK, UploadState.DROPPED) else (await _refusals(registry, file, 0))[:SHOWN]
    counts = file.loaded or file.tried or {}
    found = [(key, warning(key).text(language), count) for key, count in sorted(counts.get("warnings", {}).items())]
    return panel_pages.render(
        request,
        member,
        "panel/loading/upload.html",
        status=409 if late else 200,
        file=file,
        brand=brands[file.brand],
        working=file.state in WORK,
        late=late,
        refusals=[one._replace(message=form_of(one.message, language)) for one in first],
        unread=[(sentence, count) for key, sentence, count in found if key.startswith(UNREAD)],
        warnings=[(sentence, count) for key, sentence, count in found if not key.startswith(UNREAD)],
        fault=file.fault and form_of(file.fault, language),
        percent=min(99, file.done * 100 // file.lines) if file.lines else None,
        back_until=file.back_until(now),
        kept=file.kept_until > now,
    )


def _file(member: Member) -> PanelFile:
    found: PanelFile = member.objects["upload"].what
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
