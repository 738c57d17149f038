"""Refusals of citizens as a company works through them: what is not taken yet with its last day, this week's list, the
list as a file for Excel, and “taken”."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents import business_days
from consents.brands.companies import KnownBrand
from consents.channels import OF_CODE
from consents.dates import day_bounds
from consents.instants import DAY, day_of
from consents.people import recipients
from consents.queries import feed, reports, standing_refusals
from consents.queries.standing_refusals import RefusalRow
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.audit.change import Change
from panel.lookups import lookup_texts, query_export
from panel.rights import Member
from providers.deliveries import taken_times, untaken_refusals
from providers.deliveries.untaken_refusals import PAGE
from providers.uploads.files.row_refusals import csv_bytes, spreadsheet_safe
from web import forms, pages, process
from web.rendering import texts, when
from web.rendering.texts import catalogue, mark

WEEK = 7 * DAY
MAILBOXES = 2 * DAY  # in which Gmail and Yahoo want bulk senders to stop (their sender guidelines, 2024)
SHOWN = 50  # rows of the page
MOST = 20_000  # refusals of a company and week that are counted: some ten milliseconds
_HEAD = (
    mark("Numara veya e-posta"), mark("Kanal"), mark("Alıcı tipi"), mark("Marka"), mark("Marka no"),
    mark("Reddin kaydedildiği zaman"), mark("Nereden"),
)  # fmt: skip
_IDENTITIES = {0: mark("bireysel"), 1: mark("tacir veya esnaf")}


class OpenAlarm(NamedTuple):
    """Refusals that the company has not taken: how many, and whether these are all; the ``oldest``, the start of the
    last lawful day (µs), and whether that day is ``over``. ``last``: the last event that was looked at."""

    refusals: int
    whole: bool
    oldest: int
    stop_by: int
    over: bool
    last: int


class WeekPeople(NamedTuple):
    """People who refused in the last seven days, and whether these are all."""

    people: int
    whole: bool


class RefusalList(NamedTuple):
    """``rows``: the newest of the week, each with its address, None of an erased person."""

    alarm: OpenAlarm | None
    week: WeekPeople
    rows: list[tuple[RefusalRow, KnownBrand, str | None]]


def alarm(snapshot: Snapshot, provider: int, brands: Sequence[int], now: int) -> OpenAlarm | None:
    """None where nothing waits. A program reads today's refusals by itself, so they wait from tomorrow on."""
    if taken_times.has_program(snapshot, provider):
        last = reports.recorded_before(snapshot, day_bounds(day_of(now))[0])
    else:
        last = feed.last_event(snapshot)
    found = untaken_refusals.open_of(snapshot, brands, last)
    if not found:
        return None
    start, end = day_bounds(business_days.stop_by(found[0].oldest))
    total = sum(one.refusals for one in found)
    return OpenAlarm(total, all(one.whole for one in found), found[0].oldest, start, end <= now, last)


def week(snapshot: Snapshot, brands: Sequence[int], now: int) -> WeekPeople:
    after, last = reports.recorded_before(snapshot, now - WEEK), feed.last_event(snapshot)
    found, room = set[int](), MOST
    for brand in brands:
        some = standing_refusals.people(snapshot, brand, after, last, room)
        found.update(some)
        room -= len(some)
        if not room:
            break
    return WeekPeople(len(found), bool(room))


