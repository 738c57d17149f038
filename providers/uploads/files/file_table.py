"""A provider's file as tables with understood headers and blocks of records: a CSV is one, a workbook one a sheet."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence
from providers.uploads.files import file_header as columns
from providers.uploads.files import sheets, sniff
from providers.uploads.files.file_header import Columns
from providers.uploads.files.records import MOST_LINES, Record, line_blocks, records
from providers.uploads.files.row_refusals import BadFile

_DELIMITERS = ";,\t"


class Table(NamedTuple):
    """``blocks``: the records after the header, numbered from 1; ``warnings``: counts of the file's warnings by key;
    ``header``: the row in which a spreadsheet shows the header, record N is N rows below; ``sheet``: of a workbook with
    several."""

    columns: Columns
    blocks: Iterator[list[Record]]
    warnings: Mapping[str, int]
    header: int
    sheet: str = ""


def open_tables(path: Path, name: str | None = None) -> Iterator[Table]:
    """At least one table; take the records of one before the next. ``name``: the owner's name of the file, where
    ``path`` is a copy. Errors: BadFile: no table, no header, no such encoding; OSError."""
    kind = sniff.kind(path, name)
    if kind.encoding is None:
        yield from _sheets(path)
    else:
        yield _text(path, kind.encoding, ("encoding",) if kind.foreign else ())


def _text(path: Path, encoding: str, warnings: tuple[str, ...]) -> Table:
    blocks = line_blocks(path, encoding)
    lines = next(blocks, [])
    cells, delimiter, taken, header = _header(lines)
    found = columns.find(cells)
    following = chain([lines[taken:]], blocks)
    return Table(found, records(following, delimiter, found.width), Counter(warnings + _unread(found)), header)


def _sheets(path: Path) -> Iterator[Table]:
    """Every visible sheet with the template's header; the last table, without records, warns of the others."""
    unread: Counter[str] = Counter()  # rows by the warning's key
    fault: BadFile | None = None
    found: Columns | None = None
    for sheet in sheets.every_sheet(path):
        rows: list[list[str]] = next(sheet.blocks, [])
        start = next((place for place, row in enumerate(rows) if _filled(row)), None)
        if start is None:
            continue
        following = chain([rows[start + 1 :]], sheet.blocks)
        try:
            if sheet.hidden:
                unread[f"sheet-hidden:{sheet.name}"] = _rows(rows[start : start + 1], following)
            else:
                found = columns.find(rows[start])
                yield Table(found, following, Counter(_unread(found)), start + 1, sheet.name)
        except BadFile as error:
            fault = fault or error
            kind = "sheet-columns" if columns.known(rows[start]) else "sheet-header"
            unread[f"{kind}:{sheet.name}"] = _rows(rows[start : start + 1], following)
    if found is None:
        raise fault or empty()
    yield Table(found, iter(()), unread, 0)


def _filled(row: Record) -> bool:
    return any(map(str.strip, row))


def _rows(first: list[Record], blocks: Iterator[list[Record]]) -> int:
    return sum(sum(map(_filled, block)) for block in chain([first], blocks))


def _unread(found: Columns) -> tuple[str, ...]:
    return tuple(f"column:{name}" for name in found.unread)


def _header(lines: list[str]) -> tuple[list[str], str, int, int]:
    """The first row's cells, the delimiter, how many lines they took, and the row in which a spreadsheet shows them;
    Excel's own line «sep=;» may come before and is not shown."""
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
    """The first line from ``start`` on that is not blank. Errors: BadFile if all are."""
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
    return BadFile(
        "no_rows",
        Sentence(
            "Dosyada kayıt yok. Başlığın altına en az bir satır ekleyin.",
        ),
    )
