"""Tables ``panel_export`` and ``panel_export_part``: files that the worker makes, in sealed pieces. A file's source
list of addresses, where it has one, is kept at places below 0 until the file is made. ``panel.export_job``
makes them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.audit.change import Change

MOST_WAITING = 3  # files of one company that wait at the same time
_COLUMNS = "id, provider, brand, person, criteria, asked_at, finished_at, consents, kind"
_READ = (
    f"{_COLUMNS}, finished_at IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM panel_export_part WHERE export = panel_export.id AND place >= 0)"
)
_NEXT_OPEN = Statement(
    text(f"SELECT {_READ} FROM panel_export WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT 1")
)
_FIND = Statement(
    text(f"SELECT {_READ} FROM panel_export WHERE id = :number AND provider = :provider AND kind = :kind")
)
_OF_PROVIDER = Statement(
    text(
        f"SELECT {_READ} FROM panel_export "
        "WHERE provider = :provider AND kind = :kind AND asked_at >= :since ORDER BY id DESC LIMIT 20"
    )
)
_REQUESTED_SINCE = Statement(text(f"SELECT {_READ} FROM panel_export WHERE asked_at >= :since ORDER BY id"))
_REPLACE_PART = Statement(
    text("UPDATE panel_export_part SET sealed = :sealed WHERE export = :number AND place = :place")
)
_SUBTRACT_ROWS = Statement(text("UPDATE panel_export SET consents = consents - :lines WHERE id = :number"))
_WAITING = Statement(text("SELECT count(*) FROM panel_export WHERE provider = :provider AND finished_at IS NULL"))
_DROP_PARTS = Statement(text("DELETE FROM panel_export_part WHERE export = :number AND place >= 0"))
_DROP_SOURCE = Statement(text("DELETE FROM panel_export_part WHERE export = :number AND place < 0"))
_SOURCE_PART = Statement(text("SELECT sealed FROM panel_export_part WHERE export = :number AND place = :place"))
_COUNT_PARTS = Statement(text("SELECT count(*) FROM panel_export_part WHERE export = :number AND place >= 0"))
_PROGRESS = Statement(text("UPDATE panel_export SET consents = :rows WHERE id = :number AND finished_at IS NULL"))
_NEXT_PART = Statement(
    text("SELECT place, sealed FROM panel_export_part WHERE export = :number AND place > :after ORDER BY place LIMIT 1")
)
_FINISH = Statement(
    text("UPDATE panel_export SET finished_at = :now, consents = :rows WHERE id = :number AND finished_at IS NULL")
)
_LOSE = Statement(
    text("UPDATE panel_export SET finished_at = coalesce(finished_at, :now), consents = 0 WHERE id = :number")
)


class ExportKind(IntEnum):
    """A file's content; the store keeps the number."""

    CONSENTS = 0
    LINKS = 1


_MADE_ACTIONS: Mapping[ExportKind, str] = {ExportKind.CONSENTS: "export-made", ExportKind.LINKS: "link-file-made"}
_FETCH_ACTIONS: Mapping[ExportKind, str] = {
    ExportKind.CONSENTS: "export-fetched",
    ExportKind.LINKS: "link-file-fetched",
}


class Export(NamedTuple):
    """``provider``, ``brand``: internal ids; times in µs; ``rows``: so far; ``lost``: ended without a file."""

    id: int
    provider: int
    brand: int
    person: int
    criteria: str
    asked_at: int
    finished_at: int | None
    rows: int
    kind: ExportKind
    lost: bool = False

    @property
    def brands(self) -> frozenset[int]:
        """All brands that the file is about; ``brand`` is the first."""
        asked = json.loads(self.criteria).get("wanted", []) if self.kind is ExportKind.CONSENTS else []
        return frozenset(one["brand"] for one in asked) or frozenset({self.brand})


class NewExport(NamedTuple):
    """A requested file: its company and person (internal ids), and content."""

    provider: int
    brand: int
    person: int
    criteria: str
    kind: ExportKind = ExportKind.CONSENTS


def ask(transaction: Transaction, new: NewExport) -> int | None:
    """Requests a file; its number, None with too many waiting."""
    (waiting,) = transaction.one(_WAITING, {"provider": new.provider}) or (0,)
    return add(transaction, new) if waiting < MOST_WAITING else None


def add(transaction: Transaction, new: NewExport) -> int:
    number = transaction.numbers("panel_export")
    row = (number, *new[:4], stored(transaction.now), None, 0, new.kind)
    transaction.insert("panel_export", _COLUMNS.replace(" ", ""), [row])
    return number


def next_open(snapshot: Snapshot, after: int = 0) -> Export | None:
    """The oldest unfinished file after number ``after``."""
    row = snapshot.one(_NEXT_OPEN, {"after": after})
    return None if row is None else _export(row)


