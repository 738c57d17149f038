"""The dealers of a company's brands, as its people see and change them."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import accesses, companies, dealer_records
from consents.brands.companies import KnownBrand
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.manage import managed_changes
from panel.manage.managed_changes import FieldFault, StaleChange, at
from panel.rights import Member
from providers.dealers import dealer_ending

PAGE = 50
_LONGEST_CODE = 64


class DealerSheet(NamedTuple):
    """A dealer. ``external``: the company's own code for it, "" of none; ``uses``: consents that it may use."""

    dealer: KnownDealer
    external: str
    uses: int = 0

    @property
    def seen(self) -> str:
        """The mark of what can be changed."""
        return managed_changes.seen(self.dealer.code, self.dealer.title, self.dealer.status, self.external)


class DealerWanted(NamedTuple):
    """What the form of a dealer says."""

    title: str
    external: str
    status: str = dealer_records.ACTIVE


def page(snapshot: Snapshot, keyring: Keyring, brand: int, number: int) -> tuple[int, list[DealerSheet]]:
    """How many dealers a brand (internal id) has, and a page of them; for a thread of its own."""
    total, found = dealer_records.page(snapshot, keyring, brand, (number - 1) * PAGE, PAGE)
    codes, uses = dealer_records.externals(snapshot, brand), accesses.counts(snapshot, brand, [one.id for one in found])
    return total, [DealerSheet(one, codes.get(one.id, ""), uses[one.id]) for one in found]


def one(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    """One dealer; for a thread of its own."""
    found = _find(snapshot, keyring, brand, code)
    return found and found._replace(uses=accesses.counts(snapshot, brand, [found.dealer.id])[found.dealer.id])


def add(transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, wanted: DealerWanted) -> int:
    """A new dealer; its retailerCode. Of a second click nothing comes."""
    with at("title"):
        title = companies.clean(wanted.title)
    external = _external(wanted.external)
    total, _ = dealer_records.page(transaction, registry.keyring, brand.id, 0, 0)
    _, newest = dealer_records.page(transaction, registry.keyring, brand.id, max(total - 1, 0), 1)
    if external is None and [one.title for one in newest] == [title]:
        raise FieldFault("title", "dealer-again", title)
    with at("external"):
        added = companies.add_dealer(transaction, brand.code, wanted.title, external)
    about, after = f"dealer {added.code}", _words(wanted.title, dealer_records.ACTIVE, external or "")
    managed_changes.note(transaction, registry, member, "dealer-added", brand=brand.id, about=about, after=after)
    return added.code


def change(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    brand: int,
    code: int,
    wanted: DealerWanted,
    shown: str,
) -> None:
    """Makes a dealer of the brand (internal id) what the form says."""
    before = _standing(transaction, registry, brand, code, shown)
    becomes = before.dealer._replace(title=wanted.title, status=wanted.status)
    with at("title"):
        companies.clean(wanted.title)
    with at("status"):
        dealer_records.change(transaction, registry.keyring, becomes)
    external = _external(wanted.external)
    with at("external"):
        dealer_records.set_external(transaction, brand, before.dealer.id, external)
    was, after = (
        _words(before.dealer.title, before.dealer.status, before.external),
        _words(*becomes[2:4], external or ""),
    )
    if was != after:
        managed_changes.note(
            transaction,
            registry,
            member,
            "dealer-changed",
            brand=brand,
            about=f"dealer {code}",
            before=was,
            after=after,
        )


def end(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    brand: int,
    code: int,
    looked: tuple[bool, int],
    shown: str,
) -> None:
    """Lets a dealer go that nothing is linked to. ``looked``: of ``dealer_records.collected``."""
    before = _standing(transaction, registry, brand, code, shown)
    with at("end"):
        dealer_ending.let_go(transaction, registry.keyring, brand, before.dealer, looked)
    was = _words(before.dealer.title, before.dealer.status, before.external)
    managed_changes.note(transaction, registry, member, "dealer-ended", brand=brand, about=f"dealer {code}", before=was)


def _find(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    dealer = dealer_records.find(snapshot, keyring, brand, code)
    return dealer and DealerSheet(dealer, dealer_records.externals(snapshot, brand).get(dealer.id, ""))


def _standing(transaction: Transaction, registry: Registry, brand: int, code: int, shown: str) -> DealerSheet:
    found = _find(transaction, registry.keyring, brand, code)
    if found is None:
        raise StaleChange
    managed_changes.unchanged(found.seen, shown)
    return found


def _external(typed: str) -> str | None:
    """A number alone could be another dealer's retailerCode."""
    if len(typed) > _LONGEST_CODE or (typed.isdecimal() and len(typed) == 8) or not typed.isprintable():
        raise FieldFault("external", "external")
    return typed or None


def _words(title: str, status: str, external: str) -> str:
    return ", ".join(filter(None, [title, status, external]))
