"""SIGKILL at any moment: what was acknowledged is kept, once (rules L7, L8)."""

from __future__ import annotations

import random
from pathlib import Path

from tests import repeats
from tests.crash.conftest import SCALE, Tell, Zygotes
from tests.crash.disk import PageCache
from tests.crash.rounds import Site
from tests.crash.tally import Tally

KILLS = repeats(50, 100) * SCALE


def test_nothing_acknowledged_is_lost_or_doubled_when_the_writers_are_killed(
    tmp_path: Path, furnished: Path, zygotes: Zygotes, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    site = Site(PageCache(tmp_path), zygotes(), dice)
    crashes = site.crashes(furnished, 3 * KILLS)
    for crash in tally.until(crashes, KILLS, inside_a_write=0.5 * KILLS, acknowledged=10 * KILLS):
        assert crash.findings.clean, f"crash {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.5 * KILLS, "no fault: the kills missed the writes"
    assert tally.acknowledged >= 10 * KILLS, "no fault: next to nothing was written"


def test_an_answer_before_the_commit_is_found_out(
    tmp_path: Path, furnished: Path, zygotes: Zygotes, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    site = Site(PageCache(tmp_path), zygotes(), dice, weakness="hasty")
    for crash in site.crashes(furnished, 40):
        tally.add(crash)
        if crash.findings.lost:
            break
    tell(tally)
    assert tally.lost, "the writer answered before it committed, and nobody noticed"
