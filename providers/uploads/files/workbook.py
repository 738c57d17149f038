"""Reads an XLSX workbook in a process of its own and prints its first visible sheet, blocks of rows as JSON lines.

A sheet of 5 KB with one cell in the last corner makes the reader ask for hundreds of gigabytes, and its allocator then
aborts the whole process; so it never runs inside the server. Run as ``python -I workbook.py FILE``; it imports nothing
of this project. Exit 3: the workbook cannot be read; killed or aborted: it asked for too much.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

_ROWS, _CELLS = 2_000, 131_072  # at most, in a block
# Characters a cell may have. A longer one is cut, for a workbook keeps a text once and may show it in a million cells;
# the mark at its end keeps it too long.
_LONGEST = 4_096
_MEMORY = 2 << 30  # bytes of address space: a full sheet (1,048,576 rows) of seven columns needs about 0.6 GiB
_SECONDS = 300
_LARGEST_EXACT = 1e15  # above it a double no longer holds every integer
UNREADABLE = 3


def cell_text(value: object) -> str:
    """The cell as a CSV would hold it: whole numbers without «.0», moments in İYS form, to the nearest second."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else _cut(value.strip())
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return (value + dt.timedelta(microseconds=500_000)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def row_blocks(path: str) -> Iterator[list[list[str]]]:
    """The rows of the first visible sheet, at most 2,000 at a time and fewer of wide ones; CalamineError if there is
    none."""
    with CalamineWorkbook.from_path(path) as book:
        sheets = [
            meta.name
            for meta in book.sheets_metadata
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible
        ]
        if not sheets:
            raise CalamineError("no visible sheet")
        yield from _blocks(book.get_sheet_by_name(sheets[0]).iter_rows())


def _blocks(rows: Iterable[Sequence[object]]) -> Iterator[list[list[str]]]:
    texts: Iterator[list[str]] = ([cell_text(value) for value in row] for row in rows)
    first = next(texts, None)
    if first is None:
        return
    size = max(1, min(_ROWS, _CELLS // max(1, len(first))))  # all rows are as wide as the first
    texts = chain([first], texts)
    while block := list(islice(texts, size)):
        yield block


def _limit_itself() -> None:
    """Bound memory and time where the system can (not on Windows)."""
    if sys.platform != "win32":
        import resource

        bounds = ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0))
        for limit, most in bounds:
            with suppress(ValueError, OSError):  # a limit this system lacks, or has set lower already
                resource.setrlimit(limit, (most, most))


def main(path: str) -> int:
    """Print the sheet to stdout; the exit code says whether it could be read."""
    _limit_itself()
    try:
        for block in row_blocks(path):
            print(json.dumps(block))
    except (CalamineError, OSError, ValueError, OverflowError):
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
