"""Tables ``day_report``, ``day_file_part`` and ``reported_day``: reports of days as they were made, once and for all.

A file is kept in compressed, sealed pieces: so it has the same bytes for ever, also after an erasure, on either
database, and nobody can read an address in it without the keys.

Several processes may make one report at the same time. Each keeps its pieces at places of its own (an attempt); the
first to ``keep`` lets its own stand and drops all others, and from then on nothing is added. That is sound because all
writers pass one lock.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, case, delete, func, insert, literal_column, select, update

from consents.columns import micros, stored
from consents.instants import day_of
from consents.keys import Keyring
from consents.reading import recorded
from consents.reading.kinds import Kind
from consents.reading.reports import Span
from consents.store import Snapshot, Statement, Transaction
from providers.tables import DayFilePart, DayReport, ReportedDay

ALL = -1  # “channel” of a report of all channels together
PIECE = 1 << 18  # bytes of a file in one part
MOST_PIECES = 1 << 32  # places of one attempt

_report, _part, _day = DayReport.__table__, DayFilePart.__table__, ReportedDay.__table__  # type: ignore[attr-defined]
_OF = [_report.c[name] == bindparam(f"of_{name}") for name in ("brand", "day", "channel")]
_PARTS_OF = [_part.c[name] == bindparam(f"of_{name}") for name in ("brand", "day", "channel")]

_MADE = ("sha384", "sha512", "size", "movements", "first_event", "last_event", "totals", "stamp", "agreed_at")
_FIND = Statement(select(*(_report.c[name] for name in _MADE)).where(*_OF))
_PARTS = Statement(select(_part.c.sealed).where(*_PARTS_OF).order_by(_part.c.place))
_NEXT_PART = Statement(
    select(_part.c.place, _part.c.sealed)
    .where(*_PARTS_OF, _part.c.place > bindparam("after"))
    .order_by(_part.c.place)
    .limit(literal_column("1"))
)
_own = _part.c.place.between(bindparam("start"), bindparam("end"))
_DROP_OWN = Statement(delete(_part).where(*_PARTS_OF, _own))
_DROP_OTHERS = Statement(delete(_part).where(*_PARTS_OF, ~_own))
_KEEP_PART = Statement(
    insert(_part).values({name: bindparam(name) for name in ("brand", "day", "channel", "place", "sealed")})
)
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
_UNSTAMPED = Statement(
    select(_report.c.brand, _report.c.day, _report.c.channel, _report.c.sha512)
    .where(_report.c.stamp.is_(None), _report.c.sha512.is_not(None))
    .order_by(case((_report.c.movements > 0, 0), else_=1), _report.c.day.desc())
    .limit(bindparam("most"))
)
_LAST_DAY = Statement(select(func.max(_day.c.day)))
_DONE = Statement(insert(_day).values(day=bindparam("on_day"), at=bindparam("now")))


class Damaged(RuntimeError):
    """A kept report is not what was kept; the text says what to do."""


class Which(NamedTuple):
    """One report: of a brand (internal id), a day, and a channel by code or ALL."""

    brand: int
    day: date
    channel: int = ALL

    def found_by(self) -> dict[str, Any]:
        return {"of_brand": self.brand, "of_day": self.day.isoformat(), "of_channel": self.channel}

    def columns(self) -> dict[str, Any]:
        return {"brand": self.brand, "day": self.day.isoformat(), "channel": self.channel}


class Made(NamedTuple):
    """A kept report. ``size`` in bytes; ``agreed_at`` in µs; ``span``: the numbers of all events of that day."""

    sha384: bytes
    sha512: bytes
    size: int
    rows: int
    span: Span
    counts: dict[Kind, int]
    stamp: bytes | None
    agreed_at: int | None


def find(snapshot: Snapshot, which: Which) -> Made | None:
    """The report, where it was made."""
    row = snapshot.one(_FIND, which.found_by())
    if row is None:
        return None
    sha384, sha512, size, rows, first, last, totals, stamp, agreed_at = row
    counts = {Kind(*kind): count for *kind, count in json.loads(totals)}
    return Made(
        bytes(sha384),
        bytes(sha512),
        size,
        rows,
        Span(first, last, closed=True),
        counts,
        None if stamp is None else bytes(stamp),
        None if agreed_at is None else micros(agreed_at),
    )


def pieces(snapshot: Snapshot, keyring: Keyring, which: Which) -> Iterator[bytes]:
    """The file's bytes, a piece at a time; for work that has its snapshot to itself. Errors: Damaged."""
    for (sealed,) in snapshot.stream(_PARTS, which.found_by(), size=4):
        yield _opened(keyring, which, sealed)


