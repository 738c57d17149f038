"""Actions on a brand's dealers, for pages and commands, each with its audit entry. ``brand``:
internal id; ``code``: retailerCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from consents.brands import companies, dealer_records, provider_list
from consents.brands.companies import BadCompany, KnownBrand
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.store import Snapshot
from panel.audit.change import Change
from providers.dealers import dealer_ending

TOGETHER = 50  # in one transaction of ``add_all``, so that others wait no longer than a few milliseconds


class _Stand(NamedTuple):
    title: str
    status: str
    external: str = ""

    def __str__(self) -> str:
        """Separated by commas; values with a comma or quotation mark are JSON strings."""
        shown = (json.dumps(word, ensure_ascii=False) if {*',"'} & {*word} else word for word in self)
        return ", ".join(filter(None, shown))


def add(change: Change, brand_code: int, title: str, external: str | None) -> int:
    """A new dealer of the brand with this brandCode; returns its retailerCode."""
    added = companies.add_dealer(change.transaction, brand_code, title, external)
    brand = companies.known_brand(change.transaction, brand_code)
    assert brand is not None  # else the line above it has raised
    after = _Stand(companies.clean(title), dealer_records.ACTIVE, (external or "").strip())
    _note(change, "dealer-added", brand.id, added.code, after=str(after))
    return added.code


def add_all(change: Change, brand: KnownBrand, wanted: Sequence[tuple[str, str]]) -> int:
    """New dealers by title and own code; codes that a dealer of the brand has are left out. Returns how many."""
    added = companies.add_dealers(change.transaction, brand.id, wanted)
    if added:
        after = ", ".join(str(_Stand(title, "", external)) for title, external in added)
        change.note("dealers-added", f"brand {brand.code}", after=after, brand=brand)
    return len(added)


def edit(change: Change, brand: int, code: int, *, title: str | None, status: str | None, external: str | None) -> None:
    """Changes a dealer's title, status or own code. None stays; ``external`` "": no code."""
    before = known(change.transaction, change.keyring, brand, code)
    was = _stands(change.transaction, brand, before)
    becomes = before._replace(title=title or before.title, status=status or before.status)
    dealer_records.change(change.transaction, change.keyring, becomes)
    if external is not None:
        dealer_records.set_external(change.transaction, brand, before.id, external)
    after = _stands(change.transaction, brand, known(change.transaction, change.keyring, brand, code))
    if was != after:
        _note(change, "dealer-changed", brand, code, before=str(was), after=str(after))


def end(change: Change, brand: int, code: int, looked: tuple[bool, int]) -> None:
    """Ends a dealer without links. ``looked``: of ``dealer_records.collected``."""
    dealer = known(change.transaction, change.keyring, brand, code)
    was = _stands(change.transaction, brand, dealer)
    dealer_ending.let_go(change.transaction, change.keyring, brand, dealer, looked)
    _note(change, "dealer-ended", brand, code, before=str(was))


def known(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> KnownDealer:
    found = dealer_records.find(snapshot, keyring, brand, code)
    if found is None:
        raise BadCompany(f"the brand has no dealer {code}")
    return found


def _stands(snapshot: Snapshot, brand: int, dealer: KnownDealer) -> _Stand:
    return _Stand(dealer.title, dealer.status, dealer_records.externals(snapshot, brand).get(dealer.id, ""))


def _note(change: Change, what: str, brand: int, code: int, *, before: str = "", after: str = "") -> None:
    provider = provider_list.brand(change.transaction, brand).provider
    change.note(what, f"dealer {code}", before, after, provider=provider, brand=brand)
