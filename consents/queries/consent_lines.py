"""The lines of a list: one channel × identity of a brand for one recipient. Filters run on the rows of table
``consent``, because a recipient may have thousands; lines are made for the page shown only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, literal_column, select

from consents import blankets
from consents.columns import micros, stored
from consents.rules import BEKLIYOR, ONAY, RET, WAITING
from consents.store import Snapshot, Statement, among, table
from consents.tables.history_tables import Act, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientView
from consents.terms import Actor, Door

_consent = table(Consent).c
_event = table(ConsentEvent)
_act = table(Act)
_view = table(RecipientView).c

Row = tuple[Any, ...]  # of _COLUMNS, and when a word that waits was recorded
_COLUMNS = (
    "brand,channel,identity,status,citizen_source,citizen_at,citizen_event,"
    "provider_source,provider_at,provider_dealer,provider_event,provider_status"
)
BRAND, CHANNEL, IDENTITY, STATUS, _, _OWN_AT, _OWN_EVENT, _, _THEIR_AT, _, _THEIR_EVENT, _, _ASKED_AT = range(13)
_COVERED = itemgetter(CHANNEL, IDENTITY, _OWN_EVENT)

_recorded_at = (
    select(_act.c.recorded_at)
    .select_from(_event.join(_act, _act.c.id == _event.c.act))
    .where(_event.c.id == _consent.provider_event)
    .scalar_subquery()
)
_rows = (
    select(
        *(_consent[name] for name in _COLUMNS.split(",")),
        case((_consent.status == literal_column(str(BEKLIYOR)), _recorded_at)),  # of few rows, else of none
    )
    .where(_consent.recipient == bindparam("recipient"))
    .order_by(_consent.brand, _consent.channel, _consent.identity)
)
_ALL = Statement(_rows)
_SHOWN = Statement(
    _rows.add_columns(select(_view.hidden_before).where(_view.recipient == bindparam("recipient")).scalar_subquery())
)
_OF_BRANDS = Statement(_rows.where(among(_consent.brand, "brands")))


class PendingWord(NamedTuple):
    """The provider's word that waits for the citizen (rule L4), and until when (µs)."""

    source: int | None
    at: int
    dealer: int | None
    until: int


class CoveredRefusal(NamedTuple):
    """A company's refusal that a standing refusal covers; ``at``: µs, 0 = undated."""

    source: int | None
    at: int
    dealer: int | None


class WordOrigin(NamedTuple):
    """Who recorded the citizen's word, and how. ``erased``: the operator, when the person was erased (rule L15)."""

    actor: Actor
    door: Door
    erased: bool = False


class ConsentLine(NamedTuple):
    """``status`` by code, None without any word; ``at`` in µs, 0: undated; ``own``: the citizen's word; ``veiled``:
    from before the hidden time, so neither source nor date is shown; ``twin_open``: refused here, open under the other
    identity. On some lists only: ``how`` the citizen spoke; ``ended``: their refusal ended a permission, given once
    more, first at ``ended_at`` (µs); ``check_by``: the last day to check a transition's record. ``declared``: a
    company's newer ONAY waits behind a standing refusal, which answers it. ``covered``: the company's refusal that
    stood before the standing one."""

    channel: int
    identity: int
    status: int | None = None
    own: bool = False
    source: int | None = None
    at: int = 0
    dealer: int | None = None
    event: int | None = None
    asked: PendingWord | None = None
    twin_open: bool = False
    veiled: bool = False
    how: WordOrigin | None = None
    ended: bool = False
    ended_at: int | None = None
    check_by: date | None = None
    declared: bool = False
    covered: CoveredRefusal | None = None

    @property
    def since(self) -> int:
        """When what stands was first given (µs): a standing refusal of later does not change the day of a refusal."""
        return self.covered.at if self.covered is not None else self.at

    @property
    def ahead(self) -> bool:
        """Whether it rests on a standing refusal (rule L13)."""
        return self.event is not None and self.event < 0


