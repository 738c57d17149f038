"""The fields of a posted form. Plain ones are read at once: Starlette's parser of streams costs ten times as much."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST = 100  # fields; no form of ours has a tenth of them
_PLAIN = "application/x-www-form-urlencoded"

Pairs = Sequence[tuple[str, str]]


async def pairs(request: Request) -> Pairs:
    """Names and texts in the order they were sent; a file that is sent along is passed over.

    400 for more than ``MOST`` fields. A body without a content type is taken as a plain form.
    """
    kind = request.headers.get("content-type", _PLAIN).partition(";")[0].strip().lower()
    if kind != _PLAIN:
        form = await request.form()
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    body = await request.body()
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        raise HTTPException(400) from None


async def fields(request: Request) -> dict[str, str]:
    """Texts by name, the last one where a name stands twice."""
    return dict(await pairs(request))


async def once(request: Request, name: str) -> str | None:
    """The text of a field that was sent exactly once."""
    given = [value for field, value in await pairs(request) if field == name]
    return given[0] if len(given) == 1 else None
