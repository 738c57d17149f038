"""Pages of a company's brands: list, new one, and each with title, names, headers and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import brand_changes, companies, provider_list, spelling
from consents.brands.companies import BadCompany, KnownBrand
from consents.store import Snapshot
from optout import public as optout
from panel import form_answers
from panel.accounts import memberships
from panel.audit.change import Change
from panel.brands import brand_actions, claim_decisions, claim_store, wishes
from panel.brands.claim_store import ClaimState, CompanyClaim
from panel.brands.wishes import Wisher
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.rights import Company, Member
from web import forms, pages, process

_NAMES = ("name-1", "name-2", "name-3")
DECIDED_SHOWN = 10


class BrandSheet(NamedTuple):
    """``master``: it has its company's number; ``numbers``: its own, for RET; ``claims``: open and last decided
    ones, the newest first."""

    brand: KnownBrand
    master: bool
    closed: bool
    names: list[str]
    headers: list[str]
    numbers: list[str]
    claims: list[CompanyClaim]

    @property
    def seen(self) -> str:
        """The mark of the shown values."""
        return form_answers.seen(*self)


class BrandWanted(NamedTuple):
    """Input of a brand's form. ``shared``: the site's numbers, which no brand may have."""

    title: str
    names: list[str]
    headers: list[str]
    numbers: list[str]
    why: str
    shared: tuple[str, ...]


async def add(request: Request, member: Member) -> Response:
    """Adds a brand; only for people who work for all brands."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    typed = given.get("code", "").strip()
    code = form_answers.number(typed, 9) if typed else None
    title = form_answers.line(given.get("title", ""))
    site = process.of(request).settings.site_name
    result = await form_answers.attempt(request, member, _add, member, title, code, site)
    if result.faults:
        return await show(request, member, result, given)
    added, waits = result.value
    if waits and code is not None:
        return pages.redirect(request, f"{member.home}/markalar?bekliyor")
    return pages.redirect(request, f"{member.home}/markalar/{added}?{'bekliyor' if waits else 'eklendi'}")


async def change(request: Request, member: Member) -> Response:
    """Applies the form; shows the current values after an edit conflict."""
    given, here = await forms.fields(request), process.of(request)
    wanted = BrandWanted(
        form_answers.line(given.get("title", "")),
        [name for name in (form_answers.line(given.get(place, "")) for place in _NAMES) if name],
        form_answers.lines(given.get("headers", "")),
        form_answers.lines(given.get("numbers", "")),
        form_answers.line(given.get("why", "")),
        here.settings.shared_numbers,
    )
    code, shown = member.objects["brand"].what.code, given.get(SEEN, "")
    arguments = member, code, wanted, shown, here.settings.site_name
    result = await form_answers.attempt(request, member, _edit, *arguments)
    return await _changed(request, member, result, given)


async def set_closed(request: Request, member: Member) -> Response:
    """Closes or reopens it."""
    given, code = await forms.fields(request), member.objects["brand"].what.code
    arguments = member, code, form_answers.line(given.get("why-state", "")), given.get(SEEN, "")
    result = await form_answers.attempt(request, member, _set_closed, *arguments)
    return await _changed(request, member, result, given)


