"""Dates at the edges: the wall clock of Türkiye, as İYS and providers' files write it, to instants and back.

İYS writes "YYYY-MM-DD HH:MM:SS" without an offset (API 3.2.0). The offset was +02:00 in winter and +03:00 in
summer until 2016, and has been +03:00 since; one hour a year came twice, one never. Each day is worked out with
zoneinfo once and remembered when it had one offset throughout, which leaves a sum for nearly every value.
Nothing here trims: a cell's padding is its reader's business. Digits are ASCII digits.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from consents import instants
from consents.instants import ISTANBUL

_SECOND = 1_000_000  # µs
_DAY = 24 * 3600 * _SECOND
_REMEMBERED = 4096  # days or clock readings: eleven years of them, whatever strangers may send


class BadDate(ValueError):
    """No date to record under. ``reason``: format (İYS H158), calendar (H157), too_old (H156), future (H162)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Form(StrEnum):
    """How a file writes its dates. US is how İYS's upload template does: "01.20.20 04:16 PM"."""

    IYS = "iys"
    US = "us"
    TR = "tr"


_IYS, _US, _TR = Form.IYS, Form.US, Form.TR  # looking a member up on its class is slow
_ONLY_IYS = frozenset({_IYS})
_NO_FORM: frozenset[Form] = frozenset()

_IYS_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})").fullmatch
_IYS_CLOCK = re.compile(r" [0-9]{2}:[0-9]{2}:[0-9]{2}").fullmatch
_IYS_START = re.compile(r"[0-9]{4}-").match
_FILE_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2((?:[0-9]{2}){1,2})").fullmatch
_FILE_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([AaPp])[Mm])?").fullmatch

_MINUTES = {f" {m // 60:02}:{m % 60:02}": m * 60 * _SECOND for m in range(24 * 60)}
_SECONDS = {f":{s:02}": s * _SECOND for s in range(60)}
_PAST_HOUR = [minute[3:] + second for minute in list(_MINUTES)[:60] for second in _SECONDS]

_OLDEST = instants.micros(datetime(2015, 5, 1, tzinfo=ISTANBUL))


def iys(text: str, *, later: bool = False) -> int:
    """µs of a date in İYS's form and no other; BadDate format or calendar.

    ``later``: of an hour that came twice take the second, as is right for a RET (an ONAY takes the first).
    """
    try:
        return _iys_midnight(text[:10]) + _MINUTES[text[10:16]] + _SECONDS[text[16:]]
    except KeyError:
        if not _IYS_CLOCK(text[10:]):
            raise BadDate("format") from None
    try:
        clock = _MINUTES[text[10:16]] + _SECONDS[text[16:]]
    except KeyError:  # 24:00, 23:59:60
        raise BadDate("calendar") from None
    return _instant(_iys_day(text[:10]), clock, later)


def parse(text: str, form: Form, *, later: bool = False) -> int:
    """µs of a date in a file that writes ``form``; a value in İYS's form is read as that. BadDate as in ``iys``."""
    if form is _IYS or _IYS_START(text):
        return iys(text, later=later)
    day, _, clock = text.partition(" ")
    return _instant(_file_day(day, form), _clock(clock), later)


def readings(text: str) -> frozenset[Form]:
    """The forms under which ``text`` is a real calendar date: {IYS}, some of {US, TR}, or none.

    The form that all rows of a file allow is the file's; where two remain, the file is ambiguous.
    """
    try:
        if _IYS_START(text):
            iys(text)
            return _ONLY_IYS
        day, _, clock = text.partition(" ")
        _clock(clock)
        return _file_forms(day)
    except BadDate:
        return _NO_FORM


def check(micros: int, now: int) -> None:
    """BadDate too_old before 1 May 2015, when İYS's time begins (H156); BadDate future after ``now`` (H162)."""
    if micros < _OLDEST:
        raise BadDate("too_old")
    if micros > now:
        raise BadDate("future")


def wire(micros: int) -> str:
    """"YYYY-MM-DD HH:MM:SS" in Türkiye at ``micros``, fractions of a second left off."""
    day, rest = divmod(micros, _DAY)
    second = rest // _SECOND
    return _wall_hours(day)[second // 3600] + _PAST_HOUR[second % 3600]


def day_bounds(day: date) -> tuple[int, int]:
    """The Istanbul day as [start, end) in µs; 23, 24 or 25 hours."""
    start = datetime.combine(day, time(), ISTANBUL)
    return instants.micros(start), instants.micros(start + timedelta(days=1))  # wall arithmetic: midnight again


@lru_cache(_REMEMBERED)
def _iys_midnight(text: str) -> int:
    """µs at which the day ``text`` began, KeyError if its offset changed; BadDate format, calendar."""
    start = _midnight(_iys_day(text))
    if start is None:
        raise KeyError(text)
    return start


def _iys_day(text: str) -> date:
    written = _IYS_DAY(text)
    if not written:
        raise BadDate("format")
    return _real_date(*written.groups())


@lru_cache(_REMEMBERED)
def _file_day(text: str, form: Form) -> date:
    """The day a file's ``text`` names under US or TR; a year of two digits is of this century."""
    written = _FILE_DAY(text)
    if not written:
        raise BadDate("format")
    first, _, second, year = written.groups()
    month, day = (first, second) if form is _US else (second, first)
    return _real_date(year.rjust(4, "2000"[len(year):]) if 0 else year, month, day)
