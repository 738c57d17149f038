"""The power goes at any moment: what was acknowledged had reached the disk (rules L7, L8)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests import repeats
from tests.crash import shim
from tests.crash.conftest import SCALE, Tell, Zygotes
from tests.crash.disk import Disk
from tests.crash.rounds import Site
from tests.crash.tally import Tally
from tests.crash.zygote import Zygote

CUTS = repeats(20, 40) * SCALE
SLOWER = 2000  # µs that a sync takes longer, so that a cut often meets one on every machine


@pytest.fixture
def zygote(disk: Disk, zygotes: Zygotes, library: Path) -> Zygote:
    """Writes on the disk whose power is cut."""
    return zygotes(shim.environment(library, live=disk.live, shadow=disk.shadow, slow_us=SLOWER))


@pytest.mark.parametrize("torn", [False, True], ids=["nothing unsynced is left", "some unsynced sectors are left"])
def test_nothing_acknowledged_is_lost_when_the_power_goes(
    torn: bool, disk: Disk, zygote: Zygote, furnished: Path, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    crashes = Site(disk, zygote, dice, torn=torn).crashes(furnished, 3 * CUTS)
    for crash in tally.until(crashes, CUTS, inside_a_write=0.5 * CUTS, with_unsynced=0.2 * CUTS):
        assert crash.findings.clean, f"cut {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.5 * CUTS, "no fault: the cuts missed the writes"
    assert tally.with_unsynced >= 0.2 * CUTS, "no fault: there was nothing to lose"


def test_without_a_sync_at_each_commit_acknowledged_changes_are_lost(
    disk: Disk, zygote: Zygote, furnished: Path, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    crashes = Site(disk, zygote, dice, weakness="sloppy").crashes(furnished, 40)
    for crash in tally.until(crashes, 5, lost=1):
        assert not crash.findings.broken, "SQLite keeps a registry whole even then"
    tell(tally)
    assert tally.lost, "synchronous=NORMAL lost nothing: the test has no teeth"
