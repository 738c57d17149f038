"""Workbooks: numbers keep their digits, moments their second, and no workbook can take the process down."""

from __future__ import annotations

import datetime as dt
import io
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from consents.dates import Form
from consents.keys import Keyring
from providers.uploads import BadFile, pipeline, row_verdicts
from providers.uploads.date_forms import detect_form
from providers.uploads.files import sheets
from providers.uploads.files.file_header import Layout
from providers.uploads.pipeline import Sealed, job_of, sealed_chunks
from tests.providers.uploads.conftest import GOOD, HEADER, NOW, Load, make_workbook, plain
from tests.providers.uploads.test_windows import KEYS

MOMENT = dt.datetime(2026, 11, 23, 10, 15, 27)  # noqa: DTZ001
ROW = ["+905320000001", "MESAJ", "HS_WEB", "ONAY", "BIREYSEL", MOMENT]
NAMES = HEADER.split(";")


@pytest.mark.parametrize("number", [5320000001, 5320000001.0, 905320000001, "05320000001", "+90 532 000 00 01"])
def test_a_phone_kept_as_a_number_is_the_same_phone(number: object, load: Load) -> None:
    loaded = load(make_workbook([NAMES, [number, *ROW[1:]]]), "izinler.xlsx")
    assert loaded.rows[0][1] == "+905320000001"
    assert loaded.warnings == {}


@pytest.mark.parametrize("number", [5320000001.5, -5320000001, 5.32e30, True, "5320000001.0"])
def test_a_number_that_is_no_phone_is_refused(number: object, load: Load) -> None:
    assert load(make_workbook([NAMES, [number, *ROW[1:]]]), "izinler.xlsx").faults == [(1, "recipient", "H121")]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        (MOMENT, "2026-11-23 10:15:27"),
        (MOMENT.replace(microsecond=600_000), "2026-11-23 10:15:28"),
        (dt.date(2026, 11, 23), "2026-11-23 00:00:00"),
        ("2026-11-23 10:15:27", "2026-11-23 10:15:27"),
        ("23.11.2026 10:15", "2026-11-23 10:15:00"),
    ],
)
def test_moments_and_dates_are_read_to_the_second(cell: object, date: str, load: Load) -> None:
    loaded = load(make_workbook([NAMES, [*ROW[:5], cell]]), "izinler.xlsx")
    assert [plain(row)["consentDate"] for row in loaded.rows] == [date]


def test_a_moment_that_lost_its_format_is_read_as_the_spreadsheet_counts(load: Load) -> None:
    read, plain_text = (
        load(make_workbook([NAMES, [*ROW[:5], cell]]), "a.xlsx") for cell in (46349.4271, "2026-11-23 10:15:01")
    )
    assert read.rows == plain_text.rows
    assert len(read.rows) == 1
    assert load(make_workbook([NAMES, [*ROW[:5], 146349.4271]]), "a.xlsx").faults == [(1, "consentDate", "H158")]


def test_dealer_codes_blank_rows_and_unknown_columns(load: Load) -> None:
    rows: list[list[object]] = [[], [*NAMES, "Bayi Kodu", "Ad"], [*ROW, 123, "Ali"], [None] * 8, [*ROW, None, None]]
    loaded = load(make_workbook(rows), "izinler.xlsx")
    assert loaded.numbers == [1, 3]
    assert [row[7] for row in loaded.rows] == [41, None]
    assert (loaded.seen, loaded.warnings) == (2, {"column:Ad": 1})


def test_the_first_visible_sheet_is_read(load: Load) -> None:
    book = openpyxl.load_workbook(io.BytesIO(make_workbook([["gizli"]], İzinler=[NAMES, ROW], Sonra=[["x"]])))
    book.worksheets[0].sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    assert load(stream.getvalue(), "izinler.xlsx").numbers == [1]


def test_an_ambiguous_date_in_text_is_asked_about(load: Load) -> None:
    content = make_workbook([NAMES, [*ROW[:5], "05.06.2026 10:15"]])
    with pytest.raises(BadFile) as asked:
        load(content, "izinler.xlsx")
    assert asked.value.reason == "dates"
    assert len(load(content, "izinler.xlsx", dates=Form.US).rows) == 1


@pytest.mark.parametrize("rows", [[], [[]], [NAMES]])
def test_a_workbook_without_records_has_no_rows(rows: list[list[object]], load: Load) -> None:
    with pytest.raises(BadFile) as refused:
        load(make_workbook(rows), "izinler.xlsx")
    assert refused.value.reason == "no_rows"


