"""A company's view and changes of its brands' dealers."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import accesses, companies, dealer_records
from consents.brands.companies import KnownBrand
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel import form_answers
from panel.brands import dealer_actions
from panel.form_answers import FieldFault, StaleChange, at
from panel.rights import Member

PAGE = 50
_LONGEST_CODE = 64


class DealerSheet(NamedTuple):
    """``external``: the company's own code, "" for none; ``uses``: consents it may use."""

    dealer: KnownDealer
    external: str
    uses: int = 0

    @property
    def seen(self) -> str:
        """The mark of the changeable values."""
        return form_answers.seen(self.dealer.code, self.dealer.title, self.dealer.status, self.external)


class DealerWanted(NamedTuple):
    title: str
    external: str
    status: str = dealer_records.ACTIVE


def page(snapshot: Snapshot, keyring: Keyring, brand: int, number: int) -> tuple[int, list[DealerSheet]]:
    """(number of a brand's dealers, one page of them); by internal id; blocking."""
    total, found = dealer_records.page(snapshot, keyring, brand, (number - 1) * PAGE, PAGE)
    codes, uses = dealer_records.externals(snapshot, brand), accesses.counts(snapshot, brand, [one.id for one in found])
    return total, [DealerSheet(one, codes.get(one.id, ""), uses[one.id]) for one in found]


def one(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    """Blocking."""
    found = _find(snapshot, keyring, brand, code)
    return found and found._replace(uses=accesses.counts(snapshot, brand, [found.dealer.id])[found.dealer.id])


def add(transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, wanted: DealerWanted) -> int:
    """A new dealer; returns its retailerCode. A second click adds nothing."""
    with at("title"):
        title = companies.clean(wanted.title)
    external = _external(wanted.external)
    total, _ = dealer_records.page(transaction, registry.keyring, brand.id, 0, 0)
    _, newest = dealer_records.page(transaction, registry.keyring, brand.id, max(total - 1, 0), 1)
    if external is None and [one.title for one in newest] == [title]:
        raise FieldFault("title", "dealer-again", title)
    with at("external"):
        return dealer_actions.add(transaction, registry.keyring, member.person.id, brand.code, wanted.title, external)


def change(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    brand: int,
    code: int,
    wanted: DealerWanted,
    shown: str,
) -> None:
    """Applies the form to a dealer of the brand (internal id)."""
    _unchanged(transaction, registry, brand, code, shown)
    with at("title"):
        companies.clean(wanted.title)
    if wanted.status not in (dealer_records.ACTIVE, dealer_records.PASSIVE):
        raise FieldFault("status", "dealer-status")
    external = _external(wanted.external) or ""
    with at("external"):
        dealer_actions.change(
            transaction,
            registry.keyring,
            member.person.id,
            brand,
            code,
            title=wanted.title,
            status=wanted.status,
            external=external,
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
    """Ends a dealer without links. ``looked``: of ``dealer_records.collected``."""
    _unchanged(transaction, registry, brand, code, shown)
    with at("end"):
        dealer_actions.end(transaction, registry.keyring, member.person.id, brand, code, looked)


def _find(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    dealer = dealer_records.find(snapshot, keyring, brand, code)
    return dealer and DealerSheet(dealer, dealer_records.externals(snapshot, brand).get(dealer.id, ""))


def _unchanged(transaction: Transaction, registry: Registry, brand: int, code: int, shown: str) -> None:
    found = _find(transaction, registry.keyring, brand, code)
    if found is None:
        raise StaleChange
    form_answers.unchanged(found.seen, shown)


def _external(typed: str) -> str | None:
    """Rejects a number, which could be another dealer's retailerCode."""
    if len(typed) > _LONGEST_CODE or (typed.isdecimal() and len(typed) == 8) or not typed.isprintable():
        raise FieldFault("external", "external")
    return typed or None
