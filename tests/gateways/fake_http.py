"""A stand-in for any SMS gateway with an HTTP API: fills or JSON, a list of received messages; it can be broken."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

USER, PASSWORD, SENDER, NUMBER = "izin", "parola:of/the account", "IZIN", "3838"
HANG = 30.0  # seconds; ``FakeHttp.free`` ends it


@dataclass
class FakeHttp:
    """``refused``: numbers that are answered with 422. ``mode``: ``hang``, ``garbage``, ``huge`` or an HTTP status."""

    mode: str = ""
    refused: set[str] = field(default_factory=set)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (method, fields)
    inbound: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def at(self) -> str:
        return f"http://{USER}:parola%3Aof%2Fthe%20account@127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The gateway's URL that posts JSON here."""
        return f"{self.at}/send?from={SENDER}#received=/received?since={{since}}"

    @property
    def template(self) -> str:
        """The gateway's URL that is filled in."""
        return f"{self.at}/send?from={SENDER}&to={{digits}}&plus={{to}}&text={{text}}&id={{id}}&life={{minutes}}"

    def close(self) -> None:
        self.free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

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


class _Handler(BaseHTTPRequestHandler):
    fake: FakeHttp

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._fail():
            self._answer(*(self.fake.take("POST", sent) if self.path == f"/send?from={SENDER}" else (404, "")))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self._fail():
            return
        if parts.path == "/received":
            return self._answer(*self.fake.listed(query["since"]))
        self._answer(*(self.fake.take("GET", query) if parts.path == "/send" else (404, "")))

    def _fail(self) -> bool:
        mode = self.fake.mode
        account = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {account}":
            mode = "401"
        if mode == "hang":
            self.fake.free.wait(HANG)
        elif mode == "garbage":
            self._answer(200, "<html>all is well</html>")
        elif mode == "huge":
            self._answer(200, " " * 2_000_000)
        elif mode:
            self._answer(int(mode), "no")
        return bool(mode)

    def _answer(self, status: int, body: Any) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle(self) -> None:
        """As ever; a client that has gone away is no failure."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Silent."""
