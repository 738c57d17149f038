"""Table ``handout``: the proof that a movement reached its provider (when it was stored, handed out, taken)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Transaction

_TAKEN = Statement(
    text(
        "UPDATE handout SET taken_at = :now WHERE brand = :brand AND way = 'feed' AND side = :side "
        "AND last_event <= :last AND taken_at IS NULL AND (channel IS NULL) = (:whole = 1) "
        "AND (:whole = 1 OR channel = :channel)"
    )
)
_OF_EVENT = Statement(
    text(
        "SELECT way, at, taken_at FROM handout WHERE brand = :brand AND :event BETWEEN first_event AND last_event "
        "AND (side IS NULL OR side = :side) AND (channel IS NULL OR channel = :channel) ORDER BY id"
    )
)


class Handout(NamedTuple):
    """That a movement was handed out: by ``way``, ``at``, taken ``taken_at`` or not known to be; µs."""

    way: str
    at: int
    taken_at: int | None


def note(
    transaction: Transaction,
    brand: int,
    way: str,
    first: int,
    last: int,
    *,
    side: str | None = None,
    channel: int | None = None,
    taken: bool = False,
) -> None:
    """Notes that the brand's movements among these events were handed out now, and taken where that is known."""
    now = stored(transaction.now)
    row = (transaction.numbers("handout"), brand, way, channel, side, first, last, now, now if taken else None)
    transaction.insert("handout", "id,brand,way,channel,side,first_event,last_event,at,taken_at", [row])


def taken(transaction: Transaction, brand: int, side: str, channel: int | None, last: int) -> int:
    """Notes that a program has read the feed up to this event, as it asks from there on; how many pages that ends.

    ``channel``: the pages of who may read this one alone; None: of who may read all.
    """
    whole, known = int(channel is None), -1 if channel is None else channel
    values = {"brand": brand, "side": side, "last": last, "now": stored(transaction.now)}
    return transaction.run(_TAKEN, {**values, "whole": whole, "channel": known})


def of_event(snapshot: Snapshot, brand: int, event: int, side: str, channel: int) -> list[Handout]:
    """Every time that an event was handed out, in order."""
    rows: Iterable[tuple[str, float, float | None]] = snapshot.all(
        _OF_EVENT, {"brand": brand, "event": event, "side": side, "channel": channel}
    )
    return [Handout(way, micros(at), None if then is None else micros(then)) for way, at, then in rows]
