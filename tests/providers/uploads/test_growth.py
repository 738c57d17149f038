"""Whatever a company writes into a file, reading it takes time in proportion to its length."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from consents import dates
from consents.brands import sms_words
from consents.dates import BadDate, Form
from consents.people import recipients
from consents.people.recipients import BadAddress
from optout.sms.reader import letters
from providers.uploads import BadFile, date_forms
from providers.uploads.files import file_header, file_table, row_refusals, sniff
from providers.uploads.files.records import records
from providers.uploads.row_verdicts import Spellings
from tests import case
from tests.providers.uploads.conftest import HEADER, load_file
from tests.providers.uploads.growth import LINEAR, grows
from web.iys_fields import Field

# What has held up one reader or another: one thing many times, with something before, after or between.
BLANKS: dict[str, Callable[[int], str]] = {
    "blanks inside": lambda n: "x" + " " * n + "x",
    "blanks in front": lambda n: " " * n + "x",
    "blanks at the end": lambda n: "x" + " " * n,
    "nothing but blanks": lambda n: " " * n,
    "tabs and blanks": lambda n: "x" + "\t " * n + "x",
    "invisible signs": lambda n: "x" + "\u200b\ufeff" * n + "x",
    "apostrophes": lambda n: "'" * n,
    "apostrophes and blanks": lambda n: "' " * n + "x",
}
SIGNS: dict[str, Callable[[int], str]] = {
    "digits": lambda n: "5" * n + "x",
    "plus signs": lambda n: "+" * n,
    "at signs": lambda n: "a@" * n,
    "dots": lambda n: "a." * n + "@",
    "semicolons": lambda n: "; " * n,
    "letters": lambda n: "A" * n + "1",
    "two letters": lambda n: "AB" * n,
    "marks": lambda n: "a" + "\u0301\u0316" * n,
    "expanding": lambda n: "\ufdfa" * n,
    "lost bytes": lambda n: "\udcff" * n,
    "formulas": lambda n: ";=" * n,
    "quotes and separators": lambda n: '";' * n,
    "dashes and colons": lambda n: "2026-11-23 10:15:" + "00 " * n,
}
TEXTS = BLANKS | SIGNS


def dated(text: str) -> None:
    for form in Form:
        with suppress(BadDate):
            dates.parse(text, form)
    dates.readings(text)


def addressed(text: str) -> None:
    for reader in (recipients.phone, recipients.email, recipients.parse):
        with suppress(BadAddress):
            reader(text)


def named(text: str) -> None:
    sms_words.guessed(text)
    sms_words.collision(text)
    sms_words.glued_alike(text, [text])


def lettered(text: str) -> None:
    letters.plain(text)
    letters.twins(text, sms_words.may_begin)


def ruled(text: str) -> None:
    with suppress(LookupError):
        _ = Spellings()[text, text, text, text]


def headed(text: str) -> None:
    file_header.known([text])
    with suppress(BadFile):
        file_header.find([text, "IZINTURU", text])


READERS: dict[str, Callable[[str], object]] = {
    "trimmed": date_forms.trimmed,
    "fault": date_forms.cell_fault,
    "word": lambda cell: date_forms.closed_word(cell, Field.SOURCE),
    "plain date": lambda cell: date_forms.plain(cell, Form.TR),
    "shown": row_refusals.shown,
    "safe": row_refusals.spreadsheet_safe,
    "date": dated,
    "address": addressed,
    "sms word": named,
    "letters": lettered,
    "rule": ruled,
    "header": headed,
}


def test_no_reader_of_a_cell_is_held_up_by_a_long_one() -> None:
    for text, reader in product(TEXTS, READERS):
        with case(text, reader):
            assert grows(TEXTS[text], READERS[reader], 3_000) < LINEAR


def whole(folder: Path) -> Callable[[str], None]:
    def load(content: str) -> None:
        path = folder / "izinler.csv"
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        with suppress(BadFile):
            load_file(path, dates=Form.IYS)

    return load


ROWS: dict[str, Callable[[int], str]] = {
    "long cell in each place": lambda n: "".join(
        ";" * place + "x" + " " * n + "x" + ";" * (5 - place) + "\n" for place in range(6)
    ),
    "torn lines": lambda n: '"a\n' * n,
    "quotes that stay open": lambda n: 'x";"\n' * n,
    "one quote": lambda n: '"\n' + "a;b\n" * n,
    "quote at the end of each": lambda n: 'a;"\n' * n,
    "separators": lambda n: ";" * n + "\n",
    "empty lines": lambda n: "\n" * n,
    "no end of line": lambda n: "a" * n,
}


@pytest.mark.parametrize("rows", ROWS)
def test_no_row_of_a_file_holds_it_up(rows: str, tmp_path: Path) -> None:
    make = ROWS[rows]
    assert grows(lambda n: f"{HEADER}\n{make(n)}", whole(tmp_path), 1_000) < LINEAR


HEADS: dict[str, Callable[[int], str]] = {
    "sep= many times": lambda n: "sep=;\n" * (n // 8),
    "marks": lambda n: "a" + "\u0301\u0316" * n + ";IZINTURU\n",
    "blank lines": lambda n: "\n" * n + HEADER,
    "separators": lambda n: ";" * n,
    "quotes": lambda n: '"";' * n,
    "open quotes": lambda n: 'x";"\n' * n,
    "blanks": lambda n: " " * n,
    "markup": lambda n: " " * n + "<",
}


@pytest.mark.parametrize("head", HEADS)
def test_no_header_holds_a_file_up(head: str, tmp_path: Path) -> None:
    assert grows(HEADS[head], whole(tmp_path), 4_000) < LINEAR


def test_excels_line_that_names_the_separator_is_read_once(tmp_path: Path) -> None:
    """A file of nothing else was called by itself as often as it had lines."""
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n" * 5_000)
    with pytest.raises(BadFile) as bad:
        next(file_table.open_tables(path))
    assert bad.value.reason == "header"


def test_a_torn_line_looks_at_no_more_lines_than_a_record_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: how many lines are handed to the parser of quotes, all told."""
    handed, reader = [0], csv.reader

    def counted(lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            handed[0] += 1
            yield line

    monkeypatch.setattr(csv, "reader", lambda lines, **options: reader(counted(lines), **options))
    torn = ['x";"'] * 2_000
    assert sum(map(len, records(iter([torn]), ";", 6))) == 2_000
    assert handed[0] <= 2_000 * 65


def test_the_kind_of_a_file_is_told_in_proportion_to_its_sample(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def look(content: bytes) -> None:
        path.write_bytes(content)
        with suppress(BadFile):
            sniff.kind(path)

    for one in (b" ", b"\xfe", b"\0a", b"<", b"PK\x03\x04"):
        assert grows(one.__mul__, look, 8_000) < LINEAR
