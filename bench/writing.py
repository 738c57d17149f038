"""Many citizens decide at once, on a disk whose every fsync takes 2 ms longer: one commit for all that wait, against
a commit for each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from bench import child, registries
from bench.harness import Row, Scale, in_turns
from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.terms import Actor, Channel, Door, Identity, Source
from tests.crash import shim

_SLOWER = 2000  # µs


def run(scale: Scale) -> list[Row]:
    what = f"durable writes, {scale.clients} at once, fsync +2 ms ÷ a commit each"
    try:
        slow = shim.environment(shim.build(scale.folder), slow_us=_SLOWER)
    except shim.NoCompiler as missing:
        return [Row(what, None, "×", 15, 25, note=str(missing))]
    url = registries.loaded(scale, scale.small).url
    arguments = {"url": url, "rounds": scale.rounds, "seconds": scale.seconds, "clients": scale.clients}
    together, each, ratio = child.call(measure, environment=slow, **arguments)
    return [Row(what, ratio, "×", 15, 25, note=f"{together:,.0f} against {each:,.0f} a second")]


def measure(url: str, rounds: int, seconds: float, clients: int) -> tuple[float, float, float]:
    """Writes a second in groups, with a commit each, and the median of the rounds' ratios."""
    with registries.open_registry(url) as registry:
        deciding = _Deciding(registry)
        ways = {
            "together": lambda: asyncio.run(_together(deciding, clients, seconds)),
            "each": lambda: _each(deciding, seconds),
        }
        taken = in_turns(rounds, ways)
    return taken.median("together"), taken.median("each"), taken.ratio("together", "each")


class _Deciding:
    """Deals out decisions: the next of a thousand people refuses SMS of one brand, the second time round allows it."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._brand = registries.brand(registry, registries.BRANDS[-1]).id
        self._people = min(registries.people(registry), 1000)
        self._turns = itertools.count()

    def next(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A piece of work and its arguments, as the store takes them."""
        sweep, person = divmod(next(self._turns), self._people)
        status = (RET, ONAY)[sweep % 2]
        wish = Wish(self._brand, Channel.MESAJ.code, Identity.BIREYSEL.code, status, Source.IYS_WEB.code)
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        return ledger.decide, (self.registry.policy, person + 1, [wish], deed)


async def _together(deciding: _Deciding, clients: int, seconds: float) -> float:
    """Each client decides again as soon as the last decision is durable."""
    until = time.perf_counter() + seconds

    async def client() -> int:
        done = 0
        while time.perf_counter() < until:
            work, arguments = deciding.next()
            await deciding.registry.store.write(work, *arguments)
            done += 1
        return done

    began = time.perf_counter()
    done = await asyncio.gather(*(client() for _ in range(clients)))
    return sum(done) / (time.perf_counter() - began)


def _each(deciding: _Deciding, seconds: float) -> float:
    """One after another on one connection: as fast as a commit each can be, for clients and threads only add to it."""
    gate = deciding.registry.store.gate()
    done = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        work, arguments = deciding.next()
        with gate.transaction() as transaction:
            work(transaction, *arguments)
        done += 1
    took = time.perf_counter() - began
    gate.close()
    return done / took
