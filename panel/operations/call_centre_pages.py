"""The call centre: who calls, what stands for them, what they declare, and the record number to read out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import KnownBrand
from consents.channels import REACHING, SPECS
from consents.terms import Channel, Identity, Status
from panel import form_answers, panel_pages
from panel.lookups import address_facts, record_search
from panel.operations import call_centre_actions
from panel.operations.call_centre_actions import BrandChannel, DeskCaller, DeskResult, DeskWord
from panel.people import brakes
from panel.rights import Member
from providers.cases import judge
from providers.cases.case import Flaw
from providers.uploads.row_verdicts import EMAIL, PHONE
from web import forms, pages, process
from web.codes import SENTENCES
from web.iys_fields import Field
from web.rendering import texts
from web.rendering.texts import mark

_NO_ADDRESS = mark("Arayanın numarasını, e-postasını ya da kayıt numarasını yazın.")
_UNKNOWN = mark("Bu kayıt numarası gördüğünüz markalarda yok. Rakamları yeniden sorun ya da numarayı yazın.")
_NO_LOOKS = mark(
    "Bir saatte açabileceğiniz kayıt sayısı doldu, kayıt numarası aranmadı. Arayanın numarasını ya da e-postasını "
    "yazın: reddini yine de kaydedebilirsiniz."
)
_NO_KEY = mark("En az bir kanal seçin.")
_NO_STATUS = mark("Ne dediğini seçin.")
_NO_IDENTITY = mark("İzni kimin için verdiğini seçin: kendisi ya da işletmesi.")
_NO_WHY = mark("Arayanı nasıl tanıdığınızı seçin ya da kısaca yazın. Bu not kayıtta kalır.")
# How the caller was identified. The record holds the Turkish words.
HOWS = {
    "own": mark("Kendi numarasından aradı"),
    "back": mark("Biz geri aradık"),
    "asked": mark("Başka yerden aradı, kimliği soruldu"),
}
_BOTH = "BOTH"
_FEW, _REASON = 10, 100  # refused brands and characters of a reason that fit the result's token
_MOST = 2000  # acts and audit entries of one press
_SPAN = re.compile(r"([1-9][0-9]{0,16})-([1-9][0-9]{0,16})", re.ASCII).fullmatch


class DeskForm(NamedTuple):
    """``given``: as typed; ``faults``: (input's id, sentence); ``word``: None with any."""

    given: dict[str, str]
    faults: list[tuple[str, str]]
    word: DeskWord | None = None
    keys: tuple[str, ...] = ()


async def page(request: Request, member: Member) -> Response:
    """Who calls; with a result of this session their consents, or the recorded declaration."""
    value = pages.result(request, *_place(member))
    if not isinstance(value, dict):
        return await _first(request, member, {}, [])
    caller = DeskCaller(value["address"], value["shown"])
    if "acts" in value:
        return await _recorded(request, member, caller, value)
    form = DeskForm({"why": value.get("why", "")}, [])
    return await _sheet(request, member, caller, form, undone=value.get("undone", ""))


async def receive(request: Request, member: Member) -> Response:
    """Leads to the caller's consents; the operator's people give a reason first."""
    given = await forms.fields(request)
    typed, why = given.get("address", "").strip()[:320], form_answers.line(given.get("why", ""))
    address, fault = _read_address(request, typed)
    faults = [("address", fault)] if fault else []
    if wrong := brakes.reason_fault(why) if member.is_staff else brakes.address_fault(why):
        faults.append(("why", pages.text(request, wrong)))
    if faults:
        return await _first(request, member, given, faults)
    registry = process.of(request).registry
    caller = await form_answers.write(request, member, call_centre_actions.receive, registry, member, address, why)
    if caller is None:
        return await _first(request, member, given, [("address", pages.text(request, _UNKNOWN))])
    if not caller.address:
        return await _first(request, member, given, [("address", pages.text(request, _NO_LOOKS))], status=429)
    return _lead(request, member, {**caller._asdict(), "why": why[:_REASON]})


def _read_address(request: Request, typed: str) -> tuple[str, str]:
    """(address or record number, "") or ("", what is wrong with it)."""
    if not typed:
        return "", pages.text(request, _NO_ADDRESS)
    if record_search.is_number(typed):
        return typed, ""
    channel = REACHING["@" in typed, False][0]
    questions = judge.Questions({Field.RECIPIENT: typed, Field.TYPE: str(channel)})
    found = questions.address(channel)
    if found is None:
        return "", _sentence(questions.flaws[0], channel, texts.language(request)[0])
    return found.address, ""


async def take(request: Request, member: Member) -> Response:
    """Records it; the operator's people only refusals."""
    sent = await forms.pairs(request)
    given, picked = dict(sent), tuple(value for name, value in sent if name == "key")
    typed = given.get("address", "").strip()[:320]
    address, fault = _read_address(request, typed)
    if fault or record_search.is_number(address):
        return await _first(request, member, given, [("address", fault or pages.text(request, _NO_ADDRESS))])
    caller = _caller(request, member, given, address)
    form = _read(given, picked, address, await form_answers.brands(request, member), onay=not member.is_staff)
    if form.word is None:
        return await _sheet(request, member, caller, form)
    here = process.of(request)
    arguments = here.registry, here.settings, member, form.word
    result = await form_answers.write(request, member, call_centre_actions.take, *arguments)
    if result.many:
        return await _sheet(request, member, caller, form._replace(faults=[("why", brakes.TOO_MANY_CALLS)]), status=429)
    if result.flaws or (result.codes and not result.acts):
        return await _sheet(request, member, caller, form._replace(faults=_faults(request, form.word, result)))
    done = {"acts": _written(result.acts), "pending": result.pending, "known": result.known, "status": form.word.status}
    return _lead(request, member, {**caller._asdict(), **done, "codes": result.codes[:_FEW]})


def _written(acts: Sequence[int]) -> str:
    """What one press recorded, as forms and tokens write it: its first and last act. Between them stand its own acts
    and their audit entries alone."""
    return f"{min(acts)}-{max(acts)}" if acts else ""


def _acts(text: str) -> range:
    span = _SPAN(text)
    if span is None:
        return range(0)
    first, last = int(span[1]), int(span[2])
    return range(first, min(last, first + _MOST) + 1)


async def undo(request: Request, member: Member) -> Response:
    """Undoes an entry of the signed-in person within ten minutes; back to its caller, where the form names them."""
    here, given = process.of(request), await forms.fields(request)
    store, asked = here.registry.store, _acts(given.get("act", ""))
    # Without the write lock: anybody may name as many acts as one press can have recorded.
    found = await store.read(call_centre_actions.undoable, here.registry, member, asked, store.now())
    arguments = here.registry, here.settings, member, [one.act for one in found]
    done = bool(found) and await form_answers.write(request, member, call_centre_actions.undo, *arguments)
    word = "geri" if done else "gec"
    value = pages.result(request, *_place(member), given.get("caller", ""))
    if isinstance(value, dict):
        return _lead(request, member, {"address": value["address"], "shown": value["shown"], "undone": word})
    return pages.redirect(request, f"{member.home}/masa?{word}")


def _place(member: Member) -> tuple[str, str]:
    """(the page's path, who may see its results)."""
    return f"{member.home}/masa", member.person.session.hex()


def _lead(request: Request, member: Member, value: dict[str, Any]) -> Response:
    path, session = _place(member)
    return pages.show_result(request, path, value, session)


def _caller(request: Request, member: Member, given: Mapping[str, str], address: str) -> DeskCaller:
    """What stands is shown again only with the sealed proof that this session's look was logged."""
    value = pages.result(request, *_place(member), given.get("caller", ""))
    return DeskCaller(address, isinstance(value, dict) and value["address"] == address and value["shown"])


async def _recorded(request: Request, member: Member, caller: DeskCaller, value: dict[str, Any]) -> Response:
    """What was recorded; the caller's consents once it was undone."""
    registry = process.of(request).registry
    asked = _acts(value["acts"]) if value["acts"] else range(0)
    acts = await registry.store.read(call_centre_actions.own_acts, registry, member, asked)
    if asked and not acts:
        return await _sheet(request, member, caller, DeskForm({}, []))
    may = await registry.store.read(call_centre_actions.undoable, registry, member, asked, registry.store.now())
    titles = {one.code: one.title for one in await form_answers.brands(request, member)}
    language = texts.language(request)[0]
    return panel_pages.render(
        request,
        member,
        "panel/desk/done.html",
        caller=caller,
        acts=acts,
        undo=_written([one.act for one in may]),
        pending=value["pending"],
        known=value["known"],
        refuses=value["status"] == Status.RET,
        refused=[(titles[brand], SENTENCES[code].text(language)) for brand, code in value["codes"] if brand in titles],
        again=_again(request, member, caller),
    )


def _again(request: Request, member: Member, caller: DeskCaller) -> str:
    """The sealed proof of a logged look, for the forms of this caller."""
    path, session = _place(member)
    return pages.result_token(request, path, caller._asdict(), session)


def _read(
    given: dict[str, str], picked: tuple[str, ...], address: str, brands: list[KnownBrand], *, onay: bool
) -> DeskForm:
    channels = address_facts.channels_of(address)
    every = {f"{brand.code} {channel}": (brand, channel) for brand in brands for channel in channels}
    keys: tuple[BrandChannel, ...] = tuple(every[key] for key in every if key in picked)
    status = next((one for one in Status if one == given.get("status")), None)
    if given.get("all"):
        keys, status = tuple(every.values()), Status.RET
    allowed = (Status.RET, Status.ONAY) if onay else (Status.RET,)
    identities = tuple(one for one in Identity if given.get("identity", _BOTH) in (one, _BOTH))
    why = form_answers.line(". ".join(filter(None, (HOWS.get(given.get("how", "")), given.get("why", "").strip()))))
    missing = (
        (keys, "keys", _NO_KEY),
        (status in allowed, "keys", _NO_STATUS),
        (identities and (status is not Status.ONAY or len(identities) == 1), "identity-both", _NO_IDENTITY),
        (why, "how-own", _NO_WHY),
    )
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if fault := brakes.address_fault(why):
        faults.append(("how-own", fault))
    if faults or status is None:
        return DeskForm(given, faults, keys=picked)
    return DeskForm(given, [], DeskWord(address, keys, identities, status, why), picked)


def _faults(request: Request, word: DeskWord, result: DeskResult) -> list[tuple[str, str]]:
    """The rules' errors, in the page's language."""
    language = texts.language(request)[0]
    if result.codes:
        return [("keys", SENTENCES[code].text(language)) for code in dict.fromkeys(code for _, code in result.codes)]
    return [("keys", _sentence(flaw, word.keys[0][1], language)) for flaw in result.flaws]


def _sentence(flaw: Flaw, channel: Channel, language: str) -> str:
    table = EMAIL if SPECS[channel].mail else PHONE
    sentence = table.get(flaw.reason) or SENTENCES[flaw.code]
    return sentence.text(language)


async def _first(
    request: Request, member: Member, given: Mapping[str, str], faults: list[tuple[str, str]], *, status: int = 422
) -> Response:
    """Who calls?"""
    registry = process.of(request).registry
    return panel_pages.render(
        request,
        member,
        "panel/desk/desk.html",
        status=status if faults else 200,
        given=given,
        faults=faults,
        last=await registry.store.read(call_centre_actions.own, registry, member, registry.store.now()),
        written=lambda entry: _written([one.act for one in entry.acts]),
        done=next((word for word in ("geri", "gec") if word in request.query_params), ""),
    )


async def _sheet(
    request: Request, member: Member, caller: DeskCaller, form: DeskForm, *, status: int = 422, undone: str = ""
) -> Response:
    """What stands for a caller, and the form for what they declare."""
    registry = process.of(request).registry
    return panel_pages.render(
        request,
        member,
        "panel/desk/caller.html",
        status=status if form.faults else 200,
        given=form.given,
        keys=form.keys,
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        caller=caller,
        brands=await registry.store.read(call_centre_actions.stands, registry, member, caller),
        own=not member.is_staff,
        hows=HOWS,
        undone=undone,
        again=_again(request, member, caller),
    )
