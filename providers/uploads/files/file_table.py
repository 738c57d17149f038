"""A provider's file as a table: its header understood, its records in blocks, whether it is a CSV or a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from providers.uploads.files import file_header as columns
from providers.uploads.files import sheets, sniff
from providers.uploads.files.file_header import Columns
from providers.uploads.files.records import MOST_LINES, Record, line_blocks, records
from providers.uploads.files.row_refusals import BadFile

_DELIMITERS = ";,\t"


class Table(NamedTuple):
    """``blocks`` yields the records after the header, numbered from 1 in their order. ``warnings`` has the keys of
    what is worth knowing about the file as a whole. ``header``: the row in which a spreadsheet shows the header; record
    N stands N rows below, because a record of several lines is one row there."""

    columns: Columns
    blocks: Iterator[list[Record]]
    warnings: tuple[str, ...]
    header: int


def open_table(path: Path, name: str | None = None) -> Table:
    """Read the header; the records follow lazily. ``name``: what the owner calls the file, where ``path`` is a copy.
    BadFile: no table, no header, no such encoding; OSError if the file cannot be read."""
    kind = sniff.kind(path, name)
    if kind.encoding is None:
        return _sheet(path)
    return _text(path, kind.encoding, ("encoding",) if kind.foreign else ())


def _text(path: Path, encoding: str, warnings: tuple[str, ...]) -> Table:
    blocks = line_blocks(path, encoding)
    lines = next(blocks, [])
    cells, delimiter, taken, header = _header(lines)
    found = columns.find(cells)
    following = chain([lines[taken:]], blocks)
    return Table(found, records(following, delimiter, found.width), warnings + _unread(found), header)


def _sheet(path: Path) -> Table:
    blocks = sheets.row_blocks(path)
    rows: list[list[str]] = next(blocks, [])
    start = next((place for place, row in enumerate(rows) if any(map(str.strip, row))), None)
    if start is None:
        raise empty()
    found = columns.find(rows[start])
    following = chain([rows[start + 1 :]], blocks)
    return Table(found, following, _unread(found), start + 1)


def _unread(found: Columns) -> tuple[str, ...]:
    return tuple(f"column:{name}" for name in found.unread)


def _header(lines: list[str]) -> tuple[list[str], str, int, int]:
    """The first row's cells, the delimiter, how many lines they took, and the row in which a spreadsheet shows them;
    Excel's own line «sep=;» may stand before, which it does not show at the head of a file."""
    start = _first(lines, 0)
    hidden = 0
    if lines[start].lower().startswith("sep=") and len(lines[start].strip()) <= len("sep=;"):
        hidden = 1 if start == 0 else 0
        start = _first(lines, start + 1)
    cells, delimiter, taken = max(
        (_first_record(lines, start, delimiter) for delimiter in _DELIMITERS),
        key=lambda read: columns.known(read[0]),
    )
    return cells, delimiter, taken, start + 1 - hidden


def _first(lines: list[str], start: int) -> int:
    """The first line from ``start`` on that is not blank. BadFile if all are."""
    for place in range(start, len(lines)):
        if lines[place].strip():
            return place
    raise empty()


def _first_record(lines: list[str], start: int, delimiter: str) -> tuple[list[str], str, int]:
    ended = (line + "\n" for line in islice(lines, start, start + MOST_LINES))
    reader = csv.reader(ended, delimiter=delimiter, strict=True)
    try:
        return next(reader), delimiter, start + reader.line_num
    except csv.Error:
        return [], delimiter, start


def empty() -> BadFile:
    """The file has no record."""
    return BadFile(
        "no_rows",
        "Dosyada kayıt yok. Başlığın altına en az bir satır ekleyin.",
        "The file has no records. Add at least one row under the header.",
    )
