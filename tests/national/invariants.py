"""What must hold at every moment between both sides, and what their histories must never show.

Each of these finds a fault where it happens: in the end much is healed by the next pull, the night's file or a merge.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from consents import instants, reportable
from consents.instants import DAY, HOUR, SECOND
from consents.rules import HANDED_OUT, UNDO_WINDOWS
from consents.terms import Actor, Channel, Door, Source, Status
from national import movement_items, national_brands
from national.movement_items import MovementItem
from tests.national.local_iys import OWN_SOURCES, LocalIys
from tests.national.unthreaded import drive

if TYPE_CHECKING:
    from tests.national.simulation import World

Said = tuple[str, str, str, int]  # address, channel, status, second


@dataclass
class Looked:
    """What was looked at before. ``here``: what İYS told and is recorded; ``event``: the last event of it."""

    here: set[Said] = field(default_factory=set)
    event: int = 0
    movement: int = 0  # of İYS's movements, the first that need not be here yet
    pulled_at: int | None = None


def after_round(world: World) -> list[str]:
    """Once a pull has ended, every citizen's word that İYS showed by then is recorded here, with its own time."""
    brands = drive(world.registry.store.read(national_brands.of_account, 1))
    pulled_at = brands[0].pulled_at if brands else None
    if pulled_at is None or pulled_at == world.looked.pulled_at or world.jumped:
        return []
    world.looked.pulled_at = pulled_at
    _read(world)
    moved, found = world.iys.movements[_code(world)], []
    while world.looked.movement < len(moved):
        one = moved[world.looked.movement]
        if one["_at"] * SECOND > pulled_at - HOUR:
            break
        world.looked.movement += 1
        shown = not one["_forgotten"] and one["_at"] * SECOND > pulled_at - 7 * DAY
        if one["source"] in OWN_SOURCES and shown and _said(one) not in world.looked.here:
            found.append(f"a pull has passed by {_said(one)}")
    return found


def pushed(world: World, address: str, channel: str, status: str) -> list[str]:
    """A refusal that İYS pushes is recorded at once, as of our clock where that is behind; an ONAY is not, before the
    pull shows it."""
    _read(world)
    at = world.iys.records[_code(world), address, channel, "BIREYSEL"].said
    said = (address, channel, status, at if world.skew >= -SECOND else min(at, (world.now + world.skew) // SECOND))
    recorded = said in world.looked.here
    return [] if recorded is (status == "RET") else [f"pushed, and {'' if recorded else 'not '}recorded: {said}"]


def of_history(world: World) -> list[str]:
    """All that the whole course must show."""
    events = {told.event: told for told in world.told}
    items = world.registry.store.read_now(movement_items.between, -(10**9), 10**9)
    return [
        *_too_early(world, events),
        *_dated(world, events, items),
        *_one_second(world.iys),
        *_days(world),
        *_forgotten(world),
    ]


def _too_early(world: World, events: dict[int, reportable.ReportableEvent]) -> Iterator[str]:
    """Nothing that somebody else may have pressed leaves while it can be taken back."""
    for item in world.registry.store.read_now(movement_items.between, 1, 10**9):
        told = events[item.of]
        if item.at is None or told.undoes is not None or Door.of(told.door) not in HANDED_OUT:
            continue
        wait, said = UNDO_WINDOWS[Door.of(told.door)] or 0, item.at // SECOND
        for one in world.iys.movements[_code(world)]:
            ours = one["source"] == "HS_WEB" and _said(one) == (*_key(world, item), said)
            if ours and not world.jumped and one["_at"] * SECOND < told.recorded_at + wait - SECOND:
                yield f"event {item.event} was at İYS while it could be taken back"


def _dated(world: World, events: dict[int, reportable.ReportableEvent], items: list[MovementItem]) -> Iterator[str]:
    """A citizen's word goes under his own time, or a second after what İYS holds of the key."""
    taken = {(item.key, item.at) for item in items}
    for item in items:
        told = events[item.of]
        own = told.actor == Actor.CITIZEN.code and told.door != Door.SYNC.code and not item.withdraws
        if not own or item.at is None or item.not_before or item.source == Source.HS_KARAR.code or world.jumped:
            continue
        if item.at != told.at // SECOND * SECOND and (item.key, item.at - SECOND) not in taken:
            yield f"event {item.event} said at {told.at} went as said at {item.at}"


def _one_second(iys: LocalIys) -> Iterator[str]:
    """Never two words of one key within a second."""
    words: dict[str, set[str]] = defaultdict(set)
    for batch in iys.batches.values():
        for one in batch.items:
            words[json.dumps([one["recipient"], one["type"], one["consentDate"]])].add(one["status"])
    yield from (f"two words within a second: {key}" for key, said in words.items() if len(said) > 1)


def _days(world: World) -> Iterator[str]:
    """The nights' files were looked at, and agreed to; those of the last days, in which İYS was there."""
    today = instants.day_of(world.now - 4 * HOUR)
    moved = {one["creationDate"][:10] for one in world.iys.movements[_code(world)]}
    for back in range(1, 4):
        day = (today - timedelta(days=back)).isoformat()
        if day in moved and (_code(world), day) not in world.iys.agreed:
            yield f"the file of {day} was not agreed to"


def _forgotten(world: World) -> Iterator[str]:
    """What İYS left out of its pull came with the file of its day."""
    _read(world)
    for one in world.iys.movements[_code(world)]:
        day_over = one["_at"] * SECOND < world.now - DAY - 4 * HOUR
        down = any(
            start < (one["_at"] + 9 * 86_400) * SECOND and end > one["_at"] * SECOND for start, end in world.down
        )
        counts = one["_forgotten"] and one["source"] in OWN_SOURCES and one["_at"] * SECOND > world.met_at
        if counts and day_over and not down and not world.jumped and _said(one) not in world.looked.here:
            yield f"never heard of {_said(one)}"


def _read(world: World) -> None:
    """Notes what has come from İYS since it was last looked."""
    looked, store = world.looked, world.registry.store
    while told := store.read_now(reportable.after, world.brand, looked.event, 1000):
        looked.event = told[-1].event
        looked.here |= {
            (*_named(world, one.key.recipient, one.key.channel), str(Status.of(one.status)), one.at // SECOND)
            for one in told
            if one.door == Door.SYNC.code and one.actor == Actor.REGISTRY.code
        }


def _named(world: World, recipient: int, channel: int) -> tuple[str, str]:
    return world.people[world.numbers.index(recipient)], str(Channel.of(channel))


def _key(world: World, item: MovementItem) -> tuple[str, str, str]:
    return (*_named(world, item.key.recipient, item.key.channel), str(Status.of(item.status)))


def _said(one: dict[str, Any]) -> Said:
    return one["recipient"], one["type"], one["status"], LocalIys.seconds(one["consentDate"])


def _code(world: World) -> int:
    return world.iys.company
