"""A single consent: the form, and its result."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents import business_days, history, ledger
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.channels import SPECS
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim
from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.terms import Actor, Channel, Door, Source
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.rights import Member
from providers import refused_counts
from providers.cases import judge, meanings
from providers.cases.case import Case, Flaw, Frame
from providers.cases.meanings import CHANNELS
from providers.consents.validation import LAST_DEALER
from providers.uploads.row_verdicts import EMAIL, PHONE
from trust import record_numbers
from web import forms, pages, process
from web.codes import SENTENCES
from web.iys_fields import Field
from web.rendering import texts
from web.rendering.texts import mark

SOURCES = tuple(str(source) for source in Source if source.providers)
# Which input each field of a consent is typed into.
_INPUTS = {
    Field.RECIPIENT: "address",
    Field.TYPE: "channel-arama",
    Field.SOURCE: "source",
    Field.STATUS: "status-onay",
    Field.IDENTITY: "identity-bireysel",
    Field.DATE: "day",
    Field.DEALER: "dealer",
}
_TYPED = {
    Field.RECIPIENT: "address",
    Field.TYPE: "channel",
    Field.SOURCE: "source",
    Field.STATUS: "status",
    Field.IDENTITY: "identity",
}
_LONGEST = 320
_NO_BRAND = mark("Markayı seçin.")
_NO_TIME = mark("Saati yazın. Tam bilmiyorsanız en yakın saati yazın.")


class SingleConsentForm(NamedTuple):
    """What the form shows. ``given``: as typed; ``faults``: (input's id, sentence, code of İYS or "")."""

    given: dict[str, str]
    faults: list[tuple[str, str, str]]


class SingleConsentResult(NamedTuple):
    """``flaws``: the rules broken; ``code``: the ledger's refusal. ``number``: the record number; ``pending``: the
    person is asked first."""

    flaws: tuple[Flaw, ...] = ()
    code: str = ""
    number: str = ""
    pending: bool = False


async def page(request: Request, member: Member) -> Response:
    value = pages.result(request, *_results_at(member))
    done = await _recorded(request, member, value) if value else None
    if done is not None:
        return done
    return await _page(request, member, SingleConsentForm({}, []))


async def record(request: Request, member: Member) -> Response:
    """Records the typed consent, or shows the rules' errors."""
    given, registry = await forms.fields(request), process.of(request).registry
    brands = await form_answers.brands(request, member)
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    if brand is None:
        return await _page(request, member, SingleConsentForm(given, [("brand", pages.text(request, _NO_BRAND), "")]))
    if given.get("day", "").strip() and not given.get("time", "").strip():
        return await _page(request, member, SingleConsentForm(given, [("time", pages.text(request, _NO_TIME), "")]))
    case, dealer = _case(given)
    result = await form_answers.write(request, member, declare, registry, member, brand, case, dealer)
    if result.flaws or result.code:
        return await _page(request, member, SingleConsentForm(given, _faults(request, given, result)))
    path, session = _results_at(member)
    value = [result.number, result.pending, brand.code, given.get("status"), given.get("channel")]
    return pages.show_result(request, path, value, session)


def declare(
    change: Change, registry: Registry, member: Member, brand: KnownBrand, case: Case, dealer: int | None
) -> SingleConsentResult:
    """Records a company's declaration about one person, or returns the refusal; a repeat is H174 or H178, as in the
    API. ``dealer``: the case's retailerCode, where it is a number."""
    result = _declare(change, registry, member, brand, case, dealer)
    codes = {flaw.code for flaw in result.flaws} | ({result.code} if result.code else set())
    channel = CHANNELS.get(case.get(Field.TYPE, ""))
    refused_counts.add_by_hand(change.transaction, brand.id, channel.code if channel else None, codes)
    return result


def _results_at(member: Member) -> tuple[str, str]:
    """Where a result is shown: (the page's path, the session that may see it)."""
    return f"{member.home}/yukle/tek", member.person.session.hex()


async def _recorded(request: Request, member: Member, value: list[Any]) -> Response | None:
    """The recorded consent; None where the brand is no longer theirs."""
    number, pending, code, status, channel = value
    brands = await form_answers.brands(request, member)
    brand = next((one for one in brands if one.code == code), None)
    if brand is None:
        return None
    result, given = SingleConsentResult(number=number, pending=pending), {"status": status, "channel": channel}
    return panel_pages.render(request, member, "panel/loading/hand_done.html", result=result, brand=brand, given=given)


def _case(given: dict[str, str]) -> tuple[dict[str, object], int | None]:
    """The typed values as a program would send them, without empty ones."""
    typed = {field: given.get(name, "").strip()[:_LONGEST] for field, name in _TYPED.items()}
    case: dict[str, object] = {field: text for field, text in typed.items() if text}
    day, time = given.get("day", "").strip()[:40], given.get("time", "").strip()[:40]
    if day:
        case[Field.DATE] = f"{day} {time}:00" if len(time) == len("12:00") else f"{day} {time}".strip()
    dealer = given.get("dealer", "").strip()[:_LONGEST]
    if not dealer:
        return case, None
    number = int(dealer) if dealer.isascii() and dealer.isdecimal() and len(dealer) <= len(str(LAST_DEALER)) else None
    case[Field.DEALER] = dealer if number is None else number
    return case, number


def _faults(request: Request, given: dict[str, str], result: SingleConsentResult) -> list[tuple[str, str, str]]:
    language = texts.language(request)[0]
    if result.code:
        field, _ = meanings.about(result.code, 0, 0)
        return [(_INPUTS.get(field, "status-onay"), SENTENCES[result.code].text(language), result.code)]
    return [
        (_INPUTS.get(flaw.field, "address"), _sentence(flaw, given.get("channel", ""), language), flaw.code)
        for flaw in result.flaws
    ]


def _sentence(flaw: Flaw, channel: str, language: str) -> str:
    table = EMAIL if channel in Channel.__members__ and SPECS[Channel[channel]].mail else PHONE
    return (table.get(flaw.reason) or SENTENCES[flaw.code]).text(language)


async def _page(request: Request, member: Member, form: SingleConsentForm) -> Response:
    brands = await form_answers.brands(request, member)
    return panel_pages.render(
        request,
        member,
        "panel/loading/hand.html",
        status=422 if form.faults else 200,
        given=form.given,
        faults=form.faults,
        brands=brands,
        sources=SOURCES,
    )


def _declare(
    change: Change, registry: Registry, member: Member, brand: KnownBrand, case: Case, dealer: int | None
) -> SingleConsentResult:
    transaction = change.transaction
    dealers = companies.dealers_coded(transaction, brand.id, [dealer]) if dealer is not None else {}
    item, flaws, _ = judge.judge(case, Frame(transaction.now, dealers))
    if item is None:
        return SingleConsentResult(tuple(flaws))
    (recipient,) = register.enrol_all(transaction, registry.keyring, [register.person(registry.keyring, item.address)])
    claim = Claim(recipient, brand.id, *item[1:7])
    deed = Deed(Actor.PROVIDER, Door.DESK, evidence=registry.keyring.seal_evidence({"person": member.person.id}))
    oldest = business_days.oldest_reportable(transaction.now)
    (answer,) = ledger.declare(transaction, registry.policy, brand.id, [claim], deed, oldest=oldest)
    if answer == UNCHANGED:
        return SingleConsentResult(code="H174" if item.status == RET else "H178")
    if answer not in (RECORDED, PENDING):
        return SingleConsentResult(code=answer)
    act = history.act_of_last(transaction)
    what = "refusal-recorded" if item.status == RET else "consent-declared"
    declared = " ".join(str(case[field]) for field in (Field.TYPE, Field.STATUS, Field.SOURCE) if field in case)
    change.note(what, f"act {act}", after=declared, brand=brand, address=item.address)
    return SingleConsentResult(number=record_numbers.of_act(registry.keyring, act), pending=answer == PENDING)
