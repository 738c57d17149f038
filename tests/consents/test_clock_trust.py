"""No day is closed by a clock that may be wrong, and the words name which of two clocks it probably is."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from consents import dates, history, ledger
from consents.care import clock_trust, clocks
from consents.care.clock_trust import ClockTrust, OtherClock
from consents.history import Deed
from consents.instants import DAY, HOUR, MINUTE, SECOND, day_of
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Actor, Door
from providers.days import day_store, days_kept
from tests.conftest import NOON, Clock, Opener

DAY_SECONDS = 86_400.0


def act(registry: Registry) -> int:
    def work(transaction: Transaction) -> int:
        return history.append(transaction, Deed(Actor.REGISTRY, Door.DESK), [])

    return registry.store.write_now(work)


def recorded(registry: Registry) -> int | None:
    return registry.store.read_now(history.recorded_until)


def test_twelve_seconds_of_a_wrong_clock_close_no_day(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    before = open_registry(sqlite_url)
    act(before)
    before.store.write_now(day_store.done, day_of(NOON - 2 * DAY))
    clock.forward(minutes=1)
    clock.set(seconds=26 * 3600)
    registry = open_registry(sqlite_url)  # it starts with the wrong clock
    today, tomorrow = day_of(NOON), day_of(NOON + DAY)
    assert days_kept.make_due(registry) == 0
    assert registry.store.read_now(day_store.last_day) == day_of(NOON - 2 * DAY)
    assert (days_kept.ended(registry, today), days_kept.ended(registry, tomorrow)) == (False, False)
    assert recorded(registry) == NOON, "nothing was recorded to end a day"
    clock.forward(seconds=12)
    clock.set(seconds=-26 * 3600)
    days_kept.make_due(registry)
    assert registry.store.read_now(day_store.last_day) == day_of(NOON - DAY), "what is over by the right clock"
    act(registry)
    assert recorded(registry) == clock.now


def test_a_clock_that_jumps_under_a_running_site_closes_none(
    sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    registry = open_registry(sqlite_url)
    act(registry)
    trust = clock_trust.get(registry.store)
    assert (trust.may_end_days(), trust.fault()) == (True, None)
    clock.set(seconds=26 * 3600)
    assert not trust.may_end_days()
    assert "has jumped 93600 seconds ahead" in (trust.fault() or "")
    clock.forward(minutes=59)
    assert not trust.may_end_days()
    clock.set(seconds=-26 * 3600)
    assert trust.may_end_days(), "it is right again"
    assert trust.fault() is None


def test_half_an_hour_is_a_jump_too(clock: Clock) -> None:
    trust = ClockTrust(clock, NOON)
    clock.set(seconds=1800)
    assert not trust.may_end_days()
    clock.forward(hours=1)
    assert trust.may_end_days()


def test_a_machine_that_slept_ends_its_days_an_hour_later_or_once_another_clock_agrees(clock: Clock) -> None:
    trust = ClockTrust(clock, NOON)
    clock.set(seconds=26 * 3600)
    assert not trust.may_end_days()
    clock.forward(hours=1)
    assert (trust.may_end_days(), trust.fault()) == (True, None)
    clock.set(seconds=26 * 3600)
    assert not trust.may_end_days()
    trust.hear(clock.now - 2 * SECOND)
    assert (trust.may_end_days(), trust.fault()) == (True, None)


def test_another_clock_that_contradicts_counts_for_longer_than_an_hour(clock: Clock) -> None:
    trust = ClockTrust(clock, NOON)
    clock.set(seconds=26 * 3600)
    trust.look()
    trust.hear(NOON)
    clock.forward(hours=5)
    assert not trust.may_end_days()
    assert "is 93600 seconds ahead of another machine's: set it" in (trust.fault() or "")


def test_a_registry_where_nobody_did_anything_for_long_waits_an_hour(clock: Clock) -> None:
    trust = ClockTrust(clock, NOON - 3 * HOUR)
    assert (trust.may_end_days(), trust.fault()) == (False, None), "no alarm: nothing points to a wrong clock"
    clock.forward(hours=1)
    assert trust.may_end_days()


@pytest.mark.parametrize("ago", [0, HOUR - MINUTE])
def test_a_last_act_within_the_hour_is_enough(clock: Clock, ago: int) -> None:
    assert ClockTrust(clock, NOON - ago).may_end_days()


def test_the_date_of_an_answer_counts_as_another_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_trust._others, "newest", None)
    now = time.time_ns() // 1000
    trust = ClockTrust(lambda: now, now - 3 * DAY)
    clock_trust.heard("no date")
    clock_trust.heard(None)
    assert not trust.may_end_days()
    clock_trust.heard(formatdate(now / SECOND, usegmt=True))
    assert isinstance(clock_trust._others.newest, OtherClock)
    assert trust.may_end_days()


def test_after_a_clock_that_was_ahead_the_words_leave_this_one_alone(registry: Registry, clock: Clock) -> None:
    act(registry)
    clock.set(seconds=26 * 3600)
    act(registry)
    clock.set(seconds=-26 * 3600)
    clock.forward(minutes=10)
    (fault,) = [one for one in differences(registry) if "last" in one]
    assert "was recorded by a clock that was 93000 seconds ahead" in fault
    assert "leave it" in fault
    clock.set(seconds=-3 * 3600)
    (fault,) = [one for one in differences(registry) if "last" in one]
    assert "it is behind, or another's was ahead; set it" in fault, "no act was recorded near this time"


def differences(registry: Registry) -> list[str]:
    return registry.store.read_now(clocks.differences, registry.store.now).faults()


def test_a_day_is_ended_by_the_rule_alone(registry: Registry, clock: Clock) -> None:
    """By each way to a report: what closes a day has asked whether the clock may."""
    act(registry)
    clock.set(seconds=2 * DAY_SECONDS)
    assert not days_kept.ended(registry, day_of(NOON))
    clock.forward(hours=1)
    assert days_kept.ended(registry, day_of(NOON))
    assert dates.day_bounds(day_of(NOON))[1] < clock.now
    registry.store.write_now(ledger.pass_by, NOON)
