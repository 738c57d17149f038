"""Overviews of a company and of a brand, with server-side charts and their tables."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from consents import movement_counts, standing_counts
from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.brands.spelling import turkish_order
from consents.dates import day_bounds
from consents.instants import day_of
from consents.movement_counts import DayCount
from consents.queries import tallies
from consents.rules import ONAY
from consents.standing_counts import HeldCount
from consents.store import Snapshot
from consents.terms import Channel
from panel import form_answers, panel_pages
from panel.accounts import memberships, notice_store
from panel.accounts.notice_store import NoticeKind
from panel.audit.change import Change
from panel.lookups import charts, lookup_texts, refusal_pages
from panel.lookups.refusal_pages import OpenAlarm, WeekPeople
from panel.rights import Member, Role, Staff
from panel.uploads import upload_store
from providers import refused_counts
from providers.deliveries import taken_times
from providers.deliveries.taken_times import FirstSteps, TakenTimes, TakenWithin
from providers.disputes import disputes
from providers.disputes.disputes import OpenDisputes
from providers.refused_counts import NO_CHANNEL, CodeCount, RefusedWay
from providers.uploads.row_verdicts import ROW
from web import pages, process
from web.codes import SENTENCES
from web.rendering import texts, when
from web.rendering.texts import mark

_WAYS = {
    RefusedWay.SINGLE: mark("programdan tek tek"),
    RefusedWay.LIST: mark("programdan listeyle"),
    RefusedWay.FILE: mark("dosyayla"),
    RefusedWay.HAND: mark("elle"),
}
_TAKEN = {
    TakenWithin.HOUR: mark("bir saat içinde alındı"),
    TakenWithin.DAY: mark("aynı gün alındı"),
    TakenWithin.IN_TIME: mark("üç iş günü içinde alındı"),
    TakenWithin.LATE: mark("üç iş gününden sonra alındı"),
    TakenWithin.OPEN: mark("henüz alınmadı, süresi var"),
    TakenWithin.OVERDUE: mark("alınmadı, süresi geçti"),
}
DAYS = 30
ORDERS: Mapping[str, Callable[[BrandLine], int]] = {
    "no": lambda line: line.brand.code,
    "onay": lambda line: line.allowed or 0,
    "ret": lambda line: line.refused or 0,
    "bayi": lambda line: line.dealers,
}
T = TypeVar("T")


class Movements(NamedTuple):
    """Movements of ``DAYS`` days. ``behind``: movements not counted yet; ``refused``: rejected records."""

    first: date
    counts: list[DayCount]
    taken: TakenTimes
    behind: int
    refused: list[RefusedCode]


class BrandLine(NamedTuple):
    """A brand of the table; ``allowed``, ``refused``: consents, None before they are counted."""

    brand: KnownBrand
    allowed: int | None
    refused: int | None
    dealers: int


class OverviewFacts(NamedTuple):
    """``alarm``: untaken refusals; ``week``: people who refused; ``allowed``: consents that may be written to, by
    channel, None while a brand is uncounted; ``steps``: of the first-run guide, None for somebody who has hidden it;
    ``disputes``: open ones, by brand."""

    company: CompanyFacts
    lines: list[BrandLine]
    movements: Movements
    alarm: OpenAlarm | None
    week: WeekPeople
    allowed: dict[int, int] | None
    steps: FirstSteps | None
    disputes: list[OpenDisputes]

    @property
    def errors(self) -> int:
        """Errors of rejected rows in the last days."""
        return sum(one.amount for one in self.movements.refused)


class RefusedCode(NamedTuple):
    """``width``: of its bar, of 100; ``channels``, ``ways``: counts by code, the highest first. ``file``: the load
    of the newest uploaded file with such rows; 0: none."""

    code: str
    amount: int
    width: float
    channels: list[tuple[int, int]]
    ways: list[tuple[RefusedWay, int]]
    file: int

    def meaning(self, language: str) -> str:
        """The error and its remedy; empty for an unknown code."""
        sentence = SENTENCES.get(self.code) or ROW.get(self.code)
        return sentence.text(language) if sentence else ""


class CompanyFacts(NamedTuple):
    """``brands``: the visible ones; ``roles``: people by role."""

    mersis: str | None
    brands: list[KnownBrand]
    roles: dict[Role, int]


async def overview(request: Request, member: Member) -> Response:
    store = process.of(request).registry.store
    facts = await asyncio.to_thread(store.read_now, of_company, member, store.now())
    drawn = _pictures(request, facts.movements)
    order = request.query_params.get("sirala", "")
    lines = sorted_lines(facts.lines, order)
    return panel_pages.render(
        request,
        member,
        "panel/looking/overview.html",
        facts=facts,
        lines=lines,
        order=order,
        today=when.weekday(texts.language(request)[0], day_of(store.now())),
        **drawn,
    )


def sorted_lines(lines: list[BrandLine], order: str) -> list[BrandLine]:
    """By title as Turkish sorts; else by the column of ``order``, from the highest with a minus."""
    named = sorted(lines, key=lambda line: turkish_order(line.brand.title), reverse=order == "-ad")
    column = ORDERS.get(order.removeprefix("-"))
    return named if column is None else sorted(named, key=column, reverse=order.startswith("-"))


async def hide_steps(request: Request, member: Member) -> Response:
    """Hides the first steps from this person; the account page shows them again."""
    await form_answers.write(request, member, _hide, member.person.id)
    return pages.redirect(request, f"{member.home}/genel")


def _hide(change: Change, person: int) -> None:
    notice_store.mute(change.transaction, person, notice_store.muted(change.transaction, person) | NoticeKind.GUIDE)


async def brand(request: Request, member: Member) -> Response:
    found, store = member.objects["brand"], process.of(request).registry.store
    now = store.now()
    held, dealers, moved = await store.read(of_brand, found.id, now)
    drawn = _pictures(request, moved)
    drawn["alarm"] = await asyncio.to_thread(store.read_now, refusal_pages.alarm, member.at.id, [found.id], now)
    days = process.of(request).settings.hs_2015_old_days
    old = sum(one.amount for one in held.kinds if lookup_texts.is_old(one.status, one.source, now, days))
    return panel_pages.render(
        request, member, "panel/looking/brand.html", brand=found.what, held=held, old=old, dealers=dealers, **drawn
    )


def _pictures(request: Request, moved: Movements) -> dict[str, Any]:
    language = texts.language(request)[0]
    taken = [(kind.value, moved.taken.counts[kind]) for kind in TakenWithin]
    return {
        "channels": charts.by_channel(moved.counts, moved.first, DAYS),
        "daily": charts.together(moved.counts, moved.first, DAYS),
        "doors": charts.doors(moved.counts),
        "disputes": charts.disputes(moved.counts),
        "taken": charts.shares(taken) if moved.taken.counts else [],
        "taken_whole": moved.taken.whole,
        "behind": moved.behind,
        "refused": moved.refused,
        "language": language,
        "days": DAYS,
        "door_word": lambda code: pages.text(request, lookup_texts.door(code)),
        "taken_word": lambda code: pages.text(request, _TAKEN[TakenWithin(code)]),
        "way_word": lambda way: pages.text(request, _WAYS[way]),
        "weekday": lambda day: when.weekday(language, day),
        "short_day": lambda day: when.short_day(language, day),
    }


def of_company(snapshot: Snapshot, member: Member, now: int) -> OverviewFacts:
    company = of(snapshot, member)
    brands = _ids(company.brands)
    held, dealers = standing_counts.of_brands(snapshot, brands), tallies.dealers(snapshot, brands)
    steps = taken_times.first_steps(snapshot, member.at.id, brands)
    guided = not member.is_staff and member.active and not steps.done
    return OverviewFacts(
        company,
        [_line(one, held[one.id], dealers.get(one.id, 0)) for one in company.brands],
        movements(snapshot, brands, now),
        refusal_pages.alarm(snapshot, member.at.id, brands, now),
        refusal_pages.week(snapshot, brands, now),
        _allowed(held),
        steps if guided and NoticeKind.GUIDE not in notice_store.muted(snapshot, member.person.id) else None,
        disputes.open_of(snapshot, brands),
    )


def _line(brand: KnownBrand, held: HeldCount, dealers: int) -> BrandLine:
    allowed = held.total(ONAY)
    refused = held.total() - allowed
    return BrandLine(brand, allowed if held.known else None, refused if held.known else None, dealers)


def _allowed(held: dict[int, HeldCount]) -> dict[int, int] | None:
    """Consents that stand at ONAY, by channel; None while a brand is uncounted."""
    if not all(one.known for one in held.values()):
        return None
    return {
        channel.code: sum(
            kind.amount
            for one in held.values()
            for kind in one.kinds
            if kind.status == ONAY and kind.channel == channel.code
        )
        for channel in Channel
    }


def of_brand(snapshot: Snapshot, brand: int, now: int) -> tuple[HeldCount, int, Movements]:
    """(consents held, dealers, movements) of a brand."""
    held = standing_counts.of_brand(snapshot, brand)
    return held, tallies.dealers(snapshot, [brand]).get(brand, 0), movements(snapshot, [brand], now)


def movements(snapshot: Snapshot, brands: Sequence[int], now: int) -> Movements:
    """Movements of these brands (internal ids) in the last days, including today."""
    today = day_of(now)
    first = today - timedelta(days=DAYS - 1)
    counts = movement_counts.by_day(snapshot, brands, first, today)
    taken = taken_times.of_brands(snapshot, brands, day_bounds(first)[0], now)
    refused = read(snapshot, brands, first, today)
    return Movements(first, counts, taken, movement_counts.behind(snapshot), refused)


def _ids(brands: Sequence[KnownBrand]) -> list[int]:
    return [brand.id for brand in brands]


def read(snapshot: Snapshot, brands: Sequence[int], first: date, last: date) -> list[RefusedCode]:
    """Codes of these brands (internal ids) from ``first`` to ``last``, the most frequent first."""
    lines = refused_counts.of_brands(snapshot, brands, first, last)
    loads = {line.upload for line in lines if line.upload is not None}
    return by_code(lines, upload_store.of_loads(snapshot, brands, loads) if loads else {})


def by_code(lines: Iterable[CodeCount], files: dict[int, int]) -> list[RefusedCode]:
    """Sums by code; ``files``: uploaded files by their loads."""
    found: dict[str, list[CodeCount]] = {}
    for line in lines:
        found.setdefault(line.code, []).append(line)
    totals = {code: sum(line.amount for line in parts) for code, parts in found.items()}
    most = max(totals.values(), default=0)
    return [
        RefusedCode(
            code,
            total,
            charts.width(total, most),
            _sums((line.channel, line.amount) for line in found[code] if line.channel != NO_CHANNEL),
            _sums((line.way, line.amount) for line in found[code]),
            max((line.upload for line in found[code] if line.upload in files), default=0),
        )
        for code, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]


def _sums(amounts: Iterable[tuple[T, int]]) -> list[tuple[T, int]]:
    found: Counter[T] = Counter()
    for key, amount in amounts:
        found[key] += amount
    return found.most_common()


def of(snapshot: Snapshot, member: Member) -> CompanyFacts:
    """A company's facts, as this member sees them."""
    company = member.at
    known = provider_list.by_code(snapshot, company.code)
    brands = provider_list.brands_of(snapshot, company.id)
    seen = [brand for brand in brands if member.sees(brand.id)]
    return CompanyFacts(known.mersis if known else None, seen, memberships.roles(snapshot, company.id))


async def company_help(request: Request) -> Response:
    """Public, also before an application."""
    return panel_pages.render(request, None, "panel/looking/help.html")


async def home(request: Request, member: Member) -> Response:
    """A person's companies; one company redirects there, its call centre's people to their desk, the operator's people
    to their pages."""
    store = process.of(request).registry.store
    found = await store.read(memberships.companies, member.person.id)
    if member.person.staff is not Staff.NONE:
        return pages.redirect(request, "/panel/isletmen")
    if member.person.partner and not found:
        return pages.redirect(request, "/panel/ortak")
    if len(found) == 1 and not member.person.partner:
        own = await store.read(memberships.find, member.person.id, found[0].id)
        return pages.redirect(request, f"/panel/{found[0].code}/{'masa' if own and own.only_calls else 'genel'}")
    return panel_pages.render(request, member, "panel/company/home.html", companies=found)
