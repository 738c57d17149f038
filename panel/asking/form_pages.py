"""Pages of a company's forms: what each asks, as its reader sees it, its versions and their states; and how many
requests ended how."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from asking.public import form_checks, forms, message_texts, request_counts, tills
from asking.public import request_states as states
from consents.brands.book import BrandEntry
from consents.brands.companies import KnownBrand
from consents.dates import day_bounds
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Identity
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.asking import asking_actions
from panel.audit.change import Change
from panel.form_answers import SEEN, UNSENT, FormResult, at
from panel.panel_pages import Confirmation
from panel.rights import Member
from settings import Settings
from web import forms as web_forms
from web import pages, process
from web.rendering import texts
from web.rendering.texts import mark

_CLOSE = mark("Formu kapat")
_ENDS = (
    mark("“{title}” formu kapatılsın mı?"),
    mark("Bu formla yeni kimseye sorulmaz; program çağrıları H1055 yanıtını alır."),
    mark("Bu formu kullanan açık kasa ve afiş: {tills}. Onlar da sormaz."),
    mark("Verilmiş izinler ve kanıtları olduğu gibi kalır."),
)
METHODS = {
    states.RequestMethod.SMS_OTP: mark("SMS koduyla"),
    states.RequestMethod.EPOSTA_OTP: mark("E-posta koduyla"),
    states.RequestMethod.SMS_SHORTURL: mark("SMS bağlantısıyla"),
    states.RequestMethod.EPOSTA_SHORTURL: mark("E-posta bağlantısıyla"),
    states.RequestMethod.TILL: mark("Kasada"),
    states.RequestMethod.POSTER: mark("Afişle"),
}


class FormLine(NamedTuple):
    """A form of the list."""

    form: forms.ListedForm
    brand: KnownBrand


class FormSheet(NamedTuple):
    """``versions``: the newest first; ``shown``: the one that is asked with; ``tills``: how many use the form."""

    id: int
    brand: BrandEntry
    ended_at: int | None
    versions: list[forms.Version]
    shown: forms.Version | None
    tills: int

    @property
    def last(self) -> forms.Version:
        return self.versions[0]

    @property
    def seen(self) -> str:
        """The mark of what stands."""
        return form_answers.seen(self.ended_at, self.last)


class DayOfRequests(NamedTuple):
    """A day's requests of one kind: how many ended how."""

    day: int  # a moment of it, µs
    brand: str
    purpose: states.RequestPurpose
    method: str
    ends: Mapping[request_counts.RequestEnd, int]
    total: int


async def show(request: Request, member: Member) -> Response:
    read = process.of(request).registry.store.read
    brands = await read(memberships.brands, member)
    lines = await read(_lines, brands)
    return form_answers.page(request, member, "asking/forms.html", UNSENT, {}, lines=lines, brands=brands)


async def new_page(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    brands = await form_answers.brands(request, member)
    asked = {"brand": request.query_params.get("marka", "")[:9]}
    return _edit_page(request, member, result, given or asked, brands=brands, sheet=None)


async def add(request: Request, member: Member) -> Response:
    given = await _given(request)
    known = next((one for one in await form_answers.brands(request, member) if str(one.code) == given["brand"]), None)
    if known is None:
        fault = form_answers.FieldFault("brand", "brand")
        return await new_page(request, member, form_answers.refused(request, fault), given)
    brand = await _entry(request, known.id)
    result = await _save(request, member, brand, None, given, "")
    if result.faults:
        return await new_page(request, member, result, given)
    return pages.redirect(request, f"{member.home}/formlar/{result.value}?kaydedildi")


async def one(request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}) -> Response:
    here, sheet = process.of(request), await _sheet(request, member)
    return form_answers.page(
        request, member, "asking/form.html", result, given, sheet=sheet, **pictured(here.settings, sheet, here.registry)
    )


