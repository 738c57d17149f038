"""Pages of partners: rights at a brand, granted and revoked; the company's package."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from consents.channels import answered
from consents.terms import Channel
from panel import confirming, form_answers
from panel.confirming import Confirmation
from panel.form_answers import SEEN, FormResult
from panel.partners import partner_book
from panel.partners.partner_book import GrantWanted
from panel.rights import Member
from providers.callers import partners
from providers.callers.partners import LEVELS
from web import forms, pages, process
from web.rendering.texts import mark

# In the order of the channels' codes.
_FIELDS = tuple(
    answered({Channel.ARAMA: "level-arama", Channel.MESAJ: "level-mesaj", Channel.EPOSTA: "level-eposta"}).values()
)

_REVOKE = mark("Yetkisini al")
_EFFECTS = (
    mark("{partner} için {brand} markasındaki yetki alınsın mı?"),
    mark("İş ortağının programı bu marka için bir sonraki çağrısında reddedilir."),
    mark(
        "Bu marka için kurduğu bildirim bağlantıları da biter; yetki yeniden verilirse onları yeniden kurması gerekir."
    ),
    mark("Bildirdiği onay ve retler olduğu gibi kalır."),
)


async def show(request: Request, member: Member) -> Response:
    sheet = await process.of(request).registry.store.read(partner_book.sheet, member)
    return form_answers.page(request, member, "partners.html", FormResult(), {}, sheet=sheet)


async def of_brand(request: Request, member: Member) -> Response:
    """One brand with the form; ``?ortak=``: filled with that partner's rights."""
    return await _one(request, member, FormResult(), {})


async def grant(request: Request, member: Member) -> Response:
    """Replaces a partner's rights."""
    given, brand = await forms.fields(request), member.objects["brand"].what
    first, second, third = (_level(given.get(name, "")) for name in _FIELDS)
    wanted = GrantWanted(_number(given.get("partner", "")), (first, second, third), given.get("agreements") == "1")
    result = await form_answers.attempt(request, partner_book.grant, member, brand, wanted, given.get(SEEN, ""))
    return await _changed(request, member, result, given)


async def sure_of_revoking(request: Request, member: Member) -> Response:
    """The confirmation page for revoking the rights of the partner ``?ortak=``."""
    store, brand = process.of(request).registry.store, member.objects["brand"].what
    found, chosen = await store.read(partner_book.of, brand), _number(request.query_params.get("ortak", ""))
    title = next((title for code, title, _ in found.granted if code == chosen), None)
    back = f"/panel/{member.at.code}/ortaklar/{brand.code}"
    if title is None:
        return pages.redirect(request, back)
    values, hidden = {"partner": title, "brand": brand.title}, {SEEN: found.seen, "partner": str(chosen)}
    question, *effects = ((sentence, values) for sentence in _EFFECTS)
    return confirming.page(request, member, Confirmation(question, effects, _REVOKE, back, hidden))


async def revoke(request: Request, member: Member) -> Response:
    given, brand = await forms.fields(request), member.objects["brand"].what
    arguments = member, brand, _number(given.get("partner", "")), given.get(SEEN, "")
    result = await form_answers.attempt(request, partner_book.revoke, *arguments)
    return await _changed(request, member, result, given)


async def _changed(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    if result.faults:
        return await _one(request, member, result, given)
    return pages.redirect(request, f"/panel/{member.at.code}/ortaklar/{member.objects['brand'].what.code}?degisti")


async def _one(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    store, brand = process.of(request).registry.store, member.objects["brand"].what
    found, every = await store.read(partner_book.of, brand), await store.read(partners.listed)
    open_to = {code for code, _ in every}
    chosen = _number(given.get("partner", "") or request.query_params.get("ortak", ""))
    standing = next((one for code, _, one in found.granted if code == chosen), None)
    return form_answers.page(
        request,
        member,
        "partner_brand.html",
        result,
        given,
        found=found,
        every=every,
        closed={code for code, _, _ in found.granted} - open_to,
        chosen=chosen,
        standing=standing,
        levels=LEVELS,
        level_fields=_FIELDS,
    )


def _level(word: str) -> int:
    return LEVELS.index(word) if word in LEVELS else 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
