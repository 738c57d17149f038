"""Pages of one kind of files from the worker, and their download: ``/panel/N/sorgu/dosyalar`` of consents,
``/panel/N/baglantilar/dosyalar`` of short links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents.registry import Registry
from panel import form_answers, panel_pages
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind
from panel.rights import Member
from panel.tables import EXPORTS_KEPT
from web import pages, process

PATHS = {ExportKind.CONSENTS: "sorgu", ExportKind.LINKS: "baglantilar"}


async def show(
    request: Request,
    member: Member,
    kind: ExportKind,
    lines: Callable[[Export], int] = lambda export: 0,
    words: Callable[[Export], list[str]] = lambda export: [],
) -> Response:
    """Requested files still kept. ``lines``: the rows of one, 0: unknown; ``words``: what was asked for."""
    read, store = process.of(request).registry.store.read, process.of(request).registry.store
    found = await read(export_store.of_provider, member.at.id, store.now() - EXPORTS_KEPT, kind)
    titles = {brand.id: brand.title for brand in await form_answers.brands(request, member)}
    shown = [one for one in found if one.brands <= titles.keys()]
    return panel_pages.render(
        request,
        member,
        "panel/exports/files.html",
        files=shown,
        links=kind is ExportKind.LINKS,
        path=f"{member.home}/{PATHS[kind]}",
        percents={one.id: _percent(one, lines(one)) for one in shown},
        titles={one.id: [titles[brand] for brand in titles if brand in one.brands] for one in shown},
        words={one.id: words(one) for one in shown},
        full="bekleyin" in request.query_params,
        working=any(one.finished_at is None for one in shown),
    )


async def download(request: Request, member: Member, thing: str, name: str) -> Response:
    """Logs and sends the file that the path names as ``thing``. ``name``: its prefix."""
    registry = process.of(request).registry
    export: Export = member.objects[thing].what
    if export.finished_at is None or export.lost or export.finished_at < registry.store.now() - EXPORTS_KEPT:
        return pages.redirect(request, f"{member.home}/{PATHS[export.kind]}/dosyalar")
    await form_answers.write(request, member, export_store.fetch, export)
    headers = {"content-disposition": f'attachment; filename="{name}-{export.id}.csv"', "cache-control": "no-store"}
    return StreamingResponse(_bytes(registry, export.id), headers=headers, media_type="text/csv; charset=utf-8")


async def _bytes(registry: Registry, number: int) -> AsyncIterator[bytes]:
    after = -1
    while (found := await registry.store.read(export_store.next_part, registry.keyring, number, after)) is not None:
        after, data = found
        yield data


def _percent(export: Export, lines: int) -> int | None:
    """Progress; None where unknown or finished."""
    return min(99, export.rows * 100 // lines) if lines and export.finished_at is None else None