async def edit_page(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    sheet = await _sheet(request, member)
    if sheet.ended_at is not None or sheet.last.state is forms.FormState.WAITING:
        return pages.redirect(request, f"{member.home}/formlar/{sheet.id}")
    if not given:
        given = _typed(sheet.last.texts)
    return _edit_page(request, member, result, given, brands=[], sheet=sheet)


async def edit(request: Request, member: Member) -> Response:
    given, sheet = await _given(request), await _sheet(request, member)
    result = await _save(request, member, sheet.brand, sheet.id, given, given[SEEN])
    if result.status == 409:
        return await one(request, member, result)
    if result.faults:
        return await edit_page(request, member, result, given)
    return pages.redirect(request, f"{member.home}/formlar/{sheet.id}?kaydedildi")


async def submit(request: Request, member: Member) -> Response:
    """Passes the draft to the operator."""
    return await _act(request, member, _submit, "gonderildi")


async def withdraw(request: Request, member: Member) -> Response:
    return await _act(request, member, _withdraw, "cekildi")


async def sure_of_ending(request: Request, member: Member) -> Response:
    sheet = await _sheet(request, member)
    back = f"{member.home}/formlar/{sheet.id}"
    if sheet.ended_at is not None:
        return pages.redirect(request, back)
    question, *effects = ((sentence, {"title": sheet.last.texts.title, "tills": sheet.tills}) for sentence in _ENDS)
    asked = Confirmation(question, effects, _CLOSE, back, {SEEN: sheet.seen})
    return panel_pages.confirmation(request, member, asked)


async def end(request: Request, member: Member) -> Response:
    return await _act(request, member, _end, "kapandi")


async def counts(request: Request, member: Member) -> Response:
    """How many were asked, and how it ended; no address."""
    registry, language = process.of(request).registry, texts.language(request)[0]
    days = await asyncio.to_thread(registry.store.read_now, _days, registry, member, language)
    return panel_pages.render(request, member, "panel/asking/counts.html", days=days, shown=request_counts.DAYS)


def pictured(settings: Settings, sheet: FormSheet, registry: Registry) -> dict[str, object]:
    """What a template needs to show a form as its reader sees it."""
    last = sheet.last.texts
    return {
        "messages": form_checks.previews(settings, sheet.brand, last, registry.store.now()),
        "mail": None if form_checks.by_phone(last.channels) else form_checks.mail(settings, sheet.brand, last),
        "channels": [str(one) for one in forms.channels_in(last.channels)],
        "merchant": message_texts.MERCHANT if last.identity == Identity.TACIR.code else "",
        "why": partial(forms.reason, registry.keyring),
    }


def sheet_of(snapshot: Snapshot, registry: Registry, form: int) -> FormSheet:
    head, now = forms.find(snapshot, form), registry.store.now()
    assert head is not None, "the gate has found it"
    versions = forms.versions(snapshot, form)
    brand = registry.brands.book(snapshot, now).by_id[head.brand]
    used = sum(one.form == form and one.ended_at is None for one in tills.of_brand(snapshot, head.brand))
    return FormSheet(form, brand, head.ended_at, versions, forms.published(snapshot, form), used)


def _lines(snapshot: Snapshot, brands: list[KnownBrand]) -> list[FormLine]:
    known = {one.id: one for one in brands}
    return [FormLine(one, known[one.brand]) for one in forms.listed(snapshot, known)]


def _days(snapshot: Snapshot, registry: Registry, member: Member, language: str) -> list[DayOfRequests]:
    now = registry.store.now()
    titles = {one.id: one.title for one in memberships.brands(snapshot, member)}
    grouped: dict[
        tuple[date, str, states.RequestPurpose, states.RequestMethod], Counter[request_counts.RequestEnd]
    ] = {}
    for one in request_counts.by_day(snapshot, member.at.id, now):
        if one.brand in titles:
            place = one.day, titles[one.brand], one.purpose, one.method
            grouped.setdefault(place, Counter())[one.end] += one.number
    translate = texts.catalogue(language).gettext
    return [
        DayOfRequests(day_bounds(day)[0], brand, purpose, translate(METHODS[method]), ends, ends.total())
        for (day, brand, purpose, method), ends in grouped.items()
    ]


async def _save(
    request: Request, member: Member, brand: BrandEntry, form: int | None, given: Mapping[str, str], shown: str
) -> FormResult:
    """All faults of the texts at once, then the write, which checks again."""
    here, wanted = process.of(request), _texts(given)
    called = await here.registry.store.read(asking_actions.called, brand)
    faults = form_checks.find_faults(here.settings, brand, called, form_checks.cleaned(wanted))
    if faults:
        language = texts.language(request)[0]
        shown_faults = tuple((one.field, form_answers.sentence(language, one.why, one.about)) for one in faults)
        return FormResult(None, shown_faults, 422)
    return await form_answers.attempt(request, member, _write, here.registry, here.settings, brand, form, wanted, shown)


async def _act(request: Request, member: Member, work: Callable[..., None], done: str) -> Response:
    given, sheet, here = await web_forms.fields(request), await _sheet(request, member), process.of(request)
    arguments = here.registry, here.settings, sheet.id, given.get(SEEN, "")
    result = await form_answers.attempt(request, member, work, *arguments)
    if result.faults:
        return await one(request, member, result, given)
    return pages.redirect(request, f"{member.home}/formlar/{sheet.id}?{done}")


def _write(
    change: Change,
    registry: Registry,
    settings: Settings,
    brand: BrandEntry,
    form: int | None,
    wanted: forms.FormTexts,
    shown: str,
) -> int:
    if form is not None:
        form_answers.unchanged(sheet_of(change.transaction, registry, form).seen, shown)
    with at("title"):
        return asking_actions.save(change, settings, brand, form, wanted)


def _submit(change: Change, registry: Registry, settings: Settings, form: int, shown: str) -> None:
    sheet = _unchanged(change, registry, form, shown)
    with at(SEEN):
        asking_actions.submit(change, settings, sheet.brand, form)


def _withdraw(change: Change, registry: Registry, settings: Settings, form: int, shown: str) -> None:
    sheet = _unchanged(change, registry, form, shown)
    with at(SEEN):
        asking_actions.withdraw(change, sheet.brand, form)


def _end(change: Change, registry: Registry, settings: Settings, form: int, shown: str) -> None:
    sheet = _unchanged(change, registry, form, shown)
    with at(SEEN):
        asking_actions.end(change, sheet.brand, form)


def _unchanged(change: Change, registry: Registry, form: int, shown: str) -> FormSheet:
    sheet = sheet_of(change.transaction, registry, form)
    form_answers.unchanged(sheet.seen, shown)
    return sheet


async def _sheet(request: Request, member: Member) -> FormSheet:
    registry = process.of(request).registry
    return await registry.store.read(sheet_of, registry, member.objects["form"].id)


async def _entry(request: Request, brand: int) -> BrandEntry:
    registry = process.of(request).registry
    book = await registry.store.read(registry.brands.book, registry.store.now())
    return book.by_id[brand]


async def _given(request: Request) -> dict[str, str]:
    """The fields of the form; each ticked channel is a field of its name."""
    given = await web_forms.fields(request)
    return {name: given.get(name, "") for name in ("brand", "title", "promise", "notice", "identity", SEEN, *Channel)}


def _texts(given: Mapping[str, str]) -> forms.FormTexts:
    channels = forms.bits(tuple(one for one in Channel if given.get(one)))
    identity = Identity.TACIR if given.get("identity") == Identity.TACIR else Identity.BIREYSEL
    limits = (("title", 200), ("promise", 2000), ("notice", 20_000))
    title, promise, notice = (given.get(name, "")[:most] for name, most in limits)
    return forms.FormTexts(title, channels, identity.code, promise, notice)


def _typed(of: forms.FormTexts) -> dict[str, str]:
    ticked = {str(one): "1" for one in forms.channels_in(of.channels)}
    return {
        "title": of.title,
        "promise": of.promise,
        "notice": of.notice,
        "identity": Identity.of(of.identity),
        **ticked,
    }


def _edit_page(
    request: Request,
    member: Member,
    result: FormResult,
    given: Mapping[str, str],
    *,
    brands: list[KnownBrand],
    sheet: FormSheet | None,
) -> Response:
    # The typed values stay, whatever was refused: ``form_answers.page`` keeps them after a rule's error only.
    return form_answers.page(
        request, member, "asking/form_edit.html", result, given, brands=brands, sheet=sheet, typed=given,
        lengths={"title": forms.TITLE, "promise": forms.PROMISE, "notice": forms.NOTICE},
    )  # fmt: skip
