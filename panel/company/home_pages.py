"""The first page: which company?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.people import members
from panel.rights import Member, Staff
from web import pages, process


async def home(request: Request, member: Member) -> Response:
    """Where somebody works; who works at one company alone is led there, and the operator's people to their pages."""
    store = process.of(request).registry.store
    found = await store.read(members.companies, member.person.id)
    if member.person.staff is not Staff.NONE:
        return pages.redirect(request, "/panel/isletmen")
    if len(found) == 1:
        return pages.redirect(request, f"/panel/{found[0].code}/genel")
    return panel_pages.render(request, member, "panel/company/home.html", companies=found)
