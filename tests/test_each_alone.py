"""Jobs of the worker: one item that breaks the program, between two good ones; the good ones are done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from citizen.alerts import alert_job
from consents.care import sweeping
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Transaction
from gateways.carrier import OutgoingMessage, Temporary
from gateways.outbox import delivery, outbox
from izin import jobs
from panel import export_job
from panel.exports import export_store
from panel.exports.export_store import ExportKind
from providers.days import days_kept
from providers.days.day_store import Which
from settings import load
from tests import posting
from tests.citizen.alerts.conftest import Watchman
from tests.citizen.consents.town import AYSE, CINAR, MAIL, MEHMET, town
from tests.conftest import SECRET, Clock
from tests.consents.conftest import furnish

HOSTILE = ["\ud800", "a\x00b", "x" * 100_000, "\u202e\u2028\n"]


def test_deliveries_settle_whatever_a_carrier_answers(registry: Registry, clock: Clock) -> None:
    """A message whose answer could not be noted would be sent again and again."""
    sent: list[str] = []

    class Odd:
        async def send(self, message: OutgoingMessage) -> str:
            sent.append(message.text)
            if message.text.startswith("no"):
                raise Temporary(HOSTILE[int(message.text[-1])])
            return HOSTILE[int(message.text[-1])]

    def post(transaction: Transaction, text: str) -> None:
        expires = clock.now + 3_600_000_000
        posting.post(
            transaction, registry.keyring, kind="sms", to=AYSE, text=text, secret=False, expires_at=expires
        )  # fmt: skip

    for number in range(len(HOSTILE)):
        registry.store.write_now(post, f"yes {number}")
        registry.store.write_now(post, f"no {number}")
    for _ in range(3):
        asyncio.run(delivery.deliver(registry, "sms", Odd()))
        clock.forward(seconds=40)
    assert registry.store.read_now(outbox.tally) == {("sms", "waiting"): len(HOSTILE)}, "what failed is tried again"
    assert all(sent.count(f"yes {number}") == 1 for number in range(len(HOSTILE)))


def test_exports_are_made_behind_one_that_cannot_be(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    brands = furnish(registry)
    made: list[int] = []

    def make(registry: Registry, export: export_store.Export, told: Callable[[int], None]) -> None:
        if export.id == 2:
            raise RecursionError
        made.append(export.id)

    monkeypatch.setitem(export_job._MAKERS, ExportKind.CONSENTS, make)  # type: ignore[arg-type]
    asked = [
        export_store.Export(number, 1, brands.cinar, 1, "", 0, None, 0, ExportKind.CONSENTS) for number in (1, 2, 3)
    ]

    def next_open(snapshot: Any, after: int = 0) -> export_store.Export | None:
        return next((one for one in asked if one.id > after and one.id not in made), None)

    monkeypatch.setattr(export_store, "next_open", next_open)
    with pytest.raises(RecursionError):
        export_job.make_waiting(registry)
    assert made == [1, 3]
    with pytest.raises(RecursionError):  # it is tried again, and nothing else is
        export_job.make_waiting(registry)
    assert made == [1, 3]
    lost: list[int] = []
    monkeypatch.setattr(export_store, "lose", lambda transaction, number: lost.append(number))
    monkeypatch.setattr(export_job, "PATIENCE", registry.store.now() + DAY)
    with pytest.raises(RecursionError):
        export_job.make_waiting(registry)
    assert lost == []
    monkeypatch.setattr(export_job, "PATIENCE", 0)
    with pytest.raises(RecursionError):
        export_job.make_waiting(registry)
    assert lost == [2], "it is given up after its time"


def test_reports_of_other_brands_and_days_are_made(registry: Registry, clock: Clock, monkeypatch: Any) -> None:
    made: list[tuple[int, str]] = []

    def brands(snapshot: Any, day: Any) -> list[int]:
        return [1, 2, 3]

    def ensure(registry: Registry, which: Which) -> None:
        if which.brand == 2:
            raise ZeroDivisionError
        made.append((which.brand, str(which.day)))

    days = iter([days_kept._today(registry) - timedelta(days=2)] * 2)
    monkeypatch.setattr(days_kept, "_brands_of", brands)
    monkeypatch.setattr(days_kept, "ensure", ensure)
    monkeypatch.setattr(days_kept, "_close", lambda *given: None)
    monkeypatch.setattr(days_kept, "_next_day", lambda registry: next(days))
    with pytest.raises(ZeroDivisionError):
        days_kept.make_due(registry)
    assert [brand for brand, _ in made] == [1, 3, 1, 3], "of two days"


def test_the_round_of_the_day_goes_on_behind_one_who_cannot_be_told(
    registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(registry) as here:
        watchman = Watchman(here, clock, load({"SECRET_KEY": SECRET}))
        targets = [MAIL, "ikinci@example.com", "son@example.com"]
        for person, target in zip((AYSE, MEHMET, "+905320000003"), targets, strict=True):
            watchman.ask(person, target)
        clock.forward(hours=1)
        for person in (AYSE, MEHMET, "+905320000003"):
            here.told(person, CINAR, ago=0.001)
        clock.forward(days=1)
        tell = alert_job._notify
        broken = {"now": True}

        def breaks(transaction: Transaction, registry: Registry, settings: Any, watched: Any, until: int) -> None:
            if broken["now"] and registry.keyring.unseal(watched[0].target) == targets[1]:
                raise LookupError
            tell(transaction, registry, settings, watched, until)

        monkeypatch.setattr(alert_job, "_notify", breaks)
        watchman.round()
        assert sorted(one.to for one in watchman.sent) == sorted([targets[0], targets[2]])
        watchman.round()
        assert len(watchman.sent) == 2, "he waits until tomorrow"
        broken["now"] = False
        watchman.tomorrow()
        assert watchman.sent[-1].to == targets[1]
        assert len(watchman.sent) == 3


@pytest.mark.parametrize("job", ["sweep", "counts", "reports", "machine"])
def test_one_part_of_a_job_holds_up_no_other(registry: Registry, monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    done: list[str] = []

    def part(name: str, *, fails: bool = False) -> Callable[..., Any]:
        def do(*given: Any) -> None:
            done.append(name)
            if fails:
                raise ZeroDivisionError

        async def do_soon(*given: Any) -> None:
            do()

        return do_soon if name.startswith("async") else do

    settings = load({"SECRET_KEY": SECRET})
    if job == "sweep":
        monkeypatch.setattr(jobs, "SWEPT", [1, 2, 3])
        works = {1: part("async 1"), 2: part("async 2", fails=True), 3: part("async 3")}
        monkeypatch.setattr(sweeping, "all_of", lambda store, sweep, settings: works[sweep]())
    elif job == "counts":
        monkeypatch.setattr(jobs.movement_counts, "keep_up", part("1", fails=True))
        monkeypatch.setattr(jobs.standing_counts, "keep_up", part("2"))
    elif job == "reports":
        monkeypatch.setattr(jobs.days_kept, "make_due", part("1", fails=True))
        monkeypatch.setattr(jobs.days_kept, "stamp_due", part("async 2"))
    else:
        for name in ("_clocks", "_standbys", "_disks"):
            monkeypatch.setattr(jobs, name, part(f"async {name}", fails=name == "_clocks"))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(getattr(jobs, f"_{job}")(registry, settings))
    assert len(done) == {"sweep": 3, "machine": 3}.get(job, 2)
