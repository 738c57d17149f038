"""Whether a large registry answers as soon as a small one: a look-up and a durable write, in turns at both.

Who asks and PostgreSQL's process that answers run on one core. On two, each question wakes an idle one, and which of
the registries meets that is chance: it made a look-up of 110 µs one of 270.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import text

from bench import child, registries
from bench.harness import Row, Scale
from bench.registries import Pair
from consents import ledger, state
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.people.register import Person
from consents.queries import by_address, feed, log_rows
from consents.queries.feed import Side
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.store.statements import SQLITE
from consents.terms import Actor, Channel, Door, Identity, Source

_THOUSAND = 1000
_TURNS = 4  # for each round, where time is short
_PROCESSES = Statement(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"))
_MANY = 50  # of one kind at one registry, then the other's turn


class Medians(NamedTuple):
    """Seconds, p50, for each way at one registry: on the clock, or of the asking thread's CPU."""

    key: float
    recipient: float
    write: float
    thousand: float
    page: float
    first: float
    last: float


_NAMES = (
    "look-up of a key",
    "look-up of a recipient",
    "durable write",
    "1,000 statuses",
    "a page of 1,000 movements of the feed",
    "the feed's first page",
    "the feed's last page",
)


def run(scale: Scale) -> list[Row]:
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _grown(scale, pair)]


def _grown(scale: Scale, pair: Pair) -> list[Row]:
    asked = {"seconds": scale.rounds * scale.seconds, "turns": _TURNS * scale.rounds}
    answer = child.call(measure, urls=pair.urls, **asked)
    (at_small, cpu_small), (at_large, cpu_large) = ([Medians(*each) for each in site] for site in answer)
    return [
        Row(
            f"{pair.prefix}{name}, {scale.large:,} ÷ {scale.small:,} rows",
            larger / smaller,
            "",
            1.15,
            1.05,
            less=True,
            note=f"p50 {larger * 1e6:,.0f} against {smaller * 1e6:,.0f} µs; CPU {cpu * 1e6:,.0f} and {less * 1e6:,.0f}",
        )
        for name, larger, smaller, cpu, less in zip(_NAMES, at_large, at_small, cpu_large, cpu_small, strict=True)
    ]


def measure(urls: list[str], seconds: float, turns: int) -> list[list[Medians]]:
    """The medians at each registry, which take turns until ``seconds`` are over, and so many times at least."""
    sites = [_Site(registries.open_registry(url)) for url in urls]
    for site in sites:
        site.turn()
        site.forget()
    _on_one_core(sites)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or turns > 0:
        turns -= 1
        for site in sites:
            site.turn()
    medians = [[Medians(*map(median, kind.values())) for kind in (site.taken, site.cpu)] for site in sites]
    for site in sites:
        site.registry.close()
    return medians


def _on_one_core(sites: list[_Site]) -> None:
    """Where the system knows how, and the servers are on this machine and ours to say."""
    if not hasattr(os, "sched_setaffinity"):
        return
    core = {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(0, core)
    for site in sites:
        if site.registry.store.dialect != SQLITE:
            for (process,) in site.registry.store.read_now(Snapshot.all, _PROCESSES):
                os.sched_setaffinity(process, core)


class _Site:
    """One registry, asked about people by chance."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.taken: dict[str, list[float]] = {name: [] for name in Medians._fields}
        self.cpu: dict[str, list[float]] = {name: [] for name in Medians._fields}
        self._brand = registries.brand(registry, registries.BRANDS[-1]).id
        self._people = registries.people(registry)
        self._dice = random.Random(self._people)
        self._events = registry.store.read_now(feed.last_event)

    def forget(self) -> None:
        """What was taken so far: it was the first of its kind."""
        for name in Medians._fields:
            self.taken[name].clear()
            self.cpu[name].clear()

    def _read(self, query: Callable[..., Any], *arguments: Any) -> Any:
        """What store.read does, without its event loop and thread."""
        store = self.registry.store
        return query(store._reading(), *arguments) if store.dialect == SQLITE else store.read_now(query, *arguments)

    def turn(self) -> None:
        """Some of each; every person is met for the first time in a while, and so is his page."""
        for _ in range(_MANY):
            self._time("key", self._read, state.of_key, Key(self._person(), *self._key()))
        for _ in range(_MANY):
            self._time("recipient", self._read, state.of_recipient, self._person())
        for _ in range(_MANY // 5):
            self._time("write", self._decide, self._person())
        sealed = [person.sealed for person in self._thousand()]
        self._time("thousand", self._read, by_address.approved, self.registry.keyring, *self._key(), sealed)
        self._page("page", self._dice.randint(0, max(0, self._events - 2 * _THOUSAND)))
        self._page("first", 0)
        self._page("last", max(0, self._events - _THOUSAND))

    def _page(self, way: str, after: int) -> None:
        channels = [channel.code for channel in Channel]
        place = (self._key()[0], Side.HS, channels, after, _THOUSAND)
        self._time(way, self._read, feed.page, self.registry.keyring, Reconsent.CONFIRM, *place)

    def _thousand(self) -> list[Person]:
        """People at random, as a program names them."""
        keyring = self.registry.keyring
        rows = self._read(log_rows.addresses_of, [self._person() for _ in range(_THOUSAND)])
        known = [address for row in rows if (address := keyring.unseal(bytes(row[1]))) is not None]
        return [register.person(keyring, address) for address in known]

    def _decide(self, person: int) -> None:
        wish = Wish(*self._key(), self._dice.choice((RET, ONAY)), Source.IYS_WEB.code)
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        self.registry.store.write_now(ledger.decide, self.registry.policy, person, [wish], deed)

    def _key(self) -> tuple[int, int, int]:
        return self._brand, Channel.MESAJ.code, Identity.BIREYSEL.code

    def _person(self) -> int:
        return self._dice.randint(1, self._people)

    def _time(self, way: str, work: Callable[..., Any], *arguments: Any) -> None:
        began, spent = time.perf_counter(), time.thread_time()
        work(*arguments)
        self.taken[way].append(time.perf_counter() - began)
        self.cpu[way].append(time.thread_time() - spent)
