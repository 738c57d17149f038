"""The numbers of consents in the list of brands: exact where counting is quick, counted once where it is not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from consents.brands import companies
from consents.queries import tallies
from consents.queries.tallies import BrandTally
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from providers.about import brand_counts
from tests.providers.api.desk import CINAR, Desk, Program, brand, consent

TELLING = {1: BrandTally(7, 3, 0)}


class Watch:
    """A watch that stands, as ``time`` in the code: but for the counts, nothing takes any time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr(brand_counts, "time", made)
    return made


class Counting:
    """Counts in a fifth of a second each time, once it ``may``. ``times``: how often it began."""

    def __init__(self, watch: Watch) -> None:
        self.times, self.may, self._watch = 0, threading.Event(), watch
        self.may.set()

    def __call__(self, snapshot: Snapshot, brands: Sequence[int]) -> dict[int, BrandTally]:
        self.times += 1
        assert self.may.wait(60)
        self._watch.now += 0.2
        return TELLING


@pytest.fixture
def counted(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(watch)
    monkeypatch.setattr(tallies, "of_brands", counting)
    return counting


def ask(registry: Registry, times: int = 1) -> list[Any]:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(brand_counts.of_brands(registry.store, [1]) for _ in range(times)))

    return asyncio.run(all_at_once())


def test_what_is_counted_quickly_is_exact(here: Desk, cinar: Program, watch: Watch) -> None:
    def told() -> dict[str, int]:
        stats: dict[str, int] = cinar.get(f"/sps/{CINAR}/brands").json()[0]["stats"]["consents"]
        return stats

    for number in (1, 2, 3):
        cinar.post(f"{brand(CINAR)}/consents", consent(number))
        assert told() == {"approval": number, "rejection": 0, "total": number}
    cinar.post(f"{brand(CINAR)}/consents", consent(1, status="RET", consentDate="2026-11-24 11:00:00"))
    assert told() == {"approval": 2, "rejection": 1, "total": 3}


def test_who_asks_while_it_is_counted_and_soon_after_is_told_the_same_count(
    registry: Registry, counted: Counting, watch: Watch
) -> None:
    assert ask(registry, 30) == [TELLING] * 30
    watch.now += 0.19 * brand_counts.LASTING
    assert ask(registry) == [TELLING]
    assert counted.times == 1
    watch.now += 0.02 * brand_counts.LASTING
    ask(registry)
    assert counted.times == 2


def test_who_goes_away_takes_the_count_from_nobody(registry: Registry, counted: Counting) -> None:
    counted.may.clear()

    async def leave() -> Any:
        other = asyncio.create_task(brand_counts.of_brands(registry.store, [2]))  # has the thread, so that these wait
        asked = [asyncio.create_task(brand_counts.of_brands(registry.store, [1])) for _ in range(3)]
        await asyncio.sleep(0)  # all have asked
        asked[0].cancel()
        asked[1].cancel()
        await asyncio.wait(asked[:2])
        counted.may.set()
        await other
        return await asked[2]

    assert asyncio.run(leave()) == TELLING
    assert counted.times == 2


def test_a_count_that_failed_is_tried_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(tallies, "of_brands", failing)
        with pytest.raises(StoreUnavailable):
            ask(registry)
    number = registry.store.write_now(_brand)
    assert asyncio.run(brand_counts.of_brands(registry.store, [number])) == {number: BrandTally()}
    assert sum(thread.name.startswith("tally") for thread in threading.enumerate()) == 1


def _brand(transaction: Any) -> int:
    companies.add_provider(transaction, CINAR, "Çınar A.Ş.")
    companies.add_brand(transaction, CINAR, CINAR, "Çınar")
    known = companies.known_brand(transaction, CINAR)
    assert known is not None
    return known.id
