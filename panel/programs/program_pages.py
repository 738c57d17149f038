"""Pages of a company's programs: user, networks, state. A password is in the answer to its own request only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.panel_pages import At, Confirmation
from panel.programs import program_actions
from panel.rights import Company, Member
from providers.callers import api_users, passwords
from providers.callers.api_users import Owner, User
from providers.callers.passwords import HashingPool, NewPassword, TooBusy
from web import errors, forms, pages, process
from web.logs import SANDBOX
from web.rendering.texts import mark

_USED, _NEVER = mark("Son çağrısı: {at}."), mark("Bu program henüz hiç çağırmadı.")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RENEW, _CLOSE = mark("Yeni şifre al"), mark("Erişimini kapat")
_RENEWS = (
    mark("{program} için yeni şifre alınsın mı?"),
    mark("Bugünkü şifre ve onunla açılmış oturumlar hemen biter."),
    mark("Yeni şifre yazılana kadar program hiçbir şey bildiremez, vatandaşların retlerini alamaz."),
    mark("Yeni şifre yalnızca bir kez, bir sonraki sayfada görünür."),
)
_ENDS = (
    mark("{program} programının erişimi kapatılsın mı?"),
    mark("Program bir sonraki çağrısında reddedilir: hiçbir şey bildiremez, vatandaşların retlerini alamaz."),
    mark("Yeniden açılamaz. Adı kayıtlarda kaldığı için bir daha verilmez."),
)


async def add(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    try:
        made = await new_password(request, member)
    except TooBusy:
        return errors.answer(request, 503, passwords.RETRY)
    wanted = given.get("username", "").strip(), given.get("level", "")
    result = await form_answers.attempt(request, member, _add, member.at, *wanted, made)
    if result.faults:
        return await show(request, member, result, given)
    number, password = result.value
    return await _one(request, member, number, FormResult(), {}, password=password)


async def one(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    return await _one(request, member, member.objects["program"].id, FormResult(), {})


async def sure_of_renewing(request: Request, member: Member) -> Response:
    return await _sure(request, member, _RENEWS, _RENEW)


async def sure_of_ending(request: Request, member: Member) -> Response:
    return await _sure(request, member, _ENDS, _CLOSE)


async def renew(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    try:
        made = await new_password(request, member)
    except TooBusy:
        return errors.answer(request, 503, passwords.RETRY)
    return await _change(request, member, _renew, made)


async def allow(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    return await _change(request, member, _allow, form_answers.lines(given.get("networks", "")))


async def limit(request: Request, member: Member) -> Response:
    """Sets whether it may write, and at which brands."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    pairs, number = await forms.pairs(request, 2000), member.objects["program"].id
    given = dict(pairs)
    ticked = {value for name, value in pairs if name == "brand"}
    brands = [one.id for one in await form_answers.brands(request, member) if str(one.code) in ticked]
    wanted = given.get("level") != "write", None if given.get("scope") == "all" else brands
    result = await form_answers.attempt(request, member, _limit, member.at, number, *wanted, given.get(SEEN, ""))
    if result.faults:
        return await _one(request, member, number, result, given)
    return pages.redirect(request, f"{member.home}/programlar/{number}?degisti")


async def end(request: Request, member: Member) -> Response:
    return await _change(request, member, _end)


def programs_of(snapshot: Snapshot, company: Company, now: int) -> list[User]:
    found = api_users.listed(snapshot, Owner.PROVIDER, company.code, now)
    return sorted(found, key=lambda user: user.ended_at is not None)


def program_of(snapshot: Snapshot, company: Company, now: int, number: int) -> User:
    return next(user for user in programs_of(snapshot, company, now) if user.id == number)


def seen(user: User) -> str:
    """The mark of the changeable values."""
    rights = user.reads_only, user.brands and sorted(user.brands)
    return form_answers.seen(user.id, user.ended_at, user.networks, user.password, rights)


def brand_to_try(member: Member, codes: Sequence[int]) -> int:
    """The brandCode to fill in where none was chosen: the master brand's, which is the company's number; 0 for none."""
    return member.at.code if member.at.code in codes else next(iter(codes), 0)


