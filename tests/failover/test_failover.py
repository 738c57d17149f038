"""A primary dies, hangs or has a full disk, its standby dies: what was acknowledged is kept, and the site goes on.

One site on two servers lives through all of it without being started again. See docs/postgresql.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.crash.conftest import Tell
from tests.failover import accounts
from tests.failover.callers import LONGEST, REFUSING, Callers, readyz, until
from tests.failover.conftest import Site
from tests.failover.nodes import DATABASE, Pair
from tests.gateways.fake_verimor import FakeVerimor
from tests.typist import Typist

# Ten seconds after a promotion are promised; a machine that is busy with other tests may take longer.
AGAIN = 40.0
ALONE = 2.0  # seconds that a primary has to come back by itself once there is room again
LONGEST_PAGE = 3.0  # seconds: what a page takes that does not wait for the database's writes, on a busy machine


def test_a_primary_that_is_killed_and_comes_back_as_a_standby(
    pair: Pair,
    callers: Callers,
    tell: Tell,
) -> None:
    begun = time.monotonic()
    pair.primary.kill()
    callers.refused_after(begun, REFUSING)
    pair.promote()
    promoted = time.monotonic()
    took = callers.acknowledged_after(promoted, REFUSING)
    assert max(took.values()) < AGAIN
    pair.join(rewind=True)
    callers.acknowledged_after(time.monotonic(), REFUSING)
    tell(f"answering again after {took} s, slowest answer {callers.slowest(begun):.1f} s")
    assert callers.slowest(begun) < LONGEST


def test_a_primary_that_hangs(pair: Pair, callers: Callers, tell: Tell) -> None:
    begun = time.monotonic()
    pair.primary.suspend()
    callers.refused_after(begun, REFUSING)
    pair.promote()
    promoted = time.monotonic()
    took = callers.acknowledged_after(promoted, REFUSING)
    assert max(took.values()) < AGAIN
    # The fence: it must not go on beside the new one, because both would take writes. See docs/postgresql.md.
    pair.standby.kill()
    callers.acknowledged_after(time.monotonic(), REFUSING)
    pair.join()
    callers.acknowledged_after(time.monotonic(), REFUSING)
    tell(f"answering again after {took} s, slowest answer {callers.slowest(begun):.1f} s")
    assert callers.slowest(begun) < LONGEST


def test_a_synchronous_standby_that_dies(pair: Pair, callers: Callers, site: Site, tell: Tell) -> None:
    """What waits is answered 503, who only reads goes on, and /readyz tells for how long nothing could be written."""
    # Each session's next page would note that it is in use: that is a write, and must not stand in the reader's way.
    pair.primary.ask("UPDATE session SET touched_at = touched_at - 90", database=DATABASE)
    begun = time.monotonic()
    pair.standby.kill()
    callers.refused_after(begun, REFUSING)
    until(lambda: "waiting" in str(readyz(site.port)[1]["faults"]), "/readyz does not tell that writes wait")
    status, told = readyz(site.port)
    waited = told["oldest_waiting_write_seconds"]
    assert status == 503
    assert 1 < waited < time.monotonic() - begun + 1
    moment = time.monotonic()
    callers.acknowledged_after(moment, ["reading"])
    callers.refused_after(moment, REFUSING)
    assert callers.statuses("reading", begun).keys() == {200}
    slowest_page = callers.slowest(begun, ["reading"])
    assert slowest_page < LONGEST_PAGE
    pair.standby.start()
    back = time.monotonic()
    took = callers.acknowledged_after(back, REFUSING)
    until(lambda: readyz(site.port)[0] == 200, "the site is not ready")
    assert "oldest_waiting_write_seconds" not in readyz(site.port)[1]
    tell(
        f"writes waited {waited} s, slowest answer {callers.slowest(begun):.1f} s, slowest page {slowest_page:.2f} s, "
        f"answering again after {took} s"
    )
    assert callers.slowest(begun) < LONGEST


def test_a_primary_whose_disk_is_full(
    pair: Pair, small_disk: Path | None, callers: Callers, site: Site, tell: Tell
) -> None:
    if small_disk is None:
        pytest.skip("this machine mounts no small disk: the test needs the right to mount a tmpfs")
    if pair.primary.name != "a":  # whose disk it is
        pair.primary.kill()
        pair.promote()
        pair.join()
    begun = time.monotonic()
    with fill(small_disk):
        # Without a new file for its log PostgreSQL ends; where its tables find no room it refuses the statement.
        until(lambda: not (pair.primary.running and switched(pair)), "the log still finds room")
        callers.refused_after(time.monotonic(), REFUSING)
    freed = time.monotonic()
    alone = revived(pair)
    took = callers.acknowledged_after(freed, REFUSING)
    pair.wait_for_it()
    how = "by itself" if alone else "started again"
    tell(f"answering again after {took} s, {how}, slowest answer {callers.slowest(begun):.1f} s")
    assert callers.slowest(begun) < LONGEST


def revived(pair: Pair) -> bool:
    """Waits until it answers again, and whether it did so by itself; else it is started, as its operator does."""
    deadline = time.monotonic() + ALONE
    while pair.primary.running and time.monotonic() < deadline:
        with suppress(psycopg.Error):
            pair.primary.ask("SELECT 1")
            return True
        time.sleep(0.1)
    if pair.primary.running:  # seen: its recovery found no room either, and waited for nobody knows what
        pair.primary.kill()
    pair.primary.start()
    return False


def switched(pair: Pair) -> bool:
    try:
        pair.primary.ask("SELECT pg_logical_emit_message(true, 'x', repeat('x', 1000000))", "SELECT pg_switch_wal()")
    except psycopg.Error:
        return False
    return True


@contextmanager
def fill(room: Path) -> Iterator[None]:
    """No byte is left on the disk while the block runs."""
    ballast = room / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(65536))
        yield
    finally:
        ballast.unlink()


def test_in_the_end_nothing_acknowledged_is_missing_and_nothing_was_sent_twice(
    pair: Pair, callers: Callers, site: Site, carrier: FakeVerimor, typist: Typist, tell: Tell
) -> None:
    """After all that the tests above did, in whatever order; alone it proves that the questions are the right ones."""
    callers.stop()
    done = typist.type(("verify",), site.folder, {**os.environ, **site.environment})
    assert (done.returncode, done.stderr) == (0, "")
    sent = accounts.check(pair.primary, pair.url, callers, carrier)
    tell(f"{ {door: dict(callers.statuses(door)) for door in (*REFUSING, 'reading')} }, {sent} replies sent")
