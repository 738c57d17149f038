"""A stand-in for Verimor's SMS API: it keeps what it takes, lists what it received, and can be broken."""

from __future__ import annotations

import itertools
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.gateways.stand_in import Answering, StandIn

USER, PASSWORD, TITLE, NUMBER = "908500000000", "parola-of-the-account", "IZIN", "908500000000"
TURKEY = timedelta(hours=3)
PAGE = 100  # entries of the list at a time


@dataclass
class FakeVerimor(StandIn):
    """``refusals``: Verimor's word for a number."""

    refusals: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    inbound: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(20_210)
        self._ids = itertools.count(13_582_302)
        super().__post_init__()

    @property
    def url(self) -> str:
        """The gateway's URL that leads here."""
        return f"verimor://{USER}:{PASSWORD}@127.0.0.1:{self.port}?from={TITLE}&scheme=http"

    @property
    def texts(self) -> list[tuple[str, str]]:
        """(number, text) of every message taken, in order."""
        return [(message["dest"], message["msg"]) for sent in self.campaigns.values() for message in sent["messages"]]

    def take(self, sent: dict[str, Any]) -> tuple[int, str]:
        """The answer to POST /v2/send.json."""
        if (sent.get("username"), sent.get("password")) != (USER, PASSWORD):
            return 401, "Geçersiz kullanıcı adı/şifre"
        if fault := self._fault(sent):
            return 400, fault
        name = str(next(self._numbers))
        self.campaigns[name] = sent
        return 200, name

    def _fault(self, sent: dict[str, Any]) -> str:
        """Verimor's word for what is wrong; empty for nothing."""
        if sent.get("source_addr") != TITLE:
            return "INVALID_SOURCE_ADDRESS"
        hours, _, minutes = sent.get("valid_for", "24:00").partition(":")
        if not 1 <= int(hours) * 60 + int(minutes) <= 48 * 60:
            return "INVALID_PERIOD"
        for message in sent.get("messages", []):
            if not message.get("msg"):
                return "MISSING_MESSAGE"
            if not re.fullmatch(r"905[0-9]{9}|00[1-9][0-9]{6,14}", message.get("dest", "")):
                return "INVALID_DESTINATION_ADDRESS"
            if word := self.refusals.get(message["dest"]):
                return word
        return "" if sent.get("messages") else "MISSING_MESSAGE"

    def receive(self, sender: str, content: str, at: float, to: str = NUMBER, keyword: str = "") -> dict[str, Any]:
        """Keeps a message that somebody wrote at ``at`` (seconds since 1970); its entry as a push brings it."""
        local = datetime.fromtimestamp(at, UTC) + TURKEY
        entry = {
            "message_id": next(self._ids), "type": "inbound", "received_at": f"{local:%Y-%m-%d %H:%M:%S}",
            "network": "TURKCELL", "source_addr": sender, "destination_addr": to, "keyword": keyword,
            "content": content,
        }  # fmt: skip
        self.inbound.append(entry)
        return entry

    def listed(self, query: dict[str, str]) -> tuple[int, Any]:
        """The answer to GET /v2/inbound_messages: by time, or at most 100 behind an id."""
        if (query.get("username"), query.get("password")) != (USER, PASSWORD):
            return 401, "Geçersiz kullanıcı adı/şifre"
        rows = sorted(self.inbound, key=lambda entry: int(entry["message_id"]))
        if "greater_than" in query:
            rows = [entry for entry in rows if entry["message_id"] > int(query["greater_than"])]
        else:
            rows = [entry for entry in rows if query["from_time"] <= entry["received_at"] <= query["to_time"]]
        return 200, [_listed(entry) for entry in rows[:PAGE]]


def push(url: str, entries: list[dict[str, Any]]) -> int:
    """A push as Verimor sends it; the answer's status."""
    request = urllib.request.Request(url, json.dumps(entries).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _listed(entry: dict[str, Any]) -> dict[str, Any]:
    """The list names no type and writes the time with its offset."""
    at = entry["received_at"].replace(" ", "T") + ".000+03:00"
    return {**{name: value for name, value in entry.items() if name != "type"}, "received_at": at}


class _Answering(Answering):
    fake: FakeVerimor

    def do_POST(self) -> None:
        sent = json.loads(self.sent())
        if not self.fail(self.fake.mode):
            self.answer(*(self.fake.take(sent) if self.path == "/v2/send.json" else (404, "")))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.fake.asked.append({name: value for name, value in query.items() if name not in {"username", "password"}})
        if not self.fail(self.fake.mode):
            self.answer(*(self.fake.listed(query) if parts.path == "/v2/inbound_messages" else (404, "")))


FakeVerimor.answering = _Answering