class RecipientRows:
    """The rows of one recipient at ``now``, of all brands or of these, in one question. ``since``: refusals from before
    it are veiled; None: as the address' holder asked (consents/people/new_holder.py). ``answered``: a standing refusal
    answers what waits, as the holder sees it; else it waits, as a company sees it."""

    def __init__(
        self,
        snapshot: Snapshot,
        recipient: int,
        now: int,
        since: int | None = 0,
        brands: Iterable[int] | None = None,
        *,
        answered: bool = True,
    ) -> None:
        if since is None:
            self.rows = snapshot.all(_SHOWN, {"recipient": recipient})
            hidden = self.rows[0][-1] if self.rows else None
            since = 0 if hidden is None else micros(hidden)
        elif brands is None:
            self.rows = snapshot.all(_ALL, {"recipient": recipient})
        else:
            self.rows = snapshot.all(_OF_BRANDS, {"recipient": recipient, "brands": snapshot.array(brands)})
        self.now, self.since = now, stored(since)
        waiting = [row for row in self.rows if row[STATUS] == BEKLIYOR]
        self.until = {row[_THEIR_EVENT]: micros(row[_ASKED_AT]) + WAITING for row in waiting}
        self.answered = answered
        own = answered and any(event >= 0 for _, _, event in map(_COVERED, waiting))  # the others name it themselves
        self.closed = {covered[1:] for covered in blankets.in_force(snapshot, [recipient] if own else [])}

    def status(self, row: Row) -> int:
        """A question has become the refusal after ``WAITING`` of silence, and where a standing refusal covers it (rule
        L4)."""
        status: int = row[STATUS]
        if status != BEKLIYOR:
            return status
        return RET if self._answered(row) or self.until[row[_THEIR_EVENT]] <= self.now else status

    def _answered(self, row: Row) -> bool:
        channel, identity, event = _COVERED(row)
        return self.answered and (event < 0 or (channel, identity) in self.closed)

    def rank(self, rows: Iterable[Row]) -> int:
        """The section of a brand with these rows: 0 only asks, 1 may reach the recipient, 2 refused."""
        found = set(map(self.status, rows)) if self.until else {row[STATUS] for row in rows}
        return 1 if ONAY in found else 0 if BEKLIYOR in found else 2

    def fits(self, row: Row, after: int | float, *, own: bool) -> bool:
        """Whether the word in force was given at or after ``after`` (as stored), and by the recipient where ``own``."""
        his = _own(row)
        return ((row[_OWN_AT] if his else row[_THEIR_AT]) or 0) >= after and (his or not own)

    def newest(self, rows: Iterable[Row]) -> int | float:
        """When the last word was given, as stored; 0 where none is dated."""
        return max(at or 0 for row in rows for at in (row[_OWN_AT], row[_THEIR_AT]))

    def visible(self) -> list[Row]:
        return [row for row in self.rows if not self.veiled(row)] if self.since else self.rows

    def veiled(self, row: Row) -> bool:
        at = row[_OWN_AT] if _own(row) else row[_THEIR_AT]
        return self.since > 0 and at < self.since and self.status(row) == RET

    def oldest(self) -> int:
        return micros(min((at for row in self.visible() for at in (row[_OWN_AT], row[_THEIR_AT]) if at), default=0))

    def lines(self, rows: Iterable[Row], brand: Sequence[Row]) -> list[ConsentLine]:
        twins = {(row[CHANNEL], 1 - row[IDENTITY]) for row in brand if row[STATUS] == ONAY}
        return [self._line(row, twins) for row in rows]

    def _line(self, row: Row, twins: set[tuple[int, int]]) -> ConsentLine:
        _, channel, identity, status, source, at, event, their_source, their_at, dealer, their_event, theirs = row[
            :_ASKED_AT
        ]
        asked, declared = None, False
        if status == BEKLIYOR:
            status, declared = self.status(row), self._answered(row)
            if status == BEKLIYOR:
                asked = PendingWord(their_source, micros(their_at), dealer, self.until[their_event])
        twin_open = status == RET and (channel, identity) in twins
        if self.since and self.veiled(row):
            return ConsentLine(channel, identity, status, twin_open=twin_open, veiled=True)
        if _own(row):
            line = ConsentLine(channel, identity, status, True, source, micros(at), None, event, asked, twin_open)
            if line.ahead and theirs == RET and their_at >= self.since:
                return line._replace(covered=CoveredRefusal(their_source, micros(their_at), dealer))
            return line._replace(declared=True) if declared else line
        return ConsentLine(
            channel, identity, status, False, their_source, micros(their_at), dealer, their_event, None, twin_open
        )


def _own(row: Row) -> bool:
    """Whether the word in force is the citizen's (consents/rules.py, ``Standing.in_force``)."""
    if row[_OWN_AT] is None or row[_THEIR_AT] is None:
        return row[_THEIR_AT] is None
    return bool(row[STATUS] == BEKLIYOR or row[_THEIR_AT] <= row[_OWN_AT])
