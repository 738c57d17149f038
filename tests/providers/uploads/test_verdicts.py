"""The quick pass and the verdict of its own agree on every row."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from consents.dates import Form
from providers.cases.case import Frame
from providers.uploads.file_rows import _Reading
from providers.uploads.files.file_header import Columns
from providers.uploads.files.file_table import Table
from providers.uploads.row_verdicts import judge
from tests.providers.uploads.conftest import DEALERS, NOW

CELLS = (  # in the order of FIELDS
    ["+905320000001", "0532 000 00 01", "+905992000000", "02120000001", "ali@example.com", "Ali@Example.com", "x", ""],
    ["MESAJ", "arama", "EPOSTA", " EPOSTA ", "SMS", ""],
    ["HS_WEB", "hs_2015", "HS_KARAR", "IYS_WEB", ""],
    ["ONAY", "ret", "BEKLIYOR", ""],
    ["BIREYSEL", "tacir", "SAHIS", ""],
    ["2026-11-23 10:15:00", "2026-10-23 10:15:00", "2015-05-01 00:00:00", "2015-04-30 00:00:00"],
    ["", "123", "999"],
)
CELLS[5].extend(["2015-11-08 03:30:00", "2026-11-24 12:00:00", "2026-11-24 12:00:01", "2026-02-30 10:00:00"])
CELLS[5].extend(["05.06.2026 10:15", "13.06.2026 10:15", ""])


@given(
    cells=st.tuples(*map(st.sampled_from, CELLS)),
    form=st.sampled_from(Form),
)
def test_both_ways_to_judge_a_row_agree(cells: tuple[str, ...], form: Form) -> None:
    frame = Frame(NOW, DEALERS, form, code_kind=str)
    reading = _Reading(Table(Columns(tuple(range(7)), 7, ()), iter(()), {}, 1), 0, frame)
    chunk = reading.chunk([list(cells), list(cells)])
    verdict = judge(frame, 2, (3, ""), cells)
    assert chunk.rows[1:] == ([verdict.row] if verdict.row else [])
    assert [refusal for refusal in chunk.refusals if refusal.row == 2] == verdict.refusals
    assert chunk.warnings == Counter(verdict.warnings * 2)
    assert bool(verdict.row) is not bool(verdict.refusals)
