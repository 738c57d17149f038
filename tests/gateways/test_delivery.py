"""Delivery: what is sent, when, how often; and that giving up is seen."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from consents.columns import micros
from consents.registry import Registry
from consents.store import Snapshot, Statement, Store, StoreUnavailable
from gateways.carrier import Down, OutgoingMessage, PerhapsTaken, Permanent, Temporary
from gateways.outbox import claims, delivery, outbox
from tests.conftest import NOON, Clock
from tests.gateways.conftest import CANARIES, MAIL, SECOND, SMS, Pigeon, Post, Row, Written, deliver


def test_a_code_is_sent_and_forgotten(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, lines: Any
) -> None:
    number = post(SMS)
    clock.forward(seconds=0.25)
    deliver(registry, pigeon)
    (taken,) = pigeon.taken
    assert (taken.kind, taken.to, taken.text) == ("sms", SMS["to"], SMS["text"])
    assert (taken.at, taken.expires_at) == (clock.now, NOON + 600 * SECOND)
    found = row(number)
    assert (found["state"], found["sealed"], found["message_id"], found["tries"]) == ("sent", None, "pigeon-1", 1)
    (line,) = lines()
    assert (line["event"], line["kind"], line["row"], line["waited_ms"]) == ("message_sent", "sms", number, 250)


def test_what_is_no_secret_is_kept_sealed(registry: Registry, post: Post, row: Row, pigeon: Pigeon) -> None:
    number = post(MAIL, secret=False)
    deliver(registry, pigeon, "mail")
    found = row(number)
    assert found["state"] == "sent"
    assert registry.keyring.unseal_evidence(bytes(found["sealed"]))["to"] == MAIL["to"]


def test_a_second_try_is_the_same_message(registry: Registry, clock: Clock, post: Post, pigeon: Pigeon) -> None:
    seen: list[OutgoingMessage] = []
    pigeon.before = seen.append
    pigeon.faults["*"] = Temporary("full")
    post(SMS), post(SMS)
    deliver(registry, pigeon)
    clock.forward(seconds=5)
    deliver(registry, pigeon)
    references = [message.reference for message in seen]
    assert sorted(references[:2]) == sorted(references[2:])
    assert len(set(references)) == 2
    assert all(len(reference) == 32 for reference in references)


def test_tries_come_at_growing_distances_until_it_is_too_late(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, lines: Any
) -> None:
    number = post(MAIL, minutes=30)
    pigeon.faults["*"] = Temporary("smtp 452")
    tried: list[int] = []
    pigeon.before = lambda message: tried.append((clock.now - NOON) // SECOND)
    for _ in range(31 * 60):
        deliver_if_due(registry, clock, pigeon)
        clock.forward(seconds=1)
    assert tried == [0, 5, 35, 155, 755, 1355]
    found = row(number)
    assert (found["state"], found["error"], found["sealed"]) == ("given_up", "smtp 452", None)
    assert micros(found["settled_at"]) == NOON + 30 * 60 * SECOND
    *failures, end = lines()
    assert [line["event"] for line in failures] == ["message_not_sent"] * 6
    assert (end["event"], end["level"], end["row"], end["error"]) == ("message_given_up", "error", number, "smtp 452")


def deliver_if_due(registry: Registry, clock: Clock, pigeon: Pigeon) -> None:
    if registry.store.read_now(outbox.due, "mail", clock.now):
        deliver(registry, pigeon, "mail")


def test_what_became_too_old_before_anybody_looked_is_not_sent(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, lines: Any
) -> None:
    number = post(SMS, minutes=10)
    clock.forward(minutes=10)
    deliver(registry, pigeon)
    assert pigeon.taken == []
    assert (row(number)["state"], row(number)["error"], row(number)["sealed"]) == ("given_up", "expired", None)
    assert [line["event"] for line in lines()] == ["message_given_up"]


def test_a_message_that_no_carrier_takes_is_given_up_at_once(
    registry: Registry, clock: Clock, post: Post, row: Row, pigeon: Pigeon, lines: Any
) -> None:
    number = post(SMS)
    pigeon.faults["*"] = Permanent("twilio 21211")
    deliver(registry, pigeon)
    assert (row(number)["state"], row(number)["error"], row(number)["sealed"]) == ("given_up", "twilio 21211", None)
    assert [line["event"] for line in lines()] == ["message_given_up"]
    assert not registry.store.read_now(outbox.down, "sms", clock.now)


def test_codes_go_before_all_else(registry: Registry, clock: Clock, post: Post, pigeon: Pigeon) -> None:
    for count in range(delivery.AT_ONCE + 3):
        post(SMS, secret=False, text=f"haber {count}")
    clock.forward(seconds=1)
    post(SMS, text="kod")
    deliver(registry, pigeon)
    assert pigeon.texts[0] == "kod"
    assert len(pigeon.texts) == delivery.AT_ONCE
    deliver(registry, pigeon)
    assert sorted(pigeon.texts[1:]) == sorted(f"haber {count}" for count in range(delivery.AT_ONCE + 3))


def test_an_idle_turn_writes_nothing(registry: Registry, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> None:
        raise AssertionError("nothing is due")

    monkeypatch.setattr(registry.store, "write", write)
    deliver(registry, pigeon)


def test_nobody_can_be_found_in_the_log(
    registry: Registry, clock: Clock, post: Post, pigeon: Pigeon, written: Written
) -> None:
    faults: list[Exception] = [Down("x"), Temporary("x"), Permanent("x"), ValueError(SMS["to"]), OSError(SMS["text"])]
    for fault in faults:
        post(SMS)
        pigeon.faults["*"] = fault
        deliver(registry, pigeon)
        clock.forward(minutes=10)
    pigeon.faults.clear()
    post(SMS), post(MAIL)
    deliver(registry, pigeon)
    deliver(registry, pigeon, "mail")
    said = written()
    assert said.count("message_") > 8
    assert not [word for word in CANARIES if word in said]


def test_the_database_keeps_no_sealed_code_that_was_settled(registry: Registry, post: Post, pigeon: Pigeon) -> None:
    for _ in range(3):
        post(SMS)
    deliver(registry, pigeon)
    kept = Statement(text("SELECT count(*) FROM outbox WHERE secret AND sealed IS NOT NULL"))
    assert registry.store.read_now(Snapshot.one, kept) == (0,)


@pytest.mark.parametrize("settlement", ["sent", "postpone"])
def test_what_a_carrier_took_is_not_sent_again_though_the_database_was_away_when_it_was_to_be_noted(
    registry: Registry,
    clock: Clock,
    post: Post,
    row: Row,
    pigeon: Pigeon,
    monkeypatch: pytest.MonkeyPatch,
    settlement: str,
) -> None:
    """It is noted before anything else is claimed, however long ago its lease ended."""
    number, write = post(SMS), registry.store.write
    if settlement == "postpone":
        pigeon.faults["*"] = PerhapsTaken("http 500", gateway="first")

    async def away(work: Any, *arguments: Any) -> Any:
        if work is getattr(claims, settlement):
            raise StoreUnavailable("away")
        return await write(work, *arguments)

    monkeypatch.setattr(Store, "write", lambda _, work, *arguments: away(work, *arguments))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            deliver(registry, pigeon)
        clock.forward(seconds=31)
    assert (row(number)["state"], row(number)["tries"]) == ("waiting", 1)
    monkeypatch.undo()
    deliver(registry, pigeon)
    found = row(number)
    if settlement == "sent":
        assert (len(pigeon.taken), found["state"], found["message_id"]) == (1, "sent", "pigeon-1")
    else:
        assert (found["state"], found["tries"], found["error"]) == ("waiting", 1, "http 500")
        assert micros(found["next_try_at"]) == clock.now + 5 * SECOND
