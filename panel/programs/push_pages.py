"""The page of push connections: state, add, test, remove. A URL is tested before it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.channels import OF_CODE
from consents.registry import Registry
from consents.store import Transaction
from panel import confirming, form_answers
from panel.confirming import Confirmation
from panel.form_answers import FieldFault, FormResult
from panel.programs import push_actions
from panel.rights import Member
from providers.push.push_connections import WantedConnection
from web import forms, pages, process
from web.rendering.texts import mark

_ASKED, _REMOVE = mark("Bu bildirim bağlantısı kaldırılsın mı?"), mark("Bağlantıyı kaldır")
_ABOUT = mark("Markası: {brand}. Kanalı: {channel}. Adresi: {place}.")
_EFFECTS = (
    mark("Bu adrese hemen bildirim gönderilmez olur; bekleyen bildirimler de gönderilmez."),
    mark("Retleri almak için programınızın hareketleri okuması gerekir; yasal süre üç iş günüdür."),
    mark("Yeni bir bağlantı için adres, kullanıcı adı ve şifre yeniden yazılır."),
)


async def show(request: Request, member: Member) -> Response:
    return await _list(request, member, FormResult(), {})


async def register(request: Request, member: Member) -> Response:
    """Adds one, if its URL takes the test record within five seconds."""
    given = await forms.fields(request)
    try:
        brand, wanted = await _wanted(request, member, given)
    except FieldFault as fault:
        return await _list(request, member, form_answers.refused(request, fault), given)
    result = await _change(request, push_actions.register, member, brand, wanted)
    if result.faults:
        return await _list(request, member, result, given)
    return pages.redirect(request, f"{_path(member)}?eklendi")


async def attempt(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    private = process.of(request).settings.push_private
    fault = await push_actions.fault_of(made.target, owner=member.at.code, private=private)
    await _change(request, push_actions.tried, member, brand, made, fault.reason if fault else "taken")
    return pages.redirect(request, f"{_path(member)}?{'alinmadi' if fault else 'alindi'}")


async def sure_of_removing(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    channel = pages.text(request, OF_CODE[made.channel].name)
    about = (_ABOUT, {"brand": brand.title, "channel": channel, "place": push_actions.place(made.target.url)})
    effects = (about, *((sentence, {}) for sentence in _EFFECTS))
    return confirming.page(request, member, Confirmation((_ASKED, {}), effects, _REMOVE, _path(member)))


async def remove(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    result = await _change(request, push_actions.remove, member, brand, made)
    if result.faults:
        return await _list(request, member, result, {})
    return pages.redirect(request, f"{_path(member)}?kaldirildi")


async def _wanted(request: Request, member: Member, given: dict[str, str]) -> tuple[KnownBrand, WantedConnection]:
    """The form's values, once the URL has answered. Errors: FieldFault."""
    brand = next((one for one in await _brands(request, member) if str(one.code) == given.get("brand")), None)
    if brand is None:
        raise FieldFault("brand", "brand")
    private = process.of(request).settings.push_private
    wanted = push_actions.wanted(given, private=private)
    await push_actions.prove(wanted.target, owner=member.at.code, private=private)
    return brand, wanted


async def _change(request: Request, work: Callable[..., None], member: Member, *arguments: Any) -> FormResult:
    def by_person(transaction: Transaction, registry: Registry) -> None:
        work(transaction, registry.keyring, member.person.id, *arguments)

    return await form_answers.attempt(request, by_person)


async def _brands(request: Request, member: Member) -> list[KnownBrand]:
    every = await process.of(request).registry.store.read(provider_list.brands_of, member.at.id)
    return [one for one in every if member.sees(one.id)]


async def _list(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(push_actions.every, registry.keyring, member)
    typed = {name: value for name, value in given.items() if name != "password"}
    brands = await _brands(request, member)
    return form_answers.page(request, member, "push.html", result, typed, connections=found, brands=brands)


def _path(member: Member) -> str:
    return f"/panel/{member.at.code}/programlar/bildirim"