def find(snapshot: Snapshot, provider: int, number: int, kind: ExportKind) -> Export | None:
    row = snapshot.one(_FIND, {"number": number, "provider": provider, "kind": kind})
    return None if row is None else _export(row)


def of_provider(snapshot: Snapshot, provider: int, since: int, kind: ExportKind) -> list[Export]:
    values = {"provider": provider, "since": stored(since), "kind": kind}
    return [_export(row) for row in snapshot.all(_OF_PROVIDER, values)]


def kept(snapshot: Snapshot, since: int) -> list[Export]:
    """Files of all companies that were asked for at ``since`` (µs) or later."""
    return [_export(row) for row in snapshot.all(_REQUESTED_SINCE, {"since": stored(since)})]


def replace_part(transaction: Transaction, number: int, place: int, sealed: bytes, lines: int) -> None:
    """Replaces a finished file's piece by one with ``lines`` fewer; no effect where the piece was deleted."""
    if transaction.run(_REPLACE_PART, {"number": number, "place": place, "sealed": sealed}) == 1:
        transaction.run(_SUBTRACT_ROWS, {"number": number, "lines": lines})


def drop_parts(transaction: Transaction, number: int) -> None:
    """Deletes the pieces of an earlier try."""
    transaction.run(_DROP_PARTS, {"number": number})


def lose(transaction: Transaction, number: int) -> None:
    """Ends a file that cannot be made or read: its page asks for a new one."""
    transaction.run(_DROP_PARTS, {"number": number})
    transaction.run(_DROP_SOURCE, {"number": number})
    transaction.run(_LOSE, {"number": number, "now": stored(transaction.now)})


def keep_part(transaction: Transaction, export: Export, place: int, sealed: bytes) -> None:
    row = (export.id, place, stored(export.asked_at), sealed)
    transaction.insert("panel_export_part", "export,place,asked_at,sealed", [row])


def keep_source(transaction: Transaction, number: int, pieces: Sequence[bytes]) -> None:
    """Stores the sealed source list, in pieces."""
    at = stored(transaction.now)
    rows = [(number, -1 - place, at, sealed) for place, sealed in enumerate(pieces)]
    transaction.insert("panel_export_part", "export,place,asked_at,sealed", rows)


def source_part(snapshot: Snapshot, keyring: Keyring, number: int, place: int) -> str | None:
    """Piece ``place``, from 0, of the source list; None after the last."""
    row = snapshot.one(_SOURCE_PART, {"number": number, "place": -1 - place})
    return None if row is None else _opened(keyring, *row).decode()


def count_parts(snapshot: Snapshot, number: int) -> int:
    (count,) = snapshot.one(_COUNT_PARTS, {"number": number}) or (0,)
    return int(count)


def progress(transaction: Transaction, number: int, rows: int) -> None:
    transaction.run(_PROGRESS, {"number": number, "rows": rows})


def finish(transaction: Transaction, keyring: Keyring, export: Export, rows: int) -> None:
    """Completes the file and deletes its source list; no effect where it was complete."""
    if transaction.run(_FINISH, {"number": export.id, "rows": rows, "now": stored(transaction.now)}) == 1:
        transaction.run(_DROP_SOURCE, {"number": export.id})
        _note(Change(transaction, keyring, export.person), _MADE_ACTIONS, export, rows)


def fetch(change: Change, export: Export) -> None:
    """Logs a download."""
    _note(change, _FETCH_ACTIONS, export, export.rows)


def sealed(keyring: Keyring, text: str) -> bytes:
    """A sealed piece; slow, so call it outside the transaction."""
    return keyring.seal_data(zlib.compress(text.encode(), 1))


def next_part(snapshot: Snapshot, keyring: Keyring, number: int, after: int) -> tuple[int, bytes] | None:
    """The next piece after a place: (its place, bytes)."""
    row = snapshot.one(_NEXT_PART, {"number": number, "after": after})
    if row is None:
        return None
    place, kept = row
    return place, _opened(keyring, kept)


def _note(change: Change, actions: Mapping[ExportKind, str], export: Export, rows: int) -> None:
    about, after = f"export {export.id}", f"rows={rows}"
    brand = export.brand if len(export.brands) == 1 else None
    change.note(actions[export.kind], about, after=after, provider=export.provider, brand=brand)


def _opened(keyring: Keyring, kept: bytes) -> bytes:
    return zlib.decompress(keyring.unseal_data(bytes(kept)))


def _export(row: tuple[int, int, int, int, str, float, float | None, int, int, bool]) -> Export:
    number, provider, brand, person, criteria, asked_at, finished_at, rows, kind, lost = row
    ended = None if finished_at is None else micros(finished_at)
    return Export(
        number, provider, brand, person, criteria, micros(asked_at), ended, rows, ExportKind(kind), bool(lost)
    )
