"""Declares a write's first reads, so that PostgreSQL runs them in the round trip that takes the lock. ``prefetches``
gives a work a function of its arguments that returns them. The work reads as usual, and gets the prefetched rows where
there are any; SQLite ignores the declaration."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from consents.store.statements import Statement

W = TypeVar("W", bound=Callable[..., Any])
_DECLARED = "prefetch"


class PrefetchRead(NamedTuple):
    """A prefetched read: a SELECT, and exactly the values that the work will give it."""

    statement: Statement[Any]
    values: Mapping[str, Any]


class Prefetch(NamedTuple):
    """The first reads of a work. ``subject``: whom it is about; what a work about another subject changes must not
    change the rows of these reads."""

    subject: Hashable
    reads: Sequence[PrefetchRead]


Prefetched = dict[Hashable, list[tuple[PrefetchRead, Any]]]
"""Subject -> its reads, each with the cursor that has the rows."""


def prefetches(declare: Callable[..., Prefetch | None]) -> Callable[[W], W]:
    """A decorator of works. ``declare``: gets a work's arguments and returns its first reads, or None."""

    def decorate(work: W) -> W:
        vars(work)[_DECLARED] = declare
        return work

    return decorate


def prefetch_of(work: Callable[..., Any], arguments: Sequence[Any]) -> Prefetch | None:
    declare: Callable[..., Prefetch | None] | None = getattr(work, _DECLARED, None)
    return None if declare is None else declare(*arguments)
