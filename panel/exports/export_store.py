"""Tables ``panel_export`` and ``panel_export_part``: requested files in sealed pieces. A source list of addresses is
kept at places below 0 until the file is made."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Transaction

_COLUMNS = "id, provider, brand, person, criteria, asked_at, finished_at, consents, kind"
_OPEN = Statement(
    text(f"SELECT {_COLUMNS} FROM panel_export WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT 1")
)
_FIND = Statement(
    text(f"SELECT {_COLUMNS} FROM panel_export WHERE id = :number AND provider = :provider AND kind = :kind")
)
_OF_PROVIDER = Statement(
    text(
        f"SELECT {_COLUMNS} FROM panel_export "
        "WHERE provider = :provider AND kind = :kind AND asked_at >= :since ORDER BY id DESC LIMIT 20"
    )
)
_WAITING = Statement(text("SELECT count(*) FROM panel_export WHERE provider = :provider AND finished_at IS NULL"))
_DROP = Statement(text("DELETE FROM panel_export_part WHERE export = :number AND place >= 0"))
_DROP_GIVEN = Statement(text("DELETE FROM panel_export_part WHERE export = :number AND place < 0"))
_GIVEN = Statement(text("SELECT sealed FROM panel_export_part WHERE export = :number AND place = :place"))
_PARTS = Statement(text("SELECT count(*) FROM panel_export_part WHERE export = :number AND place >= 0"))
_PROGRESS = Statement(text("UPDATE panel_export SET consents = :rows WHERE id = :number AND finished_at IS NULL"))
_NEXT = Statement(
    text("SELECT place, sealed FROM panel_export_part WHERE export = :number AND place > :after ORDER BY place LIMIT 1")
)
_FINISH = Statement(
    text("UPDATE panel_export SET finished_at = :now, consents = :rows WHERE id = :number AND finished_at IS NULL")
)


class ExportKind(IntEnum):
    """A file's content; the store keeps the number."""

    CONSENTS = 0
    LINKS = 1


class Export(NamedTuple):
    """``provider``, ``brand``: internal ids; times in µs; ``rows``: so far."""

    id: int
    provider: int
    brand: int
    person: int
    criteria: str
    asked_at: int
    finished_at: int | None
    rows: int
    kind: ExportKind


class NewExport(NamedTuple):
    """A requested file: its company and person (internal ids), and content."""

    provider: int
    brand: int
    person: int
    criteria: str
    kind: ExportKind = ExportKind.CONSENTS


def add(transaction: Transaction, new: NewExport) -> int:
    number = transaction.numbers("panel_export")
    row = (number, *new[:4], stored(transaction.now), None, 0, new.kind)
    transaction.insert("panel_export", _COLUMNS.replace(" ", ""), [row])
    return number


def waiting(snapshot: Snapshot, provider: int) -> int:
    """A provider's unfinished files."""
    row = snapshot.one(_WAITING, {"provider": provider})
    return int(row[0]) if row else 0


def next_open(snapshot: Snapshot, after: int = 0) -> Export | None:
    """The oldest unfinished file after number ``after``."""
    row = snapshot.one(_OPEN, {"after": after})
    return None if row is None else _export(row)


def find(snapshot: Snapshot, provider: int, number: int, kind: ExportKind) -> Export | None:
    row = snapshot.one(_FIND, {"number": number, "provider": provider, "kind": kind})
    return None if row is None else _export(row)


def of_provider(snapshot: Snapshot, provider: int, since: int, kind: ExportKind) -> list[Export]:
    values = {"provider": provider, "since": stored(since), "kind": kind}
    return [_export(row) for row in snapshot.all(_OF_PROVIDER, values)]


def drop_parts(transaction: Transaction, number: int) -> None:
    """Deletes the pieces of an earlier try."""
    transaction.run(_DROP, {"number": number})


def keep_part(transaction: Transaction, export: Export, place: int, sealed: bytes) -> None:
    row = (export.id, place, stored(export.asked_at), sealed)
    transaction.insert("panel_export_part", "export,place,asked_at,sealed", [row])


def keep_given(transaction: Transaction, number: int, pieces: Sequence[bytes]) -> None:
    """Stores the sealed source list, in pieces."""
    at = stored(transaction.now)
    rows = [(number, -1 - place, at, sealed) for place, sealed in enumerate(pieces)]
    transaction.insert("panel_export_part", "export,place,asked_at,sealed", rows)


def given(snapshot: Snapshot, number: int, place: int) -> bytes | None:
    """Piece ``place``, from 0, of that list; None after the last."""
    row = snapshot.one(_GIVEN, {"number": number, "place": -1 - place})
    return None if row is None else bytes(row[0])


def drop_given(transaction: Transaction, number: int) -> None:
    transaction.run(_DROP_GIVEN, {"number": number})


def parts(snapshot: Snapshot, number: int) -> int:
    row = snapshot.one(_PARTS, {"number": number})
    return int(row[0]) if row else 0


def progress(transaction: Transaction, number: int, rows: int) -> None:
    transaction.run(_PROGRESS, {"number": number, "rows": rows})


def finish(transaction: Transaction, number: int, rows: int) -> bool:
    """Completes the file; False where it was."""
    return transaction.run(_FINISH, {"number": number, "rows": rows, "now": stored(transaction.now)}) == 1


def next_part(snapshot: Snapshot, number: int, after: int) -> tuple[int, bytes] | None:
    """The next sealed piece after a place: (its place, bytes)."""
    row = snapshot.one(_NEXT, {"number": number, "after": after})
    return None if row is None else (row[0], bytes(row[1]))


def _export(row: tuple[int, int, int, int, str, float, float | None, int, int]) -> Export:
    number, provider, brand, person, criteria, asked_at, finished_at, rows, kind = row
    ended = None if finished_at is None else micros(finished_at)
    return Export(number, provider, brand, person, criteria, micros(asked_at), ended, rows, ExportKind(kind))
