"""Several workers: each chore is one's, a dead one's passes on, nothing is done twice, and a dead one is told."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from consents.brands import companies
from consents.care import workers
from consents.care.workers import BEAT, DEAD, LEASE, LivingWorker, WorkersSeen
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from consents.store.statements import POSTGRESQL
from consents.terms import Channel, Identity, Source
from izin import app, jobs, scheduler
from izin.operations import metrics_page, status_command
from panel.operations import operator_status
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.cases.case import Declared
from providers.consents import batch_queue
from providers.consents.batch_queue import Queued
from settings import Settings, load
from tests import ROOT, programs
from tests.conftest import NOON, SECRET, Clock
from tests.web.client import PageClient
from web import logs, process

LISTS, ITEMS = 60, 3
LEASE_AFTER = 1.5  # seconds; until somebody has been killed a lease has no end, however busy the machine is
# A worker that writes when it said that it lives, and who does which turn of a chore that is one's alone. Until its
# stdin ends it takes no chore over, and gets no further than the half of the lists.
PROGRAM = """
import asyncio, os, sys, threading, time
from izin import scheduler
from consents.care import workers
from consents.registry import Registry
from providers.consents import batch_queue, batch_storing, batches
from settings import load
url, secret, file, half, lease = sys.argv[1:]
workers.BEAT, workers.LEASE = 0.2, float("inf")
batch_queue._AT_ONCE = 1
stored, store_all, beat = batch_storing.store, batch_storing.store_all, scheduler.Heartbeat.beat
after, done = threading.Event(), 0
def wait():
    sys.stdin.read()
    workers.LEASE = float(lease)
    after.set()
def slowly(*given):
    time.sleep(0.02)
    return stored(*given)
def some(*given):
    global done
    if (done := done + 1) > int(half):
        after.wait()
    return store_all(*given)
async def beating(self):
    at = time.monotonic()
    await beat(self)
    if self._beaten_at >= at:
        say("lives", at)
threading.Thread(target=wait, daemon=True).start()
batch_storing.store, batch_storing.store_all, scheduler.Heartbeat.beat = slowly, some, beating
def say(word, at=None):
    with open(file, "a") as told:
        told.write(f"{word} {os.getpid()} {at or time.monotonic()}\\n")
async def lists(registry, settings):
    say("begins")
    await batches.store_waiting(registry)
    say("ends")
async def work():
    with Registry.open(url, secret) as registry:
        settings = load({"SECRET_KEY": secret, "IYS_URL": ""})
        async with scheduler.work(registry, settings, [scheduler.Job("lists", 0.05, lists, alone=True)]):
            print("works", flush=True)
            await asyncio.sleep(300)
