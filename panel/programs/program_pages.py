"""Pages of a company's programs: user, networks, state. A password is in the answer to its own request only."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from panel import confirming, form_answers
from panel.confirming import At, Confirmation
from panel.form_answers import SEEN, FormResult
from panel.programs import program_book
from panel.rights import Member
from providers.callers import passwords
from providers.callers.passwords import HashingPool, NewPassword, TooBusy
from web import errors, forms, pages, process
from web.rendering.texts import mark

_USED, _NEVER = mark("Son çağrısı: {at}."), mark("Bu program henüz hiç çağırmadı.")
_RENEW, _END = mark("Yeni şifre al"), mark("Erişimini kapat")
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


async def show(request: Request, member: Member) -> Response:
    """All programs; members with some brands only get a link instead."""
    return await _list(request, member, FormResult(), {})


async def add(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    try:
        made = await _new_password(request, member)
    except TooBusy:
        return errors.answer(request, 503, passwords.RETRY)
    result = await form_answers.attempt(request, program_book.add, member, given.get("username", "").strip(), made)
    if result.faults:
        return await _list(request, member, result, given)
    number, password = result.value
    return await _one(request, member, number, FormResult(), {}, password=password)


async def one(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    return await _one(request, member, member.objects["program"].id, FormResult(), {})


async def sure_of_renewing(request: Request, member: Member) -> Response:
    return await _sure(request, member, _RENEWS, _RENEW)


async def sure_of_ending(request: Request, member: Member) -> Response:
    return await _sure(request, member, _ENDS, _END)


async def renew(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    try:
        made = await _new_password(request, member)
    except TooBusy:
        return errors.answer(request, 503, passwords.RETRY)
    return await _change(request, member, program_book.renew, made)


async def allow(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    return await _change(request, member, program_book.allow, form_answers.lines(given.get("networks", "")))


async def end(request: Request, member: Member) -> Response:
    return await _change(request, member, program_book.end)


async def _new_password(request: Request, member: Member) -> NewPassword:
    """Errors: TooBusy."""
    pool = process.of(request).registry.store.own(HashingPool, HashingPool)
    made: NewPassword = await pool.for_person(member.person.id, passwords.new)
    return made


async def _sure(request: Request, member: Member, sentences: tuple[str, ...], button: str) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    store, number = process.of(request).registry.store, member.objects["program"].id
    user = await store.read(program_book.one, member.at, store.now(), number)
    back = f"/panel/{member.at.code}/programlar/{number}"
    if user.ended_at is not None:
        return pages.redirect(request, back)
    question, *effects = ((sentence, {"program": user.username}) for sentence in sentences)
    used = (_NEVER, {}) if user.used_at is None else (_USED, {"at": At(user.used_at)})
    asked = Confirmation(question, (used, *effects), button, back, {SEEN: program_book.seen(user)})
    return confirming.page(request, member, asked)


async def _change(request: Request, member: Member, work: Any, *more: Any) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given, number = await forms.fields(request), member.objects["program"].id
    result = await form_answers.attempt(request, work, member, number, *more, given.get(SEEN, ""))
    if result.faults:
        return await _one(request, member, number, result, given)
    if result.value is not None:
        return await _one(request, member, number, FormResult(), {}, password=result.value[1])
    return pages.redirect(request, f"/panel/{member.at.code}/programlar/{number}?degisti")


async def _list(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    store, whole = process.of(request).registry.store, form_answers.whole(member)
    users = await store.read(program_book.every, member.at, store.now()) if whole else []
    return form_answers.page(request, member, "programs.html", result, given, users=users, whole=whole)


async def _one(
    request: Request, member: Member, number: int, result: FormResult, given: dict[str, str], password: str = ""
) -> Response:
    store = process.of(request).registry.store
    user = await store.read(program_book.one, member.at, store.now(), number)
    mark = program_book.seen(user)
    return form_answers.page(request, member, "program.html", result, given, user=user, seen=mark, password=password)
