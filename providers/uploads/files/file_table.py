"""A provider's file as tables with understood headers and blocks of records: a CSV is one, a workbook one a sheet."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, islice, takewhile
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence
from providers.uploads.files import file_header as columns
from providers.uploads.files import sheets, sniff
from providers.uploads.files.file_header import AS_NAMED, MOST_COLUMNS, Columns, Layout
from providers.uploads.files.records import MOST_LINES, Record, line_blocks, parse, records
from providers.uploads.files.row_refusals import BadFile, FileHead, shown

_DELIMITERS = ";,\t"
_TITLES = 10  # rows among which the header is looked for: a title and blank rows may stand above it
_SAMPLE = 3  # rows below it that its owner is shown


class Table(NamedTuple):
    """``blocks``: the records after the header, numbered from 1; ``warnings``: counts of the file's warnings by key;
    ``header``: the row in which a spreadsheet shows the header, record N is N rows below; ``sheet``: of a workbook with
    several."""

    columns: Columns
    blocks: Iterator[list[Record]]
    warnings: Mapping[str, int]
    header: int
    sheet: str = ""


def open_tables(path: Path, name: str | None = None, layout: Layout = AS_NAMED) -> Iterator[Table]:
    """At least one table; take the records of one before the next. ``name``: the owner's name of the file, where
    ``path`` is a copy. Errors: BadFile: no table, no header, no such encoding; OSError."""
    kind = sniff.kind(path, name)
    if kind.encoding is None:
        yield from _sheets(path, layout)
    else:
        yield _text(path, kind.encoding, ("encoding",) if kind.foreign else (), layout)


def _text(path: Path, encoding: str, warnings: tuple[str, ...], layout: Layout) -> Table:
    blocks = line_blocks(path, encoding)
    lines = next(blocks, [])
    cells, delimiter, taken, header = _header(lines, layout)
    try:
        found = columns.find(cells, layout)
    except BadFile as fault:
        below, _ = parse(lines[taken : taken + _SAMPLE], delimiter, len(cells), more=False)
        raise _with_head(fault, "", cells, below) from None
    following = chain([lines[taken:]], blocks)
    return Table(found, records(following, delimiter, found.width), Counter(warnings + _unread(found)), header)


def _sheets(path: Path, layout: Layout) -> Iterator[Table]:
    """Every visible sheet with the template's header, or those that the owner chose; the last table, without records,
    warns of the others."""
    unread: Counter[str] = Counter()  # rows by the warning's key
    faults: list[tuple[int, int, BadFile]] = []  # with the numbers of known columns and of all
    names: list[str] = []
    found: Columns | None = None
    for sheet in sheets.every_sheet(path):
        rows: list[list[str]] = next(sheet.blocks, [])
        names += [sheet.name] if sheet.name else []
        filled = list(islice((place for place, row in enumerate(rows) if _filled(row)), _TITLES))
        if not filled:
            continue
        start = filled[_likeliest([rows[place] for place in filled], layout)]
        following = chain([rows[start + 1 :]], sheet.blocks)
        try:
            left = "left" if layout.sheets else "hidden" if sheet.hidden else ""
            if left and sheet.name not in layout.sheets:
                unread[f"sheet-{left}:{sheet.name}"] = _rows(rows[start : start + 1], following)
            else:
                found = columns.find(rows[start], layout)
                yield Table(found, following, Counter(_unread(found)), start + 1, sheet.name)
        except BadFile as error:
            below = rows[start + 1 : start + 1 + _SAMPLE]
            known = columns.known(rows[start], layout)
            faults.append(
                (known, sum(map(bool, map(str.strip, rows[start]))), _with_head(error, sheet.name, rows[start], below))
            )
            kind = "sheet-columns" if known else "sheet-header"
            unread[f"{kind}:{sheet.name}"] = _rows(rows[start : start + 1], following)
    if faults and (found is None or layout.sheets):  # a sheet that the owner chose must be understood
        *_, fault = max(faults, key=itemgetter(0, 1))
        head = fault.head and fault.head._replace(sheets=names)
        raise BadFile(fault.reason, fault.sentence, head)
    if found is None:
        raise empty()
    yield Table(found, iter(()), unread, 0)


def _filled(row: Record) -> bool:
    return any(map(str.strip, row))


def _rows(first: list[Record], blocks: Iterator[list[Record]]) -> int:
    return sum(sum(map(_filled, block)) for block in chain([first], blocks))


def _unread(found: Columns) -> tuple[str, ...]:
    return tuple(f"column:{name}" for name in found.unread)


def _likeliest(rows: list[list[str]], layout: Layout) -> int:
    """The place of the row that names most columns, of those before the first record: the first of equals. Where none
    names one, that with most cells."""
    header = list(takewhile(lambda row: not columns.is_record(row), rows)) or rows[:1]
    named = [columns.known(row, layout) for row in header]
    wide = named if any(named) else [sum(map(bool, map(str.strip, row))) for row in header[:_SAMPLE]]
    return wide.index(max(wide))


def _with_head(fault: BadFile, sheet: str, cells: list[str], below: list[Record]) -> BadFile:
    if len(cells) > MOST_COLUMNS:
        return fault
    sample = [[shown(cell) for cell, _ in zip(row, cells, strict=False)] for row in below]
    return BadFile(fault.reason, fault.sentence, FileHead(sheet, [shown(cell.strip()) for cell in cells], sample))


def _header(lines: list[str], layout: Layout) -> tuple[list[str], str, int, int]:
    """The header's cells, the delimiter, how many lines were taken, and the row in which a spreadsheet shows them;
    Excel's own line «sep=;» may come before and is not shown."""
    start = _first(lines, 0)
    hidden = 0
    if lines[start].lower().startswith("sep=") and len(lines[start].strip()) <= len("sep=;"):
        hidden = 1 if start == 0 else 0
        start = _first(lines, start + 1)
    found: list[tuple[list[str], str, int, int]] = []
    while len(found) < _TITLES and start < len(lines):
        cells, delimiter, taken = max(
            (_first_record(lines, start, delimiter) for delimiter in _DELIMITERS),
            key=lambda read: (columns.known(read[0], layout), len(read[0])),
        )
        found.append((cells, delimiter, taken, start + 1 - hidden))
        hidden += max(taken - start, 1) - 1 if taken > start else 0
        start = next((place for place in range(max(taken, start + 1), len(lines)) if lines[place].strip()), len(lines))
    return found[_likeliest([cells for cells, *_ in found], layout)]


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
