"""Pages of the İYS sync: a company's state, its refused movements, and the operator's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import provider_list
from national import public as national
from panel import form_answers, panel_pages
from panel.form_answers import UNSENT, FieldFault, FormResult
from panel.operations import sync_actions
from panel.rights import Member
from settings import IYS_SANDBOX
from web import codes, forms, pages, process
from web.rendering import texts, when


async def set_up(request: Request, member: Member) -> Response:
    """Sets the user at İYS; the password is kept sealed and never shown."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    try:
        account = sync_actions.wanted(given)
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    return await _done(request, member, given, "kaydedildi", sync_actions.set_up, account)


async def remove(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    why = form_answers.line(given.get("why", ""))
    return await _done(request, member, given, "kaldirildi", sync_actions.remove, why)


async def attempt(request: Request, member: Member) -> Response:
    return await _ask(request, member, "test")


async def compare(request: Request, member: Member) -> Response:
    return await _ask(request, member, "compare")


async def go(request: Request, member: Member) -> Response:
    return await _ask(request, member, "round")


async def start(request: Request, member: Member) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    return await _done(request, member, {}, "basladi", sync_actions.start)


async def refused(request: Request, member: Member) -> Response:
    """Refused movements without addresses, and the form for a reason."""
    return await _refused(request, member, FormResult(), {}, _number(request.query_params.get("hareket", "")))


async def look(request: Request, member: Member) -> Response:
    """Logs the look-up, then shows a movement's address."""
    given = await forms.fields(request)
    number, why = _number(given.get("movement", "")), form_answers.line(given.get("why", ""))
    result = await form_answers.attempt(request, member, sync_actions.look, member, number, why)
    return await _refused(request, member, result, given, number)


async def everyone(request: Request, member: Member) -> Response:
    """All synchronised companies, the worst first."""
    here = process.of(request)
    registry, now = here.registry, here.registry.store.now()
    views = await registry.store.read(national.list_all, registry.keyring, now)
    order = {"red": 0, "alarm": 1, "ok": 2}
    views.sort(key=lambda view: (order[view.light], not view.faults, view.oldest or now))
    titles = {one.id: one.title for one in await registry.store.read(provider_list.list_all)}
    language = texts.language(request)[0]
    return panel_pages.render(
        request, member, "panel/iys/everyone.html", views=views, titles=titles, now=now, on=_on(request),
        pause=partial(national.explain_pause, language=language),
    )  # fmt: skip


async def _ask(request: Request, member: Member, what: str) -> Response:
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    return await _done(request, member, {}, "soruldu", sync_actions.ask, what)


async def _done(
    request: Request, member: Member, given: dict[str, str], outcome: str, work: Callable[..., object], *more: object
) -> Response:
    result = await form_answers.attempt(request, member, work, member, *more)
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{member.home}/iys?{outcome}")


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """The state of a company's sync, or its setup form."""
    here = process.of(request)
    registry, now = here.registry, here.registry.store.now()
    view = await registry.store.read(national.get, registry.keyring, member.at.id, now)
    language = texts.language(request)[0]
    return form_answers.page(
        request,
        member,
        "iys/account.html",
        result,
        given,
        view=view,
        now=now,
        on=_on(request),
        manages=form_answers.whole(member) and not member.is_staff,
        working=view is not None and any(one.done_at is None for one in view.errands.values()),
        place=urlsplit(here.settings.national_url or "").netloc,
        sandbox=here.settings.national_url == IYS_SANDBOX,
        outgoing=here.settings.outgoing,
        calendar=partial(when.weekday, language),
        pause=partial(national.explain_pause, language=language),
        refusal=partial(national.explain_refusal, language=language, documented=codes.SENTENCES),
    )


async def _refused(
    request: Request, member: Member, result: FormResult, given: dict[str, str], number: int
) -> Response:
    here = process.of(request)
    found = await here.registry.store.read(sync_actions.refused, member)
    brands = await here.registry.store.read(provider_list.brands_of, member.at.id)
    return form_answers.page(
        request,
        member,
        "iys/refused.html",
        result,
        given,
        movements=found,
        asked=next((one for one in found if one.number == number), None),
        address=result.value,
        shown=request.method == "POST" and not result.faults,
        titles={one.id: one.title for one in brands},
        refusal=partial(national.explain_refusal, language=texts.language(request)[0], documented=codes.SENTENCES),
    )


def _number(typed: str) -> int:
    """A movement's number, negative for a withdrawal; 0 for none."""
    return int(typed) if typed.isascii() and typed.removeprefix("-").isdecimal() and len(typed) < 19 else 0


def _on(request: Request) -> bool:
    return process.of(request).settings.national_url is not None
