"""What a company's people see and change of its brands, by the rules of ``consents/brands``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents.brands import brand_changes, companies, provider_list
from consents.brands.companies import KnownBrand
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.manage import managed_changes
from panel.manage.managed_changes import FieldFault, at
from panel.rights import Company, Member
from web.process import OwnNumbers


class BrandSheet(NamedTuple):
    """A brand. ``master``: it has its company's number; ``numbers``: its own, that people write RET to."""

    brand: KnownBrand
    master: bool
    closed: bool
    names: list[str]
    headers: list[str]
    numbers: list[str]

    @property
    def seen(self) -> str:
        """The mark of what is shown."""
        return managed_changes.seen(*self)


class BrandWanted(NamedTuple):
    """What the form of a brand says. ``shared``: the number of all brands, which is nobody's own."""

    title: str
    names: list[str]
    headers: list[str]
    numbers: list[str]
    why: str
    shared: str | None


def every(snapshot: Snapshot, company: Company, member: Member, numbers: OwnNumbers) -> list[BrandSheet]:
    """The company's brands that whoever asks may see, the master brand first."""
    brands = [one for one in provider_list.brands_of(snapshot, company.id) if member.sees(one.id)]
    sheets = [of(snapshot, company, one.code, numbers) for one in brands]
    return sorted(sheets, key=lambda one: (not one.master, one.brand.code))


def of(snapshot: Snapshot, company: Company, code: int, numbers: OwnNumbers) -> BrandSheet:
    """One brand as it stands."""
    brand = companies.known_brand(snapshot, code)
    assert brand is not None, "the gate has found it"
    names, headers = brand_changes.names(snapshot, brand.id)
    closed = brand_changes.is_closed(snapshot, brand)
    return BrandSheet(brand, code == company.code, closed, names, headers, numbers.listed(snapshot, brand.id))


def add(transaction: Transaction, registry: Registry, member: Member, title: str, code: int | None) -> int:
    """A new brand; its number, the next that is free where none is given. Of a second click nothing comes."""
    given = companies.free_code(transaction) if code is None else code
    with at("code"):
        companies.check_code(given, "brand")
    with at("title"):
        called = companies.clean(title).casefold()
    if any(one.title.casefold() == called for one in provider_list.brands_of(transaction, member.at.id)):
        raise FieldFault("title", "title-own", title)
    with at("code"):
        companies.add_brand(transaction, member.at.code, given, title)
    added = companies.known_brand(transaction, given)
    assert added is not None
    managed_changes.note(
        transaction, registry, member, "brand-added", brand=added.id, about=f"brand {given}", after=added.title
    )
    return given


def change(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    code: int,
    wanted: BrandWanted,
    numbers: OwnNumbers,
    shown: str,
) -> None:
    """Makes a brand what the form says; what is the same stays untouched, and the rest is noted one by one."""
    before = of(transaction, member.at, code, numbers)
    managed_changes.unchanged(before.seen, shown)
    why = managed_changes.reason(member, wanted.why)
    if wanted.title != before.brand.title:
        with at("title"):
            brand_changes.rename(transaction, code, wanted.title, why)
    if _folded(wanted.names) != sorted(before.names):
        with at("name-1"):
            brand_changes.set_names(transaction, code, wanted.names, why)
    if _folded(wanted.headers) != sorted(before.headers):
        with at("headers"):
            brand_changes.set_headers(transaction, code, wanted.headers, why)
    with at("numbers"):
        _set_numbers(transaction, before, wanted, numbers)
    _note(transaction, registry, member, before, of(transaction, member.at, code, numbers), wanted.why)


def set_closed(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    code: int,
    why: str,
    numbers: OwnNumbers,
    shown: str,
) -> None:
    """Closes an open brand and opens a closed one."""
    before = of(transaction, member.at, code, numbers)
    managed_changes.unchanged(before.seen, shown)
    turn, what = (brand_changes.reopen, "brand-reopened") if before.closed else (brand_changes.close, "brand-closed")
    with at("why-state"):
        turn(transaction, code, managed_changes.reason(member, why))
    about = f"brand {code}"
    managed_changes.note(transaction, registry, member, what, brand=before.brand.id, about=about, why=why)


def _folded(names: Sequence[str]) -> list[str]:
    return sorted({companies.fold(name) for name in names})


def _set_numbers(transaction: Transaction, before: BrandSheet, wanted: BrandWanted, numbers: OwnNumbers) -> None:
    kept = {numbers.add(transaction, before.brand, number, wanted.shared) for number in wanted.numbers}
    for number in before.numbers:
        if number not in kept:
            numbers.remove(transaction, before.brand, number)


def _note(
    transaction: Transaction, registry: Registry, member: Member, before: BrandSheet, after: BrandSheet, why: str
) -> None:
    pairs = (
        ("brand-renamed", before.brand.title, after.brand.title),
        ("brand-names-changed", ", ".join(before.names), ", ".join(after.names)),
        ("brand-headers-changed", ", ".join(before.headers), ", ".join(after.headers)),
        ("brand-numbers-changed", ", ".join(before.numbers), ", ".join(after.numbers)),
    )
    brand, about = before.brand.id, f"brand {before.brand.code}"
    for what, was, becomes in pairs:
        if was != becomes:
            managed_changes.note(
                transaction, registry, member, what, brand=brand, about=about, before=was, after=becomes, why=why
            )