def chunks(path: Path) -> Iterator[Sealed]:
    """The file as the importer gets it, from the reading process."""
    with sealed_chunks(job_of(path, form=None, now=NOW, dealers={}, keyring=Keyring(KEYS))) as sealed:
        yield from sealed


def test_only_the_reading_process_opens_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone is bounded; of a text this process finds out meanwhile how its dates are written."""
    opened: list[Path] = []

    def noted(path: Path, name: str | None, layout: Layout) -> Form:
        opened.append(path)
        return detect_form(path, name, layout)

    monkeypatch.setattr(pipeline, "detect_form", noted)
    book, text = tmp_path / "a.xlsx", tmp_path / "a.csv"
    book.write_bytes(make_workbook([NAMES, [*ROW[:5], "23.11.2026 10:15"]]))
    text.write_text("\n".join([HEADER, GOOD.replace("2026-11-23", "23.11.2026")]) + "\n")
    for path in (book, text):
        assert sum(len(chunk.rows) for chunk in chunks(path)) == 1
    assert opened == [text]


def test_a_cell_in_the_last_corner_is_refused_and_the_importer_lives(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "alıcı"
    book.active["XFD1048576"] = "x"
    path = tmp_path / "izinler.xlsx"
    book.save(path)
    with pytest.raises(BadFile) as refused:
        list(chunks(path))
    assert refused.value.reason == "too_large"


def test_a_giant_text_in_a_small_file_is_refused_before_it_is_unpacked(
    workbook: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CalamineWorkbook, "from_path", None)
    giant = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(giant, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member.filename))
        new.writestr("xl/giant.xml", bytes(sheets._LARGE + 1))
    path = tmp_path / "izinler.xlsx"
    path.write_bytes(giant.getvalue())
    assert path.stat().st_size < 100_000
    with pytest.raises(BadFile) as refused:
        next(sheets.every_sheet(path))
    assert refused.value.reason == "too_large"


# The reading process whose other threads never have their turn, and which a workbook ends.
STARVED = """
import os
from providers.uploads import reading
reading._Sender._run = lambda sender: None
reading._windows = lambda job, idle: os._exit(1)
reading.main()
"""


def test_that_the_reader_bounds_itself_is_said_before_it_opens_a_workbook(
    workbook: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that lay in a queue would be gone with the process."""
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-I", "-c", STARVED))
    path = tmp_path / "izinler.xlsx"
    path.write_bytes(workbook)
    with pytest.raises(BadFile) as refused:
        list(chunks(path))
    assert refused.value.reason == "too_large"


@pytest.mark.skipif(sys.platform == "win32", reason="a system without such bounds")
def test_only_a_process_that_reads_a_workbook_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    csv, bounds = "\n".join([HEADER, *[GOOD] * 20_000]), []
    for name, content in (("izinler.xlsx", make_workbook([NAMES, *[ROW] * 20_000])), ("izinler.csv", csv.encode())):
        path = tmp_path / name
        path.write_bytes(content)
        reading = chunks(path)
        next(reading)
        bounds.append(resource.prlimit(Recorded.started[-1].pid, resource.RLIMIT_AS)[0])
        reading.close()
    assert bounds == [sheets._MEMORY, resource.getrlimit(resource.RLIMIT_AS)[0]]


def test_an_archive_that_declares_gigabytes_is_refused_unopened(
    workbook: bytes, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "_UNPACKED", 1_000)
    monkeypatch.setattr(CalamineWorkbook, "from_path", None)
    with pytest.raises(BadFile) as refused:
        load(workbook, "izinler.xlsx")
    assert refused.value.reason == "too_large"


def test_a_damaged_workbook_is_refused(workbook: bytes, load: Load) -> None:
    damaged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(damaged, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:100] if name.startswith("xl/worksheets/") else old.read(name))
    with pytest.raises(BadFile) as refused:
        load(damaged.getvalue(), "izinler.xlsx")
    assert refused.value.reason == "not_csv"


class Recorded(subprocess.Popen[bytes]):
    """Remembers the processes a test has started."""

    started: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.started.append(self)


@pytest.mark.slow
def test_a_reading_that_is_given_up_ends_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", Recorded)
    path = tmp_path / "izinler.xlsx"
    path.write_bytes(make_workbook([NAMES, *[ROW] * 20_000]))
    reading = chunks(path)
    assert next(reading).seen == 0
    reading.close()
    assert Recorded.started[-1].returncode == -signal.SIGTERM


