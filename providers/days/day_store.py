"""Tables ``day_report`` and ``reported_day``: the fixed results of day reports (files: ``day_files``). A provider
agrees with a report by a call or on a page: its movements have reached it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Double, and_, bindparam, case, delete, func, insert, literal_column, or_, select, update

from consents.columns import optional_micros, stored
from consents.instants import day_of
from consents.movement_counts import MovementKind
from consents.queries import recorded
from consents.queries.reports import Span
from consents.store import Snapshot, Statement, Transaction, among, table
from providers.deliveries import handout_store
from providers.tables import DayReport, ReplacedReport, ReportedDay

_EPOCH = date(1970, 1, 1)
_BRANDS = 1 << 32  # more than brands will ever be
ALL = -1  # “channel” of a report of all channels together

_report, _day, _replaced = table(DayReport), table(ReportedDay), table(ReplacedReport)
_OF = [_report.c[name] == bindparam(f"of_{name}") for name in ("brand", "day", "channel")]

_MADE = ("sha384", "sha512", "size", "movements", "first_event", "last_event", "totals", "stamp", "agreed_at")
_FIND = Statement(select(*(_report.c[name] for name in _MADE)).where(*_OF))
_KEEP = Statement(
    insert(_report).values(
        {
            name: bindparam(name)
            for name in (
                "brand", "day", "channel", "made_at", "sha384", "sha512", "size", "movements", "first_event",
                "last_event", "totals",
            )
        }
    )
)  # fmt: skip
_AGREE = Statement(update(_report).where(*_OF, _report.c.agreed_at.is_(None)).values(agreed_at=bindparam("now")))
_STAMP = Statement(update(_report).where(*_OF, _report.c.stamp.is_(None)).values(stamp=bindparam("reply")))
_KEPT = ("day", "sha384", "sha512", "size", "movements", "stamp", "agreed_at")
_OF_SPAN = Statement(
    select(*(_report.c[name] for name in _KEPT))
    .where(
        _report.c.brand == bindparam("of_brand"),
        _report.c.day.between(bindparam("since"), bindparam("until")),
        _report.c.channel == bindparam("of_channel"),
    )
    .order_by(_report.c.day)
)
_BY_HASH = Statement(
    select(_report.c.brand, _report.c.channel, *(_report.c[name] for name in _KEPT))
    .where(among(_report.c.brand, "brands"), _report.c.sha384 == bindparam("sha384"))
    .order_by(_report.c.day.desc())
    .limit(literal_column("1"))
)
_BY_OLD_HASH = Statement(
    select(_replaced.c.brand, _replaced.c.channel, *(_replaced.c[name] for name in _KEPT))
    .where(among(_replaced.c.brand, "brands"), _replaced.c.sha384 == bindparam("sha384"))
    .order_by(_replaced.c.day.desc())
    .limit(literal_column("1"))
)
_MOVED = ("brand", "day", "channel", "sha384", "sha512", "size", "movements", "stamp", "agreed_at")
_OF_DAY = _OF[:2]  # of all channels
_REPLACE = Statement(
    insert(_replaced).from_select(
        [*_MOVED, "replaced_at"],
        select(*(_report.c[name] for name in _MOVED), bindparam("now", type_=Double)).where(*_OF_DAY),
    )
)
_DROP = Statement(delete(_report).where(*_OF_DAY))
_AGREED_BEFORE = Statement(
    update(_report)
    .where(*_OF)
    .values(
        agreed_at=select(func.max(_replaced.c.agreed_at))
        .where(*(_replaced.c[name] == bindparam(f"of_{name}") for name in ("brand", "day", "channel")))
        .scalar_subquery()
    )
)
_OLD = Statement(
    select(_report.c.day, _report.c.brand)
    .where(
        or_(
            _report.c.day > bindparam("since"),
            and_(_report.c.day == bindparam("since"), _report.c.brand > bindparam("after")),
        ),
        _report.c.day < bindparam("until"),
    )
    .distinct()
    .order_by(_report.c.day, _report.c.brand)
    .limit(bindparam("most"))
)
_UNSTAMPED = Statement(
    select(_report.c.brand, _report.c.day, _report.c.channel, _report.c.sha512)
    .where(_report.c.stamp.is_(None), _report.c.sha512.is_not(None))
    .order_by(case((_report.c.movements > 0, 0), else_=1), _report.c.day.desc())
    .limit(bindparam("most"))
)
_LAST_DAY = Statement(select(func.max(_day.c.day)))
_DONE = Statement(insert(_day).values(day=bindparam("on_day"), at=bindparam("now")))


class Which(NamedTuple):
    """One report: brand (internal id), day, and channel by code or ALL."""

    brand: int
    day: date
    channel: int = ALL

    def found_by(self) -> dict[str, Any]:
        return {"of_brand": self.brand, "of_day": self.day.isoformat(), "of_channel": self.channel}

    def columns(self) -> dict[str, Any]:
        return {"brand": self.brand, "day": self.day.isoformat(), "channel": self.channel}


class Made(NamedTuple):
    """``size`` in bytes; ``agreed_at`` in µs; ``span``: the numbers of all events of that day."""

    sha384: bytes
    sha512: bytes
    size: int
    rows: int
    span: Span
    counts: dict[MovementKind, int]
    stamp: bytes | None
    agreed_at: int | None


class KeptDay(NamedTuple):
    """``size`` in bytes; ``agreed_at`` in µs."""

    day: date
    sha384: bytes
    sha512: bytes | None
    size: int
    rows: int
    stamp: bytes | None
    agreed_at: int | None


def of_span(snapshot: Snapshot, brand: int, since: date, until: date) -> list[KeptDay]:
    """A brand's reports of all channels together, from one day to another."""
    values = {"of_brand": brand, "of_channel": ALL, "since": since.isoformat(), "until": until.isoformat()}
    return [_kept_day(row) for row in snapshot.all(_OF_SPAN, values)]


