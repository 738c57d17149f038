"""Changes of a brand: its title, its names in an SMS, open or closed. A closed brand takes refusals only: its links,
numbers and names still refuse, and no ONAY is recorded (Z425)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select, update

from consents.brands import companies, company_changes
from consents.brands.companies import MOST_NAMES, BadCompany, KnownBrand, clean
from consents.brands.company_changes import Why
from consents.brands.sms_words import squeezed
from consents.brands.spelling import fold
from consents.columns import stored
from consents.store import Snapshot, Statement, Transaction, table
from consents.tables.company_tables import Brand, BrandName

_brand, _name = table(Brand), table(BrandName)
_this = _brand.c.id == bindparam("of")
_RENAME = Statement(update(_brand).where(_this).values(title=bindparam("called"), folded=bindparam("searched")))
_CLOSE = Statement(update(_brand).where(_this).values(closed_at=bindparam("at")))
_CLOSED = Statement(select(_brand.c.closed_at).where(_this))
_NAMES = Statement(
    select(_name.c.name, _name.c.header).where(_name.c.brand == bindparam("brand")).order_by(_name.c.name)
)
_ALL_NAMES = Statement(select(_name.c.name, _name.c.brand))
_FORGET = Statement(delete(_name).where(_name.c.brand == bindparam("brand"), _name.c.header == bindparam("header")))


def rename(transaction: Transaction, code: int, title: str, why: Why) -> None:
    """Errors: BadCompany."""
    brand, title = known(transaction, code), clean(title)
    transaction.run(_RENAME, {"of": brand.id, "called": title, "searched": fold(title)})
    _note(transaction, brand, "brand renamed", why, f"{brand.title} → {title}")


def close(transaction: Transaction, code: int, why: Why) -> None:
    """Errors: BadCompany."""
    brand = known(transaction, code)
    if is_closed(transaction, brand):
        raise BadCompany(f"brand {code} is closed", "state")
    transaction.run(_CLOSE, {"of": brand.id, "at": stored(transaction.now)})
    _note(transaction, brand, "brand closed", why)


def reopen(transaction: Transaction, code: int, why: Why) -> None:
    """Errors: BadCompany."""
    brand = known(transaction, code)
    if not is_closed(transaction, brand):
        raise BadCompany(f"brand {code} is open", "state")
    transaction.run(_CLOSE, {"of": brand.id, "at": None})
    _note(transaction, brand, "brand reopened", why)


def set_names(transaction: Transaction, code: int, names: Sequence[str], why: Why) -> None:
    """Replaces a brand's short names, at most three. Errors: BadCompany."""
    if len(names) > MOST_NAMES:
        raise BadCompany(f"a brand has at most {MOST_NAMES} short names", "name-many")
    _replace(transaction, code, names, why, header=False)


def set_headers(transaction: Transaction, code: int, headers: Sequence[str], why: Why) -> None:
    """Replaces a brand's registered SMS headers. Errors: BadCompany."""
    _replace(transaction, code, headers, why, header=True)


def names(snapshot: Snapshot, brand: int) -> tuple[list[str], list[str]]:
    rows = snapshot.all(_NAMES, {"brand": brand})
    return [name for name, header in rows if not header], [name for name, header in rows if header]


def named(snapshot: Snapshot, name: str) -> int | None:
    return next((brand for other, brand in snapshot.all(_ALL_NAMES) if is_same_name(other, name)), None)


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are the same in an SMS, which ignores blanks and dots."""
    return squeezed(fold(one)) == squeezed(fold(other))


def _replace(transaction: Transaction, code: int, given: Sequence[str], why: Why, *, header: bool) -> None:
    brand = known(transaction, code)
    before = names(transaction, brand.id)[header]
    transaction.run(_FORGET, {"brand": brand.id, "header": header})
    for text in given:
        companies.add_name(transaction, brand.id, text, header=header)
    after = names(transaction, brand.id)[header]
    what = "brand headers changed" if header else "brand names changed"
    _note(transaction, brand, what, why, f"{', '.join(before) or '-'} → {', '.join(after) or '-'}")


def known(snapshot: Snapshot, code: int) -> KnownBrand:
    brand = companies.known_brand(snapshot, code)
    if brand is None:
        raise BadCompany(f"there is no brand {code}")
    return brand


def is_closed(snapshot: Snapshot, brand: KnownBrand) -> bool:
    """Whether the brand itself is closed; its provider may be closed too."""
    return snapshot.value(_CLOSED, {"of": brand.id}) is not None


def _note(transaction: Transaction, brand: KnownBrand, what: str, why: Why, detail: str = "") -> None:
    company_changes.note(transaction, brand.provider, what, why, brand=brand.id, detail=detail)
