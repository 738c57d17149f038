"""Actions on a company's brands, for pages and commands, each with its audit entry. ``code``: brandCode.
Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from consents.brands import brand_changes, companies
from consents.brands.companies import KnownBrand
from optout import public as optout
from panel.audit.change import Change


def add(
    change: Change, provider: int, code: int, title: str, names: Sequence[str] = (), headers: Sequence[str] = ()
) -> KnownBrand:
    """A new brand of the provider with this iysCode; names and headers get their own audit entries."""
    companies.add_brand(change.transaction, provider, code, title, names=tuple(names), headers=tuple(headers))
    added = brand_changes.known(change.transaction, code)
    change.note("brand-added", f"brand {code}", after=added.title, brand=added)
    kept = brand_changes.names(change.transaction, added.id)
    _compare(change, "brand-names-changed", added, [], kept[0])
    _compare(change, "brand-headers-changed", added, [], kept[1])
    return added


def rename(change: Change, code: int, title: str, why: str) -> None:
    grounds, before = change.grounds(why), brand_changes.known(change.transaction, code)
    brand_changes.rename(change.transaction, code, title, grounds)
    after = brand_changes.known(change.transaction, code)
    _compare(change, "brand-renamed", before, [before.title], [after.title], grounds.reason)


def set_names(change: Change, code: int, names: Sequence[str], why: str) -> None:
    """Replaces a brand's short names."""
    grounds, brand = change.grounds(why), brand_changes.known(change.transaction, code)
    before, _ = brand_changes.names(change.transaction, brand.id)
    brand_changes.set_names(change.transaction, code, names, grounds)
    after, _ = brand_changes.names(change.transaction, brand.id)
    _compare(change, "brand-names-changed", brand, before, after, grounds.reason)


def set_headers(change: Change, code: int, headers: Sequence[str], why: str) -> None:
    """Replaces a brand's registered SMS headers."""
    grounds, brand = change.grounds(why), brand_changes.known(change.transaction, code)
    _, before = brand_changes.names(change.transaction, brand.id)
    brand_changes.set_headers(change.transaction, code, headers, grounds)
    _, after = brand_changes.names(change.transaction, brand.id)
    _compare(change, "brand-headers-changed", brand, before, after, grounds.reason)


def set_numbers(change: Change, brand: KnownBrand, wanted: Sequence[str], shared: Collection[str], why: str) -> None:
    """Replaces the brand's own numbers. ``shared``: the site's, which no brand may have."""
    before = optout.own_numbers(change.transaction, brand.id)
    kept = {optout.add_number(change.transaction, brand, number, shared) for number in wanted}
    for number in before:
        if number not in kept:
            optout.remove_number(change.transaction, brand, number)
    _compare_numbers(change, brand, before, why)


def add_number(change: Change, code: int, number: str, shared: Collection[str]) -> str:
    """Adds a number to the brand's own; returns its stored form."""
    brand = brand_changes.known(change.transaction, code)
    before = optout.own_numbers(change.transaction, brand.id)
    kept = optout.add_number(change.transaction, brand, number, shared)
    _compare_numbers(change, brand, before)
    return kept


def remove_number(change: Change, code: int, number: str) -> None:
    """Removes one of the brand's own numbers."""
    brand = brand_changes.known(change.transaction, code)
    before = optout.own_numbers(change.transaction, brand.id)
    optout.remove_number(change.transaction, brand, number)
    _compare_numbers(change, brand, before)


def turn_onay(change: Change, code: int, on: bool) -> None:
    """Allows or stops consents to the brand's SMS by SMS."""
    brand = brand_changes.known(change.transaction, code)
    before = "on" if optout.takes_onay(change.transaction, brand.id) else "off"
    optout.set_onay(change.transaction, brand.id, on)
    after = "on" if on else "off"
    _compare(change, "brand-sms-onay-changed", brand, [before], [after])


def close(change: Change, code: int, why: str) -> None:
    grounds = change.grounds(why)
    brand_changes.close(change.transaction, code, grounds)
    change.note(
        "brand-closed", f"brand {code}", why=grounds.reason, brand=brand_changes.known(change.transaction, code)
    )


def reopen(change: Change, code: int, why: str) -> None:
    grounds = change.grounds(why)
    brand_changes.reopen(change.transaction, code, grounds)
    change.note(
        "brand-reopened", f"brand {code}", why=grounds.reason, brand=brand_changes.known(change.transaction, code)
    )


def _compare_numbers(change: Change, brand: KnownBrand, before: Sequence[str], why: str = "") -> None:
    after = optout.own_numbers(change.transaction, brand.id)
    _compare(change, "brand-numbers-changed", brand, before, after, why)


def _compare(
    change: Change, what: str, brand: KnownBrand, before: Sequence[str], after: Sequence[str], why: str = ""
) -> None:
    """Logs a difference; an equal value is no action."""
    was, becomes = ", ".join(before), ", ".join(after)
    if was != becomes:
        change.note(what, f"brand {brand.code}", was, becomes, why, brand=brand)
