"""The receipt of a citizen's act: what, when, by which door, and until when brands must stop."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from consents import blankets, history
from consents.blankets import BlanketPart
from consents.brands.book import BrandDirectory, BrandEntry
from consents.business_days import stop_by
from consents.columns import micros, stored
from consents.history import PastAct
from consents.queries import stopping
from consents.rules import RET, Reconsent
from consents.store import Snapshot, Statement, Value, table
from consents.tables.history_tables import Act, ConsentEvent
from consents.terms import Actor, Door

PAGE = 20  # acts

_acts = table(Act)
_act, _event = _acts.c, table(ConsentEvent).c
_undo, _undone = _acts.alias("undo"), _acts.alias("undone")
_OWN = (
    _act.recipient == bindparam("recipient"),
    _act.actor == bindparam("citizen"),
    _act.recorded_at >= bindparam("since"),
)
_COUNT: Value[int] = Statement(select(func.count()).select_from(_acts).where(*_OWN))
# An undo's events only announce, so its brands are those of the act it undid.
_shown = (
    select(
        _act.id,
        _act.recorded_at,
        _act.door,
        _act.undoes,
        _undo.c.id.label("undone_by"),
        func.coalesce(_undone.c.blankets, _act.blankets).label("blankets"),
        func.coalesce(_undone.c.first_event, _act.first_event).label("first"),
        func.coalesce(_undone.c.last_event, _act.last_event).label("last"),
    )
    .select_from(_acts.outerjoin(_undo, _undo.c.undoes == _act.id).outerjoin(_undone, _undone.c.id == _act.undoes))
    .where(*_OWN)
    .order_by(_act.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
    .subquery("shown")
)
_LISTED = Statement(
    select(
        *[column for column in _shown.c if column.name not in ("first", "last")],
        func.count(_event.brand.distinct()),
        func.min(_event.brand),
        func.min(_event.status),
        func.min(_event.channel),
        func.max(_event.channel),
    )
    .select_from(_shown.outerjoin(table(ConsentEvent), _event.id.between(_shown.c.first, _shown.c.last)))
    .group_by(*_shown.c)
    .order_by(_shown.c.id.desc())
)


class ReceiptLine(NamedTuple):
    brand: BrandEntry
    channel: int
    identity: int
    status: int


class ActReceipt(NamedTuple):
    """Moments in µs. ``undo``: it undoes an earlier act, whose ``lines`` these are; ``ahead``: the standing refusals
    that it took or ended; ``taken_back_at``: when it was undone; ``stop``: the last day to obey its refusals, None
    without any, where no brand could send before, or after an undo."""

    act: int
    recipient: int
    door: Door
    recorded_at: int
    undo: bool
    lines: list[ReceiptLine]
    taken_back_at: int | None
    stop: date | None
    ahead: list[BlanketPart]

    @property
    def refused(self) -> bool:
        return any(line.status == RET for line in self.lines) or any(part.refuses for part in self.ahead)

    @property
    def brands(self) -> list[BrandEntry]:
        return list(dict.fromkeys(line.brand for line in self.lines))


class DoneAct(NamedTuple):
    """What an act did, for one sentence. ``undo``: it undid an act that did this; ``ahead``: it took (True) or ended
    (False) standing refusals; ``brands``: how many, ``brand``: the title of one; ``channel``: the only one, by code,
    None for several."""

    undo: bool
    refused: bool
    ahead: bool | None
    brands: int
    brand: str
    channel: int | None = None


class ListedAct(NamedTuple):
    """Moments in µs. ``taken_back``: it was undone."""

    act: int
    recorded_at: int
    door: Door
    done: DoneAct
    taken_back: bool


def listed(
    snapshot: Snapshot, book: BrandDirectory, recipient: int, since: int, page: int
) -> tuple[list[ListedAct], int, int]:
    """A page of the citizen's own acts since ``since`` (µs), newest first; (acts, page, pages)."""
    values = {"recipient": recipient, "citizen": Actor.CITIZEN.code, "since": stored(since)}
    pages = max(1, -(-(snapshot.value(_COUNT, values) or 0) // PAGE))
    page = min(max(page, 1), pages)
    rows = snapshot.all(_LISTED, {**values, "most": PAGE, "skipped": (page - 1) * PAGE})
    return [_listed(snapshot, book, *row) for row in rows], page, pages


def _listed(
    snapshot: Snapshot,
    book: BrandDirectory,
    act: int,
    recorded_at: float,
    door: int,
    undoes: int | None,
    undone_by: int | None,
    blankets_of: int | None,
    brands: int,
    brand: int | None,
    status: int | None,
    channel: int | None,
    last_channel: int | None,
) -> ListedAct:
    parts = blankets.of_act(snapshot, undoes or act) if blankets_of is not None else []
    done = DoneAct(
        undoes is not None,
        status == RET or any(part.refuses for part in parts),
        parts[0].refuses if parts else None,
        brands,
        "" if brand is None else book.by_id[brand].title,
        channel if channel == last_channel else None,
    )
    return ListedAct(act, micros(recorded_at), Door.of(door), done, undone_by is not None)


def citizens(snapshot: Snapshot, number: int | None) -> PastAct | None:
    past = history.act(snapshot, number) if number is not None else None
    return past if past is not None and past.actor is Actor.CITIZEN and past.recipient is not None else None


def get(snapshot: Snapshot, reconsent: Reconsent, book: BrandDirectory, past: PastAct) -> ActReceipt:
    assert past.recipient is not None  # a citizen's act has one
    original = history.act(snapshot, past.undoes) if past.undoes is not None else past
    assert original is not None  # an undo names the act it took back
    events = history.events_of(snapshot, original)
    lines = [
        ReceiptLine(book.by_id[event.key.brand], event.key.channel, event.key.identity, event.word.status)
        for event in events
    ]
    undoing = history.undone_by(snapshot, past.id)
    taken_back = history.act(snapshot, undoing) if undoing is not None else None
    refusals = {event.key: event.id for event in events if event.word.status == RET}
    stands = past.undoes is None and taken_back is None
    since = {} if original.blankets is not None else stopping.since(snapshot, reconsent, refusals)
    # What a standing refusal closed was open until then.
    ended = bool(refusals) if original.blankets is not None else bool(since)
    return ActReceipt(
        past.id,
        past.recipient,
        past.door,
        past.recorded_at,
        past.undoes is not None,
        lines,
        taken_back.recorded_at if taken_back else None,
        stop_by(min(past.recorded_at, max(since.values(), default=past.recorded_at))) if stands and ended else None,
        blankets.of_act(snapshot, original.id) if original.blankets is not None else [],
    )
