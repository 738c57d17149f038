"""Quotes, line breaks and long lines: what goes wrong in one row stays in that row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.uploads.files import records
from providers.uploads.files.records import TornLine
from tests.providers.uploads.conftest import GOOD, HEADER, Load


def read(text: str, width: int = 3, block: int = 1 << 17) -> list[list[str]]:
    lines = text.split("\n")
    blocks = (lines[start : start + block] for start in range(0, len(lines), block))
    return [record or [""] for found in records.records(blocks, ";", width) for record in found]  # both are blank


@pytest.mark.parametrize("place", range(6))
def test_an_unclosed_quote_in_any_cell_costs_one_row(place: int, load_rows: Load) -> None:
    cells = GOOD.split(";")
    cells[place] = '"' + cells[place]
    loaded = load_rows(GOOD, ";".join(cells), GOOD, GOOD)
    assert loaded.faults == [(2, "", "quote")]
    assert loaded.numbers == [1, 3, 4]


@pytest.mark.parametrize("place", range(6))
def test_an_unclosed_quote_among_quoted_cells_costs_one_row(place: int, load_rows: Load) -> None:
    quoted = [f'"{cell}"' for cell in GOOD.split(";")]
    torn = [*quoted[:place], quoted[place][:-1], *quoted[place + 1 :]]
    loaded = load_rows(*[";".join(row) for row in (quoted, torn, quoted, quoted)])
    assert loaded.faults == [(2, "", "quote")]
    assert loaded.numbers == [1, 3, 4]


def test_two_unclosed_quotes_do_not_swallow_the_rows_between_them(load_rows: Load) -> None:
    opened = GOOD.replace("+90", '"+90')
    closed = GOOD.replace("0001;", '0001";')
    loaded = load_rows(GOOD, opened, GOOD, GOOD, closed, GOOD)
    assert loaded.numbers == [1, 3, 4, 6]
    assert loaded.faults == [(2, "", "quote"), (5, "recipient", "H121")]


def test_a_quote_that_meets_another_by_chance_with_the_right_width_is_still_torn() -> None:
    # line 1 opens in its second cell; line 3 closes in its first: together three cells
    assert read('a;"b;c\nd;e;f\ng";h\ni;j;k') == [
        ['a;"b;c'],
        ["d", "e", "f"],
        ['g"', "h"],
        ["i", "j", "k"],
    ]


def test_a_quote_open_at_the_end_of_the_file_costs_one_row(load_rows: Load) -> None:
    loaded = load_rows(GOOD, GOOD, GOOD.replace("2026", '"2026'))
    assert (loaded.numbers, loaded.faults) == ([1, 2], [(3, "", "quote")])


def test_a_quote_open_for_thousands_of_rows_costs_one_row(load_rows: Load) -> None:
    loaded = load_rows(GOOD, '"' + GOOD, *[GOOD] * 9_000)
    assert loaded.faults == [(2, "", "quote")]
    assert len(loaded.rows) == 9_001


def test_a_line_break_inside_quotes_is_part_of_the_cell_and_one_row(load: Load) -> None:
    row = f'"Birinci satır\r\nikinci ""satır""";{GOOD}'
    loaded = load(f"Not;{HEADER}\r\n{row}\r\n{GOOD}\r\n{row}\r\n")
    assert loaded.numbers == [1, 3]
    assert loaded.faults == [(2, "", "columns")]


def test_a_column_name_may_have_a_line_break(load: Load) -> None:
    assert load(HEADER.replace("consentDate", '"İzin\nTarihi"') + f"\n{GOOD}\n").numbers == [1]


def test_a_record_longer_than_any_consent_is_no_record() -> None:
    found = read('"' + "x\n" * 70 + '";b;c\nd;e;f')
    assert found[0] == ['"x']
    assert isinstance(found[0], TornLine)
    assert found[-1] == ["d", "e", "f"]


def test_a_line_that_never_ends_is_cut_and_refused(load: Load) -> None:
    loaded = load(f"{HEADER}\n{GOOD}\n{'x' * 3_000_000}\n{';' * 1_000_000}\n{GOOD}\n")
    assert loaded.numbers == [1, 4]
    assert loaded.faults == [(2, "", "columns")]  # the line of semicolons is blank
    assert max(len(refusal.value) for refusal in loaded.refusals) <= 201


def test_excels_line_that_names_the_delimiter_is_no_header(load: Load) -> None:
    assert load(f"sep=;\r\n{HEADER}\r\n{GOOD}\r\n").numbers == [1]


CELLS = st.text(st.sampled_from('ab ;"\n\r'), max_size=6).map(lambda text: text.replace("\r", ""))


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=20), st.integers(1, 9))
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]], block: int) -> None:
    whole = [row for row in rows if not any("\n" in cell and cell.count(";") >= 2 for cell in row)]
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\n").writerows(whole)
    assert read(stream.getvalue().removesuffix("\n"), block=block)[: len(whole)] == whole


@given(st.lists(st.text(st.sampled_from('a;"'), max_size=8), max_size=40), st.integers(1, 9))
def test_where_the_blocks_end_changes_nothing(lines: list[str], block: int) -> None:
    text = "\n".join(lines)
    assert read(text, block=block) == read(text)


@given(st.lists(st.text(st.sampled_from('a;"'), max_size=8), max_size=30))
def test_one_torn_line_never_costs_a_good_one_after_it(lines: list[str]) -> None:
    good = "1;2;3"
    found = read("\n".join(line for torn in lines for line in (torn, good)))
    assert sum(record == good.split(";") for record in found) == len(lines)
