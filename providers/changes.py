"""The feed: ``GET B/changes`` hands out a brand's movements from a cursor on, the oldest first (İYS “pull”).

Nothing is hidden and nothing ends after seven days, as at İYS: a cursor of a year ago goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consents import feed
from consents.feed import Side
from consents.registry import Registry
from consents.store import Transaction
from providers import calls, handout_store, wire
from providers.answers import Answer, Fault, Refusal
from providers.calls import Call, Right
from providers.statuses import pending

MOST = 1000  # H507


@calls.of(Right.READ)
async def listing(call: Call) -> Answer:
    """A page: ``after`` (cursor), ``limit`` up to 1,000, ``source`` IYS or HS; 204 where nothing has come since.

    That a page was handed out is noted durably before it is answered; asking from its end on says that it was taken.
    """
    query = call.request.query_params
    side, limit = _side(query.get("source")), _limit(query.get("limit"))
    after = _event(call.registry, query.get("after"))
    store, registry, brand = call.registry.store, call.registry, call.of_brand.id
    page = await store.read(
        feed.page, registry.keyring, registry.policy.reconsent, brand, side, call.readable(), after, limit
    )
    last = page[-1][2][0] if page else after
    if page or after:
        channels = call.readable()
        told_apart = channels if channels != calls.CHANNELS else (None,)
        await store.write(_note, brand, side.value, told_apart, after, last, bool(page))
    if not page:
        return Answer(204)
    says = pending(call)
    told = [wire.movement(one, pending=says) for one in page]
    return Answer(200, {"after": cursor(page[-1]), "list": told})


def cursor(movement: Any) -> str:
    """“seconds_transactionId” of a movement: from there on a program asks again."""
    name, _, row = movement
    return f"{int(row[2])}_{name}"


def _note(
    transaction: Transaction,
    brand: int,
    side: str,
    channels: Sequence[int | None],
    after: int,
    last: int,
    handed: bool,
) -> None:
    """``channels``: those that the caller may read, for it was handed no others; None stands for all."""
    for channel in channels:
        if after:
            handout_store.taken(transaction, brand, side, channel, after)
        if handed:
            handout_store.note(transaction, brand, "feed", after + 1, last, side=side, channel=channel)


def _side(text: str | None) -> Side:
    try:
        return Side(text if text is not None else "IYS")
    except ValueError:
        raise Refusal(422, Fault("H506", ("source",), (text or "")[:200])) from None


def _limit(text: str | None) -> int:
    if text is None:
        return MOST
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST and len(text) <= 9):
        raise Refusal(422, Fault("H507", ("limit",), text[:200]))
    return int(text)


def _event(registry: Registry, text: str | None) -> int:
    """The number of the event that a cursor names; 0 without one."""
    if not text:
        return 0
    event = registry.keyring.event(text.partition("_")[2])
    if event is None:
        raise Refusal(422, Fault("H093", ("after",), text[:200]))
    return event
