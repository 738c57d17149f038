"""Days on which everything happens to a site: see fault_days.py. ``make long`` has several of them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import LONG, repeats
from tests.crash.conftest import Tell
from tests.crash.fault_days import UNCHANGED, Day, until

REFUSED = {503}


@pytest.fixture
def day(sqlite_template: Path, tmp_path: Path, dice: random.Random) -> Iterator[Day]:
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "izin.db")
    made = Day(folder, dice)
    made.start()
    yield made
    made.kill()


def well(day: Day) -> None:
    """Everybody is served, and the probe agrees."""
    answers = day.refuse()
    assert not answers.keys() - {200, 303, UNCHANGED}, (answers, day.log())
    until(lambda: day.ready() == (200, ""), day.ready)


def unwell(day: Day, words: str, *, here: bool = True) -> None:
    """Nothing is acknowledged; probe, answers and ``izin status`` say so. ``here``: another program meets the fault."""
    before = len(day.kept)
    assert day.refuse(3, new=True).keys() == REFUSED, day.log()
    assert len(day.kept) == before
    until(lambda: words in day.ready()[1], day.ready)
    shown = day.status()
    if here:
        assert shown.startswith("ŞU ANDA / NOW: "), shown
        assert words in shown.splitlines()[0], shown
    assert "requests turned away (503): " in shown, shown


def test_a_deleted_wal_loses_nothing_that_was_acknowledged(day: Day) -> None:
    well(day)
    day.delete("-wal")
    day.refuse(60)
    unwell(day, "the database's WAL was deleted")
    assert day.answers[200] + day.answers[303] >= 30
    day.kill()
    assert day.lost() == set()
    day.start()
    well(day)
    assert day.lost() == set()


def test_a_deleted_wal_is_noticed_where_nobody_writes(day: Day) -> None:
    well(day)
    day.delete("-wal")
    until(lambda: "database_wal_saved" in day.log(), day.log)
    day.kill()
    assert day.lost() == set()


def test_a_deleted_database_is_named_with_where_it_can_be_copied(day: Day) -> None:
    well(day)
    kept = day.kept.copy()
    day.delete("")
    day.refuse(3)
    assert day.kept == kept
    until(lambda: "was deleted, moved or replaced under the running program" in day.ready()[1], day.ready)
    _, fault = day.ready()
    held = Path(fault.partition("holds it as ")[2].partition(":")[0])
    shutil.copy(held, day.file)
    assert day.lost() == set(), "the copy is whole, the WAL is in it"


@pytest.mark.parametrize("way", [pytest.param("halve", marks=pytest.mark.long), "damage"])
def test_a_damaged_file_is_answered_503_and_named(day: Day, way: str) -> None:
    well(day)
    getattr(day, way)()
    for _ in range(3):
        day.refuse(10)
        day.get("/")
        day.get("/metrics")
    until(lambda: "the database file is damaged" in day.ready()[1], day.ready)
    unwell(day, "the database file is damaged")
    assert day.get("/metrics")[0] == 200
    assert 'izin_database_file_unreliable{why="damaged"} 1.0' in day.get("/metrics")[1]
    assert day.get("/izinler")[0] in (200, 303, 503)
    day.kill()
    shown = day.status()
    assert "the database file is damaged" in shown, shown


@pytest.mark.parametrize("seed", range(repeats(1, 12)))
def test_days_on_which_everything_happens(day: Day, seed: int, tell: Tell) -> None:
    day.dice.seed(seed)
    happens = [_full, _killed, _clock, *([_locked, _stopped, _wal] if LONG else [])]
    day.dice.shuffle(happens)
    for one in happens:
        well(day)
        one(day)
    well(day)
    day.stop()
    assert day.lost() == set()
    assert day.answers[500] == 0
    tell(f"{len(day.kept)} acknowledged, answers {dict(day.answers)}")


def _full(day: Day) -> None:
    with day.full_disk():
        unwell(day, "the disk ", here=False)


def _locked(day: Day) -> None:
    with day.locked():
        unwell(day, "another program keeps the database")


def _killed(day: Day) -> None:
    day.kill()
    assert day.lost() == set()
    day.start()


def _stopped(day: Day) -> None:
    day.stop()
    day.start()


def _clock(day: Day) -> None:
    day.wishes = ("RET",)  # for as long as the last act is ahead of the clock no consent is taken (rule L2)
    with day.clock_ahead(26 * 3600):
        assert not day.refuse(9).keys() - {200, 303, UNCHANGED}


def _wal(day: Day) -> None:
    day.delete("-wal")
    day.refuse(9)
    unwell(day, "the database's WAL was deleted")
    day.kill()
    day.start()
