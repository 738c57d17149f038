"""The page of push connections: state, add, test, remove. A URL is tested before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.channels import OF_CODE
from panel import form_answers, panel_pages
from panel.form_answers import UNSENT, FieldFault, FormResult
from panel.panel_pages import Confirmation, Sentence
from panel.programs import push_actions
from panel.rights import Member
from providers.push import push_connections
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

_ASKED, _REMOVE = mark("Bu bildirim bağlantısı kaldırılsın mı?"), mark("Bağlantıyı kaldır")
_ABOUT = mark("Markası: {brand}. Kanalı: {channel}. Adresi: {place}.")
_ABOUT_ALL = mark("Bütün markalar ve kanallar. Adresi: {place}.")
ALL = "all"  # in place of a brand: a connection for all brands and channels
_EFFECTS = (
    mark("Bu adrese hemen bildirim gönderilmez olur; bekleyen bildirimler de gönderilmez."),
    mark("Retleri almak için programınızın hareketleri okuması gerekir; yasal süre üç iş günüdür."),
    mark("Yeni bir bağlantı için adres, kullanıcı adı ve şifre yeniden yazılır."),
)


async def register(request: Request, member: Member) -> Response:
    """Adds one, if its URL takes the test record within five seconds."""
    given = await forms.fields(request)
    try:
        work = await _wanted(request, member, given)
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    result = await form_answers.attempt(request, member, *work)
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{member.home}/programlar/bildirim?eklendi")


async def attempt(request: Request, member: Member) -> Response:
    if turned := not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    private = process.of(request).settings.push_private
    fault, post = await push_actions.fault_of(made.target, owner=member.at.code, private=private)
    how = fault.reason if fault else "taken"
    result = await form_answers.attempt(request, member, push_actions.tried, brand, made, how, post)
    if result.faults:
        return await show(request, member, result)
    return pages.redirect(request, f"{member.home}/programlar/bildirim?{'alinmadi' if fault else 'alindi'}")


def not_for_some(request: Request, member: Member) -> Response | None:
    """The answer to people of some brands about a connection for all."""
    _, made = member.objects["push"].what
    return None if made.whole is None or form_answers.whole(member) else form_answers.not_whole(request, member)


async def sure_of_removing(request: Request, member: Member) -> Response:
    if turned := not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    channel, place = pages.text(request, OF_CODE[made.channel].name), push_actions.place(made.target.url)
    about: Sentence = (_ABOUT, {"brand": brand.title, "channel": channel, "place": place})
    if made.whole is not None:
        about = (_ABOUT_ALL, {"place": place})
    effects = (about, *((sentence, {}) for sentence in _EFFECTS))
    return panel_pages.confirmation(
        request, member, Confirmation((_ASKED, {}), effects, _REMOVE, f"{member.home}/programlar/bildirim")
    )


async def remove(request: Request, member: Member) -> Response:
    if turned := not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    result = await form_answers.attempt(request, member, push_actions.remove, brand, made)
    if result.faults:
        return await show(request, member, result, {})
    return pages.redirect(request, f"{member.home}/programlar/bildirim?kaldirildi")


async def _wanted(request: Request, member: Member, given: dict[str, str]) -> tuple[Any, ...]:
    """The change that the form asks for, with its arguments, once the URL has answered. Errors: FieldFault."""
    private, brands = process.of(request).settings.push_private, await form_answers.brands(request, member)
    registry = process.of(request).registry
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    whole = given.get("brand") == ALL and form_answers.whole(member)
    if brand is None and not whole:
        raise FieldFault("brand", "brand")
    if brand is None:
        target = push_actions.target(given, private=private)
        tried = await registry.store.read(push_connections.in_form_for_all, registry.keyring, member.at.id, target)
        await push_actions.prove(tried, owner=member.at.code, private=private)
        return push_actions.register_whole, member.at.id, target
    wanted = push_actions.wanted(given, private=private)
    tried = await registry.store.read(push_connections.in_form, registry.keyring, brand.id, wanted)
    await push_actions.prove(tried, owner=member.at.code, private=private)
    return partial(push_actions.register, of_some=member.brands is not None), brand, wanted


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(push_actions.every, registry.keyring, member)
    typed = {name: value for name, value in given.items() if name != "password"}
    brands = await form_answers.brands(request, member)
    return form_answers.page(
        request,
        member,
        "manage/push.html",
        result,
        typed,
        connections=found,
        brands=brands,
        whole=form_answers.whole(member),
        explained=partial(explain, request),
        outgoing=process.of(request).settings.outgoing,
    )


def explain(request: Request, error: str) -> str:
    """The reason of a failed post in words."""
    return form_answers.sentence(texts.language(request)[0], *push_actions.explained(error))
