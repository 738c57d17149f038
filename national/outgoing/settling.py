"""Applies İYS's answers to the items of a list."""

from __future__ import annotations

from collections.abc import Sequence

from consents import business_days, reportable
from consents.instants import DAY, MINUTE
from consents.rules import ONAY, RET
from consents.store import Transaction
from national import iys_dealers, movement_items, national_brands
from national.movement_items import ItemState, MovementItem
from national.national_brands import SentBatch
from national.outgoing import planning
from national.upstream import answer_classes
from national.upstream.answer_classes import AnswerClass
from national.upstream.iys_messages import UNREAD, ItemAnswer, IysProblem

FIRST_LOOK = 5 * MINUTE  # after a list was taken (API document: 300 s)
NEXT_LOOK = MINUTE
LOST = DAY  # a list without results for so long is sent again; İYS's second version answers it as the first time
UNKNOWN_DEALER = ("H180", "H058")  # the consent goes again, without its dealer
LONGEST = 15 * MINUTE  # between two tries of an item


def results(
    transaction: Transaction, batch: SentBatch, answers: Sequence[ItemAnswer], offset: int
) -> list[MovementItem]:
    """Settles answered items; the escalated ones. Unanswered ones are queried again."""
    answered: dict[int | None, ItemAnswer] = {one.place: one for one in answers}
    items = movement_items.in_batch(transaction, batch.id)
    open_ones = [item for item in items if item.place not in answered]
    escalated = [
        item for item in items if item.place in answered if _settle(transaction, item, answered[item.place], offset)
    ]
    if not open_ones:
        national_brands.end(transaction, batch.id)
    elif transaction.now - batch.made_at > LOST:
        send_again(transaction, batch, open_ones)
    else:
        wait = min(NEXT_LOOK << min(batch.tries, 10), LONGEST)
        national_brands.postpone(transaction, batch.id, transaction.now + wait)
    return escalated


def give_up(transaction: Transaction, batch: SentBatch, place: int) -> list[MovementItem]:
    """A movement whose answer cannot be settled: a person looks at it."""
    found = [item for item in movement_items.in_batch(transaction, batch.id) if item.place == place]
    for item in found:
        movement_items.settle(transaction, item.event, ItemState.ESCALATED, UNREAD)
    return found


def send_again(transaction: Transaction, batch: SentBatch, items: Sequence[MovementItem]) -> None:
    """Drops a list; its items wait for their turn."""
    for item in items:
        movement_items.settle(transaction, item.event, ItemState.WAITING, item.code, due_at=transaction.now)
    national_brands.end(transaction, batch.id)


def refused(
    transaction: Transaction, batch: SentBatch, problems: Sequence[IysProblem], offset: int
) -> list[MovementItem]:
    """İYS refused a whole list for these entries: they are settled, the others are sent again."""
    codes: dict[int | None, str] = {one.place: one.code for one in problems if one.place is not None}
    items = movement_items.in_batch(transaction, batch.id)
    named = [item for item in items if item.place in codes]
    if not named and any(one.code in UNKNOWN_DEALER for one in problems):
        named = [item for item in items if item.retailer is not None]
        codes = {item.place: UNKNOWN_DEALER[0] for item in named}
    if not named:  # nobody knows which: each is looked at by a person, none is lost
        code = problems[0].code if problems else "refused"
        codes, named = {item.place: code for item in items}, items
    found = {item.event for item in named}
    escalated = [
        item for item in named if _settle(transaction, item, ItemAnswer(0, "failure", codes[item.place], None), offset)
    ]
    send_again(transaction, batch, [item for item in items if item.event not in found])
    return escalated


def _settle(transaction: Transaction, item: MovementItem, answer: ItemAnswer, offset: int) -> bool:
    now = transaction.now
    if answer.code is None:
        _done(transaction, item, None, answer.created_at or now)
        return False
    if answer.code in UNKNOWN_DEALER and item.retailer is not None:
        iys_dealers.refuse(transaction, item.key.brand, item.retailer)
        movement_items.settle(transaction, item.event, ItemState.WAITING, answer.code, due_at=now)
        return False
    kind = answer_classes.of_item(answer.code, refuses=item.status == RET)
    if kind is AnswerClass.DONE:
        _done(transaction, item, answer.code, now)
    elif kind is AnswerClass.RECONCILE:
        movement_items.settle(transaction, item.event, ItemState.MERGING, answer.code, due_at=now, tried=True)
    elif kind in (AnswerClass.RETRY, AnswerClass.SLOWER, AnswerClass.BLOCKED):
        wait = min(MINUTE << min(item.tries, 10), LONGEST)
        movement_items.settle(
            transaction, item.event, ItemState.WAITING, answer.code, due_at=now + wait, tried=item.tries < 30_000
        )
    elif _dated_anew(item, answer.code, now, offset):
        movement_items.settle(transaction, item.event, ItemState.WAITING, answer.code, due_at=now, tried=True)
    else:
        movement_items.settle(transaction, item.event, ItemState.ESCALATED, answer.code)
        return True
    return False


def _dated_anew(item: MovementItem, code: str, now: int, offset: int) -> bool:
    """Whether another date is sent next time: an expired refusal goes as the company's own duty, one ahead of İYS's
    clock is dated by that clock."""
    if item.at is None:
        return False
    if code == "H467":
        return item.status == RET and item.at < business_days.oldest_reportable(now + offset)
    return code == "H162" and item.at > now + offset


def _done(transaction: Transaction, item: MovementItem, code: str | None, at: int) -> None:
    movement_items.settle(transaction, item.event, ItemState.DONE, code, at=at)
    if item.status == ONAY and reportable.by_number(transaction, [item.of])[item.of].undone_by is not None:
        planning.take_back(transaction, item)
