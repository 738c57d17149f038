"""The worker's deliveries: a code is on its way at once, and a carrier that cannot be used is told at start."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consents import business_days, ledger
from consents.registry import Registry
from gateways.carrier import Kind
from gateways.outbox import delivery, outbox
from izin import app, jobs, scheduler
from settings import Refused, Settings, load
from tests.conftest import Clock
from tests.gateways.conftest import MAIL, SECOND, SMS
from tests.gateways.fake_twilio import FakeTwilio
from tests.web.client import PageClient

KEY = "k3y-0f-32-bytes-and-then-some-more-of-it"


@pytest.fixture
def sqlite(sqlite_url: str, open_registry: Any) -> Registry:
    registry: Registry = open_registry(sqlite_url)
    return registry


def files(tmp_path: Path, **other: str) -> Settings:
    gateways = dict.fromkeys(("SMS_GATEWAY", "MAIL_GATEWAY"), f"file:{tmp_path / 'outbox.jsonl'}")
    return load({"SECRET_KEY": KEY, **gateways, **other})


def deliveries(settings: Settings) -> list[scheduler.Job]:
    return [chore for chore in jobs.list_jobs(settings) if "delivery" in chore.name]


async def post(registry: Registry, words: dict[str, str]) -> None:
    expires_at = registry.store.now() + 600 * SECOND
    await registry.store.write(
        lambda transaction: outbox.post(
            transaction,
            registry.keyring,
            **words,  # type: ignore[arg-type]
            secret=True,
            expires_at=expires_at,
        )
    )


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it, at most fifty seconds."""
    async with asyncio.timeout(50):
        while not condition():  # noqa: ASYNC110 (what it waits for stands in the database)
            await asyncio.sleep(0.002)


async def until_sent(registry: Registry, kind: Kind) -> None:
    """Waits until nothing of a kind waits any more."""
    await until(lambda: (kind, "waiting") not in registry.store.read_now(outbox.tally))


def done(todo: list[scheduler.Job]) -> Callable[[], bool]:
    """Tells whether each has been done since now."""
    before = [chore.done_at for chore in todo]
    return lambda: all(chore.done_at > at for chore, at in zip(todo, before, strict=True))


