"""The whole way of a citizen as a browser goes it: number, code, list, refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench import clients
from bench.clients import Client, PageForm, Script
from bench.harness import Scale
from bench.towns import BRANDS, NUMBERS

_REQUESTS = 4  # of one person; the two pages with the forms are the same for everybody and not counted
_CODE = re.compile(r"#([0-9]{6})").search
_COOKIE = re.compile(rb"\r\nset-cookie: ((?:giris|sid)=[^;\"]{43})", re.IGNORECASE).search


@contextmanager
def flows(scale: Scale, port: int, outbox: Path, count: int) -> Iterator[Callable[[], float]]:
    """People a second, of ``count`` at once; each goes the whole way again, under another number."""
    outbox.touch()
    with outbox.open("rb") as file:
        post = _Post(file)
        crowd = [Client(_flow(post, NUMBERS[first::count])) for first in range(count)]
        for _ in range(_REQUESTS):  # the first answers, slow for what they load
            clients.run(port, crowd, 0)
        yield lambda: clients.run(port, crowd, scale.seconds) / _REQUESTS


class _Post:
    """Reads the messages as they arrive."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._codes: dict[str, str] = {}
        self._rest = b""

    def code(self, number: str) -> str | None:
        """The code sent to this number, once."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if found := _CODE(message["text"]):
                self._codes[message["to"]] = found[1]
        return self._codes.pop(number, None)


def _flow(post: _Post, numbers: tuple[str, ...]) -> Script:
    turn = 0
    while True:
        number = numbers[turn % len(numbers)]
        refusal = f"/izinler/{BRANDS[turn // len(numbers) % 3]}/MESAJ/BIREYSEL"
        turn += 1
        browser = _cookie((yield clients.request("/giris", form=PageForm(f"address={number[3:]}"))))
        while (code := post.code(number)) is None:
            yield None
        session = _cookie((yield clients.request("/giris/kod", browser, PageForm(f"code={code}"))))
        clients.check((yield clients.request("/izinler", session)), b"HTTP/1.1 200")
        clients.check((yield clients.request(refusal, session, PageForm("status=RET", htmx=True))), b"HTTP/1.1 200")


def _cookie(answer: bytes) -> str:
    """The cookie that a 303 sets."""
    clients.check(answer, b"HTTP/1.1 303")
    found = _COOKIE(answer)
    if found is None:
        raise clients.Unanswered(answer[:500].decode(errors="replace"))
    return found[1].decode()
