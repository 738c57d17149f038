"""Business days in Türkiye: a refusal must be obeyed, and an İYS record made, within three of them (Law 6563 m.8,
Regulation on commercial electronic messages, İYS API H467). Saturdays, Sundays and public holidays (Law 2429) do not
count; half days do. Holidays are read from holidays.csv, decrees from holidays_override.csv."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from consents import instants
from consents.dates import day_bounds

_DAY = timedelta(days=1)
_SATURDAY = 5
_FIRST_YEAR = 2015  # no consent is older (H156)
HOLIDAYS = Path(__file__).with_name("holidays.csv")  # tests/holidays_file.py writes it


class Decree(StrEnum):
    CLOSED = "closed"
    WORKING = "working"


_Year = tuple[bool, frozenset[date]]  # whether no day is an estimate (feasts follow the moon); the holidays
_NONE: _Year = (False, frozenset())


def read_decrees(path: Path) -> dict[date, Decree]:
    """The days of a file with the columns date (YYYY-MM-DD), kind (closed, working) and why. Errors: ValueError naming
    the line."""
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
    if decree := decrees.get(day):
        return decree is Decree.WORKING
    return day.weekday() < _SATURDAY and day not in _calendar().get(day.year, _NONE)[1]


def stop_by(micros: int, decrees: Mapping[date, Decree] = DECREES) -> date:
    """The last day to obey a RET given at ``micros``: the third business day after its Istanbul day."""
    return _business_day(_istanbul_day(micros), 3, _DAY, decrees)


def days_after(micros: int, count: int, decrees: Mapping[date, Decree] = DECREES) -> date:
    """The ``count``-th business day after the Istanbul day of ``micros``; that day itself for 0."""
    return _business_day(_istanbul_day(micros), count, _DAY, decrees)


def passed(since: int, until: int, decrees: Mapping[date, Decree] = DECREES) -> int:
    """How many business days came after the Istanbul day of ``since``, up to that of ``until`` (both µs)."""
    day, last = _istanbul_day(since), _istanbul_day(until)
    return sum(is_business_day(day + count * _DAY, decrees) for count in range(1, (last - day).days + 1))


def oldest_reportable(now: int, decrees: Mapping[date, Decree] = DECREES) -> int:
    """µs of the start of the earliest Istanbul day whose decisions can still be reported at ``now`` (İYS H467): the
    third business day before today."""
    return day_bounds(_business_day(_istanbul_day(now), 3, -_DAY, decrees))[0]


def taken_since(now: int, decrees: Mapping[date, Decree] = DECREES) -> int:
    """µs, the start of an Istanbul day: a company should have taken a RET given before it, because its second business
    day has begun."""
    return day_bounds(_business_day(_istanbul_day(now) + _DAY, 2, -_DAY, decrees))[0]


def calendar_ends() -> date:
    """The last day whose holidays are certain; the dates of later feasts are estimates."""
    last = next(year for year in itertools.count(_FIRST_YEAR) if not _calendar().get(year + 1, _NONE)[0])
    return date(last, 12, 31)


def _business_day(day: date, count: int, step: timedelta, decrees: Mapping[date, Decree]) -> date:
    while count:
        day += step
        count -= is_business_day(day, decrees)
    return day


def _istanbul_day(micros: int) -> date:
    return instants.moment(micros).astimezone(instants.ISTANBUL).date()


@cache
def _calendar() -> Mapping[int, _Year]:
    with HOLIDAYS.open(encoding="utf-8", newline="") as file:
        next(rows := csv.reader(file))
        return {
            int(year): (certain == "yes", frozenset(date.fromisoformat(f"{year}-{day}") for day in days.split()))
            for year, certain, days in rows
        }
