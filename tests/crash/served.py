"""A site with signed-in citizens at work on it, crashed again and again, on SQLite."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from citizen.session import session_store
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction
from tests import free_port
from tests.conftest import SECRET
from tests.consents.conftest import CINAR, ISIK, World, furnish
from tests.crash import site
from tests.crash.disk import Disk, PageCache
from tests.crash.journal import Promises
from tests.crash.oracle import Ask, Findings
from tests.crash.rounds import CRASHES_IN_A_LIFE, DATABASE, LONGEST_RUN, START, examine_file
from tests.crash.tally import Crash
from tests.crash.visitors import PATIENCE, Visitor, examine, ready
from tests.crash.zygote import Zygote
from tests.typist import Typist
from web import cookies

NUMBERS = [f"+9053200000{last:02}" for last in range(1, 13)]
PROGRAM = "tests.crash.site"


class Visiting(Protocol):
    """One of those who are at work on a site."""

    async def press(self, port: int, dice: random.Random, spoken: Promises) -> None:
        """Asks for changes until the site is gone; what it answered stands in ``spoken``."""


class Crowd(Protocol):
    """All of them, and the folder with the registry that they begin with."""

    folder: Path

    def visitors(self) -> Sequence[Visiting]:
        """They at the beginning of a life."""

    def examine(self, ask: Ask, visitors: Any) -> Findings:
        """What the database that ``ask`` queries keeps of what they were told."""


@dataclass
class People:
    """A folder with a registry in which nobody has decided anything, and the cookies of signed-in citizens."""

    folder: Path
    world: World
    cookies: dict[int, str]  # by recipient

    def visitors(self) -> list[Visitor]:
        brands = ((self.world.cinar, CINAR), (self.world.isik, ISIK))
        return [Visitor(recipient, cookie, brands) for recipient, cookie in self.cookies.items()]

    def examine(self, ask: Ask, visitors: Iterable[Visitor]) -> Findings:
        return examine(ask, visitors)


def settle(folder: Path) -> People:
    """Fills the empty registry in ``folder``: two brands, twelve numbers, each signed in."""
    with Registry.open(f"sqlite:///{folder / DATABASE}", SECRET) as registry:
        world = furnish(registry)
        return People(folder, world, registry.store.write_now(sign_in, registry))


def sign_in(transaction: Transaction, registry: Registry) -> dict[int, str]:
    who = [register.person(registry.keyring, number) for number in NUMBERS]
    tokens = [cookies.token() for _ in NUMBERS]
    for token, number in zip(tokens, NUMBERS, strict=True):
        session_store.open_(transaction, registry.keyring, cookies.key(token), number, None)
    enrolled = register.enrol_all(transaction, registry.keyring, who)
    return {recipient: f"sid={token}" for recipient, token in zip(enrolled, tokens, strict=True)}


@dataclass
class Served:
    """A site that people are at work on, and the machine it is on. ``torn``: see ``Disk.image``.

    ``settings``: the site's, where they differ from those of ``site.environment``.
    """

    machine: Disk | PageCache
    zygote: Zygote
    dice: random.Random
    weakness: str | None = None
    torn: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    visitors: Sequence[Visiting] = ()

    def crashes(self, people: Crowd, count: int) -> Iterator[Crash]:
        """Crashes ``count`` times; a new life on the same people begins after ten, and after any fault."""
        age = CRASHES_IN_A_LIFE
        for _ in range(count):
            if age == CRASHES_IN_A_LIFE:
                self.machine.boot(people.folder)
                age, self.visitors = 0, people.visitors()
            crash = asyncio.run(self._crash(people))
            yield crash
            age = age + 1 if crash.findings.clean else CRASHES_IN_A_LIFE

    def start(self) -> int:
        """Starts the site on what there is; the port where it will answer."""
        port = free_port()
        database, settings = str(self.machine.live / DATABASE), dict(self.settings)
        self.zygote.start(database=database, port=port, weakness=self.weakness, settings=settings)
        return port

    async def _crash(self, people: Crowd) -> Crash:
        spoken, port = Promises(), self.start()
        if self.dice.random() < 0.1:
            await asyncio.sleep(self.dice.uniform(0, START))
            killed = self.zygote.kill()
        else:
            killed = await self._kill_at_work(port, spoken)
        unsynced = sum(map(len, self.machine.unsynced().values()))
        left = self.machine.image(random.Random(self.dice.random()) if self.torn else None)
        findings = examine_file(left, spoken, lambda ask, _: people.examine(ask, self.visitors))
        self.machine.boot(left)
        return Crash(killed, spoken, unsynced, findings)

    async def _kill_at_work(self, port: int, spoken: Promises) -> int:
        await ready(port)
        pressing = [
            asyncio.create_task(visitor.press(port, random.Random(self.dice.random()), spoken))
            for visitor in self.visitors
        ]
        deadline = time.monotonic() + PATIENCE
        while not spoken.recorded and not any(visitor.done() for visitor in pressing):
            assert time.monotonic() < deadline, self.zygote.errors()
            await asyncio.sleep(0.002)
        await asyncio.sleep(self.dice.uniform(0, LONGEST_RUN))
        killed = self.zygote.kill()
        await asyncio.gather(*pressing)
        return killed


def verified(typist: Typist, database: Path) -> str:
    """What ``izin verify`` says is wrong with what a crash has left."""
    done = typist.type(("verify",), database.parent.parent, site.environment(database, 8000))
    return "" if done.returncode == 0 else done.stderr or "it failed"
