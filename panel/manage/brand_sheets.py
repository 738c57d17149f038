"""What a company's people see and change of its brands, by the rules of ``consents/brands``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents.brands import brand_changes, companies, provider_list
from consents.brands.companies import KnownBrand
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.deeds import brand_deeds
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
        brand_deeds.add(transaction, registry.keyring, member.person.id, member.at.code, given, title)
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
    by, why = (transaction, registry.keyring, member.person.id), wanted.why
    if wanted.title != before.brand.title:
        with at("title"):
            brand_deeds.rename(*by, code, wanted.title, why)
    if _folded(wanted.names) != sorted(before.names):
        with at("name-1"):
            brand_deeds.set_names(*by, code, wanted.names, why)
    if _folded(wanted.headers) != sorted(before.headers):
        with at("headers"):
            brand_deeds.set_headers(*by, code, wanted.headers, why)
    with at("numbers"):
        brand_deeds.set_numbers(*by, before.brand, numbers, wanted.numbers, wanted.shared, why)


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
    turn = brand_deeds.reopen if before.closed else brand_deeds.close
    with at("why-state"):
        turn(transaction, registry.keyring, member.person.id, code, why)


def _folded(names: Sequence[str]) -> list[str]:
    return sorted({companies.fold(name) for name in names})
