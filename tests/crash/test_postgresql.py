"""PostgreSQL is killed with all its processes: what was acknowledged is kept, and writing goes on by itself (L7, L8).

The writers stay alive, as a site does when its database crashes; so the store must find its server again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from consents.registry import prepare
from tests.conftest import SECRET
from tests.crash.conftest import SCALE, Tell, Zygotes, people
from tests.crash.journal import FAILED, RECORDED, Promises, wait_for
from tests.crash.oracle import Findings, Row, examine
from tests.crash.rounds import LONGEST_RUN
from tests.crash.server import Server
from tests.crash.tally import Crash, Tally
from tests.crash.zygote import Zygote

CRASHES = 10 * SCALE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("run")) as server:
        yield server


def furnish(server: Server, database: str) -> str:
    """A database in which nobody has decided anything; its URL."""
    url = server.create(database)
    prepare(url, SECRET)
    people(url)
    return url


def examine_server(url: str, promises: Promises) -> Findings:
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

        def ask(query: str) -> list[Row]:
            return connection.execute(query.encode()).fetchall()

        return examine(ask, promises)


class Site:
    """Writers on one PostgreSQL database, started anew for each crash."""

    def __init__(self, server: Server, zygote: Zygote, url: str, folder: Path, weakness: str | None = None) -> None:
        self._server, self._zygote, self._url, self._weakness = server, zygote, url, weakness
        self._journals = [folder / f"{name}.jsonl" for name in ("citizens", "provider")]
        self._promises = Promises()

    def crash(self, dice: random.Random) -> Crash:
        """Kills the server under the writers, starts it again, sees them go on by themselves, and examines."""
        self._start(dice)
        wait_for(RECORDED, self._journals)
        time.sleep(dice.uniform(0, LONGEST_RUN))
        killed = self._server.kill()
        wait_for(FAILED, self._journals)
        self._server.start()
        wait_for(RECORDED, self._journals, after=FAILED)
        self._zygote.kill()
        spoken = Promises.of(self._journals)
        self._promises.add(spoken)
        return Crash(killed, spoken, 0, examine_server(self._url, self._promises))

    def _start(self, dice: random.Random) -> None:
        for journal in self._journals:
            journal.unlink(missing_ok=True)
            order = {"url": self._url, "journal": str(journal), "seed": dice.getrandbits(32)}
            self._zygote.start(writer=journal.stem, weakness=self._weakness, spell=None, **order)


def test_nothing_acknowledged_is_lost_when_postgresql_is_killed(
    server: Server, zygotes: Zygotes, tmp_path: Path, dice: random.Random, tell: Tell
) -> None:
    site, tally = Site(server, zygotes(), furnish(server, "kept"), tmp_path), Tally()
    crashes = (site.crash(dice) for _ in range(3 * CRASHES))
    for crash in tally.until(crashes, CRASHES, refused=2 * CRASHES):
        assert crash.killed > 1, "no fault: the server had no processes"
        assert crash.findings.clean, f"crash {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.refused >= 2 * CRASHES, "no fault: the kills missed the writes"


def test_with_asynchronous_commits_acknowledged_changes_are_lost(
    server: Server, zygotes: Zygotes, tmp_path: Path, dice: random.Random, tell: Tell
) -> None:
    site, tally = Site(server, zygotes(), furnish(server, "weak"), tmp_path, weakness="sloppy"), Tally()
    while not tally.lost and tally.crashes < 24:
        tally.add(site.crash(dice))
    tell(tally)
    assert tally.lost, "synchronous_commit=off lost nothing: the test has no teeth"
