"""Counts the public figures of each month that is over, once: as soon as the last refusal of it must have been obeyed
and its last dispute has ended, so that nothing in it moves any more."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from datetime import timedelta

from citizen import public as citizen
from consents import movement_counts
from consents.dates import day_bounds
from consents.instants import DAY, MINUTE, day_of
from consents.queries import feed, reports
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot
from consents.terms import Channel
from izin.figures import figure_store
from izin.figures.figure_store import FEWEST, TOTAL, Figure, KeptFigure
from providers.deliveries import taken_times
from providers.disputes import dispute_states, disputes
from providers.disputes.dispute_states import DisputeState
from settings import Settings
from web.logs import Alone

BACK = 12  # months that are counted when the figures are switched on
NEARLY = 100  # refusals, without which 99 per cent would be a single one


async def run(registry: Registry, settings: Settings) -> None:
    await asyncio.to_thread(count_due, registry)


def count_due(registry: Registry) -> list[int]:
    """The months that were counted. Blocking."""
    done = []
    for month in registry.store.read_now(_due, registry.store.now()):
        with Alone("figures_failed", month=str(figure_store.first_day(month))):
            registry.store.write_now(figure_store.keep, _of_month(registry, month))
            done.append(month)
    return done


def ripe_at(month: int) -> int:
    """µs: a day after the last dispute asked in the month has ended, which is after the last day of its refusals. A
    load is taken back within a day."""
    _, until = _bounds(month)
    return dispute_states.due_at(until - 1) + DAY


def _due(snapshot: Snapshot, now: int) -> list[int]:
    """None where movements of the month are not counted yet: they are the next day."""
    this = figure_store.month_of(day_of(now))
    kept = figure_store.kept_months(snapshot, this - BACK)
    counted = feed.last_event(snapshot) - movement_counts.behind(snapshot)
    due = []
    for month in (month for month in range(this - BACK, this) if month not in kept):
        last = reports.recorded_before(snapshot, _bounds(month)[1])
        if last and last <= counted and ripe_at(month) <= now:
            due.append(month)
    return due


def _bounds(month: int) -> tuple[int, int]:
    """µs: where the month begins, and the next."""
    return day_bounds(figure_store.first_day(month))[0], day_bounds(figure_store.first_day(month + 1))[0]


def _of_month(registry: Registry, month: int) -> list[KeptFigure]:
    """A snapshot for some refusals of a brand, because none should last."""
    figures = registry.store.read_now(_counts, month)
    after, last = (registry.store.read_now(reports.recorded_before, end) for end in _bounds(month))
    took, missed = array("q"), 0  # eight bytes a refusal
    now = registry.store.now()
    for brand in registry.store.read_now(registry.brands.book, now).brands:
        cursor, more = after, True
        while more:
            some = registry.store.read_now(taken_times.of_brand, brand.id, cursor, last, now)
            took.extend(some.took)
            missed, cursor, more = missed + some.missed, some.last, not some.whole
    ordered = sorted(took)
    for what, part, fewest in ((Figure.MEDIAN, 0.5, FEWEST), (Figure.NEARLY_ALL, 0.99, NEARLY)):
        figures[what, TOTAL] = taken_times.quantile(ordered, part) // MINUTE if len(took) >= fewest else None
    figures[Figure.MISSED, TOTAL] = round(100 * missed / len(took)) if missed >= FEWEST else None
    return [KeptFigure(month, what, part, amount) for (what, part), amount in figures.items()]


def _counts(snapshot: Snapshot, month: int) -> dict[tuple[Figure, int], int | None]:
    since, until = _bounds(month)
    first, last = figure_store.first_day(month), figure_store.first_day(month + 1) - timedelta(days=1)
    counts = {what: Counter({channel.code: 0 for channel in Channel}) for what in (Figure.REFUSALS, Figure.CONSENTS)}
    for day in movement_counts.of_all_by_day(snapshot, first, last):
        if day.channel != movement_counts.EVERY:
            counts[Figure.CONSENTS if day.status == ONAY else Figure.REFUSALS][day.channel] += day.amount
    ended = Counter({DisputeState.KEPT.value: 0, DisputeState.SILENT.value: 0})
    for one in disputes.counts(snapshot, since, until):
        if one.state in (DisputeState.KEPT, DisputeState.WITHDRAWN):
            ended[DisputeState.KEPT.value] += one.disputes
        elif one.state is DisputeState.SILENT:
            ended[DisputeState.SILENT.value] += one.disputes
    complained = citizen.complaints_of_days(snapshot, first, last)
    return {
        **{(what, part): shown for what, parts in counts.items() for part, shown in _published(parts)},
        **{(Figure.DISPUTES, part): shown for part, shown in _published(ended)},
        (Figure.COMPLAINTS, TOTAL): figure_store.rounded(complained),
    }


def _published(parts: Counter[int]) -> list[tuple[int, int | None]]:
    return list(figure_store.published(parts).items())
