"""Calls that read a code aloud, through Twilio's own library, to a stand-in that can be broken."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from consents.registry import Registry
from gateways.carrier import Down, Permanent, Site
from gateways.carriers import reader, sender
from gateways.outbox import outbox
from gateways.twilio import calling as twilio_voice
from gateways.twilio.calling import TwilioVoice
from izin import jobs
from settings import load
from tests.conftest import SECRET, Clock, Opener
from tests.gateways.conftest import Post as Put
from tests.gateways.conftest import Row, Written, deliver, message
from tests.gateways.conftest import post as put
from tests.gateways.conftest import row as row
from tests.gateways.fake_twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio

__all__ = ["put"]

read = reader("call")
CALL: dict[str, Any] = {"kind": "call", "to": "+902120000017", "text": "Kodunuz: 0, 4, 8, 2, 1, 3 & <Dial/>"}
BROKEN = ("hang", "cut", "garbage", "huge", "list", "500", "503", "429")
CANARIES = ("2120000017", "0, 4, 8, 2", "Kodunuz", ACCOUNT, TOKEN)


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


@pytest.fixture
def voice(twilio: FakeTwilio) -> TwilioVoice:
    return TwilioVoice(read(twilio.url))


@pytest.mark.parametrize(("language", "spoken"), [("tr", "tr-TR"), ("en", "en-US")])
def test_a_call_says_the_text_and_nothing_else(
    twilio: FakeTwilio, voice: TwilioVoice, language: str, spoken: str
) -> None:
    sid = asyncio.run(voice.send(message(CALL)._replace(headers={"Content-Language": language})))
    (asked,) = twilio.requests
    assert twilio.calls[sid]["to"] == CALL["to"]
    assert {key: value for key, value in asked.items() if key != "Twiml"} == {
        "To": CALL["to"], "From": SENDER, "Timeout": "40", "TimeLimit": "90"
    }  # fmt: skip
    told = ElementTree.fromstring(asked["Twiml"])
    assert [(each.tag, each.attrib, each.text) for each in told] == [
        ("Pause", {"length": "1"}, None),
        ("Say", {"language": spoken}, CALL["text"]),
    ]


@pytest.mark.parametrize("code", sorted(twilio_voice.REFUSED))
def test_a_number_that_cannot_be_called_is_final(twilio: FakeTwilio, voice: TwilioVoice, code: int) -> None:
    twilio.refusals[CALL["to"]] = code
    with pytest.raises(Permanent, match=f"^twilio {code}$"):
        asyncio.run(voice.send(message(CALL)))


@pytest.mark.parametrize("code", [20003, 20429, 21210, 21205, 10004, 99999])
def test_what_is_wrong_with_the_account_may_be_mended(twilio: FakeTwilio, voice: TwilioVoice, code: int) -> None:
    twilio.refusals[CALL["to"]] = code
    with pytest.raises(Down, match=f"^twilio {code}$"):
        asyncio.run(voice.send(message(CALL)))


@pytest.mark.parametrize("mode", BROKEN)
def test_a_broken_twilio_is_down(
    twilio: FakeTwilio, voice: TwilioVoice, mode: str, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    if mode == "hang":
        monkeypatch.setattr("gateways.twilio.sending.SECONDS", 0.3)
    twilio.mode = mode
    with pytest.raises(Down) as fault:
        asyncio.run(voice.send(message(CALL)))
    assert not [word for word in CANARIES if word in str(fault.value) + written()]
    twilio.mode = ""
    monkeypatch.undo()
    later = "+902120000018"
    asyncio.run(voice.send(message(CALL, to=later)))
    called = [call["to"] for call in twilio.calls.values()]
    assert [to for to in called if mode != "hang" or to == later] == [later]


def test_an_answer_without_a_sid_is_down(twilio: FakeTwilio, voice: TwilioVoice) -> None:
    twilio.call = lambda form: (201, {"sid": None})  # type: ignore[method-assign]
    with pytest.raises(Down, match="without a SID"):
        asyncio.run(voice.send(message(CALL)))


def test_a_call_waits_in_the_outbox_while_twilio_is_down(
    registry: Registry, clock: Clock, put: Put, row: Row, twilio: FakeTwilio, voice: TwilioVoice, written: Written
) -> None:
    number, bad = put(CALL), put(CALL, to="+902120000018")
    twilio.refusals["+902120000018"] = 21211
    twilio.mode = "503"
    deliver(registry, voice, "call")
    assert registry.store.read_now(outbox.down, "call", clock.now)
    assert not registry.store.read_now(outbox.down, "sms", clock.now)
    twilio.mode = ""
    clock.forward(seconds=5)
    deliver(registry, voice, "call")
    deliver(registry, voice, "call")
    assert (row(number)["state"], row(number)["sealed"], row(number)["message_id"]) == (
        "sent", None, next(iter(twilio.calls)),
    )  # fmt: skip
    assert (row(bad)["state"], row(bad)["error"]) == ("given_up", "twilio 21211")
    assert not [word for word in CANARIES if word in written()]


def test_an_expired_code_is_not_called(
    registry: Registry, clock: Clock, put: Put, row: Row, twilio: FakeTwilio, voice: TwilioVoice
) -> None:
    number = put(CALL, minutes=1)
    clock.forward(minutes=1)
    deliver(registry, voice, "call")
    assert (row(number)["state"], twilio.calls) == ("given_up", {})


def test_a_call_goes_to_a_number_only(put: Put) -> None:
    with pytest.raises(ValueError, match="no address to send call to"):
        put(CALL, to="ayse@example.com")


def test_the_worker_calls_where_a_voice_carrier_is_set(twilio: FakeTwilio) -> None:
    def chores(**env: str) -> list[str]:
        return [each.name for each in jobs.list_jobs(load({"SECRET_KEY": SECRET, **env})) if "delivery" in each.name]

    assert chores() == ["sms delivery", "mail delivery"]
    assert chores(VOICE_GATEWAY=twilio.url) == ["sms delivery", "mail delivery", "call delivery"]
    assert isinstance(sender(read(twilio.url), "call", Site("İzin", "izin.example")), TwilioVoice)


def test_in_development_a_call_is_a_line_of_the_file(registry: Registry, put: Put, tmp_path: Path) -> None:
    path = tmp_path / "outbox.jsonl"
    put(CALL)
    deliver(registry, sender(reader("call")(f"file:{path}"), "call", Site("İzin", "izin.example")), "call")
    line = json.loads(path.read_text(encoding="utf-8"))
    assert (line["kind"], line["to"], line["text"]) == ("call", CALL["to"], CALL["text"])
