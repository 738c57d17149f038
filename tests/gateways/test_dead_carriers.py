"""Carriers and messages that fail: nothing waits for another's fault, and a page can know."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Statement, Transaction
from gateways.carrier import Down, Temporary
from gateways.outbox import delivery, outbox
from tests.conftest import Clock
from tests.gateways.conftest import SMS, Pigeon, Post, Row, deliver


def test_one_bad_message_holds_up_no_other(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon
) -> None:
    unreadable, odd, good = post(SMS), post(SMS, to="+905320000018"), post(SMS, to="+905320000019")
    spoil = Statement(text("UPDATE outbox SET sealed = :sealed WHERE id = :id"))
    registry.store.write_now(Transaction.run, spoil, {"sealed": b"\0" * 64, "id": unreadable})
    pigeon.faults["+905320000018"] = RuntimeError("a fault nobody thought of")
    deliver(registry, pigeon)
    assert [row(number)["state"] for number in (unreadable, odd, good)] == ["waiting", "waiting", "sent"]
    assert (row(unreadable)["error"], row(odd)["error"]) == ("InvalidTag", "RuntimeError")
    clock.forward(minutes=10)
    deliver(registry, pigeon)
    assert row(unreadable)["state"] == row(odd)["state"] == "given_up"


def test_a_dead_carrier_is_known_until_it_answers(registry: Registry, clock: Clock, post: Post, pigeon: Pigeon) -> None:
    def down() -> bool:
        return registry.store.read_now(outbox.down, "sms", clock.now)

    assert not down()
    post(SMS)
    pigeon.faults["*"] = Down("twilio ConnectionRefusedError")
    deliver(registry, pigeon)
    assert down()
    assert not registry.store.read_now(outbox.down, "mail", clock.now)
    pigeon.faults["*"] = Temporary("answers, but not this one")
    clock.forward(seconds=5)
    deliver(registry, pigeon)
    assert not down()


def test_a_carrier_that_nobody_tried_for_long_is_not_said_to_be_down(
    registry: Registry, clock: Clock, post: Post, pigeon: Pigeon
) -> None:
    post(SMS, minutes=1)
    pigeon.faults["*"] = Down("twilio 500")
    deliver(registry, pigeon)
    clock.forward(minutes=14.9)
    assert registry.store.read_now(outbox.down, "sms", clock.now)
    clock.forward(minutes=0.2)
    assert not registry.store.read_now(outbox.down, "sms", clock.now)


def test_a_carrier_that_goes_on_failing_stays_down(
    registry: Registry, clock: Clock, post: Post, pigeon: Pigeon
) -> None:
    post(SMS, minutes=60)
    pigeon.faults["*"] = Down("twilio 500")
    for _ in range(60):
        deliver(registry, pigeon)
        assert registry.store.read_now(outbox.down, "sms", clock.now)
        clock.forward(minutes=0.9)


def test_one_message_at_a_time_asks_whether_a_dead_carrier_is_well(
    registry: Registry, clock: Clock, post: Post, pigeon: Pigeon
) -> None:
    tries: list[str] = []
    pigeon.before = lambda message: tries.append(message.text)
    pigeon.faults["*"] = Down("twilio 503")
    for count in range(delivery.AT_ONCE):
        post(SMS, text=str(count))
    deliver(registry, pigeon)
    assert len(tries) == delivery.AT_ONCE
    clock.forward(seconds=5)
    for turn in range(3):
        deliver(registry, pigeon)
        assert len(tries) == delivery.AT_ONCE + 1 + turn
    pigeon.faults.clear()
    deliver(registry, pigeon)  # finds out
    deliver(registry, pigeon)  # and all that is due follows
    clock.forward(seconds=30)
    deliver(registry, pigeon)
    assert sorted(map(int, pigeon.texts)) == list(range(delivery.AT_ONCE))


def test_a_carrier_that_hangs_is_left_after_a_while(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST", 0.05)
    number = post(SMS)
    pigeon.before = lambda message: asyncio.sleep(30)
    deliver(registry, pigeon)
    assert (row(number)["state"], row(number)["error"]) == ("waiting", "TimeoutError")
    assert registry.store.read_now(outbox.down, "sms", clock.now)
