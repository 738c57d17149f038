"""Geometry of the overview's chart, drawn as SVG by the template: 300 by 100, ONAY above the line and RET below,
readable without colours; its axes are text beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from consents.movement_counts import DISPUTED, EVERY, DayCount
from consents.rules import ONAY
from consents.terms import Channel

WIDTH, HEIGHT, MIDDLE = 300, 100, 50
TICK = 10  # days


class DayBar(NamedTuple):
    """A day of a channel. ``x``, ``width``, ``up`` (height of ONAY), ``down`` (of RET): in the picture's units."""

    day: date
    onay: int
    ret: int
    x: float
    width: float
    up: float
    down: float


class ChannelChart(NamedTuple):
    """A channel's days, in people. ``most``: the highest number, drawn to the edge."""

    channel: int
    bars: list[DayBar]
    most: int
    onay: int
    ret: int


class DayChart(NamedTuple):
    """All channels' days, in people. ``most``: the number at either edge; ``ticks``: days that the axis names, from the
    left at equal distances, the last one at the right; ``consents``: how many ONAY and RET are theirs."""

    bars: list[DayBar]
    most: int
    onay: int
    ret: int
    ticks: list[date]
    consents: tuple[int, int] = (0, 0)


class Share(NamedTuple):
    """A table row with a bar. ``width``: of 100."""

    key: int
    amount: int
    width: float


def by_channel(counts: Iterable[DayCount], first: date, days: int) -> list[ChannelChart]:
    """A chart for each channel, on one scale."""
    amounts: Counter[tuple[int, date, bool]] = Counter()
    for one in counts:
        if one.channel != EVERY:
            amounts[one.channel, one.day, one.status == ONAY] += one.people
    most = max(amounts.values(), default=0)
    return [_chart(channel.code, amounts, first, days, most) for channel in Channel]


def doors(counts: Iterable[DayCount]) -> list[Share]:
    """Citizens by the door of their acts, the most used first."""
    used: Counter[int] = Counter()
    for one in counts:
        if one.own and one.channel == EVERY:
            used[one.door] += one.people
    return shares(used.most_common())


def disputes(counts: Iterable[DayCount]) -> int:
    """Citizens who denied the consent as they refused."""
    return sum(one.people for one in counts if one.status == DISPUTED and one.channel == EVERY)


def shares(numbers: Sequence[tuple[int, int]]) -> list[Share]:
    """Numbers by key as rows with bars; the highest has the full width."""
    most = max((count for _, count in numbers), default=0)
    return [Share(key, count, width(count, most)) for key, count in numbers]


def width(count: int, most: int) -> float:
    """A number's share of the highest, of 100."""
    return round(100 * count / most, 1) if most else 0.0


def together(counts: Iterable[DayCount], first: date, days: int) -> DayChart:
    """One chart of all channels."""
    amounts: Counter[tuple[int, date, bool]] = Counter()
    consents: Counter[bool] = Counter()
    for one in counts:
        consents[one.status == ONAY] += one.amount
        if one.channel == EVERY:
            amounts[EVERY, one.day, one.status == ONAY] += one.people
    most = max(amounts.values(), default=0)
    chart = _chart(EVERY, amounts, first, days, most)
    ticks = [first + timedelta(days=place) for place in (*range(0, days, TICK), days - 1)]
    return DayChart(chart.bars, most, chart.onay, chart.ret, ticks, (consents[True], consents[False]))


def _chart(channel: int, amounts: Counter[tuple[int, date, bool]], first: date, days: int, most: int) -> ChannelChart:
    step = WIDTH / days
    bars = []
    for place in range(days):
        day = first + timedelta(days=place)
        onay, ret = amounts[channel, day, True], amounts[channel, day, False]
        up, down = (round((MIDDLE - 2) * number / most, 1) if most else 0.0 for number in (onay, ret))
        bars.append(DayBar(day, onay, ret, round(place * step, 1), round(step * 0.8, 1), up, down))
    return ChannelChart(channel, bars, most, sum(one.onay for one in bars), sum(one.ret for one in bars))
