"""Brings the client to a local İYS without a network, and real connections to it where a test wants them."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from typing import Any

from national.upstream.transport import IysReply, Sink, Unreachable
from tests.gateways.stand_in import Served, Silent
from tests.national.local_iys import Dead, LocalIys


class Wired:
    """The client's transport: calls the local İYS in this process."""

    def __init__(self, iys: LocalIys) -> None:
        self.iys = iys

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        try:
            status, _, told = self.iys.answer(method, path, dict(headers), body)
        except Dead as fault:
            raise Unreachable(str(fault)) from None
        clock = round(self.iys.now() * 1_000_000)
        if sink is not None and status == 200:
            for start in range(0, len(told), 1000):  # pieces that cut lines and letters
                await sink(told[start : start + 1000])
            return IysReply(200, b"", clock)
        return IysReply(status, told, clock)

    async def close(self) -> None:
        """Holds nothing."""


class Listening(Served):
    """The local İYS behind a real port."""

    def __init__(self, iys: LocalIys) -> None:
        handler = type("Handler", (_Handler,), {"iys": iys})
        self.serve(handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Handler(Silent):
    iys: LocalIys

    def _take(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            status, kind, told = self.iys.answer(self.command, self.path, headers, body)
        except Dead:
            self.close_connection = True
            return
        self.send_response_only(status)
        self.send_header("Date", email.utils.formatdate(self.iys.now(), usegmt=True))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = _take


def loads(body: bytes) -> Any:
    return json.loads(body)
