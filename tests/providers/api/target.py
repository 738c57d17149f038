"""A provider's own program, to which movements are pushed: a real HTTP server that can be moody, slow, or dead."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.gateways.stand_in import Served, Silent

USERNAME, PASSWORD = "kanarya-user", "kanarya-parola-ğ"


class Target(Served):
    """Listens at ``url``. ``mood``: a status, ``sleep``, ``die`` (no answer at all) or ``babble`` (an endless body).

    ``told``: the lists that it took, in order, without the test record; ``asked``: how many posts came;
    ``posts``: their headers and bodies.
    """

    def __init__(self, port: int = 0, certificate: Path | None = None, key: Path | None = None) -> None:
        self.mood: int | str = 200
        self.password = PASSWORD
        self.words = "ok"
        self.basic = True  # whether name and password come
        self.told: list[list[dict[str, Any]]] = []
        self.tests: list[dict[str, Any]] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.asked, self.foreign = 0, 0
        self._awake = threading.Event()
        target = self

        class Handler(Silent):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                target.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                target._take(self, json.loads(body))

            def do_GET(self) -> None:
                target.foreign += 1
                self.send_error(404)

        tls = None
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
        self.serve(Handler, port, tls)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/iys/kanarya-yol"

    def connection(self, kind: str = "MESAJ", **other: Any) -> dict[str, Any]:
        """What a program sends to be told here."""
        return {"url": self.url, "type": kind, "username": USERNAME, "password": PASSWORD} | other

    @property
    def heard(self) -> list[str]:
        """The ids of all movements that it took, in order."""
        return [one["transactionId"] for page in self.told for one in page]

    def wake(self) -> None:
        """Ends its sleep: who waits for an answer gets it."""
        self._awake.set()

    def close(self) -> None:
        self.wake()
        super().close()

    def _take(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        self.asked += 1
        if self.mood == "sleep":
            self._awake.wait(120)
            if self.mood == "sleep":
                return
        if self.mood == "die":
            handler.close_connection = True
            return
        status = int(self.mood) if self.mood != "babble" else 200
        account = base64.b64encode(f"{USERNAME}:{self.password}".encode()).decode()
        if handler.headers["authorization"] != (f"Basic {account}" if self.basic else None):
            status = 401
        if isinstance(body, list):  # a batch of CloudEvents
            body = {"list": [one["data"] for one in body]}
        if status == 200 and body["list"][0]["brandCode"] == 121212:
            self.tests += body["list"]
        elif status == 200:
            self.told.append(body["list"])
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("location", self.url)
        if self.mood != "babble":
            handler.send_header("content-length", str(len(self.words.encode())))
        handler.end_headers()
        handler.wfile.write(self.words.encode())
        while self.mood == "babble" and not self._awake.is_set():
            handler.wfile.write(b"kanarya " * 1000)
