"""The page of a company's sandbox: a test key by one press, shown once, and an empty start."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.store import Snapshot
from panel import form_answers
from panel.audit.change import Change
from panel.form_answers import UNSENT, FormResult, at
from panel.programs import program_actions, program_pages
from panel.rights import Company, Member
from providers.callers import api_users, passwords
from providers.callers.api_users import MOST, Owner, User
from providers.callers.passwords import NewPassword, TooBusy
from providers.callers.program_keys import TEST_MARK, EmptiedSandboxes
from web import errors, pages, process
from web.logs import SANDBOX


async def show(request: Request, member: Member, result: FormResult = UNSENT, password: str = "") -> Response:
    whole, here = form_answers.whole(member), process.of(request)
    keys = await here.registry.store.read(_keys, member.at, here.registry.store.now()) if whole else []
    shown: dict[str, Any] = {
        "whole": whole,
        "is_open": here.settings.sandbox,
        "base": here.settings.public_url + SANDBOX,
        "brands": await form_answers.brands(request, member),
        "keys": keys,
        "username": result.value[1] if password else "",
        "password": password,
    }
    return form_answers.page(request, member, "manage/sandbox.html", result, {}, **shown)


async def add_key(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    try:
        made = await program_pages.new_password(request, member)
    except TooBusy:
        return errors.answer(request, 503, passwords.RETRY)
    result = await form_answers.attempt(request, member, _add, member.at, made)
    if result.faults:
        return await show(request, member, result)
    return await show(request, member, FormResult(result.value), made.text)


async def empty(request: Request, member: Member) -> Response:
    """Throws the company's sandbox away; the next sign-in begins a new one."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    here, page = process.of(request), f"{member.home}/programlar/deneme-alani"
    if not here.settings.sandbox:  # as the page shows; one of another process is out of reach
        return pages.redirect(request, page)
    EmptiedSandboxes.of(here.registry.store).add(member.at.code)
    return pages.redirect(request, f"{page}?bosaltildi")


def _keys(snapshot: Snapshot, company: Company, now: int) -> list[User]:
    users = api_users.listed(snapshot, Owner.PROVIDER, company.code, now)
    return [one for one in users if one.test and one.ended_at is None]


def _add(change: Change, company: Company, password: NewPassword) -> tuple[int, str]:
    """(internal id, name)."""
    known = api_users.listed(change.transaction, Owner.PROVIDER, company.code, change.transaction.now)
    taken, first = {one.username for one in known}, f"{TEST_MARK}{company.code}"
    names = [first, *(f"{first}_{number}" for number in range(2, len(known) + MOST))]
    name = next(one for one in names if one not in taken)
    with at("seen"):
        number, _ = program_actions.add(change, Owner.PROVIDER, company.code, name, password, test=True)
    return number, name
