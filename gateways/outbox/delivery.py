"""Delivers due messages from the outbox to their carrier, never within a transaction (L9)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from consents.instants import SECOND
from consents.registry import Registry
from consents.store import StoreUnavailable
from gateways.carrier import Carrier, Down, Kind, PerhapsTaken, Permanent, Temporary, Undelivered
from gateways.carriers import InTurn
from gateways.outbox import claims, outbox
from gateways.outbox.claims import ClaimedMessage, Expired

AT_ONCE = 16  # messages on their way at the same time
LONGEST = 15.0  # seconds for one message, whatever its carrier does; well within claims.LEASE
FRESH = 15.0  # seconds for which a claim may be acted on: what is left of it then is enough for LONGEST
# Seconds after a database failure without resending: another sender could not record its message, and its lease may
# have ended.
LATE = 10.0

log = structlog.get_logger()


async def deliver(registry: Registry, kind: Kind, carrier: Carrier) -> None:
    """Sends some due messages of one kind and schedules itself where more wait. A shutdown waits for messages under
    way: cut off, they would be sent again."""
    sending = asyncio.ensure_future(_deliver(registry, kind, carrier))
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        with suppress(Exception):
            await sending
        raise


async def _deliver(registry: Registry, kind: Kind, carrier: Carrier) -> None:
    store, now = registry.store, registry.store.now()
    await _settle_late(registry, kind)
    if not await store.read(outbox.due, kind, now):
        return  # an idle second writes nothing
    failing = await store.read(outbox.down, kind, now)
    most = 1 if failing else AT_ONCE  # one message shows whether a carrier works again
    claiming = time.monotonic(), store.now()
    claimed, expired = await store.write(claims.claim, kind, most, store.commits.calm_for() >= LATE)
    for message in expired:
        _log_given_up(kind, message)
    answers = await asyncio.gather(
        *(_send(registry, carrier, message, claiming) for message in claimed), return_exceptions=True
    )
    if isinstance(carrier, InTurn) and (news := carrier.news()):
        await store.write(claims.note_rests, kind, news)
        log.warning("gateways_rest", kind=kind, seconds=news)  # 0: that one answers again
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    if len(claimed) == most and any(answers):
        outbox.arrived(registry)


async def _send(registry: Registry, carrier: Carrier, claimed: ClaimedMessage, claiming: tuple[float, int]) -> bool:
    """Sends one message and settles it; returns whether the carrier answers. ``claiming``: the claim's start,
    monotonic seconds and µs."""
    if _late(registry, *claiming):  # this process hung: another one may be sending it
        log.warning("claim_too_old", kind=claimed.kind, row=claimed.id, tries=claimed.tries)
        return False
    try:
        message = claims.opened(registry.keyring, claimed, registry.store.now())
        async with asyncio.timeout(LONGEST):
            message_id = await carrier.send(message)
    except Exception as fault:  # whatever it is, the other messages go on
        return await _settle_failure(registry, claimed, _understood(fault))
    await _settle(registry, claimed.kind, claims.sent, claimed, message_id)
    waited = (registry.store.now() - claimed.created_at) // 1000
    log.info("message_sent", kind=claimed.kind, row=claimed.id, tries=claimed.tries, waited_ms=waited)
    return True


def _late(registry: Registry, began: float, at: int) -> bool:
    """Whether a claim is too old to use. The clock shows a suspended machine."""
    return max(time.monotonic() - began, (registry.store.now() - at) / SECOND) > FRESH


def _understood(fault: Exception) -> Undelivered:
    if isinstance(fault, Undelivered):
        return fault
    return (Down if isinstance(fault, TimeoutError) else Temporary)(type(fault).__name__)


async def _settle_failure(registry: Registry, claimed: ClaimedMessage, fault: Undelivered) -> bool:
    if isinstance(fault, Permanent):
        await _settle(registry, claimed.kind, claims.give_up, claimed, fault.reason)
        _log_given_up(claimed.kind, Expired(claimed.id, claimed.tries, fault.reason))
        return True
    failing = isinstance(fault, Down)
    via = (fault.gateway or None) if isinstance(fault, PerhapsTaken) else None
    await _settle(registry, claimed.kind, claims.postpone, claimed, fault.reason, failing, via)
    log.warning("message_not_sent", kind=claimed.kind, row=claimed.id, tries=claimed.tries, error=fault.reason)
    return not failing


async def _settle(registry: Registry, kind: Kind, settlement: Callable[..., None], *arguments: Any) -> None:
    """Settles a message. Without the database it is remembered, or a taken message would be sent again."""
    try:
        await registry.store.write(settlement, *arguments)
    except StoreUnavailable:
        _unsettled(registry, kind).append((settlement, arguments))
        raise


async def _settle_late(registry: Registry, kind: Kind) -> None:
    kept = _unsettled(registry, kind)
    while kept:
        settlement, arguments = kept.popleft()
        await _settle(
            registry, kind, settlement, *arguments
        )  # once more, where nobody knew whether it stood, is harmless


def _unsettled(registry: Registry, kind: Kind) -> deque[tuple[Callable[..., None], tuple[Any, ...]]]:
    return registry.store.own(("unsettled messages", kind), deque)


def _log_given_up(kind: Kind, message: Expired) -> None:
    log.error("message_given_up", kind=kind, row=message.id, tries=message.tries, error=message.error)
