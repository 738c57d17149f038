"""Reads a brand's movements at İYS, of both sides, from its stored cursor, which moves in the same transaction."""

from __future__ import annotations

import structlog

from consents.columns import stored
from consents.instants import DAY, HOUR
from consents.registry import Registry
from consents.store import Transaction
from national import national_brands
from national.incoming import relayed
from national.incoming.relayed import ReadMovement, Taken
from national.national_brands import SyncedBrand
from national.upstream.iys_client import IysClient

EVERY = HOUR
SHOWN = 7 * DAY - HOUR  # what a pull shows: seven days less the last hour
SIDES = {"IYS": "after_iys", "HS": "after_hs"}

log = structlog.get_logger()


def due(brand: SyncedBrand, now: int, every: int = EVERY) -> bool:
    """Whether ``every`` has passed, or the clock was set back."""
    return brand.pulled_at is None or not 0 <= now - brand.pulled_at < every


def gap(brand: SyncedBrand, now: int) -> bool:
    """Whether İYS may no longer show what comes after the brand's cursor."""
    return brand.pulled_at is not None and now - brand.pulled_at >= SHOWN - HOUR


async def pull(registry: Registry, client: IysClient, brand: SyncedBrand) -> Taken:
    taken, began = Taken(), client.now
    for side, column in SIDES.items():
        taken = taken.plus(await _side(registry, client, brand, side, column))
    await registry.store.write(_pulled, brand, began, gap(brand, began))
    if taken.recorded or taken.unread:
        log.info("iys_pulled", brand=brand.code, recorded=taken.recorded, unread=taken.unread)
    return taken


async def _side(registry: Registry, client: IysClient, brand: SyncedBrand, side: str, column: str) -> Taken:
    after: str | None = getattr(brand, column)
    taken = Taken()
    while (page := await client.changes(brand.code, side, after)) is not None:
        cursor, movements = page
        found, unread = relayed.read(registry, movements)
        then = await _take(registry, brand, found)
        unread += then.unread
        taken = taken.plus(then._replace(unread=unread))
        if then.early:
            break  # shown again next time: an ONAY ahead of our clock is not lost
        await registry.store.write(_moved, brand, column, cursor, unread)
        if cursor == after or not movements:
            break
        after = cursor
    return taken


async def _take(registry: Registry, brand: SyncedBrand, found: list[ReadMovement]) -> Taken:
    taken = Taken()
    for start in range(0, len(found), relayed.PART):
        part = found[start : start + relayed.PART]
        taken = taken.plus(await relayed.take_each(registry, brand.brand, part))
    return taken


def _moved(transaction: Transaction, brand: SyncedBrand, column: str, cursor: str, unread: int) -> None:
    unread_now = {"unread": brand.unread + unread} if unread else {}
    national_brands.move(transaction, brand.brand, **{column: cursor}, **unread_now)


def _pulled(transaction: Transaction, brand: SyncedBrand, at: int, gap: bool) -> None:
    """After a week's silence both sides are compared, because İYS shows no older movements."""
    national_brands.move(transaction, brand.brand, pulled_at=stored(at))
    if gap:
        national_brands.compare_again(transaction, brand.brand)
