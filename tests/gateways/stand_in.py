"""What stands in for somebody else's HTTP service: a real server in a thread, which can be broken in many ways."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from tests import HOST

HANG = 30.0  # seconds; ``StandIn.free`` ends it


class Served:
    """A server in a thread of its own."""

    def serve(self, handler: type[Silent], port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """Begins to listen at ``port``, or at one that nobody else has."""
        self._server = ThreadingHTTPServer((HOST, port), handler)
        self._server.daemon_threads = True
        if tls is not None:  # the handshake happens in the thread of its connection, where a client may break it off
            listening = self._server.socket
            self._server.socket = tls.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(120)


@dataclass
class StandIn(Served):
    """``mode``: how everything fails, "" where nothing does (``Answering.fail``). ``free`` ends what hangs.

    What a client sends and gives up may be read later than that, when ``mode`` is another: so what is sent after it
    needs another name to be told from it.
    """

    mode: str = ""
    free: threading.Event = field(default_factory=threading.Event)
    answering: ClassVar[type[Answering]]

    def __post_init__(self) -> None:
        self.serve(type("Handler", (self.answering,), {"fake": self}))

    def close(self) -> None:
        self.free.set()
        super().close()


class Silent(BaseHTTPRequestHandler):
    """Logs nothing; a client that has gone away is no failure."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Answering(Silent):
    """Answers for a ``StandIn``. ``taken``: the status of what is taken, and how an endless answer begins."""

    fake: Any
    taken: tuple[int, str] = (200, "")

    def fail(self, mode: str) -> bool:
        """Whether the request is answered as ``mode`` says: ``hang``, ``garbage``, ``huge`` or an HTTP status."""
        status, begin = self.taken
        if mode == "hang":
            self.fake.free.wait(HANG)
        elif mode == "garbage":
            self.answer(status, "<html>all is well</html>")
        elif mode == "huge":
            self.answer(status, begin + " " * 2_000_000)
        elif mode:
            self.answer(int(mode), self.fault(int(mode)))
        return bool(mode)

    def fault(self, status: int) -> Any:
        """The body of a failure."""
        return "no"

    def answer(self, status: int, body: Any) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.begin(status, len(content))
        self.wfile.write(content)

    def begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def sent(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"]))
