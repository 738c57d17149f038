"""The lines of a list: one channel × identity of a brand as it stands for one recipient at one moment.

They are made of rows of table ``consent``. What a list asks of every row (status, section, filter) it asks of the
row itself, for a recipient may have thousands; lines are made for the page that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from consents import state
from consents.columns import micros
from consents.models import Act, Consent, ConsentEvent
from consents.rules import BEKLIYOR, ONAY, RET, WAITING
from consents.store import Snapshot, Statement, among

_consent = Consent.__table__.c  # type: ignore[attr-defined]
_event = ConsentEvent.__table__  # type: ignore[attr-defined]
_act = Act.__table__  # type: ignore[attr-defined]

Row = tuple[Any, ...]  # of state.columns, without the recipient
(BRAND, CHANNEL, IDENTITY, STATUS, _, _OWN_SOURCE, _OWN_AT, _OWN_EVENT) = range(8)
(_THEIR_SOURCE, _THEIR_AT, _THEIR_DEALER, _THEIR_EVENT) = range(9, 13)

_rows = (
    select(*state.columns[1:])
    .where(_consent.recipient == bindparam("recipient"))
    .order_by(_consent.brand, _consent.channel, _consent.identity)
)
_ALL = Statement(_rows)
_OF_BRANDS = Statement(_rows.where(among(_consent.brand, "brands")))
_RECORDED = Statement(
    select(_event.c.id, _act.c.recorded_at)
    .select_from(_event.join(_act, _act.c.id == _event.c.act))
    .where(among(_event.c.id, "events"))
)


class Asked(NamedTuple):
    """The provider's word that waits for the citizen (rule L4), and until when (µs)."""

    source: int | None
    at: int
    dealer: int | None
    until: int


class Line(NamedTuple):
    """One channel × identity of a brand. ``status`` by code, None: nobody has spoken; ``at`` in µs, 0: undated.

    The word told is the one in force; ``own``: the citizen's. ``veiled``: a refusal from before the time that the
    recipient asked to be hidden, so neither its source nor its date is told. ``twin_open``: this is refused, and the
    same channel still open under the other identity.
    """

    channel: int
    identity: int
    status: int | None = None
    own: bool = False
    source: int | None = None
    at: int = 0
    dealer: int | None = None
    event: int | None = None
    asked: Asked | None = None
    twin_open: bool = False
    veiled: bool = False


class Reading:
    """The rows of one recipient at one moment, ``now``: of all his brands or of those with these internal ids.

    ``since``: refusals from before it are veiled (somebody else held the address then).
    """

    def __init__(
        self, snapshot: Snapshot, recipient: int, now: int, since: int = 0, brands: Iterable[int] | None = None
    ) -> None:
        self.now, self.since = now, since
        if brands is None:
            self.rows = snapshot.all(_ALL, {"recipient": recipient})
        else:
            self.rows = snapshot.all(_OF_BRANDS, {"recipient": recipient, "brands": snapshot.array(brands)})
        asking = [row[_THEIR_EVENT] for row in self.rows if row[STATUS] == BEKLIYOR]
        recorded = snapshot.all(_RECORDED, {"events": snapshot.array(asking)}) if asking else []
        self.until = {event: micros(at) + WAITING for event, at in recorded}

    def status(self, row: Row) -> int:
        """What stands at this moment: after ``WAITING`` of silence a question has become the refusal (rule L4)."""
        if row[STATUS] == BEKLIYOR and self.until[row[_THEIR_EVENT]] <= self.now:
            return RET
        return int(row[STATUS])

    def rank(self, rows: Iterable[Row]) -> int:
        """The section a brand with these rows belongs to: 0 waits, 1 open, 2 refused."""
        found = set(map(self.status, rows))
        return 0 if BEKLIYOR in found else 1 if ONAY in found else 2

    def told(self) -> list[Row]:
        """The rows that are not veiled."""
        return [row for row in self.rows if not self.veiled(row)] if self.since else self.rows

    def veiled(self, row: Row) -> bool:
        return bool(self.since) and self.status(row) == RET and _in_force_at(row) < self.since

    def oldest(self) -> int:
        dated = [at for at in map(_in_force_at, self.told()) if at]
        return min(dated, default=0)

    def lines(self, rows: Iterable[Row], brand: Sequence[Row]) -> list[Line]:
        """Some rows of a brand as lines; ``brand``: all its rows."""
        open_twins = {(row[CHANNEL], 1 - row[IDENTITY]) for row in brand if row[STATUS] == ONAY}
        return [self.line(row, open_twins) for row in rows]

    def line(self, row: Row, open_twins: set[tuple[int, int]]) -> Line:
        channel, identity, status = row[CHANNEL], row[IDENTITY], self.status(row)
        twin_open = status == RET and (channel, identity) in open_twins
        if self.veiled(row):
            return Line(channel, identity, status, twin_open=twin_open, veiled=True)
        if not _own(row):
            at, dealer, event = micros(row[_THEIR_AT]), row[_THEIR_DEALER], row[_THEIR_EVENT]
            return Line(channel, identity, status, False, row[_THEIR_SOURCE], at, dealer, event, None, twin_open)
        asked = None
        if status == BEKLIYOR:
            until = self.until[row[_THEIR_EVENT]]
            asked = Asked(row[_THEIR_SOURCE], micros(row[_THEIR_AT]), row[_THEIR_DEALER], until)
        at, event = micros(row[_OWN_AT]), row[_OWN_EVENT]
        return Line(channel, identity, status, True, row[_OWN_SOURCE], at, None, event, asked, twin_open)


def _own(row: Row) -> bool:
    """Whether the word in force is the citizen's (consents/rules.py, ``Standing.in_force``)."""
    if row[_OWN_AT] is None or row[_THEIR_AT] is None:
        return row[_THEIR_AT] is None
    return bool(row[STATUS] == BEKLIYOR or row[_THEIR_AT] <= row[_OWN_AT])


def _in_force_at(row: Row) -> int:
    return micros(row[_OWN_AT] if _own(row) else row[_THEIR_AT])
