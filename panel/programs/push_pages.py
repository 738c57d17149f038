"""The page of push connections: state, add, test, remove. A URL is tested before it is stored."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import KnownBrand
from consents.channels import OF_CODE
from panel import form_answers, panel_pages
from panel.form_answers import UNSENT, FieldFault, FormResult
from panel.panel_pages import Confirmation
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


async def register(request: Request, member: Member) -> Response:
    """Adds one, if its URL takes the test record within five seconds."""
    given = await forms.fields(request)
    try:
        brand, wanted = await _wanted(request, member, given)
    except FieldFault as fault:
        return await show(request, member, form_answers.refused(request, fault), given)
    result = await form_answers.attempt(request, member, push_actions.register, brand, wanted)
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{member.home}/programlar/bildirim?eklendi")


async def attempt(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    private = process.of(request).settings.push_private
    fault = await push_actions.fault_of(made.target, owner=member.at.code, private=private)
    how = fault.reason if fault else "taken"
    await form_answers.attempt(request, member, push_actions.tried, brand, made, how)
    return pages.redirect(request, f"{member.home}/programlar/bildirim?{'alinmadi' if fault else 'alindi'}")


async def sure_of_removing(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    channel = pages.text(request, OF_CODE[made.channel].name)
    about = (_ABOUT, {"brand": brand.title, "channel": channel, "place": push_actions.place(made.target.url)})
    effects = (about, *((sentence, {}) for sentence in _EFFECTS))
    return panel_pages.confirmation(
        request, member, Confirmation((_ASKED, {}), effects, _REMOVE, f"{member.home}/programlar/bildirim")
    )


async def remove(request: Request, member: Member) -> Response:
    brand, made = member.objects["push"].what
    result = await form_answers.attempt(request, member, push_actions.remove, brand, made)
    if result.faults:
        return await show(request, member, result, {})
    return pages.redirect(request, f"{member.home}/programlar/bildirim?kaldirildi")


async def _wanted(request: Request, member: Member, given: dict[str, str]) -> tuple[KnownBrand, WantedConnection]:
    """The form's values, once the URL has answered. Errors: FieldFault."""
    brands = await form_answers.brands(request, member)
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    if brand is None:
        raise FieldFault("brand", "brand")
    private = process.of(request).settings.push_private
    wanted = push_actions.wanted(given, private=private)
    await push_actions.prove(wanted.target, owner=member.at.code, private=private)
    return brand, wanted


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(push_actions.every, registry.keyring, member)
    typed = {name: value for name, value in given.items() if name != "password"}
    brands = await form_answers.brands(request, member)
    return form_answers.page(request, member, "manage/push.html", result, typed, connections=found, brands=brands)
