"""Reads the addresses of somebody's list: pasted lines, CSV or workbook, in whatever columns they stand; or a small
table whole. A process of its own (``python -m providers.uploads.address_lists``) reads it, because a workbook may ask
for any amount of memory (``sheets``); it holds the file in memory alone and has no key.
"""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from consents.channels import reaching
from consents.languages import Sentence
from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.terms import Channel
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
_TEXT = 8_000_000  # characters of a table: so many come back from the process
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


class ReadTable(NamedTuple):
    """``title``: a sheet's, "" of an only one; ``delimiter``: of a text, "" of a workbook; ``columns``: by
    channel the column with most addresses of it, if any."""

    title: str
    delimiter: str
    rows: list[list[str]]
    columns: Mapping[str, int]


def read(parts: Sequence[tuple[str, bytes]]) -> list[ListedAddress]:
    """The addresses of these files (name, content), in order; blocking. Errors: BadFile, Busy."""
    return [ListedAddress(*one) for one in _read_apart("list", parts)]


def read_tables(name: str, content: bytes) -> list[ReadTable]:
    """The tables of a file, a visible sheet each, of at most ``MOST`` filled rows; blocking. Errors: BadFile, Busy."""
    return [ReadTable(*one) for one in _read_apart("tables", [(name, content)])]


def _read_apart(kind: str, parts: Sequence[tuple[str, bytes]]) -> list[Any]:
    if not _turns.acquire(blocking=False):
        raise Busy
    try:
        done = subprocess.run(_COMMAND, input=marshal.dumps((kind, list(parts))), capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own
    except subprocess.TimeoutExpired:
        raise BadFile("too_large", _TOO_LARGE) from None
    finally:
        _turns.release()
    if done.returncode:  # the bounds ended it
        raise BadFile("too_large", _TOO_LARGE)
    answered, content = marshal.loads(done.stdout)  # noqa: S302 - from our own child
    if answered == "bad":
        reason, sentence, values = content
        raise BadFile(reason, Sentence(sentence, values))
    found: list[Any] = content
    return found


def main() -> None:
    sheets.bound(_MEMORY, _SECONDS)
    kind, parts = marshal.load(sys.stdin.buffer)  # noqa: S302 - from our own parent
    answer: tuple[str, Any]
    reading: Callable[[str, bytes], Sequence[tuple[Any, ...]]] = _tables if kind == "tables" else _addresses
    try:
        found = [one for name, content in parts for one in reading(name, content)]
        if kind == "list" and len(found) > MOST:
            raise BadFile("too_large", LONG)
        answer = ("found", [tuple(one) for one in found])
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
        found += of_row if begun else filter(is_mistyped, of_row)
    return found


def is_mistyped(one: ListedAddress) -> bool:
    """Whether a cell is rather an address with a fault than a title or the name of a column."""
    return "@" in one.typed or (sum(map(str.isdecimal, one.typed)) > 4 and not any(map(str.isalpha, one.typed)))


def _tables(name: str, content: bytes) -> list[ReadTable]:
    found, filled, length = list[ReadTable](), 0, 0
    for title, delimiter, rows in _parts(name, content):
        filled += sum(any(map(str.strip, row)) for row in rows)
        length += sum(len(cell) for row in rows for cell in row)
        if filled > MOST:
            raise BadFile("too_large", LONG)
        if length > _TEXT:
            raise BadFile("too_large", _TOO_LARGE)
        if rows:
            found.append(ReadTable(title, delimiter, rows, _columns(rows)))
    return found


def _columns(rows: list[list[str]]) -> dict[str, int]:
    counts = {channel: Counter[int]() for channel in Channel}
    for column in range(min(max(map(len, rows)), MOST_COLUMNS)):
        filled = (cells[column] for cells in rows if column < len(cells) and cells[column].strip())
        for cell in islice(filled, _SAMPLE):
            with suppress(BadAddress):
                for channel in reaching(recipients.parse(date_forms.trimmed(cell))):
                    counts[channel][column] += 1
    return {str(one): max(count, key=lambda at: (count[at], -at)) for one, count in counts.items() if count}


def _rows(name: str, content: bytes) -> list[list[str]]:
    return [row for _, _, rows in _parts(name, content) for row in rows]


def _parts(name: str, content: bytes) -> list[tuple[str, str, list[list[str]]]]:
    """(sheet, delimiter, rows) of a text or of each visible sheet, up to ``_ROWS`` together."""
    found, left = list[tuple[str, str, list[list[str]]]](), _ROWS
    with _opened(content) as path:
        kind = sniff.kind(path, name)
        read = _sheets(path) if kind.encoding is None else _text(path, kind.encoding)
        for title, delimiter, blocks in read:
            rows = list(islice(chain.from_iterable(blocks), left + 1))
            left -= len(rows)
            if left < 0:
                raise BadFile("too_large", LONG)
            found.append((title, delimiter, rows))
    return found


def _sheets(path: Path) -> Iterator[tuple[str, str, Iterable[Iterable[list[str]]]]]:
    for sheet in sheets.every_sheet(path):
        if not sheet.hidden:
            yield sheet.name, "", sheet.blocks


def _text(path: Path, encoding: str) -> Iterator[tuple[str, str, Iterable[Iterable[list[str]]]]]:
    blocks = records.line_blocks(path, encoding)
    first = next(blocks, [])
    sample = [line for line in first if line.strip()][:_HEAD]
    delimiter = max(_DELIMITERS, key=lambda one: sum(line.count(one) for line in sample))
    width = max((line.count(delimiter) + 1 for line in sample), default=1)
    yield "", delimiter, records.records(chain([first], blocks), delimiter, width)


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
