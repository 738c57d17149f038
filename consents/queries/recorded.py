"""When what was recorded: the registry's first act, a brand's first movement, single events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, literal_column, select

from consents.columns import micros, optional_micros
from consents.instants import day_of
from consents.queries.reports import Span
from consents.rules import ONAY
from consents.state import Key
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.company_tables import Brand
from consents.tables.history_tables import Act, BlanketWord, ConsentEvent
from consents.terms import Actor

_event, _act = table(ConsentEvent), table(Act)
_blanket = table(BlanketWord)
_brand = table(Brand).c
_of_act = _event.join(_act, _act.c.id == _event.c.act)
_ONE: ColumnElement[int] = literal_column("1")

_FIRST: Value[float] = Statement(select(_act.c.recorded_at).order_by(_act.c.id).limit(_ONE))
_FIRST_OF_BRAND: Value[float] = Statement(
    select(_act.c.recorded_at)
    .select_from(_of_act)
    .where(_event.c.brand == bindparam("of_brand"))
    .order_by(_event.c.brand, _event.c.id)
    .limit(_ONE)
)
_BRANDS: Value[int] = Statement(
    select(_brand.id)
    .join(_event, _event.c.brand == _brand.id)
    .where(_event.c.id.between(bindparam("first"), bindparam("last")))
    .distinct()
    .order_by(_brand.id)
)
_AT: Value[float] = Statement(select(_act.c.recorded_at).select_from(_of_act).where(_event.c.id == bindparam("event")))
_EVENTS = Statement(
    select(_event.c.id, _event.c.status, _event.c.act, _act.c.recorded_at)
    .select_from(_of_act)
    .where(among(_event.c.id, "events"))
)
_DAYS_OF_PERSON = Statement(
    select(_event.c.brand, _act.c.recorded_at)
    .select_from(_of_act)
    .where(_event.c.recipient == bindparam("recipient"))
    .distinct()
)
_MOVEMENT = Statement(
    select(_event.c.brand, _brand.code, _event.c.channel, _event.c.source, _event.c.act, _act.c.recorded_at)
    .select_from(_of_act.join(table(Brand), _brand.id == _event.c.brand))
    .where(_event.c.id == bindparam("event"))
)

_undoing = table(Act).alias("undoing")
_DECLARED = Statement(
    select(
        *(_event.c[name] for name in ("recipient", "brand", "channel", "identity", "status", "source", "decided_at")),
        *(_act.c[name] for name in ("actor", "recorded_at", "upload", "undoes", "id")),
        select(_undoing.c.id).where(_undoing.c.undoes == _act.c.id).scalar_subquery(),
    )
    .select_from(_of_act)
    .where(_event.c.id == bindparam("event"))
)


class PastEvent(NamedTuple):
    """Its status by code, its act, and when it was recorded (µs, İYS creationDate)."""

    status: int
    act: int
    recorded_at: int


class PastMovement(NamedTuple):
    """An event with its brand (internal id and brandCode); terms by code; ``recorded_at``: µs."""

    brand: int
    brand_code: int
    channel: int
    source: int | None
    act: int
    recorded_at: int


def days_of_person(snapshot: Snapshot, recipient: int) -> set[tuple[int, date]]:
    """(brand, day) on which a movement of this recipient was recorded; days in Türkiye."""
    rows = snapshot.all(_DAYS_OF_PERSON, {"recipient": recipient})
    return {(brand, day_of(micros(at))) for brand, at in rows}


class DeclaredOnay(NamedTuple):
    """An ONAY that a company declared; ``at``: when it was given, ``recorded_at``: µs; ``upload``: its load;
    ``taken_back``: it was undone."""

    event: int
    key: Key
    source: int | None
    at: int
    recorded_at: int
    upload: int | None
    act: int
    taken_back: bool


def moment_of(event: ColumnElement[int]) -> ScalarSelect[Any]:
    """For a query of another table: when this column's event was recorded, as stored; NULL without one."""
    return (
        select(_act.c.recorded_at)
        .select_from(_of_act)
        .where(_event.c.id == event)
        .correlate(event.table)
        .scalar_subquery()
    )


def moment_of_citizens(event: ColumnElement[int]) -> ColumnElement[Any]:
    """``moment_of`` a citizen's last word, which may be a standing refusal (consents/blankets.py)."""
    of_blanket = (
        select(_act.c.recorded_at)
        .select_from(_blanket.join(_act, _act.c.id == _blanket.c.act))
        .where(_blanket.c.id == -event)
        .correlate(event.table)
        .scalar_subquery()
    )
    return func.coalesce(moment_of(event), of_blanket)


def disputed(event: ColumnElement[int]) -> ScalarSelect[Any]:
    """For a query of another table: whether this column's event disputes what it ends; NULL where it does not."""
    return (
        select(_act.c.disputed)
        .select_from(_of_act)
        .where(_event.c.id == event)
        .correlate(event.table)
        .scalar_subquery()
    )


def first(snapshot: Snapshot) -> int | None:
    """µs; None where the registry has no act."""
    return optional_micros(snapshot.value(_FIRST))


def first_of(snapshot: Snapshot, brand: int) -> int | None:
    """µs; None where the brand has no movement."""
    return optional_micros(snapshot.value(_FIRST_OF_BRAND, {"of_brand": brand}))


def brands(snapshot: Snapshot, span: Span) -> list[int]:
    return snapshot.column(_BRANDS, {"first": span.first, "last": span.last})


def at(snapshot: Snapshot, event: int) -> int:
    """µs (İYS creationDate)."""
    at = snapshot.value(_AT, {"event": event})
    assert at is not None, f"event {event} is missing"
    return micros(at)


def events(snapshot: Snapshot, numbers: Iterable[int]) -> dict[int, PastEvent]:
    rows = snapshot.all(_EVENTS, {"events": snapshot.array(numbers)})
    return {number: PastEvent(status, act, micros(at)) for number, status, act, at in rows}


def movement(snapshot: Snapshot, event: int) -> PastMovement | None:
    if (row := snapshot.one(_MOVEMENT, {"event": event})) is None:
        return None
    in_brand, code, channel, source, act, recorded_at = row
    return PastMovement(in_brand, code, channel, source, act, micros(recorded_at))


def declared(snapshot: Snapshot, event: int) -> DeclaredOnay | None:
    """None for anything but a company's ONAY."""
    row = snapshot.one(_DECLARED, {"event": event}) if 0 < event < 2**63 else None
    if row is None:
        return None
    *key, status, source, at, actor, recorded_at, upload, undoes, act, undone = row
    if (status, actor, undoes) != (ONAY, Actor.PROVIDER.code, None):
        return None
    return DeclaredOnay(event, Key(*key), source, micros(at), micros(recorded_at), upload, act, undone is not None)
