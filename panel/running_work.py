"""Work of seconds and minutes in a thread, and a worker that looks after it meanwhile."""

from __future__ import annotations

import asyncio
from typing import Protocol

from consents.care import workers

_LOOK = 1.0  # seconds: how old the progress that a page shows may be


class Work(Protocol):
    """What is to be done. ``done``: rows so far."""

    done: int

    def run(self) -> None:
        """Returns once it is done; for a thread."""

    def stop(self) -> None:
        """Has it given up, from any thread."""


class RunningWork:
    """A piece of work that has begun. ``goes_on`` until it has ended, then ``result``; ``leave`` in any case."""

    def __init__(self, work: Work) -> None:
        self._work, self._told = work, 0
        self._running = asyncio.create_task(asyncio.to_thread(work.run))

    async def goes_on(self) -> bool:
        """Whether it has not ended within a second. The worker hears where it got on."""
        await asyncio.wait({self._running}, timeout=_LOOK)
        if self._work.done > self._told:
            self._told = self._work.done
            workers.getting_on()
        return not self._running.done()

    def result(self) -> None:
        """Once it has ended. Errors: of the work."""
        self._running.result()

    async def leave(self, patience: float | None = None) -> bool:
        """Whether it had to be stopped: this worker ends, or fails. ``patience``: seconds until it is waited for no
        more."""
        if self._running.done():
            return False
        self._work.stop()
        await asyncio.wait({self._running}, timeout=patience)
        if self._running.done():
            self._running.exception()  # that it was stopped is no news
        return True
