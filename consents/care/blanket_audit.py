"""Verifies standing refusals, and what stands of the consents that they cover (rule L13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, select

from consents import blankets, state
from consents.care import findings
from consents.rules import Reconsent, standing
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.history_tables import Act, BlanketWord
from consents.terms import Channel, Identity, Term

PAGE = 500  # recipients at once
ALL = (-(2**63) + 1, 2**63 - 1)  # numbers, first and last


def _number(term: Term) -> ColumnElement[int]:
    return literal_column(str(term.code))


_act = table(Act)
_blanket = table(BlanketWord)
_ENDS = Statement(select(func.count(), func.max(_blanket.c.id)).select_from(_blanket))
# A row without an act of its recipient that counts it.
_BAD = Statement(
    select(_blanket.c.id)
    .where(
        _blanket.c.act.between(bindparam("first"), bindparam("last")),
        ~exists().where(
            _act.c.id == _blanket.c.act,
            _act.c.recipient == _blanket.c.recipient,
            _act.c.blankets.is_not(None),
            _act.c.undoes.is_(None),
            or_(*(_blanket.c.channel == _number(term) for term in Channel)),
            or_(*(_blanket.c.identity == _number(term) for term in Identity)),
        ),
    )
    .order_by(_blanket.c.id)
    .limit(literal_column("1"))
)
_rows_of = select(func.count()).where(_blanket.c.act == _act.c.id).scalar_subquery()
_UNCOUNTED = Statement(
    select(_act.c.id)
    .where(
        _act.c.id.between(bindparam("first"), bindparam("last")),
        _act.c.blankets.is_not(None),
        or_(_act.c.blankets != _rows_of, _act.c.blankets < literal_column("1")),
    )
    .order_by(_act.c.id)
    .limit(literal_column("1"))
)
_PEOPLE: Value[int] = Statement(
    select(_blanket.c.recipient)
    .where(_blanket.c.recipient > bindparam("after"), _blanket.c.recipient <= bindparam("last"))
    .distinct()
    .order_by(_blanket.c.recipient)
    .limit(literal_column(str(PAGE)))
)
_OF_THEM: Value[int] = Statement(
    select(_blanket.c.recipient).where(among(_blanket.c.recipient, "people")).distinct().order_by(_blanket.c.recipient)
)


def faults(snapshot: Snapshot, reconsent: Reconsent) -> Iterator[str]:
    count, last = snapshot.one(_ENDS) or (0, None)
    if (last or 0) != count:
        yield f"there are {count} standing refusals, and the last has number {last}: some are missing"
    yield from of_acts(snapshot, *ALL)
    yield from between(snapshot, reconsent, *ALL)


def between(snapshot: Snapshot, reconsent: Reconsent, first: int, last: int) -> Iterator[str]:
    after = first - 1
    while people := snapshot.column(_PEOPLE, {"after": after, "last": last}):
        yield from _covered(snapshot, reconsent, people)
        after = people[-1]


def of_acts(snapshot: Snapshot, first: int, last: int) -> Iterator[str]:
    if (number := snapshot.value(_BAD, {"first": first, "last": last})) is not None:
        yield f"standing refusal {number} is of no act, or of another's"
    if (act := snapshot.value(_UNCOUNTED, {"first": first, "last": last})) is not None:
        yield f"act {act} has not as many standing refusals as it says"


def of_people(snapshot: Snapshot, reconsent: Reconsent, people: Sequence[int]) -> Iterator[str]:
    theirs = snapshot.column(_OF_THEM, {"people": snapshot.array(people)})
    yield from _covered(snapshot, reconsent, theirs)


def _covered(snapshot: Snapshot, reconsent: Reconsent, people: Sequence[int]) -> Iterator[str]:
    ahead = blankets.in_force(snapshot, people) if people else {}
    for recipient in people:
        for key, stands in state.of_recipient(snapshot, recipient).items():
            covering = ahead.get(blankets.covered_key(key))
            if stands.own is None and stands != standing(None, stands.provider, reconsent, covering):
                yield findings.of_key(snapshot, key, reconsent)
