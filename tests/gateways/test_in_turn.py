"""Several gateways: the next sends what the first does not take, and never what the first may have taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Statement
from gateways import carriers
from gateways.carrier import Down, OutgoingMessage, PerhapsTaken, Permanent, Site
from gateways.carriers import REST, InTurn, reader
from gateways.outbox import delivery, outbox
from settings import Refused, load
from tests.gateways.conftest import SECOND, message
from tests.gateways.fake_http import FakeHttp
from tests.gateways.fake_twilio import FakeTwilio
from tests.gateways.fake_verimor import FakeVerimor
from tests.gateways.stand_in import StandIn

DUE = Statement(text("UPDATE outbox SET next_try_at = 0"))
KEY = "k3y-0f-32-bytes-and-then-some-more-of-it"
MESSAGE = OutgoingMessage("sms", "+905320000001", "", "Kod: 1", 0, 600 * SECOND, "r" * 32)


class Scripted:
    """A gateway that does what it is told, and keeps what it was handed."""

    def __init__(self) -> None:
        self.mood: Exception | None = None
        self.seen: list[str] = []

    async def send(self, message: OutgoingMessage) -> str:
        self.seen.append(message.to)
        if self.mood is not None:
            raise self.mood
        return "taken"


@pytest.fixture
def two() -> tuple[Scripted, Scripted, InTurn]:
    first, second = Scripted(), Scripted()
    return first, second, InTurn({"first": first, "second": second})


def send(turn: InTurn, message: OutgoingMessage = MESSAGE) -> str:
    return asyncio.run(turn.send(message))


def test_the_first_sends_while_it_answers(two: tuple[Scripted, Scripted, InTurn]) -> None:
    first, second, turn = two
    assert [send(turn), send(turn)] == ["taken"] * 2
    assert (len(first.seen), len(second.seen), turn.news()) == (2, 0, {})


def test_one_that_takes_nothing_rests_and_is_tried_again_later(
    two: tuple[Scripted, Scripted, InTurn], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, turn = two
    now = 1000.0
    monkeypatch.setattr(carriers.time, "monotonic", lambda: now)
    first.mood = Down("x")
    assert [send(turn), send(turn)] == ["taken"] * 2
    assert (len(first.seen), len(second.seen), turn.news()) == (1, 2, {"first": REST})
    now += REST
    first.mood = None
    assert send(turn) == "taken"
    assert (len(first.seen), len(second.seen), turn.news()) == (2, 2, {"first": 0})


def test_where_all_rest_all_are_tried(two: tuple[Scripted, Scripted, InTurn]) -> None:
    first, second, turn = two
    first.mood, second.mood = Down("a"), Down("b")
    for _ in range(2):
        with pytest.raises(Down):
            send(turn)
    assert (len(first.seen), len(second.seen)) == (2, 2)
    first.mood = None
    assert send(turn) == "taken"


def test_what_the_first_may_have_taken_goes_to_no_other(two: tuple[Scripted, Scripted, InTurn]) -> None:
    first, second, turn = two
    first.mood = PerhapsTaken("late")
    with pytest.raises(PerhapsTaken) as fault:
        send(turn)
    assert (fault.value.gateway, second.seen) == ("first", [])
    assert send(turn) == "taken", "another message goes to the second, because the first rests"
    again = MESSAGE._replace(via="first")
    with pytest.raises(PerhapsTaken):
        send(turn, again)
    first.mood = None
    assert send(turn, again) == "taken"
    assert (len(first.seen), len(second.seen)) == (3, 1)


def test_a_gateway_that_hangs_may_have_taken_it(
    two: tuple[Scripted, Scripted, InTurn], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, turn = two

    async def hang(message: OutgoingMessage) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(carriers, "LONGEST", 0.01)
    monkeypatch.setattr(first, "send", hang)
    with pytest.raises(PerhapsTaken) as fault:
        send(turn)
    assert (fault.value.gateway, second.seen) == ("first", [])


def test_a_refused_message_is_no_reason_for_another_gateway(two: tuple[Scripted, Scripted, InTurn]) -> None:
    first, second, turn = two
    first.mood = Permanent("no such number")
    with pytest.raises(Permanent):
        send(turn)
    assert (second.seen, turn.news()) == ([], {})


def test_the_outbox_remembers_who_may_have_a_message(
    registry: Registry, two: tuple[Scripted, Scripted, InTurn]
) -> None:
    first, second, turn = two
    first.mood = PerhapsTaken("late")
    store = registry.store

    def post(transaction: object) -> None:
        outbox.post(
            transaction, registry.keyring, kind="sms", to=MESSAGE.to, text="Kod", expires_at=store.now() + 600 * SECOND
        )  # type: ignore[arg-type]

    store.write_now(post)
    asyncio.run(delivery.deliver(registry, "sms", turn))
    assert (len(first.seen), len(second.seen)) == (1, 0)
    assert list(store.read_now(outbox.resting, store.now())) == ["first"]
    first.mood = None
    store.write_now(lambda transaction: transaction.run(DUE))
    asyncio.run(delivery.deliver(registry, "sms", InTurn({"first": first, "second": second})))  # a worker begun anew
    assert (len(first.seen), len(second.seen)) == (2, 0)


def test_the_setting_takes_several_urls(tmp_path: Path) -> None:
    first, second = f"file:{tmp_path}/my outbox.jsonl", "twilio://AC1:TOKEN@api.example?from=%2B15005550006"
    chosen = load({"SECRET_KEY": KEY, "SMS_GATEWAY": f"{first}\n  {second}", "MAIL_GATEWAY": first})
    assert [one.scheme for one in chosen.sms_gateway.all] == ["file", "twilio"]
    assert chosen.sms_gateway.path.endswith("my outbox.jsonl")
    assert "TOKEN" not in repr(chosen.sms_gateway)
    assert carriers.names(chosen.sms_gateway) == ["file", "twilio api.example"]
    with pytest.raises(Refused, match="SMS_GATEWAY must hold a user"):
        load({"SECRET_KEY": KEY, "SMS_GATEWAY": f"{first} twilio://api.example", "MAIL_GATEWAY": first})


@pytest.mark.parametrize("make", [FakeHttp, FakeTwilio, FakeVerimor])
@pytest.mark.parametrize(
    ("mode", "perhaps"), [("401", False), ("503", False), ("500", True), ("504", True), ("huge", True), ("gone", False)]
)
def test_each_carrier_says_whether_it_may_have_a_message(make: type[StandIn], mode: str, perhaps: bool) -> None:
    fake = make()
    gateway = reader("sms")(fake.url)  # type: ignore[attr-defined]
    if mode == "gone":
        fake.close()
    fake.mode = mode
    try:
        with pytest.raises(Down) as fault:
            asyncio.run(carriers.sender(gateway, "sms", Site("İzin", "izin.example")).send(message()))
    finally:
        if mode != "gone":
            fake.close()
    assert isinstance(fault.value, PerhapsTaken) is perhaps, fault.value


def test_the_next_gateway_sends_while_the_first_cannot_be_reached() -> None:
    gone, well = FakeHttp(), FakeHttp()
    gone.close()
    try:
        chosen = carriers.list_reader("sms")(f"{gone.url} {well.url}")
        sender = carriers.sender(chosen, "sms", Site("İzin", "izin.example"))
        assert asyncio.run(sender.send(message())) == "out-1"
        assert carriers.names(chosen) == ["http 127.0.0.1", "http 127.0.0.1 2"]
    finally:
        well.close()
