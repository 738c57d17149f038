"""Claims: no message is lost with the worker that held it, and no two send the same."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from consents.registry import Registry
from consents.store import StoreUnavailable
from gateways import client
from gateways.file.sending import File
from gateways.outbox import claims, delivery, outbox
from gateways.outbox.delivery import LONGEST
from gateways.smtp import sending as smtp
from gateways.twilio import sending as twilio
from tests import ROOT
from tests.conftest import SECRET, Clock
from tests.gateways.conftest import SECOND, SMS, Pigeon, Post, Row, deliver

SECONDS = {"twilio": twilio.SECONDS, "smtp": smtp.SECONDS, "others": client.SECONDS}  # before patience


def test_two_workers_never_send_the_same_message(
    database_url: str, open_registry: Any, clock: Clock, pigeon: Pigeon
) -> None:
    first, second = open_registry(database_url), open_registry(database_url)
    expires_at = clock.now + 600 * SECOND
    for count in range(40):
        words = {**SMS, "text": f"kod {count}", "secret": bool(count % 2), "expires_at": expires_at}
        first.store.write_now(lambda t, w: outbox.post(t, first.keyring, **w), words)
    pigeon.before = lambda message: asyncio.sleep(0.001)

    async def both() -> None:
        for _ in range(4):
            await asyncio.gather(*(delivery.deliver(registry, "sms", pigeon) for registry in (first, second)))

    asyncio.run(both())
    assert sorted(pigeon.texts) == sorted(f"kod {count}" for count in range(40))


def test_a_claim_is_a_lease(registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon) -> None:
    number = post(SMS)
    (lost,), _ = registry.store.write_now(claims.claim, "sms", 16)
    clock.forward(seconds=29)
    deliver(registry, pigeon)
    assert pigeon.taken == []
    clock.forward(seconds=1)
    deliver(registry, pigeon)
    assert len(pigeon.taken) == 1
    registry.store.write_now(claims.postpone, lost, "late", False)  # he who lost it has no say any more
    registry.store.write_now(claims.give_up, lost, "late")
    assert (row(number)["state"], row(number)["error"]) == ("sent", None)


def test_who_lost_his_lease_opens_the_message_to_no_third(registry: Registry, clock: Clock, post: Post) -> None:
    post(SMS)
    (lost,), _ = registry.store.write_now(claims.claim, "sms", 16)
    clock.forward(seconds=30)
    (second,), _ = registry.store.write_now(claims.claim, "sms", 16)
    assert second.tries == lost.tries + 1
    registry.store.write_now(claims.postpone, lost, "late", False)
    clock.forward(seconds=29)  # the second still sends it
    assert registry.store.write_now(claims.claim, "sms", 16) == ([], [])
    clock.forward(seconds=1)
    assert registry.store.write_now(claims.claim, "sms", 16)[0]


def test_a_worker_that_hung_sends_nothing_that_another_one_may_be_sending(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, write = post(SMS), registry.store.write

    async def hang(work: Any, *arguments: Any) -> Any:
        found = await write(work, *arguments)
        clock.forward(seconds=16)  # of thirty; its carrier may take fifteen
        return found

    monkeypatch.setattr(registry.store, "write", hang)
    deliver(registry, pigeon)
    assert (pigeon.taken, row(number)["state"]) == ([], "waiting")
    monkeypatch.undo()
    clock.forward(seconds=15)
    deliver(registry, pigeon)
    assert (len(pigeon.taken), row(number)["state"]) == (1, "sent")


def test_after_an_outage_a_worker_waits_for_what_another_one_could_not_note(
    database_url: str, open_registry: Any, clock: Clock, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = open_registry(database_url), open_registry(database_url)
    words = {**SMS, "secret": True, "expires_at": clock.now + 600 * SECOND}

    def post(text: str) -> None:
        first.store.write_now(lambda t: outbox.post(t, first.keyring, **{**words, "text": text}))

    async def away(work: Any, *arguments: Any) -> Any:
        if work is claims.sent:
            raise StoreUnavailable("away")
        return await write(work, *arguments)

    post("before")
    write = first.store.write
    monkeypatch.setattr(first.store, "write", away)
    with pytest.raises(StoreUnavailable):
        deliver(first, pigeon)
    second.store.commits.failed(StoreUnavailable("away"), 1)
    clock.forward(seconds=31)
    monkeypatch.setattr(first.store, "write", write)
    post("after")
    deliver(second, pigeon)  # what nobody has tried goes at once
    assert pigeon.texts == ["before", "after"]
    deliver(second, pigeon)
    deliver(first, pigeon)
    monkeypatch.setattr(delivery, "LATE", 0.0)
    clock.forward(seconds=31)
    deliver(second, pigeon)
    assert pigeon.texts == ["before", "after"]


def test_what_nobody_noted_is_sent_again_some_seconds_after_an_outage(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = post(SMS)
    registry.store.write_now(claims.claim, "sms", 16)
    registry.store.commits.failed(StoreUnavailable("away"), 1)
    clock.forward(seconds=31)
    deliver(registry, pigeon)
    assert (pigeon.taken, row(number)["tries"]) == ([], 1)
    assert registry.store.commits.calm_for() < delivery.LATE <= 10.0
    monkeypatch.setattr(delivery, "LATE", 0.0)
    deliver(registry, pigeon)
    assert row(number)["state"] == "sent"


def test_what_was_sent_counts_as_sent_though_it_was_given_up_meanwhile(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon
) -> None:
    number = post(SMS, minutes=0.2)
    (slow,), _ = registry.store.write_now(claims.claim, "sms", 16)
    clock.forward(minutes=1)
    deliver(registry, pigeon)
    assert row(number)["state"] == "given_up"
    registry.store.write_now(claims.sent, slow, "SM1")
    assert (row(number)["state"], row(number)["message_id"], row(number)["error"]) == ("sent", "SM1", None)


def test_a_message_is_under_way_for_no_longer_than_half_its_lease() -> None:
    """The rest is for a busy machine, and to write down that it was sent."""
    assert LONGEST <= 15.0
    assert claims.LEASE >= 30_000_000  # µs
    assert delivery.FRESH + LONGEST <= claims.LEASE / SECOND
    for carrier in ("twilio", "smtp", "others"):
        assert SECONDS[carrier] < LONGEST, f"{carrier} is given up by itself first, and then it knows why"


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop that goes by the registry's clock: whatever waits for time waits for the clock's."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._registry_clock = clock

    def time(self) -> float:
        return self._registry_clock.now / SECOND


def test_a_message_that_a_slow_carrier_holds_is_sent_by_nobody_else_meanwhile(
    sqlite_url: str, open_registry: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second worker looks each second; the first one's carrier takes as long as it is let."""
    monkeypatch.setattr(delivery, "LONGEST", LONGEST)
    first, second = open_registry(sqlite_url), open_registry(sqlite_url)
    expires_at = clock.now + 600 * SECOND
    first.store.write_now(lambda t: outbox.post(t, first.keyring, **SMS, secret=True, expires_at=expires_at))  # type: ignore[arg-type]
    slow, quick = Pigeon(), Pigeon()
    held: list[bool] = []
    both: list[str] = []

    async def hold() -> None:
        held.append(True)
        try:
            for _ in range(120):
                clock.forward(seconds=1)
                await asyncio.sleep(0)
                await delivery.deliver(second, "sms", quick)
                both.extend(quick.texts)
        finally:
            held.pop()

    slow.before = lambda message: hold()
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(delivery.deliver(first, "sms", slow))
    assert not held
    assert not both, "two had it"
    clock.forward(minutes=1)
    deliver(second, quick)
    assert len(quick.taken) == 1, "and it is not lost"


