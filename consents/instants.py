"""Instants: a moment is an int, µs since 1970 UTC, which compares, sorts and stores alike in both databases; here it is
converted to datetime."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SECOND: Final = 1_000_000  # µs
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

ISTANBUL: Final = ZoneInfo("Europe/Istanbul")

UNDATED: Final = 0
"""A TACIR record that came without a date counts as the oldest possible (design rule L1; İYS API, H462)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Errors: ValueError for a naive datetime."""
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """An aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def day_of(micros: int) -> date:
    return moment(micros).astimezone(ISTANBUL).date()


def at_hour(day: date, hour: int) -> int:
    """A full hour of a day in Türkiye, µs."""
    return micros(datetime.combine(day, time(hour), ISTANBUL))
