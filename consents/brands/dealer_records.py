"""Tables ``dealer`` and ``dealer_detail`` (encrypted): the dealers of brands. A removed dealer keeps its row without
the detail, because its code is never given again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, null, select, update

from consents.brands import accesses, companies
from consents.brands.spelling import fold
from consents.columns import stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, among, table
from consents.tables.company_tables import Brand
from consents.tables.dealer_tables import Dealer, DealerDetail
from consents.tables.history_tables import ConsentEvent

ACTIVE, PASSIVE = "active", "passive"  # a dealer without a detail is active

_dealer, _detail = table(Dealer), table(DealerDetail)
_event, _brand = table(ConsentEvent).c, table(Brand).c

_HERE = (
    select(_dealer.c.id, _dealer.c.code, _dealer.c.title, _detail.c.status, _detail.c.sealed)
    .select_from(_dealer.outerjoin(_detail, _detail.c.dealer == _dealer.c.id))
    .where(_detail.c.gone_at.is_(None))
)
_OF_BRAND = _dealer.c.brand == bindparam("brand")
_PAGE = Statement(_HERE.where(_OF_BRAND).order_by(_dealer.c.id).limit(bindparam("limit")).offset(bindparam("offset")))
_SEARCHED = Statement(
    select(_dealer.c.id, _dealer.c.title, _dealer.c.external, _dealer.c.code)
    .select_from(_dealer.outerjoin(_detail, _detail.c.dealer == _dealer.c.id))
    .where(_detail.c.gone_at.is_(None), _OF_BRAND)
)
_BY_CODE = Statement(_HERE.where(_OF_BRAND, _dealer.c.code == bindparam("code")))
_BY_ID = Statement(_HERE.where(among(_dealer.c.id, "dealers")).order_by(_dealer.c.id))
_NAMED = Statement(select(_dealer.c.id, _dealer.c.code, _dealer.c.title).where(among(_dealer.c.id, "dealers")))
_TOTAL = Statement(select(func.count()).select_from(_HERE.where(_OF_BRAND).subquery()))
_OF_PROVIDER = Statement(
    _HERE.join(table(Brand), _brand.id == _dealer.c.brand).where(
        _brand.provider == bindparam("provider"), _dealer.c.id > bindparam("since"), _detail.c.sealed.is_not(None)
    )
)
_LAST_EVENT = Statement(select(func.max(_event.id)))
_LAST_DEALER = Statement(select(func.max(_dealer.c.id)))
_COLLECTED = Statement(select(exists().where(_event.brand == bindparam("brand"), _event.dealer == bindparam("dealer"))))
_COLLECTED_SINCE = Statement(
    select(exists().where(_event.id > bindparam("since"), _event.dealer == bindparam("dealer")))
)
_CHANGE = Statement(update(_dealer).where(_dealer.c.id == bindparam("of")).values(title=bindparam("called")))
_HOME: Statement[tuple[int, int]] = Statement(
    select(_dealer.c.brand, _brand.provider)
    .join(table(Brand), _brand.id == _dealer.c.brand)
    .where(_dealer.c.code == bindparam("code"))
)
_EXTERNALS = Statement(select(_dealer.c.id, _dealer.c.external).where(_OF_BRAND, _dealer.c.external.is_not(None)))
_SET_EXTERNAL = Statement(update(_dealer).where(_dealer.c.id == bindparam("dealer")).values(external=bindparam("own")))
_FREE = Statement(update(_dealer).where(_dealer.c.id == bindparam("dealer")).values(external=null()))


class KnownDealer(NamedTuple):
    """``id``: internal; ``code``: retailerCode; ``detail``: by İYS's names, may be empty."""

    id: int
    code: int
    title: str
    status: str
    detail: dict[str, Any]


class Clash(NamedTuple):
    """``field``: in which another dealer of the provider has the same value, None for no clash; ``other``: that dealer.
    ``seen``: the last dealer compared."""

    field: str | None
    other: KnownDealer | None
    seen: int


def page(snapshot: Snapshot, keyring: Keyring, brand: int, offset: int, limit: int) -> tuple[int, list[KnownDealer]]:
    total = snapshot.one(_TOTAL, {"brand": brand})
    rows = snapshot.all(_PAGE, {"brand": brand, "offset": offset, "limit": limit})
    return (total[0] if total else 0), [_unsealed(keyring, row) for row in rows]


def search(
    snapshot: Snapshot, keyring: Keyring, brand: int, words: str, offset: int, limit: int
) -> tuple[int, list[KnownDealer]]:
    """As ``page``, of the dealers whose title, own code or retailerCode has these words, by title. Reads the titles of
    all: databases fold Turkish letters in different ways."""
    typed = fold(words)
    found = [
        (fold(title), dealer)
        for dealer, *names in snapshot.all(_SEARCHED, {"brand": brand})
        if any(typed in fold(str(name)) for name in names if name is not None)
        for title in names[:1]
    ]
    numbers = [dealer for _, dealer in sorted(found)[offset : offset + limit]]
    by_number = {one.id: one for one in by_id(snapshot, keyring, numbers)}
    return len(found), [by_number[number] for number in numbers if number in by_number]


