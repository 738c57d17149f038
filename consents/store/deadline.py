"""How long PostgreSQL may take: an event loop waits less than five seconds in all, then it is 503."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from consents.store.failures import StoreUnavailable

PATIENCE = 4.0  # seconds for one statement of a request: less than what that may take in all
LONG = 600.0  # seconds for a statement that goes through rows by the million: reports, ``izin verify``
DEADLINE = 4.5  # seconds
AGAIN = 0.2  # seconds, for who has just waited in vain: the same request asks for more than one thing
SHORTLY = 1.0

_in_vain: ContextVar[float] = ContextVar("in_vain", default=float("-inf"))  # until when, monotonic seconds


@contextmanager
def kept() -> Iterator[float]:
    """The seconds that this call may take; waiting counts against the next calls of the same request."""
    begun = time.monotonic()
    try:
        yield AGAIN if begun < _in_vain.get() else DEADLINE
    except StoreUnavailable:
        now = time.monotonic()
        if now - begun > SHORTLY:
            _in_vain.set(now + SHORTLY)
        raise
