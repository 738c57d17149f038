"""A brand's standing refusals in order of recording, for its programs."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, or_, select

from consents.columns import micros
from consents.rules import RET
from consents.store import Snapshot, Statement, Value, table
from consents.tables.history_tables import CITIZENS, Act, BlanketWord, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

_event, _act = table(ConsentEvent), table(Act)
_consent, _recipient = table(Consent), table(RecipientRow)
_blanket = table(BlanketWord)
# Written out, because only then the partial index consent_event_own is used.
_FIRST: ColumnElement[int] = literal_column(str(CITIZENS))
# Values, not joins: else the planner may go through all that stands for the brand instead of to these keys.
_last_word = (
    select(_consent.c.citizen_event)
    .where(*(_consent.c[name] == _event.c[name] for name in ("recipient", "brand", "channel", "identity")))
    .scalar_subquery()
)
# A standing refusal is the word of the consents that its act reported to the brand; its row has a negative number.
_by_blanket = (
    select(-_blanket.c.id)
    .where(*(_blanket.c[name] == _event.c[name] for name in ("act", "channel", "identity")))
    .scalar_subquery()
)
_recorded_at = select(_act.c.recorded_at).where(_act.c.id == _event.c.act).scalar_subquery()
_sealed = select(_recipient.c.sealed).where(_recipient.c.id == _event.c.recipient).scalar_subquery()
_NAMED = (_event.c.id, _event.c.recipient, _event.c.channel, _event.c.identity, _event.c.source, _recorded_at, _sealed)


def _standing(*columns: Any, newest: bool = False) -> Select[Any]:
    return (
        select(*columns)
        .where(
            _event.c.brand == bindparam("brand"),
            _event.c.source >= _FIRST,
            _event.c.id > bindparam("after"),
            _event.c.id <= bindparam("last"),
            _event.c.status == literal_column(str(RET)),
            or_(_last_word == _event.c.id, _last_word == _by_blanket),
        )
        .order_by(_event.c.id.desc() if newest else _event.c.id)
        .limit(bindparam("most"))
    )


_STANDING = Statement(_standing(_event.c.id, _event.c.channel, _recorded_at))
_PEOPLE: Value[int] = Statement(_standing(_event.c.recipient))
_ROWS = Statement(_standing(*_NAMED))
_NEWEST = Statement(_standing(*_NAMED, newest=True))


class CitizenRefusal(NamedTuple):
    """By its event's number; the channel by code, ``recorded_at`` in µs."""

    event: int
    channel: int
    recorded_at: int


def of_brand(snapshot: Snapshot, brand: int, after: int, last: int, most: int) -> list[CitizenRefusal]:
    """At most ``most`` refusals of the registry's own sources after one event up to another, in order, without those
    undone or followed by another word of the citizen's."""
    values = {"brand": brand, "after": after, "last": last, "most": most}
    return [CitizenRefusal(event, channel, micros(at)) for event, channel, at in snapshot.all(_STANDING, values)]


class RefusalRow(NamedTuple):
    """A refusal with its person: terms by code, ``recorded_at`` in µs; ``sealed``: the encrypted address, or an erased
    person's digest."""

    event: int
    recipient: int
    channel: int
    identity: int
    source: int
    recorded_at: int
    sealed: bytes


def rows(snapshot: Snapshot, brand: int, after: int, last: int, most: int) -> list[RefusalRow]:
    """The same refusals as ``of_brand``, with their people."""
    return _rows(snapshot, _ROWS, {"brand": brand, "after": after, "last": last, "most": most})


def newest(snapshot: Snapshot, brand: int, after: int, last: int, most: int) -> list[RefusalRow]:
    """The same, the newest first."""
    return _rows(snapshot, _NEWEST, {"brand": brand, "after": after, "last": last, "most": most})


def _rows(snapshot: Snapshot, statement: Statement[Any], values: dict[str, int]) -> list[RefusalRow]:
    return [
        RefusalRow(event, recipient, channel, identity, source, micros(at), bytes(sealed))
        for event, recipient, channel, identity, source, at, sealed in snapshot.all(statement, values)
    ]


def people(snapshot: Snapshot, brand: int, after: int, last: int, most: int) -> list[int]:
    """The recipient of each of the same refusals."""
    return snapshot.column(_PEOPLE, {"brand": brand, "after": after, "last": last, "most": most})
