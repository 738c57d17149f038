"""How many requests of a company ended how, by day: no address, no recipient. One that sent no message, because its
recipient refuses to be asked, counts as one that nobody answered, so a company sees no difference."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from asking.request_states import LIVE, RequestMethod, RequestPurpose, RequestState
from asking.tables import ConsentRequest
from consents.columns import micros, stored
from consents.dates import day_bounds
from consents.instants import day_of
from consents.store import Snapshot, Statement, among, table

DAYS = 14  # shown; unanswered requests are kept for 30

_request = table(ConsentRequest)
# A day at a time: a range of the index, in either database.
_OF_DAY = Statement(
    text(
        "SELECT brand, purpose, method, CASE WHEN state IN (0, 1) AND expires_at <= :now THEN 4 ELSE state END, "
        "yes > 0, no > 0, count(*) FROM consent_request "
        "WHERE company = :company AND asked_at >= :start AND asked_at < :end GROUP BY 1, 2, 3, 4, 5, 6"
    )
)
_USED = Statement(
    select(_request.c.till, func.max(_request.c.asked_at))
    .where(among(_request.c.till, "tills"))
    .group_by(_request.c.till)
)


class RequestEnd(StrEnum):
    """How a request ended, as a company counts it."""

    YES = "yes"  # a consent to at least one channel
    NO = "no"  # no to at least one channel, and no consent
    BLANK = "blank"  # answered, but no channel
    VERIFIED = "verified"
    OPEN = "open"
    UNANSWERED = "unanswered"  # expired, cancelled, or its tries used up
    UNSENT = "unsent"


class RequestCount(NamedTuple):
    """``brand``: internal id; ``day``: of Türkiye."""

    day: date
    brand: int | None
    purpose: RequestPurpose
    method: RequestMethod
    end: RequestEnd
    number: int


def by_day(snapshot: Snapshot, company: int, now: int, days: int = DAYS) -> list[RequestCount]:
    """The last ``days``, the newest first. ``company``: internal id; ``now``: µs."""
    found = []
    for back in range(days):
        day = day_of(now) - timedelta(days=back)
        start, end = map(stored, day_bounds(day))
        values = {"company": company, "now": stored(now), "start": start, "end": end}
        found += [_read(day, row) for row in snapshot.all(_OF_DAY, values)]
    return found


def last_asked(snapshot: Snapshot, tills: Iterable[int]) -> dict[int, int]:
    """Till -> when it asked last (µs), of requests that are still kept."""
    return {till: micros(at) for till, at in snapshot.all(_USED, {"tills": snapshot.array(tills)})}


def _read(day: date, row: tuple[Any, ...]) -> RequestCount:
    brand, purpose, method, state, yes, no, number = row
    end = _end(RequestPurpose(purpose), RequestState(state), bool(yes), bool(no))
    return RequestCount(day, brand, RequestPurpose(purpose), RequestMethod(method), end, number)


def _end(purpose: RequestPurpose, state: RequestState, yes: bool, no: bool) -> RequestEnd:
    if state is RequestState.UNSENT:
        return RequestEnd.UNSENT
    if state in LIVE:
        return RequestEnd.OPEN
    if state is not RequestState.ANSWERED:
        return RequestEnd.UNANSWERED
    if purpose is RequestPurpose.VERIFY:
        return RequestEnd.VERIFIED
    if yes:
        return RequestEnd.YES
    return RequestEnd.NO if no else RequestEnd.BLANK
