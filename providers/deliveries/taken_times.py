"""Query: how soon a brand's programs took refusals, against the law's three business days, among a bounded number of
refusals and handouts. How far a new provider has come."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from math import ceil
from typing import NamedTuple

from sqlalchemy import text

from consents import business_days
from consents.columns import micros
from consents.instants import HOUR, day_of
from consents.queries import feed, loads, reports, standing_refusals
from consents.queries.standing_refusals import CitizenRefusal
from consents.store import Snapshot, Statement

MOST = 2000  # refusals of a brand
MOST_HANDOUTS = 5000

# By the index handout_brand_last.
_TAKEN = Statement(
    text(
        "SELECT first_event, last_event, channel, taken_at FROM handout WHERE brand = :brand AND last_event >= :first "
        "AND taken_at IS NOT NULL AND coalesce(side, 'IYS') = 'IYS' ORDER BY last_event LIMIT :most"
    )
)
_PROGRAM = Statement(text("SELECT 1 FROM api_user WHERE provider = :provider AND ended_at IS NULL LIMIT 1"))
_ANY_TAKEN = Statement(text("SELECT 1 FROM handout WHERE brand = :brand AND taken_at IS NOT NULL LIMIT 1"))


class TakenWithin(IntEnum):
    HOUR = 0
    DAY = 1  # the same day in Türkiye
    IN_TIME = 2  # by the third business day
    LATE = 3
    OPEN = 4  # not yet, and there is time
    OVERDUE = 5  # not yet, and the third business day is over


class TakenTimes(NamedTuple):
    """Numbers of refusals; ``whole``: whether all were examined."""

    counts: Counter[TakenWithin]
    whole: bool


def of_brands(snapshot: Snapshot, brands: Sequence[int], since: int, now: int) -> TakenTimes:
    """Of the refusals recorded since then (µs) at these brands."""
    after, last = reports.recorded_before(snapshot, since), feed.last_event(snapshot)
    counts: Counter[TakenWithin] = Counter()
    whole = True
    for brand in brands:
        refusals = standing_refusals.of_brand(snapshot, brand, after, last, MOST)
        found = _taken(snapshot, brand, refusals)
        whole = whole and len(found) == len(refusals) < MOST
        counts.update(_within(one, at, now) for one, at in found)
    return TakenTimes(counts, whole)


class ObeyedTimes(NamedTuple):
    """How soon refusals were taken: median and 99th percentile in µs, None without any; ``missed``: those whose third
    business day ended before; ``whole``: whether all were examined."""

    refusals: int
    p50: int | None
    p99: int | None
    missed: int
    whole: bool


def obeyed(snapshot: Snapshot, brands: Sequence[int], since: int, now: int) -> ObeyedTimes:
    """Of the refusals recorded since then (µs) at these brands. A refusal that nobody took yet counts from its
    recording until now, so a company that takes none is not the fastest."""
    after, last = reports.recorded_before(snapshot, since), feed.last_event(snapshot)
    took, missed, whole = list[int](), 0, True
    for brand in brands:
        one = of_brand(snapshot, brand, after, last, now)
        took, missed, whole = took + one.took, missed + one.missed, whole and one.whole
    took.sort()
    p50, p99 = (quantile(took, part) if took else None for part in (0.5, 0.99))
    return ObeyedTimes(len(took), p50, p99, missed, whole)


class BrandTimes(NamedTuple):
    """``took``: until each refusal was taken, µs; ``missed``, ``whole``: as in ``ObeyedTimes``; ``last``: the event of
    the last one examined, from which the next begin."""

    took: list[int]
    missed: int
    whole: bool
    last: int


def of_brand(snapshot: Snapshot, brand: int, after: int, last: int, now: int) -> BrandTimes:
    """The same of one brand's refusals after one event up to another."""
    refusals = standing_refusals.of_brand(snapshot, brand, after, last, MOST)
    found = _taken(snapshot, brand, refusals)
    missed = sum(_within(one, at, now) in (TakenWithin.LATE, TakenWithin.OVERDUE) for one, at in found)
    took = [(now if at is None else at) - one.recorded_at for one, at in found]
    return BrandTimes(took, missed, len(found) == len(refusals) < MOST, found[-1][0].event if found else after)


def quantile(took: Sequence[int], part: float) -> int:
    """Of a sorted sequence that is not empty."""
    return took[max(0, ceil(len(took) * part) - 1)]


def _taken(snapshot: Snapshot, brand: int, refusals: list[CitizenRefusal]) -> list[tuple[CitizenRefusal, int | None]]:
    """Each refusal, and when it was first taken (µs). Those after the last of ``MOST_HANDOUTS`` are left out: whether
    they were taken is not known."""
    if not refusals:
        return []
    numbers = [one.event for one in refusals]
    handouts = snapshot.all(_TAKEN, {"brand": brand, "first": numbers[0], "most": MOST_HANDOUTS})
    if len(handouts) == MOST_HANDOUTS:
        del numbers[bisect_right(numbers, handouts[-1][1]) :]
    found: dict[int, int] = {}
    for first, last, channel, at in handouts:
        moment = micros(at)
        for place in range(bisect_left(numbers, first), bisect_right(numbers, last)):
            if channel in (None, refusals[place].channel):
                found[place] = min(found.get(place, moment), moment)
    return [(one, found.get(place)) for place, one in enumerate(refusals[: len(numbers)])]


def _within(refusal: CitizenRefusal, at: int | None, now: int) -> TakenWithin:
    stop_by = business_days.stop_by(refusal.recorded_at)
    if at is None:
        return TakenWithin.OPEN if day_of(now) <= stop_by else TakenWithin.OVERDUE
    if at - refusal.recorded_at <= HOUR:
        return TakenWithin.HOUR
    if day_of(at) == day_of(refusal.recorded_at):
        return TakenWithin.DAY
    return TakenWithin.IN_TIME if day_of(at) <= stop_by else TakenWithin.LATE


class FirstSteps(NamedTuple):
    """Whether a provider has a brand, a program's user, a whole load, and a movement that was taken."""

    brand: bool
    program: bool
    loaded: bool
    taken: bool

    @property
    def done(self) -> bool:
        """By either way of working: with files, or by a program."""
        return self.brand and self.taken and (self.loaded or self.program)


def has_program(snapshot: Snapshot, provider: int) -> bool:
    """Whether a user of a program is open: it reads the feed, or asks for pushes."""
    return snapshot.one(_PROGRAM, {"provider": provider}) is not None


def first_steps(snapshot: Snapshot, provider: int, brands: Sequence[int]) -> FirstSteps:
    return FirstSteps(
        bool(brands),
        has_program(snapshot, provider),
        loads.any_finished(snapshot, brands),
        any(snapshot.one(_ANY_TAKEN, {"brand": brand}) is not None for brand in brands),
    )
