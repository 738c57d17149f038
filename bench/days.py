"""The day file of a day on which a whole file was loaded: rows a second, and the memory it takes."""

from __future__ import annotations

import gc
import time
from datetime import datetime
from pathlib import Path
from statistics import median

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
    speeds = [_movements_a_second(scale, pair.large.url) for _ in range(scale.rounds)]
    before, after = (_peak(scale, url) for url in pair.urls)
    what = f"{pair.prefix}day file, memory at {scale.large:,} ÷ {scale.small:,} movements"
    note = f"{after / 1e6:,.0f} against {before / 1e6:,.0f} MB (PSS)"
    return [
        Row(f"{pair.prefix}day file, movements a second", median(speeds), "rows/s", 200_000, 600_000),
        Row(what, after / before, "", 1.1, 1.03, less=True, note=note),
    ]


def write(url: str, folder: str) -> tuple[int, float]:
    """Writes the file of the registry's last day: how many movements, and seconds until it was durable.

    As in the worker, what was loaded is kept from the collector of garbage.
    """
    gc.freeze()
    with registries.open_registry(url) as registry:
        row = registry.store.read_now(Snapshot.one, _LAST)
        assert row is not None
        day = datetime.fromtimestamp(row[0], ISTANBUL).date()
        brand = registries.brand(registry, registries.BRANDS[-1])
        began = time.perf_counter()
        report = day_reports.write(registry, brand, day, Path(folder))
        seconds = time.perf_counter() - began
    for path in report.files:
        path.unlink()
    return report.rows, seconds


def _movements_a_second(scale: Scale, url: str) -> float:
    running = child.start(write, watched=False, url=url, folder=scale.folder)
    movements, seconds = running.answer()
    return movements / seconds


def _peak(scale: Scale, url: str) -> int:
    running = child.start(write, url=url, folder=scale.folder)
    running.answer()
    return running.peak
