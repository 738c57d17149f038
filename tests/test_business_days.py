"""Three business days: the corpus, the definition day by day, and what decrees change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consents import dates
from consents.business_days import (
    DECREES,
    HOLIDAYS,
    Decree,
    calendar_ends,
    days_after,
    is_business_day,
    oldest_reportable,
    passed,
    read_decrees,
    stop_by,
)
from consents.dates import day_bounds, iys
from tests import CORPUS, holidays_file

FILE = CORPUS / "deadlines.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
DAYS = st.dates(date(2015, 5, 1), date(2032, 11, 30))
DAY = timedelta(days=1)

unhurried = settings(deadline=None)  # the first question loads the holidays


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS])
def test_deadlines_of_the_corpus(row: dict[str, Any]) -> None:
    assert stop_by(iys(row["input"]), {}) == date.fromisoformat(row["expect"]["deadline"]), row["why"]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2026-11-24", True),
        ("2026-11-28", False),  # Saturday
        ("2026-11-29", False),
        ("2026-01-01", False),
        ("2026-04-23", False),
        ("2026-05-19", False),
        ("2026-07-15", False),
        ("2026-10-28", True),  # half a day
        ("2026-10-29", False),
        ("2026-03-19", True),  # the eve of Ramazan Bayramı
        ("2026-03-20", False),
        ("2026-03-23", True),
        ("2016-07-15", True),  # a holiday since 2017 only
        ("2025-03-31", False),
        ("2027-05-17", False),  # Kurban Bayramı, Monday
    ],
)
def test_which_days_count(day: str, counts: bool) -> None:
    assert is_business_day(date.fromisoformat(day), {}) is counts


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2026-11-23 23:59:59", "2026-11-26"),  # still Monday in Istanbul, as in UTC
        ("2026-11-24 00:00:00", "2026-11-27"),  # Tuesday in Istanbul, Monday in UTC
        ("2026-12-30 10:00:00", "2027-01-05"),  # Thu 31, New Year, Mon 4, Tue 5
    ],
)
def test_the_days_are_those_of_istanbul(at: str, last: str) -> None:
    assert stop_by(iys(at), {}) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("now", "oldest"),
    [
        ("2026-11-24 12:00:00", "2026-11-19 00:00:00"),
        ("2026-11-22 12:00:00", "2026-11-18 00:00:00"),  # Sunday
        ("2026-06-01 09:00:00", "2026-05-22 00:00:00"),  # after Kurban Bayramı: Tue 26, Mon 25, Fri 22
        ("2026-11-25 00:00:00", "2026-11-20 00:00:00"),
        ("2026-11-24 23:59:59", "2026-11-19 00:00:00"),
    ],
)
def test_the_oldest_decision_that_can_be_reported(now: str, oldest: str) -> None:
    assert dates.wire(oldest_reportable(iys(now), {})) == oldest


@unhurried
@given(DAYS, st.dictionaries(st.integers(-12, 12), st.sampled_from(Decree), max_size=6))
def test_what_can_be_reported_is_what_need_not_have_been_obeyed_before_today(
    today: date, decreed: Mapping[int, Decree]
) -> None:
    decrees = {today + offset * DAY: decree for offset, decree in decreed.items()}
    start, end = day_bounds(today)
    for now in (start, end - 1):
        oldest = oldest_reportable(now, decrees)
        assert stop_by(oldest, decrees) >= today > stop_by(oldest - 1, decrees)


@unhurried
@given(DAYS, st.dictionaries(st.integers(-12, 12), st.sampled_from(Decree), max_size=6))
def test_three_business_days_lie_between_a_ret_and_the_end_of_its_deadline(
    day: date, decreed: Mapping[int, Decree]
) -> None:
    decrees = {day + offset * DAY: decree for offset, decree in decreed.items()}
    last = stop_by(day_bounds(day)[0], decrees)
    counted = [day + n * DAY for n in range(1, (last - day).days + 1)]
    assert sum(is_business_day(each, decrees) for each in counted) == 3
    assert is_business_day(last, decrees)


def test_a_decree_closes_a_day_or_opens_one() -> None:
    monday = iys("2026-11-23 09:00:00")
    assert stop_by(monday, {date(2026, 11, 25): Decree.CLOSED}) == date(2026, 11, 27)
    assert stop_by(iys("2026-11-27 10:00:00"), {date(2026, 11, 28): Decree.WORKING}) == date(2026, 12, 1)
    assert is_business_day(date(2026, 10, 29), {date(2026, 10, 29): Decree.WORKING})
    closed = {date(2026, 11, 23): Decree.CLOSED}
    assert dates.wire(oldest_reportable(iys("2026-11-24 12:00:00"), closed)) == "2026-11-18 00:00:00"


def test_decrees_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "decrees.csv"
    file.write_text("date,kind,why\n2026-05-26,closed,idari izin\n2026-05-30,working,telafi\n", encoding="utf-8")
    assert read_decrees(file) == {date(2026, 5, 26): Decree.CLOSED, date(2026, 5, 30): Decree.WORKING}


@pytest.mark.parametrize(
    "line", ["26.05.2026,closed,x", "2026-05-26,shut,x", "2026-05-26", ",,", "2026-02-30,closed,x"]
)
def test_a_decree_that_cannot_be_read_names_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "decrees.csv"
    file.write_text(f"date,kind,why\n2026-05-25,closed,x\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"decrees.csv, line 3"):
        read_decrees(file)


def test_the_decrees_that_come_with_the_registry_can_be_read() -> None:
    assert all(isinstance(day, date) and isinstance(decree, Decree) for day, decree in DECREES.items())
    file = Path(dates.__file__).with_name("holidays_override.csv")
    assert file.read_text(encoding="utf-8").startswith("date,kind,why\n")


def test_the_holidays_are_those_of_the_package() -> None:
    assert HOLIDAYS.read_text(encoding="utf-8") == holidays_file.text(), "python -m tests.holidays_file writes it"


def test_the_calendar_is_certain_until_the_feasts_are_estimates() -> None:
    end = calendar_ends()
    assert (end.month, end.day) == (12, 31)
    assert end >= date(2032, 12, 31)


@given(DAYS, st.integers(0, 20))
@unhurried
def test_days_that_passed_are_those_that_a_deadline_counts(day: date, count: int) -> None:
    since = day_bounds(day)[0]
    last = days_after(since, count)
    assert passed(since, day_bounds(last)[1] - 1) == count
    assert passed(since, day_bounds(last)[0] - 1) == max(0, count - 1)
