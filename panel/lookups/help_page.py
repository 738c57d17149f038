"""Help for companies: who needs consent, how to get it, the deadlines and penalties."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.accounts import memberships
from panel.rights import Member, Staff
from web import pages, process


async def show(request: Request) -> Response:
    """Public, also before an application."""
    return panel_pages.render(request, None, "panel/looking/help.html")


async def home(request: Request, member: Member) -> Response:
    """A person's companies; one company redirects there, the operator's people to their pages."""
    store = process.of(request).registry.store
    found = await store.read(memberships.companies, member.person.id)
    if member.person.staff is not Staff.NONE:
        return pages.redirect(request, "/panel/isletmen")
    if len(found) == 1:
        return pages.redirect(request, f"/panel/{found[0].code}/genel")
    return panel_pages.render(request, member, "panel/company/home.html", companies=found)