def find(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> KnownDealer | None:
    """The brand's dealer with this retailerCode; None where there is none, or no more."""
    row = snapshot.one(_BY_CODE, {"brand": brand, "code": code})
    return None if row is None else _unsealed(keyring, row)


def names(snapshot: Snapshot, dealers: Iterable[int]) -> dict[int, tuple[int, str]]:
    """(retailerCode, title) of dealers by internal id, also of removed ones."""
    found = snapshot.all(_NAMED, {"dealers": snapshot.array(dealers)})
    return {dealer: (code, title) for dealer, code, title in found}


def home(snapshot: Snapshot, code: int) -> tuple[int, int] | None:
    """Brand and provider (internal ids) of the dealer with this retailerCode."""
    return snapshot.one(_HOME, {"code": code})


def externals(snapshot: Snapshot, brand: int) -> dict[int, str]:
    return dict(snapshot.all(_EXTERNALS, {"brand": brand}))


def set_external(transaction: Transaction, brand: int, dealer: int, external: str | None) -> None:
    """Errors: BadCompany."""
    external = companies.own_code(external or "") or None
    if external is not None and companies.dealers(transaction, brand).get(external, dealer) != dealer:
        raise companies.BadCompany(
            f"the brand has a dealer with the code {external} already", "external-taken", external
        )
    transaction.run(_SET_EXTERNAL, {"dealer": dealer, "own": external})


def by_id(snapshot: Snapshot, keyring: Keyring, dealers: Iterable[int]) -> list[KnownDealer]:
    return [_unsealed(keyring, row) for row in snapshot.all(_BY_ID, {"dealers": snapshot.array(dealers)})]


def clash(
    snapshot: Snapshot,
    keyring: Keyring,
    provider: int,
    detail: Mapping[str, Any],
    fields: Iterable[str],
    since: int = 0,
) -> Clash:
    """Whether a dealer of the provider has the same value in one of these fields. Each detail is decrypted (some µs),
    so dealers up to ``since`` are not compared again."""
    last = snapshot.one(_LAST_DEALER)
    seen = last[0] or 0 if last else 0
    for row in snapshot.all(_OF_PROVIDER, {"provider": provider, "since": since}):
        other = _unsealed(keyring, row)
        for field in fields:
            if field in detail and detail[field] == other.detail.get(field):
                return Clash(field, other, seen)
    return Clash(None, None, seen)


def add(
    transaction: Transaction, keyring: Keyring, brand_code: int, title: str, status: str, detail: Mapping[str, Any]
) -> int:
    """Adds a dealer; returns its retailerCode. Errors: BadCompany."""
    added = companies.add_dealer(transaction, brand_code, title)
    transaction.insert("dealer_detail", "dealer,status,sealed", [(added.id, status, _sealed(keyring, detail))])
    return added.code


def change(transaction: Transaction, keyring: Keyring, dealer: KnownDealer) -> None:
    """Saves a dealer's title, status (active or passive) and detail. Errors: BadCompany."""
    if dealer.status not in (ACTIVE, PASSIVE):
        raise companies.BadCompany(f"a dealer is {ACTIVE} or {PASSIVE}", "dealer-status")
    transaction.run(_CHANGE, {"of": dealer.id, "called": companies.clean(dealer.title)})
    row = (dealer.id, dealer.status, _sealed(keyring, dealer.detail))
    transaction.upsert("dealer_detail", "dealer", "dealer,status,sealed", [row])


def collected(snapshot: Snapshot, brand: int, dealer: int) -> tuple[bool, int]:
    """Whether any word about the brand came through the dealer, and the last event examined; slow, for a thread."""
    last = snapshot.one(_LAST_EVENT)
    found = snapshot.one(_COLLECTED, {"brand": brand, "dealer": dealer})
    return bool(found and found[0]), (last[0] or 0 if last else 0)


def linked(snapshot: Snapshot, dealer: int, since: int) -> bool:
    """Whether a consent is linked to the dealer: by a word after event ``since``, or by any access."""
    found = snapshot.one(_COLLECTED_SINCE, {"dealer": dealer, "since": since})
    return bool(found and found[0]) or accesses.any_of(snapshot, dealer)


def remove(transaction: Transaction, keyring: Keyring, dealer: KnownDealer) -> None:
    """Removes a dealer to which nothing is linked, and deletes its detail."""
    row = (dealer.id, dealer.status, _sealed(keyring, {}), stored(transaction.now))
    transaction.upsert("dealer_detail", "dealer", "dealer,status,sealed,gone_at", [row])
    transaction.run(_FREE, {"dealer": dealer.id})  # the provider's own code may be another dealer's now


def _sealed(keyring: Keyring, detail: Mapping[str, Any]) -> bytes:
    return keyring.seal_data(json.dumps(detail, ensure_ascii=False).encode())


def _unsealed(keyring: Keyring, row: Sequence[Any]) -> KnownDealer:
    dealer, code, title, status, sealed = row
    detail = {} if sealed is None else json.loads(keyring.unseal_data(bytes(sealed)))
    return KnownDealer(dealer, code, title, status or ACTIVE, detail)
