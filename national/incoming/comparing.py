"""Compares both sides: at first contact before anything is sent, and after a gap that İYS no longer shows. İYS names,
of a thousand addresses, those with ONAY; differing ones are queried one by one (1,000 an hour). It has no call for
addresses unknown here: load its own file with ``izin import``."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import structlog

from consents import business_days, reportable, state
from consents.columns import stored
from consents.instants import SECOND
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, Standing
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Channel, Identity
from national import national_brands
from national.incoming import relayed
from national.national_brands import SyncedBrand
from national.outgoing import planning
from national.upstream.iys_client import IysClient, of_one
from national.upstream.iys_messages import UpstreamMovement

ROWS = 6000  # of what stands, in one step; three lists of a thousand each when everybody has every channel

log = structlog.get_logger()


class Compared(NamedTuple):
    """How many keys are alike, came from İYS, go to İYS, and cannot go (an ONAY too old for İYS)."""

    alike: int = 0
    taken: int = 0
    to_send: int = 0
    too_old: int = 0

    def plus(self, other: Compared) -> Compared:
        return Compared(*(one + two for one, two in zip(self, other, strict=True)))


class KeyDifferences(NamedTuple):
    """A comparison without changes. ``alike``: keys; ``allowed_here``: ONAY here alone, ``too_old`` of them for İYS;
    ``allowed_there``: ONAY at İYS, refused or waiting here."""

    alike: int = 0
    allowed_here: int = 0
    too_old: int = 0
    allowed_there: int = 0

    def plus(self, other: KeyDifferences) -> KeyDifferences:
        return KeyDifferences(*(one + two for one, two in zip(self, other, strict=True)))


class HeldKey(NamedTuple):
    key: Key
    stands: Standing
    address: str


async def compare(registry: Registry, client: IysClient, brand: SyncedBrand) -> Compared:
    """Compares the next recipients of a brand. What is done counts, also where İYS then stops."""
    rows, last = await registry.store.read(_held, registry, brand.brand, max(brand.compared_to, 0))
    differing = await _differing(client, brand, rows)
    done = Compared(alike=len(rows) - len(differing))
    people = [held.key.recipient for held in differing]
    for place, held in enumerate(differing):
        to = people[place] if people[place] not in people[place + 1 : place + 2] else None
        try:
            theirs = await client.status(brand.code, held.address, held.key.channel, held.key.identity)
            level = await registry.store.write(_level, registry, held, theirs, client.offset, to)
        except Exception as fault:
            if not of_one(fault):
                raise
            log.error("iys_key_unread", brand=brand.code, error=type(fault).__name__)
            level = await registry.store.write(_unread, held, client.offset, to)
        done = done.plus(level)
    await registry.store.write(_moved, brand, last)
    return done


async def differences(
    registry: Registry, client: IysClient, brand: SyncedBrand, after: int
) -> tuple[KeyDifferences, int | None]:
    """The differences of a brand's recipients after one, and the last of them, None at the end."""
    rows, last = await registry.store.read(_held, registry, brand.brand, after)
    differing = await _differing(client, brand, rows)
    here = [held for held in differing if held.stands.status == ONAY]
    oldest = business_days.oldest_reportable(client.iys_now)
    old = sum(held.stands.in_force().at < oldest for held in here)
    return KeyDifferences(len(rows) - len(differing), len(here), old, len(differing) - len(here)), last


def _held(snapshot: Snapshot, registry: Registry, brand: int, after: int) -> tuple[list[HeldKey], int | None]:
    rows, last = reportable.standing(snapshot, brand, after, ROWS)
    addresses = registry.keyring.unseal_all([sealed for _, _, sealed in rows])
    held = [
        HeldKey(key, stands, address)
        for (key, stands, _), address in zip(rows, addresses, strict=True)
        if address is not None
    ]
    return held, last


async def _differing(client: IysClient, brand: SyncedBrand, rows: list[HeldKey]) -> list[HeldKey]:
    groups: dict[tuple[int, int], list[HeldKey]] = defaultdict(list)
    for held in rows:
        groups[held.key.identity, held.key.channel].append(held)
    differing: list[HeldKey] = []
    for (identity, channel), group in groups.items():
        words = str(Identity.of(identity)), str(Channel.of(channel))
        for start in range(0, len(group), 1000):
            part = group[start : start + 1000]
            allowed = await client.allowed(brand.code, *words, [held.address for held in part])
            differing += [held for held in part if (held.stands.status == ONAY) is not (held.address in allowed)]
    return sorted(differing, key=lambda held: held.key)


def _level(
    transaction: Transaction,
    registry: Registry,
    held: HeldKey,
    theirs: UpstreamMovement | None,
    offset: int,
    to: int | None,
) -> Compared:
    """Reconciles one key: the later word stands, on either side. ``to``: the recipient who is done. Each answer is
    recorded at once, or a step with more than 1,000 differences would begin again every hour."""
    key = held.key
    if to is not None:
        national_brands.move(transaction, key.brand, compared_to=to)
    if theirs is not None:
        found, _ = relayed.read(registry, [theirs])
        relayed.take(transaction, registry, key.brand, found)
    here = relayed.status_here(transaction, key)
    there = None if theirs is None else theirs.status
    if here == there or (here == RET and there is None):
        return Compared(taken=1)
    return _to_be_sent(transaction, key, offset, theirs)


def _unread(transaction: Transaction, held: HeldKey, offset: int, to: int | None) -> Compared:
    """İYS's state of a key is unreadable: a refusal is sent anyway, and the other keys continue."""
    key = held.key
    if to is not None:
        national_brands.move(transaction, key.brand, compared_to=to)
    national_brands.unread(transaction, key.brand, 1)
    if relayed.status_here(transaction, key) != RET:
        return Compared()
    return _to_be_sent(transaction, key, offset, None)


def _to_be_sent(transaction: Transaction, key: Key, offset: int, theirs: UpstreamMovement | None) -> Compared:
    stands = state.of_key(transaction, key)
    assert stands is not None
    if stands.status == BEKLIYOR:  # the citizen is asked first
        return Compared(alike=1)
    word, reported = stands.in_force(), reportable.in_force(transaction, key, stands)
    late = word.at < business_days.oldest_reportable(transaction.now + offset)
    if word.status == ONAY and (late or not planning.goes_out(reported)):
        return Compared(too_old=1)
    planning.send_word(transaction, reported, stands, None if theirs is None else theirs.at + SECOND)
    return Compared(to_send=1)


def _moved(transaction: Transaction, brand: SyncedBrand, last: int | None) -> None:
    if last is not None:
        national_brands.move(transaction, brand.brand, compared_to=last)
        return
    national_brands.move(transaction, brand.brand, compared_to=-1, compared_at=stored(transaction.now))
