"""What every benchmark shares: how large it is, how two ways are compared, how results are shown and kept."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Scale:
    """How large the benchmarks are. ``folder`` is theirs: on a disk, or there would be no fsync to speak of."""

    name: str
    folder: Path
    rounds: int  # of each comparison; their median counts
    rows: int  # of the files that are loaded again and again
    large: int  # rows of the large file
    small: int  # rows of the small registry the large one is compared with
    seconds: float  # that one way of a comparison runs, where it is not the work that ends it
    clients: int = 128  # at once
    lasting: float = 40.0  # that sites are looked at under a steady load


LONG = "full"
SCALES: dict[str, tuple[Any, ...]] = {  # as the fields of Scale from rounds on
    "default": (3, 300_000, 1_000_000, 100_000, 1.5),  # some minutes
    LONG: (5, 1_000_000, 10_000_000, 100_000, 4.0, 128, 3600.0),  # about an hour, and one of steady load
    "tiny": (1, 6_000, 8_000, 2_000, 0.15, 16, 3.0),  # to see that all of it runs
}


def scale(name: str, folder: Path) -> Scale:
    """The scale of this name, one of SCALES."""
    return Scale(name, folder, *SCALES[name])


class Row(NamedTuple):
    """One result. ``measured`` is None where it could not be measured; ``note`` then has the reason."""

    what: str
    measured: float | None
    unit: str  # "" for a ratio
    reach: float
    stretch: float | None
    less: bool = False  # whether less is better
    note: str = ""

    @property
    def verdict(self) -> str:
        """stretch, reach, missed, or – where it was not measured."""
        if self.measured is None:
            return "–"
        if self.stretch is not None and self._meets(self.measured, self.stretch):
            return "stretch"
        return "reach" if self._meets(self.measured, self.reach) else "missed"

    def _meets(self, measured: float, goal: float) -> bool:
        return measured <= goal if self.less else measured >= goal


@dataclass
class Rounds:
    """The results of several ways, taken in turns: what the machine does meanwhile meets all of them alike."""

    results: dict[str, list[float]] = field(default_factory=dict)

    def median(self, way: str) -> float:
        return median(self.results[way])

    def ratio(self, one: str, other: str) -> float:
        """The median of the rounds' ratios, each of two neighbours in time."""
        return median(a / b for a, b in zip(self.results[one], self.results[other], strict=True))


def in_turns(rounds: int, ways: Mapping[str, Callable[[], float]]) -> Rounds:
    """Measures each way once a round, every other round in the opposite order."""
    taken = Rounds({way: [] for way in ways})
    for number in range(rounds):
        for way, measure in list(ways.items())[:: -1 if number % 2 else 1]:
            taken.results[way].append(measure())
    return taken


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample that ``share`` (0 to 1) of all do not exceed."""
    return sorted(samples)[min(int(share * len(samples)), len(samples) - 1)]


def show(rows: Sequence[Row], console: Console) -> None:
    """The table on the terminal."""
    table = Table("what", "measured", "reach", "stretch", "verdict", "note", title_justify="left")
    for row in rows:
        goals = [_figure(goal, row.unit) for goal in (row.reach, row.stretch)]
        sign = "≤ " if row.less else "≥ "
        table.add_row(row.what, _figure(row.measured, row.unit), sign + goals[0], goals[1], row.verdict, row.note)
    console.print(table)


def save(rows: Sequence[Row], size: Scale, path: Path) -> None:
    """The same as JSON."""
    results = [{**row._asdict(), "verdict": row.verdict} for row in rows]
    machine = {"system": platform.platform(), "python": platform.python_version()}
    path.write_text(
        json.dumps({"scale": size.name, **machine, "results": results}, indent=1, ensure_ascii=False) + "\n"
    )


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = 0 if value >= 1000 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()
