"""A served site for the clients, and what a site answers in need."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from consents.registry import Registry
from providers.consents import batches
from tests import HOST, ROOT
from tests.browsing import NAME, served
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, Desk

PREFIX = "/deneme-alani"

sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))


def blocks(name: str) -> list[str]:
    """The examples of a README."""
    text = (ROOT / "clients" / name).read_text("utf-8")
    return [block.strip() for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


class Served(NamedTuple):
    """A site at ``url`` with the user “cinar”; lists wait until ``store_lists``."""

    url: str
    desk: Desk

    @property
    def password(self) -> str:
        return self.desk.passwords["cinar"]

    @property
    def registry(self) -> Registry:
        return self.desk.registry

    def store_lists(self) -> None:
        asyncio.run(batches.store_waiting(self.registry))


@pytest.fixture
def site(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Served]:
    desk = Desk(open_registry(sqlite_url), clock, {})
    with served(below(PREFIX, desk.asgi)) as url:
        yield Served(url.replace(NAME, HOST) + PREFIX, desk)
    desk.close()


def below(prefix: str, site: ASGIApp) -> ASGIApp:
    """The site below a path, as a proxy serves it, or as /sandbox is served; elsewhere there is nothing."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await site(scope, receive, send)
        elif scope["path"].startswith(f"{prefix}/"):
            raw = scope["raw_path"].removeprefix(prefix.encode())
            await site({**scope, "path": scope["path"].removeprefix(prefix), "raw_path": raw}, receive, send)
        else:
            await PlainTextResponse("below the prefix alone", 404)(scope, receive, send)

    return serve


class Unsteady(httpx.BaseTransport):
    """A network: each ``plan`` entry spoils one request: a status with its Retry-After, “lost” before the answer or
    “unsent”. ``sent``: method, path and Idempotency-Key of each."""

    def __init__(self, inner: httpx.BaseTransport | None = None) -> None:
        self.inner = inner or httpx.HTTPTransport()
        self.plan: list[tuple[str, int | str, str]] = []
        self.sent: list[tuple[str, str, str]] = []

    def spoil(self, path: str, with_: int | str, retry_after: str = "") -> None:
        self.plan.append((path, with_, retry_after))

    def close(self) -> None:
        self.inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append((request.method, request.url.path, request.headers.get("idempotency-key", "")))
        found = next((one for one in self.plan if request.url.path.endswith(one[0])), None)
        if found is None:
            return self.inner.handle_request(request)
        self.plan.remove(found)
        _, how, retry_after = found
        if how == "unsent":
            raise httpx.ConnectError("no way")
        if how == "lost":
            self.inner.handle_request(request).read()
            raise httpx.ReadError("the answer was lost")
        assert isinstance(how, int)
        code = {429: "H084", 503: "H123", 401: "H351"}.get(how, "H015")
        body = json.dumps({"errors": [{"code": code, "message": "…"}]})
        return httpx.Response(how, text=body, headers={"retry-after": retry_after} if retry_after else {})


__all__ = ["CINAR", "Served", "Unsteady"]
