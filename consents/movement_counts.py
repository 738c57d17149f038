"""Tables ``movement_count`` and ``movements_counted``: a brand's movements by day, and the people who made them: each
once an act, whatever their identities, and once an act in all channels (``EVERY``). The worker counts events behind a
cursor. Undo acts are not counted, and the counts of a load end when it is taken back. Reports count by kind, as one
number, which is cheaper to fetch than four."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal_column, select, text

from consents.columns import micros
from consents.instants import day_of
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.tables.count_tables import MovementCount
from consents.terms import Actor, Channel

# What a citizen's RET counts as that disputes the ONAY it ends; the other codes are those of ``rules``.
DISPUTED = 3
EVERY = -1  # in place of a channel: people of all channels, without movements
SPAN = 20_000  # events of one turn: some ten milliseconds
_EPOCH = date(1970, 1, 1)
_count = table(MovementCount).c

_REACHED: Value[int] = Statement(text("SELECT event FROM movements_counted"))
_LAST: Value[int | None] = Statement(text("SELECT max(id) FROM consent_event"))
_STATUS = f"CASE WHEN a.disputed THEN {DISPUTED} ELSE e.status END"
_WITHIN = (
    "FROM consent_event e JOIN act a ON a.id = e.act "
    "WHERE e.id > :after AND e.id <= :until AND a.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM act u WHERE u.undoes = a.id AND u.upload IS NOT NULL) "
)
_PEOPLE = "count(DISTINCT e.recipient)"
_KINDS = Statement(
    text(
        f"SELECT a.recorded_at, e.brand, e.channel, {_STATUS} AS word, a.actor, a.door, count(*), {_PEOPLE} {_WITHIN}"
        "GROUP BY a.id, a.recorded_at, e.brand, e.channel, word, a.actor, a.door"
    )
)
_KINDS_OF_ALL = Statement(
    text(
        f"SELECT a.recorded_at, e.brand, {EVERY}, {_STATUS} AS word, a.actor, a.door, 0, {_PEOPLE} {_WITHIN}"
        "GROUP BY a.id, a.recorded_at, e.brand, word, a.actor, a.door"
    )
)
_END_OF_ACT: Value[int] = Statement(
    text("SELECT a.last_event FROM consent_event e JOIN act a ON a.id = e.act WHERE e.id = :event")
)
_MOVED = Statement(text("SELECT brand, max(id) FROM consent_event WHERE id > :after AND id <= :until GROUP BY brand"))
_OF_ACT = Statement(
    text(
        f"SELECT a.recorded_at, e.brand, e.channel, e.status, a.actor, a.door, count(*), {_PEOPLE} "
        "FROM act a JOIN consent_event e ON e.id BETWEEN a.first_event AND a.last_event "
        "WHERE a.id = :act AND e.id <= :reached "
        "GROUP BY a.recorded_at, e.brand, e.channel, e.status, a.actor, a.door"
    )
)
_OF_ACT_IN_ALL = Statement(
    text(
        f"SELECT a.recorded_at, e.brand, {EVERY}, e.status, a.actor, a.door, 0, {_PEOPLE} "
        "FROM act a JOIN consent_event e ON e.id BETWEEN a.first_event AND a.last_event "
        "WHERE a.id = :act AND e.id <= :reached "
        "GROUP BY a.recorded_at, e.brand, e.status, a.actor, a.door"
    )
)
_LAST_ACT: Value[int | None] = Statement(text("SELECT max(id) FROM act"))
_BACK_SINCE = Statement(text("SELECT 1 FROM act WHERE id > :act AND undoes IS NOT NULL AND upload IS NOT NULL LIMIT 1"))
_ADD = Statement(
    text(
        "INSERT INTO movement_count (brand, day, channel, status, own, door, movements, people) "
        "VALUES (:brand, :day, :channel, :status, :own, :door, :movements, :people) "
        "ON CONFLICT (brand, day, channel, status, own, door) "
        "DO UPDATE SET movements = movement_count.movements + excluded.movements, "
        "people = movement_count.people + excluded.people"
    )
)
_SET_MOVED = Statement(
    text(
        "INSERT INTO brand_counted (brand, moved, counted, took) VALUES (:brand, :moved, 0, 0) "
        "ON CONFLICT (brand) DO UPDATE SET moved = excluded.moved"
    )
)
_REACH = Statement(
    text(
        "INSERT INTO movements_counted (id, event) VALUES (1, :until) "
        "ON CONFLICT (id) DO UPDATE SET event = excluded.event"
    )
)
_SUMS = func.sum(_count.movements), func.sum(_count.people)
_BY_DAY = Statement(
    select(_count.day, _count.channel, _count.status, _count.own, _count.door, *_SUMS)
    .where(among(_count.brand, "brands"), _count.day.between(text(":first"), text(":last")))
    .group_by(_count.day, _count.channel, _count.status, _count.own, _count.door)
)

_OF_ALL = Statement(
    select(_count.day, _count.channel, _count.status, _count.own, _count.door, *_SUMS)
    .where(_count.day.between(text(":first"), text(":last")))
    .group_by(_count.day, _count.channel, _count.status, _count.own, _count.door)
)

_CHANNELS = 1 << max(channel.code for channel in Channel).bit_length()  # as many fit into a code
# Of tables consent_event and act. No source has the code 0.
CODE: ColumnElement[int] = literal_column(
    "(coalesce(consent_event.source, 0) * 4"
    f" + CASE WHEN act.disputed THEN {DISPUTED} ELSE consent_event.status END) * {2 * _CHANNELS}"
    f" + consent_event.identity * {_CHANNELS} + consent_event.channel"
)


class DayCount(NamedTuple):
    """Terms by code; ``channel``: or ``EVERY``; ``status``: RET, ONAY, or ``DISPUTED``. ``amount``: movements;
    ``people``: those who made them, each once an act."""

    day: date
    channel: int
    status: int
    own: bool
    door: int
    amount: int
    people: int = 0


class _Counted(NamedTuple):
    """By kind."""

    movements: Counter[_Kind]
    people: Counter[_Kind]


_Kind = tuple[int, int, int, int, bool, int]  # the key of table movement_count


def keep_up(registry: Registry) -> int:
    """Counts all events since the last time; how many. For a thread."""
    done = 0
    while span := registry.store.read_now(_next_span):
        counted, moved, last_act = registry.store.read_now(_counted, *span)
        if not registry.store.write_now(_keep, span, counted, moved, last_act):
            break  # another process counts, or a load was taken back meanwhile
        done += span[1] - span[0]
    return done


def take_away(transaction: Transaction, act: int) -> None:
    """Removes a load's act from the counts, in the transaction that takes it back; later counting skips it."""
    values = {"act": act, "reached": _reached(transaction)}
    rows = [row for statement in (_OF_ACT, _OF_ACT_IN_ALL) for row in transaction.all(statement, values)]
    _add(transaction, _by_kind(rows), -1)


