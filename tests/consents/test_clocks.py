"""Whether this machine's clock can be right: said at start, and again by the worker (tests/gateways/test_worker.py)."""

from __future__ import annotations

import time

import pytest

from consents import ledger
from consents.care import clocks
from consents.care.clocks import Differences
from consents.registry import Registry
from izin.operations import maintenance_commands
from settings import load
from tests.conftest import NOON, SECRET, Clock

AHEAD = "this machine's clock is {} seconds ahead of the database's: set both"
BEHIND = "this machine's clock is {} seconds behind the database's: set both"
HISTORY = (
    "this machine's clock stands {} seconds before the last recorded act: it is behind, or another's was ahead; set it"
)


def differences(registry: Registry) -> Differences:
    return registry.store.read_now(clocks.differences, registry.store.now)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Differences(None, 0.0), []),
        (Differences(1.9, 1.9), []),
        (Differences(-1.9, 0.0), []),
        (Differences(90.0, 0.0), [AHEAD.format(90)]),
        (Differences(-90.0, 0.0), [BEHIND.format(90)]),
        (Differences(-10_800.0, 10_800.0), [BEHIND.format(10_800), HISTORY.format(10_800)]),
    ],
)
def test_what_is_too_much_is_told_in_words(found: Differences, told: list[str]) -> None:
    assert found.faults() == told


def test_the_clock_is_compared_with_the_last_act_and_with_the_databases(registry: Registry, clock: Clock) -> None:
    assert differences(registry).behind == 0
    registry.store.write_now(ledger.pass_by, NOON)
    assert differences(registry).behind == 0
    clock.forward(hours=-3)
    assert differences(registry).behind == 10_800
    clock.forward(days=1)
    assert differences(registry).behind == 0
    if registry.store.dialect == "sqlite":
        assert differences(registry).database is None
        return
    for ahead in (0, 90, -90, 10_800):
        clock.now = time.time_ns() // 1000 + ahead * 1_000_000
        found = differences(registry).database
        assert found is not None
        assert found == pytest.approx(ahead, abs=30)  # a busy machine takes its time


@pytest.mark.parametrize(("ahead", "told"), [(0, False), (3_600, True)])
def test_a_program_that_starts_says_so(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], ahead: int, told: bool
) -> None:
    then = time.time_ns() // 1000 + ahead * 1_000_000
    with Registry.open(sqlite_url, SECRET, now=lambda: then) as registry:
        registry.store.write_now(ledger.pass_by, then)
    with maintenance_commands.open_registry(load({"SECRET_KEY": SECRET, "DATABASE_URL": sqlite_url})):
        pass
    assert ("before the last recorded act" in capsys.readouterr().err) is told
