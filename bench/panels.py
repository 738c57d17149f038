"""The panel's overview and query of a large brand: the processor's time of what a page reads.

The reading alone, because it is what might grow with the brand; drawing a page costs the same for each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench import child, registries
from bench.harness import Row, Scale
from consents import movement_counts, standing_counts
from consents.queries import criteria_rows
from consents.queries.criteria_rows import Criteria
from consents.registry import Registry
from consents.rules import RET
from consents.store import Snapshot
from panel.lookups import overview_pages

_ROUNDS = 7
_MS = 1000


def run(scale: Scale) -> list[Row]:
    """Of a brand with the large file's consents, once the worker has counted."""
    held = registries.loaded(scale, scale.large)
    taken = child.call(measure, url=held.url)
    note = f"{scale.large:,} consents of one brand"
    return [
        Row("CPU of what the overview reads", taken["overview"], "ms", 300, 50, less=True, note=note),
        Row("CPU of a query's first page and count", taken["query"], "ms", 200, 50, less=True, note=note),
        Row("CPU of the same where nothing meets it", taken["nothing"], "ms", 200, 100, less=True, note=note),
    ]


def measure(url: str) -> dict[str, float]:
    """Milliseconds of the processor."""
    with registries.open_registry(url) as registry:
        brand = registries.brand(registry, registries.BRANDS[-1]).id
        movement_counts.keep_up(registry)
        standing_counts.keep_up(registry)
        wanted = Criteria(brand, status=RET)
        nothing = Criteria(brand, source=99, since=0, until=10**16)
        return {
            "overview": _cost(registry, overview_pages.of_brand, brand, registry.store.now()),
            "query": _cost(registry, _page, wanted),
            "nothing": _cost(registry, _page, nothing),
        }


def _page(snapshot: Snapshot, wanted: Criteria) -> None:
    """What a page of the query reads."""
    held = standing_counts.of_brand(snapshot, wanted.brand)
    if criteria_rows.tallied(wanted, held) is None:
        criteria_rows.count(snapshot, wanted)
    criteria_rows.page(snapshot, wanted)


def _cost(registry: Registry, work: Callable[..., Any], *arguments: Any) -> float:
    taken = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        registry.store.read_now(work, *arguments)
        taken.append(time.process_time() - began)
    return median(taken) * _MS
