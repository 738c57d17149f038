"""The call centre: people record what citizens declare on the telephone, with a reason."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import KnownBrand
from consents.channels import SPECS
from consents.terms import Channel, Identity, Status
from panel import form_answers, panel_pages
from panel.operations import call_centre_actions
from panel.operations.call_centre_actions import DeskResult, DeskWord
from panel.people import brakes
from panel.rights import Member
from providers.cases.case import Flaw
from providers.uploads.row_verdicts import EMAIL, PHONE
from web import forms, pages, process
from web.codes import SENTENCES
from web.rendering import texts
from web.rendering.texts import mark

_NO_ADDRESS = mark("Arayanın numarasını veya e-postasını yazın.")
_IS_MAIL = mark("Bu bir e-posta adresi. Neyle ulaşıldığında E-posta'yı seçin, ya da telefon numarasını yazın.")
_NO_BRAND = mark("Markayı seçin.")
_NO_CHANNEL = mark("Neyle ulaşıldığını seçin.")
_NO_STATUS = mark("Ne dediğini seçin.")
_NO_WHY = mark("Kimin, nasıl söylediğini kısaca yazın. Bu not kayıtta kalır.")


class DeskForm(NamedTuple):
    """``given``: as typed; ``faults``: (input's id, sentence); ``word``: None with any."""

    given: dict[str, str]
    faults: list[tuple[str, str]]
    word: DeskWord | None


async def page(request: Request, member: Member) -> Response:
    """The form, or the recorded declaration."""
    value = pages.result(request, *_place(member))
    done = await _recorded(request, member, value) if value else None
    return done or await _page(request, member, DeskForm({}, [], None))


async def take(request: Request, member: Member) -> Response:
    """Records it; the operator's people only refusals."""
    given, own = await forms.fields(request), not member.is_staff
    form = _read(given, await form_answers.brands(request, member), onay=own)
    if form.word is None:
        return await _page(request, member, form)
    registry = process.of(request).registry
    result = await form_answers.write(request, member, call_centre_actions.take, registry, member, form.word)
    if result.many:
        return await _page(request, member, form._replace(faults=[("address", brakes.TOO_MANY_CALLS)]), 429)
    if result.flaws or result.code:
        return await _page(request, member, form._replace(faults=_faults(request, form.word, result)))
    word = form.word
    declared = [word.brand.code, word.channel, word.status, word.address]
    path, session = _place(member)
    return pages.show_result(
        request, path, [result.number, result.pending, result.known, result.act, *declared], session
    )


async def undo(request: Request, member: Member) -> Response:
    """Undoes an entry of the signed-in person within ten minutes."""
    registry, text = process.of(request).registry, await forms.once(request, "act") or ""
    act = form_answers.number(text)
    done = await form_answers.write(request, member, call_centre_actions.undo, registry, member, act)
    return pages.redirect(request, f"{member.home}/masa?{'geri' if done else 'gec'}")


def _place(member: Member) -> tuple[str, str]:
    """(the page's path, who may see its results)."""
    return f"{member.home}/masa", member.person.session.hex()


async def _recorded(request: Request, member: Member, value: list[Any]) -> Response | None:
    number, pending, known, act, code, channel, status, address = value
    registry = process.of(request).registry
    brand = next(
        (one for one in await form_answers.brands(request, member) if one.code == code),
        None,
    )
    undone, may = await registry.store.read(call_centre_actions.outcome, registry, member, act, registry.store.now())
    if brand is None or undone:
        return None
    result = DeskResult(number=number, pending=pending, known=known, act=act if may else 0)
    word = DeskWord(brand, address, Channel[channel], Identity.BIREYSEL, Status[status], "")
    return panel_pages.render(request, member, "panel/desk/done.html", result=result, word=word)


def _read(given: dict[str, str], brands: list[KnownBrand], *, onay: bool) -> DeskForm:
    address, why = given.get("address", "").strip()[:320], form_answers.line(given.get("why", ""))
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    channel = next((one for one in Channel if one == given.get("channel")), None)
    statuses = (Status.RET, Status.ONAY) if onay else (Status.RET,)
    status = next((one for one in statuses if one == given.get("status")), None)
    identity = Identity.TACIR if given.get("identity") == Identity.TACIR else Identity.BIREYSEL
    if channel and not SPECS[channel].mail and "@" in address[1:]:
        return DeskForm(given, [("address", _IS_MAIL)], None)
    missing = (
        (address, "address", _NO_ADDRESS),
        (brand, "brand", _NO_BRAND),
        (channel, "channel-arama", _NO_CHANNEL),
        (status, "status-ret", _NO_STATUS),
        (why, "why", _NO_WHY),
    )
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if faults or brand is None or channel is None or status is None:
        return DeskForm(given, faults, None)
    return DeskForm(given, [], DeskWord(brand, address, channel, identity, status, why))


def _faults(request: Request, word: DeskWord, result: DeskResult) -> list[tuple[str, str]]:
    """The rules' errors, in the page's language."""
    language = texts.language(request)[0]
    if result.code:
        return [("status-ret", SENTENCES[result.code].text(language))]
    return [("address", _sentence(flaw, word, language)) for flaw in result.flaws]


def _sentence(flaw: Flaw, word: DeskWord, language: str) -> str:
    table = EMAIL if SPECS[word.channel].mail else PHONE
    sentence = table.get(flaw.reason) or SENTENCES[flaw.code]
    return sentence.text(language)


async def _page(request: Request, member: Member, form: DeskForm, status: int = 422) -> Response:
    registry = process.of(request).registry
    return panel_pages.render(
        request,
        member,
        "panel/desk/desk.html",
        status=status if form.faults else 200,
        given=form.given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        brands=await form_answers.brands(request, member),
        own=not member.is_staff,
        last=await registry.store.read(call_centre_actions.own, registry, member, registry.store.now()),
        done=next((word for word in ("geri", "gec") if word in request.query_params), ""),
    )
