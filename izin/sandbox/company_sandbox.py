"""The sandbox of one company: the API's own code over a database, a clock and keys of its own. It has no carriers, no
sync, no pages, and nothing of it reaches another registry."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from consents import history
from consents.brands import companies
from consents.care import clock_trust
from consents.instants import SECOND, day_of
from consents.registry import Registry, prepare
from consents.rules import Reconsent
from consents.store import Store, StoreUnavailable, Transaction, clock
from consents.store.engines import sqlite_library
from evidence import log as evidence_log
from izin.sandbox.scripts import BLIND, LATE, WaitingScripts
from providers import refused_tally
from providers.api import answers, endpoint
from providers.callers import api_users, call_log, program_keys, token_store
from providers.callers.api_users import Owner
from providers.callers.call_log import CallLog
from providers.callers.passwords import NewPassword
from providers.callers.token_store import Tokens
from providers.consents import batches
from providers.days import days_kept
from providers.push import pusher
from settings import Settings
from web.process import Process

TURN = 1.0  # seconds between two rounds of its own worker
FULL = 12_000_000  # bytes of its database
FORWARD = 92 * 86_400 * SECOND  # µs that its clock may be ahead
_DEAD = 1000  # tokens that scripts have ended

log = structlog.get_logger()


class MirroredCompany(NamedTuple):
    """``code``: iysCode; ``brands``: (brandCode, title). The sandbox has the company's own numbers, so that a program
    changes its address and its key alone when it goes into production."""

    code: int
    title: str
    brands: tuple[tuple[int, str], ...]


class KeyLimits(NamedTuple):
    """``brands``: (brandCode, title), None: all of its company's, also later ones; ``offered``: all of them now."""

    reads_only: bool = False
    brands: tuple[tuple[int, str], ...] | None = None
    offered: tuple[tuple[int, str], ...] = ()


class TurnedClock:
    """Now, µs, ahead of the machine's clock by ``ahead`` µs. ``watch``: as ``clock_trust.watch``, so that a turned
    clock is no clock that jumped."""

    ahead = 0

    def __call__(self) -> int:
        return clock() + self.ahead

    def watch(self) -> float:
        return clock_trust.watch() + self.ahead / SECOND


class SandboxParts(NamedTuple):
    """What sandboxes share: ``routes`` of the API; ``process(settings, registry)``; ``template``: an empty database at
    the newest revision."""

    settings: Settings
    routes: Sequence[BaseRoute]
    process: Callable[[Settings, Registry], Process]
    template: Path
    private: bool  # pushes may go to http and to this machine


class OpenRegistry(NamedTuple):
    registry: Registry
    app: Starlette


