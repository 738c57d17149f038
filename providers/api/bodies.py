"""Request bodies: strict JSON (RFC 8259), objects of known fields only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from math import isinf
from typing import Any, NoReturn

from starlette.requests import Request

from consents.languages import Sentence
from providers.api.answers import Fault, Refusal
from providers.cases.case import Flaw

MOST_UNKNOWN = 20  # unknown fields of one object that an answer names
FEW, LIST = 5000, 150_000  # values in a body: of most calls, of a thousand consents with a hundred dealers each
_LONGEST_NAME = 100  # characters of a field's name that are repeated
_LONGEST_SHOWN = 200  # characters of a value that are repeated
_TOO_MANY = "H126"  # its value is a number: how many
_AT_ONCE = 64_000  # bytes that are read on the loop; more are read in a thread


class _Broken(ValueError):
    """JSON that a strict reader does not take."""


async def read(request: Request, most: int = FEW) -> Any:
    """The body as JSON. Errors: Refusal 400 H014 where it is none (a name twice, NaN, an infinite number, bad UTF-8,
    half a character, NUL, too deep), 413 Z413 where it may have more than ``most`` values."""
    body = await request.body()
    # Every value but the first has a bracket or comma before it. Counting takes a hundredth of the time of reading,
    # and reading very many small values lets nobody else run, even in a thread.
    if sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise Refusal(413, Fault("Z413"))
    return _decoded(body) if len(body) <= _AT_ONCE else await asyncio.to_thread(_decoded, body)


def _decoded(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        if "\\u" in text:
            _check_escapes(text)
        return _strict.decode(text)
    except (ValueError, RecursionError):
        raise Refusal(400, Fault("H014")) from None


async def read_object(
    request: Request, invalid: str, most: int = FEW, *, message: Sentence | None = None
) -> dict[str, Any]:
    """The body as an object. Errors: Refusal 400 with ``invalid`` for other JSON. ``message``: replaces the code's own
    sentence where that names the fields of other calls."""
    body = await read(request, most)
    if not isinstance(body, dict):
        raise Refusal(400, Fault(invalid, message=message))
    return body


def unknown(body: Mapping[str, Any], known: Collection[str], place: int | None = None) -> list[Fault]:
    """H118 for each unknown field."""
    strange = islice((name for name in body if name not in known), MOST_UNKNOWN)
    return [Fault("H118", (name[:_LONGEST_NAME],), shown(body[name]), place) for name in strange]


def faults(body: Mapping[str, Any], flaws: Iterable[Flaw], place: int | None = None) -> list[Fault]:
    """The judge's flaws of a body as the API's faults, each with its value."""
    return [_fault(body, flaw, place) for flaw in flaws]


def _fault(body: Mapping[str, Any], flaw: Flaw, place: int | None) -> Fault:
    if flaw.field not in body:
        return Fault(flaw.code, (flaw.field,), place=place)
    value = body[flaw.field]
    if flaw.code == _TOO_MANY:
        return Fault(flaw.code, (flaw.field,), len(value), place)
    if flaw.step is not None:
        return Fault(flaw.code, (flaw.field, flaw.step), shown(value[flaw.step]), place)
    return Fault(flaw.code, (flaw.field,), shown(value), place)


def shown(value: Any) -> Any:
    """A value as a fault may repeat it: long or nested ones are cut."""
    if isinstance(value, str):
        return value[:_LONGEST_SHOWN]
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = ""
    try:
        for piece in _piecemeal.iterencode(value):
            text += piece[:_LONGEST_SHOWN]
            if len(text) >= _LONGEST_SHOWN:
                break
    except RecursionError:  # what could just be read, a little higher up on the stack
        return "…"
    return text[:_LONGEST_SHOWN]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise _Broken("a name stands twice")
    return body


def _check_escapes(text: str) -> None:
    """Errors: _Broken for half a surrogate pair, which no answer can repeat, and for NUL, which PostgreSQL cannot
    store."""
    try:
        written = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _Broken("half a character") from None
    if b"\\u0000" in written:
        raise _Broken("NUL")


def _number(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise _Broken("a number without end")
    return number


def _no_constant(text: str) -> NoReturn:
    raise _Broken(text)


_piecemeal = json.JSONEncoder(ensure_ascii=False)
_strict = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_number)
