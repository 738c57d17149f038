"""The generic HTTP carrier: URLs that are filled in, JSON that is posted, and its list of received messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from gateways import carriers
from gateways.carrier import Down, Permanent, Site
from gateways.carriers import reader
from gateways.http import hook
from gateways.http.inbox import HttpInbox
from gateways.http.sending import HttpSender, filled
from gateways.received import InboxPage
from tests.conftest import NOON
from tests.gateways.conftest import CANARIES, LATER, SMS, Written, message
from tests.gateways.fake_http import PASSWORD, SENDER, USER, FakeHttp

read = reader("sms")
REFERENCE = "0123456789abcdef" * 2


@pytest.fixture
def fake() -> Iterator[FakeHttp]:
    made = FakeHttp()
    yield made
    made.close()


def test_a_message_is_posted_as_json(fake: FakeHttp) -> None:
    assert asyncio.run(HttpSender(read(fake.url)).send(message())) == "out-1"
    sent = {"id": REFERENCE, "from": SENDER, "to": SMS["to"], "text": SMS["text"], "minutes": 10}
    assert fake.taken == [("POST", sent)]


def test_a_template_is_filled_in(fake: FakeHttp) -> None:
    text = "Kod: 1 & 2 + {to} %41 #ü\nson"
    assert asyncio.run(HttpSender(read(fake.template)).send(message(text=text))) == REFERENCE
    filled_in = {"from": SENDER, "to": "905320000017", "plus": SMS["to"], "text": text, "id": REFERENCE, "life": "10"}
    assert fake.taken == [("GET", filled_in)]


def test_a_value_with_braces_is_not_filled_in_again() -> None:
    assert filled("/s?a={text}&b={to}", message(text="{to}{id}")) == "/s?a=%7Bto%7D%7Bid%7D&b=%2B905320000017"


@pytest.mark.parametrize("url", ["url", "template"])
def test_a_refused_message_is_final(fake: FakeHttp, url: str) -> None:
    fake.refused.add(SMS["to"])
    with pytest.raises(Permanent, match=r"^http 422$"):
        asyncio.run(HttpSender(read(getattr(fake, url))).send(message()))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("500", "http 500"),
        ("400", "http 400"),
        ("302", "http 302"),
        ("huge", "http answer too long"),
        ("hang", "http TimeoutError"),
    ],
)
def test_a_broken_gateway_is_down_and_then_well_again(
    fake: FakeHttp, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "hang":
        monkeypatch.setattr("gateways.client.SECONDS", 0.3)
    fake.mode = mode
    with pytest.raises(Down) as fault:
        asyncio.run(HttpSender(read(fake.url)).send(message()))
    assert str(fault.value) == reason
    fake.mode = ""
    monkeypatch.undo()
    asyncio.run(HttpSender(read(fake.url)).send(message(to=LATER)))
    taken = [sent["to"] for _, sent in fake.taken]
    assert [to for to in taken if mode != "hang" or to == LATER] == [LATER]


def test_another_account_is_turned_away(fake: FakeHttp) -> None:
    with pytest.raises(Down, match=r"^http 401$"):
        asyncio.run(HttpSender(read(fake.url.replace("parola", "another"))).send(message()))


def test_nothing_of_a_message_or_the_account_is_logged(fake: FakeHttp, written: Written) -> None:
    for url in (fake.url, fake.template):
        asyncio.run(HttpSender(read(url)).send(message()))
        assert PASSWORD not in repr(read(url))
        assert USER not in repr(read(url))
    fake.receive("+905320000018", SMS["text"], NOON / 1e6)
    fake.inbound.append({"id": "x", "from": "+905320000018", "to": "3838", "text": 1, "at": fake.inbound[0]["at"]})
    asyncio.run(_batches(fake, str(NOON // 1_000_000)))
    said = written()
    assert "inbound_malformed" in said
    assert not [word for word in (*CANARIES, "5320000018", USER, "parola") if word in said]


def test_the_carrier_has_its_sender_and_a_list_where_the_url_names_one(fake: FakeHttp) -> None:
    site = Site("İzin", "izin.example")
    assert isinstance(carriers.sender(read(fake.url), "sms", site), HttpSender)
    assert isinstance(carriers.inbox(read(fake.url)), HttpInbox)
    assert carriers.inbox(read(fake.template)) is None
    assert [read(url).tls for url in ("http://h/s?from=X", "https://h/s?from=X")] == [False, True]


# -- what was received ------------------------------------------------------------------------------------------


async def _batches(fake: FakeHttp, position: str) -> list[InboxPage]:
    inbox = carriers.inbox(read(fake.url))
    assert inbox is not None
    return [batch async for batch in inbox.batches(position, NOON, [])]


def test_the_list_is_read_from_an_hour_before_the_last_look(fake: FakeHttp) -> None:
    for minutes in (-62, -59, -1):
        fake.receive("+905320000001", f"RET {minutes}", NOON / 1e6 + minutes * 60)
    (batch,) = asyncio.run(_batches(fake, str(NOON // 1_000_000)))
    assert [found.text for found in batch.messages] == ["RET -59", "RET -1"]
    assert batch.position == str(NOON // 1_000_000)
    assert fake.asked == ["2026-11-24T08:00:00Z"]


@pytest.mark.parametrize("mode", ["500", "garbage", "huge"])
def test_a_list_that_cannot_be_read_is_down(fake: FakeHttp, mode: str) -> None:
    fake.receive("+905320000001", "RET", NOON / 1e6)
    fake.mode = mode
    with pytest.raises(Down):
        asyncio.run(_batches(fake, "1"))


@pytest.mark.parametrize(
    ("at", "received_at"),
    [
        ("2026-11-24T08:30:00Z", NOON - 1_800_000_000),
        ("2026-11-24T11:30:00+03:00", NOON - 1_800_000_000),
        ("2026-11-24 11:30:00", NOON - 1_800_000_000),  # Türkiye time
        ("2026-11-24T23:30:00Z", NOON),  # never ahead of our clock
        ("yesterday", NOON),
        (1_795_510_800, NOON),
        ("0001-01-01T00:00:00+14:00", 0),
        (None, NOON),
    ],
)
def test_the_time_of_a_message(at: object, received_at: int) -> None:
    entry = {"id": 7, "from": "905320000001", "to": "3838", "text": "RET \ud83d", "at": at}
    messages, faults = hook.read(json.dumps(entry).encode(), NOON)
    assert faults == []
    assert messages[0] == ("http", "7", "905320000001", "3838", "RET \ufffd", received_at)
