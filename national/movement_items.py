"""Table ``national_item``: each event's way to İYS; addresses and words stay in history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal_column, select, text

from consents import reportable
from consents.columns import micros, optional_micros, stored
from consents.reportable import ReportableEvent
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, among, table
from national.tables import NationalItem

_item = table(NationalItem).c
_OPEN: ColumnElement[bool] = literal_column("state IN (0, 1, 4)")  # written out: only then the partial index is used


class ItemState(IntEnum):
    """WAITING for its turn; SENT, without a result yet; DONE; ESCALATED to a person; MERGING: İYS has a newer one."""

    WAITING = 0
    SENT = 1
    DONE = 2
    ESCALATED = 3
    MERGING = 4


OPEN = (ItemState.WAITING, ItemState.SENT, ItemState.MERGING)


class MovementItem(NamedTuple):
    """Moments in µs, ``at`` and ``not_before`` None where none was sent or required. ``event`` is negative where a
    consent is withdrawn (``withdraw``)."""

    event: int
    key: Key
    status: int
    said_at: int
    state: ItemState
    due_at: int
    source: int | None
    at: int | None
    not_before: int | None
    code: str | None
    tries: int
    batch: int | None
    place: int | None
    retailer: int | None
    sealed: bytes | None

    @property
    def of(self) -> int:
        return abs(self.event)

    @property
    def withdraws(self) -> bool:
        return self.event < 0


class HeldWord(NamedTuple):
    """What İYS holds of a key. ``at``: its date there (µs); ``ours``: the number of our item, None for another's."""

    at: int
    status: int
    ours: int | None


_COLUMNS = [_item[name] for name in ("event", *Key._fields, *MovementItem._fields[2:])]
_DUE = Statement(
    select(*_COLUMNS)
    .where(_item.brand == bindparam("brand"), literal_column("state = 0"), _item.due_at <= bindparam("now"))
    .order_by(_item.status, _item.event)  # refusals first
    .limit(bindparam("most"))
)
_OPEN_OF = Statement(
    select(*_COLUMNS)
    .where(among(_item.recipient, "recipients"), _item.brand == bindparam("brand"), _OPEN)
    .order_by(_item.event)
)
_ALL_OF = Statement(
    select(*_COLUMNS)
    .where(among(_item.recipient, "recipients"), _item.brand == bindparam("brand"))
    .order_by(_item.event)
)
_IN_BATCH = Statement(select(*_COLUMNS).where(_item.batch == bindparam("batch")).order_by(_item.place))
_MERGING = Statement(
    select(*_COLUMNS)
    .where(_item.brand == bindparam("brand"), literal_column("state = 4"), _item.due_at <= bindparam("now"))
    .order_by(_item.status, _item.event)
    .limit(bindparam("most"))
)
_BETWEEN = Statement(
    select(*_COLUMNS).where(_item.event.between(bindparam("first"), bindparam("last"))).order_by(_item.event)
)
_COLUMNS_OF_NEW = "event,brand,recipient,channel,identity,status,said_at,state,due_at,sealed,not_before"
_DROP = Statement(text("DELETE FROM national_item WHERE event = :event"))
_SEND = Statement(
    text(
        "UPDATE national_item SET state = 1, batch = :batch, place = :place, source = :source, at = :at, code = NULL, "
        "retailer = :retailer "
        "WHERE event = :event AND state = 0"
    )
)
_SETTLE = Statement(
    text(
        "UPDATE national_item SET state = :state, code = :code, due_at = :due, batch = NULL, tries = tries + :tried, "
        "settled_at = :settled, sealed = CASE WHEN :state = 2 THEN NULL ELSE sealed END, "
        "not_before = coalesce(:floor, not_before) WHERE event = :event"
    )
)
_RENEW = Statement(
    text(
        "UPDATE national_item SET state = 0, batch = NULL, due_at = :now, code = NULL, tries = 0, settled_at = NULL, "
        "not_before = :floor WHERE event = :event AND state IN (2, 4)"
    )
)
_AGAIN = Statement(
    text("UPDATE national_item SET state = 0, due_at = :now, tries = 0 WHERE brand = :brand AND state = 3")
)
_HOLD = Statement(text("UPDATE national_item SET sealed = :sealed WHERE recipient = :recipient AND state IN (0, 1, 4)"))
_REPORTED = Statement(text("SELECT state, code, settled_at FROM national_item WHERE event = :event"))


def add(transaction: Transaction, reported: ReportableEvent, due_at: int) -> None:
    """Queues an event; a known one is left as it is."""
    if transaction.one(_REPORTED, {"event": reported.event}) is None:
        _insert(transaction, reported, due_at, None, None)


def keep_address(transaction: Transaction, reported: ReportableEvent) -> None:
    """``add`` with the address of a person who is erased now, for their refusal."""
    if transaction.one(_REPORTED, {"event": reported.event}) is None:
        _insert(transaction, reported, reported.recorded_at, None, reported.sealed)


def hold_address(transaction: Transaction, recipient: int, sealed: bytes) -> None:
    """Keeps the address of a person who is erased with what is still on its way, until İYS has it."""
    transaction.run(_HOLD, {"recipient": recipient, "sealed": sealed})


