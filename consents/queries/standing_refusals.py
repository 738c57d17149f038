"""A brand's standing refusals in order of recording, for its programs."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal_column, or_, select

from consents.columns import micros
from consents.rules import RET
from consents.store import Snapshot, Statement, table
from consents.tables.history_tables import CITIZENS, Act, BlanketWord, Consent, ConsentEvent

_event, _act = table(ConsentEvent), table(Act)
_consent = table(Consent)
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
_STANDING = Statement(
    select(_event.c.id, _event.c.channel, _recorded_at)
    .where(
        _event.c.brand == bindparam("brand"),
        _event.c.source >= _FIRST,
        _event.c.id > bindparam("after"),
        _event.c.id <= bindparam("last"),
        _event.c.status == literal_column(str(RET)),
        or_(_last_word == _event.c.id, _last_word == _by_blanket),
    )
    .order_by(_event.c.id)
    .limit(bindparam("most"))
)


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
