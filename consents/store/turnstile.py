"""Who goes next at a SQLite file that several processes write.

SQLite's write lock is not fair: a process that writes one transaction after the other can starve one that polls.
Whoever waits for the lock holds this file lock meanwhile; whoever is about to begin the next of many transactions
passes through it first and so lets the waiting one go before.
"""

from __future__ import annotations

import os
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows has no flock: SQLite's own retries must do there
    fcntl = None  # type: ignore[assignment]


class Turnstile:
    """Use as ``with turnstile:`` around taking SQLite's write lock."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def try_pass(self) -> bool:
        """Whether nobody waits at this moment; goes through without stopping."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return True

    def close(self) -> None:
        os.close(self._file)