def _add(change: Change, company: Company, username: str, level: str, password: NewPassword) -> tuple[int, str]:
    """(internal id, password), which is not stored."""
    if username and not _NAME.fullmatch(username):
        raise FieldFault("username", "username-form")
    known = programs_of(change.transaction, company, change.transaction.now)
    if any(user.username == username and user.ended_at is None for user in known):
        raise FieldFault("username", "username-own", username)
    with at("username"):
        added = program_actions.add(change, Owner.PROVIDER, company.code, username, password)
        if level == "read":
            program_actions.limit(change, company.code, username, True, None)
    return added


def _renew(change: Change, company: Company, number: int, password: NewPassword, shown: str) -> tuple[int, str]:
    user = _standing(change, company, number, shown)
    with at("seen"):
        return number, program_actions.renew(change, Owner.PROVIDER, company.code, user.username, password)


def _allow(change: Change, company: Company, number: int, networks: list[str], shown: str) -> None:
    user = _standing(change, company, number, shown)
    with at("networks"):
        program_actions.allow(change, Owner.PROVIDER, company.code, user.username, networks)


def _limit(
    change: Change, company: Company, number: int, reads_only: bool, brands: list[int] | None, shown: str
) -> None:
    user = _standing(change, company, number, shown)
    with at("scope-some"):
        program_actions.limit(change, company.code, user.username, reads_only, brands)


def _end(change: Change, company: Company, number: int, shown: str) -> None:
    user = _standing(change, company, number, shown)
    if user.ended_at is not None:
        raise StaleChange
    program_actions.end(change, Owner.PROVIDER, company.code, user.username)


def _standing(change: Change, company: Company, number: int, shown: str) -> User:
    user = program_of(change.transaction, company, change.transaction.now, number)
    form_answers.unchanged(seen(user), shown)
    return user


async def new_password(request: Request, member: Member) -> NewPassword:
    """Errors: TooBusy."""
    pool = process.of(request).registry.store.own(HashingPool, HashingPool)
    made: NewPassword = await pool.for_person(member.person.id, passwords.new)
    return made


async def _sure(request: Request, member: Member, sentences: tuple[str, ...], button: str) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    store, number = process.of(request).registry.store, member.objects["program"].id
    user = await store.read(program_of, member.at, store.now(), number)
    back = f"{member.home}/programlar/{number}"
    if user.ended_at is not None:
        return pages.redirect(request, back)
    question, *effects = ((sentence, {"program": user.username}) for sentence in sentences)
    used = (_NEVER, {}) if user.used_at is None else (_USED, {"at": At(user.used_at)})
    asked = Confirmation(question, (used, *effects), button, back, {SEEN: seen(user)})
    return panel_pages.confirmation(request, member, asked)


async def _change(request: Request, member: Member, work: Any, *more: Any) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given, number = await forms.fields(request), member.objects["program"].id
    result = await form_answers.attempt(request, member, work, member.at, number, *more, given.get(SEEN, ""))
    if result.faults:
        return await _one(request, member, number, result, given)
    if result.value is not None:
        return await _one(request, member, number, FormResult(), {}, password=result.value[1])
    return pages.redirect(request, f"{member.home}/programlar/{number}?degisti")


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """All programs; members with some brands only get a link instead."""
    store, whole = process.of(request).registry.store, form_answers.whole(member)
    users = await store.read(programs_of, member.at, store.now()) if whole else []
    return form_answers.page(request, member, "manage/programs.html", result, given, users=users, whole=whole)


async def _one(
    request: Request, member: Member, number: int, result: FormResult, given: dict[str, str], password: str = ""
) -> Response:
    store = process.of(request).registry.store
    user = await store.read(program_of, member.at, store.now(), number)
    brands = await form_answers.brands(request, member)
    base = process.of(request).settings.public_url + (SANDBOX if user.test else "")
    shown = {"user": user, "seen": seen(user), "password": password, "brands": brands, "base": base}
    brand = brand_to_try(member, [one.code for one in brands])
    return form_answers.page(request, member, "manage/program.html", result, given, brand=brand, **shown)
