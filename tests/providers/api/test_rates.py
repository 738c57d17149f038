"""Limits on calls hold for a site as a whole, however many processes answer for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

import httpx2
import psycopg
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Snapshot, Statement
from consents.store.gates.postgresql_gate import ADVISORY_LOCK
from izin import app, jobs
from providers.api import rates
from settings import load
from tests.conftest import SECRET, Clock, swept
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, Desk, Program, asked, brand, codes
from tests.web.client import refused_for

LISTING, STATUS = f"/sps/{CINAR}/brands", f"{brand(CINAR)}/consents/status"
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # where several processes serve
_RATES = Statement(text("SELECT key, ends_at, count FROM api_rate ORDER BY count DESC"))


class Sites:
    """Two processes of one site on PostgreSQL, each with a clock of its own; a program calls each by turns."""

    def __init__(self, url: str, clock: Clock, env: dict[str, str]) -> None:
        self.clocks = clock, Clock(clock.now)
        self.registries = [Registry.open(url, SECRET, now=each) for each in self.clocks]
        self.first = Desk(self.registries[0], clock, env)
        second = app.build(self.first.settings, self.registries[1])
        self._client = TestClient(second, base_url=self.first.settings.public_url, client=("192.0.2.10", 50000))
        one = self.first.program("cinar")
        self.programs = one, Program(self._client, one.tokens)
        self._client.__enter__()

    def forward(self, **much: float) -> None:
        for clock in self.clocks:
            clock.forward(**much)

    def close(self) -> None:
        self._client.__exit__(None, None, None)
        self.first.close()
        for registry in self.registries:
            registry.close()


@pytest.fixture
def sites(postgresql_url: str, clock: Clock) -> Iterator[Callable[..., Sites]]:
    opened: list[Sites] = []

    def open_sites(**env: str) -> Sites:
        opened.append(Sites(postgresql_url, clock, env))
        return opened[-1]

    yield open_sites
    for made in opened:
        made.close()


def test_two_processes_let_a_client_call_ten_times_a_second_and_not_twenty(sites: Callable[..., Sites]) -> None:
    here = sites(API_PER_SECOND="10")
    answers = [here.programs[number % 2].get(LISTING) for number in range(14)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 4
    assert [answer.headers["ratelimit"] for answer in answers[:3]] == [f'"second";r={left};t=1' for left in (9, 8, 7)]
    assert {tuple(codes(answer)) for answer in answers[10:]} == {("H124",)}
    assert [program.get(LISTING).status_code for program in here.programs] == [429, 429]
    here.forward(seconds=1)
    assert [program.get(LISTING).status_code for program in here.programs] == [200, 200]


def test_two_processes_count_an_hours_queries_and_tokens_together(sites: Callable[..., Sites]) -> None:
    here = sites(API_STATUS_PER_HOUR="5", API_TOKENS_PER_HOUR="4")
    answers = [here.programs[number % 2].post(STATUS, asked()) for number in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert (codes(answers[-1]), answers[-1].headers["retry-after"]) == (["H086"], "3600")
    wrong = {"grant_type": "password", "username": "x", "password": "y"}
    tried = [here.programs[number % 2].client.post("/oauth2/token", json=wrong) for number in range(5)]
    for answer in tried[:3]:  # one was spent on signing in
        refused_for(answer, 400, "invalid_request")
    for answer in tried[3:]:
        refused_for(answer, 429, "H084")


@pytest.mark.parametrize("ahead", [-0.4, 0.4])
def test_processes_whose_clocks_differ_a_little_still_count_together(sites: Callable[..., Sites], ahead: float) -> None:
    here = sites(API_PER_SECOND="10")
    here.clocks[1].forward(seconds=ahead)
    answers = [here.programs[number % 2].get(LISTING) for number in range(14)]
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    for answer in answers[10:]:
        refused_for(answer, 429, "H124")


def test_a_clock_that_was_set_back_by_days_keeps_nobody_out(desk: Open) -> None:
    here = desk(API_STATUS_PER_HOUR="1")
    program = here.program("cinar")
    assert program.post(STATUS, asked()).status_code == 200
    refused_for(program.post(STATUS, asked()), 429, "H086")
    here.clock.forward(days=-2)
    assert program.post(STATUS, asked()).status_code == 200


def test_calls_that_come_too_fast_use_up_no_hour(desk: Open) -> None:
    here = desk(API_PER_SECOND="2", API_STATUS_PER_HOUR="3")
    program = here.program("cinar")
    assert [program.post(STATUS, asked()).status_code for _ in range(2)] == [200, 200]
    for _ in range(5):
        refused_for(program.post(STATUS, asked()), 429, "H124")
    here.clock.forward(seconds=1)
    last = [program.post(STATUS, asked()) for _ in range(2)]
    assert [answer.status_code for answer in last] == [200, 429]
    assert codes(last[1]) == ["H086"]
    assert last[0].headers["ratelimit"] == '"api_status_per_hour";r=0;t=3599'


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[float]:
    """How long calls were delayed, in seconds; the clock goes on meanwhile."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)
        clock.forward(seconds=seconds)

    monkeypatch.setattr(rates, "LONGEST_DELAY", SECOND)
    monkeypatch.setattr(rates, "sleep", sleep)
    return waited


