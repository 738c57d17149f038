"""The numbers of consents in the list of brands: exact where counting is quick, counted once where it is not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from consents import companies, tallies
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.tallies import Tally
from providers import tallying
from tests.programs.desk import CINAR, Desk, Program, brand, consent

TELLING = {1: Tally(7, 3, 0)}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often was counted, each time in a fifth of a second."""
    counts: list[int] = []

    def slowly(snapshot: Snapshot, brands: Sequence[int]) -> dict[int, Tally]:
        counts.append(1)
        time.sleep(0.2)
        return TELLING

    monkeypatch.setattr(tallies, "of_brands", slowly)
    return counts


def ask(registry: Registry, times: int = 1) -> list[Any]:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(tallying.of_brands(registry.store, [1]) for _ in range(times)))

    return asyncio.run(all_at_once())


def test_what_is_counted_quickly_is_exact(here: Desk, cinar: Program) -> None:
    def told() -> dict[str, int]:
        stats: dict[str, int] = cinar.get(f"/sps/{CINAR}/brands").json()[0]["stats"]["consents"]
        return stats

    for number in (1, 2, 3):
        cinar.post(f"{brand(CINAR)}/consents", consent(number))
        assert told() == {"approval": number, "rejection": 0, "total": number}
    cinar.post(f"{brand(CINAR)}/consents", consent(1, status="RET", consentDate="2026-11-24 11:00:00"))
    assert told() == {"approval": 2, "rejection": 1, "total": 3}


def test_who_asks_while_it_is_counted_and_soon_after_is_told_the_same_count(
    registry: Registry, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(registry, 30) == [TELLING] * 30
    assert ask(registry) == [TELLING]
    assert len(counted) == 1
    later = time.monotonic() + 1.1 * tallying.LASTING
    monkeypatch.setattr(time, "monotonic", lambda: later)
    ask(registry)
    assert len(counted) == 2


def test_who_goes_away_takes_the_count_from_nobody(registry: Registry, counted: list[int]) -> None:
    async def leave() -> Any:
        other = asyncio.create_task(tallying.of_brands(registry.store, [2]))  # has the thread, so that these wait
        await asyncio.sleep(0.01)
        asked = [asyncio.create_task(tallying.of_brands(registry.store, [1])) for _ in range(3)]
        await asyncio.sleep(0.01)
        asked[0].cancel()
        asked[1].cancel()
        await other
        return await asked[2]

    assert asyncio.run(leave()) == TELLING
    assert len(counted) == 2


def test_a_count_that_failed_is_tried_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(tallies, "of_brands", failing)
        with pytest.raises(StoreUnavailable):
            ask(registry)
    number = registry.store.write_now(_brand)
    assert asyncio.run(tallying.of_brands(registry.store, [number])) == {number: Tally()}
    assert threading.active_count() < 20


def _brand(transaction: Any) -> int:
    companies.add_provider(transaction, CINAR, "Çınar A.Ş.")
    companies.add_brand(transaction, CINAR, CINAR, "Çınar")
    known = companies.known_brand(transaction, CINAR)
    assert known is not None
    return known.id
