"""The last calls of a program's key: what is kept of them, of whom, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from consents.brands import companies
from consents.store import Snapshot, StoreUnavailable
from providers.api.endpoint import Call
from providers.callers import call_log, token_store, uses
from providers.callers.call_log import DoneCall
from providers.callers.token_store import Caller
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, ISIK, Desk, asked, brand, consent
from tests.web.client import refused_for


def kept(here: Desk, code: int = CINAR, *, failed: bool = False) -> list[tuple[str, str, str, int, str]]:
    """The calls of a provider, the newest first, once those of the process are written."""
    store = here.registry.store
    asyncio.run(call_log.get(store).close(store))
    provider = store.read_now(companies.provider_id, code)
    assert provider is not None
    found = store.read_now(call_log.listed, provider, 0, 400 if failed else 0, 1000)
    return [(name, *call[1:5]) for name, call in found]


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


def test_a_call_too_many_is_kept_for_the_company_of_its_token(desk: Open) -> None:
    here = desk(API_STATUS_PER_HOUR="1")
    cinar, status = here.program("cinar"), f"{brand(CINAR)}/consents/status"
    assert cinar.post(status, asked()).status_code == 200
    stranger = here.client("192.0.2.10")
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        refused_for(cinar.post(status, asked()), 429, "H086")
        refused_for(stranger.post(status, json=asked(), headers=headers), 429, "H086")
    assert kept(here) == [
        ("cinar", "POST", status, 429, "H086"),
        ("cinar", "POST", status, 429, "H086"),
        ("cinar", "POST", status, 200, ""),
        ("cinar", "POST", "/oauth2/token", 200, ""),
    ]


def test_of_calls_too_many_the_tokens_of_ten_a_minute_are_looked_up(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = desk(API_STATUS_PER_HOUR="1")
    cinar, status, looked = here.program("cinar"), f"{brand(CINAR)}/consents/status", list[str]()
    find = token_store.caller

    def caller(snapshot: Snapshot, token: str, now: int) -> Caller | None:
        looked.append(token)
        return find(snapshot, token, now)

    cinar.post(status, asked())
    monkeypatch.setattr(token_store, "caller", caller)
    for _ in range(2):
        looked.clear()
        for _ in range(30):
            refused_for(cinar.post(status, asked()), 429, "H086")
        assert len(looked) == 10
        here.clock.forward(minutes=1)
    assert len(kept(here, failed=True)) == 20


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
    monkeypatch.setattr(uses, "WITHIN", 0.01)
    store = here.registry.store
    provider, user = store.read_now(companies.provider_id, CINAR), 1

    async def some() -> int:
        call_log.add(store, user, DoneCall(here.clock.now, "GET", "/info/city", 200, ""))
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
