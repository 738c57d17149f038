"""Tables ``panel_export`` and ``panel_export_part``: files of consents that people have asked for, in sealed pieces."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Transaction

_COLUMNS = "id, provider, brand, person, criteria, asked_at, finished_at, consents"
_OPEN = Statement(text(f"SELECT {_COLUMNS} FROM panel_export WHERE finished_at IS NULL ORDER BY id LIMIT 1"))
_FIND = Statement(text(f"SELECT {_COLUMNS} FROM panel_export WHERE id = :number AND provider = :provider"))
_OF_PROVIDER = Statement(
    text(
        f"SELECT {_COLUMNS} FROM panel_export WHERE provider = :provider AND asked_at >= :since "
        "ORDER BY id DESC LIMIT 20"
    )
)
_WAITING = Statement(text("SELECT count(*) FROM panel_export WHERE provider = :provider AND finished_at IS NULL"))
_DROP = Statement(text("DELETE FROM panel_export_part WHERE export = :number"))
_NEXT = Statement(
    text("SELECT place, sealed FROM panel_export_part WHERE export = :number AND place > :after ORDER BY place LIMIT 1")
)
_FINISH = Statement(
    text("UPDATE panel_export SET finished_at = :now, consents = :rows WHERE id = :number AND finished_at IS NULL")
)


class Export(NamedTuple):
    """A file. ``provider``, ``brand``: internal ids; times in µs; ``rows``: once it is finished."""

    id: int
    provider: int
    brand: int
    person: int
    criteria: str
    asked_at: int
    finished_at: int | None
    rows: int


def add(transaction: Transaction, provider: int, brand: int, person: int, criteria: str) -> int:
    """Asks for a file; its number."""
    number = transaction.numbers("panel_export")
    row = (number, provider, brand, person, criteria, stored(transaction.now), None, 0)
    transaction.insert("panel_export", _COLUMNS.replace(" ", ""), [row])
    return number


def waiting(snapshot: Snapshot, provider: int) -> int:
    """How many files of a provider are not made yet."""
    row = snapshot.one(_WAITING, {"provider": provider})
    return int(row[0]) if row else 0


def next_open(snapshot: Snapshot) -> Export | None:
    """The oldest that is not made."""
    row = snapshot.one(_OPEN)
    return None if row is None else _export(row)


def find(snapshot: Snapshot, provider: int, number: int) -> Export | None:
    """A provider's file."""
    row = snapshot.one(_FIND, {"number": number, "provider": provider})
    return None if row is None else _export(row)


def of_provider(snapshot: Snapshot, provider: int, since: int) -> list[Export]:
    """Its newest files that were asked for since then (µs)."""
    return [_export(row) for row in snapshot.all(_OF_PROVIDER, {"provider": provider, "since": stored(since)})]


def drop_parts(transaction: Transaction, number: int) -> None:
    """Begins anew: what an earlier try has left goes."""
    transaction.run(_DROP, {"number": number})


def keep_part(transaction: Transaction, export: Export, place: int, sealed: bytes) -> None:
    """Keeps a piece."""
    row = (export.id, place, stored(export.asked_at), sealed)
    transaction.insert("panel_export_part", "export,place,asked_at,sealed", [row])


def finish(transaction: Transaction, number: int, rows: int) -> bool:
    """The file is whole; False where it was already."""
    return transaction.run(_FINISH, {"number": number, "rows": rows, "now": stored(transaction.now)}) == 1


def next_part(snapshot: Snapshot, number: int, after: int) -> tuple[int, bytes] | None:
    """The sealed piece behind the one at this place, and its own."""
    row = snapshot.one(_NEXT, {"number": number, "after": after})
    return None if row is None else (row[0], bytes(row[1]))


def _export(row: tuple[int, int, int, int, str, float, float | None, int]) -> Export:
    number, provider, brand, person, criteria, asked_at, finished_at, rows = row
    ended = None if finished_at is None else micros(finished_at)
    return Export(number, provider, brand, person, criteria, micros(asked_at), ended, rows)
