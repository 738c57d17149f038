"""Pages of a company's tills and posters. The address of one is in the answer to its own request only; who has it
can ask in the brand's name, and learns yes, no or not yet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from asking.public import forms, request_counts, tills
from consents.brands.book import BrandEntry
from consents.brands.companies import KnownBrand
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.asking import asking_actions
from panel.audit.change import Change
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, at
from panel.panel_pages import At, Confirmation, Sentence
from panel.rights import Member
from web import forms as web_forms
from web import pages, process
from web.rendering import qr
from web.rendering.texts import mark

VERIFY_ONLY = "0"  # in the choice of forms
_CLOSE = mark("Adresini kapat")
_USED, _UNUSED = mark("Son soru: {at}."), mark("Son 30 günde kimseye sorulmadı.")
_ENDS = (
    mark("“{label}” kapatılsın mı?"),
    mark("Adresi ve karekodu hemen çalışmaz olur; asılı afişi kaldırın."),
    mark("Yeniden açılamaz. Gerekirse yenisini ekleyin."),
)


class TillLine(NamedTuple):
    """``form``: the title of what it asks, "" where it only verifies; ``used_at``: µs; ``renewed``: an open poster that
    prints an older version of its form."""

    till: tills.AskingTill
    brand: KnownBrand
    form: str
    used_at: int | None
    renewed: bool

    @property
    def seen(self) -> str:
        return form_answers.seen(self.till.id, self.till.ended_at)


class FormChoice(NamedTuple):
    """A published form that a till may ask with. ``brand``: brandCode."""

    id: int
    brand: int
    title: str
    brand_title: str


async def show(request: Request, member: Member) -> Response:
    lines = await _listed(request, await process.of(request).registry.store.read(memberships.brands, member))
    return form_answers.page(request, member, "asking/tills.html", UNSENT, {}, lines=lines)


async def new_page(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    brands = await form_answers.brands(request, member)
    choices = await process.of(request).registry.store.read(_choices, brands)
    return form_answers.page(
        request, member, "asking/till_new.html", result, given, brands=brands, choices=choices, most=tills.LABEL
    )


async def add(request: Request, member: Member) -> Response:
    """Shows the address, this once."""
    given, here = await web_forms.fields(request), process.of(request)
    brands = await form_answers.brands(request, member)
    result = await form_answers.attempt(request, member, _add, here.registry, brands, given)
    if result.faults:
        return await new_page(request, member, result, given)
    number, key = result.value
    address = f"{here.settings.public_url}{path(key)}"
    modules, link = qr.pattern(address), path(key)
    line = next(one for one in await _listed(request, brands) if one.till.id == number)
    return form_answers.page(
        request, member, "asking/till_made.html", UNSENT, {}, line=line, address=address, link=link,
        qr=(qr.side(modules), qr.path(modules)),
    )  # fmt: skip


async def sure_of_ending(request: Request, member: Member) -> Response:
    found = await _line(request, member)
    back = f"{member.home}/kasalar"
    if found.till.ended_at is not None:
        return pages.redirect(request, back)
    used: Sentence = (_UNUSED, {}) if found.used_at is None else (_USED, {"at": At(found.used_at)})
    question, *effects = ((sentence, {"label": found.till.label}) for sentence in _ENDS)
    asked = Confirmation(question, (used, *effects), _CLOSE, back, {SEEN: found.seen})
    return panel_pages.confirmation(request, member, asked)


async def end(request: Request, member: Member) -> Response:
    given, registry = await web_forms.fields(request), process.of(request).registry
    till = member.objects["till"].what
    result = await form_answers.attempt(request, member, _end, registry, till, given.get(SEEN, ""))
    if result.faults:
        brands = await form_answers.brands(request, member)
        lines = await _listed(request, brands)
        return form_answers.page(request, member, "asking/tills.html", result, given, lines=lines)
    return pages.redirect(request, f"{member.home}/kasalar?kapandi")


def path(key: str) -> str:
    """Of the clerk's screen; a poster's key opens what is printed."""
    return f"/kasa/{key}"


def _add(change: Change, registry: Registry, brands: list[KnownBrand], given: Mapping[str, str]) -> tuple[int, str]:
    kind = tills.POSTER if given.get("kind") == tills.POSTER else tills.TILL
    wanted = given.get("form", "")
    form = form_answers.number(wanted) or None
    known: KnownBrand | None
    if form is not None:
        known = next((one.brand for one in _published(change.transaction, brands) if one.id == form), None)
        if known is None:
            raise FieldFault("form", "till-form")
    else:
        known = next((one for one in brands if f"{VERIFY_ONLY}-{one.code}" == wanted), None)
        if known is None:
            raise FieldFault("form", "till-form")
    brand = entry(change.transaction, registry, known.id)
    with at("form" if kind == tills.POSTER and form is None else "label"):
        return asking_actions.add_till(change, brand, kind, form, given.get("label", ""))


def _end(change: Change, registry: Registry, till: tills.AskingTill, shown: str) -> None:
    stands = tills.by_id(change.transaction, till.id)
    assert stands is not None
    form_answers.unchanged(form_answers.seen(stands.id, stands.ended_at), shown)
    with at(SEEN):
        asking_actions.end_till(change, entry(change.transaction, registry, stands.brand), stands)


def entry(snapshot: Snapshot, registry: Registry, brand: int) -> BrandEntry:
    return registry.brands.book(snapshot, registry.store.now()).by_id[brand]


class _Published(NamedTuple):
    id: int
    title: str
    brand: KnownBrand


def _published(snapshot: Snapshot, brands: list[KnownBrand]) -> list[_Published]:
    return [
        _Published(head.id, version.texts.title, brand)
        for brand in brands
        for head, version in asking_actions.published(snapshot, brand.id)
    ]


def _choices(snapshot: Snapshot, brands: list[KnownBrand]) -> list[FormChoice]:
    return [FormChoice(one.id, one.brand.code, one.title, one.brand.title) for one in _published(snapshot, brands)]


def _lines(snapshot: Snapshot, brands: list[KnownBrand]) -> list[TillLine]:
    known = {one.id: one for one in brands}
    found = tills.of_brands(snapshot, known)
    used = request_counts.last_asked(snapshot, [one.id for one in found])
    by_form = {one.last.form: one for one in forms.listed(snapshot, known)}
    return [_of_till(one, known[one.brand], by_form.get(one.form or 0), used.get(one.id)) for one in found]


def _of_till(till: tills.AskingTill, brand: KnownBrand, form: forms.ListedForm | None, used_at: int | None) -> TillLine:
    prints = till.kind == tills.POSTER and till.ended_at is None
    renewed = prints and form is not None and form.ended_at is None and form.asked_with != till.version
    return TillLine(till, brand, "" if form is None else form.last.texts.title, used_at, renewed)


async def _listed(request: Request, brands: list[KnownBrand]) -> list[TillLine]:
    return await asyncio.to_thread(process.of(request).registry.store.read_now, _lines, brands)


async def _line(request: Request, member: Member) -> TillLine:
    number, brands = member.objects["till"].id, await form_answers.brands(request, member)
    return next(one for one in await _listed(request, brands) if one.till.id == number)
