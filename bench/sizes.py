"""Bytes on disk: a consent, an event and a recipient, each with its indexes, in a file as loadings have left it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import text

from bench import child, pages, registries
from bench.harness import Row, Scale
from consents.store import Snapshot, Statement, Store

_BRANDS = 3
_ROOTS = Statement(text("SELECT tbl_name, name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
_GOALS = {"consent": (52.0, 44.0), "consent_event": (80.0, 70.0), "recipient": (110.0, 100.0)}
_NAMES = {
    "consent": "a consent with its index",
    "consent_event": "an event with its indexes",
    "recipient": "a recipient with its indexes",
}


def run(scale: Scale) -> list[Row]:
    """Three brands' files about the same people: their consents come to stand between one another's."""
    url, path = registries.fresh(scale)
    each = [registries.template(scale, scale.rows // _BRANDS, seed=number) for number in range(_BRANDS)]
    child.call(fill, url=url, each=list(map(str, each)))
    counts = _counts(url)
    taken = of_tables(url, path)
    registries.remove(path)
    return [
        Row(_NAMES[table], taken[table] / counts[table], "bytes", *goals, less=True, note=_note(table, counts))
        for table, goals in _GOALS.items()
    ]


def of_tables(url: str, path: Path) -> Counter[str]:
    """Bytes of each table with its indexes, of a registry that nobody has open."""
    store = Store.open(url)
    trees = store.read_now(lambda snapshot: snapshot.all(_ROOTS))
    store.close()  # empties the log into the file
    taken = pages.sizes(path, {name: root for _, name, root in trees})
    tables: Counter[str] = Counter()
    for table, name, _ in trees:
        tables[table] += taken[name]
    return tables


def fill(url: str, each: list[str]) -> None:
    """Loads one file for each of the last brands."""
    for code, file in zip(registries.BRANDS[-_BRANDS:], each, strict=True):
        registries.load(url, file, code)


def _note(table: str, counts: dict[str, int]) -> str:
    return f"of {counts[table]:,}, {_BRANDS} brands"


def _counts(url: str) -> dict[str, int]:
    """Rows of the tables asked about."""

    def count(snapshot: Snapshot, table: str) -> int:
        row = snapshot.one(Statement(text(f"SELECT count(*) FROM {table}")))
        assert row is not None
        return int(row[0])

    store = Store.open(url)
    counts = {table: store.read_now(count, table) for table in _GOALS}
    store.close()
    return counts
