"""Dates at the edges: the corpus, the forms of files, and the quick way against zoneinfo hour by hour."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents import dates, instants
from consents.dates import BadDate, Form
from consents.instants import ISTANBUL, micros, moment
from tests import CORPUS

FILE = CORPUS / "dates.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
NOON = micros(datetime(2026, 11, 24, 12, tzinfo=ISTANBUL))
HOUR = 3_600_000_000
WALL_TIMES = st.datetimes(datetime(2015, 5, 1), datetime(2030, 12, 31))  # noqa: DTZ001


def utc(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def reason(text: str, form: Form = Form.IYS) -> str:
    with pytest.raises(BadDate) as refusal:
        dates.parse(text, form)
    assert str(refusal.value) == refusal.value.reason
    return refusal.value.reason


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS])
def test_dates_of_the_corpus(row: dict[str, Any]) -> None:
    wanted = row["expect"]
    later = row.get("ctx", {}).get("status") == "RET"
    if "reject" in wanted:
        with pytest.raises(BadDate) as refusal:
            dates.check(dates.iys(row["input"], later=later), NOON)
        assert refusal.value.reason == wanted["reject"], row["why"]
        return
    got = dates.iys(row["input"], later=later)
    dates.check(got, NOON)
    assert got == utc(wanted["utc"].rstrip("Z")), row["why"]
    if wanted.get("ambiguous"):
        assert dates.iys(row["input"], later=not later) == got + HOUR


# --- instants -------------------------------------------------------------------------------------------------


@given(st.integers(-(10**16), 10**17), st.sampled_from([UTC, ISTANBUL, timezone(timedelta(hours=-5, minutes=-30))]))
def test_an_instant_comes_back_to_the_microsecond_from_any_zone(at: int, zone: tzinfo) -> None:
    assert moment(at).tzinfo is UTC
    assert micros(moment(at).astimezone(zone)) == at


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        micros(datetime(2026, 11, 24, 12))  # noqa: DTZ001


def test_undated_is_older_than_anything_dated() -> None:
    assert instants.UNDATED == micros(datetime(1970, 1, 1, tzinfo=UTC)) < dates.iys("2015-05-01 00:00:00")


# --- İYS's form -----------------------------------------------------------------------------------------------


def test_every_hour_from_2015_to_2017_is_as_zoneinfo_has_it() -> None:
    hour, end = datetime(2015, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
    while hour < end:
        wall = hour.astimezone(ISTANBUL)
        text = wall.strftime("%Y-%m-%d %H:%M:%S")
        assert dates.iys(text, later=bool(wall.fold)) == micros(hour), text
        assert dates.wire(micros(hour)) == text
        hour += timedelta(hours=1)


@given(WALL_TIMES, st.booleans())
def test_any_second_to_2030_is_as_zoneinfo_has_it(wall: datetime, later: bool) -> None:
    aware = wall.replace(microsecond=0, tzinfo=ISTANBUL, fold=later)
    text = wall.strftime("%Y-%m-%d %H:%M:%S")
    if is_skipped(aware):
        assert reason(text) == "calendar"
        return
    assert dates.iys(text, later=later) == micros(aware)
    assert dates.wire(micros(aware) + wall.microsecond) == text


def is_skipped(aware: datetime) -> bool:
    """Whether the clocks went from before ``aware``'s wall time to after it."""
    back = aware.astimezone(UTC).astimezone(ISTANBUL)
    return back.replace(tzinfo=None) != aware.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2015-03-29 02:59:59", "2015-03-29T00:59:59"),
        ("2015-03-29 04:00:00", "2015-03-29T01:00:00"),
        ("2015-11-07 23:30:00", "2015-11-07T20:30:00"),
        ("2015-11-08 02:59:59", "2015-11-07T23:59:59"),
        ("2015-11-08 04:00:00", "2015-11-08T02:00:00"),
        ("2016-01-01 00:00:00", "2015-12-31T22:00:00"),
        ("2016-09-07 00:00:00", "2016-09-06T21:00:00"),  # summer time for good
        ("2016-10-30 12:00:00", "2016-10-30T09:00:00"),
        ("2030-01-01 00:00:00", "2029-12-31T21:00:00"),
    ],
)
def test_days_on_which_the_clocks_were_changed(text: str, wanted: str) -> None:
    assert dates.iys(text) == dates.iys(text, later=True) == utc(wanted)


