"""Reads the addresses of somebody's list: pasted lines, CSV or workbook, in whatever columns they stand. A process of
its own (``python -m providers.uploads.address_lists``) reads it, because a workbook may ask for any amount of memory
(``sheets``); it holds the file in memory alone and has no key."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from consents.languages import Sentence
from consents.people import recipients
from consents.people.recipients import BadAddress
from providers.uploads import date_forms
from providers.uploads.files import records, sheets, sniff
from providers.uploads.files.file_header import MOST_COLUMNS
from providers.uploads.files.row_refusals import BadFile, shown
from providers.uploads.row_verdicts import EMAIL, PHONE

MOST = 10_000  # lines with an address
_ROWS = 2 * MOST  # that are read; blank ones among them
_SAMPLE = 200  # filled cells of a column by which it is judged
_HEAD = 10  # rows that may stand above the first address: a title, names of columns
_DELIMITERS = ";,\t"
_SECONDS, _MEMORY = 20, 3 << 28  # of a reading; bytes of address space
_AT_ONCE = 2  # readings of this process
_COMMAND = (sys.executable, "-I", "-m", "providers.uploads.address_lists")
_turns = threading.BoundedSemaphore(_AT_ONCE)

LONG = Sentence("Listede en çok {most} satır olabilir. Listeyi bölün.", {"most": MOST})
_NONE = Sentence("Listede okunabilen bir numara ya da e-posta yok.")
_TOO_LARGE = Sentence("Bu dosya okunamadı: çok büyük. Yalnız numaraların olduğu sütunu yeni bir dosyaya kopyalayın.")


class Busy(Exception):
    """As many lists as may be are being read."""


class ListedAddress(NamedTuple):
    """``typed``: the cell; ``address``: canonical, "" where it is none, because of ``fault``: a reason of
    ``BadAddress``."""

    typed: str
    address: str
    fault: str = ""


def read(parts: Sequence[tuple[str, bytes]]) -> list[ListedAddress]:
    """The addresses of these files (name, content), in order; blocking. Errors: BadFile, Busy."""
    if not _turns.acquire(blocking=False):
        raise Busy
    try:
        done = subprocess.run(_COMMAND, input=marshal.dumps(list(parts)), capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own
    except subprocess.TimeoutExpired:
        raise BadFile("too_large", _TOO_LARGE) from None
    finally:
        _turns.release()
    if done.returncode:  # the bounds ended it
        raise BadFile("too_large", _TOO_LARGE)
    kind, content = marshal.loads(done.stdout)  # noqa: S302 - from our own child
    if kind == "bad":
        reason, sentence, values = content
        raise BadFile(reason, Sentence(sentence, values))
    return [ListedAddress(*one) for one in content]


def main() -> None:
    sheets.bound(_MEMORY, _SECONDS)
    parts = marshal.load(sys.stdin.buffer)  # noqa: S302 - from our own parent
    answer: tuple[str, Any]
    try:
        found = [one for name, content in parts for one in _addresses(name, content)]
        if len(found) > MOST:
            raise BadFile("too_large", LONG)
        answer = ("list", [tuple(one) for one in found])
    except BadFile as fault:
        answer = ("bad", (fault.reason, fault.sentence.marked, dict(fault.sentence.values)))
    except MemoryError:
        answer = ("bad", ("too_large", _TOO_LARGE.marked, {}))
    marshal.dump(answer, sys.stdout.buffer)


def _addresses(name: str, content: bytes) -> list[ListedAddress]:
    rows = _rows(name, content)
    if len(rows) == 1:  # pasted with commas
        rows = [[cell] for cell in rows[0]]
    width = min(max(map(len, rows), default=0), MOST_COLUMNS)
    chosen = [column for column in range(width) if _holds_addresses(rows, column)]
    if not chosen:
        raise BadFile("no_rows", _why_none(rows))
    found, begun = list[ListedAddress](), False
    for place, cells in enumerate(rows):
        of_row = [_read(cells[column]) for column in chosen if column < len(cells) and cells[column].strip()]
        begun = begun or place >= _HEAD or any(one.address for one in of_row)
        found += of_row if begun else filter(_is_mistyped, of_row)
    return found


def _is_mistyped(one: ListedAddress) -> bool:
    # Rather than a title or the name of a column.
    return "@" in one.typed or (sum(map(str.isdecimal, one.typed)) > 4 and not any(map(str.isalpha, one.typed)))


def _rows(name: str, content: bytes) -> list[list[str]]:
    with _opened(content) as path:
        kind = sniff.kind(path, name)
        blocks = _sheet_blocks(path) if kind.encoding is None else _text_blocks(path, kind.encoding)
        rows = list(islice(chain.from_iterable(blocks), _ROWS + 1))
    if len(rows) > _ROWS:
        raise BadFile("too_large", LONG)
    return rows


def _sheet_blocks(path: Path) -> Iterator[Iterable[list[str]]]:
    """Of every visible sheet."""
    for sheet in sheets.every_sheet(path):
        if not sheet.hidden:
            yield from sheet.blocks


def _text_blocks(path: Path, encoding: str) -> Iterator[Iterable[list[str]]]:
    blocks = records.line_blocks(path, encoding)
    first = next(blocks, [])
    sample = [line for line in first if line.strip()][:_HEAD]
    delimiter = max(_DELIMITERS, key=lambda one: sum(line.count(one) for line in sample))
    width = max((line.count(delimiter) + 1 for line in sample), default=1)
    yield from records.records(chain([first], blocks), delimiter, width)


@contextmanager
def _opened(content: bytes) -> Iterator[Path]:
    """The content under a path, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("izin-list"), "wb") as plain:
            plain.write(content)
            plain.flush()
            yield Path(f"/proc/self/fd/{plain.fileno()}")
        return
    with tempfile.TemporaryDirectory(prefix="izin-list-") as folder:
        place = Path(folder) / "file"
        place.write_bytes(content)
        yield place


def _holds_addresses(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether at least half of the column's filled cells are addresses, the first rows aside."""
    filled = (cells[column] for cells in rows if column < len(cells) and cells[column].strip())
    read = [bool(_read(cell).address) for cell in islice(filled, _SAMPLE)]
    below = read[read.index(True) :] if True in read[: _HEAD + 1] else read
    return any(below) and sum(below) * 2 >= len(below)


def _read(cell: str) -> ListedAddress:
    typed = date_forms.trimmed(cell)
    try:
        return ListedAddress(shown(typed), recipients.parse(typed).address)
    except BadAddress as bad:
        return ListedAddress(shown(typed), "", bad.reason)


def sentence(one: ListedAddress) -> Sentence | None:
    """Why a cell is no address."""
    return (EMAIL if "@" in one.typed else PHONE).get(one.fault)


def _why_none(rows: Sequence[Sequence[str]]) -> Sentence:
    """The fault of most cells that look like a number, as where a spreadsheet has spoilt all of them."""
    cells = (_read(cell) for row in rows for cell in row if sum(map(str.isdecimal, cell)) > 3)
    reasons = Counter(one.fault for one in islice(cells, _SAMPLE) if one.fault in PHONE)
    return PHONE[reasons.most_common(1)[0][0]] if reasons else _NONE


if __name__ == "__main__":
    main()
