"""What was recorded in a stretch of time, and what of it concerns one brand: a query over history.

Acts and events are numbered in the order in which they were recorded, without gaps. So a stretch of time is a range
of numbers, found by halving, and a brand's part of it is a range of an index: no table is searched through.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, func, select

from consents.columns import micros
from consents.history import PROVIDER
from consents.keys import Keyring
from consents.models import Act, Consent, ConsentEvent, Recipient
from consents.rules import BEKLIYOR, ONAY, Reconsent, Word, latest, standing
from consents.store import Snapshot, Statement, among

BATCH = 4000

_event = ConsentEvent.__table__  # type: ignore[attr-defined]
_act = Act.__table__  # type: ignore[attr-defined]
_consent = Consent.__table__  # type: ignore[attr-defined]
_recipient = Recipient.__table__  # type: ignore[attr-defined]
_undo = _act.alias("undo")
_of_act = _event.join(_act, _act.c.id == _event.c.act)

_LAST_ACT = Statement(select(func.max(_act.c.id)))
_RECORDED_AT = Statement(select(_act.c.recorded_at).where(_act.c.id == bindparam("act")))
_EVENTS = Statement(select(_act.c.first_event, _act.c.last_event).where(_act.c.id == bindparam("act")))

_asking = and_(_act.c.actor == PROVIDER, _act.c.undoes.is_(None), _event.c.status == ONAY)
# What a Row is made of; whoever asks adds which ones, and their order.
MOVEMENTS = select(
    _event.c.id,
    _recipient.c.sealed,
    _act.c.recorded_at,
    _event.c.decided_at,
    *(_event.c[name] for name in ("channel", "identity", "status", "source", "recipient")),
    case((_asking, _act.c.id)),
).select_from(_of_act.join(_recipient, _recipient.c.id == _event.c.recipient))
_IN_SPAN = Statement(
    MOVEMENTS.where(
        _event.c.brand == bindparam("brand"), _event.c.id.between(bindparam("first"), bindparam("last"))
    ).order_by(_event.c.id)
)

# Most recipients never said anything to the brand themselves, and their history need not be read: who did has a last
# word in what stands, or took it back by an undo since.
_who_spoke = (
    select(_consent.c.recipient)
    .where(
        among(_consent.c.recipient, "recipients"),
        _consent.c.brand == bindparam("brand"),
        _consent.c.citizen_event.is_not(None),
    )
    .union_all(select(_act.c.recipient).where(among(_act.c.recipient, "recipients"), _act.c.undoes.is_not(None)))
)
_CITIZENS_WORDS = Statement(
    select(
        *(_event.c[name] for name in ("recipient", "channel", "identity", "status", "source", "decided_at", "id")),
        _undo.c.id,
    )
    .select_from(_of_act.outerjoin(_undo, _undo.c.undoes == _act.c.id))
    .where(
        _event.c.recipient.in_(_who_spoke),
        # "+ 0" keeps the planner from the brand's index, in which a brand's whole history would be searched.
        _event.c.brand + 0 == bindparam("brand"),
        _act.c.actor != PROVIDER,
        _act.c.undoes.is_(None),
    )
)


class Span(NamedTuple):
    """A stretch of time as the numbers of its events; ``last`` is ``first`` - 1 where it has none.

    ``closed``: something later has been recorded, so nothing can be added to it any more.
    """

    first: int
    last: int
    closed: bool


class Kind(NamedTuple):
    """What reports count movements by, in codes. ``status``: the word, or BEKLIYOR for a provider's ONAY that waited
    for the citizen when it was recorded (rule L4)."""

    channel: int
    identity: int
    status: int
    source: int | None


# (event, sealed address, recorded_at, decided_at, *Kind, recipient, the act where a provider says ONAY); times as
# stored: seconds since 1970 UTC, with fractions.
Row = tuple[Any, ...]
# (transaction id, address or None after an erasure, row)
Movement = tuple[str, str | None, Row]

# By (recipient, channel, identity): what the citizen said, each with the act that undid it.
_Words = Mapping[tuple[int, int, int], list[tuple[Word, int | None]]]


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
    return chain.from_iterable(batches(snapshot, keyring, brand, span, reconsent))


def batches(
    snapshot: Snapshot, keyring: Keyring, brand: int, span: Span, reconsent: Reconsent
) -> Iterator[list[Movement]]:
    """The same, some thousands at a time."""
    stream = snapshot.stream(_IN_SPAN, {"brand": brand, "first": span.first, "last": span.last}, size=BATCH)
    while rows := list(islice(stream, BATCH)):
        yield read(snapshot, keyring, brand, rows, reconsent)


def read(snapshot: Snapshot, keyring: Keyring, brand: int, rows: Sequence[Row], reconsent: Reconsent) -> list[Movement]:
    """Rows of ``MOVEMENTS`` as they are told: each with its name, its address, and BEKLIYOR for what waited."""
    if reconsent is Reconsent.CONFIRM:
        rows = _with_waiting(snapshot, brand, rows)
    name, unseal = keyring.transaction_id, keyring.unseal
    return [(name(row[0]), unseal(row[1]), row) for row in rows]


def _with_waiting(snapshot: Snapshot, brand: int, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows, with BEKLIYOR for what waited for the citizen."""
    asked = {row[8] for row in rows if row[9] is not None}
    words = _citizens_words(snapshot, brand, asked) if asked else {}
    if not words:
        return rows
    return [_as_it_stood(row, words.get((row[8], row[4], row[5]), ())) for row in rows]


def _citizens_words(snapshot: Snapshot, brand: int, recipients: set[int]) -> _Words:
    values = {"recipients": snapshot.array(sorted(recipients)), "brand": brand}
    words: _Words = defaultdict(list)
    for *key, status, source, decided_at, event, undone_by in snapshot.all(_CITIZENS_WORDS, values):
        words[tuple(key)].append((Word(status, source, micros(decided_at), None, event), undone_by))
    return words


def _as_it_stood(row: Row, words: Sequence[tuple[Word, int | None]]) -> Row:
    """Rules L1 and L4 over what had been said, and not undone, before this row was recorded."""
    event, act = row[0], row[9]
    if act is None or not words:
        return row
    said = [word for word, undone_by in words if word.event < event and (undone_by is None or undone_by > act)]
    citizen = reduce(latest, said, None)
    provider = Word(ONAY, row[7], micros(row[3]), None, event)
    stands = standing(citizen, provider, Reconsent.CONFIRM)
    return (*row[:6], BEKLIYOR, *row[7:]) if stands and stands.status == BEKLIYOR else row


def _recorded_at(snapshot: Snapshot, act: int) -> int:
    row = snapshot.one(_RECORDED_AT, {"act": act})
    assert row is not None, f"act {act} is missing"
    return micros(row[0])


def _events(snapshot: Snapshot, act: int) -> tuple[int, int]:
    row = snapshot.one(_EVENTS, {"act": act})
    assert row is not None, f"act {act} is missing"
    return row[0], row[1]