async def show(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    found = await asyncio.to_thread(registry.store.read_now, read, registry, member, registry.store.now())
    return panel_pages.render(
        request,
        member,
        "panel/looking/refusals.html",
        found=found,
        shown=SHOWN,
        done="alindi" in request.query_params,
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        stop_by=lambda at: day_bounds(business_days.stop_by(at))[0],
        by_mail=lambda channel: OF_CODE[channel].mail,
        mailboxes=MAILBOXES,
    )


def read(snapshot: Snapshot, registry: Registry, member: Member, now: int) -> RefusalList:
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    after, last = reports.recorded_before(snapshot, now - WEEK), feed.last_event(snapshot)
    rows = [
        (row, brand)
        for brand in brands.values()
        for row in standing_refusals.newest(snapshot, brand.id, after, last, SHOWN)
    ]
    newest = sorted(rows, key=lambda one: -one[0].event)[:SHOWN]
    plain = registry.keyring.unseal_all([row.sealed for row, _ in newest])
    return RefusalList(
        alarm(snapshot, member.at.id, list(brands), now),
        week(snapshot, list(brands), now),
        [(row, brand, recipients.mask(to) if to else None) for (row, brand), to in zip(newest, plain, strict=True)],
    )


async def download(request: Request, member: Member) -> Response:
    """The list as a file; its name is logged before anything is sent. What is not taken is so once its last byte is
    sent."""
    registry, given = process.of(request).registry, await forms.fields(request)
    now, last = registry.store.now(), form_answers.number(given.get("last", ""))
    brands = await registry.store.read(memberships.brands, member)
    weekly = given.get("what") == "week"
    if not weekly and not last:
        return pages.redirect(request, f"{member.home}/reddedenler")
    if weekly:
        after, last = await registry.store.read(_week_span, now)
        starts = {brand.id: after for brand in brands}
    else:
        last = min(last, await registry.store.read(feed.last_event))  # of a forged form: nothing that is still to come
        found = await registry.store.read(untaken_refusals.open_of, [brand.id for brand in brands], last)
        starts = {one.brand: one.after for one in found}
    await form_answers.write(request, member, _fetched, member, weekly)
    name = f"{member.at.code}-{'reddedenler' if weekly else 'alinmayan-retler'}-{day_of(now)}.csv"

    async def body() -> AsyncIterator[bytes]:
        async for piece in _pieces(registry, texts.language(request)[0], brands, starts, last, weekly):
            yield piece
        if not weekly:
            await form_answers.write(request, member, take, member, list(starts), last)

    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(body(), headers=headers, media_type="text/csv; charset=utf-8")


async def settle(request: Request, member: Member) -> Response:
    """Records that the company has taken all that its page showed, of all days in one press."""
    last = form_answers.number((await forms.fields(request)).get("last", ""))
    brands = [brand.id for brand in await form_answers.brands(request, member)]
    taken = await form_answers.write(request, member, take, member, brands, last) if last else 0
    return pages.redirect(request, f"{member.home}/reddedenler{'?alindi' if taken else ''}")


def take(change: Change, member: Member, brands: Sequence[int], last: int) -> int:
    """Takes these brands' refusals up to event ``last``; how many of them are known to have been untaken."""
    reached, total = min(last, feed.last_event(change.transaction)), 0
    for brand in brands:
        taken = untaken_refusals.take(change.transaction, brand, reached)
        if taken:
            count = f"refusals{'=' if taken.whole else '>='}{taken.refusals}"
            change.note("refusals-taken", after=count, provider=member.at.id, brand=brand)
            total += taken.refusals
    return total


def _fetched(change: Change, member: Member, weekly: bool) -> None:
    change.note("refusals-fetched", after="week" if weekly else "untaken", provider=member.at.id)


def _week_span(snapshot: Snapshot, now: int) -> tuple[int, int]:
    return reports.recorded_before(snapshot, now - WEEK), feed.last_event(snapshot)


async def _pieces(
    registry: Registry, language: str, brands: list[KnownBrand], starts: dict[int, int], last: int, weekly: bool
) -> AsyncIterator[bytes]:
    """A page of rows at a time, each read separately: a slow client holds no connection."""
    translate = catalogue(language).gettext
    yield csv_bytes([[translate(one) for one in _HEAD]], bom="\ufeff")
    for brand in brands:
        after = starts.get(brand.id)
        while after is not None:
            read = _week_page if weekly else untaken_refusals.open_page
            rows, after = await registry.store.read(read, brand.id, after, last)
            yield await asyncio.to_thread(_lines, registry, language, brand, rows)


def _week_page(snapshot: Snapshot, brand: int, after: int, last: int) -> tuple[list[RefusalRow], int | None]:
    rows = standing_refusals.rows(snapshot, brand, after, last, PAGE)
    return rows, rows[-1].event if len(rows) == PAGE else None


def _lines(registry: Registry, language: str, brand: KnownBrand, rows: list[RefusalRow]) -> bytes:
    """Rows of a page; none of an erased person."""
    translate = catalogue(language).gettext
    plain = registry.keyring.unseal_all([row.sealed for row in rows])
    cells = (
        (
            query_export.cell(address),
            translate(OF_CODE[row.channel].short),
            translate(_IDENTITIES[row.identity]),
            brand.title,
            brand.code,
            when.stamp(row.recorded_at),
            translate(lookup_texts.source(row.source)),
        )
        for row, address in zip(rows, plain, strict=True)
        if address is not None
    )
    return csv_bytes([[one[0], *map(spreadsheet_safe, one[1:])] for one in cells])