class CompanySandbox:
    """``night``: the day for which it was made; ``used``: monotonic seconds of its last call; ``running``: calls at
    work; ``slow``: answers that wait; ``takes_place``: it is open, or will be."""

    def __init__(self, parts: SandboxParts, folder: Path, company: MirroredCompany, night: date) -> None:
        self.parts, self.folder, self.company, self.night = parts, folder, company, night
        self.clock, self.waiting = TurnedClock(), WaitingScripts()
        self.used, self.running, self.slow = time.monotonic(), 0, 0
        self.takes_place = False
        self.dead: deque[str] = deque(maxlen=_DEAD)
        self.late_until = self.blind_until = 0  # µs of its clock
        self._secret = secrets.token_hex(32)
        self._users: dict[str, tuple[str, KeyLimits]] = {}  # hash of the password, by user name
        self._main: OpenRegistry | None = None
        self._blind: OpenRegistry | None = None
        self._work: list[asyncio.Task[None]] = []
        self._opening, self._turn = asyncio.Lock(), asyncio.Lock()
        self._day = day_of(0)
        self._act = 0
        self._ended = False

    @property
    def registry(self) -> Registry:
        """Errors: StoreUnavailable where it was closed meanwhile."""
        if self._main is None:
            raise StoreUnavailable("the sandbox is closed")
        return self._main.registry

    @property
    def is_open(self) -> bool:
        return self._main is not None

    @property
    def is_full(self) -> bool:
        files = (self._file, self._file.with_name(f"{self._file.name}-wal"))
        return sum(one.stat().st_size for one in files if one.exists()) > FULL

    @property
    def _file(self) -> Path:
        return self.folder / "izin.db"

    async def open(self) -> None:
        """Opens it, and makes it the first time; not after ``throw_away``. A caller that gives up meanwhile leaves it
        open, because a thread cannot be cancelled."""
        await asyncio.shield(asyncio.ensure_future(self._open()))

    async def _open(self) -> None:
        async with self._opening:
            self.used = time.monotonic()
            try:
                if self._main is None and not self._ended:
                    self._main = await asyncio.to_thread(self._opened, self._file)
                    self._work = [asyncio.create_task(self._rounds(one)) for one in (self.settle, self._push)]
            finally:
                self.takes_place = self.is_open

    async def close(self) -> None:
        """What it holds stays on disk, until ``throw_away``."""
        async with self._opening:
            main, self._main = self._main, None  # at once, so that no call enters it any more
            for task in self._work:
                task.cancel()
            await asyncio.gather(*self._work, return_exceptions=True)
            self._work = []
            async with self._turn:
                await self._end_blindness()
            if main is not None:
                store = main.registry.store
                with suppress(StoreUnavailable):
                    await refused_tally.get(store).close(store)
                    await call_log.get(store).close(store)
                await asyncio.to_thread(main.registry.close)

    async def throw_away(self) -> None:
        self._ended = True
        await self.close()
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    def app(self, method: str, path: str) -> Starlette:
        """What answers the call: while the sandbox is blind, queries are answered from the database as it was."""
        assert self._main is not None
        if self._blind is not None and self.clock() < self.blind_until and _queries(method, path):
            return self._blind.app
        return self._main.app

    async def know(self, username: str, hashed: str, limits: KeyLimits) -> None:
        """Lets a user in whose password has this hash, within the limits of its key."""
        if self._users.get(username) == (hashed, limits):
            return
        async with self._opening:
            if (before := self._users.get(username)) == (hashed, limits) or self._main is None:
                return
            known = {code for code, _ in self.company.brands}
            fresh = tuple(one for one in limits.offered if one[0] not in known)
            user = _MirroredUser(username, hashed, before and before[0], limits, fresh)
            for one in filter(None, (self._main, self._blind)):
                await one.registry.store.write(_know, self.company.code, user)
            self.company = self.company._replace(brands=(*self.company.brands, *fresh))
            self._users[username] = hashed, limits

    def knows(self, username: str, hashed: str) -> bool:
        return username in self._users and self._users[username][0] == hashed

    async def has_token(self, token: str) -> bool:
        if token in self.dead:
            return False
        found = await self.registry.store.read(token_store.caller, token, self.clock())
        return found is not None

    async def has_renewal(self, token: str) -> bool:
        """Whether a refresh token can be spent."""
        _, seconds = await self.registry.store.read(token_store.left, Tokens("", token), self.clock())
        return seconds > 0

    async def note(self, request: Request, username: str, status: int, code: str = "") -> None:
        """Keeps a scripted answer in the call log, as the API keeps its own."""
        assert self._main is not None
        app, store = self._main.app, self._main.registry.store
        key = await store.read(program_keys.named, username)
        scope = {**request.scope, "app": app}
        for route in app.routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope |= {"route": route, **found}
                break
        if key is not None:
            await endpoint.note_apart(Request(scope, request.receive), key.id, status, code)

    async def note_unknown_path(self, request: Request) -> None:
        assert self._main is not None
        await endpoint.note_unknown_path(Request({**request.scope, "app": self._main.app}, request.receive), 404)

    async def forward(self, by: int) -> bool:
        """Turns the clock by so many µs, and does what is due then; False where it would be too far ahead."""
        if by < 0 or self.clock.ahead + by > FORWARD:
            return False
        self.clock.ahead += by
        await self.settle()
        return True

    def hold_lists(self) -> None:
        self.late_until = self.clock() + LATE * SECOND

    async def begin_blindness(self) -> None:
        """Not again while it lasts."""
        await asyncio.shield(asyncio.ensure_future(self._begin_blindness()))

    async def _begin_blindness(self) -> None:
        async with self._turn:
            if self._main is None or (self._blind is not None and self.clock() < self.blind_until):
                return
            await self._end_blindness()
            copy = self.folder / "blind.db"
            await asyncio.to_thread(_copy, self._file, copy)
            self._blind = await asyncio.to_thread(self._opened, copy)
            self._blind.registry.store.own(CallLog, partial(_OtherLog, self.registry.store))
            self.blind_until = self.clock() + BLIND * SECOND

    async def copy_tokens(self) -> None:
        """After a sign-in: the database as it was has the new tokens too."""
        if self._blind is not None:
            await self._blind.registry.store.write(partial(_copy_tokens, self.registry))

    async def end_scripts(self) -> None:
        self.waiting.clear()
        self.late_until = 0
        async with self._turn:
            await self._end_blindness()
        await self.settle()

    async def settle(self) -> None:
        """Does what the worker of a site does: stores lists, makes the files of days that are over, signs the log."""
        async with self._turn:
            if self._main is None:
                return
            registry = self.registry
            if self._blind is not None and self.clock() >= self.blind_until:
                await self._end_blindness()
            if self.clock() >= self.late_until:
                await batches.store_waiting(registry)
            if (today := day_of(self.clock())) != self._day:
                await asyncio.to_thread(days_kept.make_due, registry)
                self._day = today
            if (act := await registry.store.read(history.recorded_until) or 0) != self._act:
                await asyncio.to_thread(evidence_log.extend, registry)
                self._act = act

    async def _push(self) -> None:
        await pusher.deliver(self.registry, private=self.parts.private)

    async def _rounds(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(TURN)
            try:
                await work()
            except Exception:
                log.exception("sandbox_work_failed", company=self.company.code)

    async def _end_blindness(self) -> None:
        if (blind := self._blind) is not None:
            self._blind, self.blind_until = None, 0
            await asyncio.to_thread(blind.registry.close)

    def _opened(self, file: Path) -> OpenRegistry:
        reconsent, url = Reconsent(self.parts.settings.reconsent), f"sqlite:///{file.absolute()}"
        if new := not file.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(self.parts.template, file)
        try:
            if new:
                prepare(url, self._secret, reconsent)
            strict = self.parts.settings.strict_iys
            registry = Registry.open(url, self._secret, reconsent=reconsent, strict=strict, now=self.clock)
            if new:
                registry.store.write_now(_mirror, self.company)
        except BaseException:
            if new:
                for part in self.folder.glob(f"{file.name}*"):
                    part.unlink()  # half made, it would be opened as a whole one
            raise
        return OpenRegistry(registry, _application(self.parts, registry))


class _OtherLog:
    """The call log of another store, for calls that are answered from a copy of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def waiting(self) -> Any:
        return call_log.get(self._store).waiting

    def begin(self, _: Store) -> None:
        call_log.get(self._store).begin(self._store)


def _application(parts: SandboxParts, registry: Registry) -> Starlette:
    app = Starlette(
        routes=list(parts.routes),
        exception_handlers={HTTPException: _http_error, StoreUnavailable: _unavailable, Exception: _own_fault},
    )
    app.router.redirect_slashes = False
    app.state.process = parts.process(parts.settings, registry)
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await endpoint.note_unknown_path(request, error.status_code)
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return answers.problem(error.status_code, headers, request.url.path, answers.wished_language(request))


async def _unavailable(request: Request, _: Exception) -> Response:
    return answers.problem(503, {"retry-after": "2"}, request.url.path, answers.wished_language(request))


async def _own_fault(request: Request, _: Exception) -> Response:
    return answers.problem(500, path=request.url.path, language=answers.wished_language(request))


def _mirror(transaction: Transaction, company: MirroredCompany) -> None:
    companies.add_provider(transaction, company.code, company.title)
    for code, title in company.brands:
        companies.add_brand(transaction, company.code, code, title, example=True)


class _MirroredUser(NamedTuple):
    """``before``: the hash that stands, None of a new user; ``fresh``: brands that were added after the mirroring."""

    username: str
    hashed: str
    before: str | None
    limits: KeyLimits
    fresh: tuple[tuple[int, str], ...]


def _know(transaction: Transaction, company: int, user: _MirroredUser) -> None:
    username, hashed, before, limits, fresh = user
    if hashed != before:
        change = api_users.add if before is None else api_users.renew
        change(transaction, Owner.PROVIDER, company, username, NewPassword("", hashed))
    for code, title in fresh:
        companies.add_brand(transaction, company, code, title, example=True)
    found = [companies.known_brand(transaction, code) for code, _ in limits.brands or ()]
    brands = None if limits.brands is None else [one.id for one in found if one is not None]
    api_users.limit(transaction, company, username, limits.reads_only, brands)


def _copy_tokens(registry: Registry, transaction: Transaction) -> None:
    with registry.store.snapshot() as snapshot:
        token_store.copy(snapshot, transaction)


def _copy(file: Path, to: Path) -> None:
    for old in to.parent.glob(f"{to.name}*"):
        old.unlink()
    library = sqlite_library()
    with closing(library.connect(str(file))) as source, closing(library.connect(str(to))) as target:
        source.backup(target)


def _queries(method: str, path: str) -> bool:
    if "/consents/" not in path and "/changes/" not in path:
        return False
    return (method == "GET" and "/request/" not in path) or "/status" in path or path.endswith("/history")
