"""Whose consents a range of acts has touched: those must be verified again in full. An undo touches the people of the
undone act."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, literal_column, select

from consents.care import audit
from consents.store import Snapshot, Statement, Value, table
from consents.tables.history_tables import Act, ConsentEvent

PEOPLE = 1000  # at once
PAGE = 2048  # acts

_act = table(Act)
_event = table(ConsentEvent)
_undo = _act.alias("undo")

_OF_EVENTS: Value[int] = Statement(
    select(_event.c.recipient).where(_event.c.id.between(bindparam("first"), bindparam("last"))).distinct()
)
_OF_ACTS: Value[int] = Statement(
    select(_act.c.recipient)
    .where(_act.c.id.between(bindparam("first"), bindparam("last")), _act.c.recipient.is_not(None))
    .distinct()
)
_UNDONE = Statement(
    select(_undo.c.id, _act.c.first_event, _act.c.last_event, _act.c.recipient)
    .join_from(_undo, _act, _act.c.id == _undo.c.undoes)
    .where(_undo.c.id > bindparam("after"), _undo.c.id <= bindparam("last"))
    .order_by(_undo.c.id)
    .limit(literal_column(str(PAGE)))
)


def people(snapshot: Snapshot, acts: tuple[int, int], events: tuple[int, int]) -> Iterator[list[int]]:
    """The recipients that these acts and events (first and last of each) touched, in batches; may repeat."""
    for start in range(acts[0], acts[1] + 1, PAGE):
        end = min(acts[1], start + PAGE - 1)
        yield from _parted(set(snapshot.column(_OF_ACTS, {"first": start, "last": end})))
    yield from _of_events(snapshot, *events)
    after = acts[0] - 1
    while undone := snapshot.all(_UNDONE, {"after": after, "last": acts[1]}):
        yield from _parted({recipient for _, _, _, recipient in undone if recipient is not None})
        for _, first, last, _ in undone:
            yield from _of_events(snapshot, first, last)
        after = undone[-1][0]


def _of_events(snapshot: Snapshot, lowest: int, highest: int) -> Iterator[list[int]]:
    for first, last in audit.windows(snapshot, lowest, highest):
        yield from _parted(set(snapshot.column(_OF_EVENTS, {"first": first, "last": last})))


def _parted(found: set[int]) -> Iterator[list[int]]:
    ordered = sorted(found)
    for start in range(0, len(ordered), PEOPLE):
        yield ordered[start : start + PEOPLE]
