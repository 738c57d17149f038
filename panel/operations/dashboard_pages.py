"""The operator's dashboard, and pages of tasks without an action: untaken refusals and the site's health."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents import business_days
from consents.brands.book import BrandCache, BrandEntry
from consents.dates import day_bounds
from consents.store import Snapshot
from consents.terms import Channel
from national import public as national
from national.public import NationalView
from panel import panel_pages
from panel.companies import application_store
from panel.companies.application_store import Application
from panel.operations import operator_status
from panel.operations.operator_status import BackupState, DeskView
from panel.programs import push_pages
from panel.retention.aged_rows import TITLES
from panel.rights import Member
from providers.deliveries import untaken_refusals
from providers.push import push_store
from web import process


async def home(request: Request, member: Member) -> Response:
    """A tile for each open task."""
    here, view = process.of(request), await seen(request)
    registry, now = here.registry, here.registry.store.now()
    waiting = await registry.store.read(application_store.waiting, registry.keyring)
    synced = await registry.store.read(national.list_all, registry.keyring, now)
    tiles = waiting_tiles(view, waiting, synced, now)
    return panel_pages.render(request, member, "panel/waiting/home.html", tiles=tiles)


async def untaken(request: Request, member: Member) -> Response:
    """Refusals that no program took, and failing connections."""
    registry = process.of(request).registry
    book = await registry.store.read(read, registry.brands, registry.store.now())
    return panel_pages.render(
        request, member, "panel/waiting/untaken.html", book=book, explained=partial(push_pages.explain, request)
    )


async def health(request: Request, member: Member) -> Response:
    state, view = process.of(request), await seen(request)
    backup = view.backup(state.registry.store.now()).value
    return panel_pages.render(request, member, "panel/waiting/health.html", view=view, backup=backup, titles=TITLES)


async def seen(request: Request) -> DeskView:
    here = process.of(request)
    return await asyncio.to_thread(operator_status.load, here.registry, here.settings)


DESK = "/panel/isletmen"


class WaitingTile(NamedTuple):
    """``what``: a word of the template; ``many``: how many; ``since``: the oldest (µs); ``path``: its page.
    ``urgent``: people or refusals wait, or the registry is at risk."""

    what: str
    many: int
    since: int | None
    path: str
    urgent: bool = False


def waiting_tiles(
    view: DeskView, waiting: list[Application], synced: list[NationalView], now: int
) -> list[WaitingTile]:
    """All tiles, open ones first; ``now``: µs. ``synced``: companies synchronised with İYS."""
    asked = min((one.asked_at for one in waiting), default=None)
    stale = int(view.backup(now) is not BackupState.FRESH)
    down = min(view.carriers.values(), default=None)
    late = [one.oldest for one in synced if one.light != "ok" and one.oldest is not None]
    found = [
        WaitingTile("iys", sum(bool(one.faults) for one in synced), min(late, default=None), f"{DESK}/iys", bool(late)),
        WaitingTile("untaken", view.untaken, view.oldest_untaken, f"{DESK}/almayanlar", urgent=True),
        WaitingTile("texts", view.texts, view.oldest_text, f"{DESK}/gelen", urgent=True),
        WaitingTile("parked", view.failing + view.given_up, view.oldest_parked, f"{DESK}/giden"),
        WaitingTile("claims", view.claims, view.oldest_claim, f"{DESK}/istekler"),
        WaitingTile("lines", view.lines, view.oldest_lines, f"{DESK}/hatlar"),
        WaitingTile("forms", view.forms, view.oldest_form, f"{DESK}/formlar"),
        WaitingTile(
            "data-requests",
            view.data_requests,
            view.oldest_data_request,
            f"{DESK}/veri-talepleri",
            view.late_data_requests(now),
        ),
        WaitingTile("applications", len(waiting), asked, f"{DESK}/basvurular"),
        WaitingTile("sign-in", view.sign_in.closing, None, f"{DESK}/girisler"),
        WaitingTile("pushes", view.pushes, None, f"{DESK}/almayanlar"),
        WaitingTile("carriers", len(view.carriers) + len(view.resting), down, f"{DESK}/durum", urgent=True),
        WaitingTile("workers", int(view.idle), view.workers.lived_at, f"{DESK}/durum", urgent=True),
        WaitingTile("clock", len(view.clocks), None, f"{DESK}/durum", urgent=True),
        WaitingTile("witness", int(bool(view.witness)), None, f"{DESK}/durum", urgent=True),
        *([WaitingTile("log", len(view.log_faults), None, f"{DESK}/durum", urgent=True)] if view.log_faults else []),
        WaitingTile("backup", stale, view.backup_at, f"{DESK}/durum"),
        WaitingTile("disks", len(view.disks), None, f"{DESK}/durum", urgent=True),
    ]
    return sorted(found, key=lambda tile: (tile.many == 0, not tile.urgent if tile.many else False))


class UntakenLine(NamedTuple):
    """A brand's untaken refusals: how many, the oldest, the last lawful day (both µs). ``over``: that day has ended."""

    brand: BrandEntry
    refusals: int
    oldest: int
    stop_by: int
    over: bool


class SilentLine(NamedTuple):
    """A failing connection. ``channel``: its word; ``next_try_at``: µs."""

    brand: BrandEntry
    channel: str
    tries: int
    error: str
    next_try_at: int


class UntakenBook(NamedTuple):
    """The oldest refusal first."""

    untaken: list[UntakenLine]
    silent: list[SilentLine]


def read(snapshot: Snapshot, shelf: BrandCache, now: int) -> UntakenBook:
    """The state at ``now`` (µs); refusals as of the worker's last check."""
    brands = shelf.book(snapshot, now).by_id
    untaken = [
        UntakenLine(brands[one.brand], one.refusals, one.oldest, last, over=end <= now)
        for one in untaken_refusals.by_brand(snapshot)
        for last, end in [day_bounds(business_days.stop_by(one.oldest))]
    ]
    words = {channel.code: str(channel) for channel in Channel}
    silent = [
        SilentLine(brands[one.brand], words[one.channel], one.tries, one.error, one.next_try_at)
        for one in push_store.silent(snapshot)
    ]
    return UntakenBook(untaken, silent)
