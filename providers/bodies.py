"""Bodies of the API's calls: strict JSON (RFC 8259), objects of known fields only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from starlette.requests import Request

from providers.answers import Fault, Refusal


class _Broken(ValueError):
    """JSON that a strict reader does not take."""


async def read(request: Request) -> Any:
    """The body as JSON. Refusal 400 H014 where it is none: also a name twice in an object, NaN, bad UTF-8, depth."""
    body = await request.body()
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, Fault("H014")) from None


async def read_object(request: Request, invalid: str) -> dict[str, Any]:
    """The body as an object; Refusal 400 with the code ``invalid`` where it is another kind of JSON."""
    body = await read(request)
    if not isinstance(body, dict):
        raise Refusal(400, Fault(invalid))
    return body


def unknown(body: Mapping[str, Any], known: Collection[str], place: int | None = None) -> list[Fault]:
    """H118 for each field that the call does not know."""
    return [Fault("H118", (name,), shown(body[name]), place) for name in body if name not in known]


def shown(value: Any) -> Any:
    """A value as a fault may repeat it: what is long or nested is cut, so that an error stays small."""
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return json.dumps(value, ensure_ascii=False)[:200]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise _Broken("a name stands twice")
    return body


def _no_constant(text: str) -> NoReturn:
    raise _Broken(text)
