"""The receipt of a citizen's act: what, when, by which door, and until when brands must stop."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from consents import blankets, history
from consents.blankets import BlanketPart
from consents.brands.book import BrandDirectory, BrandEntry
from consents.business_days import stop_by
from consents.history import PastAct
from consents.queries import stopping
from consents.rules import RET, Reconsent
from consents.store import Snapshot
from consents.terms import Actor, Door


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
    # What a standing refusal closed was open until then.
    ended = bool(refusals) if original.blankets is not None else bool(stopping.ended(snapshot, reconsent, refusals))
    return ActReceipt(
        past.id,
        past.recipient,
        past.door,
        past.recorded_at,
        past.undoes is not None,
        lines,
        taken_back.recorded_at if taken_back else None,
        stop_by(past.recorded_at) if stands and ended else None,
        blankets.of_act(snapshot, original.id) if original.blankets is not None else [],
    )