def by_day(snapshot: Snapshot, brands: Sequence[int], first: date, last: date) -> list[DayCount]:
    values = {"brands": snapshot.array(brands), "first": _number(first), "last": _number(last)}
    return _day_counts(snapshot.all(_BY_DAY, values))


def of_all_by_day(snapshot: Snapshot, first: date, last: date) -> list[DayCount]:
    """Of all brands together; it reads a row a brand, day and kind of movement."""
    return _day_counts(snapshot.all(_OF_ALL, {"first": _number(first), "last": _number(last)}))


def _day_counts(rows: Iterable[tuple[Any, ...]]) -> list[DayCount]:
    return [
        DayCount(_EPOCH + timedelta(days=day), channel, status, bool(own), door, int(count), int(people))
        for day, channel, status, own, door, count, people in rows
    ]


def behind(snapshot: Snapshot) -> int:
    return _last(snapshot) - _reached(snapshot)


def _next_span(snapshot: Snapshot) -> tuple[int, int] | None:
    """The next events, to the end of an act: else somebody in it would be counted twice."""
    after, last = _reached(snapshot), _last(snapshot)
    if last <= after:
        return None
    return after, snapshot.value(_END_OF_ACT, {"event": min(last, after + SPAN)}) or last


def _counted(snapshot: Snapshot, after: int, until: int) -> tuple[_Counted, list[tuple[int, int]], int]:
    span = {"after": after, "until": until}
    rows = [row for statement in (_KINDS, _KINDS_OF_ALL) for row in snapshot.all(statement, span)]
    return _by_kind(rows), snapshot.all(_MOVED, span), _last_act(snapshot)


def _by_kind(rows: Iterable[tuple[Any, ...]]) -> _Counted:
    found = _Counted(Counter(), Counter())
    for at, brand, channel, status, actor, door, movements, people in rows:
        kind = brand, _number(day_of(micros(at))), channel, status, actor != Actor.PROVIDER.code, door
        found.movements[kind] += movements
        found.people[kind] += people
    return found


def _keep(
    transaction: Transaction,
    span: tuple[int, int],
    counted: _Counted,
    moved: Iterable[tuple[int, int]],
    last_act: int,
) -> bool:
    if _reached(transaction) != span[0] or transaction.one(_BACK_SINCE, {"act": last_act}) is not None:
        return False
    _add(transaction, counted)
    for brand, event in moved:
        transaction.run(_SET_MOVED, {"brand": brand, "moved": event})
    transaction.run(_REACH, {"until": span[1]})
    return True


def _add(transaction: Transaction, counted: _Counted, sign: int = 1) -> None:
    names = ("brand", "day", "channel", "status", "own", "door", "movements", "people")
    for kind, movements in counted.movements.items():
        values = (*kind, sign * movements, sign * counted.people[kind])
        transaction.run(_ADD, dict(zip(names, values, strict=True)))


def _last_act(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST_ACT) or 0


def _reached(snapshot: Snapshot) -> int:
    return snapshot.value(_REACHED) or 0


def _last(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST) or 0


def _number(day: date) -> int:
    return (day - _EPOCH).days


class MovementKind(NamedTuple):
    """Codes. ``status``: BEKLIYOR for a provider's ONAY that waited when it was recorded (rule L4); DISPUTED for a RET
    by which the citizen denies having given the ONAY."""

    channel: int
    identity: int
    status: int
    source: int | None

    @property
    def code(self) -> int:
        return ((self.source or 0) * 4 + self.status) * 2 * _CHANNELS + self.identity * _CHANNELS + self.channel


@lru_cache(maxsize=1024)
def kind_of(code: int) -> MovementKind:
    rest, channel = divmod(code, _CHANNELS)
    rest, identity = divmod(rest, 2)
    source, status = divmod(rest, 4)
    return MovementKind(channel, identity, status, source or None)
