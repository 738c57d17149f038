"""Days and moments in words. Turkish would add suffixes, so each stands behind a comma or a colon."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date

from consents import instants
from consents.instants import ISTANBUL
from consents.languages import between

_MINUTE = 60_000_000  # µs
_HOUR = 60 * _MINUTE


def day(language: str, at: int) -> str:
    return _day(language, at // _HOUR)


@lru_cache(maxsize=16384)
def _day(language: str, hour: int) -> str:
    """Türkiye's offset has always been whole hours (since 1978), so no hour has two days."""
    return format_date(_local(hour * _HOUR), "d MMMM y", locale=language)


@lru_cache(maxsize=1024)
def weekday(language: str, when: date) -> str:
    return format_date(when, "d MMMM y EEEE" if language == "tr" else "EEEE d MMMM y", locale=language)


def month(language: str, first: date) -> str:
    """ "Kasım 2026", of its first day."""
    return format_date(first, "LLLL y", locale=language)


@lru_cache(maxsize=1024)
def short_day(language: str, when: date) -> str:
    """ "24 Kas", for the axis of a chart."""
    return format_date(when, "d MMM", locale=language)


def moment(language: str, at: int) -> str:
    """ "24 Kasım 2026 Salı, 14:05", of µs."""
    return _moment(language, at // _MINUTE)


@lru_cache(maxsize=4096)
def _moment(language: str, minute: int) -> str:
    local = _local(minute * _MINUTE)
    return f"{weekday(language, local.date())}{between(language)}{local:%H:%M}"


def date_of(at: int) -> date:
    """The day in Türkiye, of µs."""
    return _date(at // _HOUR)


@lru_cache(maxsize=4096)
def _date(hour: int) -> date:
    return _local(hour * _HOUR).date()


def clock(at: int) -> str:
    """ "14:05", of µs."""
    return _clock(at // _MINUTE)


@lru_cache(maxsize=4096)
def _clock(minute: int) -> str:
    return f"{_local(minute * _MINUTE):%H:%M}"


def stamp(at: int) -> str:
    """ "24.11.2026 14:05", for a short message; of µs."""
    return f"{_local(at):%d.%m.%Y %H:%M}"


def _local(at: int) -> datetime:
    return instants.moment(at).astimezone(ISTANBUL)
