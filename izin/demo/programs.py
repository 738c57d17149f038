"""The invented companies' programs: each takes its citizens' declarations a little later. They call nobody; the
product's own push function records the result, so pages show it by the usual query."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from consents.brands import companies
from consents.instants import MINUTE
from consents.movement_counts import kind_of
from consents.queries import feed
from consents.queries.feed import Side
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.terms import Channel
from izin.demo.story import ExampleBrand
from providers.deliveries import handout_store

DEAF = frozenset({600202})  # brands without a program: their pages show what a company that takes nothing looks like
_CHANNELS = [channel.code for channel in Channel]
_PAGE = 1000  # movements

Movements = list[tuple[int, int, int]]  # brand (internal id), event, channel by code


class PastPrograms:
    """During the load: which brand's program has something to take, and when (µs)."""

    def __init__(self, registry: Registry, brands: dict[int, int]) -> None:
        self._registry = registry
        self._minutes = {number: 2 + code % 23 for code, number in brands.items() if code not in DEAF}
        self._due: list[tuple[int, int]] = []
        self._after: dict[int, int] = {}

    def spoken(self, brands: Iterable[int], at: int) -> None:
        """Records that these brands (internal ids) have news at ``at``."""
        for brand in sorted({*brands} & self._minutes.keys()):
            heapq.heappush(self._due, (at + self._minutes[brand] * MINUTE, brand))

    def take(self, transaction: Transaction, until: int) -> None:
        """Takes everything due before ``until``, each at its own time."""
        while self._due and self._due[0][0] < until:
            transaction.now, brand = heapq.heappop(self._due)
            for one in _movements(transaction, self._registry, brand, self._after.get(brand, 0)):
                _note(transaction, [one])
                self._after[brand] = one[1]


class Programs:
    """While the demo is served: each run takes what came since the last, the first what was left."""

    def __init__(self, invented: Iterable[ExampleBrand]) -> None:
        self._codes = [brand.code for brand in invented if brand.code not in DEAF]
        self._seen = 0

    async def take(self, registry: Registry) -> None:
        """Takes everything; an idle run reads one number."""
        last = await registry.store.read(feed.last_event)
        if last > self._seen:
            if found := await registry.store.read(self._left, registry):
                await registry.store.write(_note, found)
            self._seen = last

    def _left(self, snapshot: Snapshot, registry: Registry) -> Movements:
        known = [companies.known_brand(snapshot, code) for code in self._codes]
        return [
            one
            for brand in known
            if brand is not None
            for one in _movements(snapshot, registry, brand.id, self._seen)
            if not _was_taken(snapshot, *one)
        ]


def _movements(snapshot: Snapshot, registry: Registry, brand: int, after: int) -> Movements:
    """Movements of a brand after an event, as its feed has them."""
    policy = registry.policy.reconsent
    page = feed.page(snapshot, registry.keyring, policy, brand, Side.IYS, _CHANNELS, after, _PAGE)
    return [(brand, row[0], kind_of(row[4]).channel) for _, _, row in page]


def _was_taken(snapshot: Snapshot, brand: int, event: int, channel: int) -> bool:
    found = handout_store.of_event(snapshot, brand, event, Side.IYS.value, channel)
    return any(one.taken_at is not None for one in found)


def _note(transaction: Transaction, movements: Movements) -> None:
    for brand, event, channel in movements:
        handout_store.note(
            transaction, brand, handout_store.PUSH, event, event, side=Side.IYS.value, channel=channel, taken=True
        )
