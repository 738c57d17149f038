"""Verifies day files and handouts (``izin verify``). No checkpoint covers them: a day file needs the keys to be forged,
of a handout only impossible values are found."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select, tuple_

from consents.brands import companies
from consents.columns import stored
from consents.keys import Keyring
from consents.queries import recorded, timeline
from consents.store import Snapshot, Statement, table
from consents.terms import Channel
from providers.days import day_files, day_store
from providers.days.day_store import ALL, Which
from providers.tables import DayReport, Handout

PAGE = 500  # reports
_WORDS = {channel.code: str(channel) for channel in Channel}

_report, _handout = table(DayReport).c, table(Handout).c
_KEY = (_report.brand, _report.day, _report.channel)
_code = select(companies.CODES.c.code).where(companies.CODES.c.brand == _report.brand).scalar_subquery()
_REPORTS = (
    select(*_KEY, _report.sha384, _report.sha512, _report.size, _code)
    .where(_report.made_at >= bindparam("since"))
    .order_by(*_KEY)
    .limit(literal_column(str(PAGE)))
)
_FIRST = Statement(_REPORTS)
_NEXT = Statement(
    _REPORTS.where(tuple_(*_KEY) > tuple_(*(bindparam(f"of_{name}") for name in ("brand", "day", "channel"))))
)
_HOUR: ColumnElement[int] = literal_column("3600")  # earlier versions asked the clock alone
_NEVER: ColumnElement[float] = literal_column("1e18")
_recorded_at = recorded.moment_of(_handout.last_event)
_IMPOSSIBLE = Statement(
    select(_handout.id, _handout.last_event, _recorded_at, _handout.at < _recorded_at - _HOUR)
    .where(
        _handout.at >= bindparam("since"),
        _handout.last_event >= _handout.first_event,  # what was handed out of an empty day names no event
        or_(
            _handout.at < func.coalesce(_recorded_at, _NEVER) - _HOUR,
            _handout.taken_at < _handout.at - _HOUR,
        ),
    )
    .order_by(_handout.id)
    .limit(literal_column("1"))
)


def verify(snapshot: Snapshot, keyring: Keyring, since: int = 0) -> str | None:
    """The first fault; None without any. Reads every day file once, in flat memory. ``since``: µs, skips older ones."""
    begun = {"since": stored(since)}
    row = snapshot.one(_IMPOSSIBLE, begun)
    if row is not None:
        number, event, recorded_at, early = row
        if recorded_at is None:
            return f"handout {number} names an event that is not there"
        if early:
            act = timeline.act_of(snapshot, event)
            return f"handout {number} is older than act {act}, which it is said to have handed out"
        return f"handout {number} is said to have been taken before it was handed out"
    rows = snapshot.all(_FIRST, begun)
    while rows:
        for report in rows:
            if (fault := _fault(snapshot, keyring, report)) is not None:
                return fault
        rows = snapshot.all(_NEXT, _which(rows[-1]).found_by() | begun)
    return None


def _which(row: tuple[Any, ...]) -> Which:
    brand, day, channel, *_ = row
    return Which(brand, day_store.as_day(day), channel)


def _fault(snapshot: Snapshot, keyring: Keyring, row: tuple[Any, ...]) -> str | None:
    which, (*_, sha384, sha512, size, code) = _which(row), row
    of = f"the file of brand {code}, {which.day}" + (
        "" if which.channel == ALL else f", channel {_WORDS.get(which.channel, which.channel)}"
    )
    hashes, read = (hashlib.sha384(), hashlib.sha512()), 0
    try:
        for piece in day_files.pieces(snapshot, keyring, which):
            read += len(piece)
            for each in hashes:
                each.update(piece)
    except (day_files.Damaged, TypeError, ValueError):
        return f"{of} does not open: a piece of it was not sealed by this registry"
    known = [hashes[0].digest(), hashes[1].digest() if sha512 is not None else None]
    if [bytes(sha384), sha512 and bytes(sha512)] != known or size != read:
        return f"{of} is not what its report says: its hash or size is another"
    return None
