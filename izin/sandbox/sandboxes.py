"""The sandboxes of one process: few open at a time, each thrown away in the night, and when its company wants it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import structlog

from consents.instants import HOUR, day_of
from consents.store import Store, clock, schema
from consents.store.gates.turnstile import fcntl
from izin.sandbox.company_sandbox import CompanySandbox, MirroredCompany, SandboxParts
from providers.callers.program_keys import EmptiedSandboxes

OPEN, KEPT = 20, 100  # sandboxes that are open at a time; that are on disk
OF_ONE, OF_ALL = 5, 20  # calls at work at a time
SLOW_OF_ONE, SLOW_OF_ALL = 5, 50  # slow answers that wait
IDLE = 600.0  # seconds without a call until a sandbox is closed
_SWEEP = 60.0  # seconds between two looks for what has to be closed or thrown away
_NIGHT = 3 * HOUR  # of Türkiye's clock, when all sandboxes are thrown away
_FRESH = 30.0  # seconds since its last call in which no other sandbox takes a place
_NAME = "izin-sandbox-"

log = structlog.get_logger()


class NoRoom(Exception):
    """Too much at a time, or too many sandboxes."""


class Sandboxes:
    """``folder``: the directory in which they are, beside the database. Nothing is built before the first ``at``."""

    def __init__(
        self, parts: Callable[[Path], SandboxParts], folder: Path | None, store: Store | None, *, lasts: bool
    ) -> None:
        """``store``: of the real registry, whose panel may empty one; ``lasts``: never closed or thrown away of itself,
        for a developer's own machine."""
        self._make_parts, self._place, self._lasts = parts, folder, lasts
        self._wishes = EmptiedSandboxes() if store is None else EmptiedSandboxes.of(store)
        self._folder: Path | None = None
        self._lock: int | None = None  # of the folder
        self._parts: SandboxParts | None = None
        self._held: dict[int, CompanySandbox] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._building = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._numbers: Counter[int] = Counter()

    @property
    def built(self) -> bool:
        return self._folder is not None

    def kept(self, company: int) -> CompanySandbox | None:
        """The company's, if it has been made since the last night."""
        return None if self._is_over(company) else self._held.get(company)

    async def at(self, company: int, mirrored: Callable[[int], MirroredCompany]) -> CompanySandbox:
        """The company's open sandbox; made where it has none. Call it only after its key was proved. Errors: NoRoom."""
        found = self._held.get(company)
        if found is not None and found.is_open and not self._is_over(company):
            found.used = time.monotonic()
            return found
        async with self._building:
            if self._is_over(company):
                self._close_apart(self.throw_away(company))
            found = self._held.get(company)
            if found is None:
                self._make_room(KEPT, list(self._held.values()), throw_away=True)
                parts = await self._begin()
                self._numbers[company] += 1
                folder = parts.template.parent / f"{company}-{self._numbers[company]}"
                found = self._held[company] = CompanySandbox(
                    parts, folder, await asyncio.to_thread(mirrored, company), night()
                )
            if not found.is_open:
                self._make_room(OPEN, [one for one in self._held.values() if one.takes_place and one is not found])
            found.takes_place, found.used = True, time.monotonic()
        await found.open()  # not under the lock: it may wait until its last posts are over
        if not found.is_open:
            raise NoRoom
        return found

    @asynccontextmanager
    async def place(self, sandbox: CompanySandbox) -> AsyncIterator[None]:
        """A place for a call. Errors: NoRoom, also where it was closed or thrown away meanwhile."""
        if (
            not sandbox.is_open
            or sandbox.running >= OF_ONE
            or sum(one.running for one in self._held.values()) >= OF_ALL
        ):
            raise NoRoom
        sandbox.running += 1
        sandbox.used = time.monotonic()
        try:
            yield
        finally:
            sandbox.running -= 1

    async def wait(self, sandbox: CompanySandbox, seconds: float) -> None:
        """A slow answer, which holds no place of a call. Errors: NoRoom."""
        if sandbox.slow >= SLOW_OF_ONE or sum(one.slow for one in self._held.values()) >= SLOW_OF_ALL:
            raise NoRoom
        sandbox.slow += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            sandbox.slow -= 1

    def throw_away(self, company: int) -> Coroutine[Any, Any, None]:
        """It is over at once; what is returned waits until nothing of it is left."""
        self._wishes.done(company)
        found = self._held.pop(company, None)
        return asyncio.sleep(0) if found is None else found.throw_away()

    async def close(self) -> None:
        """Throws all of them away."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        for company in list(self._held):
            self._close_apart(self.throw_away(company))
        if self._closing:
            await asyncio.wait(set(self._closing))
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, True)
            self._folder = self._parts = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def remove_left(self) -> None:
        """Removes what killed processes have left in the directory; those of living ones stay."""
        await asyncio.to_thread(_remove_left, self._place)

    async def sweep(self) -> None:
        """Throws away what the night or its company ends, and closes what nobody uses."""
        now = time.monotonic()
        ended = [self.throw_away(company) for company in list(self._held) if self._is_over(company)]
        idle = [one for one in self._held.values() if now - one.used > IDLE and not one.running]
        if closing := [*map(self._close_apart, [*ended, *map(self._close, idle)])]:
            await asyncio.wait(closing)

    def _close(self, sandbox: CompanySandbox) -> Coroutine[Any, Any, None]:
        sandbox.takes_place = False
        return sandbox.close()

    def _close_apart(self, closing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Nobody else waits for posts of this one that are under way, or fails with it."""
        task = asyncio.create_task(_logged(closing))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task

    def _is_over(self, company: int) -> bool:
        found = self._held.get(company)
        ended = found is not None and not self._lasts and found.night != night()
        return ended or self._wishes.has(company)

    async def _begin(self) -> SandboxParts:
        if self._parts is None:
            await self.remove_left()
            folder, self._lock = await asyncio.to_thread(_fresh_folder, self._place)
            self._folder, template = folder, folder / "template.db"
            parts = self._make_parts(template)
            await asyncio.to_thread(_make_template, template)
            self._parts = parts
            if not self._lasts:
                self._sweeper = asyncio.create_task(self._sweeps())
        return self._parts

    async def _sweeps(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            try:
                await self.sweep()
            except Exception:
                log.exception("sandboxes_not_swept")

    def _make_room(self, most: int, among: list[CompanySandbox], *, throw_away: bool = False) -> None:
        """Errors: NoRoom where each of them was used just now."""
        if len(among) < most:
            return
        oldest = min(among, key=lambda one: (one.running > 0, one.used))
        if oldest.running or time.monotonic() - oldest.used < _FRESH:
            raise NoRoom
        if throw_away:
            self._close_apart(self.throw_away(oldest.company.code))
        else:
            self._close_apart(self._close(oldest))


async def _logged(closing: Coroutine[Any, Any, None]) -> None:
    try:
        await closing
    except Exception:
        log.exception("sandbox_not_closed")


def night() -> date:
    return day_of(clock() - _NIGHT)


def _fresh_folder(place: Path | None) -> tuple[Path, int | None]:
    """A new directory and its lock, which the kernel ends with this process."""
    for _ in range(5):
        folder = Path(tempfile.mkdtemp(prefix=_NAME, dir=place))
        lock = _locked(folder)
        if lock is not None and folder.exists():  # no other process took it for a left one
            return folder, lock
    return folder, lock


def _remove_left(place: Path | None) -> None:
    for old in (place or Path(tempfile.gettempdir())).glob(f"{_NAME}*"):
        if (lock := _locked(old)) is not None:
            shutil.rmtree(old, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor; None where another process holds the directory, or it cannot be held."""
    if fcntl is None:
        return None
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _make_template(file: Path) -> None:
    """A database without keys: each sandbox makes its own."""
    store = Store.open(f"sqlite:///{file.absolute()}", hurried=False)
    try:
        schema.upgrade(store.engine)
    finally:
        store.close()
