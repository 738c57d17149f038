"""One's own account: sessions, browsers, second steps, and leaving."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.account import account
from panel.entry import panel_entry, panel_signin
from panel.rights import Member
from web import process


async def show(request: Request, member: Member) -> Response:
    """The account."""
    state = process.of(request)
    now = state.registry.store.now()
    found = await state.registry.store.read(account.of, state.registry.keyring, member.person, now)
    return panel_pages.render(request, member, "panel/account/account.html", account=found)


async def leave_everywhere(request: Request, member: Member) -> Response:
    """Ends every session of the person, this one too."""
    state = process.of(request)
    person = member.person
    await state.registry.store.write(panel_entry.leave_everywhere, state.registry, person.id, person.email)
    return panel_signin.gone(request)
