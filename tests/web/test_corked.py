"""What uvicorn writes to a connection: an answer in one piece, and nothing held back for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from web.corked import Protocol

GET = b"GET / HTTP/1.1\r\nhost: izin.example\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")
POST = b"POST / HTTP/1.1\r\nhost: izin.example\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire:
    """A transport that remembers each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 8000) if name in ("peername", "sockname") else None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def start(length: int | None) -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def says(*messages: dict[str, Any], reads: bool = False) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if reads:
            await receive()
        for message in messages:
            await send(message)

    return app


def served(app: ASGIApp, feed: Callable[[Protocol], Awaitable[None]]) -> Wire:
    """What is written while ``feed`` brings bytes, and the tasks of the connection end."""

    async def main() -> Wire:
        wire = Wire()
        config = uvicorn.Config(app, log_config=None)
        config.load()
        state = ServerState()
        protocol = Protocol(config, state, {})
        protocol.connection_made(wire)  # type: ignore[arg-type]
        await feed(protocol)
        while state.tasks:
            await asyncio.wait(state.tasks)
            await asyncio.sleep(0)  # those that are done leave the set by a callback
        protocol.connection_lost(None)
        return wire

    return asyncio.run(main())


def wire_of(protocol: Protocol) -> Wire:
    return cast(Wire, cast(Any, protocol.transport)._transport)


def asking(*pieces: bytes) -> Callable[[Protocol], Awaitable[None]]:
    async def feed(protocol: Protocol) -> None:
        for piece in pieces:
            protocol.data_received(piece)
            await asyncio.sleep(0)

    return feed


def test_head_and_body_leave_together() -> None:
    (answer,) = served(says(start(5), body(b"hello")), asking(GET)).writes
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_leaves_at_once(status: int) -> None:
    wire = served(says({**start(None), "status": status}, body(b"")), asking(GET))
    assert b"".join(wire.writes).startswith(b"HTTP/1.1 %d " % status)
    assert len(wire.writes) == 1


def test_what_follows_is_written_as_it_comes_even_where_it_looks_like_a_head() -> None:
    piece = b"HTTP/1.1 200 OK\r\n"
    app = says(start(3 * len(piece)), *[body(piece, more=more) for more in (True, True, False)])
    first, *rest = served(app, asking(GET)).writes
    assert first.endswith(piece)
    assert rest == [piece, piece]


def test_each_answer_of_a_kept_connection_is_one_piece() -> None:
    async def feed(protocol: Protocol) -> None:
        for _ in range(3):
            protocol.data_received(GET)
            await asyncio.gather(*protocol.tasks)

    wire = served(says(start(5), body(b"hello")), feed)
    assert [answer.count(b"HTTP/1.1 200") for answer in wire.writes] == [1, 1, 1]


def test_what_answers_head_leaves_at_once_and_the_next_answer_after_it() -> None:
    seen: list[int] = []

    async def feed(protocol: Protocol) -> None:
        for asked in (HEAD, GET, HEAD, HEAD):
            protocol.data_received(asked)
            await asyncio.gather(*protocol.tasks)
            seen.append(len(wire_of(protocol).writes))

    wire = served(says(start(5), body(b"hello")), feed)
    assert seen == [1, 2, 3, 4]
    assert [answer.endswith(b"\r\n\r\n") for answer in wire.writes] == [True, False, True, True]
    piped = served(says(start(5), body(b"hello")), asking(HEAD + GET + HEAD))
    assert b"".join(piped.writes) == b"".join(wire.writes[:3])


def test_pipelined_requests_are_all_answered_in_order() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        place = scope["query_string"]
        await asyncio.sleep(0)
        await says(start(1), body(place))(scope, receive, send)

    asked = b"".join(GET.replace(b"/ ", b"/?%d " % number, 1) for number in range(5))
    wire = served(app, asking(asked))
    answers = b"".join(wire.writes).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [answer[-1:] for answer in answers] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_client_that_waits_for_leave_to_send_gets_it_before_the_answer() -> None:
    wire = served(says(start(5), body(b"hello"), reads=True), asking(POST, b"ok"))
    assert wire.writes[0] == CONTINUE
    assert b"".join(wire.writes[1:]).endswith(b"\r\n\r\nhello")


def test_what_is_no_http_is_told_so() -> None:
    wire = served(says(), asking(b"\x16\x03\x01 tls\r\n\r\n"))
    assert b"".join(wire.writes).startswith(b"HTTP/1.1 400 ")
    assert wire.closed


def test_a_head_that_nothing_follows_leaves_before_the_connection_ends() -> None:
    wire = served(says(start(5)), asking(GET))
    assert [answer[:15] for answer in wire.writes] == [b"HTTP/1.1 200 OK"]
    assert wire.closed
