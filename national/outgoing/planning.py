"""From a cursor over history: which events go to İYS, and from when on. Nothing is copied but numbers.

What İYS itself relayed does not go back. A change that its door still takes back within ten minutes waits for that.
"""

from __future__ import annotations

from collections.abc import Iterable

from consents import reportable, state
from consents.instants import SECOND
from consents.reportable import ToldEvent
from consents.rules import BEKLIYOR, HANDED_OUT, ONAY, RET, UNDO_WINDOWS, Standing
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Door
from national import movement_items, national_brands
from national.movement_items import ItemState, MovementItem
from national.national_brands import SyncedBrand

STEP = 1000  # events in one transaction
_WAITS = {door.code: UNDO_WINDOWS[door] or 0 for door in HANDED_OUT}


def is_news(snapshot: Snapshot, brand: SyncedBrand) -> bool:
    """Whether anything has happened since the brand was looked at."""
    return reportable.last_act(snapshot) > brand.act


def plan(transaction: Transaction, brand: SyncedBrand) -> SyncedBrand:
    """Looks at the next events after the brand's cursor; the brand as it is then. Call it while ``is_news``."""
    _withdraw(transaction, brand)
    told = reportable.after(transaction, brand.brand, brand.cursor, STEP)
    for one in told:
        if goes_out(one):
            movement_items.add(transaction, one, one.recorded_at + undo_wait(one))
    cursor = told[-1].event if told else brand.cursor
    act = reportable.last_act(transaction) if len(told) < STEP else brand.act
    if (cursor, act) != (brand.cursor, brand.act):
        national_brands.move(transaction, brand.brand, cursor=cursor, act=act)
    return brand._replace(cursor=cursor, act=act)


def goes_out(one: ToldEvent) -> bool:
    """Whether İYS has to hear of an event: not of what it has told us."""
    return one.actor != Actor.REGISTRY.code and one.door != Door.SYNC.code


def undo_wait(one: ToldEvent) -> int:
    """For how long (µs) its door takes it back, where it is handed out: ten minutes."""
    return 0 if one.undoes is not None else _WAITS.get(one.door, 0)


def _withdraw(transaction: Transaction, brand: SyncedBrand) -> None:
    """An undo that leaves no record announces nothing; where İYS has the consent already, it goes out as a refusal."""
    for undone in reportable.undone_since(transaction, brand.act):
        for item in movement_items.between(transaction, undone.first_event, undone.last_event):
            if item.key.brand == brand.brand and item.state in (ItemState.DONE, ItemState.MERGING):
                take_back(transaction, item)


def take_back(transaction: Transaction, item: MovementItem) -> None:
    """Sends a refusal after an ONAY that was taken back and left no record. One on its way waits for its answer."""
    if item.status == ONAY and state.of_key(transaction, item.key) is None:
        told = reportable.of(transaction, [item.of])[item.of]
        movement_items.withdraw(transaction, told, (item.at or 0) + SECOND)


def say_again(transaction: Transaction, key: Key, shown_at: int) -> bool:
    """Sends what stands here once more, after a movement of ``shown_at`` (µs) that İYS holds; False where not.

    What İYS itself told us it knows; while the citizen is asked nothing goes.
    """
    stands = state.of_key(transaction, key)
    if stands is None or stands.status == BEKLIYOR:
        return False
    told = reportable.in_force(transaction, key, stands)
    if not goes_out(told) and stands.in_force().event > 0:
        return False
    if not _accepted_after(transaction, told.event, shown_at):
        say(transaction, told, stands, shown_at + SECOND)
    return True


def say(transaction: Transaction, told: ToldEvent, stands: Standing, not_before: int | None) -> None:
    """Sends the word that stands; where a standing refusal covers another word of the key, a refusal in its place."""
    if told.status == stands.in_force().status:
        movement_items.renew(transaction, told, not_before=not_before)
    else:
        movement_items.withdraw(transaction, told, not_before)


def outweighed(transaction: Transaction, key: Key) -> bool:
    """Sends the refusal that stands here, where İYS holds an ONAY of ours under a later date; whether it does.

    So it comes when an undo has announced that an older ONAY stands again, and İYS then shows a refusal between both.
    """
    stands = state.of_key(transaction, key)
    if stands is None or stands.status != RET:
        return False
    word = stands.in_force()
    ours = [
        item
        for item in movement_items.all_of(transaction, key.brand, [key.recipient])
        if item.key == key and item.at is not None and item.code is None
        if item.state in (ItemState.DONE, ItemState.SENT)
    ]
    last = max(ours, key=lambda item: item.at or 0, default=None)
    if last is None or last.status != ONAY or (last.at or 0) <= word.at:
        return False
    say(transaction, reportable.in_force(transaction, key, stands), stands, (last.at or 0) + SECOND)
    return True


def _accepted_after(transaction: Transaction, event: int, shown_at: int) -> bool:
    """Whether İYS has stored it under a later date than the movement that it shows now."""
    known = movement_items.between(transaction, event, event)
    return any(
        item.state is ItemState.DONE and item.code is None and item.at is not None and item.at > shown_at
        for item in known
    )


def before_erasure(transaction: Transaction, recipient: int, refusals: Iterable[Key]) -> None:
    """Call it after everything of a person was refused and before his address goes: İYS still has to hear of that.

    ``refusals``: the keys that were refused just now. The address stays sealed with them, until İYS has answered.
    """
    synced = {brand for brand in {key.brand for key in refusals} if national_brands.is_synced(transaction, brand)}
    held = [key for key in refusals if key.brand in synced]
    stands = [state.of_key(transaction, key) for key in held]
    told = reportable.of(transaction, [one.in_force().event for one in stands if one is not None])
    for one in told.values():
        movement_items.keep_address(transaction, one)
        movement_items.hold_address(transaction, recipient, one.sealed)
