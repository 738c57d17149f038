"""Movements of a brand in a stretch of time, as a range of event numbers, because acts and events are numbered in order
of recording without gaps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from consents.columns import micros
from consents.keys import Keyring
from consents.movement_counts import CODE
from consents.queries.pending_movements import DOUBTFUL, as_they_stood, who_spoke
from consents.queries.pending_movements import Row as Row
from consents.rules import Reconsent
from consents.store import Snapshot, Statement, Value, table
from consents.tables.history_tables import Act, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

BATCH = 1000
MANY = 4000  # movements from which on it pays to ask first who ever spoke to the brand

_event = table(ConsentEvent)
_act = table(Act)
_recipient = table(RecipientRow)
_of_act = _event.join(_act, _act.c.id == _event.c.act)

_LAST_ACT: Value[int | None] = Statement(select(func.max(_act.c.id)))
_RECORDED_AT: Value[float] = Statement(select(_act.c.recorded_at).where(_act.c.id == bindparam("act")))
_EVENTS: Statement[tuple[int, int]] = Statement(
    select(_act.c.first_event, _act.c.last_event).where(_act.c.id == bindparam("act"))
)

# The columns of a Row; the caller adds the condition and the order.
MOVEMENTS = select(
    _event.c.id,
    _recipient.c.sealed,
    _act.c.recorded_at,
    _event.c.decided_at,
    CODE,
    _event.c.recipient,
    DOUBTFUL,
).select_from(_of_act.join(_recipient, _recipient.c.id == _event.c.recipient))
_IN_SPAN: Statement[Row] = Statement(
    MOVEMENTS.where(
        _event.c.brand == bindparam("brand"), _event.c.id.between(bindparam("first"), bindparam("last"))
    ).order_by(_event.c.id)
)


_number, _sealed, _recorded = itemgetter(0), itemgetter(1), itemgetter(2)


class Span(NamedTuple):
    """A stretch of time as event numbers; ``last`` is ``first`` - 1 where it has none. ``closed``: something later was
    recorded, so it is final."""

    first: int
    last: int
    closed: bool


# (transaction id, address or None after an erasure, row)
Movement = tuple[str, str | None, Row]


def recorded(snapshot: Snapshot, start: int, end: int) -> Span:
    """Of [start, end), µs."""
    acts = _acts(snapshot)
    before, until = (bisect_left(acts, moment, key=lambda act: _recorded_at(snapshot, act)) for moment in (start, end))
    if before == until:
        return Span(1, 0, closed=until < len(acts))
    return Span(_events(snapshot, before + 1)[0], _events(snapshot, until)[1], closed=until < len(acts))


def recorded_before(snapshot: Snapshot, moment: int) -> int:
    """The last event recorded before ``moment`` (µs); 0 where there is none."""
    acts = _acts(snapshot)
    before = bisect_left(acts, moment, key=lambda act: _recorded_at(snapshot, act))
    return _events(snapshot, before)[1] if before else 0


def last_before(snapshot: Snapshot, moment: int) -> int | None:
    """When the last act before ``moment`` was recorded (µs)."""
    before = bisect_left(_acts(snapshot), moment, key=lambda act: _recorded_at(snapshot, act))
    return _recorded_at(snapshot, before) if before else None


def movements(snapshot: Snapshot, keyring: Keyring, brand: int, span: Span, reconsent: Reconsent) -> Iterator[Movement]:
    """A brand's movements, in order of recording, in flat memory; only an erasure changes them later. Errors:
    held_keys.WrongKey."""
    return chain.from_iterable(named(keyring, rows) for rows in batches(snapshot, brand, span, reconsent))


def batches(snapshot: Snapshot, brand: int, span: Span, reconsent: Reconsent) -> Iterator[Sequence[Row]]:
    many = reconsent is Reconsent.CONFIRM and span.last - span.first >= MANY
    spoke = who_spoke(snapshot, brand) if many else None
    stream = snapshot.stream(_IN_SPAN, {"brand": brand, "first": span.first, "last": span.last}, size=BATCH)
    while rows := list(islice(stream, BATCH)):
        yield as_they_stood(snapshot, brand, rows, reconsent, spoke)


def read(snapshot: Snapshot, keyring: Keyring, brand: int, rows: Sequence[Row], reconsent: Reconsent) -> list[Movement]:
    """Rows of ``MOVEMENTS`` as reported: with name, address, and what stood once each was recorded."""
    return list(named(keyring, as_they_stood(snapshot, brand, rows, reconsent)))


def named(keyring: Keyring, rows: Sequence[Row]) -> Iterator[Movement]:
    names = keyring.transaction_ids(map(_number, rows), map(int, map(_recorded, rows)))
    return zip(names, keyring.unseal_all([*map(_sealed, rows)]), rows, strict=True)


def _acts(snapshot: Snapshot) -> range:
    return range(1, (snapshot.value(_LAST_ACT) or 0) + 1)


def _recorded_at(snapshot: Snapshot, act: int) -> int:
    at = snapshot.value(_RECORDED_AT, {"act": act})
    assert at is not None, f"act {act} is missing"
    return micros(at)


def _events(snapshot: Snapshot, act: int) -> tuple[int, int]:
    events = snapshot.one(_EVENTS, {"act": act})
    assert events is not None, f"act {act} is missing"
    return events
