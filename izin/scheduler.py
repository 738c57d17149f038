"""Runs a worker's jobs on schedule, sends its heartbeat, and tracks its exclusive jobs."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from starlette.applications import Starlette

from consents import business_days, instants
from consents.care import workers
from consents.care.workers import LivingWorker
from consents.registry import Registry
from consents.store import StoreUnavailable
from consents.store.statements import POSTGRESQL
from national import rounds
from settings import Settings
from web.process import Process

log = structlog.get_logger()


@dataclass
class Job:
    """A job every ``every`` seconds: ``do(registry, settings)``. ``done_at``: monotonic seconds. ``bell(registry)``:
    the event that starts it at once. ``alone``: one worker only, to save work; two at once are safe. ``essential``:
    ``/readyz`` is 503 while it is late (docs/jobs.md)."""

    name: str
    every: float
    do: Callable[[Registry, Settings], Awaitable[None]]
    bell: Callable[[Registry], asyncio.Event] = lambda registry: asyncio.Event()
    alone: bool = False
    essential: bool = False
    done_at: float = field(default_factory=time.monotonic)

    async def run(self, registry: Registry, settings: Settings, heartbeat: Heartbeat) -> None:
        """Runs the job again and again until cancelled or stopped."""
        bell = self.bell(registry)
        workers.at_work(self._got_on)
        while True:
            # Any worker that hears a call answers it, where the holder of an exclusive job would not look for long.
            called = bell.is_set() and self.every > workers.BEAT
            bell.clear()
            ours = not self.alone or called or heartbeat.holds(self.name)
            try:
                if ours:
                    with heartbeat.busy(self.name):
                        await self.do(registry, settings)
                self._got_on()
            except Exception as error:  # whatever it is, the other jobs and the next turn go on
                log.error("chore_failed", chore=self.name, error=type(error).__name__, **_cause(error))
            if heartbeat.over:  # a library that the job calls may keep the cancellation to itself
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(self.every if ours else min(self.every, workers.BEAT)):
                    await bell.wait()

    def lag(self) -> float:
        """Seconds by which it is late; a run that makes progress is not (``workers.report_progress``)."""
        return max(0.0, time.monotonic() - self.done_at - self.every)

    def _got_on(self) -> None:
        self.done_at = time.monotonic()


class Heartbeat:
    """Sends this worker's heartbeat, and tracks its exclusive jobs."""

    def __init__(self, registry: Registry, wanted: Sequence[str]) -> None:
        self._store, self._wanted = registry.store, frozenset(wanted)
        name = f"{socket.gethostname()}:{os.getpid()}"
        self._worker = LivingWorker(secrets.randbits(62), name, registry.store.now())
        self.over = False
        """Whether the worker is being stopped: no job has another turn."""
        self._busy: Counter[str] = Counter()
        self._held: frozenset[str] = frozenset()
        self._beaten_at = float("-inf")
        # Of each other worker its last sign of life, and since when it is known, by this watch.
        self._signs: dict[int, tuple[int, float]] = {}

    def holds(self, name: str) -> bool:
        """Whether a job is ours now; not where our heartbeat can no longer be seen."""
        return name in self._held and time.monotonic() - self._beaten_at < workers.LEASE

    @contextmanager
    def busy(self, name: str) -> Iterator[None]:
        """While it works at a job."""
        self._busy[name] += 1
        try:
            yield
        finally:
            self._busy[name] -= 1

    async def beat(self) -> None:
        """Sends one heartbeat; logs dead workers. After a store failure nobody counts as dead until silent for that
        long again: they could not write either."""
        began = time.monotonic()
        dead = {number: sign for number, (sign, since) in self._signs.items() if began - since >= workers.LEASE}
        doing = ", ".join(sorted(name for name, times in self._busy.items() if times))
        try:
            beaten = await self._store.write(workers.heartbeat, self._worker, doing, self._wanted, dead)
        except StoreUnavailable:
            self._signs.clear()
            return
        self._beaten_at, self._held = began, beaten.held
        known, now = self._signs, time.monotonic()
        self._signs = {
            number: known[number] if number in known and known[number][0] == sign else (sign, now)
            for number, sign in beaten.others.items()
        }
        for one in beaten.struck_off:
            lived_at = instants.moment(one.lived_at).isoformat(timespec="seconds")  # no row of digits, which logs hide
            log.error("worker_dead", worker=one.name, doing=one.doing, lived_at=lived_at)

    async def go_on(self) -> None:
        """Repeats the heartbeat until it is cancelled."""
        while True:
            await asyncio.sleep(workers.BEAT)
            try:
                await self.beat()
            except Exception as error:  # whatever it is, the next one is tried
                log.error("worker_silent", error=type(error).__name__)

    async def stop(self) -> None:
        """Unregisters the worker."""
        self._held = frozenset()
        with suppress(StoreUnavailable):
            await self._store.write(workers.unregister, self._worker.id)


def lag(jobs: Sequence[Job]) -> float:
    return max((job.lag() for job in jobs if job.essential), default=0.0)


def lags(jobs: Sequence[Job]) -> dict[str, float]:
    return {job.name: job.lag() for job in jobs}


def _cause(error: Exception) -> dict[str, str]:
    """The cause, where the error names one without quoting values, and the line of this program."""
    reason = getattr(error, "reason", None) or getattr(error, "kind", None)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if "site-packages" not in frame.f_code.co_filename] or frames
    place = f"{Path(ours[-1].f_code.co_filename).name}:{ours[-1].f_lineno}"
    return {"cause": reason, "at": place} if isinstance(reason, str) else {"at": place}


@asynccontextmanager
async def work(registry: Registry, settings: Settings, todo: Sequence[Job]) -> AsyncIterator[None]:
    """Runs the jobs while the block runs."""
    # The calendar of holidays takes a third of a second to load: not at a citizen's first refusal.
    await asyncio.to_thread(business_days.stop_by, registry.store.now())
    if registry.store.dialect == POSTGRESQL:
        registry.store.commits.begin_afresh()
    heartbeat = Heartbeat(registry, [job.name for job in todo if job.alone])
    await heartbeat.beat()
    tasks = [asyncio.create_task(job.run(registry, settings, heartbeat), name=job.name) for job in todo]
    beating = asyncio.create_task(heartbeat.go_on(), name="heartbeat")
    try:
        yield
    finally:
        heartbeat.over = True
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        beating.cancel()  # last, because what was begun is being ended meanwhile
        with suppress(asyncio.CancelledError):
            await beating
        await heartbeat.stop()
        if settings.national_url:
            with suppress(StoreUnavailable):
                await rounds.end(rounds.of_registry(registry, settings.national_url))


@asynccontextmanager
async def working(app: Starlette, todo: Sequence[Job]) -> AsyncIterator[None]:
    """The same inside a serving site, whose ``/readyz`` shows their lateness."""
    here: Process = app.state.process
    here.lag, here.lags = partial(lag, todo), partial(lags, todo)
    async with work(here.registry, here.settings, todo):
        yield
