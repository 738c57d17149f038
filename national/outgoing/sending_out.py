"""Sends a brand's changes to İYS, and reads their results. Every list is durable before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from consents.instants import MINUTE
from consents.registry import Registry
from consents.rules import RET
from consents.store import StoreUnavailable
from national import movement_items, national_brands
from national.movement_items import MovementItem
from national.national_brands import SentBatch, SyncedBrand
from national.outgoing import batching, planning, settling
from national.upstream.answer_classes import AnswerClass
from national.upstream.iys_client import IysClient, IysFault
from national.upstream.iys_messages import ItemAnswer, OutgoingWord

UNREAD_TRIES = 3  # of a list that İYS refuses without a readable reason; then a person looks at it

log = structlog.get_logger()


async def plan(registry: Registry, brand: SyncedBrand) -> SyncedBrand:
    while await registry.store.read(planning.is_news, brand):
        brand = await registry.store.write(planning.plan, brand)
    return brand


async def send(registry: Registry, client: IysClient, brand: SyncedBrand, lists: int) -> int:
    """Sends at most ``lists`` lists; how many. First those without an answer, word for word."""
    store, sent = registry.store, 0
    for batch in await store.read(national_brands.batches, brand.brand):
        if batch.request is None and batch.due_at <= client.now:
            words = await store.read(batching.again, registry.keyring, batch)
            await _hand_over(registry, client, brand, batch, words)
            sent += 1
    while sent < lists and await store.read(movement_items.any_due, brand.brand, client.now):
        made = await store.write(batching.next_batch, registry.keyring, brand.brand, client.offset)
        if made is None:
            break
        await _hand_over(registry, client, brand, *made)
        sent += 1
    return sent


async def fetch_results(registry: Registry, client: IysClient, brand: SyncedBrand) -> None:
    store = registry.store
    for batch in await store.read(national_brands.batches, brand.brand):
        if batch.request is None or batch.due_at > client.now:
            continue
        try:
            answers = await client.results(brand.code, batch.request, batching.MOST)
        except IysFault as fault:
            if fault.kind is not AnswerClass.ESCALATE and fault.status != 404:
                raise
            answers = []  # a request that İYS does not know; after a day the list goes again
            log.warning("iys_results_refused", brand=brand.code, answer=fault.code, status=fault.status)
        try:
            _report(brand, await store.write(settling.results, batch, answers, client.offset))
        except StoreUnavailable:
            raise
        except Exception as fault:  # each answer by itself
            log.error("iys_results_failed", brand=brand.code, error=type(fault).__name__)
            await _settle_each(registry, client, brand, batch, answers)


async def _settle_each(
    registry: Registry, client: IysClient, brand: SyncedBrand, batch: SentBatch, answers: Sequence[ItemAnswer]
) -> None:
    """Settles the answers to a list one by one; a person looks at those that fail."""
    for answer in answers:
        try:
            _report(brand, await registry.store.write(settling.results, batch, [answer], client.offset))
        except StoreUnavailable:
            raise
        except Exception:
            _report(brand, await registry.store.write(settling.give_up, batch, answer.place))


async def _hand_over(
    registry: Registry, client: IysClient, brand: SyncedBrand, batch: SentBatch, words: list[OutgoingWord]
) -> None:
    store = registry.store
    try:
        request = await client.send(brand.code, words)
    except IysFault as fault:
        if not fault.problems and fault.kind is AnswerClass.ESCALATE and batch.tries < UNREAD_TRIES:
            await store.write(national_brands.postpone, batch.id, client.now + MINUTE)
            return
        if fault.kind in (AnswerClass.ESCALATE, AnswerClass.DONE, AnswerClass.RECONCILE):
            _report(brand, await store.write(settling.refused, batch, fault.problems, client.offset))
            return
        await store.write(national_brands.postpone, batch.id, client.now + MINUTE)
        raise
    await store.write(national_brands.taken, batch, request, client.now + settling.FIRST_LOOK)
    log.info("iys_list_sent", brand=brand.code, movements=len(words))


def _report(brand: SyncedBrand, escalated: list[MovementItem]) -> None:
    for item in escalated[:20]:
        log.error("iys_refuses", brand=brand.code, movement=item.event, refusal=item.status == RET)
