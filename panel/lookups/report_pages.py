"""Day reports: a brand's month, the file, its time stamp, agreement; and a check of somebody's file."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents import instants
from consents.brands.companies import KnownBrand
from consents.instants import day_of
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.audit.change import Change
from panel.rights import Member, Permission
from providers.days import day_files, day_store
from providers.days.day_store import ALL, KeptDay, Which
from settings import Settings
from web import forms, pages, process
from web.rendering.texts import mark

MOST_BYTES = 1 << 28  # of a file that is checked
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NO_FILE = mark("Denetlenecek dosyayı seçin.")
_MONTHS = (
    mark("Ocak"), mark("Şubat"), mark("Mart"), mark("Nisan"), mark("Mayıs"), mark("Haziran"), mark("Temmuz"),
    mark("Ağustos"), mark("Eylül"), mark("Ekim"), mark("Kasım"), mark("Aralık"),
)  # fmt: skip


class ReportMonth(NamedTuple):
    """``days``: those with a report; ``first``: the month's first day; None: no brand."""

    brands: list[KnownBrand]
    brand: KnownBrand | None
    first: date
    days: list[KeptDay]

    @property
    def before(self) -> str:
        """The previous month, as "2026-10"."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def behind(self) -> str:
        """The next month."""
        return f"{_next(self.first):%Y-%m}"


class FoundReport(NamedTuple):
    """A file's report. ``channel``: by code, or ``day_store.ALL``."""

    brand: KnownBrand
    channel: int
    kept: KeptDay


class CheckedFile(NamedTuple):
    """The result of a check. ``sha384``: hex; ``stamped_at``: µs, None without a valid stamp."""

    name: str
    sha384: str
    found: FoundReport | None
    stamped_at: int | None


async def show(request: Request, member: Member) -> Response:
    store = process.of(request).registry.store
    found = await store.read(month_of, member, dict(request.query_params), store.now())
    return panel_pages.render(
        request,
        member,
        "panel/looking/reports.html",
        month=found,
        may_fetch=member.may(Permission.REPORT),
        name=lambda day: pages.text(request, _MONTHS[day.month - 1]),
        micros=lambda day: instants.at_hour(day, 12),
    )


async def download(request: Request, member: Member) -> Response:
    here, given, brand = process.of(request), await forms.fields(request), member.objects["brand"]
    which = await here.registry.store.read(kept_day, brand.id, given.get("day", ""))
    made = await here.registry.store.read(day_store.find, which) if which else None
    if which is None or made is None:
        return pages.redirect(request, f"{member.home}/raporlar")
    name = f"{brand.what.code}-{which.day}.csv"
    if given.get("what") == "stamp" and made.stamp is not None:
        return Response(made.stamp, headers=_named(f"{name}.tsr"), media_type="application/timestamp-reply")
    await form_answers.write(request, member, _fetch, member, which)
    headers = _named(name) | {"content-length": str(made.size)}
    return StreamingResponse(
        day_files.sent_slowly(here.registry.store, here.registry.keyring, which, made),
        headers=headers,
        media_type="text/csv",
    )


async def agree(request: Request, member: Member) -> Response:
    registry, given, brand = process.of(request).registry, await forms.fields(request), member.objects["brand"]
    which = await registry.store.read(kept_day, brand.id, given.get("day", ""))
    back = f"{member.home}/raporlar?brand={brand.what.code}"
    if which is None:
        return pages.redirect(request, back)
    await form_answers.write(request, member, _agree, member, which)
    return pages.redirect(request, f"{back}&month={which.day:%Y-%m}")


async def check_page(request: Request, member: Member) -> Response:
    return _checked(request, member, None)


async def check(request: Request, member: Member) -> Response:
    """Checks whether a file is an original report; it is hashed as a stream and not kept."""
    here = process.of(request)
    hashed = hashlib.sha384()

    async def take(portion: bytes) -> None:
        hashed.update(portion)

    form = await forms.read(request, "file", MOST_BYTES, take)
    if not form.name:
        return _checked(request, member, None, pages.text(request, _NO_FILE))
    name, sha384 = form.name[-80:], hashed.digest()
    found = await here.registry.store.read(whose, member, sha384)
    stamped = None if found is None else await asyncio.to_thread(_stamped_at, here.settings, found)
    at = None if stamped is None else instants.micros(stamped)
    return _checked(request, member, CheckedFile(name, sha384.hex(), found, at))


def month_of(snapshot: Snapshot, member: Member, asked: Mapping[str, str], now: int) -> ReportMonth:
    """The requested month of the requested brand, else of the first visible one."""
    brands = memberships.brands(snapshot, member)
    code = asked.get("brand", "")
    brand = next((one for one in brands if str(one.code) == code), None if code else next(iter(brands), None))
    text = asked.get("month", "")
    first = date.fromisoformat(f"{text}-01") if _MONTH.fullmatch(text) else day_of(now).replace(day=1)
    last = _next(first) - timedelta(days=1)
    days = day_store.of_span(snapshot, brand.id, first, last) if brand else []
    return ReportMonth(brands, brand, first, days)


def kept_day(snapshot: Snapshot, brand: int, text: str) -> Which | None:
    """The report of a day in a form; None where none is kept."""
    try:
        found = Which(brand, date.fromisoformat(text)) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return found if found and day_store.find(snapshot, found) else None


def whose(snapshot: Snapshot, member: Member, sha384: bytes) -> FoundReport | None:
    """The report with this hash, among the visible brands."""
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    found = day_store.by_hash(snapshot, brands, sha384)
    return FoundReport(brands[found[0]], *found[1:]) if found else None


def _fetch(change: Change, member: Member, of: Which) -> None:
    """Logs the download of a day's file."""
    change.note("report-fetched", f"day {of.day}", provider=member.at.id, brand=of.brand)


def _agree(change: Change, member: Member, of: Which) -> bool:
    """Records the company's agreement with a day's movements. False where it had agreed."""
    made = day_store.find(change.transaction, of)
    if made is None or not made.rows or not day_store.agree_and_note(change.transaction, of, made):
        return False
    change.note("report-agreed", f"day {of.day}", provider=member.at.id, brand=of.brand)
    return True


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _checked(request: Request, member: Member, result: CheckedFile | None, fault: str = "") -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/looking/check.html",
        status=422 if fault else 200,
        result=result,
        fault=fault,
        whole=ALL,
        micros=lambda day: instants.at_hour(day, 12),
    )


def _stamped_at(settings: Settings, found: FoundReport) -> datetime | None:
    """The time of a valid stamp; None without one."""
    from providers.days import stamps  # loads aiohttp and its own library: only where there is a stamp

    kept = found.kept
    if kept.stamp is None or kept.sha512 is None:
        return None
    try:
        return stamps.proven(kept.stamp, settings.tsa_roots, kept.sha512)
    except stamps.NoStamp:
        return None


def _named(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
