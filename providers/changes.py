"""The feed: ``GET B/changes`` hands out a brand's movements from a cursor on, the oldest first (İYS “pull”).

Nothing is hidden and nothing ends after seven days, as at İYS: a cursor of a year ago goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence

from consents import feed
from consents.feed import Side
from consents.registry import Registry
from consents.reports import Movement
from consents.store import Snapshot, Transaction
from providers import calls, handout_store, wire
from providers.answers import Answer, Fault, Refusal
from providers.calls import Call, Right
from providers.handout_store import Reading
from providers.statuses import pending

MOST = 1000  # H507


@calls.of(Right.READ)
async def listing(call: Call) -> Answer:
    """A page: ``after`` (cursor), ``limit`` up to 1,000, ``source`` IYS or HS; 204 where nothing has come since.

    That a page was handed out is noted durably before it is answered; asking from its end on says that it was taken.
    """
    query = call.request.query_params
    side, limit = _side(query.get("source")), _limit(query.get("limit"))
    after, channels = _event(call.registry, query.get("after")), call.readable()
    told_apart = channels if channels != calls.CHANNELS else (None,)
    readings = [Reading(call.of_brand.id, call.caller.user, side.value, channel) for channel in told_apart]
    page, news = await call.registry.store.read(_page, call.registry, side, channels, readings, after, limit)
    if news:
        await call.registry.store.write(_note, readings, after, _last(page, after))
    if not page:
        return Answer(204)
    says = pending(call)
    told = [wire.movement(one, pending=says) for one in page]
    return Answer(200, {"after": cursor(page[-1]), "list": told})


def cursor(movement: Movement) -> str:
    """“seconds_transactionId” of a movement: from there on a program asks again."""
    name, _, row = movement
    return f"{int(row[2])}_{name}"


def _page(
    snapshot: Snapshot,
    registry: Registry,
    side: Side,
    channels: Sequence[int],
    readings: Sequence[Reading],
    after: int,
    limit: int,
) -> tuple[list[Movement], bool]:
    """The page, and whether handing it out is to be noted."""
    brand = readings[0].brand
    page = feed.page(snapshot, registry.keyring, registry.policy.reconsent, brand, side, channels, after, limit)
    last = _last(page, after)
    return page, any(handout_store.is_news(snapshot, one, after, last) for one in readings)


def _note(transaction: Transaction, readings: Sequence[Reading], after: int, last: int) -> None:
    for reading in readings:
        handout_store.note_page(transaction, reading, after, last)


def _last(page: Sequence[Movement], after: int) -> int:
    return page[-1][2][0] if page else after


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
