"""Requests made of pieces at random: right ones, nearly right ones and nonsense, as bytes for a socket."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.web.wire import HELLO, HOST, Started

AT_ONCE = 48  # connections
SILENCE = 0.25  # seconds after which the client goes; many of these requests never end
METHODS = [
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"PATCH",
    b"TRACE",
    b"CONNECT",
    b"get",
    b"G\x00T",
    b"",
]
VERSIONS = [*[b"HTTP/1.1"] * 12, b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.10", b"http/1.1", b"", b"HTTP/1.1 x"]
LENGTHS = [b"0", b"9", b"+9", b"-1", b"0" * 22 + b"9", b"9, 9", b"9,8", b" 9", b"9 9", b"0x9", b"", b"9" * 22, b"\xb2"]
CODINGS = [b"chunked", b"Chunked", b"identity", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"\tchunked", b""]
KINDS = [
    *[b"application/x-www-form-urlencoded"] * 3,
    b"application/json",
    b"multipart/form-data; boundary=b",
    b"multipart/form-data; boundary=b; charset=undefined",
    b"multipart/form-data",
    b"text/plain; charset=idna",
    b"\xff",
]
BODIES = [
    b"",
    b"address=x",
    b"status=RET",
    b"List-Unsubscribe=One-Click",
    b"%",
    b"%41" * 3000,
    b"a=b&" * 300,
    b"x" * 70_000,
    b'{"recipient":"+905320000001","type":"MESAJ","recipientType":"BIREYSEL"}',
    b"[" * 3000,
    b'{"a":' * 500,
    b"\xff\x00\xfe",
    b"--b\r\ncontent-disposition: form-data; name=code\r\n\r\n1\r\n--b--\r\n",
    b'--b\r\ncontent-disposition: form-data; name="a"; filename="\xff"\r\n\r\n',
]
HEADERS = [
    b"accept: application/json",
    b"accept-language: " + b"en;q=" * 200,
    b"accept-encoding: gzip",
    b"authorization: Bearer " + b"a" * 40,
    b"authorization: Bearer \xff",
    b"connection: close",
    b"connection: upgrade\r\nupgrade: websocket",
    b"connection: content-length, keep-alive",
    b"cookie: sid=" + b"A" * 43,
    b"cookie: giris=%00; sid=\xff;;=",
    b"expect: 100-continue",
    b"hx-request: true\r\nhx-request-type: partial",
    b"idempotency-key: " + b"k" * 300,
    b"if-none-match: *",
    b"range: bytes=0-1,5-",
    b"sec-fetch-site: same-origin",
    b"x-forwarded-for: 10.0.0.1, ::1, x",
    b"x-request-id: \xff",
    b"x" * 9000 + b": y",
    b"x-empty:",
]
NONSENSE = [
    b"expect: 200-ok",
    b"origin: null",
    b"sec-fetch-site: cross-site",
    b"y: " + b"x" * 70_000,
    b"a b: c",
    b": no name",
    b"folded: a\r\n b",
    b"nul: a\x00b",
    b"bare: a\nb: c",
    b"no colon",
]
QUERIES = [
    b"",
    b"",
    b"",
    b"?lang=en",
    b"?q=%FF&page=-1",
    b"?page=99999999999999999999",
    b"?" + b"&a" * 4000,
    b"?%",
    b"?\xff",
]
PARTS = [b"1", b"600001", b"a", b"9" * 40, b"%00", b"%2F..", b"%FF", b"MESAJ", b"BIREYSEL", b"svg", b"K7QX2M9ABCDEF1"]
SPOILERS = [b"/", b"//", b"/../", b";", b"#x", b"%", b" "]


@dataclass
class Heard:
    """What became of the requests. ``failed``: those that were answered with a status from 500 on."""

    statuses: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[bytes, bytes]] = field(default_factory=list)
    others: list[float] = field(default_factory=list)  # seconds until an ordinary request beside them was answered


def requests(dice: random.Random, templates: Sequence[str], count: int) -> Iterator[bytes]:
    """So many, of the paths of a route table."""
    return (_request(dice, templates) for _ in range(count))


def _request(dice: random.Random, templates: Sequence[str]) -> bytes:
    line = b" ".join((_mostly(dice, METHODS, 3), _target(dice, templates), _mostly(dice, VERSIONS, 12)))
    body, framing = _framed(dice, dice.choice(BODIES))
    hosts = _mostly(dice, [b"127.0.0.1", b"izin.example", b"", b"\xff", b"a:b:c"], 2)
    headers = [b"host: " + hosts] * dice.choice([1, 1, 1, 1, 1, 0, 2])
    headers += [
        b"content-type: " + _mostly(dice, KINDS, 6),
        *framing,
        *dice.choices(HEADERS, k=dice.choice([0, 1, 1, 2, 4])),
    ]
    dice.shuffle(headers)
    made = b"\r\n".join([line, *headers, b"", b""]) + body
    spoilt = dice.random()
    if spoilt < 0.08:
        return made[: dice.randrange(len(made) + 1)]
    if spoilt < 0.14:
        place = dice.randrange(len(made))
        return made[:place] + dice.randbytes(dice.choice([1, 1, 4])) + made[place + 1 :]
    return made * dice.choice([2, 3]) if spoilt < 0.18 else made


def _mostly(dice: random.Random, choices: Sequence[bytes], first: int) -> bytes:
    return dice.choice(choices[:first] if dice.random() < 0.9 else choices)


def _target(dice: random.Random, templates: Sequence[str]) -> bytes:
    path = re.sub(rb"{[^}]*}", lambda _: dice.choice(PARTS), dice.choice(templates).encode())
    if dice.random() < 0.15:
        place = dice.randrange(len(path) + 1)
        path = path[:place] + dice.choice(SPOILERS) + path[place:]
    path = dice.choice([b"http://evil.example", b"*", b""]) + path if dice.random() < 0.03 else path
    return path + _mostly(dice, QUERIES, 5)


def _framed(dice: random.Random, body: bytes) -> tuple[bytes, list[bytes]]:
    """The body as it travels, and the headers that say how long it is."""
    how = dice.random()
    if how < 0.7:
        return body, [b"content-length: %d" % len(body)]
    if how < 0.85:
        sizes = _mostly(dice, [b"%x", b"%X;ext=1", b"000%x", b"+%x", b"%x "], 3) % len(body)
        return sizes + b"\r\n" + body + b"\r\n0\r\n\r\n", [b"transfer-encoding: " + _mostly(dice, CODINGS, 1)]
    framing = [b"content-length: " + dice.choice(LENGTHS) for _ in range(dice.choice([1, 1, 2]))]
    if dice.random() < 0.3:
        framing.append(b"transfer-encoding: " + dice.choice(CODINGS))
    return body, framing


async def speak(site: Started, made: Iterator[bytes]) -> Heard:
    """Sends them all, some at once, and asks for an ordinary page meanwhile, again and again."""
    heard, done = Heard(), asyncio.Event()
    watching = asyncio.create_task(_watch(site, heard, done))
    await asyncio.gather(*(_send_all(site, made, heard) for _ in range(AT_ONCE)))
    done.set()
    await watching
    return heard


async def _send_all(site: Started, made: Iterator[bytes], heard: Heard) -> None:
    for request in made:
        answers = re.findall(rb"(?:^|[\r\n}>])HTTP/1\.[01] (\d{3})", await _exchange(site, request))
        heard.statuses.update([answer.decode() for answer in answers] or ["none"])
        heard.failed += [(request, status) for status in answers if status >= b"500"]


async def _exchange(site: Started, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, site.port)
    got = b""
    try:
        writer.write(request)
        while part := await asyncio.wait_for(reader.read(1 << 16), SILENCE):
            got += part
    except (TimeoutError, ConnectionError):
        pass
    writer.transport.abort()
    return got


async def _watch(site: Started, heard: Heard, done: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    while not done.is_set():
        began = loop.time()
        reader, writer = await asyncio.open_connection(HOST, site.port)
        writer.write(HELLO)
        assert b" 200 OK" in await reader.read(1 << 16)
        heard.others.append(loop.time() - began)
        writer.close()
        await asyncio.sleep(0.05)
