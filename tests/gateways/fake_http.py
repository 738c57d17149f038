"""A stand-in for any SMS gateway with an HTTP API: fills or JSON, a list of received messages; it can be broken."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.gateways.stand_in import Answering, StandIn

USER, PASSWORD, SENDER, NUMBER = "izin", "parola:of/the account", "IZIN", "3838"


@dataclass
class FakeHttp(StandIn):
    """``refused``: numbers that are answered with 422."""

    refused: set[str] = field(default_factory=set)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (method, fields)
    inbound: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        super().__post_init__()

    @property
    def at(self) -> str:
        return f"http://{USER}:parola%3Aof%2Fthe%20account@127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The gateway's URL that posts JSON here."""
        return f"{self.at}/send?from={SENDER}#received=/received?since={{since}}"

    @property
    def template(self) -> str:
        """The gateway's URL that is filled in."""
        return f"{self.at}/send?from={SENDER}&to={{digits}}&plus={{to}}&text={{text}}&id={{id}}&life={{minutes}}"

    def receive(self, sender: str, text: str, at: float) -> dict[str, Any]:
        """Keeps a message that somebody wrote at ``at`` (seconds since 1970); its entry as a push brings it."""
        when = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
        entry = {"id": f"in-{next(self._ids)}", "from": sender, "to": NUMBER, "text": text, "at": when}
        self.inbound.append(entry)
        return entry

    def take(self, method: str, sent: dict[str, Any]) -> tuple[int, Any]:
        """The answer to a message."""
        if sent["to" if method == "POST" else "plus"] in self.refused:
            return 422, "no such number"
        self.taken.append((method, sent))
        return 202, {"id": f"out-{len(self.taken)}"} if method == "POST" else "0: Accepted for delivery"

    def listed(self, since: str) -> tuple[int, Any]:
        """What came since then, the newest first."""
        self.asked.append(since)
        begin = datetime.fromisoformat(since)
        return 200, [entry for entry in reversed(self.inbound) if datetime.fromisoformat(entry["at"]) >= begin]


class _Answering(Answering):
    fake: FakeHttp

    def do_POST(self) -> None:
        sent = json.loads(self.sent())
        if not self.fail(self.fake.mode):
            self.answer(*(self.fake.take("POST", sent) if self.path == f"/send?from={SENDER}" else (404, "")))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self.fail(self.fake.mode):
            return
        if parts.path == "/received":
            return self.answer(*self.fake.listed(query["since"]))
        self.answer(*(self.fake.take("GET", query) if parts.path == "/send" else (404, "")))

    def fail(self, mode: str) -> bool:
        account = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return super().fail(mode if self.headers.get("Authorization") == f"Basic {account}" else "401")


FakeHttp.answering = _Answering
