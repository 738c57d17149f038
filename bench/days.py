"""The day file of a day on which a whole file was loaded: rows a second, and the memory it takes."""

from __future__ import annotations

import gc
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sqlalchemy import text

from bench import child, registries
from bench.harness import Row, Scale
from bench.registries import Pair
from consents.instants import ISTANBUL
from consents.store import Snapshot, Statement
from providers.days import day_reports

_LAST = Statement(text("SELECT max(recorded_at) FROM act"))


def run(scale: Scale) -> list[Row]:
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _rows(scale, pair)]


def _rows(scale: Scale, pair: Pair) -> list[Row]:
    written = [_written(scale, pair.large.url) for _ in range(scale.rounds)]
    speeds = [one.movements / one.seconds for one in written]
    each = median(one.cpu / one.movements for one in written)
    before, after = (_peak(scale, url) for url in pair.urls)
    what = f"{pair.prefix}day file, memory at {scale.large:,} ÷ {scale.small:,} movements"
    note = f"{after / 1e6:,.0f} against {before / 1e6:,.0f} MB (PSS)"
    return [
        Row(
            f"{pair.prefix}day file, movements a second",
            median(speeds),
            "rows/s",
            200_000,
            600_000,
            note=f"{each * 1e6:.1f} µs of CPU each",
        ),
        Row(what, after / before, "", 1.1, 1.03, less=True, note=note),
    ]


class Written(NamedTuple):
    """How many movements, seconds until the file was durable, and of this process's CPU."""

    movements: int
    seconds: float
    cpu: float


def write(url: str, folder: str) -> Written:
    """Writes the file of the registry's last day.

    As in the worker, what was loaded is kept from the collector of garbage.
    """
    gc.freeze()
    with registries.open_registry(url) as registry:
        row = registry.store.read_now(Snapshot.one, _LAST)
        assert row is not None
        day = datetime.fromtimestamp(row[0], ISTANBUL).date()
        brand = registries.brand(registry, registries.BRANDS[-1])
        began, spent = time.perf_counter(), time.process_time()
        report = day_reports.write(registry, brand, day, Path(folder))
        seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    for path in report.files:
        path.unlink()
    return Written(report.rows, seconds, cpu)


def _written(scale: Scale, url: str) -> Written:
    return Written(*child.start(write, watched=False, url=url, folder=scale.folder).answer())


def _peak(scale: Scale, url: str) -> int:
    running = child.start(write, url=url, folder=scale.folder)
    running.answer()
    return running.peak
