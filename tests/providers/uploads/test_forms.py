"""How a file writes its dates is found out from all its rows, or asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from consents.dates import Form
from providers.uploads import BadFile, detect_form
from tests.providers.uploads.conftest import GOOD, HEADER, Load

IYS, BOTH, US, TR = "2026-11-23 10:15:00", "05.06.2026 10:15", "06.25.2026 10:15", "25.06.2026 10:15"

Detect = Callable[..., Form]


@pytest.fixture
def detect(tmp_path: Path) -> Detect:
    def write_and_detect(*written: str) -> Form:
        path = tmp_path / "izinler.csv"
        rows = [GOOD.replace(IYS, date) for date in written]
        path.write_text("\n".join([HEADER, *rows]), "utf-8")
        return detect_form(path)

    return write_and_detect


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ([IYS, IYS], Form.IYS),
        ([IYS, TR], Form.TR),
        ([IYS, US], Form.US),
        ([BOTH, BOTH, TR], Form.TR),
        ([US, BOTH, IYS, "never", ""], Form.US),
        (["never", "", "99.99.2026 10:15", "2026-13-01 10:00:00"], Form.IYS),
        (["01.20.20 04:16 PM", "05.01.15 12:00 AM"], Form.US),
        ([f" {TR} "], Form.TR),
    ],
)
def test_the_form_that_suits_every_row_is_the_files(detect: Detect, written: list[str], form: Form) -> None:
    assert detect(*written) is form


def test_dates_with_two_readings_are_asked_about(detect: Detect) -> None:
    with pytest.raises(BadFile) as asked:
        detect(IYS, BOTH, "01.02.2026 09:00")
    assert asked.value.reason == "dates"
    for text in (asked.value.sentence.text("tr"), asked.value.sentence.text("en")):
        assert "05.06.2026 10:15" in text
        assert "2026-06-05" in text
        assert "2026-05-06" in text
        assert "--dates" not in text
    assert "Satır 3" in asked.value.sentence.text("tr"), "as a spreadsheet numbers it: the header has row 1"


@pytest.mark.parametrize("written", [[BOTH, US, TR], [IYS, TR, BOTH, US]])
def test_two_forms_in_one_file_leave_a_date_with_two_readings_open(detect: Detect, written: list[str]) -> None:
    with pytest.raises(BadFile) as refused:
        detect(*written)
    assert refused.value.reason == "dates"
    assert f"Satır {written.index(BOTH) + 2}, «{BOTH}»" in refused.value.sentence.text("tr")
    assert f"Row {written.index(BOTH) + 2}, “{BOTH}”" in refused.value.sentence.text("en")


def test_two_forms_in_one_file_are_read_row_by_row(load_rows: Load) -> None:
    october = [
        GOOD.replace(IYS, written) for written in ("31.10.2026 10:15", "10.30.26 10:15 AM", "2026-10-29 10:15:00")
    ]
    first, second, third = (row[6] for row in load_rows(*october).rows)
    assert first - second == second - third == 24 * 3600 * 1_000_000


def test_an_ambiguous_file_is_refused_before_any_row_is_given_out(load_rows: Load) -> None:
    rows = [GOOD] * 5_000 + [GOOD.replace(IYS, BOTH)]
    with pytest.raises(BadFile, match=re.escape("05.06.2026")):
        load_rows(*rows)
    assert len(load_rows(*rows, dates=Form.TR).rows) == 5_001
