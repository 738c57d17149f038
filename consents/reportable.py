"""Events of a brand that another registry must receive, each with its act, read by event numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, select

from consents import state
from consents.columns import micros
from consents.rules import RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, among, table
from consents.tables.history_tables import Act, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow
from consents.terms import Actor

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
_UNDONE = Statement(
    select(_undo.c.id, _undo.c.recorded_at, _undone.c.first_event, _undone.c.last_event)
    .select_from(_undo.join(_undone, _undone.c.id == _undo.c.undoes))
    .where(_undo.c.id > bindparam("after"), _undo.c.undoes.is_not(None))
    .order_by(_undo.c.id)
)
_LAST_ACT = Statement(select(_act.id).order_by(_act.id.desc()).limit(literal_column("1")), tuple[int])
_OLDEST = Statement(
    select(_act.recorded_at)
    .select_from(_event.join(_acts, _act.id == _event.c.act))
    .where(
        _event.c.brand == bindparam("brand"),
        _event.c.id > bindparam("after"),
        _event.c.status == literal_column(str(RET)),
        _act.actor != literal_column(str(Actor.REGISTRY.code)),
    )
    .order_by(_event.c.id)
    .limit(literal_column("1")),
    tuple[float],
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


_NEWEST = Statement(
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
    return [_reportable(*row) for row in snapshot.all(_AFTER, {"brand": brand, "after": event, "most": most})]


def by_number(snapshot: Snapshot, events: Iterable[int]) -> dict[int, ReportableEvent]:
    return {row[0]: _reportable(*row) for row in snapshot.all(_OF, {"events": snapshot.array(events)})}


def in_force(snapshot: Snapshot, key: Key, stands: Standing) -> ReportableEvent:
    """The event of what stands for a key; for a standing refusal (rule L13) the key's newest one."""
    event = stands.in_force().event
    if event < 0:
        row = snapshot.one(_NEWEST, key._asdict())
        assert row is not None, "where nobody has spoken nothing stands"
        event = row[0]
    return by_number(snapshot, [event])[event]


def undone_since(snapshot: Snapshot, act: int) -> list[UndoneAct]:
    return [
        UndoneAct(number, micros(at), first, last) for number, at, first, last in snapshot.all(_UNDONE, {"after": act})
    ]


def last_act(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST_ACT) or 0


def oldest_refusal(snapshot: Snapshot, brand: int, event: int) -> int | None:
    """When the first refusal after an event was recorded (µs) that did not come from the national registry."""
    at = snapshot.value(_OLDEST, {"brand": brand, "after": event})
    return None if at is None else micros(at)


def standing(
    snapshot: Snapshot, brand: int, recipient: int, most: int
) -> tuple[list[tuple[Key, Standing, bytes]], int | None]:
    """What stands for a brand's recipients after one, with their encrypted addresses, and the last recipient (None at
    the end). About ``most`` rows, complete for each recipient."""
    rows = snapshot.all(_STANDING, {"brand": brand, "after": recipient, "most": most})
    if len(rows) == most and rows[0][0] != rows[-1][0]:
        rows = [row for row in rows if row[0] != rows[-1][0]]
    found = [(*state.unpack(row[:-1]), bytes(row[-1])) for row in rows]
    return found, rows[-1][0] if rows else None


def _reportable(event: int, recipient: int, brand: int, channel: int, identity: int, *rest: object) -> ReportableEvent:
    status, source, at, dealer, recorded, actor, door, undoes, undone, sealed = rest
    key = Key(recipient, brand, channel, identity)
    given, kept = micros(at), micros(recorded)  # type: ignore[arg-type]
    return ReportableEvent(event, key, status, source, given, dealer, kept, actor, door, undoes, undone, bytes(sealed))  # type: ignore[arg-type,call-overload]
