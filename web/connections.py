"""uvicorn's HTTP protocol with bounds on an incomplete request's cost; only the parser sees one
(docs/decisions/0035)."""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Any, cast

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from consents.languages import in_all, mark
from web.guards import PROBES, forwarded_for
from web.room import Room

HEADER_SECONDS = 10  # to the end of a request's headers, and between two requests of a connection
HEADER_BYTES = 64 * 1024  # of headers that are collected; web/guards.py sets the exact limit
HEADERS = 100  # lines
BODY_SECONDS, BODY_RATE = 30, 1000  # a body has to bring so many bytes a second in each span of so many seconds
ANSWER_SECONDS = 60  # without progress in sending an answer
UNREAD = 64_000  # bytes of a body that are passed over once its request is answered, so that the connection may go on
LINGER = 2.0  # seconds to read an answer that was sent before the request's end
CUT = "izin.cut"  # in a scope: a function that closes its connection at once, as a lost answer does
_PIECE = 16 * 1024  # bytes that are parsed at a time
_DEEP = 8  # requests of a connection that wait for the one before them
_TEXTS = {
    400: mark("İstek okunamadı."),
    408: mark("İsteğin gövdesi çok yavaş geldi; yeniden deneyin."),
    431: mark("İsteğin başlıkları çok uzun."),
    503: mark("Şu anda çok fazla bağlantı var; birazdan yeniden deneyin."),
}


