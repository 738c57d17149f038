"""Registries to measure at, filled as real ones are: by loading files."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypedDict

from sqlalchemy import text

from bench import child, files, servers
from bench.harness import Scale
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement, Transaction
from providers.uploads.loading import Order, collect_seldom
from providers.uploads.loading import load as load_file
from tests.crash.server import Server

SECRET = "a-secret-for-benchmarks-that-is-long-enough"
PROVIDER = 600100
BRANDS = tuple(range(PROVIDER + 1, PROVIDER + 41))  # forty, for small numbers take fewer bytes than real ones

_EACH = 5  # of so many marks of a loading one is kept

_PEOPLE = Statement(text("SELECT max(id) FROM recipient"))


class Loading(TypedDict):
    """One loading: counts of rows, and from when to when by ``time.monotonic()``; ``first``: when rows began to go
    in, after the reading process had started. ``marks``: how many rows were done at which moments."""

    rows: int
    recorded: int
    began: float
    first: float
    ended: float
    marks: list[tuple[int, float]]


class Loaded(NamedTuple):
    """A registry with one file in it. ``path``: its database file, on SQLite. ``peak``: the most memory (bytes, PSS)
    the loading took."""

    url: str
    path: Path
    loading: Loading
    peak: int


class Pair(NamedTuple):
    """A small registry and a large one on the same kind of database; ``prefix``: of what is said of them."""

    prefix: str
    small: Loaded
    large: Loaded

    @property
    def urls(self) -> list[str]:
        return [self.small.url, self.large.url]


def open_registry(url: str) -> Registry:
    """The registry at ``url`` as a command opens it."""
    return Registry.open(url, SECRET)


def make(url: str) -> None:
    """An empty registry with the brands."""
    prepare(url, SECRET)
    with open_registry(url) as registry:
        registry.store.write_now(_furnish)


def _furnish(transaction: Transaction) -> None:
    companies.add_provider(transaction, PROVIDER, "Örnek Mağazacılık A.Ş.")
    for code in BRANDS:
        companies.add_brand(transaction, PROVIDER, code, f"Örnek {code}", example=True)


def brand(registry: Registry, code: int) -> KnownBrand:
    """One of BRANDS."""
    known = registry.store.read_now(companies.known_brand, code)
    assert known is not None
    return known


def people(registry: Registry) -> int:
    """How many recipients there are; they are numbered from 1."""
    row = registry.store.read_now(Snapshot.one, _PEOPLE)
    assert row is not None
    return int(row[0])


def load(url: str, file: str, code: int) -> Loading:
    """Loads a file as ``izin import --initial`` does."""
    marks: list[tuple[int, float]] = []
    collect_seldom()
    with open_registry(url) as registry:
        started = time.monotonic()
        order = Order(Path(file), brand(registry, code), initial=True)
        tally = load_file(registry, order, lambda rows: marks.append((rows, time.monotonic())))
        ended = time.monotonic()
    first = marks[0][1]
    return Loading(
        rows=tally.rows,
        recorded=tally.recorded,
        began=started,
        first=first,
        ended=ended,
        marks=marks[::_EACH] + marks[-1:],
    )


def pace(loading: Loading, small: int) -> float:
    """How fast the last tenth of a file went in ÷ how fast its first ``small`` rows did."""
    marks = [(0, loading["began"]), *((rows, at) for rows, at in loading["marks"] if rows)]
    until = next((place for place, (rows, _) in enumerate(marks) if rows >= small), len(marks) - 1)
    early = _speed(marks[1 if until > 1 else 0], marks[until])
    late = _speed([mark for mark in marks if mark[0] <= 0.9 * loading["rows"]][-1], marks[-1])
    return late / early


def _speed(before: tuple[int, float], after: tuple[int, float]) -> float:
    return (after[0] - before[0]) / (after[1] - before[1])


def template(scale: Scale, rows: int, seed: int = 0) -> Path:
    """The file of these rows, written once a run."""
    path = scale.folder / f"template-{rows}-{seed}.csv"
    if not path.exists():  # two threads may want it at once
        files.write(path.with_suffix(f".{threading.get_ident()}"), rows, seed).rename(path)
    return path


def fresh(scale: Scale) -> tuple[str, Path]:
    """The URL and file of a new registry on SQLite."""
    path = scale.folder / f"izin-{time.monotonic_ns()}.db"
    url = f"sqlite:///{path}"
    make(url)
    return url, path


def loaded(scale: Scale, rows: int) -> Loaded:
    """A registry with one file of so many rows, loaded once a run."""
    kept = scale.folder / f"loaded-{rows}.json"
    if not kept.exists():
        url, path = fresh(scale)
        running = child.start(load, url=url, file=template(scale, rows), code=BRANDS[-1])
        loading = running.answer()
        kept.write_text(json.dumps([url, str(path), loading, running.peak]))
    url, path, loading, peak = json.loads(kept.read_text())
    return Loaded(url, Path(path), loading, peak)


@contextmanager
def pairs(scale: Scale) -> Iterator[list[Pair]]:
    """On SQLite and on PostgreSQL."""
    with servers.kept(scale) as server:
        yield [
            Pair("", loaded(scale, scale.small), loaded(scale, scale.large)),
            Pair("PostgreSQL: ", *(_loaded_into(server, scale, rows) for rows in (scale.small, scale.large))),
        ]


def _loaded_into(server: Server, scale: Scale, rows: int) -> Loaded:
    kept, name = scale.folder / f"loaded-{rows}-postgresql.json", f"loaded_{rows}"
    if not kept.exists():
        url = server.create(name)
        make(url)
        running = child.start(load, url=url, file=template(scale, rows), code=BRANDS[-1])
        loading = running.answer()
        kept.write_text(json.dumps([loading, running.peak]))
    loading, peak = json.loads(kept.read_text())
    return Loaded(server.url(name), Path(), loading, peak)


def remove(path: Path) -> None:
    """Deletes a SQLite database with its log and its turnstile."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
