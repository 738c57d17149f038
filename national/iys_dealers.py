"""Table ``national_dealer``: İYS's number of each of our dealers, apart from ours (retailerCode). Consents of unknown
dealers are sent without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, select, text

from consents.brands import companies, dealer_records
from consents.brands.companies import BadCompany
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, among, table
from national import dealer_matches, national_brands
from national.dealer_matches import IysRetailer
from national.tables import NationalDealer
from national.upstream import accounts

NAMED = 10  # dealers that a person is shown by their titles
MOST = 1_000_000

_d = table(NationalDealer).c
_OF_BRAND = Statement(
    select(_d.dealer, _d.retailer, _d.by_hand, _d.refused).where(_d.brand == bindparam("brand")).order_by(_d.dealer)
)
_CODES = Statement(select(_d.dealer, _d.retailer).where(among(_d.dealer, "dealers"), _d.refused.is_(False)))
_DEALERS = Statement(
    select(_d.retailer, _d.dealer).where(_d.brand == bindparam("brand"), among(_d.retailer, "retailers"))
)
_FORGET = Statement(text("DELETE FROM national_dealer WHERE dealer = :dealer"))
_REFUSE = Statement(text("UPDATE national_dealer SET refused = :refused WHERE dealer = :dealer"))


class DealerNumber(NamedTuple):
    """A dealer (internal id) and İYS's retailerCode. ``refused``: named by hand, and unknown to İYS."""

    dealer: int
    retailer: int
    by_hand: bool
    refused: bool

    def __str__(self) -> str:
        """The number, and how it differs from one that was named by hand and that İYS knows."""
        return " ".join(
            [str(self.retailer), *([] if self.by_hand else ["learnt"]), *(["refused"] if self.refused else [])]
        )


class ChangedNumber(NamedTuple):
    """A dealer whose number changed. ``brand``: internal id; ``code``: the dealer's here."""

    brand: int
    code: int
    before: DealerNumber | None
    after: DealerNumber | None


class UnknownDealers(NamedTuple):
    """Dealers unknown to İYS: how many, and the first of them as "code title"."""

    total: int
    first: list[str]


def of_brand(snapshot: Snapshot, brand: int) -> list[DealerNumber]:
    rows = snapshot.all(_OF_BRAND, {"brand": brand})
    return [DealerNumber(dealer, code, bool(hand), bool(refused)) for dealer, code, hand, refused in rows]


def numbers(snapshot: Snapshot, dealers: Collection[int]) -> dict[int, int]:
    if not dealers:
        return {}
    return dict(snapshot.all(_CODES, {"dealers": snapshot.array(dealers)}))


def dealers(snapshot: Snapshot, brand: int, retailers: Collection[int]) -> dict[int, int]:
    if not retailers:
        return {}
    return dict(snapshot.all(_DEALERS, {"brand": brand, "retailers": snapshot.array(retailers)}))


def any_here(snapshot: Snapshot, brand: int) -> bool:
    return bool(companies.dealers(snapshot, brand))


def learn(
    transaction: Transaction, keyring: Keyring, brand: int, retailers: list[IysRetailer], due_at: int, whole: bool
) -> int:
    """Matches a brand's dealers with İYS's list; how many are known now. Numbers named by hand stay. ``whole``: the
    list is complete, so missing ones are unknown to İYS; ``due_at``: the next reading (µs)."""
    known = of_brand(transaction, brand)
    _, ours = dealer_records.page(transaction, keyring, brand, 0, MOST)
    by_hand = {one.dealer: one.retailer for one in known if one.by_hand}
    found = dealer_matches.match(
        [one for one in ours if one.id not in by_hand],
        [one for one in retailers if one.code not in by_hand.values()],
    )
    if whole:
        listed = {one.code for one in retailers}
        for one in known:
            if one.by_hand:
                _mark(transaction, one, refused=one.retailer not in listed)
    before = {one.dealer: one.retailer for one in known if not one.by_hand}
    _replace(transaction, brand, before, found if whole else found | before)
    national_brands.move(transaction, brand, dealers_due_at=national_brands.moment(due_at))
    return len(of_brand(transaction, brand))


