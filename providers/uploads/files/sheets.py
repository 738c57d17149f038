"""The sheets of an XLSX workbook, in blocks of records. Only a process limited by ``bound``
(providers/uploads/reading.py) reads one: a sheet of 5 KB with a cell in the last corner makes the library ask for
hundreds of gigabytes and abort the process."""

from __future__ import annotations

import datetime as dt
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence
from providers.uploads.files.row_refusals import BadFile, shown

_UNPACKED = 1 << 30  # bytes an archive may declare: a full sheet of seven columns unpacks to about 600 MB
# How many times its packed size a part may unpack to, from this size on: rows that are much alike come to thirty, one
# giant text in a cell to a thousand.
_RATIO, _LARGE = 200, 32 << 20
_MEMBERS = 2_000
_ROWS, _CELLS = 2_000, 131_072  # at most, in a block
# Characters a cell may have. A longer one is cut, because a workbook keeps a text once and may show it in a million
# cells; the mark at its end keeps it too long.
_LONGEST = 4_096
_MEMORY = 3 << 29  # bytes of address space: a full sheet (1,048,576 rows) of seven columns needs about 0.8 GiB
_SECONDS = 600  # of the processor
_LARGEST_EXACT = 1e15  # above it a double no longer holds every integer


def bound(memory: int = _MEMORY, seconds: int = _SECONDS) -> None:
    """Bounds the memory (bytes) and processor time of this process for good, where the system can (not on Windows)."""
    if sys.platform != "win32":
        import resource

        bounds = ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0))
        for limit, most in bounds:
            with suppress(ValueError, OSError):  # a limit this system lacks, or has set lower already
                resource.setrlimit(limit, (most, most))


class Sheet(NamedTuple):
    """``name``: empty of an only sheet; ``blocks``: at most 2,000 rows and fewer of wide ones, all of the same
    width."""

    name: str
    hidden: bool
    blocks: Iterator[list[list[str]]]


def every_sheet(path: Path) -> Iterator[Sheet]:
    """Take the blocks of one before the next sheet: a workbook is held one sheet at a time. Errors: BadFile: too large,
    or not readable; exceeding the bounds may also end the process."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    _refuse_bomb(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            found = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
            if all(meta.visible != SheetVisibleEnum.Visible for meta in found):
                raise _unreadable()
            for meta in found:
                name = shown(meta.name) if len(found) > 1 else ""
                rows = book.get_sheet_by_name(meta.name).iter_rows()
                yield Sheet(name, meta.visible != SheetVisibleEnum.Visible, _blocks(rows))
    except MemoryError:
        raise too_large() from None
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise _unreadable() from error


def cell_text(value: object) -> str:
    """The cell as in a CSV: whole numbers without «.0», moments in İYS form, to the nearest second."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else _cut(value.strip())
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return (value + dt.timedelta(microseconds=500_000)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    return str(value)


def too_large() -> BadFile:
    """The workbook needs more memory or time than a reading may have."""
    return BadFile(
        "too_large",
        Sentence(
            "Çalışma kitabı çok büyük. İzinlerin olduğu sayfayı «CSV UTF-8» olarak kaydedip onu yükleyin.",
        ),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _blocks(rows: Iterable[Sequence[object]]) -> Iterator[list[list[str]]]:
    texts: Iterator[list[str]] = ([cell_text(value) for value in row] for row in rows)
    first = next(texts, None)
    if first is None:
        return
    size = max(1, min(_ROWS, _CELLS // max(1, len(first))))  # all rows are as wide as the first
    texts = chain([first], texts)
    while block := list(islice(texts, size)):
        yield block


def _refuse_bomb(path: Path) -> None:
    """Refuses by the archive's declared sizes, before unpacking; hidden ones meet the process's bounds."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise _unreadable() from error
    swollen = any(one.file_size > max(_LARGE, _RATIO * one.compress_size) for one in members)
    if swollen or len(members) > _MEMBERS or sum(member.file_size for member in members) > _UNPACKED:
        raise too_large()


def _unreadable() -> BadFile:
    return BadFile(
        "not_csv",
        Sentence(
            "Çalışma kitabı okunamadı ya da görünür sayfası yok. Excel'de açıp yeniden kaydedin.",
        ),
    )
