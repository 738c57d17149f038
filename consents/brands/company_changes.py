"""Table ``company_change``: changes of providers and brands, by whom and why. Append-only."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Double, bindparam, func, insert, literal_column, select, update

from consents.brands.companies import BadCompany
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people import recipients
from consents.store import Snapshot, Statement, Transaction, Value, table
from consents.tables.company_tables import Brand, CompanyChange, Provider

SHELL = "operator"  # who types commands
_LONGEST = 500  # characters of a reason

_change = table(CompanyChange)
_brand, _provider = table(Brand).c, table(Provider).c
_INSERT = Statement(
    insert(_change).values(
        {name: bindparam(name) for name in ("provider", "brand", "what", "detail", "reason", "done_by", "at")}
    )
)
_OF_PROVIDER = Statement(
    select(_brand.code, _change.c.what, _change.c.detail, _change.c.reason, _change.c.done_by, _change.c.at)
    .join(_provider.id.table, _provider.id == _change.c.provider)
    .outerjoin(_brand.id.table, _brand.id == _change.c.brand)
    .where(_provider.code == bindparam("code"))
    .order_by(_change.c.id.desc())
    .limit(bindparam("most"))
)
_OLD: Value[int] = Statement(
    select(_change.c.id)
    .where(
        _change.c.id > bindparam("after"),
        _change.c.at < bindparam("before", type_=Double),
        func.length(_change.c.reason) > literal_column("0"),
    )
    .order_by(_change.c.id)
    .limit(bindparam("most"))
)
_FORGET = Statement(update(_change).where(_change.c.id == bindparam("number")).values(reason=b""))


class Why(NamedTuple):
    """Who requests a change, and why (stored encrypted). ``by``: a name without address, such as "person 12"."""

    keyring: Keyring
    reason: str
    by: str = SHELL


class Changed(NamedTuple):
    """A change. ``brand``: its brandCode, None where it is about the whole provider; ``at``: µs."""

    brand: int | None
    what: str
    detail: str
    reason: str
    by: str
    at: int


def note(
    transaction: Transaction, provider: int, what: str, why: Why, *, brand: int | None = None, detail: str = ""
) -> None:
    """Records a change in the transaction that makes it. Errors: BadCompany without a reason."""
    reason = checked(why.reason)
    transaction.run(
        _INSERT,
        {
            "provider": provider,
            "brand": brand,
            "what": what,
            "detail": detail,
            "reason": why.keyring.seal_data(reason.encode()),
            "done_by": why.by,
            "at": stored(transaction.now),
        },
    )


def checked(reason: str) -> str:
    """Errors: BadCompany for an empty or too long reason, and for one with somebody's number or e-mail."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > _LONGEST or not reason.isprintable():
        message = f"a reason of 1 to {_LONGEST} printable characters is needed: it stays with the change"
        raise BadCompany(message, "reason")
    if recipients.names_somebody(reason):
        raise BadCompany("a reason stays with the change: no phone number, e-mail or identity number", "reason-address")
    return reason


def opened(keyring: Keyring, sealed: bytes) -> str:
    """The reason; "" where it was destroyed."""
    return keyring.unseal_data(bytes(sealed)).decode() if sealed else ""


def old_reasons(snapshot: Snapshot, before: int, after: int, most: int) -> list[int]:
    """Changes before ``before`` (µs) whose reasons are kept, by number after ``after``."""
    return snapshot.column(_OLD, {"before": stored(before), "after": after, "most": most})


def forget_reason(transaction: Transaction, number: int) -> bool:
    return transaction.run(_FORGET, {"number": number}) == 1


def of_provider(snapshot: Snapshot, keyring: Keyring, code: int, most: int = 100) -> list[Changed]:
    """The latest changes of the provider with this iysCode, newest first."""
    rows = snapshot.all(_OF_PROVIDER, {"code": code, "most": most})
    return [
        Changed(brand, what, detail, opened(keyring, reason), by, micros(at))
        for brand, what, detail, reason, by, at in rows
    ]
