"""Entries of a carrier's list that nobody can read, between two that refuse: those are taken, the others are kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from consents.registry import Registry
from gateways.received import Received
from gateways.verimor.inbox import VerimorInbox
from optout.sms import inbound_messages, polling, sms_door
from settings import load
from tests.conftest import NOON, SECRET
from tests.gateways.fake_http import FakeHttp
from tests.gateways.fake_verimor import FakeVerimor
from tests.optout.hooks.conftest import AYSE, Door, Open, Post
from tests.optout.hooks.test_inbox import http as http

VALUES: list[Any] = [None, True, 7.5, [], {}, [["x"]], {"a": {"b": []}}, "", "\ud800", "\x00", "x" * 5_000, 10**40]
TEXTS = [
    "\ud800\udfff\ud800",
    "\x00RET\x00",
    "RET " * 20_000,
    "(" * 9_000,
    "=?utf-7?b?KzJBQS0=?=",
    "\u202e\u0000",
    "٣" * 900,
]


def unread(post: Post) -> list[str]:
    return [one.text for one in post.registry.store.read_now(inbound_messages.unclear, post.registry.keyring)]


def lists(monkeypatch: pytest.MonkeyPatch, verimor: FakeVerimor) -> None:
    """The stand-in would not list what Verimor never would."""
    last = verimor.inbound

    async def page(self: VerimorInbox, wanted: dict[str, str]) -> list[Any]:
        return [] if wanted.get("greater_than") == str(last[-1]["message_id"]) else last

    monkeypatch.setattr(VerimorInbox, "_page", page)


def looked(post: Post, door: Door) -> None:
    door.poison = None
    for _ in range(2):  # the second look finds nothing new
        post.look()
        post.clock.forward(minutes=5)
    assert {"RET first", "RET last"} <= set(door.texts)


@pytest.mark.parametrize("name", ["message_id", "source_addr", "destination_addr", "content"])
def test_of_verimors(site: Open, verimor: FakeVerimor, door: Door, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    post = site(SMS_GATEWAY=verimor.url)
    lists(monkeypatch, verimor)
    verimor.receive(AYSE, "RET first", NOON / 1e6)
    for value in VALUES:
        verimor.receive(AYSE, "RET between", NOON / 1e6)[name] = value
    verimor.receive(AYSE, "RET last", NOON / 1e6)
    looked(post, door)
    assert len(unread(post)) + len(door.texts) - 2 == len(VALUES)
    assert post.cursor == str(verimor.inbound[-1]["message_id"])


def test_of_verimors_that_are_no_entries_at_all(
    site: Open, verimor: FakeVerimor, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = site(SMS_GATEWAY=verimor.url)
    lists(monkeypatch, verimor)
    verimor.receive(AYSE, "RET first", NOON / 1e6)
    verimor.inbound += [entry for entry in VALUES if not isinstance(entry, dict)]
    verimor.receive(AYSE, "RET last", NOON / 1e6)
    looked(post, door)
    assert len(unread(post)) == len(VALUES) - 2


@pytest.mark.parametrize("name", ["id", "from", "to", "text", "at"])
def test_of_any_gateways(site: Open, http: FakeHttp, door: Door, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    post = site(SMS_GATEWAY=http.url)
    http.receive(AYSE, "RET first", NOON / 1e6)
    for value in VALUES:
        http.receive(AYSE, "RET between", NOON / 1e6)[name] = value
    http.receive(AYSE, "RET last", NOON / 1e6)
    entries = list(http.inbound)
    monkeypatch.setattr(http, "listed", lambda since: (200, entries))
    looked(post, door)
    assert len(unread(post)) + len(door.texts) - 2 == len(VALUES)


def test_one_alone_is_kept_and_the_place_moves(site: Open, http: FakeHttp, door: Door) -> None:
    post = site(SMS_GATEWAY=http.url)
    http.receive(AYSE, "RET", NOON / 1e6)["id"] = None
    post.look()
    before = post.cursor
    post.clock.forward(minutes=5)
    post.look()
    assert len(unread(post)) == 1
    assert post.cursor != before


@pytest.mark.parametrize("name", ["sid", "from_", "to", "body", "date_sent"])
def test_of_twilios(site: Open, twilio: Any, door: Door, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its library hands them over: it passes on what it cannot read."""
    from datetime import UTC, datetime

    from gateways.twilio.inbox import TwilioInbox

    class Entry:
        def __init__(self, text: str, **changed: Any) -> None:
            self.sid, self.from_, self.to, self.body = f"SM{id(self)}", AYSE, "3838", text
            self.date_sent, self.direction = datetime.fromtimestamp(NOON / 1e6, UTC), "inbound"
            self.__dict__.update(changed)

    entries = [Entry("RET first"), *(Entry("RET between", **{name: value}) for value in VALUES), Entry("RET last")]
    entries[0].date_sent = datetime.fromtimestamp(NOON / 1e6 - 60, UTC)

    async def listed(self: TwilioInbox, number: str, since: int) -> list[Any]:
        return entries

    monkeypatch.setattr(TwilioInbox, "_list", listed)
    door.poison = None
    post = site(SMS_GATEWAY=twilio.url, OPTOUT_NUMBER="3838")
    post.look()
    post.clock.forward(minutes=5)
    post.look()
    assert {"RET first", "RET last"} <= set(door.texts)
    assert len(unread(post)) + len(door.texts) - 2 >= len(VALUES) - 1, "two without a name are one"


def test_whatever_somebody_writes_the_door_takes_or_keeps_it(registry: Registry) -> None:
    """Through the door itself: texts that no carrier checks, between two that refuse."""

    class Listing:
        carrier = "verimor"

        def start(self, now: int) -> str:
            return "0"

        async def batches(self, position: str, now: int, numbers: Any) -> Any:
            from gateways.received import InboxPage

            texts = ["RET HEPSI", *TEXTS, "RET HEPSI"]
            people = [f"+90532000{place:04d}" for place in range(len(texts))]
            written = zip(people, texts, strict=True)
            messages = [
                Received("verimor", str(place), who, "3838", text, NOON) for place, (who, text) in enumerate(written)
            ]
            senders = [
                Received("verimor", f"s{place}", text[:40], "3838", "RET", NOON) for place, text in enumerate(TEXTS)
            ]
            yield InboxPage([*messages[:-1], *senders, messages[-1]], "1")

    settings = load({"SECRET_KEY": SECRET})
    asyncio.run(polling.read(registry, settings, Listing()))
    assert registry.store.read_now(polling.position_of, "verimor") == "1"
    names = [str(place) for place in range(len(TEXTS) + 2)] + [f"s{place}" for place in range(len(TEXTS))]
    kept = [Received("verimor", name, "", "", "", 0) for name in names]
    assert not registry.store.read_now(polling._unknown, kept)


def test_a_text_that_breaks_the_door_is_kept_though_its_own_words_cannot_be_written(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*given: Any, **more: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(sms_door, "take", broken)
    settings = load({"SECRET_KEY": SECRET})
    for text in TEXTS:
        message = Received("http", text[:20], text[:40], "", text, NOON)
        assert asyncio.run(polling._take(registry, settings, message))
