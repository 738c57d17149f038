"""Pages as answers, in the language of the request, compressed where that is safe. Handlers call
``pages.render(request, "room/name.html", **context)``."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Match

from trust import signed_tokens
from web import process
from web.guards import READING
from web.rendering import texts
from web.rendering.prepared import GAPS, Prepared

CUT = 450  # characters of a text without any pattern, of 4 bytes each, beside shorter ones
RESULT = "sonuc"  # in the query: the token of what a POST did (trust/signed_tokens.py)
VARY = "Accept-Language, Accept-Encoding, HX-Request"
_PACKET = 1400  # bytes; what fits one network packet gains nothing by compression


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    pieces: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The template as an answer. ``pieces``: long runs of prepared HTML, by name, inserted by ``v``; a fifth of the
    cost of a context value."""
    pages = process.of(request).pages
    language, explicit = texts.language(request)
    here, query = _itself(request, status)
    if pieces is not None:
        context |= {"pieces": pieces.keys(), "v": GAPS}
    drawn = pages.draw(template, language, explicit, query, context, here, spoken=texts.spoken(request))
    for name, laid in (pieces or {}).items():
        drawn = drawn.replace(getattr(GAPS, name), laid)
    return sent(request, drawn, status=status, headers=headers)


def in_language(request: Request) -> str:
    here, query = _itself(request)
    return texts.in_language(query, here)


def _itself(request: Request, status: int = 200) -> tuple[str, str]:
    # A page that only a button leads to is found at the nearest page above it.
    if (request.method not in READING or status == 405) and not readable(request):
        return above(request), ""
    return "", request.scope["query_string"].decode("latin-1")


def sent(request: Request, drawn: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    body = drawn.encode()
    packed = len(body) > _PACKET and _takes_gzip(request) and not _spied(request)
    if packed:
        body = zlib.compress(body, 4, wbits=31)
    return _answer(body, texts.language(request)[0], status, headers, packed=packed)


def fixed(request: Request, template: str, **context: Any) -> HTMLResponse:
    """A page that is the same for everybody: ``context`` depends on the language alone."""
    return _filled(request, template, None, {}, 200, None, context)


def fill(
    request: Request,
    template: str,
    shape: Hashable,
    values: Mapping[str, str],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page drawn and compressed once for each shape, and filled for a visitor. The template sees ``f``, the shape,
    of closed lists, ``v``, the gaps for ``values``, and ``context``, which depends on the language alone."""
    return _filled(request, template, shape, values, status, headers, context)


def piece(request: Request, template: str, shape: Hashable, values: Mapping[str, str]) -> Markup:
    return Markup(_prepared(request, template, texts.language(request), shape, {}).text(values))  # noqa: S704 our own template, values escaped


def _filled(
    request: Request,
    template: str,
    shape: Hashable,
    values: Mapping[str, str],
    status: int,
    headers: Mapping[str, str] | None,
    context: Mapping[str, Any],
) -> HTMLResponse:
    how, packed = texts.language(request), _takes_gzip(request)
    prepared = _prepared(request, template, how, shape, context)
    body = prepared.packed(values) if packed else prepared.encoded(values)
    return _answer(body, how[0], status, headers, packed=packed)


def _prepared(
    request: Request, template: str, how: tuple[str, bool], shape: Hashable, context: Mapping[str, Any]
) -> Prepared:
    pages = process.of(request).pages
    key = template, how, shape
    return pages.prepared.get(key) or pages.prepare(key, template, *how, shape, texts.spoken(request), **context)


def wants_piece(request: Request) -> bool:
    """True when htmx will swap the answer into a page; a boosted link wants a whole page."""
    return request.headers.get("hx-request-type") == "partial"


def redirect(request: Request, path: str) -> RedirectResponse:
    language, explicit = texts.language(request)
    return RedirectResponse(texts.link(path, language if explicit else None), status_code=303)


def show_result(request: Request, path: str, value: Any, holder: str = "") -> RedirectResponse:
    """303 to the page of ``path``, which reads the value (JSON) by ``result``. ``holder``: binds the token to
    something else of the reader, such as a session."""
    return _lead(request, path, result_token(request, path, value, holder))


def show_written(request: Request, path: str, written: Sequence[str], holder: str = "") -> RedirectResponse:
    """``show_result`` for what somebody typed. Where a token cannot hold it, the texts are cut; that needs 2,000
    characters without any pattern."""
    token = result_token(request, path, list(written), holder)
    if len(token) > signed_tokens.LONGEST_RESULT:
        token = result_token(request, path, [text[:CUT] for text in written], holder)
    return _lead(request, path, token)


def _lead(request: Request, path: str, token: str) -> RedirectResponse:
    return redirect(request, f"{path}{'&' if '?' in path else '?'}{RESULT}={token}")


def result_token(request: Request, path: str, value: Any, holder: str = "") -> str:
    """The sealed value of ``show_result``, for a link or a hidden field."""
    registry = process.of(request).registry
    return signed_tokens.write_result(registry.keyring, f"{path} {holder}", registry.store.now(), value)


def result(request: Request, path: str, holder: str = "", token: str | None = None) -> Any:
    """The value of ``show_result`` from the request's address or from ``token``; None for none, a forged or an old
    one."""
    registry = process.of(request).registry
    token = request.query_params.get(RESULT, "") if token is None else token
    return signed_tokens.read_result(registry.keyring, f"{path} {holder}", registry.store.now(), token)


def text(request: Request, message: str) -> str:
    return texts.shown(texts.language(request)[0]).gettext(message)


def _answer(
    body: bytes, language: str, status: int, headers: Mapping[str, str] | None, *, packed: bool
) -> HTMLResponse:
    own = {"vary": VARY, "content-language": language} | dict(headers or {})
    if packed:
        own["content-encoding"] = "gzip"
    return _Page(body, status, own)


class _Page(HTMLResponse):
    """HTML with headers encoded once."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        length = str(len(self.body)).encode()
        self.raw_headers = [*_encoded(tuple((headers or {}).items())), (b"content-length", length)]


@lru_cache(maxsize=256)
def _encoded(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    kind = "content-type", "text/html; charset=utf-8"
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (*headers, kind))


def _takes_gzip(request: Request) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in request.scope["headers"])


def _spied(request: Request) -> bool:
    """True where a foreign page fetches a citizen's page, perhaps to guess it by its size (BREACH, CVE-2013-3587)."""
    site = request.headers.get("sec-fetch-site", "none")
    return "cookie" in request.headers and site not in {"same-origin", "none"}


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
