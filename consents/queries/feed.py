"""Movements of a brand from any event on, a page at a time, and all of one consent."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal_column, or_, select

from consents.columns import micros
from consents.keys import Keyring
from consents.movement_counts import kind_of
from consents.queries import reports
from consents.queries.reports import Movement
from consents.rules import ERASED, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.history_tables import CITIZENS, Act, ConsentEvent
from consents.terms import Actor

_event = table(ConsentEvent).c
_earlier = table(ConsentEvent).alias("earlier")
_act = table(Act)
_act_of_earlier = _act.alias("act_of_earlier")
_FIRST: ColumnElement[int] = literal_column(str(CITIZENS))  # written out, because only then a partial index is used


class Side(Enum):
    """Who brought a movement (İYS ``source`` of the feed): the registry, or the provider itself."""

    IYS = "IYS"
    HS = "HS"


_SIDES: dict[Side, ColumnElement[bool]] = {
    Side.IYS: _event.source >= _FIRST,
    Side.HS: or_(_event.source < _FIRST, _event.source.is_(None)),
}
_PAGES = {
    side: Statement(
        reports.MOVEMENTS.where(
            _event.brand == bindparam("brand"),
            _event.id > bindparam("after"),
            among(_event.channel, "channels"),
            condition,
        )
        .order_by(_event.id)
        .limit(bindparam("most"))
    )
    for side, condition in _SIDES.items()
}
_OF_KEY = Statement(
    reports.MOVEMENTS.where(
        _event.recipient == bindparam("recipient"),
        # "+ 0" keeps the planner from the brand's index, in which a brand's whole history would be searched.
        _event.brand + 0 == bindparam("brand"),
        _event.channel == bindparam("channel"),
        _event.identity == bindparam("identity"),
    ).order_by(_event.id.desc())
)
# Of an erasure's movements among these: every earlier movement of the same consent, and when it was recorded.
_FORMER = Statement(
    select(_event.id, _earlier.c.id, _act_of_earlier.c.recorded_at)
    .join(_act, _act.c.id == _event.act)
    .join(_earlier, and_(*(_earlier.c[name] == _event[name] for name in ("recipient", "channel", "identity"))))
    .join(_act_of_earlier, _act_of_earlier.c.id == _earlier.c.act)
    .where(
        among(_event.id, "events"),
        _act.c.actor == literal_column(str(Actor.STAFF.code)),
        _earlier.c.brand + 0 == _event.brand,
        _earlier.c.id < _event.id,
    )
    .order_by(_event.id, _earlier.c.id)
)
_of_side = table(ConsentEvent).alias("brought_in")
_LAST: Value[int] = Statement(select(_event.id).order_by(_event.id.desc()).limit(literal_column("1")))


def brought_in(
    brand: ColumnElement[int], channel: ColumnElement[int], after: ColumnElement[int]
) -> ColumnElement[bool]:
    """For a query of another table: whether a brand has a movement of the side IYS on a channel after an event."""
    table = _of_side.c
    return exists().where(table.brand == brand, table.id > after, table.channel == channel, table.source >= _FIRST)


def page(
    snapshot: Snapshot,
    keyring: Keyring,
    reconsent: Reconsent,
    brand: int,
    side: Side,
    channels: Iterable[int],
    after: int,
    most: int,
) -> list[Movement]:
    """At most ``most`` movements of one side after event ``after``, in order."""
    values = {"brand": brand, "after": after, "channels": snapshot.array(channels), "most": most}
    return reports.read(snapshot, keyring, brand, snapshot.all(_PAGES[side], values), reconsent)


def of_key(snapshot: Snapshot, keyring: Keyring, reconsent: Reconsent, key: Key) -> list[Movement]:
    return reports.read(snapshot, keyring, key.brand, snapshot.all(_OF_KEY, key._asdict()), reconsent)


def former(snapshot: Snapshot, keyring: Keyring, movements: Iterable[Movement]) -> dict[int, list[str]]:
    """By event, for movements of an erasure: the transaction ids of the consent's earlier movements, by which a
    provider finds the person without an address (rule L15)."""
    nameless = [
        event
        for _, address, (event, _, _, _, kind, _, _) in movements
        if address is None and kind_of(kind).source == ERASED.code
    ]
    found: dict[int, list[str]] = {}
    if nameless:
        for event, earlier, recorded_at in snapshot.all(_FORMER, {"events": snapshot.array(nameless)}):
            found.setdefault(event, []).append(keyring.transaction_id(earlier, micros(recorded_at)))
    return found


def last_event(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST) or 0
