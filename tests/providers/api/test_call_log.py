"""The last calls of a program's key: what is kept of them, of whom, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from consents.brands import companies
from consents.store import StoreUnavailable
from providers.api.endpoint import Call
from providers.callers import call_log
from providers.callers.call_log import DoneCall
from tests.providers.api.desk import CINAR, ISIK, Desk, asked, brand, consent


def kept(here: Desk, code: int = CINAR, *, failed: bool = False) -> list[tuple[str, str, str, int, str]]:
    """The calls of a provider, the newest first, once those of the process are written."""
    store = here.registry.store
    asyncio.run(call_log.get(store).close(store))
    provider = store.read_now(companies.provider_id, code)
    assert provider is not None
    found = store.read_now(call_log.listed, provider, 0, 400 if failed else 0, 1000)
    return [(name, *call[1:]) for name, call in found]


def test_calls_are_kept_with_their_answers_and_without_addresses(here: Desk) -> None:
    cinar, b = here.program("cinar"), brand(CINAR)
    cinar.post(f"{b}/consents", consent())
    cinar.post(f"{b}/consents", consent(type="FAKS"))
    cinar.post(f"{brand(ISIK)}/consents/status", asked())
    cinar.get(f"{b}/deliveries/{'e5' * 32}?after=+905320000001")
    for odd in ("5320000001", "+905320000001"):
        cinar.get(f"/sps/{CINAR}/brands/{odd}/retailers")
    odd_brand = f"/sps/{CINAR}/brands/{{brandCode}}/retailers"
    assert [one[2] for one in kept(here)[:2]] == [odd_brand, odd_brand]
    assert kept(here)[2:] == [
        ("cinar", "GET", f"{b}/deliveries/{{transactionId}}", 404, "Z424"),
        ("cinar", "POST", f"{brand(ISIK)}/consents/status", 403, "H353"),
        ("cinar", "POST", f"{b}/consents", 422, "H117"),
        ("cinar", "POST", f"{b}/consents", 200, ""),
        ("cinar", "POST", "/oauth2/token", 200, ""),
    ]
    assert [one[4] for one in kept(here, failed=True)] == ["H191", "H353", "Z424", "H353", "H117"]
    assert kept(here, ISIK) == []


def test_nothing_is_kept_before_a_right_is_proved(here: Desk) -> None:
    client, b = here.client(), brand(CINAR)
    client.post("/oauth2/token", json={"grant_type": "password", "username": "cinar", "password": "wrong"})
    client.get(f"{b}/retailers", headers={"Authorization": "Bearer guessed"})
    client.get(f"{b}/retailers")
    assert kept(here) == []


def test_the_last_two_hundred_of_each_user_are_kept(here: Desk) -> None:
    cinar, isik = here.program("cinar"), here.program("isik")
    isik.get(f"{brand(ISIK)}/retailers")
    for number in range(call_log.MOST + 50):
        cinar.get(f"{brand(CINAR)}/retailers?limit={number % 2}")
        if number == 120:
            assert len(kept(here)) == 122  # with the sign-in
    assert len(kept(here)) == call_log.MOST
    assert {one[2] for one in kept(here)} == {f"{brand(CINAR)}/retailers"}
    assert len(kept(here, ISIK)) == 2


def test_calls_are_written_while_the_site_runs(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_log, "WITHIN", 0.01)
    store = here.registry.store
    provider, user = store.read_now(companies.provider_id, CINAR), 1

    async def some() -> int:
        call_log.get(store).add(store, user, DoneCall(here.clock.now, "GET", "/info/city", 200, ""))
        for _ in range(500):
            if found := len(await store.read(call_log.listed, provider)):
                return found
            await asyncio.sleep(0.01)
        return 0

    assert asyncio.run(some()) == 1


def test_a_call_that_could_not_be_kept_stands_with_the_answer_it_got(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    cinar = here.program("cinar")
    with monkeypatch.context() as patch:
        patch.setattr(Call, "write", full)
        assert cinar.post(f"{brand(CINAR)}/consents", consent()).status_code == 503
    assert kept(here)[0][3] == 503
