"""Fair access to a SQLite file that several processes write: a waiting process holds this file lock, and a process
passes through it before each of many transactions. A kernel wait for a file lock has no end, and a stopped program may
hold it, so waiting is polling with a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

try:
    import fcntl as fcntl
except ImportError:  # Windows has no flock: SQLite's own retries must do there
    fcntl = None  # type: ignore[assignment]


PAUSE = 0.0005  # seconds between two tries
_FIRST_PAUSE = 0.003  # longer, so that who has waited is first: the one who comes now may just have had a turn


class Turnstile:
    """Use as ``with turnstile.held(until):`` around taking SQLite's write lock."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def held(self, until: float) -> Iterator[None]:
        """Waits for its turn, then keeps others waiting. Errors: TimeoutError at ``until`` (monotonic seconds)."""
        pause = _FIRST_PAUSE
        while not self._try_take():
            if time.monotonic() > until:
                raise TimeoutError("somebody else waits for the write lock, or was stopped in doing so")
            time.sleep(pause)
            pause = PAUSE
        try:
            yield
        finally:
            self._let_go()

    def try_pass(self) -> bool:
        """Whether nobody waits at this moment; does not block."""
        if not self._try_take():
            return False
        self._let_go()
        return True

    def close(self) -> None:
        os.close(self._file)

    def _try_take(self) -> bool:
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _let_go(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
