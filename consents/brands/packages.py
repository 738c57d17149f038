"""İYS's packages as of 2021: how many addresses a provider may hold consents for, and the price of a year. An address
counts once over all brands and channels while the provider's own last word about one of them is ONAY. Nothing is
counted without a package."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from sqlalchemy import bindparam, delete, distinct, func, select, update

from consents.brands import companies, company_changes
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.columns import micros, stored
from consents.rules import ONAY
from consents.store import Snapshot, Statement, Store, Transaction, Value, among, table
from consents.tables.company_tables import Brand, Provider, ProviderPackage
from consents.tables.history_tables import Consent
from consents.tables.registry_tables import RegistryRow


class Package(NamedTuple):
    """``addresses``: at most, None: without limit; ``level``: of İYS's services; ``price``: TL for a year, as of 2021,
    0: free, None: by agreement."""

    name: str
    addresses: int | None
    level: int
    price: int | None


PACKAGES = {
    one.name: one
    for one in (
        Package("İLETİ-5", 5_000, 1, 0),
        Package("İLETİ-25", 25_000, 1, 0),
        Package("İLETİ-75", 75_000, 1, 0),
        Package("İLETİ-150", 150_000, 1, 4_320),
        Package("İLETİ-250", 250_000, 1, 4_920),
        Package("İLETİ+", None, 1, None),
    )
}


class Subscribed(NamedTuple):
    """A provider's package. ``used``: addresses (see the module), as counted where the package has a limit;
    ``since``: µs."""

    package: Package
    used: int
    since: int


_package = table(ProviderPackage)
_consent, _brand = table(Consent).c, table(Brand).c
_provider, _registry = table(Provider), table(RegistryRow)
_OF = Statement(
    select(_package.c.package, _package.c.used, _package.c.since).where(_package.c.provider == bindparam("provider"))
)
_ALL = Statement(
    select(_package.c.provider, _package.c.package, _package.c.used, _package.c.since).order_by(_package.c.provider)
)
_END = Statement(delete(_package).where(_package.c.provider == bindparam("provider")))
_USE = Statement(
    update(_package).where(_package.c.provider == bindparam("of")).values(used=_package.c.used + bindparam("more"))
)
_ITS_BRANDS = select(_brand.id).where(_brand.provider == bindparam("provider"))
_COUNT: Value[int] = Statement(
    select(func.count(distinct(_consent.recipient))).where(
        _consent.brand.in_(_ITS_BRANDS), _consent.provider_status == bindparam("onay")
    )
)
_HOLDING = Statement(  # brand + 0: by these people, not through all that the brands hold
    select(_consent.recipient)
    .where(
        among(_consent.recipient, "people"),
        (_consent.brand + 0).in_(_ITS_BRANDS),
        _consent.provider_status == bindparam("onay"),
    )
    .distinct()
)
_ONLY_BELOW: Value[int | None] = Statement(select(_registry.c.partner_below))
_SET_BELOW = Statement(update(_registry).values(partner_below=bindparam("below")))


def give(
    store: Store, code: int, name: str | None, why: Why, also: Callable[[Transaction], None] | None = None
) -> None:
    """Gives the provider with this iysCode a package (None: none) and counts its addresses, a second a million, without
    holding the write lock. ``also`` runs first in the same transaction. Errors: BadCompany."""
    provider = store.read_now(companies.provider_id, code)
    if provider is None:
        raise BadCompany(f"there is no provider {code}")
    if name is not None and name not in PACKAGES:
        raise BadCompany(f"there is no package {name}: choose of {', '.join(PACKAGES)}", "package")
    used = 0 if name is None else store.read_now(counted, provider)
    store.write_now(_give, provider, name, used, why, also)
    recount(store, provider)


def recount(store: Store, provider: int) -> None:
    """Corrects the count of a provider that has a package, by the difference found, so concurrent changes stay."""
    store.write_now(use, provider, store.read_now(_lacking, provider))


def get(snapshot: Snapshot, provider: int) -> Subscribed | None:
    if (row := snapshot.one(_OF, {"provider": provider})) is None:
        return None
    name, most, since = row
    return Subscribed(PACKAGES[name], most, micros(since))


def nearly_full(snapshot: Snapshot, part: float) -> list[tuple[int, Subscribed]]:
    """Providers (internal ids) that use at least such a part of their packages."""
    held = [
        (provider, Subscribed(PACKAGES[name], used, micros(since)))
        for provider, name, used, since in snapshot.all(_ALL)
        if name in PACKAGES
    ]
    return [(provider, one) for provider, one in held if one.used >= part * (one.package.addresses or float("inf"))]


def holding(snapshot: Snapshot, provider: int, people: Collection[int]) -> set[int]:
    """Those of these recipients of whom the provider's own last word is ONAY, for any of its brands."""
    values = {"people": snapshot.array(people), "provider": provider, "onay": ONAY}
    return set(snapshot.column(_HOLDING, values))


def use(transaction: Transaction, provider: int, more: int) -> None:
    """Adds to the number of addresses a provider holds; may be negative."""
    if more:
        transaction.run(_USE, {"of": provider, "more": more})


def counted(snapshot: Snapshot, provider: int) -> int:
    return snapshot.value(_COUNT, {"provider": provider, "onay": ONAY}) or 0


def only_through_partners(transaction: Transaction, below: int | None) -> None:
    """Lets providers whose packages have at most ``below`` addresses use the API through partners only; None: no limit.
    Errors: BadCompany."""
    if below is not None and below < 1:
        raise BadCompany("a number of addresses is at least 1", "addresses")
    transaction.run(_SET_BELOW, {"below": below})


def through_partners_below(snapshot: Snapshot) -> int | None:
    return snapshot.value(_ONLY_BELOW)


def _give(
    transaction: Transaction,
    provider: int,
    name: str | None,
    used: int,
    why: Why,
    also: Callable[[Transaction], None] | None,
) -> None:
    if also is not None:
        also(transaction)
    before = get(transaction, provider)
    if (before.package.name if before else None) == name:
        return
    transaction.run(_END, {"provider": provider})
    if name is not None:
        row = (provider, name, used, stored(transaction.now))
        transaction.insert("provider_package", "provider,package,used,since", [row])
    detail = f"{before.package.name if before else '-'} → {name or '-'}"
    company_changes.note(transaction, provider, "package changed", why, detail=detail)


def _lacking(snapshot: Snapshot, provider: int) -> int:
    """By how much the count is too small; both are read from one snapshot."""
    held = get(snapshot, provider)
    return 0 if held is None else counted(snapshot, provider) - held.used
