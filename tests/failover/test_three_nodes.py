"""A primary and two standbys of which either acknowledges: one may die, and the one that has everything takes over.

The wrong one may be promoted all the same. Then the site records nothing beside what that one lacks, and goes on once
the right one is there. See docs/postgresql.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from consents.queries import recorded
from consents.registry import Registry, prepare
from tests.conftest import SECRET
from tests.crash.conftest import Tell
from tests.failover import accounts
from tests.failover.callers import DOORS, LONGEST, REFUSING, Callers, readyz, until
from tests.failover.conftest import Site, World
from tests.failover.nodes import DATABASE, Node, Trio
from tests.gateways.fake_verimor import FakeVerimor
from tests.typist import Done, Typist

LAST = "SELECT max(id) FROM consent_event"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """In the place of the pair: the site is the same."""
    folder = tmp_path_factory.mktemp("nodes")
    with ExitStack() as stack:
        nodes = [Node(name, folder / name) for name in ("a", "b", "c")]
        for node in nodes:
            stack.callback(node.close)
        made = Trio(*nodes)
        prepare(made.primary.url(DATABASE), SECRET)
        made.join(*nodes[1:])
        made.following(*nodes[1:])
        yield made


@pytest.fixture(scope="module")
def callers(site: Site, world: World) -> Iterator[Callers]:
    """Half of them, and at their leisure: what they cost is the machine's for the servers."""
    with Callers(site.port, world.callers()[::2], pause=0.25) as callers:
        callers.acknowledged_after(0, DOORS)
        yield callers


def test_one_that_dies_stops_nobody_and_the_wrong_one_records_nothing(
    pair: Trio, callers: Callers, site: Site, carrier: FakeVerimor, typist: Typist, tell: Tell
) -> None:
    def izin(*words: str) -> Done:
        return typist.type(words, site.folder, {**os.environ, **site.environment})

    a, b, c = pair.nodes
    # One standby dies: writes go on, and who asks is told.
    c.kill()
    died = time.monotonic()
    callers.acknowledged_after(died, REFUSING)
    status, told = readyz(site.port)
    assert status == 200
    assert "the standby c of synchronous_standby_names does not follow" in str(told["warnings"])
    c.start()
    pair.following(b, c)
    until(lambda: "warnings" not in readyz(site.port)[1], "/readyz goes on warning")
    for door in REFUSING:
        assert set(callers.statuses(door)) <= {200, 303}, "somebody was turned away though one standby was there"

    # The primary dies: the standby that is ahead takes over, the other one and then the old primary follow it.
    begun = time.monotonic()
    a.kill()
    chosen = pair.furthest()
    other = b if chosen is c else c
    pair.promote(chosen, other)
    took = callers.acknowledged_after(time.monotonic(), REFUSING)
    pair.join(a, rewind=True)
    pair.following(a, other)

    # One standby misses the latest, the primary dies, and just that one is promoted.
    other.kill()
    callers.acknowledged_after(time.monotonic(), REFUSING)
    lost = newest(pair)
    assert izin("verify").returncode == 0  # signs, and tells the witness
    chosen.kill()
    a.kill()  # as where the power goes: what they had received they have read from their own disks again
    a.start()
    other.start()
    assert pair.furthest() is a
    pair.promote(other, alone=True)
    wrong = time.monotonic()
    until(lambda: "not in the database" in str(readyz(site.port)[1]["faults"]), "/readyz does not tell what is missing")
    callers.refused_after(time.monotonic(), REFUSING)
    callers.acknowledged_after(time.monotonic(), ["reading"])
    assert readyz(site.port)[0] == 503
    for door in REFUSING:
        assert set(callers.statuses(door, wrong)) == {503}, "recorded beside what is missing"
    done = izin("verify")
    assert (done.returncode, "a standby that lacked the newest was promoted" in done.stderr) == (1, True)
    (site.folder / "handed.csv").write_text(f"{lost}\n")
    done = izin("reconcile-backup", "handed.csv")
    assert (done.returncode, done.stdout) == (1, f"handed.csv\t1\t{lost}\n")
    assert "the witness knows" in done.stderr

    # It is stopped, the right one promoted: the site goes on by itself.
    other.kill()
    pair.promote(a, alone=True)
    mended = callers.acknowledged_after(time.monotonic(), REFUSING)
    pair.join(other)
    pair.following(other)
    callers.acknowledged_after(time.monotonic(), REFUSING)
    until(lambda: readyz(site.port)[0] == 200, "the site is not ready")
    callers.stop()
    done = izin("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert izin("reconcile-backup", "handed.csv").returncode == 0
    accounts.check(pair.primary, pair.url, callers, carrier)
    tell(f"answering again after {took} and {mended} s, slowest answer {callers.slowest(begun):.1f} s")
    assert callers.slowest(died) < LONGEST


def newest(pair: Trio) -> str:
    """The transaction id of what was recorded last."""
    with Registry.open(pair.url, SECRET) as registry, registry.store.snapshot() as snapshot:
        event = int(pair.primary.ask(LAST, database=DATABASE)[0][0])
        return registry.keyring.transaction_id(event, recorded.at(snapshot, event))
