"""Paths: the numbers in them, and which of them answer GET, for links on error pages."""

from __future__ import annotations

from urllib.parse import quote

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.routing import Match


class _RowNumber(IntegerConvertor):
    """``{brand:number}``: at most 18 digits, which fit 64 bits; Python refuses to read thousands."""

    regex = "[0-9]{1,18}"


def register_numbers() -> None:
    register_url_convertor("number", _RowNumber())


def readable(request: Request, path: str | None = None) -> bool:
    """True when ``path``, or else the request's own, answers GET."""
    scope = {**request.scope, "method": "GET", "path": request.scope["path"] if path is None else path}
    try:
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    except Exception:  # the path itself may be what went wrong, and the page about that must still be drawn
        return False


def above(request: Request) -> str:
    """The nearest path above the request's own that answers GET, for a link; else "/"."""
    path = str(request.scope["path"])
    while path := path.rpartition("/")[0]:
        if readable(request, path):
            return quote(path)
    return "/"
