"""Limits over a rolling window, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from consents.instants import HOUR, MINUTE
from consents.registry import Registry
from tests.conftest import Clock
from trust import limits, pseudonyms
from trust.limits import Limit

THREE_AN_HOUR = Limit(b"k", 3, HOUR)


def take(registry: Registry, limit: Limit = THREE_AN_HOUR) -> bool:
    return registry.store.write_now(limits.take, limit)


def test_the_window_rolls(registry: Registry, clock: Clock) -> None:
    taken = []
    for _ in range(8):
        taken.append(take(registry))
        clock.forward(minutes=15)
    assert taken == [True, True, True, False, True, True, True, False]


def test_of_many_at_once_exactly_so_many_get_through(registry: Registry) -> None:
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda _: take(registry), range(40))) == 3


def test_keys_do_not_count_for_each_other(registry: Registry) -> None:
    assert [take(registry, Limit(key, 1, HOUR)) for key in (b"a", b"b", b"a")] == [True, True, False]


def test_what_was_given_back_is_free_again(registry: Registry) -> None:
    assert [take(registry) for _ in range(4)] == [True, True, True, False]
    registry.store.write_now(limits.give_back, THREE_AN_HOUR)
    assert [take(registry) for _ in range(2)] == [True, False]


def test_all_are_counted_or_none(registry: Registry) -> None:
    full, free = Limit(b"full", 1, HOUR), Limit(b"free", 5, HOUR)
    assert registry.store.write_now(limits.take_all, [full, free])
    assert not registry.store.write_now(limits.take_all, [free, full])
    assert registry.store.read_now(limits.used, free, registry.store.now()) == 1


def test_two_windows_over_one_key_count_it_once(registry: Registry, clock: Clock) -> None:
    both = [Limit(b"k", 1, MINUTE), Limit(b"k", 3, HOUR)]
    taken = []
    for _ in range(5):
        taken.append(registry.store.write_now(limits.take_all, both))
        clock.forward(minutes=1)
    assert taken == [True, True, True, False, False]


def test_it_tells_when_there_is_room_again(registry: Registry, clock: Clock) -> None:
    began = clock.now
    assert registry.store.read_now(limits.opens_at, THREE_AN_HOUR, clock.now) == clock.now
    for _ in range(3):
        take(registry)
        clock.forward(minutes=10)
    assert registry.store.read_now(limits.opens_at, THREE_AN_HOUR, clock.now) == began + HOUR
    clock.now = began + HOUR
    assert take(registry)


def test_moments_rounded_to_a_slot_share_a_row_and_keep_the_limit(registry: Registry, clock: Clock) -> None:
    wide = Limit(b"w", 50, HOUR, slot=MINUTE)
    for _ in range(60):
        take(registry, wide)
        clock.forward(seconds=1)
    times = registry.store.read_now(limits.used, wide, clock.now)
    assert times == 50
    clock.forward(hours=1, minutes=1)
    assert take(registry, wide)


def test_a_mark_names_without_telling(registry: Registry) -> None:
    keyring = registry.keyring
    one = pseudonyms.mark(keyring, "send", "+905320000001")
    assert one == pseudonyms.mark(keyring, "send", "+905320000001")
    assert one != pseudonyms.mark(keyring, "wrong", "+905320000001")
    assert one != pseudonyms.mark(keyring, "send", "+905320000002")
    assert len(one) == pseudonyms.SIZE
    assert b"5320000001" not in one
