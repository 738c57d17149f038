"""The short way answers as Starlette's own way would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from web.express import Express

MOST, OWN = 100, 1000


class Known(Exception):
    pass


class Stamp:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["stamped"] = "by its middleware"
        await self.app(scope, receive, send)


async def told(request: Request) -> Response:
    """Everything that an endpoint may look at."""
    body = await request.body()
    layers = "all" if "starlette.exception_handlers" in request.scope else "none"
    request.app.state.layers.append(layers)
    where = str(request.url_for("told", number="7"))
    seen = (request.method, request.path_params, len(body), request.scope.get("stamped"), where)
    return PlainTextResponse(repr(seen))


async def fails(request: Request) -> Response:
    await request.body()
    kind = request.path_params["kind"]
    raise {"known": Known(), "404": HTTPException(404, "none", {"x-own": "1"}), "500": ValueError("x")}[kind]


def threaded(request: Request) -> Response:
    return PlainTextResponse("from a thread")


async def streamed(request: Request) -> Response:
    async def parts() -> Any:
        for part in (b"a", b"b"):
            yield part

    return StreamingResponse(parts())


class Apart:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("apart")(scope, receive, send)


TABLE: list[BaseRoute] = [
    Route("/told/{number}", told, name="told"),
    Route("/told/{number}", told, methods=["POST"]),
    Route("/long", told, methods=["POST"], max_body_size=OWN),
    Route("/short", told, methods=["POST"], max_body_size=10),
    Route("/stamped", told, middleware=[Middleware(Stamp)]),
    Route("/fails/{kind}", fails, methods=["GET", "POST"]),
    Route("/threaded", threaded),
    Route("/streamed", streamed),
    Route("/apart", Apart()),
    Mount("/under", routes=[Route("/told", told)]),
]


async def known(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"known at {request.scope['route'].path}", 418)


async def fault(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"fault at {request.scope['route'].path}", 500)


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"refused: {error.status_code}", error.status_code, error.headers)


OPTIONS: dict[str, Any] = {"exception_handlers": {Known: known, HTTPException: refused, Exception: fault}}


@pytest.fixture
def sites() -> tuple[TestClient, TestClient]:
    """The short way and Starlette's."""
    both = Express(TABLE, MOST, **OPTIONS), Starlette(routes=TABLE, max_body_size=MOST, **OPTIONS)
    for site in both:
        site.state.layers = []
    short, long = (TestClient(site, raise_server_exceptions=False, follow_redirects=False) for site in both)
    return short, long


def chunks(length: int) -> Callable[[], dict[str, Any]]:
    """A body that comes in chunks, without a word on its length."""
    return lambda: {"content": iter([b"x" * length])}


def sized(length: int) -> Callable[[], dict[str, Any]]:
    """A body whose length is said beforehand."""
    return lambda: {"content": b"x" * length}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *(("GET", path, dict) for path in ("/told/1", "/told/a%2Fb", "/told/1/", "/none", "/streamed", "/apart")),
        *(("GET", path, dict) for path in ("/threaded", "/stamped", "/under/told", "/fails/known", "/fails/404")),
        *((method, "/told/1", dict) for method in ("HEAD", "PUT", "OPTIONS", "DELETE")),
        *(("POST", "/told/1", way(length)) for way in (sized, chunks) for length in (0, 1, MOST, MOST + 1)),
        *(("POST", "/long", sized(length)) for length in (MOST + 1, OWN, OWN + 1)),
        *(("POST", "/short", sized(length)) for length in (10, 11)),
        *(("POST", f"/fails/{kind}", sized(5)) for kind in ("known", "404", "500")),
        ("POST", "/fails/known", sized(MOST + 1)),
        ("POST", "/told/1", lambda: {"content": b"x", "headers": {"content-length": "+1"}}),
        ("POST", "/told/1", lambda: {"content": b"x", "headers": {"content-length": "9" * 19}}),
        ("GET", "/told/1", sized(MOST + 1)),
    ],
)
def test_both_ways_answer_alike(
    sites: tuple[TestClient, TestClient], method: str, path: str, body: Callable[[], dict[str, Any]]
) -> None:
    answers = [site.request(method, path, **body()) for site in sites]
    short, long = [(answer.status_code, dict(answer.headers), answer.content) for answer in answers]
    if long[2] == b"Content Too Large":  # Starlette's own words, whatever the site's are
        assert (short[0], short[2]) == (long[0], b"refused: 413")
    else:
        assert short == long


def test_a_plain_request_passes_none_of_starlettes_layers_and_any_other_all(
    sites: tuple[TestClient, TestClient],
) -> None:
    short, _ = sites
    plain = [("GET", "/told/1", {}), ("HEAD", "/told/1", {}), ("POST", "/told/1", sized(MOST)())]
    others = [("POST", "/told/1", chunks(1)()), ("GET", "/stamped", {}), ("GET", "/under/told", {})]
    for requests, layers in ((plain, "none"), (others, "all")):
        for method, path, body in requests:
            short.app.state.layers.clear()  # type: ignore[attr-defined]
            assert short.request(method, path, **body).status_code == 200
            assert short.app.state.layers == [layers]  # type: ignore[attr-defined]


def test_what_a_program_repeats_is_kept_and_what_is_secret_is_not() -> None:
    table = [Route("/brands/{code}", told), Route("/k/{code}", told)]
    index = Express(table, MOST)._index
    for path in ("/brands/600001", "/k/aB3dE", "/k/12345678901"):
        for _ in range(2):
            match, child = index.matches({"type": "http", "method": "GET", "path": path, "root_path": ""})
            assert (match, child["path_params"]) == (Match.FULL, {"code": path.rpartition("/")[2]})
            child["path_params"]["code"] = "changed by who got it"
    assert list(index._kept) == [("GET", "/brands/600001")]
