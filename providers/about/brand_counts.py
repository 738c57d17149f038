"""Consent counts of brands, shared by concurrent callers: a brand of ten million takes seconds, so all counts use one
thread, and slow ones are cached for a while. ``GET /sps/{iysCode}/brands`` shows them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from consents.brands.book import BrandEntry
from consents.queries import tallies
from consents.queries.tallies import BrandTally
from consents.store import Snapshot, Store
from providers.api import endpoint, wire
from providers.api.answers import Answer
from providers.api.endpoint import Call, Right

LASTING = 20  # times as long as it took to count
EXACT = 0.1  # seconds: a count that takes less is not cached

_Brands = tuple[int, ...]
_Tallies = dict[int, BrandTally]
_thread = ThreadPoolExecutor(1, "tally")


class _Count:
    """One count, and until when it is valid (monotonic seconds)."""

    def __init__(self, store: Store, brands: _Brands) -> None:
        self.until = float("inf")
        self.answer: Future[_Tallies] = _thread.submit(self._count, store, brands)

    def _count(self, store: Store, brands: _Brands) -> _Tallies:
        began = time.monotonic()
        try:
            found = store.read_now(tallies.of_brands, brands)
        except Exception:
            self.until = 0.0
            raise
        ended = time.monotonic()
        self.until = ended + LASTING * (ended - began) if ended - began > EXACT else 0.0
        return found


async def of_brands(store: Store, brands: Sequence[int]) -> _Tallies:
    """The tallies of these brands, at most ``LASTING`` times as old as they took to count."""
    kept: dict[_Brands, _Count] = store.own(_Count, dict)
    asked, now = tuple(brands), time.monotonic()
    for old in [key for key, count in kept.items() if count.until < now]:
        del kept[old]
    count = kept.get(asked)
    if count is None:
        count = kept[asked] = _Count(store, asked)
    return await asyncio.shield(asyncio.wrap_future(count.answer))  # who goes away takes it from nobody


@endpoint.requires(Right.READ)
async def listing(call: Call) -> Answer:
    """Brand by brand; a partner sees those it may read."""
    company = call.number(wire.COMPANY, "H190")
    book = await call.registry.store.read(_brands, call, company)
    found = await of_brands(call.registry.store, [brand.id for brand in book])
    return Answer(200, [_fields(brand, found[brand.id]) for brand in book])


def _brands(snapshot: Snapshot, call: Call, company: int) -> list[BrandEntry]:
    book = call.registry.brands.book(snapshot, call.registry.store.now())
    return [brand for brand in book.company(company) if endpoint.may(call.caller, brand, call.right)]


def _fields(brand: BrandEntry, tally: BrandTally) -> dict[str, Any]:
    counts = {"approval": tally.approval, "rejection": tally.rejection, "total": tally.approval + tally.rejection}
    return {
        wire.BRAND: brand.code,
        "name": brand.title,
        "master": brand.code == brand.company_code,
        "stats": {"consents": counts, "retailers": {"total": tally.dealers}},
    }
