"""One's own account: sessions, browsers, second steps, sign-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.keys import Keyring
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import factors, memberships, notice_store, sessions
from panel.accounts.factors import Factor
from panel.accounts.notice_store import NoticeKind
from panel.accounts.sessions import Device, OpenSession
from panel.audit.change import Change
from panel.rights import Company, Member, Principal, Staff
from panel.signin import signin_actions, signin_pages
from panel.signin.notice_mails import NAMES
from web import forms, pages, process


class Account(NamedTuple):
    """``recoveries``: codes left. ``must``: a second step is required."""

    sessions: list[OpenSession]
    devices: list[Device]
    factors: list[Factor]
    recoveries: int
    companies: list[Company]
    must: bool
    muted: NoticeKind


async def show(request: Request, member: Member) -> Response:
    state = process.of(request)
    now = state.registry.store.now()
    found = await state.registry.store.read(of, state.registry.keyring, member.person, now)
    kinds = _kinds(member)
    notices = [(int(kind), pages.text(request, NAMES[kind]), kind not in found.muted) for kind in kinds]
    return panel_pages.render(
        request,
        member,
        "panel/account/account.html",
        account=found,
        notices=notices,
        guide=NoticeKind.GUIDE not in found.muted,
        done="bildirimler" in request.query_params,
    )


async def set_notices(request: Request, member: Member) -> Response:
    """Which mails the person wants, and whether the first steps are shown."""
    form = await forms.fields(request)
    await form_answers.write(request, member, _set_notices, member, form)
    return pages.redirect(request, "/panel/hesap?bildirimler#bildirimler")


def _set_notices(change: Change, member: Member, form: Mapping[str, str]) -> None:
    kinds = [*_kinds(member), *([NoticeKind.GUIDE] if member.person.staff is Staff.NONE else [])]
    muted = notice_store.muted(change.transaction, member.person.id)
    for kind in kinds:
        muted = muted & ~kind if form.get(f"notice-{int(kind)}") == "1" else muted | kind
    notice_store.mute(change.transaction, member.person.id, muted)


def _kinds(member: Member) -> list[NoticeKind]:
    """The kinds of mails that a person can get."""
    if member.person.staff is Staff.NONE:
        return [kind for kind in notice_store.MAILS if kind not in notice_store.OF_OPERATOR]
    return list(notice_store.OF_OPERATOR) if member.person.staff is Staff.OPERATOR else []


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
        notice_store.muted(snapshot, person.id),
    )
