"""Answers in one piece: uvicorn's protocol for HTTP/1.1, but that the head of an answer waits for what follows it.

By itself uvicorn writes the head and then the body: two system calls, two packets on the wire, and a client that is
woken twice. ASGI asks a server to wait so (HTTP, "Response Start": the head is sent with the first part of the body).
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Protocol(HttpToolsProtocol):
    """What ``uvicorn.Config(http=…)`` takes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn does it, with a transport that waits."""
        super().connection_made(cast(asyncio.Transport, _Corked(transport, self)))


class _Corked:
    """Keeps the first write of an answer, its head, until the next one. An answer to HEAD has no other."""

    def __init__(self, transport: asyncio.Transport, protocol: HttpToolsProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self._answering: Any = None  # the request whose head has been written
        self._head = b""
        self.is_closing, self.get_extra_info = transport.is_closing, transport.get_extra_info

    def write(self, data: bytes) -> None:
        """Of pipelined requests ``cycle`` is the latest, so the answers before it are written as they come."""
        cycle = self._protocol.cycle
        if cycle is not self._answering and cycle is not None and cycle.response_started:
            self._answering = cycle
            if cycle.scope["method"] != "HEAD":
                self._head = data
                return
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def close(self) -> None:
        if self._head:
            self.write(b"")
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