def by_hash(snapshot: Snapshot, brands: Iterable[int], sha384: bytes) -> tuple[int, int, KeptDay] | None:
    """The brand, channel or ALL, and newest day of the report with this hash, among these brands' reports, also those
    that an erasure replaced."""
    values = {"brands": snapshot.array(brands), "sha384": sha384}
    if (row := snapshot.one(_BY_HASH, values) or snapshot.one(_BY_OLD_HASH, values)) is None:
        return None
    brand, channel, *kept = row
    return brand, channel, _kept_day(kept)


def _kept_day(row: Sequence[Any]) -> KeptDay:
    day, sha384, sha512, size, rows, stamp, agreed_at = row
    return KeptDay(as_day(day), sha384, sha512, size, rows, stamp, optional_micros(agreed_at))


def find(snapshot: Snapshot, which: Which) -> Made | None:
    if (row := snapshot.one(_FIND, which.found_by())) is None:
        return None
    sha384, sha512, size, rows, first, last, totals, stamp, agreed_at = row
    counts = {MovementKind(*kind): count for *kind, count in json.loads(totals)}
    span = Span(first, last, closed=True)
    return Made(sha384, sha512, size, rows, span, counts, stamp, optional_micros(agreed_at))


def add(
    transaction: Transaction,
    which: Which,
    hashes: tuple[bytes, bytes],
    size: int,
    span: Span,
    counts: Mapping[MovementKind, int],
) -> None:
    """Adds a report whose file is stored (``day_files.keep``)."""
    totals = json.dumps([[*kind, count] for kind, count in counts.items()], separators=(",", ":"))
    values = {"sha384": hashes[0], "sha512": hashes[1], "size": size, "movements": sum(counts.values())}
    values |= {"first_event": span.first, "last_event": span.last, "totals": totals}
    transaction.run(_KEEP, {**which.columns(), **values, "made_at": stored(transaction.now)})
    transaction.run(_AGREED_BEFORE, which.found_by())


def old(snapshot: Snapshot, before: int, after: int, most: int) -> list[int]:
    """Numbers (``of_number``) of a brand's reports of a day that ended before ``before`` (µs), after ``after``."""
    brand, since = of_number(after)
    values = {"since": since.isoformat(), "after": brand, "until": day_of(before).isoformat(), "most": most}
    rows = snapshot.all(_OLD, values)
    return [(as_day(day) - _EPOCH).days * _BRANDS + brand for day, brand in rows]


def of_number(number: int) -> tuple[int, date]:
    """The brand and the day of a number of ``old``."""
    days, brand = divmod(number, _BRANDS)
    return brand, _EPOCH + timedelta(days=days)


def replace(transaction: Transaction, brand: int, day: date) -> None:
    """Drops a day's reports (their files: ``day_files.replace``), which are made again when asked for; hash, stamp and
    agreement stay."""
    values = {"of_brand": brand, "of_day": day.isoformat()}
    if transaction.run(_REPLACE, {**values, "now": stored(transaction.now)}):
        transaction.run(_DROP, values)


def agree(transaction: Transaction, which: Which) -> bool:
    """False where it was agreed to before, or there is none."""
    return transaction.run(_AGREE, {**which.found_by(), "now": stored(transaction.now)}) == 1


def stamp(transaction: Transaction, which: Which, reply: bytes) -> None:
    """Stores the authority's first answer."""
    transaction.run(_STAMP, {**which.found_by(), "reply": reply})


def unstamped(snapshot: Snapshot, most: int) -> list[tuple[Which, bytes]]:
    """Reports without a stamp, and their SHA-512: those with movements first, newest first."""
    rows = snapshot.all(_UNSTAMPED, {"most": most})
    return [(Which(brand, as_day(day), channel), bytes(sha512)) for brand, day, channel, sha512 in rows]


def done(transaction: Transaction, day: date) -> None:
    transaction.run(_DONE, {"on_day": day.isoformat(), "now": stored(transaction.now)})


def last_day(snapshot: Snapshot) -> date | None:
    """The last day done; before the first, the day before the first act; None for an empty registry."""
    if (last := snapshot.value(_LAST_DAY)) is not None:
        return as_day(last)
    first = recorded.first(snapshot)
    return None if first is None else day_of(first) - timedelta(days=1)


def as_day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def agree_and_note(transaction: Transaction, which: Which, made: Made, reader: int | None = None) -> bool:
    """Records it, and that the file was taken; False where it was agreed to before. ``reader``: a program's user."""
    if not agree(transaction, which):
        return False
    span, channel = made.span, channel_of(which)
    handout_store.note(
        transaction, which.brand, handout_store.FILE, span.first, span.last, reader=reader, channel=channel, taken=True
    )
    return True


def channel_of(which: Which) -> int | None:
    """None for all channels."""
    return None if which.channel == ALL else which.channel