async def withdraw(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    number = form_answers.number(given.get("claim", ""))
    result = await form_answers.attempt(request, member, _withdraw, member, number)
    if result.faults:
        return await show(request, member, result, given)
    return pages.redirect(request, f"{member.home}/markalar?vazgecildi")


def sheets_of(snapshot: Snapshot, company: Company, member: Member) -> list[BrandSheet]:
    """The company's brands visible to the member, the master brand first."""
    sheets = [sheet_of(snapshot, company, one.code) for one in memberships.brands(snapshot, member)]
    return sorted(sheets, key=lambda one: (not one.master, one.brand.code))


def sheet_of(snapshot: Snapshot, company: Company, code: int) -> BrandSheet:
    brand = companies.known_brand(snapshot, code)
    assert brand is not None, "the gate has found it"
    names, headers = brand_changes.names(snapshot, brand.id)
    closed = brand_changes.is_closed(snapshot, brand)
    claims = [one for one in shown_claims(snapshot, company) if one.brand == brand.id]
    own = optout.own_numbers(snapshot, brand.id)
    return BrandSheet(brand, code == company.code, closed, names, headers, own, claims)


def shown_claims(snapshot: Snapshot, company: Company) -> list[CompanyClaim]:
    """The company's open and last decided claims, the newest first."""
    known = claim_store.of_provider(snapshot, company.id)
    decided = [one for one in known if one.state in (ClaimState.ACCEPTED, ClaimState.REFUSED)][:DECIDED_SHOWN]
    return [one for one in known if one.state is ClaimState.WAITING or one in decided]


def _add(change: Change, member: Member, title: str, code: int | None, site: str) -> tuple[int, bool]:
    """A new brand: its number (the next free one by default), and whether a claim waits. A second click adds
    nothing. ``site``: its name."""
    with at("title"):
        called = companies.clean(title).casefold()
    if any(one.title.casefold() == called for one in provider_list.brands_of(change.transaction, member.at.id)):
        raise FieldFault("title", "title-own", title)
    try:
        return wishes.brand(Wisher(change, member.at, site), title, code)
    except BadCompany as bad:
        raise FieldFault("code" if bad.why.startswith("code") else "title", bad.why, bad.about) from bad


def _edit(change: Change, member: Member, code: int, wanted: BrandWanted, shown: str, site: str) -> bool:
    """Applies the form and logs each changed field. True where a part waits for the operator."""
    before = sheet_of(change.transaction, member.at, code)
    form_answers.unchanged(before.seen, shown)
    by, brand, why, waits = Wisher(change, member.at, site), before.brand, wanted.why, []
    if wanted.title != brand.title:
        with at("title"):
            waits.append(wishes.title(by, brand, wanted.title, why))
    if _folded(wanted.names) != sorted(before.names):
        with at("name-1"):
            waits.append(wishes.names(by, brand, wanted.names, why))
    if _folded(wanted.headers) != sorted(before.headers):
        with at("headers"):
            waits.append(wishes.names(by, brand, wanted.headers, why, header=True))
    with at("numbers"):
        waits.append(wishes.numbers(by, brand, wanted.numbers, wanted.shared, why))
    return any(waits)


def _withdraw(change: Change, member: Member, number: int) -> None:
    """Withdraws a claim of the company. Errors: StaleChange where the member sees no such open claim."""
    claim = claim_store.by_number(change.transaction, number)
    if claim is None or claim.provider != member.at.id or claim.state is not ClaimState.WAITING:
        raise StaleChange
    if member.brands is not None and claim.brand not in member.brands:
        raise StaleChange
    claim_decisions.withdraw(change, claim)


def _set_closed(change: Change, member: Member, code: int, why: str, shown: str) -> None:
    before = sheet_of(change.transaction, member.at, code)
    form_answers.unchanged(before.seen, shown)
    turn = brand_actions.reopen if before.closed else brand_actions.close
    with at("why-state"):
        turn(change, code, why)


def _folded(names: Sequence[str]) -> list[str]:
    return sorted({spelling.fold(name) for name in names})


async def _changed(request: Request, member: Member, result: FormResult, given: dict[str, str]) -> Response:
    if result.faults:
        return await one(request, member, result, given)
    outcome = "bekliyor" if result.value else "degisti"
    return pages.redirect(request, f"{member.home}/markalar/{member.objects['brand'].what.code}?{outcome}")


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """The brands, and the form of a new one."""
    here = process.of(request)
    read, keyring = here.registry.store.read, here.registry.keyring
    found = await read(sheets_of, member.at, member)
    whole = form_answers.whole(member)
    known = await read(shown_claims, member.at) if whole else []
    wanted = [one for one in known if one.brand is None]
    shown = {"sheets": found, "whole": whole, "claims": wanted, "reason_of": partial(claim_store.reason, keyring)}
    return form_answers.page(request, member, "manage/brands.html", result, given, **shown)


async def one(request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}) -> Response:
    here, code = process.of(request), member.objects["brand"].what.code
    sheet = await here.registry.store.read(sheet_of, member.at, code)
    why = partial(claim_store.reason, here.registry.keyring)
    return form_answers.page(request, member, "manage/brand.html", result, given, sheet=sheet, reason_of=why)
