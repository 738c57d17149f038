"""Movements of a brand from any event on, a page at a time; of one consent, all. The same rows as the day's report."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from sqlalchemy import ColumnElement, bindparam, literal_column, or_, select

from consents import reports
from consents.keys import Keyring
from consents.models import CITIZENS, ConsentEvent
from consents.reports import Movement
from consents.rules import Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, among

_event = ConsentEvent.__table__.c  # type: ignore[attr-defined]
_FIRST: ColumnElement[int] = literal_column(str(CITIZENS))  # written out, for only so a partial index is seen to fit


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
_LAST = Statement(select(_event.id).order_by(_event.id.desc()).limit(literal_column("1")))


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
    """At most ``most`` movements of one side on these channels after event number ``after``, in order."""
    values = {"brand": brand, "after": after, "channels": snapshot.array(channels), "most": most}
    return reports.read(snapshot, keyring, brand, snapshot.all(_PAGES[side], values), reconsent)


def of_key(snapshot: Snapshot, keyring: Keyring, reconsent: Reconsent, key: Key) -> list[Movement]:
    """All movements of one consent, the last one first (rule L14)."""
    return reports.read(snapshot, keyring, key.brand, snapshot.all(_OF_KEY, key._asdict()), reconsent)


def last_event(snapshot: Snapshot) -> int:
    """The number of the event that was recorded last; 0 where there is none."""
    row = snapshot.one(_LAST)
    return int(row[0]) if row else 0
