"""Figures of many crashes, and proof that there was a fault at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.crash.journal import Promises
from tests.crash.oracle import Findings


class Crash(NamedTuple):
    """One crash. ``killed``: processes; ``spoken``: what this round's writers said; ``unsynced``: pages that were
    written and not yet durable."""

    killed: int
    spoken: Promises
    unsynced: int
    findings: Findings


@dataclass
class Tally:
    """The sum of many crashes.

    ``interrupted``: writes begun and not acknowledged; ``refused``: those of them that were answered with an error;
    ``kept``: those of them whose change is there all the same.
    """

    crashes: int = 0
    inside_a_write: int = 0
    with_unsynced: int = 0
    acknowledged: int = 0
    interrupted: int = 0
    kept: int = 0
    refused: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)

    def until(self, crashes: Iterator[Crash], count: int, **least: float) -> Iterator[Crash]:
        """Adds crashes up: ``count``, and more while there are some until each figure is as it must be at ``least``."""
        for crash in crashes:
            self.add(crash)
            yield crash
            if self.crashes >= count and all(getattr(self, name) >= figure for name, figure in least.items()):
                return

    def add(self, crash: Crash) -> None:
        interrupted = crash.spoken.interrupted
        self.crashes += 1
        self.inside_a_write += bool(interrupted)
        self.with_unsynced += crash.unsynced > 0
        self.acknowledged += crash.spoken.acknowledged
        self.interrupted += len(interrupted)
        self.kept += len(interrupted & crash.findings.kept_untold)
        self.refused += len(crash.spoken.failed)
        self.lost += len(crash.findings.lost)
        self.broken += crash.findings.broken + crash.findings.doubled

    def __str__(self) -> str:
        return (
            f"{self.crashes} crashes, {self.inside_a_write} inside a write, {self.with_unsynced} with unsynced pages; "
            f"{self.acknowledged} acknowledged, {self.lost} lost; "
            f"{self.interrupted} interrupted or refused ({self.refused}), {self.kept} of them kept"
        )
