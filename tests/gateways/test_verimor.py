"""SMS through Verimor's API, to a stand-in that can be broken; nothing of it reaches a log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from consents.registry import Registry
from gateways import carriers
from gateways.carrier import Down, Permanent, Site
from gateways.carriers import inbox, reader
from gateways.outbox import outbox
from gateways.received import InboxPage, Received
from gateways.url import Gateway
from gateways.verimor import hook as verimor_push
from gateways.verimor import sending as module
from gateways.verimor.inbox import VerimorInbox
from gateways.verimor.sending import Verimor
from tests.conftest import NOON, Clock
from tests.gateways.conftest import CANARIES, LATER, SMS, Post, Row, Written, deliver, message
from tests.gateways.fake_verimor import NUMBER, PASSWORD, TITLE, USER, FakeVerimor

read = reader("sms")
AYSE = "905320000001"


@pytest.fixture
def sms(verimor: FakeVerimor) -> Verimor:
    return Verimor(read(verimor.url))


def test_a_message_arrives_with_its_campaign(verimor: FakeVerimor, sms: Verimor) -> None:
    name = asyncio.run(sms.send(message()))
    reference = "0123456789abcdef" * 2
    assert verimor.campaigns == {
        name: {
            "username": USER,
            "password": PASSWORD,
            "source_addr": TITLE,
            "custom_id": reference,
            "valid_for": "00:10",
            "is_commercial": False,
            "messages": [{"msg": SMS["text"], "dest": "905320000017", "id": reference}],
        }
    }


@pytest.mark.parametrize(("minutes", "valid_for"), [(0, "00:01"), (1.9, "00:01"), (90, "01:30"), (6000, "48:00")])
def test_a_code_is_not_delivered_after_it_has_expired(sms: Verimor, minutes: float, valid_for: str) -> None:
    assert sms.compose(message(minutes=minutes))["valid_for"] == valid_for


def test_a_foreign_number_gets_two_zeros(verimor: FakeVerimor, sms: Verimor) -> None:
    asyncio.run(sms.send(message(to="+4915112345678")))
    assert verimor.texts == [("004915112345678", SMS["text"])]


@pytest.mark.parametrize("word", sorted(module.REFUSED))
def test_a_refused_number_is_final(verimor: FakeVerimor, sms: Verimor, word: str) -> None:
    verimor.refusals["905320000017"] = word
    with pytest.raises(Permanent, match=f"^verimor {word}$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize("word", ["INSUFFICIENT_CREDITS", "INVALID_SOURCE_ADDRESS", "+905320000017 yasak"])
def test_what_lies_with_the_account_can_be_mended(verimor: FakeVerimor, sms: Verimor, word: str) -> None:
    verimor.refusals["905320000017"] = word
    with pytest.raises(Down, match=r"^verimor 400$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("500", "verimor 500"),
        ("503", "verimor 503"),
        ("429", "verimor 429"),
        ("302", "verimor 302"),
        ("garbage", "verimor answer without an id"),
        ("huge", "verimor answer too long"),
        ("hang", "verimor TimeoutError"),
    ],
)
def test_a_broken_verimor_is_down_and_then_well_again(
    verimor: FakeVerimor, sms: Verimor, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "hang":
        monkeypatch.setattr("gateways.client.SECONDS", 0.3)
    verimor.mode = mode
    with pytest.raises(Down) as fault:
        asyncio.run(sms.send(message()))
    assert str(fault.value) == reason
    assert fault.value.__context__ is None or fault.value.__suppress_context__
    verimor.mode = ""
    monkeypatch.undo()
    asyncio.run(sms.send(message(to=LATER)))
    taken = [to for to, _ in verimor.texts]
    assert [to for to in taken if mode != "hang" or to == LATER[1:]] == [LATER[1:]]


def test_a_wrong_password_and_nobody_listening_are_down(verimor: FakeVerimor, sms: Verimor) -> None:
    with pytest.raises(Down, match=r"^verimor 401$"):
        asyncio.run(Verimor(read(verimor.url.replace(PASSWORD, "another"))).send(message()))
    verimor.close()
    with pytest.raises(Down, match=r"^verimor ClientConnectorError$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("verimor://u:p@sms.verimor.com.tr?from=IZIN", "https://sms.verimor.com.tr/v2/send.json"),
        ("verimor://u:p@[::1]:81?from=IZIN&scheme=http", "http://[::1]:81/v2/send.json"),
    ],
)
def test_requests_go_to_the_host_of_the_gateway(url: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def request(self: object, method: str, url: str, **options: Any) -> None:
        asked.append((url, options["allow_redirects"]))
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohttp.ClientSession.request", request)
    with pytest.raises(Down, match="ConnectionRefusedError"):
        asyncio.run(Verimor(read(url)).send(message()))
    assert asked == [(wanted, False)]


def test_a_code_waits_in_the_outbox_while_verimor_is_down(
    registry: Registry, clock: Clock, post: Post, row: Row, verimor: FakeVerimor, sms: Verimor
) -> None:
    number, bad = post(SMS), post(SMS, to="+905320000018")
    verimor.refusals["905320000018"] = "BLACKLISTED_DESTINATION_ADDRESS"
    verimor.mode = "503"
    deliver(registry, sms)
    assert registry.store.read_now(outbox.down, "sms", clock.now)
    verimor.mode = ""
    clock.forward(seconds=5)
    deliver(registry, sms)
    deliver(registry, sms)
    assert not registry.store.read_now(outbox.down, "sms", clock.now)
    assert (row(number)["state"], row(number)["message_id"]) == ("sent", next(iter(verimor.campaigns)))
    assert (row(bad)["state"], row(bad)["error"]) == ("given_up", "verimor BLACKLISTED_DESTINATION_ADDRESS")


def test_nothing_of_it_is_in_the_log(verimor: FakeVerimor, sms: Verimor, written: Written) -> None:
    verimor.refusals["905320000018"] = "INVALID_DESTINATION_ADDRESS"
    verimor.receive("905320000018", SMS["text"], NOON / 1e6)
    verimor.receive("905320000018", SMS["text"], NOON / 1e6)["content"] = [SMS["text"]]
    asyncio.run(sms.send(message()))
    with pytest.raises(Permanent):
        asyncio.run(sms.send(message(to="+905320000018")))
    asyncio.run(_batches(verimor, "1"))
    verimor.mode = "500"
    with pytest.raises(Down):
        asyncio.run(_batches(verimor))
    said = written()
    assert not [word for word in (*CANARIES, "5320000018", USER, PASSWORD) if word in said]


def test_each_carrier_has_its_sender_and_its_list() -> None:
    gateway = read("verimor://u:p@sms.verimor.com.tr?from=IZIN")
    assert isinstance(carriers.sender(gateway, "sms", Site("İzin", "izin.example")), Verimor)
    assert isinstance(inbox(gateway), VerimorInbox)
    assert inbox(Gateway("file", path="x")) is None


# -- what was received ------------------------------------------------------------------------------------------


async def _batches(verimor: FakeVerimor, position: str = "", now: int = NOON) -> list[InboxPage]:
    inbox = VerimorInbox(read(verimor.url))
    return [batch async for batch in inbox.batches(position or inbox.start(now), now, ())]


def _texts(batches: Sequence[InboxPage]) -> list[str]:
    return [message.text for batch in batches for message in batch.messages]


def test_the_first_look_goes_back_a_day_and_reads_every_page(verimor: FakeVerimor) -> None:
    verimor.receive(AYSE, "RET before", NOON / 1e6 - 90_001)
    for count in range(250):
        verimor.receive(AYSE, f"RET {count}", NOON / 1e6 - 1000 + count)
    batches = asyncio.run(_batches(verimor))
    assert _texts(batches) == [f"RET {count}" for count in range(250)]
    assert [len(batch.messages) for batch in batches] == [100, 100, 50]
    assert batches[-1].position == str(verimor.inbound[-1]["message_id"])
    assert verimor.asked[0] == {"from_time": "2026-11-23 11:00:00", "to_time": "2026-11-24 13:00:00"}


def test_later_looks_overlap_so_that_a_late_id_is_found(verimor: FakeVerimor) -> None:
    late = verimor.receive(AYSE, "RET late", NOON / 1e6)
    last = verimor.receive(AYSE, "RET", NOON / 1e6)
    assert _texts(asyncio.run(_batches(verimor, str(last["message_id"])))) == ["RET late", "RET"]
    assert int(verimor.asked[0]["greater_than"]) < late["message_id"]
    assert asyncio.run(_batches(verimor, str(last["message_id"])))[-1].position == str(last["message_id"])


def test_an_empty_list_is_read_on_from_its_time(verimor: FakeVerimor) -> None:
    (batch,) = asyncio.run(_batches(verimor))
    assert batch[:2] == ([], f"@{NOON // 1_000_000}")
    verimor.receive(AYSE, "RET", NOON / 1e6 - 3000)
    assert _texts(asyncio.run(_batches(verimor, batch.position, NOON + 300_000_000))) == ["RET"]
    assert asyncio.run(_batches(verimor, "99999999")) == []


@pytest.mark.parametrize("mode", ["500", "401", "garbage"])
def test_a_list_that_cannot_be_had_is_down(verimor: FakeVerimor, mode: str) -> None:
    verimor.mode = mode
    with pytest.raises(Down):
        asyncio.run(_batches(verimor))


def test_push_and_list_are_read_alike(verimor: FakeVerimor) -> None:
    entry = verimor.receive(AYSE, "RET", NOON / 1e6 - 60)
    ((listed,),) = [batch.messages for batch in asyncio.run(_batches(verimor))]
    assert verimor_push.received(entry, NOON) == listed
    name = str(entry["message_id"])
    assert listed == Received("verimor", name, AYSE, NUMBER, "RET", NOON - 60_000_000)


@pytest.mark.parametrize(
    ("keyword", "content", "text"),
    [
        ("", "RET Ornek", "RET Ornek"),
        ("IZIN", "izin RET Ornek", "RET Ornek"),
        ("IZIN", " IZIN  RET", "RET"),
        ("IZIN", "IZINSIZ RET", "IZINSIZ RET"),
        ("IZIN", "RET", "RET"),
        ("RET", "RET Ornek", "RET Ornek"),
        (None, "RET", "RET"),
    ],
)
def test_the_word_that_leads_to_us_is_no_part_of_the_message(keyword: str | None, content: str, text: str) -> None:
    entry = {"message_id": 1, "source_addr": AYSE, "destination_addr": "4609", "keyword": keyword, "content": content}
    assert verimor_push.received(entry, NOON).text == text


@pytest.mark.parametrize("at", ["", None, 7, "yarın", "2026-13-01 00:00:00", "2099-01-01 00:00:00"])
def test_a_time_that_cannot_be_is_now(at: Any) -> None:
    entry = {"message_id": "1", "source_addr": AYSE, "destination_addr": "4609", "content": "RET", "received_at": at}
    assert verimor_push.received(entry, NOON).received_at == NOON


@pytest.mark.parametrize(("sent", "read"), [("RET \\ud83d", "RET \ufffd"), ("\\u0000RET", "RET")])
def test_half_a_picture_sign_does_not_lose_the_refusal_beside_it(sent: str, read: str) -> None:
    """Nor those of the same push."""
    one = '{"message_id": "%s", "source_addr": "905320000001", "destination_addr": "908502220100", "content": "%s"}'
    body = f"[{one % ('1', sent)}, {one % ('2', 'RET')}]".encode()
    found, faults = verimor_push.read(body, NOON)
    assert ([message.text for message in found], faults) == ([read, "RET"], [])
    strange = body.replace(b'"905320000001"', b'"\\ud8005320000001"', 1)
    assert verimor_push.read(strange, NOON)[0][0].sender == "\ufffd5320000001"  # nobody's, for a person to read
