"""Complaints that citizens counted, without any person: by company for the operator and auditors, by day for the
company itself."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import public as citizen
from citizen.public import BrandComplaints, DayComplaints, SenderComplaints
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.dates import day_bounds
from consents.instants import day_of
from consents.registry import Registry
from consents.store import Snapshot
from panel import panel_pages
from panel.rights import Member
from providers.disputes import disputes
from providers.disputes.dispute_states import DisputeState
from web import process
from web.rendering.texts import mark

DAYS = 90  # of messages and disputes that are counted
SHORT = 30  # with ?gun=30: those of the comparison of companies
SHOWN_STATES = {
    DisputeState.OPEN: mark("Yanıt bekliyor"),
    DisputeState.KEPT: mark("Kanıt gösterildi"),
    DisputeState.WITHDRAWN: mark("Geri çekildi"),
    DisputeState.SILENT: mark("Yanıt verilmedi"),
}


class CompanyComplaints(NamedTuple):
    """Counts of a company's brands, the brand with the most first."""

    title: str
    code: int
    brands: list[tuple[BrandEntry, BrandComplaints]]

    @property
    def complaints(self) -> int:
        return sum(one.complaints for _, one in self.brands)


class CompanyDisputes(NamedTuple):
    """How many disputes of a company's consents are in each state."""

    title: str
    code: int
    states: Counter[DisputeState]


async def everyone(request: Request, member: Member) -> Response:
    """By company, and by the name of senders that are not here."""
    registry, days = process.of(request).registry, SHORT if request.query_params.get("gun") == str(SHORT) else DAYS
    companies, senders = await registry.store.read(_everyone, registry, days)
    disputed = await registry.store.read(of_companies, registry, days)
    return panel_pages.render(
        request,
        member,
        "panel/waiting/complaints.html",
        companies=companies,
        senders=senders,
        days=days,
        disputed=disputed,
        states=SHOWN_STATES,
    )


async def of_company(request: Request, member: Member) -> Response:
    """The company's own, by brand, day and channel."""
    registry = process.of(request).registry
    brands = await registry.store.read(_of_company, registry, member)
    template = "panel/looking/complaints.html"
    return panel_pages.render(request, member, template, brands=brands, days=DAYS, spec=OF_CODE)


def of_companies(snapshot: Snapshot, registry: Registry, days: int) -> list[CompanyDisputes]:
    """Of those asked in the last ``days`` days, the company with the most first."""
    now = registry.store.now()
    book, found = registry.brands.book(snapshot, now).by_id, dict[int, CompanyDisputes]()
    for one in disputes.counts(snapshot, day_bounds(day_of(now) - timedelta(days=days - 1))[0], now + 1):
        if one.state not in SHOWN_STATES:
            continue
        brand = book[one.brand]
        company = CompanyDisputes(brand.company_title, brand.company_code, Counter())
        found.setdefault(brand.company, company).states[one.state] += one.disputes
    return sorted(found.values(), key=lambda one: -one.states.total())


def _everyone(
    snapshot: Snapshot, registry: Registry, days: int
) -> tuple[list[CompanyComplaints], list[SenderComplaints]]:
    now = registry.store.now()
    book, today = registry.brands.book(snapshot, now).by_id, day_of(now)
    found: dict[int, CompanyComplaints] = {}
    for one in citizen.complaints_by_brand(snapshot, today, days):
        brand = book[one.brand]
        company = CompanyComplaints(brand.company_title, brand.company_code, [])
        found.setdefault(brand.company, company).brands.append((brand, one))
    listed = sorted(found.values(), key=lambda one: -one.complaints)
    return listed, citizen.complaints_by_sender(snapshot, today, days)


def _of_company(snapshot: Snapshot, registry: Registry, member: Member) -> list[tuple[BrandEntry, list[DayComplaints]]]:
    now = registry.store.now()
    brands = [one for one in registry.brands.book(snapshot, now).company(member.at.code) if member.sees(one.id)]
    counts = [(one, citizen.complaints_by_day(snapshot, one.id, day_of(now), DAYS)) for one in brands]
    return [(brand, days) for brand, days in counts if days]
