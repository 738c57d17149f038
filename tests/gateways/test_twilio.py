"""SMS through Twilio's own library, to a stand-in that can be broken; nothing of it reaches a log."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from consents.registry import Registry
from gateways import carriers
from gateways.carrier import Down, Permanent, Site
from gateways.carriers import reader
from gateways.outbox import outbox
from gateways.twilio import sending as twilio
from gateways.twilio.sending import Twilio
from tests.conftest import Clock
from tests.gateways.conftest import CANARIES, LATER, SMS, Post, Row, Written, deliver, message
from tests.gateways.fake_twilio import ACCOUNT, TOKEN, FakeTwilio, signed_post

read = reader("sms")
BROKEN = ("hang", "drip", "cut", "garbage", "huge", "list", "500", "503", "429")


@pytest.fixture
def sms(twilio: FakeTwilio) -> Twilio:
    return Twilio(read(twilio.url))


def test_a_message_arrives_with_its_sid(twilio: FakeTwilio, sms: Twilio) -> None:
    sid = asyncio.run(sms.send(message()))
    assert twilio.messages[sid]["body"] == SMS["text"]
    assert twilio.requests == [{"To": SMS["to"], "From": "+905320000000", "Body": SMS["text"], "ValidityPeriod": "600"}]


def test_one_carrier_sends_many_messages_at_once(twilio: FakeTwilio, sms: Twilio) -> None:
    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(sms.send(message(text=f"{count}")) for count in range(20)))

    sids = asyncio.run(all_of_them())
    assert len(set(sids)) == 20
    assert sorted(text for _, text in twilio.texts) == sorted(map(str, range(20)))


@pytest.mark.parametrize(("minutes", "seconds"), [(10, "600"), (0, "1"), (60 * 24, "36000")])
def test_a_code_is_not_delivered_after_it_has_expired(
    twilio: FakeTwilio, sms: Twilio, minutes: float, seconds: str
) -> None:
    asyncio.run(sms.send(message(minutes=minutes)))
    assert twilio.requests[0]["ValidityPeriod"] == seconds


@pytest.mark.parametrize("code", sorted(twilio.REFUSED))
def test_an_address_that_cannot_be_reached_is_final(twilio: FakeTwilio, sms: Twilio, code: int) -> None:
    twilio.refusals[SMS["to"]] = code
    with pytest.raises(Permanent, match=f"^twilio {code}$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize("code", [20003, 20005, 20429, 21606, 21611, 30001, 99999])
def test_what_is_wrong_with_the_account_may_be_mended(twilio: FakeTwilio, sms: Twilio, code: int) -> None:
    twilio.refusals[SMS["to"]] = code
    with pytest.raises(Down, match=f"^twilio {code}$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize("mode", BROKEN)
def test_a_broken_twilio_is_down(twilio: FakeTwilio, sms: Twilio, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if mode in ("hang", "drip"):
        monkeypatch.setattr("gateways.twilio.sending.SECONDS", 0.3)
    twilio.mode = mode
    with pytest.raises(Down) as fault:
        asyncio.run(sms.send(message()))
    assert fault.value.__suppress_context__
    assert not [word for word in (*CANARIES, ACCOUNT, TOKEN) if word in str(fault.value)]
    twilio.mode = ""
    monkeypatch.undo()
    asyncio.run(sms.send(message(to=LATER)))
    assert [to for to, _ in twilio.texts if mode not in ("hang", "drip") or to == LATER] == [LATER]


def test_a_wrong_token_is_down(twilio: FakeTwilio) -> None:
    with pytest.raises(Down, match=r"^twilio 20003$"):
        asyncio.run(Twilio(read(twilio.url.replace(TOKEN, "another"))).send(message()))


def test_nobody_listening_is_down(twilio: FakeTwilio, sms: Twilio) -> None:
    twilio.close()
    with pytest.raises(Down, match=r"^twilio ClientConnectorError$"):
        asyncio.run(sms.send(message()))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("twilio://AC1:T@api.twilio.com?from=IZIN", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"),
        ("twilio://AC1:T@[::1]:81?from=IZIN&scheme=http", "http://[::1]:81/2010-04-01/Accounts/AC1/Messages.json"),
    ],
)
def test_requests_go_to_the_host_of_the_gateway(url: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def request(self: object, method: str, url: str, **options: Any) -> None:
        asked.append((url, options["allow_redirects"]))
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohttp.ClientSession.request", request)
    monkeypatch.setenv("TWILIO_EDGE", "yabanci")
    with pytest.raises(Down, match="ConnectionRefusedError"):
        asyncio.run(Twilio(read(url)).send(message()))
    assert asked == [(wanted, False)]


def test_the_library_writes_nobody_into_the_log(twilio: FakeTwilio, sms: Twilio, written: Written) -> None:
    twilio.refusals["+905320000018"] = 21211
    asyncio.run(sms.send(message()))
    with pytest.raises(Permanent):
        asyncio.run(sms.send(message(to="+905320000018")))
    said = written()
    assert said  # something is logged, of no interest to anybody
    assert not [word for word in (*CANARIES, "5320000018", ACCOUNT, TOKEN) if word in said]


def test_a_code_waits_in_the_outbox_while_twilio_is_down(
    registry: Registry, clock: Clock, post: Post, row: Row, twilio: FakeTwilio, sms: Twilio
) -> None:
    number, bad = post(SMS), post(SMS, to="+905320000018")
    twilio.refusals["+905320000018"] = 21614
    twilio.mode = "503"
    deliver(registry, sms)
    assert registry.store.read_now(outbox.down, "sms", clock.now)
    assert (row(number)["state"], row(number)["error"]) == ("waiting", "twilio 20500")
    twilio.mode = ""
    clock.forward(seconds=5)
    deliver(registry, sms)
    deliver(registry, sms)
    assert not registry.store.read_now(outbox.down, "sms", clock.now)
    assert (row(number)["state"], row(number)["message_id"]) == ("sent", next(iter(twilio.messages)))
    assert (row(bad)["state"], row(bad)["error"]) == ("given_up", "twilio 21614")
    assert twilio.texts == [(SMS["to"], SMS["text"])]


# -- the stand-in itself: what later rooms rely on --------------------------------------------------------------


class Hook(BaseHTTPRequestHandler):
    """Takes callbacks whose signature holds."""

    taken: list[dict[str, str]]

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        url = f"http://{self.headers['Host']}{self.path}"
        good = RequestValidator(TOKEN).validate(url, form, self.headers["X-Twilio-Signature"])
        if good:
            self.taken.append(form)
        self.send_response(204 if good else 403)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    taken: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Taking", (Hook,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook?a=1", taken
    server.shutdown()
    server.server_close()
    thread.join(120)


def test_the_stand_in_keeps_what_it_takes_and_signs_what_it_tells(
    twilio: FakeTwilio, sms: Twilio, hook: tuple[str, list[dict[str, str]]]
) -> None:
    url, taken = hook
    sid = asyncio.run(sms.send(message()))
    assert twilio.progress(sid, "sent") is None  # we ask for no callback
    twilio.messages[sid]["callback"] = url
    assert twilio.progress(sid, "undelivered", 30003) == 204
    assert (taken[0]["MessageSid"], taken[0]["MessageStatus"], taken[0]["ErrorCode"]) == (sid, "undelivered", "30003")
    assert signed_post(url, {"MessageSid": sid}, "another-token") == 403

    async def fetched() -> tuple[str, list[str]]:
        one = await sms._client.messages(sid).fetch_async()
        listed = await sms._client.messages.list_async(to=SMS["to"])
        return one.status, [each.sid for each in listed]

    assert asyncio.run(fetched()) == ("undelivered", [sid])


@pytest.mark.slow
def test_twilio_is_loaded_only_where_it_is_used() -> None:
    code = "import sys, settings; from izin import jobs; jobs.list_jobs(settings.load({'SECRET_KEY': 'k' * 32}))"
    code += "; print('twilio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert carriers.sender(read("twilio://AC1:T@api.twilio.com?from=IZIN"), "sms", Site("İzin", "izin.example"))
