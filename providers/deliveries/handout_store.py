"""Table ``handout``: the proof that a movement reached its provider (stored, handed out, taken), recorded once for each
program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import text

from consents import history
from consents.columns import micros, optional_micros, stored
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Channel

FEED, PUSH, FILE = "feed", "push", "file"

_READ = "handout WHERE brand = :brand AND reader = :reader AND side = :side AND way = 'feed'"
_PAGES = f"{_READ} AND (channel IS NULL) = (:whole = 1) AND (:whole = 1 OR channel = :channel)"
# Of whatever channels: a program whose rights were changed since has read its earlier pages all the same.
_UNTAKEN = f"{_READ} AND last_event <= :last AND taken_at IS NULL"
_ANY_UNTAKEN = Statement(text(f"SELECT 1 FROM {_UNTAKEN} LIMIT 1"))
_TAKEN = "SET taken_at = CASE WHEN at > :now THEN at ELSE :now END WHERE"
_TAKE = Statement(text(f"UPDATE {_UNTAKEN.replace('WHERE', _TAKEN, 1)}"))
# A program's pages of the same channels do not overlap, so those within a range stand together, and at most one more
# reaches out of it.
_WITHIN = Statement(
    text(
        f"SELECT first_event, last_event FROM {_PAGES} AND last_event >= :first AND last_event < :last "
        "ORDER BY last_event"
    )
)
_NEXT = Statement(
    text(f"SELECT first_event, last_event FROM {_PAGES} AND last_event >= :last ORDER BY last_event LIMIT 1")
)
_ANY_APART = Statement(text(f"SELECT 1 FROM {_READ} AND channel IS NOT NULL AND last_event >= :first LIMIT 1"))
_FILE = Statement(
    text(
        "SELECT 1 FROM handout WHERE brand = :brand AND way = 'file' AND reader = :reader AND first_event = :first "
        "AND last_event = :last AND (channel IS NULL) = (:whole = 1) AND (:whole = 1 OR channel = :channel) LIMIT 1"
    )
)
_OF_EVENT = Statement(
    text(
        "SELECT h.way, h.at, h.taken_at, u.username FROM handout h LEFT JOIN api_user u ON u.id = h.reader "
        "WHERE h.brand = :brand AND :event BETWEEN h.first_event AND h.last_event "
        "AND (h.side IS NULL OR h.side = :side) AND (h.channel IS NULL OR h.channel = :channel) ORDER BY h.id"
    )
)


class FeedReading(NamedTuple):
    """A brand's feed of one side for one API user; ``channel``: None where it may read all, else one that it may
    read."""

    brand: int
    reader: int
    side: str
    channel: int | None

    def found_by(self) -> dict[str, Any]:
        values = {"brand": self.brand, "reader": self.reader, "side": self.side}
        return {**values, **_of(self.channel)}


class HandedOut(NamedTuple):
    """A handout by ``way``, ``at`` (µs); ``taken_at``: µs, None unknown; ``reader``: the API user, None for a push."""

    way: str
    at: int
    taken_at: int | None
    reader: str | None


def note(
    transaction: Transaction,
    brand: int,
    way: str,
    first: int,
    last: int,
    *,
    reader: int | None = None,
    side: str | None = None,
    channel: int | None = None,
    taken: bool = False,
) -> None:
    """Records that the brand's movements among these events were handed out now, and taken where known."""
    now = _now(transaction)
    row = (transaction.numbers("handout"), brand, way, reader, channel, side, first, last, now, now if taken else None)
    transaction.insert("handout", "id,brand,way,reader,channel,side,first_event,last_event,at,taken_at", [row])


def is_news(snapshot: Snapshot, reading: FeedReading, after: int, last: int, *, asked_on: bool) -> bool:
    """Whether ``note_page`` would record anything; most polls need not write."""
    if asked_on and snapshot.one(_ANY_UNTAKEN, {**reading.found_by(), "last": after}) is not None:
        return True
    return next(_unknown(snapshot, reading, after + 1, last), None) is not None


def note_page(transaction: Transaction, reading: FeedReading, after: int, last: int, *, asked_on: bool) -> None:
    """Records the handout of a page after event ``after`` up to event ``last``. ``asked_on``: the program continues
    from ``after`` by its cursor, so it has taken all up to there."""
    if asked_on:
        transaction.run(_TAKE, {**reading.found_by(), "last": after, "now": _now(transaction)})
    brand, reader, side, _ = reading
    for first, end, channel in list(_unknown(transaction, reading, after + 1, last)):
        note(transaction, brand, FEED, first, end, reader=reader, side=side, channel=channel)


def note_file(transaction: Transaction, brand: int, reader: int, first: int, last: int, channel: int | None) -> None:
    if not is_file_known(transaction, brand, reader, first, last, channel):
        note(transaction, brand, FILE, first, last, reader=reader, channel=channel)


def is_file_known(snapshot: Snapshot, brand: int, reader: int, first: int, last: int, channel: int | None) -> bool:
    values = {"brand": brand, "reader": reader, "first": first, "last": last, **_of(channel)}
    return snapshot.one(_FILE, values) is not None


def of_event(snapshot: Snapshot, brand: int, event: int, side: str, channel: int) -> list[HandedOut]:
    rows: Iterable[tuple[str, float, float | None, str | None]] = snapshot.all(
        _OF_EVENT, {"brand": brand, "event": event, "side": side, "channel": channel}
    )
    return [HandedOut(way, micros(at), optional_micros(then), who) for way, at, then, who in rows]


def _now(transaction: Transaction) -> Any:
    """The moment as stored, never before the last record: a clock may have been corrected."""
    return stored(max(transaction.now, history.recorded_until(transaction) or 0))


def _unknown(snapshot: Snapshot, reading: FeedReading, first: int, last: int) -> Iterator[tuple[int, int, int | None]]:
    """The parts of a range of events not yet handed to the program, and the channel; None: all. A handout of all
    channels counts for each of them."""
    for start, end in list(_not_read(snapshot, reading._replace(channel=None), first, last)):
        channels = [channel.code for channel in Channel] if reading.channel is None else [reading.channel]
        if reading.channel is None and snapshot.one(_ANY_APART, {**reading.found_by(), "first": start}) is None:
            yield start, end, None
            continue
        for channel in channels:
            for part in list(_not_read(snapshot, reading._replace(channel=channel), start, end)):
                yield *part, channel


def _not_read(snapshot: Snapshot, reading: FeedReading, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The parts of a range that no page of just these channels has handed to the program."""
    if first > last:
        return
    values = {**reading.found_by(), "last": last}
    for start, end in [*snapshot.all(_WITHIN, {**values, "first": first}), *snapshot.all(_NEXT, values)]:
        if start > last:
            break
        if start > first:
            yield first, start - 1
        first = max(first, end + 1)
    if first <= last:
        yield first, last


def _of(channel: int | None) -> dict[str, int]:
    return {"whole": int(channel is None), "channel": -1 if channel is None else channel}
