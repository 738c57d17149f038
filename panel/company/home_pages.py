"""The first pages: which company, and an overview of one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.company import company_facts
from panel.people import members
from panel.rights import Member, Staff
from providers.about import brand_counts
from web import pages, process


async def home(request: Request, member: Member) -> Response:
    """Where somebody works; who works at one company alone is led there."""
    store = process.of(request).registry.store
    found = await store.read(members.companies, member.person.id)
    if len(found) == 1 and member.person.staff is Staff.NONE:
        return pages.redirect(request, f"/panel/{found[0].code}/genel")
    return panel_pages.render(request, member, "panel/company/home.html", companies=found)


async def overview(request: Request, member: Member) -> Response:
    """What exists of a company."""
    store = process.of(request).registry.store
    facts = await store.read(company_facts.of, member.at, member.membership)
    counts = await brand_counts.of_brands(store, [brand.id for brand in facts.brands])
    return panel_pages.render(request, member, "panel/company/overview.html", facts=facts, counts=counts)


async def brand(request: Request, member: Member) -> Response:
    """One brand."""
    found = member.objects["brand"]
    counts = await brand_counts.of_brands(process.of(request).registry.store, [found.id])
    return panel_pages.render(request, member, "panel/company/brand.html", brand=found.what, count=counts[found.id])