@pytest.mark.parametrize(("words", "kind"), [(SMS, "sms"), (MAIL, "mail")])
def test_a_code_leaves_at_once_where_its_writer_rings(
    sqlite: Registry, tmp_path: Path, words: dict[str, str], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DELIVERIES", 3600.0)  # far longer than anybody waits here

    async def main() -> None:
        settings = files(tmp_path)
        todo = deliveries(settings)
        found_nothing = done(todo)
        async with scheduler.work(sqlite, settings, todo):
            await until(found_nothing)
            await post(sqlite, words)
            outbox.arrived(sqlite)
            await until_sent(sqlite, kind)

    asyncio.run(main())
    (line,) = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (line["to"], line["text"]) == (words["to"], words["text"])


def test_a_code_leaves_soon_where_nobody_rings(sqlite: Registry, tmp_path: Path) -> None:
    async def main() -> None:
        settings = files(tmp_path)
        todo = deliveries(settings)
        found_nothing = done(todo)
        async with scheduler.work(sqlite, settings, todo):
            await until(found_nothing)
            await post(sqlite, SMS)
            await until_sent(sqlite, "sms")

    asyncio.run(main())
    assert jobs.DELIVERIES <= 1.0


def test_a_ring_during_a_turn_is_heard(sqlite: Registry, tmp_path: Path) -> None:
    turns: list[float] = []

    async def do(registry: Registry, settings: Settings) -> None:
        turns.append(time.monotonic())
        if len(turns) == 1:
            outbox.arrived(registry)

    async def main() -> None:
        chore = scheduler.Job("delivery", 60.0, do, outbox.bell)
        async with scheduler.work(sqlite, files(tmp_path), [chore]):
            await until(lambda: len(turns) >= 2)
            await asyncio.sleep(0.05)

    asyncio.run(main())
    assert len(turns) == 2


def test_a_backlog_goes_without_waiting_for_the_next_turn(
    sqlite: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DELIVERIES", 60.0)

    async def main() -> None:
        settings = files(tmp_path)
        for count in range(100):
            await post(sqlite, {**SMS, "text": str(count)})
        async with scheduler.work(sqlite, settings, deliveries(settings)):
            await until_sent(sqlite, "sms")

    asyncio.run(main())
    assert len((tmp_path / "outbox.jsonl").read_text(encoding="utf-8").splitlines()) == 100


def test_a_dead_sms_carrier_holds_up_no_mail(
    sqlite: Registry, clock: Clock, tmp_path: Path, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.twilio.sending.SECONDS", 120.0)
    monkeypatch.setattr(delivery, "LONGEST", 120.0)
    twilio.mode = "hang"

    async def main() -> None:
        settings = files(tmp_path, SMS_GATEWAY=twilio.url)
        await post(sqlite, SMS)
        async with scheduler.work(sqlite, settings, deliveries(settings)):
            await until(lambda: not sqlite.store.read_now(outbox.due, "sms", clock.now))
            await post(sqlite, MAIL)
            outbox.arrived(sqlite)
            await until_sent(sqlite, "mail")
            assert not twilio.messages, "the mail went while the SMS hung"
            twilio.free.set()

    asyncio.run(main())


class Stopwatch:
    """Stands in for the module ``time`` of the worker: goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize("fails", [True, False])
def test_a_chore_that_fails_at_every_turn_is_late_and_the_site_unfit(
    sqlite: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    watch = Stopwatch()
    monkeypatch.setattr(scheduler, "time", watch)
    turns: list[int] = []

    async def do(registry: Registry, settings: Settings) -> None:
        turns.append(1)
        watch.now += 60
        if fails:
            raise RuntimeError("at every turn")

    chore = scheduler.Job("broken", 0.0, do, essential=True, done_at=watch.now)
    site = app.build(files(tmp_path), sqlite, worker=lambda site: scheduler.working(site, [chore]))
    with PageClient(site) as client:
        deadline = time.monotonic() + 50
        while len(turns) < 6:  # six minutes of its clock
            assert time.monotonic() < deadline
            time.sleep(0.005)
        answer = client.get("/readyz")
    late = [fault for fault in answer.json()["faults"] if fault.startswith("the worker is ")]
    assert (answer.status_code, len(late)) == ((503, 1) if fails else (200, 0))


def test_a_disk_that_fills_up_and_a_clock_that_is_wrong_are_warned_of(
    sqlite: Registry, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = files(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/izin.db")
    (chore,) = [chore for chore in jobs.list_jobs(settings) if chore.name == "machine"]
    usage = SimpleNamespace(total=1000, free=210)
    monkeypatch.setattr("consents.care.file_checks.shutil", SimpleNamespace(disk_usage=lambda path: usage))
    sqlite.store.write_now(ledger.pass_by, clock.now)
    asyncio.run(chore.do(sqlite, settings))
    assert capsys.readouterr().out == ""
    usage.free = 190
    clock.forward(hours=-2)
    asyncio.run(chore.do(sqlite, settings))
    told = capsys.readouterr().out
    assert told.count("disk_low") == 2
    assert "this machine's clock stands 7200 seconds before the last recorded act" in told
    assert chore.every <= 300


@pytest.mark.parametrize(
    ("setting", "url", "sentence"),
    [
        ("MAIL_GATEWAY", "smtp://mail.example?from=parola", "MAIL_GATEWAY smtp: from= must be an e-mail address"),
    ],
)
def test_a_carrier_that_cannot_send_is_refused_at_start(tmp_path: Path, setting: str, url: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        jobs.list_jobs(files(tmp_path, **{setting: url}))
    assert str(refusal.value).startswith(sentence)
    assert "parola" not in str(refusal.value)


def test_what_is_old_is_swept_by_the_worker(sqlite: Registry, clock: Clock, tmp_path: Path) -> None:
    async def main() -> None:
        settings = files(tmp_path)
        for _ in range(3):
            await post(sqlite, SMS)
        clock.forward(minutes=11)
        for chore in deliveries(settings):
            await chore.do(sqlite, settings)
        assert sqlite.store.read_now(outbox.tally) == {("sms", "given_up"): 3}
        clock.forward(days=31)
        (sweep,) = [chore for chore in jobs.list_jobs(settings) if chore.name == "sweep"]
        await sweep.do(sqlite, settings)

    asyncio.run(main())
    assert sqlite.store.read_now(outbox.tally) == {}


async def calendar_warnings(sqlite: Registry, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]) -> str:
    settings = files(tmp_path)
    (chore,) = [chore for chore in jobs.list_jobs(settings) if chore.name == "calendar"]
    await chore.do(sqlite, settings)
    return capsys.readouterr().out


def test_a_calendar_that_ends_within_thirteen_months_is_told(
    sqlite: Registry, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "calendar_ends" not in asyncio.run(calendar_warnings(sqlite, tmp_path, clock, capsys))
    left = business_days.calendar_ends() - date(2026, 11, 24)
    clock.forward(days=left.days - 390)
    assert "calendar_ends" in asyncio.run(calendar_warnings(sqlite, tmp_path, clock, capsys))
