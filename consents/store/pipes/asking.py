"""What a work asks first, told before it begins: PostgreSQL is then asked it together with the write lock.

A work is a function of a transaction and its arguments. ``asks_first`` adds to it a function of the arguments alone,
which names its first reads; whatever it asks besides it asks when it comes to that. The work itself asks as it always
does, and does not see whether the answer was there already. SQLite takes no notice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from consents.store.statements import Statement

W = TypeVar("W", bound=Callable[..., Any])
_TELLING = "first_asks"


class FirstAsk(NamedTuple):
    """A read that is known before its work begins: a SELECT, and exactly the values that the work will give it."""

    statement: Statement
    values: Mapping[str, Any]


class FirstAsks(NamedTuple):
    """What a work asks before it changes anything.

    ``subject``: whom it is about. No answer to it may hang on what a work about somebody else changes.
    """

    subject: Hashable
    asks: Sequence[FirstAsk]


Told = dict[Hashable, list[tuple[FirstAsk, Any]]]
"""What was answered, by subject: each question with the cursor that has its rows."""


def asks_first(tell: Callable[..., FirstAsks | None]) -> Callable[[W], W]:
    """Has a work tell what it asks first, or None; ``tell`` is given its arguments."""

    def telling(work: W) -> W:
        vars(work)[_TELLING] = tell
        return work

    return telling


def first_asks(work: Callable[..., Any], arguments: Sequence[Any]) -> FirstAsks | None:
    """What a work asks first; None where it does not tell."""
    tell: Callable[..., FirstAsks | None] | None = getattr(work, _TELLING, None)
    return None if tell is None else tell(*arguments)
