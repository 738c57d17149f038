"""Every night compares İYS's file of yesterday, its hash and its movements, in flat memory. Agreement is recorded at
İYS only where the hash fits and every line could be read."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import structlog

from consents import instants
from consents.instants import HOUR
from consents.registry import Registry
from consents.store import Transaction
from national import national_brands
from national.incoming import relayed
from national.incoming.relayed import Taken
from national.national_brands import SyncedBrand
from national.upstream.answer_classes import AnswerClass
from national.upstream.iys_client import IysClient, IysFault
from national.upstream.iys_messages import DayLines, UpstreamMovement

READY = 3 * HOUR  # after midnight: İYS makes the file and its stamp first
SHOWN = 7  # days that İYS keeps files for (H502)

log = structlog.get_logger()


def days_due(brand: SyncedBrand, iys_now: int) -> list[date]:
    last = instants.day_of(iys_now - READY) - timedelta(days=1)
    first = max(last - timedelta(days=SHOWN - 2), (brand.checked_day or last - timedelta(days=1)) + timedelta(days=1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


async def check(registry: Registry, client: IysClient, brand: SyncedBrand, day: date) -> Taken | None:
    """Reads a day's file; None while İYS has not made it."""
    try:
        wanted = await client.day_hash(brand.code, day)
        if wanted is None:
            if instants.day_of(client.iys_now) - day > timedelta(days=1):
                await registry.store.write(_checked, brand, day, True)  # a day without movements has no file
            return None
        reader = _Reader(registry, brand)
        await client.day_file(brand.code, day, reader.take)
        await reader.end()
        fits = reader.digest() == wanted and not reader.taken.unread
        if fits:  # before the day is noted: where that is lost, the day is looked at once more
            await client.agree(brand.code, day)
    except IysFault as fault:
        if fault.kind is not AnswerClass.ESCALATE:
            raise
        log.warning("iys_day_refused", brand=brand.code, day=str(day), answer=fault.code)
        await registry.store.write(_checked, brand, day, True)
        return None
    # Half a file is no difference: until the day after next each pull fetches it again.
    again = reader.digest() != wanted and instants.day_of(client.iys_now) - day <= timedelta(days=1)
    await registry.store.write(_checked, brand, day, fits, again)
    if not fits:
        log.error("iys_day_differs", brand=brand.code, day=str(day), unread=reader.taken.unread)
    return reader.taken


class _Reader:
    """Records a day's movements as they come."""

    def __init__(self, registry: Registry, brand: SyncedBrand) -> None:
        self.taken = Taken()
        self._registry, self._brand = registry, brand
        self._hash, self._lines = hashlib.sha384(usedforsecurity=False), DayLines()
        self._held: list[UpstreamMovement | None] = []

    async def take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._held += self._lines.feed(piece)
        if len(self._held) >= relayed.PART:
            await self._record()

    async def end(self) -> None:
        self._held += self._lines.end()
        await self._record()

    def digest(self) -> str:
        return self._hash.hexdigest()

    async def _record(self) -> None:
        for start in range(0, len(self._held), relayed.PART):
            found, unread = relayed.read(self._registry, self._held[start : start + relayed.PART])
            then = await relayed.take_each(self._registry, self._brand.brand, found)
            self.taken = self.taken.plus(then._replace(unread=unread + then.unread))
        self._held = []


def _checked(transaction: Transaction, brand: SyncedBrand, day: date, fits: bool, again: bool = False) -> None:
    looked = {} if again else {"checked_day": day}
    national_brands.move(transaction, brand.brand, differing_day=None if fits else day, **looked)
