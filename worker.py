"""What runs beside the requests: chores, each in its own rhythm, inside the serving process or in ``izin worker``.

A chore that fails is logged and tried again at its next turn; how late the latest one is shows in ``/readyz``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from starlette.applications import Starlette

from consents.registry import Registry
from evidence import log as evidence_log
from settings import Settings

log = structlog.get_logger()
CHECKPOINTS = 60.0  # seconds: how long a change may go unwitnessed (security promise)


@dataclass
class Chore:
    """One thing to be done every ``every`` seconds: ``do(registry, settings)``. ``done_at``: monotonic seconds."""

    name: str
    every: float
    do: Callable[[Registry, Settings], Awaitable[None]]
    done_at: float = field(default_factory=time.monotonic)

    async def run(self, registry: Registry, settings: Settings) -> None:
        """Does it again and again until it is cancelled."""
        while True:
            try:
                await self.do(registry, settings)
                self.done_at = time.monotonic()
            except Exception as error:  # whatever it is, the other chores and the next turn go on
                log.error("chore_failed", chore=self.name, error=type(error).__name__)
            await asyncio.sleep(self.every)

    def lag(self) -> float:
        """By how many seconds it is late."""
        return max(0.0, time.monotonic() - self.done_at - self.every)


def lag(chores: Sequence[Chore]) -> float:
    """How late the latest chore is, in seconds."""
    return max((chore.lag() for chore in chores), default=0.0)


@asynccontextmanager
async def work(registry: Registry, settings: Settings, todo: Sequence[Chore]) -> AsyncIterator[None]:
    """Does the chores while the block runs."""
    tasks = [asyncio.create_task(chore.run(registry, settings), name=chore.name) for chore in todo]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def working(app: Starlette, todo: Sequence[Chore]) -> AsyncIterator[None]:
    """The same inside a serving site, whose ``/readyz`` then tells how late they are."""
    app.state.lag = lambda: lag(todo)
    async with work(app.state.registry, app.state.settings, todo):
        yield


def chores() -> list[Chore]:
    """What this program has to do beside answering."""
    return [Chore("checkpoint", CHECKPOINTS, _checkpoint)]


async def _checkpoint(registry: Registry, settings: Settings) -> None:
    """Seals what happened since the last checkpoint into the log."""
    await asyncio.to_thread(evidence_log.extend, registry)
