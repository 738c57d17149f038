"""``GET /sps/{iysCode}/brands``: the provider's brands with what they hold."""

from __future__ import annotations

from typing import Any

from consents.book import Listed
from consents.store import Snapshot
from consents.tallies import Tally
from providers import calls, tallying
from providers.answers import Answer
from providers.calls import Call, Right


@calls.of(Right.READ)
async def listing(call: Call) -> Answer:
    """Brand by brand; a partner sees those it may read."""
    company = call.number("iysCode", "H190")
    book = await call.registry.store.read(_brands, call, company)
    found = await tallying.of_brands(call.registry.store, [brand.id for brand in book])
    return Answer(200, [_told(brand, found[brand.id]) for brand in book])


def _brands(snapshot: Snapshot, call: Call, company: int) -> list[Listed]:
    book = call.request.app.state.shelf.book(snapshot, call.registry.store.now())
    return [brand for brand in book.company(company) if calls.may(call.caller, brand, call.right)]


def _told(brand: Listed, tally: Tally) -> dict[str, Any]:
    counts = {"approval": tally.approval, "rejection": tally.rejection, "total": tally.approval + tally.rejection}
    return {
        "brandCode": brand.code,
        "name": brand.title,
        "master": brand.code == brand.company_code,
        "stats": {"consents": counts, "retailers": {"total": tally.dealers}},
    }
