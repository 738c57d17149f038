"""Pages of lists: ``offset`` and ``limit`` of a query, by İYS's rules and codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from starlette.requests import Request

from providers.api import wire
from providers.api.answers import Fault, Refusal

MOST = 100  # H186
T = TypeVar("T")


class Page(NamedTuple):
    offset: int
    limit: int

    def of(self, entries: Sequence[T]) -> Sequence[T]:
        return entries[self.offset : self.offset + self.limit]

    def pagination(self, total: int, size: int) -> dict[str, int]:
        """İYS ``pagination``."""
        return wire.pagination(self.offset, size, total)


def page(request: Request, most: int = MOST) -> Page:
    """The query's page; without one the first ``most`` entries. Errors: Refusal 422."""
    offset = _number(request, "offset", 0, "H182")
    limit = _number(request, "limit", most, "H183")
    if limit == 0:
        raise Refusal(422, Fault("H187", ("limit",), limit))
    if limit > most:
        raise Refusal(422, Fault("H186", ("limit",), limit))
    return Page(offset, limit)


def _number(request: Request, name: str, default: int, code: str) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Refusal(422, Fault(code, (name,), text[:200]))
    return int(text)
