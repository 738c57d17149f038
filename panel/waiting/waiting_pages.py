"""The operator's first page, and the pages of what no click clears: who takes nothing, and how the site does."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.joining import applications
from panel.rights import Member
from panel.waiting import untaken_book, waiting_tiles
from web import process
from web.operating.desk_view import DeskView


async def home(request: Request, member: Member) -> Response:
    """What waits, a tile each."""
    here, view = process.of(request), await seen(request)
    registry, now = here.registry, here.registry.store.now()
    waiting = await registry.store.read(applications.waiting, registry.keyring)
    national = await registry.store.read(here.national.everyone, registry.keyring, now)
    tiles = waiting_tiles.tiles(view, waiting, national, now)
    return panel_pages.render(request, member, "panel/waiting/home.html", tiles=tiles)


async def untaken(request: Request, member: Member) -> Response:
    """Refusals that no program of their company took, and connections that take nothing."""
    registry = process.of(request).registry
    book = await registry.store.read(untaken_book.read, registry.shelf, registry.store.now())
    return panel_pages.render(request, member, "panel/waiting/untaken.html", book=book)


async def health(request: Request, member: Member) -> Response:
    """Carriers, gateways, clock, witness, backups, disks."""
    state, view = process.of(request), await seen(request)
    backup = view.backup(state.registry.store.now()).value
    return panel_pages.render(request, member, "panel/waiting/health.html", view=view, backup=backup)


async def seen(request: Request) -> DeskView:
    """What waits now; it opens files, so in a thread."""
    return await asyncio.to_thread(process.of(request).desk.look)
