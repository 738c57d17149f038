"""What a site holds while it runs: memory, descriptors, threads, log, files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
import psycopg

from consents.store.engines import sqlite_file

_LOG = "SELECT (SELECT sum(size) FROM pg_ls_waldir()), pg_database_size(current_database())"


class Held(NamedTuple):
    """At one moment. Bytes, but for counts of descriptors and threads (site and worker together)."""

    site: int  # memory (PSS), its children too
    worker: int
    server: int  # PostgreSQL's processes
    descriptors: int
    threads: int
    log: int  # SQLite's -wal file, or pg_wal
    database: int
    files: int  # in the folder for temporary files, and without a name
    cpu: float  # seconds that site and worker took so far


def look(url: str, site: int, worker: int, server: int, folder: Path) -> Held:
    """``site``, ``worker``, ``server``: their processes. ``folder``: where the first two put temporary files."""
    ours = list(_family(site)), list(_family(worker))
    both = [*ours[0], *ours[1]]
    log, database = _sizes(url)
    return Held(
        _memory(ours[0]),
        _memory(ours[1]),
        0 if sqlite_file(url) else _memory(_family(server)),
        sum(process.num_fds() for process in both),
        sum(process.num_threads() for process in both),
        log,
        database,
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) + sum(map(_nameless, both)),
        sum(sum(process.cpu_times()[:2]) for process in both),
    )


def _family(process: int) -> Iterator[psutil.Process]:
    """Itself and its children; who ends meanwhile is left out by ``_memory``."""
    parent = psutil.Process(process)
    yield parent
    yield from parent.children(recursive=True)


def _memory(processes: object) -> int:
    taken = 0
    for process in processes:  # type: ignore[attr-defined]
        with suppress(psutil.NoSuchProcess):
            taken += int(process.memory_full_info().pss)
    return taken


def _nameless(process: psutil.Process) -> int:
    """Bytes of files that it holds open and nobody can name any more."""
    taken = 0
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            if os.readlink(entry).endswith(" (deleted)"):
                taken += entry.stat().st_size
    return taken


def _sizes(url: str) -> tuple[int, int]:
    path = sqlite_file(url)
    if path is not None:
        log = path.with_name(f"{path.name}-wal")
        return (log.stat().st_size if log.exists() else 0), path.stat().st_size
    with psycopg.connect(url) as connection:
        row = connection.execute(_LOG).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
