"""Fields of a form. Plain forms are read at once: Starlette's streaming parser costs ten times as much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

MOST = 100  # fields; no form of ours has a tenth of them
FORM_BYTES = 64_000  # of any form, and of the body of any unauthenticated request
_PLAIN = "application/x-www-form-urlencoded"
_IN_PARTS = "multipart/form-data"
_CHARSET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)

Pairs = Sequence[tuple[str, str]]


async def limit(request: Request, most: int) -> None:
    """Limits the rest of the body to ``most`` bytes, else 413. Raise it once the request is authorised."""
    await RequestBodyLimitMiddleware(_nothing, most)(request.scope, request.receive, _unsent)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """A limit set again applies to the existing layer."""


async def _unsent(message: object) -> None:
    """Nothing is answered there."""


async def pairs(request: Request, most: int = MOST) -> Pairs:
    """(name, text) pairs in order, without files. 400 for a plain form of more than ``most`` fields, 413 for more
    than ``FORM_BYTES``. A body without a content type is a plain form."""
    await limit(request, FORM_BYTES)
    kind = request.headers.get("content-type", _PLAIN).partition(";")[0].strip().lower()
    if kind == _IN_PARTS:
        return await _in_parts(request)
    if kind != _PLAIN:
        return []
    body = await request.body()
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise HTTPException(400) from None


async def with_files(request: Request, errors: str = "replace") -> dict[str, str]:
    """As ``fields``, with the text of each file; ``errors``: as in ``bytes.decode``."""
    await limit(request, FORM_BYTES)
    kind = _CHARSET.sub("", request.headers.get("content-type", _PLAIN))
    if kind.partition(";")[0].strip().lower() != _IN_PARTS:
        return await fields(request)
    whole = MultiPartParser(Headers({"content-type": kind}), request.stream())
    try:
        form = await whole.parse()
    except (MultiPartException, ValueError):
        raise HTTPException(400) from None
    try:
        return {
            name: value if isinstance(value, str) else (await value.read()).decode("utf-8", errors)
            for name, value in form.multi_items()
        }
    finally:
        await form.close()


async def _in_parts(request: Request) -> Pairs:
    """As UTF-8, whatever charset is named (RFC 7578, 5.1.2 knows none); some of Python's decode no text."""
    kind = _CHARSET.sub("", request.headers["content-type"])
    try:
        form = await MultiPartParser(Headers({"content-type": kind}), request.stream()).parse()
    except (MultiPartException, ValueError):
        raise HTTPException(400) from None
    try:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    finally:
        await form.close()


async def fields(request: Request) -> dict[str, str]:
    """Texts by name, the last one of a repeated name."""
    return dict(await pairs(request))


async def once(request: Request, name: str) -> str | None:
    """The text of a field that was sent exactly once."""
    given = [value for field, value in await pairs(request) if field == name]
    return given[0] if len(given) == 1 else None
