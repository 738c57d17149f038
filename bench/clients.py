"""A load client: many connections in one thread, each asking again as soon as it has been answered.

It costs about 10 µs a request, so that the server is what is measured; both sides of a ratio get the same client.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds in which an answer must have come
_PAUSE = 0.001  # seconds until a script that waits is asked again

# What one client does: yields requests and is sent the answers; None where it waits for something else than an answer.
Script = Generator[bytes | None, bytes, None]


class Unanswered(RuntimeError):
    """A site answered otherwise than it should, or not at all; the text quotes it."""


class Client:
    """Somebody who follows a script, from one run to the next."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._following = next(script)
        self._got = b""

    def connect(self, port: int) -> socket.socket:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def ask(self) -> bool:
        """Sends what follows; False while the script waits."""
        if self._following is None:
            self._following = next(self._script)
        if self._following is None:
            return False
        self._socket.sendall(self._following)
        return True

    def hear(self) -> bool:
        """Takes what has arrived; True once that is the whole answer."""
        part = self._socket.recv(1 << 18)
        if not part:
            raise Unanswered("the site closed the connection")
        self._got += part
        if not _whole(self._got):
            return False
        answer, self._got = self._got, b""
        self._following = self._script.send(answer)
        return True


def run(port: int, clients: Sequence[Client], seconds: float) -> float:
    """Answers a second, of all these clients at once."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for client in clients:
            selector.register(stack.enter_context(client.connect(port)), selectors.EVENT_READ, client)
        began = time.perf_counter()
        answers = _run(selector, clients, began + seconds)
        return answers / (time.perf_counter() - began)


def _run(selector: selectors.BaseSelector, clients: Sequence[Client], until: float) -> int:
    """Asks until then, and waits for the last answers."""
    waiting = [client for client in clients if not client.ask()]
    asked, answers = len(clients) - len(waiting), 0
    while asked or waiting:
        ready = selector.select(_PAUSE if waiting else PATIENCE)
        now = time.perf_counter()
        if now > until + PATIENCE:
            raise Unanswered(f"no answer in {PATIENCE} s")
        again = [key.data for key, _ in ready if key.data.hear()]
        answers += len(again)
        asked -= len(again)
        if now >= until:
            again = waiting = []
        again, waiting = again + waiting, []
        for client in again:
            if client.ask():
                asked += 1
            else:
                waiting.append(client)
    return answers


def repeated(requests: Iterable[bytes], status: bytes) -> Script:
    """Asks for one thing after the other; each is answered with this status."""
    expected = b"HTTP/1.1 " + status
    for asked in requests:
        check((yield asked), expected)


def check(answer: bytes, expected: bytes) -> None:
    """Unanswered unless the answer begins so."""
    if not answer.startswith(expected):
        raise Unanswered(answer[:300].decode(errors="replace"))


class PageForm(NamedTuple):
    """What is posted: fields in the form they travel in."""

    fields: str
    htmx: bool = False


def request(path: str, cookie: str = "", form: PageForm | None = None, *, packed: bool = False) -> bytes:
    """What a browser sends, as far as a site looks at it. ``packed``: it takes a compressed answer."""
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"host: {HOST}"]
    headers: dict[str, str] = {"cookie": cookie} if cookie else {}
    headers |= {"accept-encoding": "gzip"} if packed else {}
    if form is not None:
        headers |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(form.fields))}
        headers |= {"hx-request": "true", "hx-request-type": "partial"} if form.htmx else {}
    return ("\r\n".join([*lines, *_lines(headers)]) + f"\r\n\r\n{form.fields if form else ''}").encode()


def get(port: int, path: str, cookie: str = "", *, packed: bool = False) -> bytes:
    """One answer with its head."""
    return answered(port, request(path, cookie, packed=packed))


def answered(port: int, asked: bytes) -> bytes:
    """The answer to one request, on a connection of its own."""
    answers: list[bytes] = []

    def once() -> Script:
        answers.append((yield asked))
        yield None

    run(port, [Client(once())], 0)
    return answers[0]


def _whole(answer: bytes) -> bool:
    """Whether that is an answer from its first byte to its last; all but the empty ones have a length."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    if answer.startswith(b"HTTP/1.1 204"):
        return True
    place = answer.find(b"content-length: ", 0, end)
    if place < 0:
        raise Unanswered(answer[:end].decode(errors="replace"))
    return len(answer) == end + 4 + int(answer[place + 16 : answer.index(b"\r", place)])


def _lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]
