"""Polls the carrier's list of received messages, because Twilio and Verimor give up a push after some tries. Looks
overlap; known messages are skipped by id."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy import text

from consents.columns import optional_micros, stored
from consents.registry import Registry
from consents.store import Bells, Snapshot, Statement, Transaction, Value
from gateways.received import Inbox, Received
from optout.sms import inbound_messages, sms_door
from settings import Settings
from web.logs import Alone

_POSITION: Value[str | None] = Statement(text("SELECT position FROM inbox_cursor WHERE carrier = :carrier"))
_READ_AT: Value[float] = Statement(text("SELECT read_at FROM inbox_cursor WHERE carrier = :carrier"))
_SET = Statement(
    text(
        "INSERT INTO inbox_cursor (carrier, position, read_at) VALUES (:carrier, :position, :now) "
        "ON CONFLICT (carrier) DO UPDATE SET position = excluded.position, read_at = excluded.read_at"
    )
)
_NUMBERS = Statement(text("SELECT number FROM brand_number"))
_BRAND_NUMBER = Statement(text("SELECT 1 FROM brand_number WHERE number IN (:bare, :plus)"))

_bells = Bells()

log = structlog.get_logger()


async def read(registry: Registry, settings: Settings, inbox: Inbox) -> None:
    """Takes new messages, oldest first; the cursor moves once a batch is committed. Failed ones wait for a person; the
    cursor stays only where even that could not be stored. Errors: carrier.Down, StoreUnavailable."""
    store = registry.store
    position = await store.read(position_of, inbox.carrier)
    if position is None:  # kept at once: if the list fails for days, it is read from here all the same
        position = inbox.start(store.now())
        await store.write(move, inbox.carrier, position)
    numbers = await store.read(ours, settings)
    whole = True
    async for batch in inbox.batches(position, store.now(), numbers):
        found = await store.read(_unknown, batch.messages)
        for message in found:
            whole = await _take(registry, settings, message) and whole
        for entry in await store.read(_unknown, batch.unread):
            whole = await _keep(registry, entry) and whole
        if found:
            log.info("inbound_found", carrier=inbox.carrier, messages=len(found))
        if whole and batch.position != position:
            await store.write(move, inbox.carrier, batch.position)


def ours(snapshot: Snapshot, settings: Settings) -> list[str]:
    """All numbers that take SMS, of the settings and brands."""
    own = [*(gateway.sender for gateway in settings.sms_gateway.all), settings.optout_number or ""]
    return sorted({*filter(None, own), *snapshot.column(_NUMBERS)})


def is_ours(snapshot: Snapshot, settings: Settings, number: str) -> bool:
    bare = number.removeprefix("+")
    own = [*(gateway.sender for gateway in settings.sms_gateway.all), settings.optout_number or ""]
    if bare in {one.removeprefix("+") for one in own}:
        return True
    return snapshot.one(_BRAND_NUMBER, {"bare": bare, "plus": f"+{bare}"}) is not None


def read_at(snapshot: Snapshot, carrier: str) -> int | None:
    """When the list of a carrier was last read, µs; None: never."""
    return optional_micros(snapshot.value(_READ_AT, {"carrier": carrier}))


def ring(registry: Registry) -> None:
    """Requests a look at once, from the serving event loop. A worker elsewhere looks at its next turn."""
    _bells.ring(registry.store)


def bell(registry: Registry) -> asyncio.Event:
    """A new event that is set at each ``ring``, as long as somebody holds it."""
    return _bells.hang(registry.store)


async def _take(registry: Registry, settings: Settings, message: Received) -> bool:
    """Whether the message is taken, or waits for a person. Its reply leaves through the outbox."""
    with Alone("inbound_failed", carrier=message.carrier) as item:
        await sms_door.take(registry, settings, message, post=True)
    return item.error is None or await _keep(registry, message)


async def _keep(registry: Registry, message: Received) -> bool:
    with Alone("inbound_not_kept", carrier=message.carrier) as item:
        await registry.store.write(inbound_messages.keep_unread, registry.keyring, message)
    return item.error is None


def position_of(snapshot: Snapshot, carrier: str) -> str | None:
    """Up to where a carrier's list was read; None: never."""
    return snapshot.value(_POSITION, {"carrier": carrier})


def move(transaction: Transaction, carrier: str, position: str) -> None:
    transaction.run(_SET, {"carrier": carrier, "position": position, "now": stored(transaction.now)})


def _unknown(snapshot: Snapshot, messages: Sequence[Received]) -> list[Received]:
    return [message for message in messages if not inbound_messages.known(snapshot, message)]
