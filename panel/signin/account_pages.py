"""One's own account: sessions, browsers, second steps, sign-out."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.keys import Keyring
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import factors, memberships, sessions
from panel.accounts.factors import Factor
from panel.accounts.sessions import Device, OpenSession
from panel.rights import Company, Member, Principal, Staff
from panel.signin import signin_actions, signin_pages
from web import process


class Account(NamedTuple):
    """``recoveries``: codes left. ``must``: a second step is required."""

    sessions: list[OpenSession]
    devices: list[Device]
    factors: list[Factor]
    recoveries: int
    companies: list[Company]
    must: bool


async def show(request: Request, member: Member) -> Response:
    state = process.of(request)
    now = state.registry.store.now()
    found = await state.registry.store.read(of, state.registry.keyring, member.person, now)
    return panel_pages.render(request, member, "panel/account/account.html", account=found)


async def leave_everywhere(request: Request, member: Member) -> Response:
    """Ends every session of the person, this one too."""
    await form_answers.write(request, member, signin_actions.leave_everywhere, member.person)
    return signin_pages.gone(request)


def of(snapshot: Snapshot, keyring: Keyring, person: Principal, now: int) -> Account:
    return Account(
        sessions.sessions_of(snapshot, person.id, now),
        sessions.devices(snapshot, person.id),
        factors.of(snapshot, keyring, person.id),
        factors.recoveries(snapshot, person.id),
        memberships.companies(snapshot, person.id),
        person.staff is not Staff.NONE or memberships.asked_of(snapshot, person.id),
    )
