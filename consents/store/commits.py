"""How a process's transactions end: for its log, its probes and its alarms."""

from __future__ import annotations

import logging
import time

GONE = 5.0  # seconds after a failure in which nobody has tried again: all waiting callers got the error

log = logging.getLogger(__name__)


class Commits:
    def __init__(self) -> None:
        self.failed_at: float | None = None
        """When the last one failed, seconds since 1970 UTC."""
        self.failing = False
        """Whether none has succeeded since."""
        self.failing_since: float | None = None
        """When the first of those failed, seconds since 1970 UTC; None while none fails."""
        self.fault: str | None = None
        """What the database called the last failure (``fault``)."""
        self._tried = time.monotonic()
        self._since: float | None = None
        self._under_way = False
        self._recovered = float("-inf")

    def begun(self) -> None:
        if self._since is None or self._left:
            self._since = time.monotonic()
        self._under_way = True

    @property
    def waiting(self) -> float:
        """Seconds for which changes have waited without any commit; 0 where none waits."""
        since = self._since
        return 0.0 if since is None or self._left else time.monotonic() - since

    @property
    def _left(self) -> bool:
        return not self._under_way and self.quiet_for() > GONE

    @property
    def hanging(self) -> float:
        """``waiting`` while a transaction is under way; 0 else."""
        return self.waiting if self._under_way else 0.0

    def calm_for(self) -> float:
        """Seconds since changes can be written again after a failure; 0 while they cannot."""
        return 0.0 if self.failing or self.waiting > 1.0 else time.monotonic() - self._recovered

    def begin_afresh(self) -> None:
        """Resets to a working state: a program may begin at the end of an outage."""
        self._recovered = time.monotonic()

    def quiet_for(self) -> float:
        return time.monotonic() - self._tried

    def succeeded(self) -> None:
        self._tried = time.monotonic()
        if self.failing:
            self._recovered, self.failing, self.failing_since = self._tried, False, None
        self._since, self._under_way = None, False

    def failed(self, error: BaseException, waiting: int) -> None:
        self._tried, self.failed_at = time.monotonic(), time.time()
        if not self.failing:
            self.failing, self.failing_since = True, self.failed_at
        self._under_way, self.fault = False, fault(error)
        log.error("commit_failed", extra={"error": causes(error), "fault": self.fault, "waiting": waiting})


def causes(error: BaseException | None) -> list[str]:
    """The kinds of an error and of its causes, outermost first; never its words, which may quote values."""
    named: list[str] = []
    while error is not None:
        named.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return named


def fault(error: BaseException | None) -> str | None:
    """The database's own name, such as SQLITE_FULL or PostgreSQL's 57014 (its appendix A); None without one."""
    while error is not None:
        for name in ("sqlite_errorname", "sqlstate"):
            if isinstance(named := getattr(error, name, None), str):
                return named
        error = error.__cause__ or error.__context__
    return None
