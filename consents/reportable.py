"""Events of a brand that another registry must receive, each with its act, read by event numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select

from consents import state
from consents.columns import micros, optional_micros
from consents.rules import RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.history_tables import Act, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow
from consents.terms import Actor, Door

_event, _acts = table(ConsentEvent), table(Act)
_act, _undo, _undone = _acts.c, _acts.alias("undo"), _acts.alias("undone")
_recipient, _consent = table(RecipientRow), table(Consent)

_TOLD = select(
    *(
        _event.c[name]
        for name in ("id", "recipient", "brand", "channel", "identity", "status", "source", "decided_at", "dealer")
    ),
    _act.recorded_at,
    _act.actor,
    _act.door,
    _act.undoes,
    _undo.c.id,
    _recipient.c.sealed,
).select_from(
    _event.join(_acts, _act.id == _event.c.act)
    .join(_recipient, _recipient.c.id == _event.c.recipient)
    .outerjoin(_undo, _undo.c.undoes == _act.id)
)
_AFTER = Statement(
    _TOLD.where(_event.c.brand == bindparam("brand"), _event.c.id > bindparam("after"))
    .order_by(_event.c.id)
    .limit(bindparam("most"))
)
_OF = Statement(_TOLD.where(among(_event.c.id, "events")).order_by(_event.c.id))
_RELAYED = Statement(
    _TOLD.where(
        *(_event.c[name] == bindparam(name) for name in Key._fields),
        _act.door == literal_column(str(Door.SYNC.code)),
    ).order_by(_event.c.id)
)
_UNDONE = Statement(
    select(_undo.c.id, _undo.c.recorded_at, _undone.c.first_event, _undone.c.last_event)
    .select_from(_undo.join(_undone, _undone.c.id == _undo.c.undoes))
    .where(_undo.c.id > bindparam("after"), _undo.c.undoes.is_not(None))
    .order_by(_undo.c.id)
)
_LAST_ACT: Value[int] = Statement(select(_act.id).order_by(_act.id.desc()).limit(literal_column("1")))
_OLDEST: Value[float] = Statement(
    select(_act.recorded_at)
    .select_from(_event.join(_acts, _act.id == _event.c.act))
    .where(
        _event.c.brand == bindparam("brand"),
        _event.c.id > bindparam("after"),
        _event.c.status == literal_column(str(RET)),
        _act.actor != literal_column(str(Actor.REGISTRY.code)),
    )
    .order_by(_event.c.id)
    .limit(literal_column("1"))
)
# The rows first, from the index in its order, then their addresses: PostgreSQL would else read all of both tables.
_NEXT = (
    select(*state.columns)
    .where(_consent.c.brand == bindparam("brand"), _consent.c.recipient > bindparam("after"))
    .order_by(_consent.c.recipient)
    .limit(bindparam("most"))
    .subquery()
)
_STANDING = Statement(
    select(*_NEXT.c, _recipient.c.sealed)
    .select_from(_NEXT.join(_recipient, _recipient.c.id == _NEXT.c.recipient))
    .order_by(_NEXT.c.recipient)
)


_NEWEST: Value[int] = Statement(
    select(_event.c.id)
    .where(*(_event.c[name] == bindparam(name) for name in Key._fields))
    .order_by(_event.c.id.desc())
    .limit(literal_column("1"))
)


class ReportableEvent(NamedTuple):
    """An event and its act; terms by code, moments in µs. ``dealer``: who collected it (internal id); ``undoes``,
    ``undone_by``: acts; ``sealed``: the encrypted address."""

    event: int
    key: Key
    status: int
    source: int | None
    at: int
    dealer: int | None
    recorded_at: int
    actor: int
    door: int
    undoes: int | None
    undone_by: int | None
    sealed: bytes


class UndoneAct(NamedTuple):
    """An undo: its number, when (µs), and the events that left the fold."""

    act: int
    at: int
    first_event: int
    last_event: int


def after(snapshot: Snapshot, brand: int, event: int, most: int) -> list[ReportableEvent]:
    return list(map(_reportable, snapshot.all(_AFTER, {"brand": brand, "after": event, "most": most})))


def by_number(snapshot: Snapshot, events: Iterable[int]) -> dict[int, ReportableEvent]:
    rows = snapshot.all(_OF, {"events": snapshot.array(events)})
    return {found.event: found for found in map(_reportable, rows)}


def in_force(snapshot: Snapshot, key: Key, stands: Standing) -> ReportableEvent:
    """The event of what stands for a key; for a standing refusal (rule L13) the key's newest one."""
    event = stands.in_force().event
    if event < 0:
        newest = snapshot.value(_NEWEST, key._asdict())
        assert newest is not None, "where nobody has spoken nothing stands"
        event = newest
    return by_number(snapshot, [event])[event]


def relayed(snapshot: Snapshot, key: Key) -> list[ReportableEvent]:
    """What the national registry showed of a key."""
    return list(map(_reportable, snapshot.all(_RELAYED, key._asdict())))


def undone_since(snapshot: Snapshot, act: int) -> list[UndoneAct]:
    return [
        UndoneAct(number, micros(at), first, last) for number, at, first, last in snapshot.all(_UNDONE, {"after": act})
    ]


def last_act(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST_ACT) or 0


def oldest_refusal(snapshot: Snapshot, brand: int, event: int) -> int | None:
    """When the first refusal after an event was recorded (µs) that did not come from the national registry."""
    return optional_micros(snapshot.value(_OLDEST, {"brand": brand, "after": event}))


def standing(
    snapshot: Snapshot, brand: int, recipient: int, most: int
) -> tuple[list[tuple[Key, Standing, bytes]], int | None]:
    """What stands for a brand's recipients after one, with their encrypted addresses, and the last recipient (None at
    the end). About ``most`` rows, complete for each recipient."""
    rows = snapshot.all(_STANDING, {"brand": brand, "after": recipient, "most": most})
    found = [(*state.unpack(stands), sealed) for *stands, sealed in rows]
    if not found:
        return [], None
    (first, _, _), (last, _, _) = found[0], found[-1]
    if len(found) == most and first.recipient != last.recipient:
        found = [one for one in found if one[0].recipient != last.recipient]
    return found, found[-1][0].recipient


def _reportable(row: tuple[Any, ...]) -> ReportableEvent:
    event, recipient, brand, channel, identity, status, source, at, dealer, recorded_at, *rest = row
    key = Key(recipient, brand, channel, identity)
    return ReportableEvent(event, key, status, source, micros(at), dealer, micros(recorded_at), *rest)