class BoundedProtocol(HttpToolsProtocol):
    """One connection. ``room``: all of them."""

    def __init__(self, *, room: Room, **given: Any) -> None:
        super().__init__(**given)
        self.room = room
        self.since = self.loop.time()  # it waits for a request, or for this span of a body
        self.block = ""
        self.late = False  # it came when all places but those of probes were taken
        self.refused = 0  # the status that ended it
        self.in_head, self.head = True, 0  # bytes of a head that has not ended
        self.ended = False  # a message ended in the piece that is being parsed
        self.whole, self.came, self.framing = 0, 0, 0  # bytes of the body: all, in this span; of what is around it
        self.before = 0  # bytes of the body before the piece that is being parsed
        self.unread = 0
        self.unparsed = b""
        self.unsent, self.sent_at = -1, 0.0  # bytes of the answer, and since when they are so many
        self.cycles: deque[RequestResponseCycle] = deque()  # not answered yet, in their order
        self.clients: deque[str] = deque()  # whose requests a proxy has passed on here

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport, self)
        self.block = self.room.block(self.client[0]) if self.client else ""
        if not self.room.enter(self, self.block):
            self.refused = 503
            transport.write(_answer(503))
            transport.close()  # at once: waiting would let a client hold places
        self.late = len(self.room.open) > self.room.for_all

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for cycle in self.cycles:  # uvicorn knows the newest alone, and would answer the others into nothing
            cycle.disconnected = True
            cycle.message_event.set()
        self._unset_keepalive_if_required()
        self.unparsed = b""
        self._leave()

    def _leave(self) -> None:
        self.room.leave(self, self.block)
        while self.clients:
            self.room.end(self.clients.popleft())

    def give_up(self) -> None:
        self._leave()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parses in pieces, at most some requests ahead of the answered one."""
        if self.refused:
            return
        if self.unparsed or len(data) > _PIECE:
            self.unparsed += data
            self._go_on()
        else:
            self._parse(data)

    def _go_on(self) -> None:
        while self.unparsed and len(self.pipeline) < _DEEP and not self.refused:
            piece, self.unparsed = self.unparsed[:_PIECE], self.unparsed[_PIECE:]
            self._parse(piece)
        if self.unparsed:
            self.flow.pause_reading()

    def _parse(self, data: bytes) -> None:
        self.before, self.ended = self.whole, False
        super().data_received(data)
        if self.ended or self.refused:
            return
        if self.in_head:
            self.head += len(data)
            if self.head > HEADER_BYTES:
                self._refuse(431)
        else:  # lines of chunks, what is noted at them, fields behind the last one
            self.framing += len(data) - (self.whole - self.before)
            if self.framing > HEADER_BYTES + 8 * self.whole:
                self._refuse(400)

    def send_400_response(self, msg: str) -> None:
        self._refuse(431 if self.in_head and self.headers and len(self.headers) > HEADERS else 400)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > HEADERS:
            raise ValueError("too many headers")  # ends the parsing; the status is found above

    def on_headers_complete(self) -> None:
        app = self.app
        if self._has_no_room():
            self.app = _without_room
        cast(dict[str, Any], self.scope)[CUT] = self.transport.abort
        try:
            super().on_headers_complete()
            self.cycles.append(self.cycle)
        finally:
            self.app = app
        self.in_head, self.head = False, 0
        self.since, self.whole, self.came, self.framing, self.unread = self.loop.time(), 0, 0, 0, 0
        self.before = 0
        self.room.work(self)
        if self.late or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _has_no_room(self) -> bool:
        """Whether the request is rejected; it counts for the client that a proxy names either way."""
        client = ""
        if self.client is not None and not self.block:
            client = self.room.block(forwarded_for(self.client[0], self.headers, self.room.proxies))
        self.clients.append(client)
        allowed = self.room.begin(client)
        if self.url.partition(b"?")[0] in _PROBE_PATHS:
            return False
        if self.late:
            self.room.turned_away["full"] += 1
        return self.late or not allowed

    def on_body(self, body: bytes) -> None:
        self.whole += len(body)
        self.came += len(body)
        if self.cycle.response_complete:
            self.unread += len(body)
            if self.unread > UNREAD:
                self._linger()
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.in_head = self.ended = True
        if self.cycle.response_complete:
            self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycles:
            self.cycles.popleft()
        self.room.end(self.clients.popleft() if self.clients else "")
        if self.transport.is_closing():
            return
        if self.in_head and self.cycle.response_complete:
            self._wait()
        self._go_on()
        if not (self.unparsed or self.pipeline or self.refused):
            self.flow.resume_reading()

    def _wait(self) -> None:
        self.since = self.loop.time()
        self.room.wait(self)

    def look(self, now: float, passed: float) -> None:
        """Closes it after too long a wait. ``now``: the loop's seconds; ``passed``: since the last check."""
        if self.refused or self.transport.is_closing():
            return
        if self.room.waits(self):
            if now - self.since > HEADER_SECONDS:
                self.transport.close()
                self.loop.call_later(LINGER, self.transport.abort)
        elif not self.in_head:
            self._look_at_body(now, passed)
        elif not self.flow.write_paused:
            self.unsent = -1
        elif (unsent := self.transport.get_write_buffer_size()) != self.unsent:
            self.unsent, self.sent_at = unsent, now
        elif now - self.sent_at > ANSWER_SECONDS:
            self.room.turned_away["slow"] += 1
            self.transport.abort()

    def _look_at_body(self, now: float, passed: float) -> None:
        if self.flow.read_paused:  # the application takes its time, not the sender
            self.since += passed
        elif now - self.since > BODY_SECONDS:
            if self.came < BODY_SECONDS * BODY_RATE:
                self._refuse(408)
            else:
                self.since, self.came = now, 0

    def _refuse(self, status: int) -> None:
        """Answers in a line of text, unless an answer has begun, and closes."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = status
        self.room.turned_away["slow" if status == 408 else "malformed"] += 1
        under_way = self.cycle is not None and not self.cycle.response_complete
        if not (under_way and self.cycle.response_started):
            self.transport.write(_answer(status))
        if under_way:
            self.cycle.disconnected = True
            self.cycle.waiting_for_100_continue = False  # nothing can be written any more
            self.cycle.message_event.set()
        self._linger()

    def _linger(self) -> None:
        """Stops reading but leaves time for the answer: a reset at once would lose it."""
        if self.transport.is_closing():
            return
        self.unparsed = b""
        self.refused = self.refused or 413
        self.room.wait(self)  # so that it leaves at once where another needs its place
        self.flow.pause_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.abort)


class _Flow(FlowControl):
    """Stops reading while unparsed requests wait: each would read a quarter of a megabyte more."""

    def __init__(self, transport: asyncio.Transport, protocol: BoundedProtocol) -> None:
        super().__init__(transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not (self._protocol.unparsed or self._transport.is_closing()):
            super().resume_reading()


def _answer(status: int) -> bytes:
    answer = PlainTextResponse(in_all(_TEXTS[status]), status, _HEADERS)
    lines = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() + lines + b"\r\n" + bytes(answer.body)


_PROBE_PATHS = {path.encode() for path in PROBES}
_HEADERS = {"server": "izin", "x-content-type-options": "nosniff", "cache-control": "no-store", "connection": "close"}
_without_room = PlainTextResponse(in_all(_TEXTS[503]), 503, {**_HEADERS, "retry-after": "5"})
