"""Pages as answers: in the language of the request, compressed where that is safe; drawn by ``drawing``.

Handlers call ``pages.render(request, "room/name.html", **context)``; the whole of a page's manners is here.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from web import addresses, process
from web.guards import READING
from web.rendering import texts
from web.rendering.prepared_pages import Blank, gaps

VARY = "Accept-Language, Accept-Encoding, HX-Request"
# Where a piece goes: a word that nobody can type into a page.
PLACE = f"\ue002{secrets.token_hex(8)}\ue002"
_PACKET = 1400  # bytes; what fits one network packet gains nothing by compression


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    pieces: Sequence[bytes] = (),
    **context: Any,
) -> HTMLResponse:
    """The template as an answer, in the language of the request, compressed where that is safe.

    ``pieces`` are long runs of HTML that were drawn before: each takes the place of one ``PLACE`` in the template, in
    order. They cost a fifth of what the same text costs as a value.
    """
    pages = process.of(request).pages
    language, explicit = texts.language(request)
    # The other language of a page that only a button leads to is found at the nearest page above it.
    posted = (request.method not in READING or status == 405) and not addresses.readable(request)
    here, query = (addresses.above(request), b"") if posted else ("", request.scope["query_string"])
    body = pages.draw(template, language, explicit, query.decode("latin-1"), context, here)
    return sent(request, _laid(body, pieces) if pieces else body, status=status, headers=headers)


def sent(request: Request, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """HTML that is drawn already, as an answer in the language of the request, compressed where that is safe."""
    packed = _gzip(body, 4) if len(body) > _PACKET and _takes_gzip(request) and not _spied(request) else None
    return _answer(body, packed, texts.language(request)[0], status, headers)


def fixed(request: Request, template: str, **context: Any) -> HTMLResponse:
    """A page that is the same for everybody: drawn and compressed once for each language.

    ``context`` follows from the language alone.
    """
    pages = process.of(request).pages
    key = template, *texts.language(request)
    if key not in pages.drawn:
        body = pages.draw(*key, "", context)
        pages.drawn[key] = body, _gzip(body, 9)
    body, packed = pages.drawn[key]
    return _answer(body, packed if _takes_gzip(request) else None, key[1], 200, None)


def fill(
    request: Request,
    template: str,
    shape: Hashable,
    values: Mapping[str, str],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page that is drawn once for each shape and only filled in for a visitor.

    The template sees ``f``, the shape, made of words of closed lists, and ``v``, the names of ``values``.
    """
    return _filled(request, template, shape, values, {"f": shape, "v": gaps(*values)}, status, headers)


def shaped(
    request: Request,
    template: str,
    shape: Mapping[str, Hashable],
    values: Mapping[str, str],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The same for a template that names what it is given: words of closed lists (``shape``), and ``values``."""
    context = {**shape, **gaps(*values)}
    return _filled(request, template, tuple(shape.items()), values, context, status, headers)


def _filled(
    request: Request,
    template: str,
    shape: Hashable,
    values: Mapping[str, str],
    context: Mapping[str, Any],
    status: int,
    headers: Mapping[str, str] | None,
) -> HTMLResponse:
    pages = process.of(request).pages
    language, explicit = texts.language(request)
    key = template, language, explicit, shape
    if (blank := pages.blanks.get(key)) is None:
        blank = pages.blanks[key] = Blank(pages.draw(template, language, explicit, "", context).decode())
    packed = blank.packed(values) if _takes_gzip(request) else None
    return _answer(b"" if packed else blank.plain(values), packed, language, status, headers)


def redirect(request: Request, path: str) -> RedirectResponse:
    """303 to a path of this site, in the language the request asked for."""
    language, explicit = texts.language(request)
    return RedirectResponse(texts.link(path, language if explicit else None), status_code=303)


def text(request: Request, message: str) -> str:
    """A marked Turkish sentence in the language of the request."""
    return texts.catalogue(texts.language(request)[0]).gettext(message)


def _laid(body: bytes, pieces: Sequence[bytes]) -> bytes:
    """The page with each piece in its place."""
    shell = body.split(PLACE.encode())
    return b"".join(part for pair in zip(shell, [*pieces, b""], strict=True) for part in pair)


def _answer(
    body: bytes, packed: bytes | None, language: str, status: int, headers: Mapping[str, str] | None
) -> HTMLResponse:
    own = {"vary": VARY, "content-language": language} | dict(headers or {})
    if packed is not None:
        own["content-encoding"] = "gzip"
    return _Page(packed or body, status, own)


class _Page(HTMLResponse):
    """HTML whose headers are encoded once for all answers alike."""

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


def _gzip(body: bytes, level: int) -> bytes:
    return zlib.compress(body, level, wbits=31)
