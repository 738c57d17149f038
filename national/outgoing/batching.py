"""Chooses the next list's items: one movement a key, never two of one key within a second. The choice is stored in the
list's transaction, so after a crash the same list goes again, and İYS's v2 answers alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

import structlog
from cryptography.exceptions import InvalidTag

from consents import business_days, history, reportable, state
from consents.instants import MINUTE, SECOND
from consents.keys import Keyring
from consents.reportable import ReportableEvent
from consents.rules import ONAY, RET, Standing
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Door, Source
from national import iys_dealers, movement_items, national_brands
from national.movement_items import ItemState, MovementItem
from national.national_brands import SentBatch
from national.upstream.iys_messages import UNREAD, OutgoingWord

log = structlog.get_logger()

MOST = 1000  # entries of a list (API document, H125)
LATE = "late"  # a refusal too old for its own date

# A provider's key may write HS_* only (H119): a citizen's word goes as the provider's own channel of that kind.
SOURCES = {
    Door.PAGE: Source.HS_WEB,
    Door.LINK: Source.HS_WEB,
    Door.QR: Source.HS_WEB,
    Door.SMS: Source.HS_MESAJ,
    Door.MAIL: Source.HS_EPOSTA,
    Door.MAILBOX: Source.HS_EPOSTA,
    Door.BUSINESS: Source.HS_WEB,
    Door.VOICE: Source.HS_CAGRI_MERKEZI,
    Door.DESK: Source.HS_CAGRI_MERKEZI,  # an erasure, asked for by telephone or letter
    Door.REQUEST: Source.HS_WEB,  # or as below
    Door.DISPUTE: Source.HS_WEB,
    Door.SYNC: Source.HS_KARAR,  # a refusal given at İYS that İYS does not hold any more
}

# An answer to a company's request comes in several ways, which its own source names.
_OF_REQUEST = {Source.IYS_KISAMESAJ.code: Source.HS_MESAJ, Source.IYS_EPOSTA.code: Source.HS_EPOSTA}


class Fate(Enum):
    """What becomes of a due item that is not sent."""

    DROP = "drop"  # İYS need not hear of it
    HELD = "held"  # İYS holds such a refusal already, and it no longer stands here
    LATER = "later"  # a refusal that waits behind it goes first
    TOO_OLD = "too old"  # an ONAY that İYS takes no more (H467)
    NAMELESS = "nameless"  # its holder was erased
    UNREADABLE = "unreadable"  # what is stored of it cannot be read: a person looks at it


class Ready(NamedTuple):
    item: MovementItem
    word: OutgoingWord


def next_batch(
    transaction: Transaction, keyring: Keyring, brand: int, offset: int
) -> tuple[SentBatch, list[OutgoingWord]] | None:
    """A brand's next list; None where nothing is due. ``offset``: İYS's clock ahead of ours, µs."""
    due = movement_items.due(transaction, brand, transaction.now, MOST)
    queues = _queues(due, movement_items.open_of(transaction, brand, {item.key.recipient for item in due}))
    items = [item for queue in queues.values() for item in queue]
    outgoing = _Outgoing(
        transaction,
        keyring,
        offset,
        reportable.by_number(transaction, [item.of for item in items]),
        _sent_at(transaction, brand, items),
        state.of_brand(transaction, brand, {item.key.recipient for item in items}),
    )
    numbers = iys_dealers.numbers(transaction, _dealers(outgoing.reported.values()))
    ready: list[Ready] = []
    for queue in queues.values():
        if (found := _next_of(outgoing, queue)) is not None:
            retailer = _retailer(found.item, outgoing.reported[found.item.of], numbers)
            ready.append(found._replace(word=found.word._replace(retailer=retailer)))
    if not ready:
        return None
    number = national_brands.add_batch(transaction, brand)
    for place, (item, word) in enumerate(ready):
        movement_items.send(transaction, item.event, number, place, word.source, word.at, word.retailer)
    made = SentBatch(number, brand, None, transaction.now, transaction.now, 0)
    return made, [word for _, word in ready]


def again(snapshot: Snapshot, keyring: Keyring, batch: SentBatch) -> list[OutgoingWord]:
    items = movement_items.in_batch(snapshot, batch.id)
    reported = reportable.by_number(snapshot, [item.of for item in items])
    return [
        OutgoingWord(
            _address(keyring, item, reported[item.of]) or "",
            item.key.channel,
            item.key.identity,
            item.status,
            item.source,
            item.at or 0,
            item.retailer,
        )
        for item in items
    ]


def _queues(due: list[MovementItem], still_open: list[MovementItem]) -> dict[Key, list[MovementItem]]:
    """All open items of each key of which one is due, oldest first; keys whose refusals are due come first."""
    queues: dict[Key, list[MovementItem]] = {item.key: [] for item in due}
    for item in still_open:
        if item.key in queues:
            queues[item.key].append(item)
    return queues


class _Outgoing(NamedTuple):
    """What ``next_batch`` has read of its items: their events, by key the date of the last movement that İYS may have,
    and what stands here."""

    transaction: Transaction
    keyring: Keyring
    offset: int
    reported: Mapping[int, ReportableEvent]
    sent_at: Mapping[Key, int]
    stands: Mapping[Key, Standing]


def _next_of(outgoing: _Outgoing, queue: list[MovementItem]) -> Ready | None:
    """A key's next movement, None where it waits: nothing overtakes one on its way. What İYS need not receive is put
    aside at once, so that it holds up no later movement."""
    transaction, now = outgoing.transaction, outgoing.transaction.now
    superseded: list[MovementItem] = []
    for place, item in enumerate(queue):
        if item.state is not ItemState.WAITING:
            return None
        if item.due_at > now:
            _wait(transaction, superseded, item.due_at)
            return None
        event, stands = outgoing.reported[item.of], outgoing.stands.get(item.key)
        try:
            fate = _fate(transaction, item, event, stands, _refused_after(outgoing, queue[place + 1 :]))
            last = outgoing.sent_at.get(item.key, 0)
            word = fate or _word(outgoing.keyring, item, event, last, now, outgoing.offset)
        except (ArithmeticError, LookupError, TypeError, ValueError, InvalidTag) as fault:  # the others go out
            log.error("iys_not_sent", movement=item.event, error=type(fault).__name__)
            word = Fate.UNREADABLE
        if word is Fate.LATER:
            superseded.append(item)
        elif isinstance(word, int):
            _wait(transaction, [*superseded, item], word)
            return None
        else:
            if isinstance(word, OutgoingWord) or word is Fate.HELD:
                for one in superseded:  # İYS has the refusal after it
                    movement_items.drop(transaction, one.event)
                superseded = []
            if isinstance(word, OutgoingWord):
                return Ready(item, word)
            _put_aside(transaction, item, word)
    return None


def _refused_after(outgoing: _Outgoing, later: list[MovementItem]) -> bool:
    """Whether a refusal that was not undone waits behind an item, or is on its way."""
    return any(item.status == RET and outgoing.reported[item.of].undone_by is None for item in later)


def _wait(transaction: Transaction, items: list[MovementItem], until: int) -> None:
    """An ONAY waits as long as the refusal behind it: if that is undone before it leaves, İYS lacks the ONAY."""
    for item in items:
        movement_items.settle(transaction, item.event, ItemState.WAITING, item.code, due_at=until)


def _sent_at(snapshot: Snapshot, brand: int, items: list[MovementItem]) -> dict[Key, int]:
    """The date of the last movement of each key that İYS may have."""
    found: dict[Key, int] = {}
    for item in movement_items.all_of(snapshot, brand, {item.key.recipient for item in items}):
        if item.at is not None and item.state is not ItemState.WAITING:
            found[item.key] = max(found.get(item.key, 0), item.at)
    return found


def _fate(
    snapshot: Snapshot, item: MovementItem, event: ReportableEvent, stands: Standing | None, refused_after: bool
) -> Fate | None:
    """None: it is sent."""
    if item.withdraws:
        covered = stands is not None and stands.status == RET and stands.in_force().event < 0  # rule L13
        return None if stands is None or covered else Fate.DROP
    if event.undone_by is not None:
        return Fate.DROP
    allowed = stands is not None and stands.status == ONAY
    if item.status == ONAY and refused_after:
        return Fate.LATER
    if item.status == ONAY and not allowed:
        return Fate.DROP  # refused since, or it waits for the citizen: an ONAY that does not stand never leaves
    if event.undoes is not None and not _heard(snapshot, item, event.undoes):
        return Fate.DROP
    # A refusal that stands always leaves, because İYS may hold an ONAY that no pull shows yet.
    held = movement_items.held(snapshot, item.key) if item.status == RET and allowed else None
    return None if held is None or held.status != RET else Fate.HELD


def _heard(snapshot: Snapshot, item: MovementItem, act: int) -> bool:
    """Whether İYS may have received what was undone, or holds the contrary of what stands again, as after the undo of
    the same word given twice; if not, it needs no word of that."""
    past = history.act(snapshot, act)
    assert past is not None
    found = movement_items.between(snapshot, past.first_event, past.last_event)
    heard = any(one.key == item.key and one.state is not ItemState.WAITING for one in found)
    held = movement_items.held(snapshot, item.key)
    return heard or (held is not None and held.status != item.status)


def _word(
    keyring: Keyring, item: MovementItem, event: ReportableEvent, last: int, now: int, offset: int
) -> OutgoingWord | Fate | int:
    """As it is sent; a moment (µs) until which it waits, because its date is ahead of İYS's clock."""
    address = _address(keyring, item, event)
    if address is None:
        return Fate.NAMELESS
    iys_now = now + offset
    source, at = _source(item, event), _at(item, event, offset)
    if at and at < business_days.oldest_reportable(iys_now):
        if item.status != RET:
            return Fate.TOO_OLD
        # İYS takes no citizen's word that old (H467); the company's duty to stop can still be sent.
        source, at = Source.HS_KARAR.code, iys_now
    floor = max(last + SECOND if last else 0, item.not_before or 0)
    at = max(_second(at), -(-floor // SECOND) * SECOND) if at or floor else 0
    if at > iys_now:
        mine = event.actor != Actor.PROVIDER.code and floor <= iys_now
        if not mine:
            return now + min(at - iys_now, 15 * MINUTE) + SECOND
        at = max(_second(iys_now), -(-floor // SECOND) * SECOND)
        if at > iys_now:
            return now + SECOND
    return OutgoingWord(address, item.key.channel, item.key.identity, item.status, source, at)


def _source(item: MovementItem, event: ReportableEvent) -> int | None:
    if item.withdraws:
        return Source.HS_KARAR.code
    if event.actor == Actor.PROVIDER.code:
        return event.source
    door = Door.of(event.door)
    again = door is Door.SYNC and item.status == ONAY  # given at İYS, and ended there by a refusal that was undone here
    if door is Door.REQUEST and event.source in _OF_REQUEST:
        return _OF_REQUEST[event.source].code
    return SOURCES[Door.PAGE if again else door].code


def _at(item: MovementItem, event: ReportableEvent, offset: int) -> int:
    """When the word was given, by İYS's clock where our own stamped it."""
    if item.withdraws:
        return item.said_at + offset
    if event.actor == Actor.PROVIDER.code and event.undoes is None:
        return event.at
    return event.at + offset


def _dealers(reported: Iterable[ReportableEvent]) -> set[int]:
    return {one.dealer for one in reported if one.dealer is not None}


def _retailer(item: MovementItem, event: ReportableEvent, numbers: Mapping[int, int]) -> int | None:
    """İYS's number of the collector; none for the company's own duty to stop."""
    return None if item.withdraws or event.dealer is None else numbers.get(event.dealer)


def _second(at: int) -> int:
    return at // SECOND * SECOND


def _address(keyring: Keyring, item: MovementItem, event: ReportableEvent) -> str | None:
    return keyring.unseal(event.sealed) or (None if item.sealed is None else keyring.unseal(item.sealed))


def _put_aside(transaction: Transaction, item: MovementItem, fate: Fate) -> None:
    if fate is Fate.DROP:
        movement_items.drop(transaction, item.event)
    elif fate is Fate.HELD:
        movement_items.settle(transaction, item.event, ItemState.DONE, "H174", at=transaction.now)
    elif fate is Fate.TOO_OLD:
        # Most such consents are at İYS already, as after the loading of a file: both sides are compared again.
        movement_items.drop(transaction, item.event)
        national_brands.compare_again(transaction, item.key.brand)
    elif fate is Fate.UNREADABLE:
        movement_items.settle(transaction, item.event, ItemState.ESCALATED, UNREAD)
    else:
        movement_items.settle(transaction, item.event, ItemState.ESCALATED, "erased")
