"""Actions on a company's brands, for pages and commands, each with its audit entry. ``person``: by number, None for
a command; ``code``: brandCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from consents.brands import brand_changes, companies
from consents.brands.companies import BadCompany, KnownBrand
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from optout import public as optout
from panel.audit import audit_log, reasons
from panel.audit.audit_log import NewAction


def add(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    provider: int,
    code: int,
    title: str,
    names: Sequence[str] = (),
    headers: Sequence[str] = (),
) -> KnownBrand:
    """A new brand of the provider with this iysCode; names and headers get their own audit entries."""
    companies.add_brand(transaction, provider, code, title, names=tuple(names), headers=tuple(headers))
    added = known(transaction, code)
    _note(transaction, keyring, person, "brand-added", added, after=added.title)
    kept = brand_changes.names(transaction, added.id)
    _compare(transaction, keyring, person, "brand-names-changed", added, [], kept[0])
    _compare(transaction, keyring, person, "brand-headers-changed", added, [], kept[1])
    return added


def rename(transaction: Transaction, keyring: Keyring, person: int | None, code: int, title: str, why: str) -> None:
    grounds, before = reasons.by(keyring, person, why), known(transaction, code)
    brand_changes.rename(transaction, code, title, grounds)
    after = known(transaction, code)
    _compare(transaction, keyring, person, "brand-renamed", before, [before.title], [after.title], grounds.reason)


def set_names(
    transaction: Transaction, keyring: Keyring, person: int | None, code: int, names: Sequence[str], why: str
) -> None:
    """Replaces a brand's short names."""
    grounds, brand = reasons.by(keyring, person, why), known(transaction, code)
    before, _ = brand_changes.names(transaction, brand.id)
    brand_changes.set_names(transaction, code, names, grounds)
    after, _ = brand_changes.names(transaction, brand.id)
    _compare(transaction, keyring, person, "brand-names-changed", brand, before, after, grounds.reason)


def set_headers(
    transaction: Transaction, keyring: Keyring, person: int | None, code: int, headers: Sequence[str], why: str
) -> None:
    """Replaces a brand's registered SMS headers."""
    grounds, brand = reasons.by(keyring, person, why), known(transaction, code)
    _, before = brand_changes.names(transaction, brand.id)
    brand_changes.set_headers(transaction, code, headers, grounds)
    _, after = brand_changes.names(transaction, brand.id)
    _compare(transaction, keyring, person, "brand-headers-changed", brand, before, after, grounds.reason)


def set_numbers(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: KnownBrand,
    wanted: Sequence[str],
    shared: Collection[str],
    why: str,
) -> None:
    """Replaces the brand's own numbers. ``shared``: the site's, which no brand may have."""
    before = optout.own_numbers(transaction, brand.id)
    kept = {optout.add_number(transaction, brand, number, shared) for number in wanted}
    for number in before:
        if number not in kept:
            optout.remove_number(transaction, brand, number)
    _compare_numbers(transaction, keyring, person, brand, before, why)


def add_number(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    code: int,
    number: str,
    shared: Collection[str],
) -> str:
    """Adds a number to the brand's own; returns its stored form."""
    brand = known(transaction, code)
    before = optout.own_numbers(transaction, brand.id)
    kept = optout.add_number(transaction, brand, number, shared)
    _compare_numbers(transaction, keyring, person, brand, before)
    return kept


def remove_number(transaction: Transaction, keyring: Keyring, person: int | None, code: int, number: str) -> None:
    """Removes one of the brand's own numbers."""
    brand = known(transaction, code)
    before = optout.own_numbers(transaction, brand.id)
    optout.remove_number(transaction, brand, number)
    _compare_numbers(transaction, keyring, person, brand, before)


def turn_onay(transaction: Transaction, keyring: Keyring, person: int | None, code: int, on: bool) -> None:
    """Allows or stops consents to the brand's SMS by SMS."""
    brand = known(transaction, code)
    before = "on" if optout.takes_onay(transaction, brand.id) else "off"
    optout.set_onay(transaction, brand.id, on)
    after = "on" if on else "off"
    _compare(transaction, keyring, person, "brand-sms-onay-changed", brand, [before], [after])


def close(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> None:
    grounds = reasons.by(keyring, person, why)
    brand_changes.close(transaction, code, grounds)
    _note(transaction, keyring, person, "brand-closed", known(transaction, code), why=grounds.reason)


def reopen(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> None:
    grounds = reasons.by(keyring, person, why)
    brand_changes.reopen(transaction, code, grounds)
    _note(transaction, keyring, person, "brand-reopened", known(transaction, code), why=grounds.reason)


def known(snapshot: Snapshot, code: int) -> KnownBrand:
    found = companies.known_brand(snapshot, code)
    if found is None:
        raise BadCompany(f"there is no brand {code}")
    return found


def _compare_numbers(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: KnownBrand,
    before: Sequence[str],
    why: str = "",
) -> None:
    after = optout.own_numbers(transaction, brand.id)
    _compare(transaction, keyring, person, "brand-numbers-changed", brand, before, after, why)


def _compare(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    what: str,
    brand: KnownBrand,
    before: Sequence[str],
    after: Sequence[str],
    why: str = "",
) -> None:
    """Logs a difference; an equal value is no action."""
    was, becomes = ", ".join(before), ", ".join(after)
    if was != becomes:
        _note(transaction, keyring, person, what, brand, before=was, after=becomes, why=why)


def _note(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    what: str,
    brand: KnownBrand,
    *,
    before: str = "",
    after: str = "",
    why: str = "",
) -> None:
    about = f"brand {brand.code}"
    audit_log.record(transaction, keyring, NewAction(what, person, brand.provider, brand.id, about, before, after, why))
