"""Pages of partners: rights at a brand, granted and revoked; the company's package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import packages
from consents.brands.companies import KnownBrand
from consents.brands.packages import Subscribed
from consents.channels import answered
from consents.store import Snapshot
from consents.terms import Channel
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.audit.change import Change
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.panel_pages import Confirmation
from panel.partners import partner_actions
from panel.rights import Member
from providers.callers import partners
from providers.callers.partners import LEVELS, Grant
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


class BrandPartners(NamedTuple):
    """A brand and its partners: (integratorCode, title, rights)."""

    brand: KnownBrand
    granted: list[tuple[int, str, Grant]]

    @property
    def seen(self) -> str:
        return form_answers.seen(self.brand.code, self.granted)


class PartnerSheet(NamedTuple):
    """The visible brands. ``package``: the company's, None for none; ``below``: the largest package that needs a
    partner."""

    brands: list[BrandPartners]
    package: Subscribed | None
    below: int | None

    @property
    def only_through_partners(self) -> bool:
        """Whether the company's programs may not call themselves (H586)."""
        most = None if self.package is None else self.package.package.addresses
        return most is not None and self.below is not None and most <= self.below


async def show(request: Request, member: Member) -> Response:
    sheet = await process.of(request).registry.store.read(sheet_of, member)
    return form_answers.page(request, member, "manage/partners.html", FormResult(), {}, sheet=sheet)


async def grant(request: Request, member: Member) -> Response:
    """Replaces a partner's rights."""
    given, brand = await forms.fields(request), member.objects["brand"].what
    first, second, third = (_level(given.get(name, "")) for name in _FIELDS)
    wanted, partner = (
        Grant((first, second, third), given.get("agreements") == "1", given.get("via") == "1"),
        form_answers.number(given.get("partner", ""), 9),
    )
    result = await form_answers.attempt(request, member, _grant, brand, partner, wanted, given.get(SEEN, ""))
    return await _changed(request, member, result, given)


async def sure_of_revoking(request: Request, member: Member) -> Response:
    """The confirmation page for revoking the rights of the partner ``?ortak=``."""
    store, brand = process.of(request).registry.store, member.objects["brand"].what
    found, chosen = (
        await store.read(brand_partners, brand),
        form_answers.number(request.query_params.get("ortak", ""), 9),
    )
    title = next((title for code, title, _ in found.granted if code == chosen), None)
    back = f"{member.home}/ortaklar/{brand.code}"
    if title is None:
        return pages.redirect(request, back)
    values, hidden = {"partner": title, "brand": brand.title}, {SEEN: found.seen, "partner": str(chosen)}
    question, *effects = ((sentence, values) for sentence in _EFFECTS)
    return panel_pages.confirmation(request, member, Confirmation(question, effects, _REVOKE, back, hidden))


async def revoke(request: Request, member: Member) -> Response:
    given, brand = await forms.fields(request), member.objects["brand"].what
    arguments = brand, form_answers.number(given.get("partner", ""), 9), given.get(SEEN, "")
    result = await form_answers.attempt(request, member, _revoke, *arguments)
    return await _changed(request, member, result, given)


def sheet_of(snapshot: Snapshot, member: Member) -> PartnerSheet:
    package = packages.get(snapshot, member.at.id)
    below = packages.through_partners_below(snapshot)
    return PartnerSheet([brand_partners(snapshot, one) for one in memberships.brands(snapshot, member)], package, below)


def brand_partners(snapshot: Snapshot, brand: KnownBrand) -> BrandPartners:
    return BrandPartners(brand, partners.of_brand(snapshot, brand.id))


def _grant(change: Change, brand: KnownBrand, partner: int, wanted: Grant, shown: str) -> None:
    form_answers.unchanged(brand_partners(change.transaction, brand).seen, shown)
    if partner not in dict(partners.listed(change.transaction)):
        raise FieldFault("partner", "partner")
    if not (any(wanted.channels) or wanted.via):
        raise FieldFault("level-arama", "levels")
    with at("partner"):
        partner_actions.grant(change, partner, brand.code, wanted)


def _revoke(change: Change, brand: KnownBrand, partner: int, shown: str) -> None:
    before = brand_partners(change.transaction, brand)
    form_answers.unchanged(before.seen, shown)
    if partner not in [code for code, _, _ in before.granted]:
        raise StaleChange
    partner_actions.revoke(change, partner, brand.code)


async def _changed(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    if result.faults:
        return await of_brand(request, member, result, given)
    return pages.redirect(request, f"{member.home}/ortaklar/{member.objects['brand'].what.code}?degisti")


async def of_brand(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """One brand with the form; ``?ortak=``: filled with that partner's rights."""
    store, brand = process.of(request).registry.store, member.objects["brand"].what
    found, every = await store.read(brand_partners, brand), await store.read(partners.listed)
    open_to = {code for code, _ in every}
    chosen = form_answers.number(given.get("partner", "") or request.query_params.get("ortak", ""), 9)
    standing = next((one for code, _, one in found.granted if code == chosen), None)
    return form_answers.page(
        request,
        member,
        "manage/partner_brand.html",
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