@pytest.mark.parametrize("text", ["2015-03-29 03:00:00", "2016-03-27 03:30:00", "2016-03-27 03:59:59"])
def test_an_hour_that_was_skipped_is_no_time(text: str) -> None:
    assert reason(text) == "calendar"


@pytest.mark.parametrize("text", ["2015-11-08 03:00:00", "2015-11-08 03:59:59", "1964-09-30 23:30:00"])
def test_an_hour_that_came_twice_is_the_first_for_an_onay_and_the_second_for_a_ret(text: str) -> None:
    assert dates.iys(text, later=True) - dates.iys(text) == HOUR
    assert dates.wire(dates.iys(text)) == dates.wire(dates.iys(text, later=True)) == text


@pytest.mark.parametrize(
    "text",
    [
        " 2026-11-23 10:15:00",
        "2026-11-23 10:15:00\n",
        "2026-11-23 10:15",
        "2026-11-23 1:15:00",
        "2026-11-23 +1:15:00",
        "2026-11-23 10:15:0٠",
        "2026-11-23 10.15.00",
        "2026-W48-1 10:15:00",
        "2026-13-01T10:15:00",  # wrong in both ways: the form comes first
        "20261123  10:15:00",
        "２０２６-11-23 10:15:00",
    ],
)
def test_what_is_not_the_form_of_iys(text: str) -> None:
    assert reason(text) == "format"


@pytest.mark.parametrize(
    "text",
    ["2026-11-31 10:15:00", "2026-00-10 10:15:00", "0000-01-01 00:00:00", "2026-11-23 10:60:00", "2026-11-23 99:99:99"],
)
def test_what_is_no_real_time(text: str) -> None:
    assert reason(text) == "calendar"


def test_the_first_and_the_last_year_there_is_can_be_read() -> None:
    assert dates.iys("0001-01-01 00:00:00") < 0
    assert dates.iys("9999-12-31 23:59:59") > NOON


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        ("2015-04-30 23:59:59", "too_old"),
        ("2015-05-01 00:00:00", None),
        ("2026-11-24 12:00:00", None),
        ("2026-11-24 12:00:01", "future"),
    ],
)
def test_a_date_lies_between_may_2015_and_now(at: str, wanted: str | None) -> None:
    if wanted is None:
        dates.check(dates.iys(at), NOON)
        return
    with pytest.raises(BadDate, match=wanted):
        dates.check(dates.iys(at), NOON)


