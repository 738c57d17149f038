"""A company's view and changes of its brands, by the rules of ``consents/brands``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents.brands import brand_changes, companies, provider_list, spelling
from consents.brands.companies import BadCompany, KnownBrand
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from optout import public as optout
from panel import form_answers
from panel.brands import brand_actions, claim_decisions, claim_store, wishes
from panel.brands.claim_store import ClaimState, CompanyClaim
from panel.brands.wishes import Wisher
from panel.form_answers import FieldFault, StaleChange, at
from panel.rights import Company, Member

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


def every(snapshot: Snapshot, company: Company, member: Member) -> list[BrandSheet]:
    """The company's brands visible to the member, the master brand first."""
    brands = [one for one in provider_list.brands_of(snapshot, company.id) if member.sees(one.id)]
    sheets = [of(snapshot, company, one.code) for one in brands]
    return sorted(sheets, key=lambda one: (not one.master, one.brand.code))


def of(snapshot: Snapshot, company: Company, code: int) -> BrandSheet:
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


def add(
    transaction: Transaction, registry: Registry, member: Member, title: str, code: int | None, site: str
) -> tuple[int, bool]:
    """A new brand: its number (the next free one by default), and whether a claim waits. A second click adds
    nothing. ``site``: its name."""
    with at("title"):
        called = companies.clean(title).casefold()
    if any(one.title.casefold() == called for one in provider_list.brands_of(transaction, member.at.id)):
        raise FieldFault("title", "title-own", title)
    try:
        return wishes.brand(transaction, _by(registry, member, site), title, code)
    except BadCompany as bad:
        raise FieldFault("code" if bad.why.startswith("code") else "title", bad.why, bad.about) from bad


def change(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    code: int,
    wanted: BrandWanted,
    shown: str,
    site: str,
) -> bool:
    """Applies the form and logs each changed field. True where a part waits for the operator."""
    before = of(transaction, member.at, code)
    form_answers.unchanged(before.seen, shown)
    by, brand, why, waits = _by(registry, member, site), before.brand, wanted.why, []
    if wanted.title != brand.title:
        with at("title"):
            waits.append(wishes.title(transaction, by, brand, wanted.title, why))
    if _folded(wanted.names) != sorted(before.names):
        with at("name-1"):
            waits.append(wishes.names(transaction, by, brand, wanted.names, why))
    if _folded(wanted.headers) != sorted(before.headers):
        with at("headers"):
            waits.append(wishes.names(transaction, by, brand, wanted.headers, why, header=True))
    with at("numbers"):
        waits.append(wishes.numbers(transaction, by, brand, wanted.numbers, wanted.shared, why))
    return any(waits)


def withdraw(transaction: Transaction, registry: Registry, member: Member, number: int) -> None:
    """Withdraws a claim of the company. Errors: StaleChange where the member sees no such open claim."""
    claim = claim_store.by_number(transaction, number)
    if claim is None or claim.provider != member.at.id or claim.state is not ClaimState.WAITING:
        raise StaleChange
    if member.brands is not None and claim.brand not in member.brands:
        raise StaleChange
    claim_decisions.withdraw(transaction, registry.keyring, member.person.id, claim)


def set_closed(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    code: int,
    why: str,
    shown: str,
) -> None:
    before = of(transaction, member.at, code)
    form_answers.unchanged(before.seen, shown)
    turn = brand_actions.reopen if before.closed else brand_actions.close
    with at("why-state"):
        turn(transaction, registry.keyring, member.person.id, code, why)


def _folded(names: Sequence[str]) -> list[str]:
    return sorted({spelling.fold(name) for name in names})


def _by(registry: Registry, member: Member, site: str) -> Wisher:
    return Wisher(registry.keyring, member.person.id, member.at, site)
