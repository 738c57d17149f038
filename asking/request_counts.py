"""How many requests of a company ended how, by day: no address, no recipient. One that sent no message, because its
recipient refuses to be asked, counts as one that nobody answered, so a company sees no difference. The worker counts
each day once, as soon as nothing of it can change, so a page reads the rows of about two days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select, text

from asking.request_states import LASTS, LIVE, RequestMethod, RequestPurpose, RequestState
from asking.tables import Till
from consents.brands import provider_list
from consents.columns import micros, stored
from consents.dates import day_bounds
from consents.instants import day_of
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from gateways.outbox import outbox

DAYS = 14  # shown; unanswered requests are kept for 30

_till = table(Till)
# A day by its beginning, as ``day_bounds`` gives it: the one rule of where days begin.
_BACK = " ".join(f"WHEN asked_at >= :day{back} THEN {back}" for back in range(DAYS))
_FLAG = "CASE WHEN {0} > 0 THEN 1 ELSE 0 END AS {0}"
# As ``request_store.undelivered`` and ``AskedRequest.state_at`` have it.
_STATE = (
    f"CASE WHEN state NOT IN (0, 1) THEN state WHEN EXISTS ({outbox.REFUSED.format('consent_request.message')}) "
    f"THEN {RequestState.UNSENT:d} WHEN expires_at <= :now THEN {RequestState.EXPIRED:d} ELSE state END"
)
_ENDS = f"coalesce(brand, 0) AS brand, purpose, method, {_STATE} AS state, {_FLAG.format('yes')}, {_FLAG.format('no')}"
_BY_DAY = Statement(
    text(
        f"SELECT CASE {_BACK} END AS back, brand, purpose, method, state, yes, no, number FROM ("
        "SELECT day AS asked_at, brand, purpose, method, state, yes, no, number FROM request_count "
        "WHERE company = :company AND day >= :start AND day < :since) AS counted "
        f"UNION ALL SELECT CASE {_BACK} END, {_ENDS}, count(*) FROM consent_request "
        "WHERE company = :company AND asked_at >= :since GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4"
    )
)
_UNTIL: Value[float] = Statement(text("SELECT until FROM requests_counted"))
_COUNT = Statement(
    text(
        f"SELECT company, {_ENDS}, count(*) FROM consent_request "
        "WHERE company = :company AND asked_at >= :start AND asked_at < :until GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )
)
_KEEP = Statement(
    text(
        "INSERT INTO requests_counted (id, until) VALUES (1, :until) ON CONFLICT (id) DO UPDATE SET until = :until "
        "WHERE requests_counted.until <= :start"
    )
)
_COUNTED = "company,day,brand,purpose,method,state,yes,no"
# One look into the index a till, however often it asked.
_LAST = text("(SELECT asked_at FROM consent_request r WHERE r.till = till.id ORDER BY asked_at DESC LIMIT 1)")
_USED = Statement(select(_till.c.id, _LAST).where(among(_till.c.id, "tills")))


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
    """The last ``days``, at most ``DAYS``, the newest first; blocking. ``company``: internal id; ``now``: µs."""
    shown = [day_of(now) - timedelta(days=back) for back in range(DAYS)]
    starts = {f"day{back}": stored(day_bounds(day)[0]) for back, day in enumerate(shown)}
    start = starts[f"day{days - 1}"]
    values = {"company": company, "now": stored(now), "start": start, **starts}
    values["since"] = max(start, snapshot.value(_UNTIL) or start)
    return [_read(shown[back], row) for back, *row in snapshot.all(_BY_DAY, values)]


def keep_up(registry: Registry) -> int:
    """Counts the days of which nothing is open any more; how many. For a thread."""
    days = 0
    while span := registry.store.read_now(_next_day, registry.store.now()):
        counted = registry.store.read_now(_count, *span, registry.store.now())
        if not registry.store.write_now(_keep, *span, counted):
            break  # another process has counted it
        days += 1
    return days


def _next_day(snapshot: Snapshot, now: int) -> tuple[int, int] | None:
    """The next day to count as [start, end) in µs, of those that a page can show."""
    first = day_of(now) - timedelta(days=DAYS - 1)
    until = snapshot.value(_UNTIL)
    day = first if until is None else max(first, day_of(micros(until)))
    start, end = day_bounds(day)
    return (start, end) if end + max(LASTS.values()) <= now else None


def _count(snapshot: Snapshot, start: int, end: int, now: int) -> list[tuple[int, ...]]:
    values = {"start": stored(start), "until": stored(end), "now": stored(now)}
    # By company, since the index begins with it.
    companies = [one.id for one in provider_list.list_all(snapshot)]
    return [row for company in companies for row in snapshot.all(_COUNT, {**values, "company": company})]


def _keep(transaction: Transaction, start: int, end: int, counted: list[tuple[int, ...]]) -> bool:
    if transaction.run(_KEEP, {"start": stored(start), "until": stored(end)}) != 1:
        return False
    rows = [(company, stored(start), *rest) for company, *rest in counted]
    transaction.upsert("request_count", _COUNTED, f"{_COUNTED},number", rows)
    return True


def last_asked(snapshot: Snapshot, tills: Iterable[int]) -> dict[int, int]:
    """Till -> when it asked last (µs), of requests that are still kept."""
    found = snapshot.all(_USED, {"tills": snapshot.array(tills)})
    return {till: micros(at) for till, at in found if at is not None}


def _read(day: date, row: list[Any]) -> RequestCount:
    brand, purpose, method, state, yes, no, number = row
    end = _end(RequestPurpose(purpose), RequestState(state), bool(yes), bool(no))
    return RequestCount(day, brand or None, RequestPurpose(purpose), RequestMethod(method), end, number)


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
