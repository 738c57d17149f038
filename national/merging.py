"""Movements that İYS refused for newer ones (H178): queries its state, and lets the later word stand."""

from __future__ import annotations

import structlog

from consents import reportable
from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from national import movement_items
from national.incoming import relayed
from national.movement_items import ItemState, MovementItem
from national.national_brands import SyncedBrand
from national.upstream.iys_client import IysClient, of_one
from national.upstream.iys_messages import UNREAD, UpstreamMovement

log = structlog.get_logger()

AT_ONCE = 50  # single queries in one round of a brand; İYS takes 1,000 an hour
TRIES = 5  # after which a person looks at it


async def merge(registry: Registry, client: IysClient, brand: SyncedBrand) -> None:
    """One query each; İYS's state is applied first."""
    for item in await registry.store.read(movement_items.merging, brand.brand, client.now, AT_ONCE):
        address = await registry.store.read(_address, registry, item)
        theirs = None
        try:
            if address is not None:
                theirs = await client.status(brand.code, address, item.key.channel, item.key.identity)
            await registry.store.write(_merge, registry, item, theirs)
        except Exception as fault:
            if not of_one(fault):
                raise
            # The other movements have their turn, and a person looks at this one.
            log.error("iys_not_merged", brand=brand.code, movement=item.event, error=type(fault).__name__)
            await registry.store.write(movement_items.settle, item.event, ItemState.ESCALATED, UNREAD)


def _address(snapshot: Snapshot, registry: Registry, item: MovementItem) -> str | None:
    sealed = item.sealed or reportable.by_number(snapshot, [item.of])[item.of].sealed
    return registry.keyring.unseal(sealed)


def _merge(transaction: Transaction, registry: Registry, item: MovementItem, theirs: UpstreamMovement | None) -> None:
    if theirs is not None:
        found, _ = relayed.read(registry, [theirs])
        relayed.take(transaction, registry, item.key.brand, found)
    here = relayed.status_here(transaction, item.key)
    there = None if theirs is None else theirs.status
    settle = movement_items.settle
    if there == here or here != item.status or item.withdraws:
        # Alike by now, or a later word of the citizen stands here and has an item of its own.
        settle(transaction, item.event, ItemState.DONE, item.code, at=transaction.now)
    elif item.tries >= TRIES:
        settle(transaction, item.event, ItemState.ESCALATED, item.code)
    else:
        floor = None if theirs is None else theirs.at + SECOND
        settle(transaction, item.event, ItemState.WAITING, item.code, due_at=transaction.now, not_before=floor)
