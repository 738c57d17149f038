"""The feed: ``GET B/changes`` returns a brand's movements after a cursor, oldest first (İYS “pull”). A cursor never
expires; one from İYS is read by its seconds; without one the feed begins seven days ago, as at İYS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from consents.instants import DAY, SECOND
from consents.languages import Sentence
from consents.queries import feed, reports
from consents.queries.feed import Side
from consents.queries.reports import Movement
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.store.replica import BEHIND
from providers.api import endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, OpenTo, Right
from providers.consents.statuses import pending
from providers.deliveries import handout_store
from providers.deliveries.handout_store import FeedReading

MOST = 1000  # H507
SHOWN = 7 * DAY  # without a cursor
# İYS's sentence is about a missing code, and here one was given.
_NO_CURSOR = Sentence("after okunamadı ya da ileri bir ana ait. Son yanıttaki after değerini olduğu gibi yazın.")
_CURSOR = re.compile(r"([0-9]{1,10})_([0-9a-fA-F]{64})").fullmatch


class Since(NamedTuple):
    """Where a page begins: after ``event``, or without it at a moment (µs)."""

    event: int | None
    moment: int = 0


@endpoint.requires(Right.READ, open_to=OpenTo.REFUSALS_READ)
async def listing(call: Call) -> Answer:
    """A page: ``after`` (cursor), ``limit`` up to 1,000, ``source`` IYS or HS; 204 without news. The handout is
    recorded durably before the answer; the request from its end on shows that it was taken."""
    query = call.request.query_params
    side, limit = _side(query.get("source")), _limit(query.get("limit"))
    since, channels = _since(call.registry, query.get("after")), call.readable()
    call.facts.items = 0
    call.facts.words += [f"after={since.moment // SECOND if query.get('after') else 0}", f"source={side.value}"]
    told_apart = channels if channels != endpoint.CHANNELS else (None,)
    readings = [FeedReading(call.of_brand.id, call.caller.user, side.value, channel) for channel in told_apart]
    page, former, news = await call.registry.store.read_behind(
        BEHIND, _page, call.registry, side, channels, readings, since, limit
    )
    if news is not None:
        await call.registry.store.write(_note, readings, *news, since.event is not None)
    if not page:
        return Answer(204)
    shows_pending, call.facts.items = pending(call), len(page)
    rows = [wire.movement(one, pending=shows_pending, former=former) for one in page]
    return Answer(200, {"after": cursor(page[-1]), "list": rows})


def cursor(movement: Movement) -> str:
    """“seconds_transactionId” of a movement."""
    name, _, (_, _, recorded_at, *_) = movement
    return f"{int(recorded_at)}_{name}"


def _page(
    snapshot: Snapshot,
    registry: Registry,
    side: Side,
    channels: Sequence[int],
    readings: Sequence[FeedReading],
    since: Since,
    limit: int,
) -> tuple[list[Movement], dict[int, list[str]], tuple[int, int] | None]:
    """The page, the former ids of its erasures, and the range of events to record as handed out; None where that is
    known."""
    brand, known = readings[0].brand, since.event is not None
    after = since.event if since.event is not None else reports.recorded_before(snapshot, since.moment)
    page = feed.page(snapshot, registry.keyring, registry.policy.reconsent, brand, side, channels, after, limit)
    last = page[-1][2][0] if page else after
    news = any(handout_store.is_news(snapshot, one, after, last, asked_on=known) for one in readings)
    return page, feed.former(snapshot, registry.keyring, page), (after, last) if news else None


def _note(transaction: Transaction, readings: Sequence[FeedReading], after: int, last: int, asked_on: bool) -> None:
    for reading in readings:
        handout_store.note_page(transaction, reading, after, last, asked_on=asked_on)


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


def _since(registry: Registry, text: str | None) -> Since:
    """Errors: Refusal 422 H093 for an invalid cursor, and for an unknown one of a future moment."""
    now = registry.store.now()
    if not text:
        return Since(None, now - SHOWN)
    cursor = _CURSOR(text)
    event = None if cursor is None else registry.keyring.event(cursor[2])
    if cursor is None or (event is None and int(cursor[1]) * SECOND > now):
        raise Refusal(422, Fault("H093", ("after",), text[:200], message=_NO_CURSOR))
    return Since(event, int(cursor[1]) * SECOND)
