"""Actions on a brand's dealers, for pages and commands, each with its audit entry. ``person``: by number, None for a
command; ``brand``: internal id; ``code``: retailerCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

import json
from typing import NamedTuple

from consents.brands import companies, dealer_records, provider_list
from consents.brands.companies import BadCompany
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from providers.dealers import dealer_ending


class _Stand(NamedTuple):
    title: str
    status: str
    external: str = ""

    def __str__(self) -> str:
        """Separated by commas; values with a comma or quotation mark are JSON strings."""
        shown = (json.dumps(word, ensure_ascii=False) if {*',"'} & {*word} else word for word in self)
        return ", ".join(filter(None, shown))


def add(
    transaction: Transaction, keyring: Keyring, person: int | None, brand_code: int, title: str, external: str | None
) -> int:
    """A new dealer of the brand with this brandCode; returns its retailerCode."""
    added = companies.add_dealer(transaction, brand_code, title, external)
    brand = companies.known_brand(transaction, brand_code)
    assert brand is not None  # else the line above it has raised
    after = _Stand(companies.clean(title), dealer_records.ACTIVE, (external or "").strip())
    _note(transaction, keyring, person, "dealer-added", brand.id, added.code, after=str(after))
    return added.code


def change(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: int,
    code: int,
    *,
    title: str | None,
    status: str | None,
    external: str | None,
) -> None:
    """Changes a dealer's title, status or own code. None stays; ``external`` "": no code."""
    before = known(transaction, keyring, brand, code)
    was = _stands(transaction, brand, before)
    becomes = before._replace(title=title or before.title, status=status or before.status)
    dealer_records.change(transaction, keyring, becomes)
    if external is not None:
        dealer_records.set_external(transaction, brand, before.id, external)
    after = _stands(transaction, brand, known(transaction, keyring, brand, code))
    if was != after:
        _note(transaction, keyring, person, "dealer-changed", brand, code, before=str(was), after=str(after))


def end(
    transaction: Transaction, keyring: Keyring, person: int | None, brand: int, code: int, looked: tuple[bool, int]
) -> None:
    """Ends a dealer without links. ``looked``: of ``dealer_records.collected``."""
    dealer = known(transaction, keyring, brand, code)
    was = _stands(transaction, brand, dealer)
    dealer_ending.let_go(transaction, keyring, brand, dealer, looked)
    _note(transaction, keyring, person, "dealer-ended", brand, code, before=str(was))


def known(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> KnownDealer:
    found = dealer_records.find(snapshot, keyring, brand, code)
    if found is None:
        raise BadCompany(f"the brand has no dealer {code}")
    return found


def _stands(snapshot: Snapshot, brand: int, dealer: KnownDealer) -> _Stand:
    return _Stand(dealer.title, dealer.status, dealer_records.externals(snapshot, brand).get(dealer.id, ""))


def _note(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    what: str,
    brand: int,
    code: int,
    *,
    before: str = "",
    after: str = "",
) -> None:
    provider = provider_list.brand(transaction, brand).provider
    action = NewAction(what, person, provider, brand, f"dealer {code}", before, after)
    audit_log.record(transaction, keyring, action)
