"""Passwords are hashed by few threads, in a short queue that no client fills; what waits there keeps nobody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.callers import passwords
from providers.callers.passwords import HashingPool, TooBusy
from tests.providers.api.desk import Desk
from tests.providers.api.test_users import buys


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the threads wait for."""
    made = threading.Event()
    yield made
    made.set()


def outcomes(gate: threading.Event, asked: list[Callable[[HashingPool], Any]]) -> list[str]:
    """What became of each, all asked at once of one pool while its threads wait."""

    async def run() -> list[str]:
        pool = HashingPool()
        waiting = [asyncio.create_task(_told(one(pool))) for one in asked]
        await asyncio.sleep(0.05)
        gate.set()
        return await asyncio.gather(*waiting)

    return asyncio.run(run())


async def _told(running: Any) -> str:
    try:
        return "done" if await running else "nothing"
    except TooBusy as busy:
        return "own" if busy.own else "all"


def test_no_client_and_no_network_has_more_than_its_share(gate: threading.Event) -> None:
    ips = ["192.0.2.1"] * 3 + ["192.0.2.2"] * 2 + ["192.0.2.3"] * 2 + ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
    found = outcomes(gate, [lambda pool, ip=ip: pool.for_client(ip, gate.wait) for ip in ips])
    assert found == ["done", "done", "own", "done", "done", "done", "own", "done", "done", "own"]


def test_a_full_queue_refuses_programs_and_has_room_for_the_panels_people(gate: threading.Event) -> None:
    room = passwords.THREADS + passwords.QUEUE
    clients = [lambda pool, one=one: pool.for_client(f"198.51.{one}.1", gate.wait) for one in range(room + 2)]
    people = [lambda pool, one=one: pool.for_person(one, gate.wait) for one in (1, 2, 2, 2)]
    found = outcomes(gate, [*clients, *people])
    assert found == ["done"] * room + ["all"] * 2 + ["done"] * 3 + ["own"]


def test_places_are_free_again_also_where_nobody_waits_any_more(gate: threading.Event) -> None:
    async def run() -> None:
        pool = HashingPool()
        for _ in range(5):
            tasks = [asyncio.create_task(pool.for_client("192.0.2.1", gate.wait)) for _ in range(2)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            gate.set()
            for _ in range(200):
                if not pool._all:
                    break
                await asyncio.sleep(0.005)
            assert (pool._all, dict(pool._held)) == (0, {})
            gate.clear()

    asyncio.run(run())


@pytest.mark.parametrize("name", ["cinar", "nobody"])
def test_many_at_once_wait_in_no_long_queue(
    here: Desk, monkeypatch: pytest.MonkeyPatch, gate: threading.Event, name: str
) -> None:
    """Of one client, for a user that there is and for one that there is not: both are refused alike, in words."""
    compare = passwords.matches

    def slowly(password: str, kept: str) -> bool:
        gate.wait(10)
        return compare(password, kept)

    monkeypatch.setattr(passwords, "matches", slowly)
    client, answers = here.client(), []

    def buy() -> None:
        answers.append(buys(client, username=name, password=here.passwords["cinar"]))

    threads = [threading.Thread(target=buy) for _ in range(12)]
    for thread in threads:
        thread.start()
    for _ in range(400):
        if len(answers) >= 10:
            break
        time.sleep(0.01)
    refused = list(answers)
    gate.set()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in refused] == [429] * 10
    assert {answer.headers["retry-after"] for answer in refused} == {"2"}
    assert {answer.json()["errors"][0]["code"] for answer in refused} == {"H123"}
    assert sorted(answer.status_code for answer in answers) == [200 if name == "cinar" else 400] * 2 + [429] * 10


def test_where_all_are_busy_the_answer_is_503(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "QUEUE", -passwords.THREADS)
    answer = buys(here.client(), username="cinar", password=here.passwords["cinar"])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["errors"][0]["code"] == "H123"