def test_a_cell_of_blanks_is_trimmed_and_one_that_is_too_long_is_refused_unread(load: Load) -> None:
    inside, around = "x" + " " * 30_000 + "x", " " * 2_000 + "HS_WEB" + " " * 2_000
    rows = [[*ROW[:2], inside, *ROW[3:]], [*ROW[:2], around, *ROW[3:]], [inside, *ROW[1:]]]
    loaded = load(make_workbook([NAMES, *rows]), "izinler.xlsx")
    assert loaded.faults == [(1, "source", "long"), (3, "recipient", "long")]
    assert loaded.numbers == [2]


def test_a_cell_of_a_workbook_has_a_limit_before_it_leaves_its_process() -> None:
    """One text of a workbook may be shown in a million cells."""
    assert sheets.cell_text("x" * 4_096) == "x" * 4_096
    assert sheets.cell_text("x" * 1_000_000) == "x" * 4_096 + "…"
    assert sheets.cell_text("HS_WEB" + " " * 5_000 + "x").endswith(" …")  # not HS_WEB
    assert sheets.cell_text(" " * 5_000 + "HS_WEB" + " " * 5_000) == "HS_WEB"


def test_blocks_of_a_wide_sheet_have_fewer_rows() -> None:
    sizes = [len(block) for block in sheets._blocks([["x"] * 16_384 for _ in range(20)])]
    assert sizes == [8, 8, 4]
    assert [len(block) for block in sheets._blocks([["x"] * 7 for _ in range(2_001)])] == [2_000, 1]
    assert list(sheets._blocks([])) == []


def test_every_sheet_with_the_header_is_read(load: Load) -> None:
    """Each with its own columns; rows are numbered on, and a refusal names its sheet and its row there."""
    turned = [[], NAMES[::-1], ROW[::-1], ["", "BIREYSEL", "VAR", "HS_WEB", "MESAJ", "+905320000003"]]
    loaded = load(make_workbook([NAMES, ROW, [*ROW[:3], "YOK", *ROW[4:]]], Retler=turned), "izinler.xlsx")
    assert loaded.numbers == [1, 3]
    assert loaded.seen == 4
    assert {(one.row, one.line, one.sheet) for one in loaded.refusals} == {(2, 3, "Sheet"), (4, 4, "Retler")}
    assert loaded.warnings == {}


def test_a_sheet_that_is_not_read_is_named_with_its_rows(load: Load) -> None:
    notes: dict[str, list[list[object]]] = {
        "Veri2": [ROW, ROW],
        "Eksik": [NAMES[1:], ROW[1:]],
        "Boş": [[]],
        "Gizli": [NAMES, ROW, []],
        "Son": [NAMES, ROW],
    }
    book = openpyxl.load_workbook(io.BytesIO(make_workbook([["Rapor"], ["a"], ["b"]], **notes)))
    book["Gizli"].sheet_state = "veryHidden"
    stream = io.BytesIO()
    book.save(stream)
    loaded = load(stream.getvalue(), "izinler.xlsx")
    assert loaded.numbers == [1]
    assert loaded.warnings == {
        "sheet-header:Sheet": 3,
        "sheet-header:Veri2": 2,
        "sheet-columns:Eksik": 2,
        "sheet-hidden:Gizli": 2,
    }
    for key in loaded.warnings:
        assert key.partition(":")[2] in row_verdicts.warning(key).text("tr")
        assert "okunmadı" in row_verdicts.warning(key).text("tr")
        assert "not read" in row_verdicts.warning(key).text("en")


def test_dates_of_every_sheet_decide_their_form_together(load: Load) -> None:
    first = [NAMES, [*ROW[:5], "05.06.2026 10:15"]]
    loaded = load(make_workbook(first, İki=[NAMES, [*ROW[:5], "23.11.2026 10:15"]]), "izinler.xlsx")
    assert len(loaded.rows) == 2
    with pytest.raises(BadFile) as asked:
        load(make_workbook([NAMES, ROW], İki=first), "izinler.xlsx")
    assert "2 (İki)" in asked.value.sentence.text("tr")


def test_rows_of_the_ledgers_refusals_stand_where_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    """What the reading process sends of each sheet has that sheet's place."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(make_workbook([NAMES, ROW], Retler=[[], [], NAMES, ROW, ROW], Not=[["x"]]))
    found = [chunk for chunk in chunks(path) if chunk.rows]
    assert [(row[1] + chunk.place[0], chunk.place[1]) for chunk in found for row in chunk.rows] == [
        (2, "Sheet"),
        (4, "Retler"),
        (5, "Retler"),
    ]
    assert sum((chunk.warnings for chunk in chunks(path)), Counter()) == {"sheet-header:Not": 1}
