"""How a process's transactions end: for its log, its probes and its alarms."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)


class Commits:
    """The last commit of each outcome; for several threads."""

    def __init__(self) -> None:
        self.failed_at: float | None = None
        """When the last one failed, seconds since 1970 UTC."""
        self.failing = False
        """Whether none has succeeded since."""
        self._tried = time.monotonic()

    def quiet_for(self) -> float:
        """For how many seconds nothing has been tried."""
        return time.monotonic() - self._tried

    def succeeded(self) -> None:
        """Notes that a transaction is durable."""
        self._tried, self.failing = time.monotonic(), False

    def failed(self, error: BaseException, waiting: int) -> None:
        """Notes that one is not, and logs why; ``waiting`` callers hear of it."""
        self._tried, self.failing, self.failed_at = time.monotonic(), True, time.time()
        log.error("commit_failed", extra={"error": causes(error), "fault": fault(error), "waiting": waiting})


def causes(error: BaseException | None) -> list[str]:
    """The kinds of an error and of what led to it, outermost first; never its words, which may quote values."""
    named: list[str] = []
    while error is not None:
        named.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return named


def fault(error: BaseException | None) -> str | None:
    """What the database itself calls it, as SQLITE_FULL or PostgreSQL's 57014 (its appendix A); None if nothing."""
    while error is not None:
        for name in ("sqlite_errorname", "sqlstate"):
            if isinstance(named := getattr(error, name, None), str):
                return named
        error = error.__cause__ or error.__context__
    return None
