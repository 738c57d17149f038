"""Which events go to İYS, and when, from a cursor over history; only numbers are copied. What İYS relayed is not sent
back. A change that can be undone within ten minutes waits for that."""

from __future__ import annotations

from collections.abc import Iterable

from consents import reportable, state
from consents.instants import SECOND
from consents.reportable import ReportableEvent
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
    return reportable.last_act(snapshot) > brand.act


def plan(transaction: Transaction, brand: SyncedBrand) -> SyncedBrand:
    """Plans the next events after the brand's cursor; the brand afterwards. Call it while ``is_news``."""
    _withdraw(transaction, brand)
    events = reportable.after(transaction, brand.brand, brand.cursor, STEP)
    for one in events:
        if goes_out(one):
            movement_items.add(transaction, one, one.recorded_at + undo_wait(one))
    cursor = events[-1].event if events else brand.cursor
    act = reportable.last_act(transaction) if len(events) < STEP else brand.act
    if (cursor, act) != (brand.cursor, brand.act):
        national_brands.move(transaction, brand.brand, cursor=cursor, act=act)
    return brand._replace(cursor=cursor, act=act)


def goes_out(one: ReportableEvent) -> bool:
    """Whether İYS needs an event: not one that it relayed."""
    return one.actor != Actor.REGISTRY.code and one.door != Door.SYNC.code


def undo_wait(one: ReportableEvent) -> int:
    """For how long (µs) its door can undo it, where its key is handed out: ten minutes."""
    return 0 if one.undoes is not None else _WAITS.get(one.door, 0)


def _withdraw(transaction: Transaction, brand: SyncedBrand) -> None:
    """An undo that leaves no record announces nothing; a consent that İYS has is withdrawn by a refusal."""
    for undone in reportable.undone_since(transaction, brand.act):
        for item in movement_items.between(transaction, undone.first_event, undone.last_event):
            if item.key.brand == brand.brand and item.state in (ItemState.DONE, ItemState.MERGING):
                take_back(transaction, item)


def take_back(transaction: Transaction, item: MovementItem) -> None:
    """Sends a refusal after an ONAY that was undone and left no record. One on its way waits for its answer."""
    if item.status == ONAY and state.of_key(transaction, item.key) is None:
        reported = reportable.by_number(transaction, [item.of])[item.of]
        movement_items.withdraw(transaction, reported, (item.at or 0) + SECOND)


def send_again(transaction: Transaction, key: Key, shown_at: int) -> bool:
    """Sends what stands here again, after a movement of ``shown_at`` (µs) that İYS holds; False for İYS's own word, or
    while the citizen is asked."""
    stands = state.of_key(transaction, key)
    if stands is None or stands.status == BEKLIYOR:
        return False
    reported = reportable.in_force(transaction, key, stands)
    if not goes_out(reported) and stands.in_force().event > 0:
        return False
    if not _accepted_after(transaction, reported.event, shown_at):
        send_word(transaction, reported, stands, shown_at + SECOND)
    return True


def send_word(transaction: Transaction, reported: ReportableEvent, stands: Standing, not_before: int | None) -> None:
    """Sends the word that stands; under a standing refusal a refusal in its place."""
    if reported.status == stands.in_force().status:
        movement_items.renew(transaction, reported, not_before=not_before)
    else:
        movement_items.withdraw(transaction, reported, not_before)


def restore(transaction: Transaction, key: Key) -> None:
    """Sends the ONAY that stands here, where İYS holds a later refusal of ours that was undone before it showed us the
    ONAY."""
    stands, held = state.of_key(transaction, key), movement_items.held(transaction, key)
    if stands is None or stands.status != ONAY or held is None or held.status != RET or held.ours is None:
        return
    (refusal,) = reportable.by_number(transaction, [abs(held.ours)]).values()
    if refusal.undone_by is not None:
        send_word(transaction, reportable.in_force(transaction, key, stands), stands, held.at + SECOND)


def outweighed(transaction: Transaction, key: Key) -> bool:
    """Sends the refusal that stands here, where İYS holds an ONAY of ours under a later date, as after an undo; whether
    it does."""
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
    send_word(transaction, reportable.in_force(transaction, key, stands), stands, (last.at or 0) + SECOND)
    return True


def _accepted_after(transaction: Transaction, event: int, shown_at: int) -> bool:
    """Whether İYS stored it under a later date than the movement that it shows now."""
    known = movement_items.between(transaction, event, event)
    return any(
        item.state is ItemState.DONE and item.code is None and item.at is not None and item.at > shown_at
        for item in known
    )


def before_erasure(transaction: Transaction, recipient: int, refusals: Iterable[Key]) -> None:
    """Call it after everything of a person was refused and before the address is erased. ``refusals``: the keys refused
    just now; the address stays encrypted with them until İYS has answered."""
    synced = {brand for brand in {key.brand for key in refusals} if national_brands.is_synced(transaction, brand)}
    held = [key for key in refusals if key.brand in synced]
    stands = [state.of_key(transaction, key) for key in held]
    reported = reportable.by_number(transaction, [one.in_force().event for one in stands if one is not None])
    for one in reported.values():
        movement_items.keep_address(transaction, one)
        movement_items.hold_address(transaction, recipient, one.sealed)
