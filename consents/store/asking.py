"""Declares a write's first reads, so that PostgreSQL runs them in the round trip that takes the lock: ``asks_first``
adds to a work a function of its arguments that returns them. The work reads as usual and does not see whether the
answer was prefetched; SQLite ignores it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from consents.store.statements import Statement

W = TypeVar("W", bound=Callable[..., Any])
_TELLING = "first_asks"


class FirstAsk(NamedTuple):
    """A prefetched read: a SELECT, and exactly the values that the work will give it."""

    statement: Statement[Any]
    values: Mapping[str, Any]


class FirstAsks(NamedTuple):
    """The first reads of a work. ``subject``: whom it is about; no answer may depend on what a work about another
    subject changes."""

    subject: Hashable
    asks: Sequence[FirstAsk]


Told = dict[Hashable, list[tuple[FirstAsk, Any]]]
"""What was answered, by subject: each question with the cursor that has its rows."""


def asks_first(tell: Callable[..., FirstAsks | None]) -> Callable[[W], W]:
    """Declares a work's first reads; ``tell`` gets its arguments and returns them, or None."""

    def telling(work: W) -> W:
        vars(work)[_TELLING] = tell
        return work

    return telling


def first_asks(work: Callable[..., Any], arguments: Sequence[Any]) -> FirstAsks | None:
    tell: Callable[..., FirstAsks | None] | None = getattr(work, _TELLING, None)
    return None if tell is None else tell(*arguments)
