"""Rounds of writing and crashing on SQLite: start the writers, crash, look at what is left, go on from there."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from consents.store.engines import sqlite_library
from tests.crash.disk import Disk, PageCache
from tests.crash.journal import RECORDED, Promises, wait_for
from tests.crash.oracle import Ask, Findings, Row, examine
from tests.crash.tally import Crash
from tests.crash.zygote import Zygote

DATABASE = "izin.db"
CRASHES_IN_A_LIFE = 10  # then a new database: the examination reads all of it
LONGEST_RUN = 0.15  # seconds from the first acknowledgements to the crash
START = 0.06  # seconds within which a crash meets writers that are still opening the registry
SPELL = 0.05  # seconds after which restless writers close the registry and open it again


@dataclass
class Site:
    """Writers on one SQLite file, and the machine it is on. ``torn``: see ``Disk.image``."""

    machine: Disk | PageCache
    zygote: Zygote
    dice: random.Random
    weakness: str | None = None
    torn: bool = False
    promises: Promises = field(default_factory=Promises)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.machine.live / DATABASE}"

    def crashes(self, source: Path, count: int) -> Iterator[Crash]:
        """Crashes ``count`` times; a new life on a copy of ``source`` begins after ten, and after any fault."""
        age = CRASHES_IN_A_LIFE
        for _ in range(count):
            if age == CRASHES_IN_A_LIFE:
                self.machine.boot(source)
                age, self.promises = 0, Promises()
            crash = self._crash()
            yield crash
            age = age + 1 if crash.findings.clean else CRASHES_IN_A_LIFE

    def _crash(self) -> Crash:
        journals = self._start()
        if self.dice.random() < 0.1:
            time.sleep(self.dice.uniform(0, START))
        else:
            wait_for(RECORDED, journals)
            time.sleep(self.dice.uniform(0, LONGEST_RUN))
        killed = self.zygote.kill()
        spoken = Promises.of(journals)
        self.promises.add(spoken)
        unsynced = sum(map(len, self.machine.unsynced().values()))
        left = self.machine.image(random.Random(self.dice.random()) if self.torn else None)
        findings = examine_file(left, self.promises)
        self.machine.boot(left)
        return Crash(killed, spoken, unsynced, findings)

    def _start(self) -> list[Path]:
        """Starts the writers; their journals. One round in four: citizens alone, whose program ends well and often."""
        restless = self.dice.random() < 0.25
        names = ["citizens"] if restless else ["citizens", "provider"]
        journals = [self.machine.live.parent / f"{name}.jsonl" for name in names]
        for name, journal in zip(names, journals, strict=True):
            journal.unlink(missing_ok=True)
            order = {"url": self.url, "journal": str(journal), "seed": self.dice.getrandbits(32)}
            self.zygote.start(writer=name, weakness=self.weakness, spell=SPELL if restless else None, **order)
        return journals


def examine_file(folder: Path, promises: Promises, by: Callable[[Ask, Promises], Findings] = examine) -> Findings:
    """What the database in ``folder`` keeps; looks at a copy, so that the next start recovers by itself again."""
    copy = folder.with_name("examined")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    library = sqlite_library()
    connection = library.connect(str(copy / DATABASE), isolation_level=None)

    def ask(query: str) -> list[Row]:
        rows: list[Row] = connection.execute(query).fetchall()
        return rows

    try:
        structure = [str(row) for row in ask("PRAGMA integrity_check") + ask("PRAGMA foreign_key_check")]
        ask("BEGIN")
        findings = by(ask, promises)
        findings.broken += [fault for fault in structure if fault != "('ok',)"]
        return findings
    except library.DatabaseError as error:
        return Findings(broken=[f"the database cannot be read: {error}"])
    finally:
        connection.close()
