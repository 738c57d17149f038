"""Reads İYS's list of a brand's dealers, at first contact and once a night; errors hold up nothing."""

from __future__ import annotations

import structlog

from consents.instants import DAY, HOUR
from consents.registry import Registry
from consents.store import Transaction
from national import iys_dealers, national_brands
from national.dealer_matches import IysRetailer
from national.national_brands import SyncedBrand
from national.upstream.answer_classes import AnswerClass
from national.upstream.iys_client import RETAILERS, IysClient, IysFault
from national.upstream.iys_messages import Garbled

PAGES = 500

log = structlog.get_logger()


async def learn(registry: Registry, client: IysClient, brand: SyncedBrand, *, force: bool) -> None:
    """Reads the list where it is due and the brand has any dealer."""
    store, now = registry.store, client.now
    waits = brand.dealers_due_at is not None and brand.dealers_due_at - 2 * DAY < now < brand.dealers_due_at
    if (waits and not force) or not await store.read(iys_dealers.any_here, brand.brand):
        return
    try:
        found, whole = await _read(client, brand)
    except (IysFault, Garbled) as fault:
        if isinstance(fault, IysFault) and (fault.status in (401, 429) or fault.kind is AnswerClass.SLOWER):
            raise
        log.warning("iys_retailers_refused", brand=brand.code, answer=str(fault))
        await store.write(_later, brand.brand, now + HOUR)
        return
    known = await store.write(iys_dealers.learn, registry.keyring, brand.brand, found, _next_night(now), whole)
    log.info("iys_retailers_read", brand=brand.code, listed=len(found), known=known)


async def _read(client: IysClient, brand: SyncedBrand) -> tuple[list[IysRetailer], bool]:
    """The list, and whether it is complete: the document allows no offset above 100."""
    found: dict[int, IysRetailer] = {}
    rows = 0
    for _ in range(PAGES):
        try:
            page = await client.retailers(brand.code, rows)
        except IysFault as fault:
            if not rows or fault.kind is not AnswerClass.ESCALATE:
                raise
            return list(found.values()), False
        new = {one.code: one for one in page.found if one.code not in found}
        found |= new
        rows += page.rows
        if page.rows == 0 or (rows >= page.total if page.total is not None else page.rows < RETAILERS):
            return list(found.values()), True
        if not new:
            break
    return list(found.values()), False


def _next_night(now: int) -> int:
    """The next midnight in UTC (µs), three o'clock in Türkiye."""
    return (now // DAY + 1) * DAY


def _later(transaction: Transaction, brand: int, due_at: int) -> None:
    national_brands.move(transaction, brand, dealers_due_at=national_brands.moment(due_at))
