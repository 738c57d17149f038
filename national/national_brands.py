"""Tables ``national_brand`` and ``national_batch``: each brand's progress, and the lists on their way."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from consents import reportable
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.columns import micros, optional_micros, stored
from consents.queries import feed
from consents.store import Snapshot, Statement, Transaction, table
from national.tables import NationalBrand

_n, _codes = table(NationalBrand).c, companies.CODES.c
_UNREAD = Statement(text("UPDATE national_brand SET unread = unread + :movements WHERE brand = :brand"))
_KNOWN = Statement(text("SELECT 1 FROM national_brand WHERE brand = :brand"))
_ADD = Statement(text("INSERT INTO national_brand (brand, account) VALUES (:brand, :account)"))
_BATCHES = Statement(
    text("SELECT id, brand, request, made_at, due_at, tries FROM national_batch WHERE brand = :brand ORDER BY id")
)
_TAKEN = Statement(text("UPDATE national_batch SET request = :request, due_at = :due, tries = 0 WHERE id = :id"))
_POSTPONE = Statement(text("UPDATE national_batch SET due_at = :due, tries = tries + 1 WHERE id = :id"))
_END = Statement(text("DELETE FROM national_batch WHERE id = :id"))


class SyncedBrand(NamedTuple):
    """A brand's progress; ``code``: brandCode, moments in µs."""

    brand: int
    code: int
    account: int
    cursor: int
    act: int
    after_hs: str | None
    after_iys: str | None
    pulled_at: int | None
    compared_at: int | None
    compared_to: int
    checked_day: date | None
    differing_day: date | None
    sent_at: int | None
    pushed_at: int | None
    unread: int
    dealers_due_at: int | None


_OF_ACCOUNT = Statement(
    select(_n.brand, _codes.code, *(_n[name] for name in SyncedBrand._fields[2:]))
    .join(companies.CODES, _codes.brand == _n.brand)
    .where(_n.account == bindparam("account"))
    .order_by(_n.brand)
)


class SentBatch(NamedTuple):
    """A list on its way. ``request``: None while İYS has not answered."""

    id: int
    brand: int
    request: str | None
    made_at: int
    due_at: int
    tries: int


def missing(snapshot: Snapshot, provider: int) -> list[KnownBrand]:
    return [one for one in companies.brands_of(snapshot, provider) if not snapshot.one(_KNOWN, {"brand": one.id})]


def list_all(snapshot: Snapshot, provider: int) -> list[KnownBrand]:
    return companies.brands_of(snapshot, provider)


def unsynced(known: KnownBrand) -> SyncedBrand:
    return SyncedBrand(known.id, known.code, 0, 0, 0, None, None, None, None, 0, None, None, None, None, 0, None)


def is_synced(snapshot: Snapshot, brand: int) -> bool:
    return snapshot.one(_KNOWN, {"brand": brand}) is not None


def begin(transaction: Transaction, account: int, brand: int) -> None:
    if transaction.one(_KNOWN, {"brand": brand}) is None:
        transaction.run(_ADD, {"brand": brand, "account": account})


def of_account(snapshot: Snapshot, account: int) -> list[SyncedBrand]:
    return [_brand(*row) for row in snapshot.all(_OF_ACCOUNT, {"account": account})]


def move(transaction: Transaction, brand: int, **columns: Any) -> None:
    """Sets columns of a brand; moments as stored."""
    assert all(name.isidentifier() for name in columns)
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    transaction.run(Statement(text(f"UPDATE national_brand SET {sets} WHERE brand = :of")), {"of": brand, **columns})


def unread(transaction: Transaction, brand: int, movements: int) -> None:
    transaction.run(_UNREAD, {"brand": brand, "movements": movements})


def moment(at: int) -> float:
    """A moment (µs) as ``move`` takes it."""
    return stored(at)


def begin_here(transaction: Transaction, brand: int) -> None:
    """What was recorded until now was compared; later events are sent."""
    cursor, act = feed.last_event(transaction), reportable.last_act(transaction)
    move(transaction, brand, cursor=cursor, act=act)


def compare_again(transaction: Transaction, brand: int) -> None:
    move(transaction, brand, compared_to=0)


def add_batch(transaction: Transaction, brand: int) -> int:
    number, now = transaction.numbers("national_batch"), stored(transaction.now)
    transaction.insert("national_batch", "id,brand,made_at,due_at", [(number, brand, now, now)])
    return number


def batches(snapshot: Snapshot, brand: int) -> list[SentBatch]:
    return [
        SentBatch(number, of, request, micros(made), micros(due), tries)
        for number, of, request, made, due, tries in snapshot.all(_BATCHES, {"brand": brand})
    ]


def taken(transaction: Transaction, batch: SentBatch, request: str, due_at: int) -> None:
    """İYS accepted a list; its results are due at ``due_at`` (µs)."""
    transaction.run(_TAKEN, {"id": batch.id, "request": request, "due": stored(due_at)})
    move(transaction, batch.brand, sent_at=stored(transaction.now))


def postpone(transaction: Transaction, batch: int, due_at: int) -> None:
    transaction.run(_POSTPONE, {"id": batch, "due": stored(due_at)})


def end(transaction: Transaction, batch: int) -> None:
    transaction.run(_END, {"id": batch})


def _brand(*row: Any) -> SyncedBrand:
    *head, pulled, compared, compared_to, checked, differing, sent, pushed, unread, due = row
    moments = (pulled, compared, sent, pushed, due)
    read, met, handed, heard, dealers = (optional_micros(at) for at in moments)
    return SyncedBrand._make(
        [*head, read, met, compared_to, _day(checked), _day(differing), handed, heard, unread, dealers]
    )


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
