"""What the overview's pictures are made of: numbers as heights and widths, drawn as SVG by the template.

A picture is 300 by 100; ONAY stands above the line, RET below it, so that they are told apart without colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from consents.counts.kinds import DISPUTED
from consents.counts.movement_counts import DayCount
from consents.rules import ONAY
from consents.terms import Channel

WIDTH, HEIGHT, MIDDLE = 300, 100, 50


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
    """A channel's days. ``most``: the highest number, which reaches to the edge."""

    channel: int
    bars: list[DayBar]
    most: int
    onay: int
    ret: int


class Share(NamedTuple):
    """A line of a table with a bar. ``width``: of 100."""

    key: int
    amount: int
    width: float


def by_channel(counts: Iterable[DayCount], first: date, days: int) -> list[ChannelChart]:
    """A chart for each channel, all to one scale."""
    said: Counter[tuple[int, date, bool]] = Counter()
    for one in counts:
        said[one.channel, one.day, one.status == ONAY] += one.amount
    most = max(said.values(), default=0)
    return [_chart(channel.code, said, first, days, most) for channel in Channel]


def doors(counts: Iterable[DayCount]) -> list[Share]:
    """How often citizens used each door, the most used first."""
    used: Counter[int] = Counter()
    for one in counts:
        if one.own:
            used[one.door] += one.amount
    return shares(used.most_common())


def disputes(counts: Iterable[DayCount]) -> int:
    """How often citizens said that they never gave what they refuse."""
    return sum(one.amount for one in counts if one.status == DISPUTED)


def shares(numbers: Sequence[tuple[int, int]]) -> list[Share]:
    """Numbers by key as lines with bars; the highest has the whole width."""
    most = max((count for _, count in numbers), default=0)
    return [Share(key, count, width(count, most)) for key, count in numbers]


def width(count: int, most: int) -> float:
    """A number's part of the highest, of 100."""
    return round(100 * count / most, 1) if most else 0.0


def _chart(channel: int, said: Counter[tuple[int, date, bool]], first: date, days: int, most: int) -> ChannelChart:
    step = WIDTH / days
    bars = []
    for place in range(days):
        day = first + timedelta(days=place)
        onay, ret = said[channel, day, True], said[channel, day, False]
        up, down = (round((MIDDLE - 2) * number / most, 1) if most else 0.0 for number in (onay, ret))
        bars.append(DayBar(day, onay, ret, round(place * step, 1), round(step * 0.8, 1), up, down))
    return ChannelChart(channel, bars, most, sum(one.onay for one in bars), sum(one.ret for one in bars))
