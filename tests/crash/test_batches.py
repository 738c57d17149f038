"""SIGKILL of a site that programs send lists to: what was answered 202 is stored once, whole, and has its results."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Statement, Transaction
from consents.store.engines import sqlite_library
from providers.callers import api_users, token_store
from providers.callers.api_users import Owner
from tests import free_port, programs, repeats
from tests.conftest import SECRET
from tests.consents.conftest import CINAR, furnish
from tests.crash.conftest import Tell, Zygotes
from tests.crash.disk import PageCache
from tests.crash.rounds import DATABASE
from tests.crash.served import PROGRAM, verified
from tests.crash.visitors import HOST, PATIENCE
from tests.crash.zygote import Zygote
from tests.typist import Typist

COMPANY = 600100
KILLS = repeats(3, 8)
SENDERS = 3
LISTS = 4  # that each sends in one life of the site
LONGEST_RUN = 0.4  # seconds from the first 202 of a life to the kill
ITEMS = 150  # in a list: it takes the worker longer to store than its sender to hear of it
_USER = Statement(text("SELECT id FROM api_user"))
FREE = {"API_PER_SECOND": "1000000"}


@dataclass
class Sender:
    """A program that sends one list after the other, by the first call or by v2, unless the site is gone."""

    number: int
    token: str
    sent: int = 0
    taken: dict[str, tuple[bool, list[str]]] = field(default_factory=dict)  # by requestId: v2 or not, the recipients
    untold: list[list[str]] = field(default_factory=list)  # sent, and killed before the answer

    def work(self, port: int) -> None:
        again = bool(self.number % 2)
        for _ in range(LISTS):
            people = [f"k{self.number}-{self.sent}-{place}@example.com" for place in range(ITEMS)]
            self.sent += 1
            self.untold.append(people)
            try:
                status, told = ask(
                    port, self.token, "POST", path("consents/request", again), [item(one) for one in people]
                )
            except (OSError, http.client.HTTPException):
                return
            assert status == HTTPStatus.ACCEPTED, told
            assert self.untold.pop() is people
            self.taken[told["requestId"]] = (again, people)


def item(address: str) -> dict[str, str]:
    return {
        "recipient": address,
        "type": "EPOSTA",
        "source": "HS_WEB",
        "status": "RET",
        "consentDate": "2026-01-05 10:15:00",
        "recipientType": "BIREYSEL",
    }


def path(rest: str, again: bool) -> str:
    return f"{'/v2' if again else ''}/sps/{COMPANY}/brands/{CINAR}/{rest}"


def ask(port: int, token: str, method: str, where: str, body: Any = None) -> tuple[int, Any]:
    """One call on a connection of its own. OSError or HTTPException where the site is gone."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request(method, where, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture
def machine(tmp_path: Path, sqlite_template: Path) -> PageCache:
    """A disk with a registry of two brands in which nobody has said anything."""
    start = tmp_path / "start"
    start.mkdir()
    shutil.copy(sqlite_template, start / DATABASE)
    made = PageCache(tmp_path)
    made.boot(start)
    return made


@pytest.fixture
def token(machine: PageCache) -> str:
    """The access token of the first brand's program."""

    def sign_in(transaction: Transaction) -> str:
        api_users.add(transaction, Owner.PROVIDER, COMPANY, "cinar", programs.password("cinar"))
        row = transaction.one(_USER)
        assert row
        return token_store.issue(transaction, row[0]).access

    with Registry.open(f"sqlite:///{machine.live / DATABASE}", SECRET) as registry:
        furnish(registry)
        return registry.store.write_now(sign_in)


def test_lists_that_were_taken_are_stored_once_and_whole_however_often_the_site_is_killed(
    machine: PageCache, token: str, zygotes: Zygotes, dice: random.Random, tell: Tell, typist: Typist
) -> None:
    zygote = zygotes({**os.environ, **FREE}, PROGRAM)
    senders = [Sender(number, token) for number in range(SENDERS)]
    taken: dict[str, tuple[bool, list[str]]] = {}
    waiting: list[int] = []

    def enough() -> bool:
        return len(taken) >= KILLS and any(waiting) and {again for again, _ in taken.values()} == {False, True}

    while len(waiting) < KILLS or (len(waiting) < 3 * KILLS and not enough()):
        waiting.append(kill_at_work(machine, zygote, dice, senders))
        taken = {request: about for sender in senders for request, about in sender.taken.items()}
    tell(f"{len(waiting)} kills, {len(taken)} lists taken, of which {waiting} waited when it was killed")
    assert {again for again, _ in taken.values()} == {False, True}
    assert len(taken) >= KILLS, "no fault: next to nothing was sent"
    assert any(waiting), "no fault: no kill met a list between its 202 and its results"

    port = free_port()
    zygote.start(database=str(machine.live / DATABASE), port=port, weakness=None)
    transactions: Counter[str] = Counter()
    for request, (again, people) in taken.items():
        results = finished(port, token, request, again)
        assert [one["index"] for one in results] == list(range(len(people)))
        assert {one["status"] for one in results} == {"success"}
        transactions.update(one["transactionId"] for one in results)
    assert set(transactions.values()) == {1}, "two items were given the same movement"
    until(lambda: read(machine, "SELECT count(*) FROM batch WHERE finished_at IS NULL") == [(0,)])
    zygote.kill()

    assert verified(typist, machine.live / DATABASE) == ""
    said = Counter(recipient for (recipient,) in read(machine, "SELECT recipient FROM consent_event"))
    assert set(said.values()) == {1}, "an item was stored twice"
    untold = (len(said) - ITEMS * len(taken)) / ITEMS
    assert untold in range(sum(len(sender.untold) for sender in senders) + 1), "a list was stored in part"


def kill_at_work(machine: PageCache, zygote: Zygote, dice: random.Random, senders: list[Sender]) -> int:
    """Serves the senders, kills the site in the middle; how many lists then stood taken and not stored."""
    port, before = free_port(), sum(len(sender.taken) for sender in senders)
    zygote.start(database=str(machine.live / DATABASE), port=port, weakness=None)
    until(lambda: answers(port))
    threads = [threading.Thread(target=sender.work, args=(port,)) for sender in senders]
    for thread in threads:
        thread.start()
    until(lambda: sum(len(sender.taken) for sender in senders) > before)
    time.sleep(LONGEST_RUN * dice.random() ** 3)  # mostly soon, while lists wait
    zygote.kill()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    (row,) = read(machine, "SELECT count(*) FROM batch WHERE finished_at IS NULL")
    return int(row[0])


def finished(port: int, token: str, request: str, again: bool) -> list[dict[str, Any]]:
    """The results of a list, once it has all of them."""
    results: list[dict[str, Any]] = []

    def complete() -> bool:
        status, results[:] = ask(port, token, "GET", path(f"consents/request/{request}", again))
        return status == HTTPStatus.OK and all(one["status"] != "enqueue" for one in results)

    until(lambda: answers(port))
    until(complete)
    return results


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        connection.connect()
        connection.close()
    except OSError:
        return False
    return True


def until(true: Callable[[], bool]) -> None:
    """Waits until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not so within {PATIENCE} s"
        time.sleep(0.005)


def read(machine: PageCache, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite_library().connect(machine.live / DATABASE)
    try:
        rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return rows
    finally:
        connection.close()
