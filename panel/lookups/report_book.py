"""Day reports for a company's people: a brand's month, agreement, and the owner of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.instants import day_of
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.rights import Member
from providers.days import day_store
from providers.days.day_store import KeptDay, Which

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


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


def month(snapshot: Snapshot, member: Member, asked: Mapping[str, str], now: int) -> ReportMonth:
    """The requested month of the requested brand, else of the first visible one."""
    brands = _brands(snapshot, member)
    code = asked.get("brand", "")
    brand = next((one for one in brands if str(one.code) == code), None if code else next(iter(brands), None))
    text = asked.get("month", "")
    first = date.fromisoformat(f"{text}-01") if _MONTH.fullmatch(text) else day_of(now).replace(day=1)
    last = _next(first) - timedelta(days=1)
    days = day_store.of_span(snapshot, brand.id, first, last) if brand else []
    return ReportMonth(brands, brand, first, days)


def which(snapshot: Snapshot, brand: int, text: str) -> Which | None:
    """The report of a day in a form; None where none is kept."""
    try:
        found = Which(brand, date.fromisoformat(text)) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return found if found and day_store.find(snapshot, found) else None


def whose(snapshot: Snapshot, member: Member, sha384: bytes) -> FoundReport | None:
    """The report with this hash, among the visible brands."""
    brands = {one.id: one for one in _brands(snapshot, member)}
    found = day_store.by_hash(snapshot, brands, sha384)
    return FoundReport(brands[found[0]], *found[1:]) if found else None


def fetch(transaction: Transaction, registry: Registry, member: Member, of: Which) -> None:
    """Logs the download of a day's file."""
    names = member.person.id, member.at.id, of.brand, f"day {of.day}"
    audit_log.record(transaction, registry.keyring, NewAction("report-fetched", *names))


def agree(transaction: Transaction, registry: Registry, member: Member, of: Which) -> bool:
    """Records the company's agreement with a day's movements. False where it had agreed."""
    made = day_store.find(transaction, of)
    if made is None or not made.rows or not day_store.agree_and_note(transaction, of, made):
        return False
    names = member.person.id, member.at.id, of.brand, f"day {of.day}"
    audit_log.record(transaction, registry.keyring, NewAction("report-agreed", *names))
    return True


def _brands(snapshot: Snapshot, member: Member) -> list[KnownBrand]:
    return [one for one in provider_list.brands_of(snapshot, member.at.id) if member.sees(one.id)]


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
