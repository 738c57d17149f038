"""All companies in one picture, for the operator and auditors: how fast refusals are obeyed and disputes answered,
loads, errors, complaints. It names no person, and a company does not see it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import public as citizen
from consents import business_days
from consents.brands.book import BrandEntry
from consents.brands.spelling import turkish_order
from consents.dates import day_bounds
from consents.instants import DAY, HOUR, day_of
from consents.queries import loads
from consents.registry import Registry
from consents.store import Snapshot
from panel import panel_pages
from panel.rights import Member
from providers import refused_counts
from providers.deliveries import taken_times
from providers.deliveries.taken_times import ObeyedTimes
from providers.disputes import disputes
from providers.disputes.disputes import DisputeClocks
from web import process

PAGE, DAYS = 25, 30  # companies of a page; days that are counted
WAITING_DAYS = 730  # of messages whose complaints wait for an answer: as long as a complaint names its person
CODES = 3  # of rejected rows, the most frequent


class WaitingComplaints(NamedTuple):
    """Sent to the office and not answered; ``days``: business days since the first was sent."""

    complaints: int
    days: int
    overdue: int


class OversightLine(NamedTuple):
    """``codes``: the most frequent errors of rejected rows and their number; ``complaints``: messages that citizens
    counted; ``waiting``: None without any."""

    title: str
    code: int
    obeyed: ObeyedTimes
    loads: int
    rows: int
    codes: list[tuple[str, int]]
    disputes: DisputeClocks
    complaints: int
    waiting: WaitingComplaints | None


class OversightPage(NamedTuple):
    lines: list[OversightLine]
    page: int
    pages: int


async def show(request: Request, member: Member) -> Response:
    registry, wanted = process.of(request).registry, request.query_params.get("sayfa", "1")
    page = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else 1
    found = await asyncio.to_thread(registry.store.read_now, of_page, registry, page)
    return panel_pages.render(
        request,
        member,
        "panel/operator/oversight.html",
        found=found,
        days=DAYS,
        hours=lambda took: round(took / HOUR, 1),
        whole_days=lambda took: round(took / DAY, 1),
    )


def of_page(snapshot: Snapshot, registry: Registry, page: int) -> OversightPage:
    """Companies by title, as the directory has them. Some 10 ms a company: blocking."""
    now = registry.store.now()
    companies: dict[int, list[BrandEntry]] = {}
    for brand in registry.brands.book(snapshot, now).brands:
        companies.setdefault(brand.company, []).append(brand)
    ordered = sorted(companies.values(), key=_order)
    pages = max(1, -(-len(ordered) // PAGE))
    page = min(max(page, 1), pages)
    today = day_of(now)
    since = day_bounds(today - timedelta(days=DAYS - 1))[0]
    complained = {one.brand: one.complaints for one in citizen.complaints_by_brand(snapshot, today, DAYS)}
    unanswered = {one.brand: one for one in citizen.unanswered_complaints(snapshot, now, WAITING_DAYS)}
    lines = []
    for brands in ordered[(page - 1) * PAGE : page * PAGE]:
        numbers = [one.id for one in brands]
        counted = loads.counted(snapshot, numbers, since)
        lines.append(
            OversightLine(
                brands[0].company_title,
                brands[0].company_code,
                taken_times.obeyed(snapshot, numbers, since, now),
                counted.loads,
                counted.rows,
                _codes(snapshot, numbers, since, now),
                disputes.clocks(snapshot, numbers, since),
                sum(complained.get(number, 0) for number in numbers),
                _waiting([unanswered[number] for number in numbers if number in unanswered], now),
            )
        )
    return OversightPage(lines, page, pages)


def _waiting(found: Sequence[citizen.UnansweredComplaints], now: int) -> WaitingComplaints | None:
    if not found:
        return None
    days = business_days.passed(min(one.oldest for one in found), now)
    return WaitingComplaints(sum(one.complaints for one in found), days, sum(one.overdue for one in found))


def _codes(snapshot: Snapshot, brands: Sequence[int], since: int, now: int) -> list[tuple[str, int]]:
    found: Counter[str] = Counter()
    for one in refused_counts.of_brands(snapshot, brands, day_of(since), day_of(now)):
        found[one.code] += one.amount
    return found.most_common(CODES)


def _order(brands: list[BrandEntry]) -> tuple[list[tuple[int, int, str]], int]:
    return turkish_order(brands[0].company_title), brands[0].company_code
