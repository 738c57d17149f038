"""Loading a file: its speed against a raw upsert of the same rows, and the memory it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from sqlalchemy import text

from bench import child, files, registries
from bench.harness import Row, Scale, in_turns
from consents.store import Statement, Store
from consents.store.engines import open_engine

_CHUNKS = "SELECT last_event - first_event + 1 FROM act WHERE upload IS NOT NULL ORDER BY id"
_TABLE = """CREATE TABLE consent (recipient INTEGER, brand INTEGER, channel INTEGER, identity INTEGER,
    status INTEGER, source INTEGER, decided_at INTEGER,
    PRIMARY KEY (recipient, brand, channel, identity)) WITHOUT ROWID"""
_UPSERT = """INSERT INTO consent VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (recipient, brand, channel, identity) DO UPDATE
    SET status = excluded.status, source = excluded.source, decided_at = excluded.decided_at
    WHERE excluded.decided_at > decided_at"""


def run(scale: Scale) -> list[Row]:
    return [*_against_raw(scale), *_alone(scale)]


def _against_raw(scale: Scale) -> list[Row]:
    file = registries.template(scale, scale.rows)
    peaks: list[int] = []
    made: list[Path] = []

    def loading() -> float:
        url, path = registries.fresh(scale)
        made.append(path)
        running = child.start(registries.load, url=url, file=file, code=registries.BRANDS[-1])
        answer = running.answer()
        peaks.append(running.peak)
        return answer["rows"] / (answer["ended"] - answer["began"])

    def raw() -> float:
        return child.call(upsert, registry=made[-1], rows=scale.rows)

    rounds = in_turns(scale.rounds, {"loading": loading, "raw": raw})
    for path in made:
        registries.remove(path)
    note = f"{rounds.median('loading'):,.0f} against {rounds.median('raw'):,.0f} rows/s"
    large = registries.loaded(scale, scale.large)
    same = large.peak / max(peaks)
    return [
        Row("import ÷ raw upsert of the same rows", rounds.ratio("loading", "raw"), "", 0.15, 0.30, note=note),
        Row(f"import, memory at {scale.large:,} ÷ {scale.rows:,} rows", same, "", 1.1, 1.0, less=True),
    ]


def _alone(scale: Scale) -> list[Row]:
    _, path, loading, peak = registries.loaded(scale, scale.large)
    pace = registries.pace(loading, scale.small)
    seconds = loading["ended"] - loading["began"]
    note = f"{loading['rows']:,} rows in {seconds:,.0f} s, {path.stat().st_size / 1e6:,.0f} MB"
    memory = "both processes, pages they share counted once (PSS)"
    return [
        Row("import on an idle machine", loading["rows"] / seconds, "rows/s", 60_000, 120_000, note=note),
        Row(f"import, last tenth of {scale.large:,} rows ÷ first {scale.small:,}", pace, "", 0.7, 1.0),
        Row(f"import, memory at {scale.large:,} rows", peak / 1e6, "MB", 150, None, less=True, note=memory),
    ]


def upsert(registry: str, rows: int) -> float:
    """Rows/s of the floor: what stands for the same rows, parsed before, in as many transactions as the loading took.

    Recipients are numbered as they appear, as the registry does; no history, no look-up, no second index.
    """
    return timed(Path(f"{registry}-raw"), integers(rows), _chunks(registry))


def timed(path: Path, parsed: list[tuple[int, ...]], chunks: Iterable[int]) -> float:
    """Rows/s of upserting these rows into a new database, in transactions of these sizes."""
    connection = open_engine(f"sqlite:///{path}").raw_connection().driver_connection
    assert connection is not None
    connection.execute(_TABLE)
    following = iter(parsed)
    began = time.perf_counter()
    for size in chunks:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_UPSERT, list(islice(following, size)))
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    assert next(following, None) is None, "the loading recorded other rows"
    connection.close()
    registries.remove(path)
    return len(parsed) / seconds


def integers(rows: int) -> list[tuple[int, ...]]:
    """What the good rows of a file let stand, as the floor's table has it."""
    numbers: dict[int, int] = {}
    brand = len(registries.BRANDS)
    made: list[tuple[int, ...]] = []
    for person, channel, identity, status, source, day, second in files.facts(rows):
        recipient = numbers.setdefault(person, len(numbers) + 1)
        at = 1_793_000_000 - day * 86_400 + second
        made.append((recipient, brand, channel, identity, status, source, at))
    return made


def _chunks(registry: str) -> list[int]:
    store = Store.open(f"sqlite:///{registry}")
    sizes = [row[0] for row in store.read_now(lambda snapshot: snapshot.all(Statement(text(_CHUNKS))))]
    store.close()
    return sizes
