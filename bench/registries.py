"""Registries to measure at, filled as real ones are: by loading files."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple, TypedDict

from sqlalchemy import text

from bench import child, files
from bench.harness import Scale
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement, Transaction
from providers.uploads.loading import Order
from providers.uploads.loading import load as load_file

SECRET = "a-secret-for-benchmarks-that-is-long-enough"
PROVIDER = 600100
BRANDS = tuple(range(PROVIDER + 1, PROVIDER + 41))  # forty, for small numbers take fewer bytes than real ones

_PEOPLE = Statement(text("SELECT max(id) FROM recipient"))


class Loading(TypedDict):
    """One loading: counts of rows, and from when to when by ``time.monotonic()``; ``first``: when rows began to go
    in, after the reading process had started."""

    rows: int
    recorded: int
    began: float
    first: float
    ended: float


class Loaded(NamedTuple):
    """A registry with one file in it. ``peak``: the most memory (bytes, PSS) the loading took."""

    url: str
    path: Path
    loading: Loading
    peak: int


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
    began: list[float] = []
    with open_registry(url) as registry:
        started = time.monotonic()
        order = Order(Path(file), brand(registry, code), initial=True)
        tally = load_file(registry, order, lambda rows: began.append(time.monotonic()) if not began else None)
        ended = time.monotonic()
    return Loading(rows=tally.rows, recorded=tally.recorded, began=started, first=began[0], ended=ended)


def template(scale: Scale, rows: int, seed: int = 0) -> Path:
    """The file of these rows, written once a run."""
    path = scale.folder / f"template-{rows}-{seed}.csv"
    return path if path.exists() else files.write(path, rows, seed)


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


def remove(path: Path) -> None:
    """Deletes a SQLite database with its log and its turnstile."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
