"""The sandboxes of one process: few open at a time, each thrown away in the night, and when its company wants it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import structlog

from consents.instants import HOUR, day_of
from consents.store import Store, clock, schema
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
        self._parts: SandboxParts | None = None
        self._held: dict[int, CompanySandbox] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._building = asyncio.Lock()
        self._numbers: Counter[int] = Counter()

    @property
    def built(self) -> bool:
        return self._folder is not None

    def kept(self, company: int) -> CompanySandbox | None:
        """The company's, if it has been made since the last night."""
        return None if self._is_over(company) else self._held.get(company)

    async def at(self, company: int, mirrored: Callable[[int], MirroredCompany]) -> CompanySandbox:
        """The company's open sandbox; made where it has none. Call it only after its key was proved. Errors: NoRoom."""
        async with self._building:
            if self._is_over(company):
                await self.throw_away(company)
            found = self._held.get(company)
            if found is None:
                await self._make_room(KEPT, list(self._held.values()), throw_away=True)
                parts = await self._begin()
                self._numbers[company] += 1
                folder = parts.template.parent / f"{company}-{self._numbers[company]}"
                found = self._held[company] = CompanySandbox(
                    parts, folder, await asyncio.to_thread(mirrored, company), night()
                )
            if not found.is_open:
                await self._make_room(OPEN, [one for one in self._held.values() if one.is_open])
            await found.open()
            return found

    @asynccontextmanager
    async def place(self, sandbox: CompanySandbox) -> AsyncIterator[None]:
        """A place for a call. Errors: NoRoom."""
        if sandbox.running >= OF_ONE or sum(one.running for one in self._held.values()) >= OF_ALL:
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

    async def throw_away(self, company: int) -> None:
        self._wishes.done(company)
        if (found := self._held.pop(company, None)) is not None:
            await found.throw_away()

    async def close(self) -> None:
        """Throws all of them away."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        for company in list(self._held):
            await self.throw_away(company)
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, True)
            self._folder = self._parts = None

    async def sweep(self) -> None:
        """Throws away what the night or its company ends, and closes what nobody uses."""
        now = time.monotonic()
        async with self._building:
            for company in [one for one in self._held if self._is_over(one)]:
                await self.throw_away(company)
            for one in self._held.values():
                if one.is_open and now - one.used > IDLE and not one.running:
                    await one.close()

    def _is_over(self, company: int) -> bool:
        found = self._held.get(company)
        ended = found is not None and not self._lasts and found.night != night()
        return ended or self._wishes.has(company)

    async def _begin(self) -> SandboxParts:
        if self._parts is None:
            self._folder = await asyncio.to_thread(_fresh_folder, self._place)
            template = self._folder / "template.db"
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

    async def _make_room(self, most: int, among: list[CompanySandbox], *, throw_away: bool = False) -> None:
        """Errors: NoRoom where each of them was used just now."""
        if len(among) < most:
            return
        oldest = min(among, key=lambda one: (one.running > 0, one.used))
        if oldest.running or time.monotonic() - oldest.used < _FRESH:
            raise NoRoom
        if throw_away:
            await self.throw_away(oldest.company.code)
        else:
            await oldest.close()


def night() -> date:
    return day_of(clock() - _NIGHT)


def _fresh_folder(place: Path | None) -> Path:
    """A new directory; those that a killed process has left are removed. One process serves a SQLite database."""
    if place is None:
        return Path(tempfile.mkdtemp(prefix=_NAME))
    for old in place.glob(f"{_NAME}*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_NAME, dir=place))


def _make_template(file: Path) -> None:
    """A database without keys: each sandbox makes its own."""
    store = Store.open(f"sqlite:///{file.absolute()}", hurried=False)
    try:
        schema.upgrade(store.engine)
    finally:
        store.close()
