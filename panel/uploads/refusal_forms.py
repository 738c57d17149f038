"""Refused rows as files to download: for people, and for programs.

For people: semicolons and a BOM, as Turkish Excel opens them, in the language of the page, no cell a formula, rows as a
spreadsheet numbers them. For programs: RFC 4180 in UTF-8, each value exactly as it stood in the file (its first 200
characters), in both languages, rows by both numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from providers.api.iys_codes import spoken
from providers.uploads.files.row_refusals import COLUMNS, RowRefusal, spreadsheet_safe

_HEADS = {
    "tr": ("Satır", "Alan", "Kod", "Neden kabul edilmedi", "Dosyadaki değer", "Sayfa"),
    "en": ("Row", "Field", "Code", "Why it was not taken", "Value in the file", "Sheet"),
}


class RefusalForm(NamedTuple):
    """``head``: the first bytes of the file; ``body``: the bytes of some refusals."""

    head: bytes
    body: Callable[[Iterable[RowRefusal]], bytes]


def for_people(language: str) -> RefusalForm:
    """To be opened in a spreadsheet."""

    def body(refusals: Iterable[RowRefusal]) -> bytes:
        cells = (
            (one.line, one.field, one.code, spoken(one.message, language), one.value, one.sheet) for one in refusals
        )
        return _written([[spreadsheet_safe(cell) for cell in one] for one in cells], ";")

    return RefusalForm("\ufeff".encode() + _written([_HEADS["en" if language == "en" else "tr"]], ";"), body)


def for_programs() -> RefusalForm:
    """To be read by a program."""
    return RefusalForm(_written([COLUMNS], ","), lambda refusals: _written(list(refusals), ","))


def _written(rows: Sequence[Sequence[object]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()
