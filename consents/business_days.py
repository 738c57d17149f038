"""Business days in Türkiye: a refusal must be obeyed, and an İYS record made, within three of them.

Sources: Law 6563 m.8 and the Regulation on commercial electronic messages (stop within three business days after
the RET arrives); İYS API H467. Saturdays, Sundays and public holidays (Law 2429) do not count; half days (28
October and the eves of the two feasts) do. What a decree closes or opens beyond that is in no package: the
operator writes it into holidays_override.csv.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from consents import instants
from consents.dates import day_bounds

_DAY = timedelta(days=1)
_SATURDAY = 5
_FIRST_YEAR = 2015  # no consent is older (H156)


class Decree(StrEnum):
    """What a decree makes of a day: closed although it would count, or working although it would not."""

    CLOSED = "closed"
    WORKING = "working"


def read_decrees(path: Path) -> dict[date, Decree]:
    """The days of a file with the columns date (YYYY-MM-DD), kind (closed, working) and why.

    ValueError names the line that is wrong: a calendar that is read amiss makes deadlines that are wrong.
    """
    decrees = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                decrees[date.fromisoformat(row["date"])] = Decree(row["kind"])
            except (KeyError, TypeError, ValueError):
                raise ValueError(f"{path.name}, line {rows.line_num}: expected date,kind,why") from None
    return decrees


DECREES: Final[Mapping[date, Decree]] = read_decrees(Path(__file__).with_name("holidays_override.csv"))


def is_business_day(day: date, decrees: Mapping[date, Decree] = DECREES) -> bool:
    """Whether ``day`` counts. What ``decrees`` say of it goes before the week and the holidays."""
    if decree := decrees.get(day):
        return decree is Decree.WORKING
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def stop_by(micros: int, decrees: Mapping[date, Decree] = DECREES) -> date:
    """The last day to obey a RET given at ``micros``: the third business day after its Istanbul day."""
    return _business_day(_istanbul_day(micros), 3, _DAY, decrees)


def days_after(micros: int, count: int, decrees: Mapping[date, Decree] = DECREES) -> date:
    """The ``count``-th business day after the Istanbul day of ``micros``; that day itself for 0."""
    return _business_day(_istanbul_day(micros), count, _DAY, decrees)


def oldest_reportable(now: int, decrees: Mapping[date, Decree] = DECREES) -> int:
    """µs of the earliest decision that can still be reported at ``now`` (İYS H467); the start of an Istanbul day.

    The third business day after a decision has not ended while at most two lie between its day and today; so the
    earliest such day is the third business day before today.
    """
    return day_bounds(_business_day(_istanbul_day(now), 3, -_DAY, decrees))[0]


def taken_since(now: int, decrees: Mapping[date, Decree] = DECREES) -> int:
    """µs: of a RET given before it the second business day has begun, on which the company should have taken it.

    The third is the last to obey it, so there is time left to help. The start of an Istanbul day.
    """
    return day_bounds(_business_day(_istanbul_day(now) + _DAY, 2, -_DAY, decrees))[0]


@lru_cache(maxsize=1)
def calendar_ends() -> date:
    """The last day whose holidays are certain. The two feasts go by the moon; later ones are marked as estimates."""
    from holidays import country_holidays

    calendar = country_holidays("TR", language="tr")
    for year in range(_FIRST_YEAR, calendar.end_year + 1):
        if any("(tahmini)" in name for name in country_holidays("TR", language="tr", years=year).values()):
            return date(year - 1, 12, 31)
    return date(calendar.end_year, 12, 31)


def _business_day(day: date, count: int, step: timedelta, decrees: Mapping[date, Decree]) -> date:
    """The ``count``-th business day from ``day`` (which is not counted) in direction of ``step``."""
    while count:
        day += step
        count -= is_business_day(day, decrees)
    return day


def _istanbul_day(micros: int) -> date:
    return instants.moment(micros).astimezone(instants.ISTANBUL).date()


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    """The public holidays of ``year``. The package takes 0.2 s to load, so it waits for the first question."""
    from holidays import PUBLIC, country_holidays

    return frozenset(country_holidays("TR", categories=PUBLIC, years=year))