asyncio.run(work())
"""
OPEN = Statement(text("SELECT count(*) FROM batch WHERE finished_at IS NULL"))
EVENTS = Statement(text("SELECT count(*), count(DISTINCT recipient) FROM consent_event"))
ACTS = Statement(text("SELECT count(*), count(DISTINCT act) FROM batch"))


def one(registry: Registry, statement: Statement) -> tuple[int, ...]:
    row = registry.store.read_now(Snapshot.one, statement)
    assert row is not None
    return row


def queue(transaction: Transaction, registry: Registry) -> None:
    """Lists of people of their own."""
    companies.add_provider(transaction, 600100, "Çınar A.Ş.")
    companies.add_brand(transaction, 600100, 600101, "Çınar")
    api_users.add(transaction, Owner.PROVIDER, 600100, "program", programs.password("program"))
    brand = companies.known_brand(transaction, 600101)
    assert brand is not None
    for number in range(LISTS):
        items = [
            Declared(
                f"+90532000{number * ITEMS + place:04}", Channel.MESAJ.code, Identity.BIREYSEL.code, ONAY,
                Source.HS_WEB.code, NOON - 60_000_000,
            )
            for place in range(ITEMS)
        ]  # fmt: skip
        sealed = batch_queue.sealed(registry.keyring, items)
        batch_queue.add(transaction, Queued(str(uuid.uuid4()), brand.id, 1, ITEMS, sealed, again=False))


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers, and kills those that are left."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        more = [str(tmp_path / "turns"), str(LISTS // 2), str(LEASE_AFTER)]
        command = [sys.executable, "-c", PROGRAM, database_url, SECRET, *more]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        begun = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(begun)
        return begun

    yield begin
    for process_ in started:
        with process_:
            process_.kill()


@pytest.mark.slow
def test_who_is_killed_in_a_chore_is_followed_by_the_other_and_nothing_is_done_twice(
    registry: Registry, tmp_path: Path, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    file = tmp_path / "turns"
    file.touch()
    both = {begun.pid: begun for begun in (start(), start())}
    for each in both.values():
        assert each.stdout
        assert each.stdout.readline() == b"works\n"

    def said() -> list[tuple[str, int, float]]:
        lines = [line.split() for line in file.read_text().splitlines()]
        return [(word, int(number), float(at)) for word, number, at in lines]

    def turns() -> list[tuple[str, int, float]]:
        return [one for one in said() if one[0] != "lives"]

    until(lambda: len(turns()) > 20, "some turns")
    (first,) = {number for _, number, _ in turns()}
    (second,) = both.keys() - {first}
    registry.store.write_now(queue, registry)
    until(lambda: one(registry, OPEN)[0] < LISTS - 5, "the first lists")
    both[first].kill()
    both[first].wait()
    left = one(registry, OPEN)[0]
    assert 0 < left < LISTS, "in the middle of its chore"
    waiting = both[second].stdin
    assert waiting
    waiting.close()
    until(lambda: one(registry, OPEN) == (0,), "the other takes over")
    began = min(at for _, number, at in turns() if number == second)
    lived = max(at for word, number, at in said() if (word, number) == ("lives", first))
    assert began >= lived + LEASE_AFTER, "not before the lease ended"
    assert [word for word, number, _ in turns() if number == first][-1] == "begins"
    assert one(registry, EVENTS) == (LISTS * ITEMS, LISTS * ITEMS)
    assert one(registry, ACTS) == (LISTS, LISTS)
    assert [name for name, _ in registry.store.read_now(rows)] == [f"{scheduler.socket.gethostname()}:{second}"]


def rows(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in snapshot.all(Statement(text("SELECT name, doing FROM worker ORDER BY id")))]


def beats(registry: Registry, who: LivingWorker, *wanted: str, dead: dict[int, int] | None = None) -> workers.Beaten:
    return registry.store.write_now(workers.heartbeat, who, "", wanted, dead or {})


A, B = LivingWorker(1, "a:1", NOON), LivingWorker(2, "b:2", NOON)


def test_a_chore_is_whose_first_wanted_it_until_he_says_goodbye(registry: Registry) -> None:
    assert beats(registry, A, "sweep", "counts").held == {"sweep", "counts"}
    assert beats(registry, B, "sweep", "counts", "mailbox").held == {"mailbox"}
    registry.store.write_now(workers.unregister, A.id)
    assert beats(registry, B, "sweep", "counts", "mailbox").held == {"mailbox", "sweep", "counts"}


def test_only_who_has_been_silent_is_struck_off_and_once(registry: Registry) -> None:
    beats(registry, A, "sweep")
    seen = beats(registry, B, "sweep").others
    beats(registry, A, "sweep")
    assert beats(registry, B, "sweep", dead=seen).struck_off == [], "he has spoken meanwhile"
    seen = beats(registry, B, "sweep").others
    after = beats(registry, B, "sweep", dead=seen)
    assert ([one.name for one in after.struck_off], after.held) == (["a:1"], {"sweep"})
    assert beats(registry, B, "sweep", dead=seen).struck_off == []
    assert beats(registry, A, "sweep").held == frozenset(), "who was taken for dead has lost it"


class Watch:
    """Stands in for the module ``time`` of a shift."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_who_cannot_say_that_he_lives_does_no_more_and_takes_nobody_for_dead(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch()
    monkeypatch.setattr(scheduler, "time", watch)

    async def main() -> None:
        one, other = scheduler.Heartbeat(registry, ["sweep"]), scheduler.Heartbeat(registry, ["sweep"])
        await one.beat()
        await other.beat()
        assert (one.holds("sweep"), other.holds("sweep")) == (True, False)
        write = registry.store.write

        async def away(*given: object) -> None:
            raise StoreUnavailable("the database does not answer")

        monkeypatch.setattr(registry.store, "write", away)
        watch.now += LEASE
        await other.beat()
        assert not one.holds("sweep"), "the other could have it by now"
        monkeypatch.setattr(registry.store, "write", write)
        await other.beat()
        assert not other.holds("sweep"), "neither could speak: the silence is counted from here"
        watch.now += LEASE - 1
        await other.beat()
        assert not other.holds("sweep")
        watch.now += 1
        await other.beat()
        assert other.holds("sweep")

    asyncio.run(main())
    told = capsys.readouterr().out
    assert told.count("worker_dead") == 1
    (lived_at,) = re.findall(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+00:00", told)
    assert logs.mask(lived_at) == lived_at, "what looks like a number of a phone is hidden in logs"


def test_a_worker_says_what_it_is_at_and_goodbye(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BEAT", 0.01)

    async def main() -> None:
        seen, go_on = asyncio.Event(), asyncio.Event()

        async def do(registry: Registry, settings: Settings) -> None:
            seen.set()
            await asyncio.wait_for(go_on.wait(), 120)

        settings = load({"SECRET_KEY": SECRET})
        async with scheduler.work(registry, settings, [scheduler.Job("long", 60.0, do, alone=True)]):
            await asyncio.wait_for(seen.wait(), 120)
            async with asyncio.timeout(50):
                while [doing for _, doing in registry.store.read_now(rows)] != ["long"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        assert registry.store.read_now(rows) == []

    asyncio.run(main())


def test_a_chore_whose_library_loses_the_cancellation_ends_with_the_shift(registry: Registry) -> None:
    async def main() -> None:
        seen = asyncio.Event()

        async def do(registry: Registry, settings: Settings) -> None:
            seen.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

        async def shift() -> None:
            async with scheduler.work(registry, load({"SECRET_KEY": SECRET}), [scheduler.Job("deaf", 60.0, do)]):
                await asyncio.wait_for(seen.wait(), 120)

        working = asyncio.create_task(shift())
        assert await asyncio.wait([working], timeout=20) == ({working}, set())

    asyncio.run(main())


def test_a_shift_ends_whenever_it_is_stopped(registry: Registry, tmp_path: Path) -> None:
    """Also where the database has answered each chore in that very moment."""
    file = f"file:{tmp_path / 'outbox.jsonl'}"
    witness = str(tmp_path / "witness")  # else it is that of the repository's own var/izin.db
    settings = load({"SECRET_KEY": SECRET, "SMS_GATEWAY": file, "MAIL_GATEWAY": file, "WITNESS_FILE": witness})

    async def shift(seconds: float) -> None:
        async with scheduler.work(registry, settings, jobs.list_jobs(settings)):
            await asyncio.sleep(seconds)
            time.sleep(0.02)  # noqa: ASYNC251 (what is asked is answered meanwhile, and nobody has seen it yet)

    async def main() -> None:
        for number in range(25):
            working = asyncio.create_task(shift(number * 0.001))
            assert await asyncio.wait([working], timeout=20) == ({working}, set())
            working.result()

    asyncio.run(main())


def test_a_long_turn_that_gets_on_is_no_late_one(registry: Registry) -> None:
    """A site that has many files to load is fit; one whose chore stands still is not."""

    async def main() -> None:
        begun, piece, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def do(registry: Registry, settings: Settings) -> None:
            begun.set()
            await asyncio.wait_for(piece.wait(), 120)
            await asyncio.to_thread(workers.report_progress)
            done.set()
            await asyncio.sleep(60)

        chore = scheduler.Job("long", 1.0, do, essential=True)
        async with scheduler.work(registry, load({"SECRET_KEY": SECRET}), [chore]):
            await asyncio.wait_for(begun.wait(), 120)
            chore.done_at -= 1000
            assert scheduler.lag([chore]) > 900
            piece.set()
            await asyncio.wait_for(done.wait(), 120)
            assert scheduler.lag([chore]) < 900

    asyncio.run(main())


def test_a_worker_takes_its_beginning_for_the_end_of_an_outage(registry: Registry) -> None:
    """Another one may have sent what it could not note; on SQLite the only other one is dead."""

    async def main() -> float:
        assert registry.store.commits.calm_for() == float("inf")
        async with scheduler.work(registry, load({"SECRET_KEY": SECRET}), []):
            return registry.store.commits.calm_for()

    assert (asyncio.run(main()) < 10) == (registry.store.dialect == POSTGRESQL)


def test_a_call_is_answered_by_whoever_hears_it_where_the_next_turn_is_far(registry: Registry) -> None:
    bell, turns = asyncio.Event(), Counter[str]()

    async def main() -> None:
        def chore(name: str, every: float) -> scheduler.Job:
            async def do(registry: Registry, settings: Settings) -> None:
                turns[name] += 1

            return scheduler.Job(name, every, do, lambda registry: bell, alone=True)

        registry.store.write_now(workers.heartbeat, A, "", ["soon", "late"], {})
        async with scheduler.work(registry, load({"SECRET_KEY": SECRET}), [chore("late", 300.0)]):
            await asyncio.sleep(0)
            bell.set()
            async with asyncio.timeout(50):
                while not turns["late"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        bell.clear()
        async with scheduler.work(registry, load({"SECRET_KEY": SECRET}), [chore("soon", BEAT)]):
            await asyncio.sleep(0)
            bell.set()
            await asyncio.sleep(0.05)

    asyncio.run(main())
    assert turns == {"late": 1}


def test_nobody_misses_a_worker_that_never_was_or_said_goodbye(registry: Registry) -> None:
    assert registry.store.read_now(workers.seen, NOON) == WorkersSeen()
    beats(registry, A)
    registry.store.write_now(workers.unregister, A.id)
    seen = registry.store.read_now(workers.seen, NOON)
    assert (seen.warning(False), seen.missing(True)) == (None, True)


@pytest.mark.parametrize("where", ["inside", "separate"])
def test_a_dead_worker_is_told_until_another_lives(
    registry: Registry, clock: Clock, database_url: str, tmp_path: Path, where: str, written: Callable[[], str]
) -> None:
    chosen = load(
        {"SECRET_KEY": SECRET, "DATABASE_URL": database_url, "WORKER": where, "WITNESS_FILE": str(tmp_path / "w")}
    )
    site = app.build(chosen, registry)

    def told() -> list[str]:
        return [
            line
            for line in status_command.task_lines(operator_status.load(registry, chosen), clock())
            if "no worker" in line
        ]

    with PageClient(site, client=("127.0.0.1", 50000)) as client:
        here: process.Process = site.app.state.process

        def figures() -> str:
            return asyncio.run(metrics_page.figures(here))

        beats(registry, A)
        assert (client.get("/readyz").json()["workers"], told()) == ({"alive": 1, "dead": 0}, [])
        assert "\nizin_workers 1.0\n" in figures()
        clock.forward(seconds=DEAD / 1_000_000)
        here.look = None
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["workers"] == {"alive": 0, "dead": 1}
        (sentence,) = answer.json()["warnings"]
        here.look = None
        client.get("/readyz")
        assert sentence.startswith("no worker lives, so codes and answers wait; a:1 last lived 2026-11-24 12:00:00")
        (line,) = told()
        assert "a:1" in line
        assert "\nizin_workers 0.0\n" in figures()
        assert "\nizin_workers_dead 1.0\n" in figures()
        beats(registry, B, dead={A.id: 1})
        here.look = None
        assert client.get("/readyz").json()["status"] == "ok"
        assert told() == []
    assert written().count('"event": "no_worker_lives", "last": "a:1"') == 1
