"""Thirty days between both sides by many seeds; a seed that fails is printed with the command that replays it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repeats
from tests.national import planted, simulation
from tests.national.simulation import MINUTE

SEEDS, PART = repeats(30, 400), 10


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulation.make_template(tmp_path_factory.mktemp("simulation"))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SEEDS // PART))
def test_thirty_days_end_with_both_sides_alike(
    template: Path, tmp_path: Path, written: Callable[[], str], part: int
) -> None:
    failed = []
    for seed in range(part * PART, (part + 1) * PART):
        world = simulation.run(seed, tmp_path, template)
        if world.found:
            failed.append(f".venv/bin/python -m tests.national.simulation {seed}\n  " + "\n  ".join(world.found))
    assert not failed, "\n".join(failed)
    assert "+9053" not in written(), "no address in the log"


@pytest.mark.slow
@pytest.mark.parametrize("what", planted.PLANTED)
def test_the_simulation_finds_a_planted_fault(template: Path, tmp_path: Path, what: str) -> None:
    """A seed says so, which finds nothing without it."""
    found = planted.found_by(what, tmp_path, template)
    assert found is not None
    assert simulation.run(found[0], tmp_path, template).found == []


def test_a_refusal_is_at_iys_within_a_quarter_of_an_hour(template: Path, tmp_path: Path) -> None:
    """Rounds as the worker makes them, İYS failing as ever, no outage."""
    waits = []
    for seed in range(3):
        world = simulation.dense(seed, tmp_path, template)
        assert world.found == []
        waits += world.waits
    assert len(waits) >= 60
    waits.sort()
    assert waits[len(waits) * 99 // 100] <= 15 * MINUTE


def test_the_corpus_rows_of_the_national_registry(template: Path, tmp_path: Path) -> None:
    """An older refusal there after a newer consent here, and a page of movements that is read again after a crash."""
    world = simulation.World(1, tmp_path, template, 1)
    try:
        world.down, world._mood = [], lambda method, path: None  # type: ignore[method-assign]
        world.iys.mood = lambda method, path: None
        world.round()
        world.now += 2 * 60 * MINUTE
        address, number = world.people[0], world.numbers[0]
        world.iys.citizen(simulation.BRAND, address, "MESAJ", "RET")
        before = world.now
        world.now += MINUTE
        world._declare(simulation.Claim(number, world.brand, 1, 0, 1, 7, before + 30 * 1_000_000))
        for _ in range(2):  # the same page twice, as after a crash
            world.now += 4 * 60 * MINUTE
            world.sync = world._sync()
            world.round()
        events = [told for told in world.told if told.key.recipient == number and told.source == 36]
        assert len(events) == 1
    finally:
        world.close()
