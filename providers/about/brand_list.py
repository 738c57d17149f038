"""``GET /sps/{iysCode}/brands``: the provider's brands with what they hold."""

from __future__ import annotations

from typing import Any

from consents.brands.book import BrandEntry
from consents.queries.tallies import BrandTally
from consents.store import Snapshot
from providers.about import brand_counts
from providers.api import endpoint, wire
from providers.api.answers import Answer
from providers.api.endpoint import Call, Right


@endpoint.of(Right.READ)
async def listing(call: Call) -> Answer:
    """Brand by brand; a partner sees those it may read."""
    company = call.number(wire.COMPANY, "H190")
    book = await call.registry.store.read(_brands, call, company)
    found = await brand_counts.of_brands(call.registry.store, [brand.id for brand in book])
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
