"""What an operator waits for at a large registry: its start, its backup; and the bytes that a consent takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import text

from bench import registries, servers, starting
from bench.harness import Row, Scale, in_turns
from bench.registries import Loaded, Pair
from consents.store import Statement, Store
from consents.store.engines import sqlite_file

_SAVE = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', sys.argv[2:])"
_CONSENTS = Statement(text("SELECT count(*) FROM consent"))
_SIZE = "SELECT pg_database_size(current_database())"
_GOALS = {"": (140.0, 120.0), "PostgreSQL: ": (400.0, 350.0)}  # bytes a consent


class Saved(NamedTuple):
    """A backup: its bytes, and the seconds that it took, on the clock and of the processor's time."""

    size: int
    clock: float
    cpu: float


def run(scale: Scale) -> list[Row]:
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _rows(scale, pair, servers.tools(scale))]


def backup(url: str, copy: Path, tools: Path | None) -> list[str]:
    """The command that saves a database as docs/backups.md says; ``tools``: where PostgreSQL's are."""
    path = sqlite_file(url)
    if path is not None:
        return [sys.executable, "-c", _SAVE, str(path), str(copy)]
    assert tools is not None
    return [str(tools / "pg_dump"), "--format=custom", f"--file={copy}", url]


def _rows(scale: Scale, pair: Pair, tools: Path) -> list[Row]:
    sizes = f"{scale.large:,} ÷ {scale.small:,} rows"
    starts = in_turns(scale.rounds, {"large": _starting(scale, pair.large), "small": _starting(scale, pair.small)})
    consents, taken = _consents(pair.large.url), _size(pair.large.url)
    saved = _saved(pair.large.url, scale.folder / "copy", tools)
    loading = pair.large.loading
    seconds = loading["ended"] - loading["began"]
    return [
        Row(f"{pair.prefix}izin serve to the first answer, CPU, {sizes}", starts.ratio("large", "small"), "",
            1.15, 1.05, less=True, note=f"{starts.median('large'):.2f} against {starts.median('small'):.2f} s"),
        Row(f"{pair.prefix}backup of {scale.large:,} rows", taken / 1e6 / saved.clock, "MB/s", 20, 100,
            note=f"{saved.size / 1e6:,.0f} of {taken / 1e6:,.0f} MB in {saved.clock:.1f} s, {saved.cpu:.1f} s of CPU"),
        Row(f"{pair.prefix}bytes a consent, all included", taken / consents, "bytes", *_GOALS[pair.prefix], less=True,
            note=f"{consents:,} consents; loaded in {seconds:,.0f} s, most memory {pair.large.peak / 1e6:,.0f} MB"),
    ]  # fmt: skip


def _starting(scale: Scale, one: Loaded) -> Callable[[], float]:
    """Seconds of CPU until it answers: the clock shows what else the machine does."""
    port = starting.free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATABASE_URL": one.url,
        "SECRET_KEY": registries.SECRET,
        "WORKER": "separate",
        "WITNESS_FILE": str(scale.folder / f"starting-{port}"),
        **dict.fromkeys(("SMS_GATEWAY", "MAIL_GATEWAY"), f"file:{scale.folder / 'starting.jsonl'}"),
    }

    def start() -> float:
        spent: list[float] = []
        starting.until_answered([*starting.IZIN, "serve"], environment, port, spent)
        return spent[0]

    return start


def _saved(url: str, copy: Path, tools: Path) -> Saved:
    began = time.monotonic()
    running = psutil.Popen(backup(url, copy, tools), stdout=subprocess.DEVNULL)
    cpu = 0.0
    while running.poll() is None:
        cpu = max(cpu, _cpu(running))
        time.sleep(0.02)
    seconds = time.monotonic() - began
    assert running.returncode == 0, "the backup failed"
    size = copy.stat().st_size
    copy.unlink()
    return Saved(size, seconds, cpu)


def _cpu(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return 0.0


def _consents(url: str) -> int:
    store = Store.open(url, hurried=False)
    with store.snapshot(passing=True) as snapshot:
        row = snapshot.one(_CONSENTS)
    store.close()
    assert row is not None
    return int(row[0])


def _size(url: str) -> int:
    path = sqlite_file(url)
    if path is not None:
        return path.stat().st_size
    with psycopg.connect(url) as connection:
        row = connection.execute(_SIZE).fetchone()
    assert row is not None
    return int(row[0])
