"""A provider's file again, as a workbook whose first columns name each row's faults and their repairs, to be corrected
and loaded as it is. Its own process (``python -m providers.uploads.repairing``), because it may read a workbook: its
job and the rows' faults on stdin (marshal), the workbook on stdout."""

from __future__ import annotations

import marshal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from consents import dates
from consents.dates import BadDate, Form
from providers.uploads.date_forms import plain, trimmed
from providers.uploads.files import file_header, sheets, workbooks
from providers.uploads.files.file_header import FIELDS, Layout
from providers.uploads.files.file_table import Table, open_tables
from providers.uploads.files.records import Record
from providers.uploads.pipeline import plain_layout
from web.iys_fields import Field

# Isolated, so that no module of the folder it is started in takes the place of ours.
_COMMAND = (sys.executable, "-I", "-m", "providers.uploads.repairing")
_MOST_ROWS = 1_000_000  # of one sheet; Excel has 48,576 more
_DATE = FIELDS.index(Field.DATE)

RowFault = tuple[int, str, str]
"""The row, from 1 after the header and on over the sheets; what is wrong; what to do."""


class RepairJob(NamedTuple):
    """``name``: the owner's name of the file; ``form``: as the owner chose to read dates, None where they need no
    choice; ``matched``: the fields of the Layout; ``heads``: the two columns of faults; ``title``: of an only sheet."""

    path: str
    name: str
    form: str | None
    matched: tuple[Any, ...]
    heads: tuple[str, str]
    title: str


class NotRepaired(RuntimeError):
    """The file could not be read again."""


def repaired(
    path: Path,
    name: str,
    form: str | None,
    layout: Layout,
    faults: Iterable[Sequence[RowFault]],
    language: str,
    title: str,
) -> bytes:
    """The workbook; blocking. ``faults``: in the order of the rows. Errors: NotRepaired."""
    job = RepairJob(
        str(path.absolute()),
        name,
        form,
        plain_layout(layout),
        file_header.REPAIRS.get(language, file_header.REPAIRS["en"]),
        title,
    )
    process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = threading.Thread(target=_feed, args=(process.stdin, job, faults), name="izin-repairs")
    with process:
        feeding.start()
        content = process.stdout.read()
        feeding.join()
    if process.returncode:
        raise NotRepaired(f"ended with {process.returncode}")
    return content


def _feed(stdin: IO[bytes], job: RepairJob, faults: Iterable[Sequence[RowFault]]) -> None:
    with suppress(BrokenPipeError), stdin:
        marshal.dump(tuple(job), stdin)
        for some in faults:
            marshal.dump(list(some), stdin)
        marshal.dump(None, stdin)


def main() -> None:
    sheets.bound()
    job = RepairJob(*marshal.load(sys.stdin.buffer))  # noqa: S302 - from our own parent
    workbooks.write(sys.stdout.buffer, _sheets(job, _faults(sys.stdin.buffer)), filtered=True)


def _faults(stdin: BinaryIO) -> Iterator[RowFault]:
    while some := marshal.load(stdin):  # noqa: S302 - from our own parent
        yield from some


def _sheets(job: RepairJob, faults: Iterator[RowFault]) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Each sheet of the file, its title and its rows, the header first."""
    following = _Following(faults)
    before = 0
    for table in open_tables(Path(job.path), job.name, Layout(*job.matched)):
        columns = _Columns(job, table)
        rows = columns.rows(before, following)
        for number, some in enumerate(_parts(rows), 1):
            title = table.sheet or job.title
            yield title if number == 1 else f"{title} {number}", chain([columns.header], some)
        before += columns.seen


def _parts(rows: Iterator[list[str]]) -> Iterator[Iterator[list[str]]]:
    """The rows in parts that fit into a sheet; take each before the next."""
    while (first := next(rows, None)) is not None:
        part = _Part(first, rows)
        yield iter(part)


class _Part:
    def __init__(self, first: list[str], rows: Iterator[list[str]]) -> None:
        self._first, self._rows = first, rows

    def __iter__(self) -> Iterator[list[str]]:
        yield self._first
        for _ in range(_MOST_ROWS - 1):
            if (row := next(self._rows, None)) is None:
                return
            yield row


class _Following:
    """Hands out the faults of rising rows."""

    def __init__(self, faults: Iterator[RowFault]) -> None:
        self._faults = faults
        self._next = next(faults, None)

    def of(self, number: int) -> tuple[str, str]:
        """What is wrong with a row and what to do, a line a fault; empty where nothing is."""
        wrong, todo = list[str](), list[str]()
        while self._next is not None and self._next[0] <= number:
            row, fault, repair = self._next
            if row == number:
                wrong.append(fault)
                todo += [repair] if repair else []
            self._next = next(self._faults, None)
        return "\n".join(wrong), "\n".join(dict.fromkeys(todo))


class _Columns:
    """The columns of one table: the two of faults, those that hold for all rows, and its own without earlier
    faults'."""

    def __init__(self, job: RepairJob, table: Table) -> None:
        self._table, self._width = table, table.columns.width
        self._form = Form(job.form) if job.form else None
        layout, names = Layout(*job.matched), table.columns.names
        known = file_header.fields_of(list(names), layout)
        added = [field for field in FIELDS if field in layout.values and field not in known]
        self._added = [layout.values[field] for field in added]
        own = {file_header.folded(name) for heads in file_header.REPAIRS.values() for name in heads}
        self._kept = [place for place, name in enumerate(names) if file_header.folded(name) not in own]
        self.header = [*job.heads, *map(file_header.template_name, added), *(names[place] for place in self._kept)]
        self.seen = 0

    def rows(self, before: int, following: _Following) -> Iterator[list[str]]:
        """``before``: how many records the tables before it had."""
        for block in self._table.blocks:
            for record in block:
                self.seen += 1
                yield [*following.of(before + self.seen), *self._added, *self._cells(record)]

    def _cells(self, record: Record) -> list[str]:
        if len(record) != self._width:
            return list(record)
        if self._form and (place := self._table.columns.places[_DATE]) < self._width:
            record = list(record)
            record[place] = _with_one_reading(record[place], self._form)
        return [record[place] for place in self._kept]


def _with_one_reading(cell: str, form: Form) -> str:
    """A date as the owner chose to read it, in İYS's form, so that nobody has to ask again."""
    with suppress(BadDate):
        return dates.wire(dates.parse(plain(trimmed(cell), form), form))
    return cell


if __name__ == "__main__":
    main()
