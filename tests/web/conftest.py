"""A site without a database, and clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, cast

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from consents.registry import Registry
from consents.store import StoreUnavailable, Unknown
from izin import app
from settings import load
from tests.web.client import PageClient
from web import pages
from web.rendering import drawing

HERE = Path(__file__).parent
KEY = "k3y-0f-32-bytes-and-then-some-more-of-it"
REAL = {
    "PUBLIC_URL": "https://izin.example",
    "SECRET_KEY": KEY,
    "OPERATOR_TITLE": "Örnek İşletmecilik A.Ş.",
    "OPERATOR_MERSIS": "0123456789012345",
    "OPERATOR_ADDRESS": "Örnek Mahallesi 1, Ankara",
    "KVKK_CONTACT": "kvkk@izin.example",
    "FILE_GATEWAY": "1",  # a real one names carriers
}

Build = Callable[..., PageClient]


class Nowhere:
    """A store that cannot be reached, and has nothing that is closed with the site."""

    def __bool__(self) -> bool:
        return False

    async def read(self, *_: object) -> NoReturn:
        raise StoreUnavailable("there is no database")


class Memory:
    """Stands in for the registry where a page needs none."""

    store = Nowhere()

    def close(self) -> None:
        raise AssertionError("a registry that was given is closed by its giver")


async def echo(request: Request) -> Response:
    """Says what the application sees of a request."""
    body = await request.body()
    client = request.client.host if request.client else "-"
    return PlainTextResponse(f"{request.method} {client} {request.url.scheme} {len(body)}")


async def boom(request: Request) -> Response:
    raise RuntimeError(f"kan{request.query_params.get('who', '')}")


async def unsaved(request: Request) -> Response:
    raise StoreUnavailable("disk full")


async def unknown(request: Request) -> Response:
    raise Unknown("the answer to the commit was lost")


async def fail(request: Request) -> Response:
    raise HTTPException(int(request.path_params["status"]))


async def specimen(request: Request) -> Response:
    return pages.render(request, "specimen.html")


async def placeholder(request: Request) -> Response:
    return PlainTextResponse("")


EXTRA: list[BaseRoute] = [
    Route("/echo", echo, methods=["GET", "POST", "PUT", "DELETE"]),
    Route("/u/{token}/echo", echo, methods=["POST"]),
    Route("/boom", boom, methods=["GET", "POST"]),
    Route("/unsaved", unsaved, methods=["GET", "POST"]),
    Route("/unknown", unknown, methods=["GET", "POST"]),
    Route("/fail/{status:int}", fail, methods=["GET", "POST"]),
    Route("/only-post", echo, methods=["POST"]),
    Route("/specimen", specimen),
]


@pytest.fixture
def site() -> Iterator[Build]:
    """Builds a running site: ``site(OPTOUT_NUMBER="3838", paths=("/giris",))`` returns a client for it."""
    running: list[PageClient] = []

    def build(
        *,
        paths: tuple[str, ...] = (),
        base_url: str = "",
        peer: str = "192.0.2.200",
        raise_errors: bool = True,
        **env: str,
    ) -> PageClient:
        settings = load({"SECRET_KEY": KEY, **env})
        extra = EXTRA + [Route(path, placeholder) for path in paths]
        asgi = app.build(settings, cast(Registry, Memory()), extra=extra)
        asgi.app.state.process.faults = list  # type: ignore[attr-defined]
        asgi.app.state.process.pages.folders = (drawing.TEMPLATES, HERE)  # type: ignore[attr-defined]
        url = base_url or settings.public_url
        client = PageClient(asgi, base_url=url, client=(peer, 50000), raise_server_exceptions=raise_errors).__enter__()
        running.append(client)
        return client

    yield build
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def client(site: Build) -> PageClient:
    return site()