# --- forms of files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form", "same"),
    [
        ("01.20.20 04:16 PM", Form.US, "2020-01-20 16:16:00"),  # as in İYS's template
        ("05.01.15 12:00 AM", Form.US, "2015-05-01 00:00:00"),
        ("05.01.15 12:00 PM", Form.US, "2015-05-01 12:00:00"),
        ("1/20/2020 4:16:05 pm", Form.US, "2020-01-20 16:16:05"),
        ("01-20-2020 16:16", Form.US, "2020-01-20 16:16:00"),
        ("1/20/20 4:16\u202fPM", Form.US, "2020-01-20 16:16:00"),
        ("20.01.2020 16:16", Form.TR, "2020-01-20 16:16:00"),
        ("20.01.2020 16:16:05", Form.TR, "2020-01-20 16:16:05"),
        ("20/1/20 4:16PM", Form.TR, "2020-01-20 16:16:00"),
        ("08-11-2015 12:30", Form.TR, "2015-11-08 12:30:00"),
        ("2020-01-20 16:16:05", Form.TR, "2020-01-20 16:16:05"),
        ("2020-01-20 16:16:05", Form.US, "2020-01-20 16:16:05"),
    ],
)
def test_the_forms_of_files(text: str, form: Form, same: str) -> None:
    assert dates.parse(text, form) == dates.iys(same)
    assert form in dates.readings(text) or dates.readings(text) == {Form.IYS}


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("01.20.20 04:16 PM", Form.TR, "calendar"),
        ("20.01.2020 16:16", Form.US, "calendar"),
        ("29.02.2026 10:00", Form.TR, "calendar"),
        ("20.01.2020 24:00", Form.TR, "calendar"),
        ("01.20.20 13:16 PM", Form.US, "calendar"),
        ("01.20.20 00:16 AM", Form.US, "calendar"),
        ("20.01.2020 10:60", Form.TR, "calendar"),
        ("20.01.2020 10:15:60", Form.TR, "calendar"),
        ("27.03.2016 03:30", Form.TR, "calendar"),  # skipped
        ("20.01.2020", Form.TR, "format"),
        ("20.01/2020 10:15", Form.TR, "format"),
        ("20.01.020 10:15", Form.TR, "format"),
        ("20.01.2020  10:15", Form.TR, "format"),
        ("20.01.2020 10:15 XM", Form.TR, "format"),
        ("٢٠.01.2020 10:15", Form.TR, "format"),
        ("43850.6777", Form.US, "format"),
        ("2020-01-20 16:16", Form.TR, "format"),
        ("20.01.2020 10:15", Form.IYS, "format"),
        ("", Form.US, "format"),
    ],
)
def test_what_a_file_may_not_hold(text: str, form: Form, wanted: str) -> None:
    assert reason(text, form) == wanted


def test_an_hour_that_came_twice_in_a_file() -> None:
    first = dates.parse("08.11.2015 03:30", Form.TR)
    assert dates.parse("11.08.15 03:30 AM", Form.US, later=True) == first + HOUR


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("2026-11-23 10:15:00", {Form.IYS}),
        ("2026-11-31 10:15:00", set()),
        ("01.02.2026 10:15", {Form.US, Form.TR}),
        ("11.23.26 10:15 AM", {Form.US}),
        ("23.11.26 10:15 AM", {Form.TR}),
        ("29.02.2024 10:15", {Form.TR}),
        ("31.31.2026 10:15", set()),
        ("01.02.2026 25:15", set()),
        ("01.02.2026", set()),
        ("x" * 100 + " 10:15", set()),
        ("", set()),
    ],
)
def test_the_forms_a_value_may_be_read_in(text: str, forms: set[Form]) -> None:
    assert dates.readings(text) == forms
    assert dates.readings(text) == forms  # also when it is remembered


@given(WALL_TIMES, st.sampled_from("./-"), st.sampled_from(["%d{0}%m{0}%Y %H:%M", "%m{0}%d{0}%y %I:%M %p"]))
def test_a_value_written_in_a_form_is_read_in_that_form(wall: datetime, mark: str, pattern: str) -> None:
    text = wall.strftime(pattern.format(mark))
    form = Form.TR if pattern.startswith("%d") else Form.US
    assert form in dates.readings(text)
    if not is_skipped(wall.replace(tzinfo=ISTANBUL)):
        assert dates.parse(text, form) == dates.iys(wall.strftime("%Y-%m-%d %H:%M:00"))


# --- days -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        (date(2026, 11, 24), "2026-11-23T21:00:00", 24),
        (date(2015, 3, 29), "2015-03-28T22:00:00", 23),
        (date(2015, 11, 8), "2015-11-07T21:00:00", 25),
        (date(2016, 9, 7), "2016-09-06T21:00:00", 24),
    ],
)
def test_a_day_runs_from_midnight_to_midnight_in_istanbul(day: date, start: str, hours: int) -> None:
    first, end = dates.day_bounds(day)
    assert first == utc(start)
    assert end - first == hours * HOUR
    assert dates.wire(first) == f"{day} 00:00:00"
    assert dates.wire(end - 1) == f"{day} 23:59:59"
