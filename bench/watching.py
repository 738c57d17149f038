"""What a site holds while it runs: memory, descriptors, threads, log, files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil  # type: ignore[import-untyped]
import psycopg

from consents.store.engines import sqlite_file

T = TypeVar("T")
N = TypeVar("N", int, float)
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


def look(url: str, site: int, worker: int, server: int | None, folder: Path) -> Held:
    """``site``, ``worker``, ``server``: their processes. ``folder``: where the first two put temporary files."""
    ours = _family(site), _family(worker)
    both = [*ours[0], *ours[1]]
    log, database = _sizes(url)
    ended = [psutil.Process(parent).cpu_times()[2:4] for parent in (site, worker)]  # of children that are no more
    return Held(
        _summed(_memory, ours[0]),
        _summed(_memory, ours[1]),
        _summed(_memory, _family(server)) if server else 0,
        _summed(psutil.Process.num_fds, both),
        _summed(psutil.Process.num_threads, both),
        log,
        database,
        _summed(_size, folder.rglob("*")) + _summed(_nameless, both),
        _summed(lambda process: sum(process.cpu_times()[:2]), both) + sum(map(sum, ended)),
    )


def _family(process: int) -> list[psutil.Process]:
    """Itself and its children."""
    parent = psutil.Process(process)
    return [parent, *parent.children(recursive=True)]


def _summed(of: Callable[[T], N], things: Iterable[T]) -> N:
    """Of those that are still there: children end, and files go."""
    taken: N = 0  # type: ignore[assignment]
    for thing in things:
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            taken += of(thing)  # type: ignore[assignment]
    return taken


def _memory(process: psutil.Process) -> int:
    return int(process.memory_full_info().pss)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


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