def name(
    transaction: Transaction, keyring: Keyring, provider: int, dealer: str, retailer: int | None
) -> list[ChangedNumber]:
    """Sets İYS's number of a dealer, None: removes it. ``provider``: its number here; ``dealer``: its code here, or the
    provider's own. The changed numbers, also of the dealer that lost it. Errors: BadCompany."""
    brand, number = _ours(transaction, keyring, provider, dealer)
    before = {one.dealer: one for one in of_brand(transaction, brand)}
    if retailer is None:
        transaction.run(_FORGET, {"dealer": number})
    elif not 10_000_000 <= retailer <= 99_999_999:
        raise BadCompany("İYS's number of a dealer (retailerCode) has eight digits")
    else:
        for one in before.values():
            if one.retailer == retailer and one.by_hand and one.dealer != number:
                raise BadCompany(f"{retailer} is named for another dealer of the brand: forget it there first")
            if one.retailer == retailer or one.dealer == number:
                transaction.run(_FORGET, {"dealer": one.dealer})
        _add(transaction, [(number, brand, retailer, True, False)])
    after = {one.dealer: one for one in of_brand(transaction, brand)}
    other = [one for one in before | after if before.get(one) != after.get(one)]
    if not other:
        return []
    codes = {one.id: one.code for one in dealer_records.by_id(transaction, keyring, other)}
    return [ChangedNumber(brand, codes[one], before.get(one), after.get(one)) for one in other]


def refuse(transaction: Transaction, brand: int, retailer: int) -> None:
    """İYS does not know a sent number (H180): it is sent no more until its list has it."""
    for one in of_brand(transaction, brand):
        if one.retailer == retailer and one.by_hand:
            _mark(transaction, one, refused=True)
        elif one.retailer == retailer:
            transaction.run(_FORGET, {"dealer": one.dealer})


def unknown(snapshot: Snapshot, keyring: Keyring, brands: list[national_brands.SyncedBrand]) -> UnknownDealers:
    """These brands' dealers unknown to İYS, where its list was read."""
    missing: list[int] = []
    for brand in brands:
        if brand.dealers_due_at is not None:
            known = {one.dealer for one in of_brand(snapshot, brand.brand) if not one.refused}
            missing += sorted(set(companies.dealers(snapshot, brand.brand).values()) - known)
    shown: list[KnownDealer] = dealer_records.by_id(snapshot, keyring, missing[:NAMED]) if missing else []
    return UnknownDealers(len(missing), [f"{one.code} {one.title}" for one in shown])


def _ours(snapshot: Snapshot, keyring: Keyring, provider: int, dealer: str) -> tuple[int, int]:
    owner = companies.provider_id(snapshot, provider)
    if owner is None or accounts.of_provider(snapshot, keyring, owner) is None:
        raise BadCompany(f"provider {provider} has no account at İYS: izin iys add …")
    found = [
        (brand.id, number)
        for brand in companies.brands_of(snapshot, owner)
        if (number := companies.dealers(snapshot, brand.id).get(dealer.strip())) is not None
    ]
    if len(found) != 1:
        many = "more than one dealer" if found else "no dealer"
        raise BadCompany(f"{many} of provider {provider} has the code {dealer}: give its eight digits here")
    return found[0]


def _replace(transaction: Transaction, brand: int, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    for dealer, retailer in before.items():
        if after.get(dealer) != retailer:
            transaction.run(_FORGET, {"dealer": dealer})
    taken = {code for dealer, code in before.items() if after.get(dealer) == code}
    new = {dealer: code for dealer, code in after.items() if before.get(dealer) != code and code not in taken}
    _add(transaction, [(dealer, brand, code, False, False) for dealer, code in new.items()])


def _mark(transaction: Transaction, one: DealerNumber, *, refused: bool) -> None:
    if one.refused is not refused:
        transaction.run(_REFUSE, {"dealer": one.dealer, "refused": refused})


def _add(transaction: Transaction, rows: list[tuple[int, int, int, bool, bool]]) -> None:
    if rows:
        transaction.insert("national_dealer", "dealer,brand,retailer,by_hand,refused", rows)