def test_a_program_that_calls_without_a_pause_is_slowed_down_and_never_refused(desk: Open, delays: list[float]) -> None:
    program = desk(API_PER_SECOND="10").program("cinar")
    assert [program.get(LISTING).status_code for _ in range(35)] == [200] * 35
    assert delays == [1.0] * 3


def test_a_delayed_call_is_told_how_it_stands_to_the_window_it_was_counted_in(desk: Open, delays: list[float]) -> None:
    program = desk(API_PER_SECOND="2").program("cinar")
    assert [program.get(LISTING).headers["ratelimit"] for _ in range(3)] == [
        f'"second";r={left};t=1' for left in (1, 0, 1)
    ]


def test_no_call_without_a_good_token_is_delayed(desk: Open, delays: list[float]) -> None:
    here = desk(API_PER_SECOND="2")
    stranger = here.client("192.0.2.10")
    tried = [stranger.get(LISTING, headers={"authorization": "Bearer " + "x" * 43}) for _ in range(4)]
    assert [(answer.status_code, codes(answer)) for answer in tried] == [(401, ["H351"])] * 2 + [(429, ["H124"])] * 2
    assert delays == []


def test_no_more_calls_wait_than_a_window_takes(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty at once: ten are answered, ten wait, the others are refused."""
    here, waiting, ten_wait, go_on = desk(API_PER_SECOND="10"), 0, asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 10:
            ten_wait.set()
        await go_on.wait()
        here.clock.forward(seconds=seconds if here.clock.now == began else 0)

    monkeypatch.setattr(rates, "LONGEST_DELAY", SECOND)
    monkeypatch.setattr(rates, "sleep", sleep)
    token, began = here.program("cinar").tokens["access_token"], here.clock.now
    application = app.build(here.settings, here.registry)

    async def call_all() -> list[int]:
        transport = httpx2.ASGITransport(application, client=("192.0.2.10", 50000))
        headers = {"authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url=here.settings.public_url, headers=headers
        ) as client:
            calls = [asyncio.create_task(client.get(LISTING)) for _ in range(60)]
            for answered_at_once in islice(asyncio.as_completed(calls, timeout=60), 50):
                await answered_at_once
            async with asyncio.timeout(60):
                await ten_wait.wait()  # the last ones may still be on their way
            assert waiting == 10
            go_on.set()
            return [(await call).status_code for call in calls]

    answered = asyncio.run(call_all())
    assert (answered.count(200), answered.count(429)) == (20, 40)
    assert here.registry.store.own(rates.Rates, rates.Rates)._delayed == {}


@POSTGRESQL
def test_counting_waits_for_no_write_of_others(here: Desk, cinar: Program, postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
        assert cinar.post(STATUS, asked()).status_code == 200


@POSTGRESQL
def test_the_table_costs_no_log_and_names_no_client(here: Desk, cinar: Program) -> None:
    cinar.post(STATUS, asked())
    kept = Statement(text("SELECT relpersistence FROM pg_class WHERE relname = 'api_rate'"))
    assert here.registry.store.read_now(Snapshot.one, kept) == ("u",)
    rows = here.registry.store.read_now(Snapshot.all, _RATES)
    assert [(len(bytes(row[0])), row[2]) for row in rows] == [(16, 1)] * 3, "of a second, of an hour, of tokens"
    assert not [row for row in rows if b"192.0.2" in bytes(row[0])]


@POSTGRESQL
def test_a_sweep_keeps_what_still_counts(desk: Open) -> None:
    here = desk(API_STATUS_PER_HOUR="2")
    program = here.program("cinar")
    assert program.post(STATUS, asked()).status_code == 200
    here.clock.forward(minutes=59)
    (sweep,) = [chore for chore in jobs.list_jobs(here.settings) if chore.name == "sweep"]
    asyncio.run(sweep.do(here.registry, here.settings))
    assert program.post(STATUS, asked()).status_code == 200
    refused_for(program.post(STATUS, asked()), 429, "H086")
    here.clock.forward(minutes=2)
    assert swept(here.registry.store, "api_rate") == 3
    assert here.registry.store.read_now(Snapshot.all, _RATES) == []


def test_what_one_address_calls_is_not_counted_for_another(desk: Open) -> None:
    here = desk(API_PER_SECOND="1")
    assert [here.client(ip).get(LISTING).status_code for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [
        401,
        429,
        401,
    ]


def test_the_limits_are_those_of_the_document() -> None:
    plain = load({"SECRET_KEY": SECRET})
    limits = plain.api_per_second, plain.api_tokens_per_hour, plain.api_status_per_hour, plain.api_history_per_hour
    assert limits == (10, 100, 1000, 100)
