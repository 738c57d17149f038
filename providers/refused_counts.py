"""Table ``refused_count``: refused records by brand, day, channel, way and code, without addresses. A record counts
once for each code, and so does a repeat of a first version call (H174, H178). Calls refused before a record is read are
not counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from consents.columns import stored
from consents.dates import day_bounds
from consents.instants import day_of
from consents.store import Snapshot, Statement, Transaction, among, table
from providers.tables import RefusedCount

NO_CHANNEL = -1  # missing in the record, or unreadable
_EPOCH = date(1970, 1, 1)
_count = table(RefusedCount).c
_ADD = Statement(
    text(
        "INSERT INTO refused_count (brand, day, channel, way, code, refused, upload, last_at) "
        "VALUES (:brand, :day, :channel, :way, :code, :more, :upload, :now) "
        "ON CONFLICT (brand, day, channel, way, code) DO UPDATE SET "
        "refused = refused_count.refused + excluded.refused, "
        "upload = coalesce(excluded.upload, refused_count.upload), last_at = excluded.last_at"
    )
)
_OF_BRANDS = Statement(
    select(_count.channel, _count.way, _count.code, func.sum(_count.refused), func.max(_count.upload))
    .where(among(_count.brand, "brands"), _count.day.between(text(":first"), text(":last")))
    .group_by(_count.channel, _count.way, _count.code)
)
_TODAY = Statement(
    text("SELECT way, sum(refused) FROM refused_count WHERE last_at >= :since AND day = :day GROUP BY way")
)


class RefusedWay(IntEnum):
    """How a refused record came: alone or in a list of a program, in a file, or written by a person."""

    SINGLE = 1
    LIST = 2
    FILE = 3
    HAND = 4


class RefusedKind(NamedTuple):
    """``brand``: internal id; ``channel``: by code, or ``NO_CHANNEL``."""

    brand: int
    channel: int
    way: int
    code: str


class CodeCount(NamedTuple):
    """``upload``: the newest load with such a row."""

    channel: int
    way: RefusedWay
    code: str
    amount: int
    upload: int | None


def kinds(brand: int, way: RefusedWay, codes: Mapping[tuple[str, int | None], int]) -> Counter[RefusedKind]:
    """The counts for one brand; ``codes``: by code and channel (None: unknown)."""
    found: Counter[RefusedKind] = Counter()
    for (code, channel), more in codes.items():
        found[RefusedKind(brand, NO_CHANNEL if channel is None else channel, way, code)] += more
    return found


def add(transaction: Transaction, found: Mapping[RefusedKind, int], upload: int | None = None) -> None:
    """Adds to today's counts. ``upload``: the load of the rows."""
    moment = {"day": number(day_of(transaction.now)), "now": stored(transaction.now), "upload": upload}
    for kind, more in found.items():
        transaction.run(_ADD, {**kind._asdict(), **moment, "more": more})


def add_by_hand(transaction: Transaction, brand: int, channel: int | None, codes: Iterable[str]) -> None:
    add(transaction, kinds(brand, RefusedWay.HAND, dict.fromkeys(((code, channel) for code in codes), 1)))


def of_brands(snapshot: Snapshot, brands: Sequence[int], first: date, last: date) -> list[CodeCount]:
    values = {"brands": snapshot.array(brands), "first": number(first), "last": number(last)}
    rows: Iterable[Any] = snapshot.all(_OF_BRANDS, values)
    return [CodeCount(channel, RefusedWay(way), code, int(amount), load) for channel, way, code, amount, load in rows]


def today(snapshot: Snapshot, now: int) -> dict[RefusedWay, int]:
    """Refused records of today by way; ``now``: µs."""
    day = day_of(now)
    values = {"since": stored(day_bounds(day)[0]), "day": number(day)}
    found = {RefusedWay(way): int(amount) for way, amount in snapshot.all(_TODAY, values)}
    return {way: found.get(way, 0) for way in RefusedWay}


def number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH) // timedelta(days=1)
