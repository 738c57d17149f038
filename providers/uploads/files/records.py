"""The records of a CSV text, strictly and in flat memory. An unclosed quote costs its own line only, where
``csv.reader`` swallows the rows after it; a line break inside a quoted cell is legal (RFC 4180, 2.6)."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 17  # bytes read at once: about 2,000 records
_LONGEST_LINE = 1 << 18  # characters: 64 cells of 4 KiB (security note D4); the rest of a longer line is dropped
MOST_LINES = 64  # physical lines one record may span


Record = list[str]


class TornLine(Record):
    """A physical line with unmatched quotes, as its only cell: one row to refuse."""


def line_blocks(path: Path, encoding: str) -> Iterator[list[str]]:
    """The physical lines without their ends (CRLF, LF or CR), in blocks. Undecodable bytes become lone surrogates (in
    UTF-16: U+FFFD), which spoil only their cell. Errors: OSError."""
    rest = ""
    for text in _decoded(path, encoding):
        lines = (rest + text).split("\n")
        rest = lines.pop()[: _LONGEST_LINE + 1]
        if lines:
            yield lines
    if rest:
        yield [rest]


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def records(blocks: Iterator[list[str]], delimiter: str, width: int) -> Iterator[list[Record]]:
    """Blocks of records after the header of ``width`` cells. A blank line is a blank record, so that numbers count
    it."""
    held: list[str] = []
    for block in blocks:
        lines = held + block
        found, taken = parse(lines, delimiter, width, more=True)
        held = lines[taken:]
        yield found
    if held:
        yield parse(held, delimiter, width, more=False)[0]


def parse(lines: list[str], delimiter: str, width: int, *, more: bool) -> tuple[list[Record], int]:
    """The records of these lines, and how many lines they took: fewer than all where one may continue."""
    if '"' not in "".join(lines):
        return [line.split(delimiter) for line in lines], len(lines)
    ended = [line + "\n" for line in lines]
    found: list[Record] = []
    taken = 0
    while taken < len(lines):
        taken = _read_on(ended, taken, delimiter, width, found)
        if taken == len(lines):
            break
        if more and len(lines) - taken < MOST_LINES:
            break
        found.append(TornLine([lines[taken]]))
        taken += 1
    return found, taken


def _read_on(lines: list[str], start: int, delimiter: str, width: int, found: list[Record]) -> int:
    """Appends the records from line ``start`` on; the first line that could not be read as one."""
    end = start

    def following() -> Iterator[str]:
        """At most the lines of one record: else each open quote would cost all lines after it."""
        for place in range(start, len(lines)):
            if place - end > MOST_LINES:
                return
            yield lines[place]

    reader = csv.reader(following(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            line = start + reader.line_num
            if line - end > 1 and not _is_one_record(cells, delimiter, width, line - end):
                return end
            found.append(cells)
            end = line
    except csv.Error:
        pass
    return end


def _is_one_record(cells: list[str], delimiter: str, width: int, lines: int) -> bool:
    """False where an unclosed quote met another by chance: its cell then holds whole rows."""
    if len(cells) != width or lines > MOST_LINES:
        return False
    return not any("\n" in cell and cell.count(delimiter) >= width - 1 for cell in cells)