def _insert(
    transaction: Transaction, reported: ReportableEvent, due: int, floor: int | None, sealed: bytes | None
) -> None:
    key = reported.key
    row = (
        reported.event, key.brand, key.recipient, key.channel, key.identity, reported.status,
        stored(reported.recorded_at), 0, stored(due), sealed, None if floor is None else stored(floor),
    )  # fmt: skip
    transaction.insert("national_item", _COLUMNS_OF_NEW, [row])


def drop(transaction: Transaction, event: int) -> None:
    transaction.run(_DROP, {"event": event})


def send(
    transaction: Transaction, event: int, batch: int, place: int, source: int | None, at: int, retailer: int | None
) -> None:
    values = {"event": event, "batch": batch, "place": place, "source": source, "at": stored(at)}
    transaction.run(_SEND, {**values, "retailer": retailer})


def settle(
    transaction: Transaction,
    event: int,
    state: ItemState,
    code: str | None,
    *,
    due_at: int = 0,
    tried: bool = False,
    at: int | None = None,
    not_before: int | None = None,
) -> None:
    """Sets an item's result; ``at``: when İYS stored it."""
    values = {"event": event, "state": int(state), "code": code, "due": stored(due_at), "tried": int(tried)}
    floor = None if not_before is None else stored(not_before)
    transaction.run(_SETTLE, {**values, "settled": None if at is None else stored(at), "floor": floor})


def withdraw(transaction: Transaction, reported: ReportableEvent, not_before: int | None) -> None:
    """Queues a refusal under the event's negative number, because İYS holds a consent that does not stand and whose end
    has no event. The first item stays, to recognise its movement."""
    if transaction.one(_REPORTED, {"event": -reported.event}) is None:
        refusal = reported._replace(event=-reported.event, status=RET, recorded_at=transaction.now)
        _insert(transaction, refusal, transaction.now, not_before, None)
    else:
        _renew(transaction, -reported.event, not_before)


def renew(transaction: Transaction, reported: ReportableEvent, *, not_before: int | None = None) -> None:
    """Queues an event again, or the first time, unless it is on its way or escalated."""
    if transaction.one(_REPORTED, {"event": reported.event}) is None:
        _insert(transaction, reported, transaction.now, not_before, None)
    else:
        _renew(transaction, reported.event, not_before)


def _renew(transaction: Transaction, event: int, not_before: int | None) -> None:
    floor = None if not_before is None else stored(not_before)
    transaction.run(_RENEW, {"event": event, "now": stored(transaction.now), "floor": floor})


def try_again(transaction: Transaction, brand: int) -> int:
    """Queues escalated items again; how many."""
    return transaction.run(_AGAIN, {"brand": brand, "now": stored(transaction.now)})


def due(snapshot: Snapshot, brand: int, now: int, most: int) -> list[MovementItem]:
    return _items(snapshot.all(_DUE, {"brand": brand, "now": stored(now), "most": most}))


def any_due(snapshot: Snapshot, brand: int, now: int) -> bool:
    return bool(due(snapshot, brand, now, 1))


def merging(snapshot: Snapshot, brand: int, now: int, most: int) -> list[MovementItem]:
    """Items that İYS refused for newer ones."""
    return _items(snapshot.all(_MERGING, {"brand": brand, "now": stored(now), "most": most}))


def open_of(snapshot: Snapshot, brand: int, recipients: Iterable[int]) -> list[MovementItem]:
    return _items(snapshot.all(_OPEN_OF, {"brand": brand, "recipients": snapshot.array(recipients)}))


def all_of(snapshot: Snapshot, brand: int, recipients: Iterable[int]) -> list[MovementItem]:
    return _items(snapshot.all(_ALL_OF, {"brand": brand, "recipients": snapshot.array(recipients)}))


def held(snapshot: Snapshot, key: Key, until: int | None = None) -> HeldWord | None:
    """The last word of a key, by its date (``until``: up to this one, µs), that İYS took from us (or may have) or
    showed us."""
    taken = (ItemState.SENT, ItemState.DONE)
    known = [
        HeldWord(item.at, item.status, item.event)
        for item in all_of(snapshot, key.brand, [key.recipient])
        if item.key == key and item.at is not None and item.state in taken and item.code is None
    ]
    known += [HeldWord(one.at, one.status, None) for one in reportable.relayed(snapshot, key)]
    return max((word for word in known if until is None or word.at <= until), key=lambda word: word.at, default=None)


def in_batch(snapshot: Snapshot, batch: int) -> list[MovementItem]:
    return _items(snapshot.all(_IN_BATCH, {"batch": batch}))


def between(snapshot: Snapshot, first: int, last: int) -> list[MovementItem]:
    return _items(snapshot.all(_BETWEEN, {"first": first, "last": last}))


def _items(rows: Sequence[tuple[Any, ...]]) -> list[MovementItem]:
    return [_item_of(*row) for row in rows]


def _item_of(*row: Any) -> MovementItem:
    event, recipient, brand, channel, identity, status, said_at, state, due_at, source, at, floor, *rest = row
    key, state = Key(recipient, brand, channel, identity), ItemState(state)
    said_at, due_at, at, floor = micros(said_at), micros(due_at), optional_micros(at), optional_micros(floor)
    return MovementItem(event, key, status, said_at, state, due_at, source, at, floor, *rest)
