"""Refused rows bear the number that Excel and LibreOffice show beside them, in CSV files and workbooks."""

from __future__ import annotations

import pytest

from tests.providers.uploads.conftest import GOOD, HEADER, Load, make_workbook

BAD = GOOD.replace("MESAJ", "FAKS")
NOTED, NOTE = f"{HEADER};Not", '"birinci satır\nikinci ""satır"" \n\nson"'
TORN = GOOD.replace("HS_WEB", '"HS_WEB')


def lines(load: Load, content: str | bytes, name: str = "izinler.csv") -> list[tuple[int, int]]:
    """(``row``, ``line``) of each refusal."""
    return [(one.row, one.line) for one in load(content, name).refusals]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ([HEADER, BAD, GOOD, BAD], [(1, 2), (3, 4)]),
        ([HEADER, GOOD, "", "", BAD], [(4, 5)]),  # a blank line is a row of a spreadsheet
        (["", "", HEADER, GOOD, BAD], [(2, 5)]),
        (["sep=;", HEADER, GOOD, BAD], [(2, 3)]),  # a spreadsheet does not show this line
        (["sep=;", "", HEADER, BAD], [(1, 3)]),
        (["", "sep=;", HEADER, BAD], [(1, 4)]),  # but here it does
        ([NOTED, f"{GOOD};{NOTE}", f"{BAD};{NOTE}", f"{BAD};x"], [(2, 3), (3, 4)]),  # four lines are one row
        ([f'{HEADER};"Uzun\nad"', f"{BAD};x"], [(1, 2)]),  # so are the two of a header
        ([HEADER, GOOD, f"{GOOD};zu viel", TORN, GOOD], [(2, 3), (3, 4)]),  # a row that cannot be read
    ],
)
def test_of_text(load: Load, text: list[str], found: list[tuple[int, int]], ending: str) -> None:
    whole = "\n".join(text).replace("\n", ending) + ending
    assert lines(load, whole) == found


@pytest.mark.parametrize(("blank", "line"), [(0, 3), (2, 5)])
def test_of_a_workbook(load: Load, blank: int, line: int) -> None:
    content = make_workbook([*[[]] * blank, HEADER.split(";"), GOOD.split(";"), BAD.split(";")])
    assert lines(load, content, "izinler.xlsx") == [(2, line)]


def test_in_a_long_file(load: Load) -> None:
    """Blocks and chunks go on counting."""
    text = "\n".join([NOTED, *[f"{GOOD};{NOTE}"] * 6_000, f"{BAD};x"])
    assert lines(load, text) == [(6_001, 6_002)]
