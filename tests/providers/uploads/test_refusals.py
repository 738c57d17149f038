"""The list of refusals goes back to people and their spreadsheets; the sentences are for them too."""

from __future__ import annotations

import csv
import re
from itertools import product
from pathlib import Path

import pytest

from providers.uploads import RefusalFile, RowRefusal, row_verdicts, warning
from providers.uploads.files.row_refusals import spreadsheet_safe
from tests import case
from tests.providers.uploads.conftest import GOOD, Load
from web.codes import SENTENCES

SAID = {**SENTENCES, **row_verdicts.ROW, **row_verdicts.WARNING}
EVERY = [*SAID.values(), *row_verdicts.PHONE.values(), *row_verdicts.EMAIL.values()]


def written(path: Path, *refusals: RowRefusal) -> list[list[str]]:
    with RefusalFile(path) as file:
        file.write(refusals)
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+905320000001", "'+905320000001"),
        ("-5320000001", "'-5320000001"),
        ("\t=1+1", " '=1+1"),
        ("\r=1+1", " '=1+1"),
        ("\0=1+1", " '=1+1"),
        (" =1+1", " '=1+1"),
        ('"=1+1"', '"\'=1+1"'),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("x;=1+1", "x;'=1+1"),
        ("x;+1;-1;@A1", "x;'+1;'-1;'@A1"),
        ("x;\t=1;\r=2", "x; '=1; '=2"),
        ('x;"=1+1"', 'x;"\'=1+1"'),
        ("x;'=1+1", "x;''=1+1"),
        ("x,=1|=2\t=3", "x,'=1|'=2 '=3"),
        ("x; =1+1", "x; '=1+1"),
        ("a+b=c@example.com - d", "a+b=c@example.com - d"),
        ("2026-11-23 10:15:00", "2026-11-23 10:15:00"),
        ("ali\r\nveli\u2028son", "ali veli son"),
        ('5,"x"', '5,"x"'),
        ("", ""),
    ],
)
def test_no_cell_of_the_list_is_a_formula_or_breaks_its_line(value: str, cell: str, tmp_path: Path) -> None:
    lines = written(tmp_path / "ret.csv", RowRefusal(7, "recipient", "H121", "Türkçe / English", value, 8))
    assert lines == [
        ["row", "field", "code", "message", "value", "line", "sheet"],
        ["7", "recipient", "H121", "Türkçe / English", cell, "8", ""],
    ]


EXCEL = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def test_no_cell_is_a_formula_whatever_a_spreadsheet_splits_by(tmp_path: Path) -> None:
    """As spreadsheets read the file: by the list separator of their country, with quotes or without."""
    for before, formula, quoted, separator in product(
        ["", "x", "x;", "x,", "x\t", "x|", 'x";', ";;", "x; "],
        ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", '"=1', "'=1", '""=1', " =1"],
        [True, False],
        EXCEL.values(),
    ):
        with case(before, formula, quoted, separator):
            written(tmp_path / "ret.csv", RowRefusal(7, "recipient", "H121", "Türkçe / English", before + formula, 8))
            lines = (tmp_path / "ret.csv").read_text("utf-8-sig").splitlines()
            for line in csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE):
                assert not [cell for cell in line if cell.strip(' "').startswith(("=", "+", "-", "@", "\t", "\r"))], (
                    line
                )


def test_our_own_sentences_are_written_as_they_are() -> None:
    assert not [sentence.text() for sentence in EVERY if spreadsheet_safe(sentence.text()) != sentence.text()]


@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_nobody_but_its_owner_can_read_the_list(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "ret.csv"
    if before is not None:
        path.write_text("of an earlier loading")
        path.chmod(before)
    written(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_list_opens_in_excel_with_turkish_letters(tmp_path: Path) -> None:
    written(tmp_path / "ret.csv")
    assert (tmp_path / "ret.csv").read_bytes().startswith(b"\xef\xbb\xbfrow,")


def test_every_refusal_can_be_written_whatever_bytes_came(load: Load, tmp_path: Path) -> None:
    loaded = load(b"type,recipient,source,status,consentDate\n\xff\x81\x81,=1,\xf0\x9f,\xed\xa0\x80,\x00\n")
    assert written(tmp_path / "ret.csv", *loaded.refusals)[2][2:5:2] == ["encoding", "\ufffd" * 3]


def test_a_long_value_is_cut(load_rows: Load) -> None:
    assert load_rows(GOOD.replace("HS_WEB", "x" * 300)).refusals[0].value == "x" * 200 + "…"


def test_every_code_says_in_both_languages_what_to_do() -> None:
    for sentence in EVERY:
        assert re.search(r"[.?)]$|\d{4}-\d\d-\d\d( [\d:]{8})?$|\+905320000001$", sentence.text("tr")), sentence
        assert sentence.text("tr") != sentence.text("en")
        assert sentence.text() == f"{sentence.text('tr')} / {sentence.text('en')}"


def test_turkish_sentences_are_short_and_say_siz() -> None:
    for sentence in EVERY:
        assert len(sentence.text("tr")) <= 120, sentence.text("tr")
        assert not re.search(r"\b(iletiniz|giriniz|lütfen|tarafınızca|sen|mutlaka)\b", sentence.text("tr")), (
            sentence.text("tr")
        )
        assert "}'" not in sentence.text("tr")


@pytest.mark.parametrize("code", ["H110", "H121", "H178", "H180", "H467", "H253"])
def test_a_code_has_its_message(code: str) -> None:
    tr, en = SENTENCES[code].text().split(" / ")
    assert SENTENCES[code].forms() == (tr, en)


def test_a_warning_about_a_column_names_it() -> None:
    assert warning("column:Ad Soyad").text("tr").startswith("Ad Soyad: ")
    assert warning("late").text("en").endswith("(H467).")
