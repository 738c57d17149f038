"""Wall-clock dates of Türkiye, as İYS and providers' files write them, to µs and back. İYS writes "YYYY-MM-DD HH:MM:SS"
without an offset (API 3.2.0): +02:00 in winter and +03:00 in summer until 2016, +03:00 since. Each day's offset is
computed once and cached. Nothing is trimmed; digits are ASCII."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from consents import instants
from consents.instants import ISTANBUL

_SECOND = 1_000_000  # µs
_DAY = 24 * 3600 * _SECOND
_REMEMBERED = 8192  # days or clock readings: more than any file holds, and no more than that


class BadDate(ValueError):
    """``reason``: format (İYS H158), calendar (H157), too_old (H156), future (H162)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Form(StrEnum):
    """How a file writes its dates; US as in İYS's upload template, "01.20.20 04:16 PM"."""

    IYS = "iys"
    US = "us"
    TR = "tr"


_IYS, _US, _TR = Form  # looking a member up on its class is slow
_ONLY_IYS = frozenset({_IYS})
_NO_FORM: frozenset[Form] = frozenset()

_IYS_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})").fullmatch
_IYS_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})").fullmatch
_IYS_START = re.compile(r"[0-9]{4}-").match
_FILE_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2((?:[0-9]{2}){1,2})").fullmatch
_FILE_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[ \u00a0\u202f]?([AaPp])[Mm])?").fullmatch

_MINUTES = {f" {m // 60:02}:{m % 60:02}": m * 60 * _SECOND for m in range(24 * 60)}
_SECONDS = {f":{s:02}": s * _SECOND for s in range(60)}
_PAST_HOUR = [minute[3:] + second for minute in list(_MINUTES)[:60] for second in _SECONDS]

_OLDEST = instants.micros(datetime(2015, 5, 1, tzinfo=ISTANBUL))


def iys(text: str, *, later: bool = False) -> int:
    """µs of a date in İYS's form only. ``later``: take the second of an hour that came twice (RET; an ONAY takes the
    first). Errors: BadDate format, calendar."""
    try:
        return _iys_midnight(text[:10]) + _MINUTES[text[10:16]] + _SECONDS[text[16:]]
    except (KeyError, BadDate):
        return _iys(text, later)


def parse(text: str, form: Form, *, later: bool = False) -> int:
    """µs of a date in a file that writes ``form`` or İYS's form. Errors: as of ``iys``."""
    if form is _IYS or _IYS_START(text):
        return iys(text, later=later)
    day, _, clock = text.partition(" ")
    return _instant(_file_day(day, form), _file_clock(clock), later)


def readings(text: str) -> frozenset[Form]:
    """The forms under which ``text`` is a real date: {IYS}, some of {US, TR}, or none. The form that all rows allow is
    the file's."""
    try:
        if _IYS_START(text):
            iys(text)
            return _ONLY_IYS
        day, _, clock = text.partition(" ")
        _file_clock(clock)
    except BadDate:
        return _NO_FORM
    return _day_forms(day) if len(day) <= 10 else _NO_FORM  # what is no date is not remembered either


def check(micros: int, now: int) -> None:
    """Errors: BadDate too_old before 1 May 2015, when İYS begins (H156); BadDate future after ``now`` (H162)."""
    if micros < _OLDEST:
        raise BadDate("too_old")
    if micros > now:
        raise BadDate("future")


def wire(micros: int) -> str:
    """The wall time of Türkiye in İYS's form; fractions of a second are cut."""
    return wire_seconds(micros // _SECOND)


def wire_seconds(seconds: int) -> str:
    day, second = divmod(seconds, 24 * 3600)
    return _wall_hours(day)[second // 3600] + _PAST_HOUR[second % 3600]


def day_bounds(day: date) -> tuple[int, int]:
    """The Istanbul day as [start, end) in µs: 23, 24 or 25 hours."""
    start = datetime.combine(day, time(), ISTANBUL)
    return instants.micros(start), instants.micros(start + timedelta(days=1))  # wall clock: midnight to midnight


@lru_cache(_REMEMBERED)
def _iys_midnight(text: str) -> int:
    """µs of the midnight at which the day ``text`` began. Errors: KeyError or BadDate where ``_iys`` must decide."""
    written = _IYS_DAY(text)
    midnight = _midnight(_real_date(*written.groups())) if written else None
    if midnight is None:
        raise KeyError(text)
    return midnight


def _iys(text: str, later: bool) -> int:
    written = _IYS_FORM(text)
    if not written:
        raise BadDate("format")
    year, month, day, hour, minute, second = map(int, written.groups())
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 – the wall clock itself
    except ValueError:  # 29 February, 24:00, a leap second
        raise BadDate("calendar") from None
    return _changing(wall, later)


@lru_cache(_REMEMBERED)
def _file_day(text: str, form: Form) -> date:
    """The day of ``text`` under US or TR; two-digit years are of this century."""
    written = _FILE_DAY(text)
    if not written:
        raise BadDate("format")
    first, _, second, year = written.groups()
    month, day = (first, second) if form is _US else (second, first)
    return _real_date(year if len(year) == 4 else "20" + year, month, day)


@lru_cache(_REMEMBERED)
def _day_forms(text: str) -> frozenset[Form]:
    forms = set()
    for form in (_US, _TR):
        with suppress(BadDate):
            _file_day(text, form)
            forms.add(form)
    return frozenset(forms)


@lru_cache(_REMEMBERED)
def _file_clock(text: str) -> int:
    """µs since midnight of "16:16", "16:16:00", "04:16 PM"."""
    written = _FILE_CLOCK(text)
    if not written:
        raise BadDate("format")
    hour, minute, second, half = int(written[1]), int(written[2]), int(written[3] or 0), written[4]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (half in "Pp")
    elif half or hour > 23:
        raise BadDate("calendar")
    if minute > 59 or second > 59:
        raise BadDate("calendar")
    return ((hour * 60 + minute) * 60 + second) * _SECOND


def _real_date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadDate("calendar") from None


@lru_cache(_REMEMBERED)
def _midnight(day: date) -> int | None:
    """µs at which ``day`` began in Istanbul; None if its clocks were changed."""
    start = datetime.combine(day, time(), ISTANBUL)
    end = datetime.combine(day, time.max, ISTANBUL).replace(fold=1)
    return instants.micros(start) if start.utcoffset() == end.utcoffset() else None


def _instant(day: date, clock: int, later: bool) -> int:
    """µs of the wall time ``clock`` µs past midnight of ``day``."""
    midnight = _midnight(day)
    if midnight is not None:
        return midnight + clock
    return _changing(datetime.combine(day, time()) + timedelta(microseconds=clock), later)


def _changing(wall: datetime, later: bool) -> int:
    """µs of a naive ``wall`` time on any day (PEP 495). Errors: BadDate calendar for an hour that was skipped."""
    first, second = (wall.replace(tzinfo=ISTANBUL, fold=fold) for fold in (0, 1))
    if instants.micros(first) > instants.micros(second):
        raise BadDate("calendar")
    return instants.micros(second if later else first)


@lru_cache(_REMEMBERED)
def _wall_hours(day: int) -> tuple[str, ...]:
    """Türkiye's "YYYY-MM-DD HH" at each hour of UTC ``day`` since 1970: its clocks change at full hours only."""
    hours = (instants.moment(day * _DAY + hour * 3600 * _SECOND) for hour in range(24))
    return tuple(str(hour.astimezone(ISTANBUL))[:13] for hour in hours)


DAWN = iys("2015-05-01 00:00:00")  # the oldest date that İYS knows (H156), and the one of HS_2015 (H155)
