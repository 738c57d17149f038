"""Refused rows as files. For people: semicolons and a BOM for Turkish Excel, the page's language, no formulas, a
spreadsheet's row numbers. For programs: RFC 4180 in UTF-8, exact values (their first 200 characters), both
languages, both row numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from consents.languages import catalogue, form_of, mark
from providers.uploads.files.row_refusals import COLUMNS, RowRefusal, spreadsheet_safe

_HEAD = (
    *(mark("Satır"), mark("Alan"), mark("Kod")),
    *(mark("Neden kabul edilmedi"), mark("Dosyadaki değer"), mark("Sayfa")),
)


class RefusalForm(NamedTuple):
    """``head``: the first bytes of the file; ``body``: those of some refusals."""

    head: bytes
    body: Callable[[Iterable[RowRefusal]], bytes]


def for_people(language: str) -> RefusalForm:
    def body(refusals: Iterable[RowRefusal]) -> bytes:
        cells = (
            (one.line, one.field, one.code, form_of(one.message, language), one.value, one.sheet) for one in refusals
        )
        return _written([[spreadsheet_safe(cell) for cell in one] for one in cells], ";")

    return RefusalForm("\ufeff".encode() + _written([[catalogue(language).gettext(cell) for cell in _HEAD]], ";"), body)


def for_programs() -> RefusalForm:
    return RefusalForm(_written([COLUMNS], ","), lambda refusals: _written(list(refusals), ","))


def _written(rows: Sequence[Sequence[object]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()
