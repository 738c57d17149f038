"""The short way from a request to its endpoint.

Starlette's layers between them (two for errors, two for the size of bodies, its router, two that hand over) take as
long as a point read of the store. They are for what goes wrong: so a request whose route is found, and whose body is
said beforehand, goes straight to its endpoint, and what an endpoint raises goes through them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import iscoroutinefunction, isfunction
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from web.sitemap import SiteMap

_RAISED = "izin.raised"

Plain = tuple[Callable[[Request], Awaitable[Response]], int]  # an endpoint, and the most bytes of a body it takes


class Raised(BaseRoute):
    """Stands first in Starlette's table: raises again what an endpoint raised, where Starlette's layers answer it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Such a request only."""
        return (Match.FULL if _RAISED in scope else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises it; the request is still one of the endpoint's route."""
        error, scope["route"] = scope.pop(_RAISED)
        raise error

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The table's own routes know their addresses."""
        raise NoMatchFound(name, path_params)


class Express(Starlette):
    """An application over ``table``. ``most``: bytes of a body where a route names none; ``others`` as Starlette's."""

    def __init__(self, table: Sequence[BaseRoute], most: int, **others: Any) -> None:
        self._index = SiteMap(table)
        self._direct = {id(route): found for route in table if (found := _plain(route, most))}
        super().__init__(routes=[Raised(), self._index, *table], max_body_size=most, **others)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        try:
            match, child = self._index.matches(scope)
        except Exception:  # a convertor's, of a path: Starlette's own look meets it again, where it is answered
            return await super().__call__(scope, receive, send)
        plain = self._direct.get(id(child.get("route"))) if match is Match.FULL else None
        length = _length(scope["headers"])
        if plain is None or length is None:
            return await super().__call__(scope, receive, send)
        scope["app"], scope["router"] = self, self.router
        scope.update(child)
        endpoint, most = plain
        try:
            request = Request(scope, receive, send)
            response = await (endpoint(request) if length <= most else self._too_large(request))
        except Exception as error:
            scope[_RAISED] = error, child["route"]
            return await super().__call__(scope, receive, send)
        await response(scope, receive, send)

    async def _too_large(self, request: Request) -> Response:
        """As what goes wrong is told on this site; Starlette tells it in two English words of its own."""
        answer: Response = await self.exception_handlers[HTTPException](request, HTTPException(413))
        return answer


def _plain(route: BaseRoute, most: int) -> Plain | None:
    """None for a route that is no plain one: middleware of its own, or an endpoint that must run in a thread."""
    if not isinstance(route, Route) or not iscoroutinefunction(route.endpoint):
        return None
    way = route.app
    if isinstance(way, RequestBodyLimitMiddleware):
        most, way = way.max_body_size, way.app
    return (route.endpoint, most) if isfunction(way) else None


def _length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Bytes of the body that follows; the server reads no further than that. None where it does not say."""
    length = 0
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and not value.isdigit()):
            return None
        if name == b"content-length":
            length = max(length, int(value[:19]))  # as good as any that is longer
    return length
