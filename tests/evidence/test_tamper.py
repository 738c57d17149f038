"""Whoever can write the database's file changes, deletes, inserts or swaps rows, or bits: all of it is found.

The triggers are taken away before and put back after, so nothing but the rows themselves can tell.
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consents.care import audit
from consents.registry import Registry
from consents.store.engines import sqlite_library
from evidence import log
from tests.conftest import SECRET, Clock
from tests.evidence.conftest import chronicle

CASES = 10  # of each deed on each table
KEYS = {"act": 1, "consent_event": 1, "checkpoint": 1, "consent": 4}  # columns of the key, the first ones
sqlite = sqlite_library()

Row = list[Any]
Table = list[tuple[Any, ...]]


class Untouched(Exception):
    """The draw has changed nothing that counts; draw again."""


@pytest.fixture(scope="module")
def original(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a signed log, and the witness's file beside it."""
    path = tmp_path_factory.mktemp("original") / "izin.db"
    shutil.copy(sqlite_template, path)
    clock = Clock()
    with Registry.open(f"sqlite:///{path}", SECRET, now=clock) as registry:
        chronicle(registry, clock, path.with_name("witness"))
    assert found(path, path.with_name("witness")) is None
    return path


def found(path: Path, witness: Path) -> str | None:
    """What ``izin verify`` says."""
    with Registry.open(f"sqlite:///{path}", SECRET) as registry, registry.store.snapshot() as snapshot:
        return audit.verify(snapshot, registry.policy.reconsent) or log.verify(snapshot, registry.keyring, witness)


# -- what an attacker may do to the rows of a table; each gives the rows as they are to be -----------------------------


def change(rows: Table, key: int, draw: random.Random) -> Table:
    """One value becomes another row's, or nothing."""
    row, place = list(draw.choice(rows)), draw.randrange(key, len(rows[0]))
    row[place] = draw.choice([*{other[place] for other in rows} - {row[place]}, None])
    return [tuple(row) if other[:key] == tuple(row[:key]) else other for other in rows]


def flip(rows: Table, key: int, draw: random.Random) -> Table:
    """One bit of one value, the key's too."""
    chosen = draw.choice(rows)
    place = draw.choice([place for place, value in enumerate(chosen) if value is not None])
    row = list(chosen)
    row[place] = flipped(row[place], draw)
    return [tuple(row) if other is chosen else other for other in rows]


def delete(rows: Table, key: int, draw: random.Random) -> Table:
    chosen = draw.choice(rows)
    return [row for row in rows if row is not chosen]


def insert(rows: Table, key: int, draw: random.Random) -> Table:
    """A row once more, under another key."""
    row = list(draw.choice(rows))
    row[draw.randrange(key)] = draw.choice([max(other[0] for other in rows) + 1, draw.randrange(1, 4)])
    return [*rows, tuple(row)]


def swap(rows: Table, key: int, draw: random.Random) -> Table:
    """Two rows change places: all but their keys."""
    one, other = draw.sample(rows, 2)
    places = {one: one[:key] + other[key:], other: other[:key] + one[key:]}
    return [places.get(row, row) for row in rows]


def flipped(value: float | bytes, draw: random.Random) -> float | bytes:
    if isinstance(value, int):
        return value ^ 1 << draw.randrange(max(2, value.bit_length() + 1))
    if isinstance(value, float):
        bits = struct.unpack("<q", struct.pack("<d", value))[0] ^ 1 << draw.randrange(40)
        return float(struct.unpack("<d", struct.pack("<q", bits))[0])
    place = draw.randrange(len(value))
    return value[:place] + bytes((value[place] ^ 1 << draw.randrange(8),)) + value[place + 1 :]


DEEDS = (change, flip, delete, insert, swap)


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_tampering_is_found(
    original: Path, tmp_path: Path, table: str, deed: Callable[[Table, int, random.Random], Table]
) -> None:
    draw, done = random.Random(f"{table} {deed.__name__}"), 0
    while done < CASES:
        copy = Path(shutil.copy(original, tmp_path / "izin.db"))
        try:
            before, after = rewrite(copy, table, lambda rows: deed(rows, KEYS[table], draw))
        except (Untouched, sqlite.IntegrityError):
            continue
        assert found(copy, original.with_name("witness")) is not None, f"{before} -> {after}"
        done += 1


def rewrite(path: Path, table: str, deed: Callable[[Table], Table]) -> tuple[set[Any], set[Any]]:
    """Rewrites a table behind the ledger's back; the rows that went, and those that came. Errors: Untouched."""
    connection = sqlite.connect(path)
    try:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        connection.execute(f"DELETE FROM {table}")
        wanted = deed(rows)
        marks = ",".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", wanted)
        kept = connection.execute(f"SELECT * FROM {table}").fetchall()
        if not touched(table, rows, kept):
            raise Untouched
        for _, definition in triggers:
            connection.execute(definition)
        connection.commit()
        return set(rows) - set(kept), set(kept) - set(rows)
    finally:
        connection.close()


def touched(table: str, before: Table, after: Table) -> bool:
    """Whether the rows differ in what may not change; an act's evidence may go (an erasure empties it)."""
    evidence = 9
    old, new = set(before), set(after)
    if table == "act":
        old |= {(*row[:evidence], None, *row[evidence + 1 :]) for row in before}
    return len(before) != len(after) or not new <= old


def test_a_bit_of_the_file_is_found_wherever_it_changes_a_row(original: Path, tmp_path: Path) -> None:
    draw, done, whole = random.Random("bits"), 0, dump(original)
    size, pages = layout(original)
    while done < CASES:
        copy = Path(shutil.copy(original, tmp_path / "izin.db"))
        data = bytearray(copy.read_bytes())
        data[(draw.choice(pages) - 1) * size + draw.randrange(size)] ^= 1 << draw.randrange(8)
        copy.write_bytes(data)
        if (read := dump(copy)) == whole:
            continue
        assert found(copy, original.with_name("witness")) is not None, read
        done += 1


def layout(path: Path) -> tuple[int, list[int]]:
    """The size of a page, and the numbers of those on which the tables of KEYS begin."""
    connection = sqlite.connect(path)
    try:
        marks = ",".join("?" * len(KEYS))
        pages = connection.execute(f"SELECT rootpage FROM sqlite_master WHERE name IN ({marks})", tuple(KEYS))
        return connection.execute("PRAGMA page_size").fetchone()[0], [page for (page,) in pages.fetchall()]
    finally:
        connection.close()


def dump(path: Path) -> dict[str, Table] | None:
    """The rows of history and standing, or None where they cannot be read."""
    connection = sqlite.connect(path)
    try:
        # From the tables themselves, not from an index.
        return {table: connection.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall() for table in KEYS}
    except (sqlite.DatabaseError, UnicodeDecodeError):
        return None
    finally:
        connection.close()