VICTIM = textwrap.dedent("""
    import asyncio, os, signal, sys
    from consents.registry import Registry
    from gateways.outbox import delivery
    from gateways.file.sending import File

    url, secret, now, path, when = sys.argv[1:]

    class Deadly(File):
        async def send(self, message):
            if when == "after":
                await super().send(message)
            os.kill(os.getpid(), signal.SIGKILL)

    registry = Registry.open(url, secret, now=lambda: int(now))
    asyncio.run(delivery.deliver(registry, "sms", Deadly(path)))
""")


@pytest.mark.slow
@pytest.mark.parametrize(("when", "copies"), [("before", 1), ("after", 2)])
def test_a_worker_killed_before_or_after_it_sends_loses_nothing(
    sqlite_url: str, open_registry: Any, clock: Clock, tmp_path: Path, when: str, copies: int
) -> None:
    registry, path = open_registry(sqlite_url), str(tmp_path / "sent.jsonl")
    expires_at = clock.now + 600 * SECOND
    registry.store.write_now(lambda t: outbox.post(t, registry.keyring, **SMS, secret=True, expires_at=expires_at))  # type: ignore[arg-type]
    arguments = [sys.executable, "-c", VICTIM, sqlite_url, SECRET, str(clock.now), path, when]
    victim = subprocess.run(arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    assert victim.returncode == -signal.SIGKILL
    clock.forward(seconds=30)
    deliver(registry, File(path))
    assert len(Path(path).read_text(encoding="utf-8").splitlines()) == copies


def test_a_stop_waits_for_what_is_on_its_way(registry: Registry, post: Post, row: Row, pigeon: Pigeon) -> None:
    number = post(SMS)

    async def stop_in_the_middle() -> None:
        on_its_way, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            on_its_way.set()
            await go_on.wait()

        pigeon.before = lambda message: slow()
        worker = asyncio.create_task(delivery.deliver(registry, "sms", pigeon))
        await on_its_way.wait()
        worker.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await worker

    asyncio.run(stop_in_the_middle())
    assert row(number)["state"] == "sent"


def test_a_message_that_could_not_be_settled_is_told_and_sent_again_after_a_restart(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = post(SMS)

    def broken(*_: object) -> None:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(claims, "sent", broken)
        with pytest.raises(StoreUnavailable):
            deliver(registry, pigeon)
    assert row(number)["state"] == "waiting"
    clock.forward(seconds=30)
    registry.store._owned.clear()  # another process knows of nothing
    deliver(registry, pigeon)
    assert (row(number)["state"], len(pigeon.taken)) == ("sent", 2)
