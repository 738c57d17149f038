"""Bytes on disk: a consent, an event and a recipient, each with its indexes, in a file as loadings have left it."""

from __future__ import annotations

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
    trees, counts = _trees(url)
    taken = pages.sizes(path, {name: root for _, name, root in trees})
    registries.remove(path)
    return [
        Row(_NAMES[table], _each(table, trees, taken, counts), "bytes", *goals, less=True, note=_note(table, counts))
        for table, goals in _GOALS.items()
    ]


def fill(url: str, each: list[str]) -> None:
    """Loads one file for each of the last brands."""
    for code, file in zip(registries.BRANDS[-_BRANDS:], each, strict=True):
        registries.load(url, file, code)


def _each(table: str, trees: list[tuple[str, str, int]], taken: dict[str, int], counts: dict[str, int]) -> float:
    return sum(taken[name] for owner, name, _ in trees if owner == table) / counts[table]


def _note(table: str, counts: dict[str, int]) -> str:
    return f"of {counts[table]:,}, {_BRANDS} brands"


def _trees(url: str) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """(table, tree, root page) of each table and index, and the rows of the tables asked about; the log is emptied
    by the close."""

    def count(snapshot: Snapshot, table: str) -> int:
        row = snapshot.one(Statement(text(f"SELECT count(*) FROM {table}")))
        assert row is not None
        return int(row[0])

    store = Store.open(url)
    trees = [(row[0], row[1], row[2]) for row in store.read_now(lambda snapshot: snapshot.all(_ROOTS))]
    counts = {table: store.read_now(count, table) for table in _GOALS}
    store.close()
    return trees, counts