def next_piece(snapshot: Snapshot, keyring: Keyring, which: Which, after: int) -> tuple[int, bytes] | None:
    """The piece behind the one at place ``after`` (the first: -1), and its own place; None behind the last.

    A kept file never changes, so its pieces need no common snapshot: a slow reader holds no connection. Errors:
    Damaged.
    """
    row = snapshot.one(_NEXT_PART, {**which.found_by(), "after": after})
    return None if row is None else (row[0], _opened(keyring, which, row[1]))


def _opened(keyring: Keyring, which: Which, sealed: Any) -> bytes:
    try:
        return zlib.decompress(keyring.unseal_data(bytes(sealed)))
    except (InvalidTag, zlib.error):
        raise Damaged(
            f"the report of {which.day} that the database keeps is damaged: bring back a backup of the database"
        ) from None


def sealed_piece(keyring: Keyring, piece: bytes) -> bytes:
    """A piece as it is kept; outside the transaction, for it takes milliseconds."""
    return keyring.seal_data(zlib.compress(piece, 1))


def new_attempt() -> int:
    """The first of the places of one who begins to make a report."""
    return secrets.randbits(30) * MOST_PIECES


def keep_piece(transaction: Transaction, which: Which, place: int, sealed: bytes) -> bool:
    """Keeps one piece, which is not read before ``keep``; False where the report stands already."""
    if transaction.one(_FIND, which.found_by()) is not None:
        return False
    transaction.run(_KEEP_PART, {**which.columns(), "place": place, "sealed": sealed})
    return True


def give_up(transaction: Transaction, which: Which, attempt: int) -> None:
    """Drops the pieces of an attempt; nothing where its report stands, for that may be made of them."""
    if transaction.one(_FIND, which.found_by()) is None:
        transaction.run(_DROP_OWN, _places(which, attempt))


def keep(
    transaction: Transaction,
    which: Which,
    attempt: int,
    hashes: tuple[bytes, bytes],
    size: int,
    span: Span,
    counts: Mapping[Kind, int],
) -> bool:
    """Lets the report stand, with the pieces of this attempt and no others; ``hashes``: SHA-384 and SHA-512.

    False where it stands already; then nothing is changed.
    """
    if transaction.one(_FIND, which.found_by()) is not None:
        return False
    transaction.run(_DROP_OTHERS, _places(which, attempt))
    totals = json.dumps([[*kind, count] for kind, count in counts.items()], separators=(",", ":"))
    values = {"sha384": hashes[0], "sha512": hashes[1], "size": size, "movements": sum(counts.values())}
    values |= {"first_event": span.first, "last_event": span.last, "totals": totals}
    transaction.run(_KEEP, {**which.columns(), **values, "made_at": stored(transaction.now)})
    return True


def agree(transaction: Transaction, which: Which) -> bool:
    """Notes that the provider agrees with the report; False where he had, or there is none."""
    return transaction.run(_AGREE, {**which.found_by(), "now": stored(transaction.now)}) == 1


def stamp(transaction: Transaction, which: Which, reply: bytes) -> None:
    """Keeps the authority's answer; the first one stays."""
    transaction.run(_STAMP, {**which.found_by(), "reply": reply})


def unstamped(snapshot: Snapshot, most: int) -> list[tuple[Which, bytes]]:
    """Reports without a stamp, and their SHA-512: those with movements first, the newest first."""
    rows = snapshot.all(_UNSTAMPED, {"most": most})
    return [(Which(brand, as_day(day), channel), bytes(sha512)) for brand, day, channel, sha512 in rows]


def done(transaction: Transaction, day: date) -> None:
    """Notes that every brand has its report of the day."""
    transaction.run(_DONE, {"on_day": day.isoformat(), "now": stored(transaction.now)})


def last_day(snapshot: Snapshot) -> date | None:
    """The last day that is done; before the first, the day before the first act; None for an empty registry."""
    row = snapshot.one(_LAST_DAY)
    if row is not None and row[0] is not None:
        return as_day(row[0])
    first = recorded.first(snapshot)
    return None if first is None else day_of(first) - timedelta(days=1)


def _places(which: Which, attempt: int) -> dict[str, Any]:
    return {**which.found_by(), "start": attempt, "end": attempt + MOST_PIECES - 1}


def as_day(value: Any) -> date:
    """A day as either database gives it."""
    return value if isinstance(value, date) else date.fromisoformat(value)
