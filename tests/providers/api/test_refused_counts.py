"""Refused records are counted by code, wherever they come from, and no call waits for that."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from consents.brands import companies
from consents.instants import day_of
from consents.store import Store, StoreUnavailable
from providers import refused_counts, refused_tally
from providers.callers import uses
from providers.consents import batches
from providers.refused_counts import NO_CHANNEL, CodeCount, RefusedKind, RefusedWay
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, brand, codes, consent
from tests.web.client import refused_for

B = brand(CINAR)
SINGLE, LIST = RefusedWay.SINGLE, RefusedWay.LIST
ARAMA, SMS = 0, 1


def counted(here: Desk, code: int = CINAR) -> dict[tuple[str, int, RefusedWay], int]:
    """What is counted of a brand today, by code, channel and way; whatever a process has gathered is written first."""
    store = here.registry.store
    asyncio.run(refused_tally.get(store).close(store))
    return {(line.code, line.channel, line.way): line.amount for line in lines(here, code)}


def lines(here: Desk, code: int = CINAR) -> list[CodeCount]:
    store, today = here.registry.store, day_of(here.clock.now)
    known = store.read_now(companies.known_brand, code)
    assert known is not None
    return store.read_now(refused_counts.of_brands, [known.id], today, today)


def test_a_single_call_that_is_refused_is_counted_by_each_of_its_codes(here: Desk, cinar: Program) -> None:
    bad = consent(1) | {"source": "NONE", "consentDate": "2031-01-01 00:00:00"}
    assert sorted(codes(cinar.post(f"{B}/consents", bad))) == ["H119", "H162"]
    assert codes(cinar.post(f"{B}/consents", bad | {"type": "TELGRAF", "consentDate": "2026-11-01"}))
    refused_for(cinar.post(f"{B}/consents", []), 400, "H085")
    assert cinar.post(f"{B}/consents", consent(1)).status_code == 200
    assert codes(cinar.post(f"{B}/consents", consent(1))) == ["H178"]
    assert cinar.post(f"/v2{B}/consents", consent(1)).status_code == 200
    assert counted(here) == {
        ("H119", SMS, SINGLE): 1,
        ("H162", SMS, SINGLE): 1,
        ("H117", NO_CHANNEL, SINGLE): 1,
        ("H119", NO_CHANNEL, SINGLE): 1,
        ("H158", NO_CHANNEL, SINGLE): 1,
        ("H085", NO_CHANNEL, SINGLE): 1,
        ("H178", SMS, SINGLE): 1,
    }
    assert counted(here, ISIK) == {}


def test_a_list_is_counted_item_by_item_at_the_door_and_by_the_ledger(here: Desk, cinar: Program) -> None:
    bad = consent(3) | {"source": "NONE"}
    refused_for(cinar.post(f"{B}/consents/request", [bad, consent(1), bad | {"type": "ARAMA"}]), 422, "H119")
    refused_for(cinar.post(f"{B}/consents/request", [consent(1)] * 1001), 422, "H091")
    assert counted(here) == {
        ("H119", SMS, LIST): 1, ("H119", ARAMA, LIST): 1, ("H091", NO_CHANNEL, LIST): 1
    }  # fmt: skip
    old = consent(4) | {"consentDate": "2026-11-02 10:00:00"}
    assert cinar.post(f"{B}/consents/request", [consent(1), consent(2), old]).status_code == 202
    assert cinar.post(f"{B}/consents/request", [consent(1), consent(2)]).status_code == 202
    assert cinar.post(f"/v2{B}/consents/request", [consent(1)]).status_code == 202
    asyncio.run(batches.store_waiting(here.registry))
    assert counted(here) == {
        ("H119", SMS, LIST): 1,
        ("H119", ARAMA, LIST): 1,
        ("H091", NO_CHANNEL, LIST): 1,
        ("H467", SMS, LIST): 1,
        ("H178", SMS, LIST): 2,
    }


def test_a_partner_without_the_right_is_counted_at_the_brand(here: Desk) -> None:
    here.grant(CINAR, (2, 1, 0))
    assert codes(here.program("partner").post(f"{B}/consents", consent(1))) == ["H353"]
    assert counted(here) == {("H353", SMS, SINGLE): 1}


def test_the_counts_of_days_stay_apart(here: Desk, cinar: Program) -> None:
    bad = consent(1) | {"source": "NONE"}
    cinar.post(f"{B}/consents", bad)
    assert counted(here) == {("H119", SMS, SINGLE): 1}
    here.clock.now += 24 * 3600 * 1_000_000
    here.program("cinar").post(f"{B}/consents", bad)
    assert counted(here) == {("H119", SMS, SINGLE): 1}
    today, store = day_of(here.clock.now), here.registry.store
    known = store.read_now(companies.known_brand, CINAR)
    both = store.read_now(refused_counts.of_brands, [known.id], today - timedelta(days=1), today)  # type: ignore[union-attr]
    assert [line.amount for line in both] == [2]
    assert store.read_now(refused_counts.today, here.clock.now)[SINGLE] == 1


def test_refusals_are_written_together_and_outlast_a_store_that_is_away(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, written, done = here.registry.store, list[int](), asyncio.Event()
    known = store.read_now(companies.known_brand, CINAR)
    assert known is not None
    kind, write, away = RefusedKind(known.id, SMS, SINGLE, "H119"), Store.write, [True]

    async def watched(self: Store, work: object, *arguments: object) -> object:
        written.append(sum(arguments[0].values()))  # type: ignore[attr-defined]
        if away.pop() if away else False:
            raise StoreUnavailable
        done.set()
        return await write(self, work, *arguments)  # type: ignore[arg-type]

    async def many() -> None:
        tally = refused_tally.get(store)
        for number in range(101):
            tally.waiting[kind] += 1
            tally.begin(store)
            if number == 99:
                await asyncio.sleep(0)
        assert written == [], "no call waits for a transaction"
        await asyncio.wait_for(done.wait(), 30)
        await tally.close(store)

    monkeypatch.setattr(Store, "write", watched)
    monkeypatch.setattr(uses, "WITHIN", 0.01)
    asyncio.run(many())
    assert written == [101, 101]
    assert [line.amount for line in lines(here)] == [101]
