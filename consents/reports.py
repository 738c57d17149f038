"""What was recorded in a stretch of time, and what of it concerns one brand: a query over history.

Acts and events are numbered in the order in which they were recorded, without gaps. So a stretch of time is a range
of numbers, found by halving, and a brand's part of it is a range of an index: no table is searched through.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, false, func, select

from consents.columns import micros
from consents.history import PROVIDER
from consents.keys import Keyring
from consents.models import Act, ConsentEvent, Recipient
from consents.rules import ONAY, RET, Reconsent
from consents.siv import Batches
from consents.state import KEY
from consents.store import Snapshot, Statement

BATCH = 4000

_event = ConsentEvent.__table__  # type: ignore[attr-defined]
_act = Act.__table__  # type: ignore[attr-defined]
_recipient = Recipient.__table__  # type: ignore[attr-defined]
_earlier, _saying, _undo = _event.alias("earlier"), _act.alias("saying"), _act.alias("undo")

_LAST_ACT = Statement(select(func.max(_act.c.id)))
_RECORDED_AT = Statement(select(_act.c.recorded_at).where(_act.c.id == bindparam("act")))
_EVENTS = Statement(select(_act.c.first_event, _act.c.last_event).where(_act.c.id == bindparam("act")))

# Rule L4 as of the moment at which an event was recorded: of all that the citizen had said by then (without what had
# been undone by then, and without the announcements of undos) the latest is a RET, older than the event. At one moment
# a RET is later than an ONAY (rule L1), so the latest is a RET where none of the words is later than the last RET.
_last_word = func.max(_earlier.c.decided_at)
_last_refusal = func.max(case((_earlier.c.status == RET, _earlier.c.decided_at)))
_refused_before = (
    select(and_(_last_refusal == _last_word, _last_refusal < _event.c.decided_at))
    .select_from(_earlier.join(_saying, _saying.c.id == _earlier.c.act))
    .where(
        *(_earlier.c[name] == _event.c[name] for name in KEY.split(",")),
        _earlier.c.id < _event.c.id,
        _saying.c.actor != PROVIDER,
        _saying.c.undoes.is_(None),
        ~exists(select(1).where(_undo.c.undoes == _saying.c.id, _undo.c.id < _event.c.act)),
    )
    .correlate(_event, _act)
    .scalar_subquery()
)
_asked = case(
    (
        and_(_act.c.actor == PROVIDER, _event.c.status == ONAY, _act.c.undoes.is_(None)),
        func.coalesce(_refused_before, false()),
    ),
    else_=false(),
)


def _movements(pending: ColumnElement[bool]) -> Statement:
    return Statement(
        select(
            _event.c.id,
            _recipient.c.sealed,
            _act.c.recorded_at,
            _event.c.decided_at,
            _event.c.channel,
            _event.c.identity,
            _event.c.status,
            _event.c.source,
            pending,
        )
        .select_from(
            _event.join(_act, _act.c.id == _event.c.act).join(_recipient, _recipient.c.id == _event.c.recipient)
        )
        .where(_event.c.brand == bindparam("brand"), _event.c.id.between(bindparam("first"), bindparam("last")))
        .order_by(_event.c.id)
    )


_MOVEMENTS = {Reconsent.CONFIRM: _movements(_asked), Reconsent.ACCEPT: _movements(false())}


class Span(NamedTuple):
    """A stretch of time as the numbers of its events; ``last`` is ``first`` - 1 where it has none.

    ``closed``: something later has been recorded, so nothing can be added to it any more.
    """

    first: int
    last: int
    closed: bool


class Kind(NamedTuple):
    """What reports count movements by; all but ``pending`` by code. ``pending``: a provider's ONAY that waited for
    the citizen when it was recorded (rule L4)."""

    channel: int
    identity: int
    status: int
    source: int | None
    pending: bool


# (event, sealed address, recorded_at, decided_at, *Kind); times as stored: seconds since 1970 UTC, with fractions.
Row = tuple[Any, ...]
# (transaction id, address or None after an erasure, row)
Movement = tuple[str, str | None, Row]


def recorded(snapshot: Snapshot, start: int, end: int) -> Span:
    """What was recorded in [start, end), µs."""
    row = snapshot.one(_LAST_ACT)
    acts = range(1, (row[0] if row and row[0] else 0) + 1)
    before, until = (bisect_left(acts, moment, key=lambda act: _recorded_at(snapshot, act)) for moment in (start, end))
    if before == until:
        return Span(1, 0, closed=until < len(acts))
    return Span(_events(snapshot, before + 1)[0], _events(snapshot, until)[1], closed=until < len(acts))


def movements(snapshot: Snapshot, keyring: Keyring, brand: int, span: Span, reconsent: Reconsent) -> Iterator[Movement]:
    """A brand's movements, in the order of their numbers and so of ``recorded_at``; in flat memory.

    What is done later leaves them as they are; only an erasure takes the address away. Errors: keys.WrongKey.
    """
    batches = Batches(keyring)
    values = {"brand": brand, "first": span.first, "last": span.last}
    stream = snapshot.stream(_MOVEMENTS[reconsent], values)
    while rows := list(islice(stream, BATCH)):
        names = batches.transaction_ids([row[0] for row in rows])
        yield from zip(names, batches.addresses([row[1] for row in rows]), rows, strict=True)


def _recorded_at(snapshot: Snapshot, act: int) -> int:
    row = snapshot.one(_RECORDED_AT, {"act": act})
    assert row is not None, f"act {act} is missing"
    return micros(row[0])


def _events(snapshot: Snapshot, act: int) -> tuple[int, int]:
    row = snapshot.one(_EVENTS, {"act": act})
    assert row is not None, f"act {act} is missing"
    return row[0], row[1]
