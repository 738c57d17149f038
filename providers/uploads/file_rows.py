"""Reads a provider's file row by row in flat memory, about 2,000 at a time: plainly good rows in one pass, the rest
with a verdict each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from consents.dates import Form, iys, parse
from consents.languages import Sentence
from providers.cases.case import DAWN, Frame
from providers.uploads import row_verdicts
from providers.uploads.date_forms import detect_form, trimmed
from providers.uploads.files.file_header import AS_NAMED, Layout
from providers.uploads.files.file_table import Table, empty, open_tables
from providers.uploads.files.records import Record, TornLine
from providers.uploads.files.row_refusals import BadFile, RowRefusal, shown
from providers.uploads.row_verdicts import Row, Spellings, judge

_CHUNK = 2_000
HOPELESS = 100_000  # rows in a row, none of which can be taken, after which the rest is not read


class Chunk(NamedTuple):
    """Some rows of a file. ``seen``: its rows that are not blank; those not in ``rows`` have RowRefusals; ``warnings``:
    by key of ``warning``; ``codes``: refused rows by code and channel (None: unknown). A spreadsheet shows
    row N at N + ``header`` of ``sheet``."""

    rows: list[Row]
    refusals: list[RowRefusal]
    warnings: Counter[str]
    seen: int
    codes: Counter[tuple[str, int | None]]
    header: int
    sheet: str


def read(
    path: Path,
    *,
    dates: Form | None = None,
    now: int,
    dealers: Mapping[str, int],
    name: str | None = None,
    layout: Layout = AS_NAMED,
) -> Iterator[Chunk]:
    """The validated rows in chunks of at most 2,000, numbered from 1 after the header. ``dates``: the form of dates,
    None: detect it; ``now``: µs; ``dealers``: ids by code; ``name``: the owner's name of the file, where ``path`` is a
    copy. Errors: BadFile before the first chunk, after blank rows only, or after ``HOPELESS`` refused ones; OSError."""
    form = dates or detect_form(path, name, layout)
    frame = Frame(now, dealers, form, code_kind=str)
    warnings: Counter[str] = Counter()
    total = before = refused = 0
    for table in open_tables(path, name, layout):
        reading = _Reading(table, before, frame)
        warnings.update(table.warnings)
        for block in table.blocks:
            for start in range(0, len(block), _CHUNK):
                chunk = reading.chunk(block[start : start + _CHUNK])
                chunk.warnings.update(warnings)
                warnings.clear()
                total += chunk.seen
                refused = 0 if chunk.rows else refused + chunk.seen
                yield chunk
                if refused >= HOPELESS:
                    raise _hopeless(refused)
        before = reading.number
    if not total:
        raise empty()
    if warnings:
        yield Chunk([], [], warnings, 0, Counter(), 0, "")


def _hopeless(rows: int) -> BadFile:
    return BadFile(
        "hopeless",
        Sentence(
            "Art arda {rows} satırın hiçbiri kabul edilemedi; dosyanın kalanı okunmadı. Bu dosya bir izin dosyasına "
            "benzemiyor: nedenlere bakıp ilk satırları düzeltin, sonra yeniden yükleyin.",
            {"rows": rows},
        ),
    )


class _Reading:
    """One table being read; row numbers continue over chunks and tables."""

    def __init__(self, table: Table, before: int, frame: Frame) -> None:
        """``before``: how many records the tables before it had."""
        columns = table.columns
        recipient, type_, source, status, identity, date, dealer = columns.places
        self._width, self._header, self._frame = columns.width, table.header - before, frame
        self._tail = columns.tail
        self._sheet = table.sheet
        self._all = itemgetter(*columns.places)
        self._words = itemgetter(type_, source, status, identity)
        self._rest = itemgetter(recipient, date, dealer)
        self._meanings = Spellings()
        self._instant = iys if frame.form is Form.IYS else partial(parse, form=frame.form)
        self._dealers: dict[str, int | None] = {**frame.dealers, "": None}
        self.number = before

    def chunk(self, block: list[Record]) -> Chunk:
        """The next records. This loop is the importer's speed: a plainly good row costs about 2 µs."""
        chunk = Chunk([], [], Counter(), len(block), Counter(), self._header, self._sheet)
        width, meanings, words, rest, instant = self._width, self._meanings, self._words, self._rest, self._instant
        dealers, accept, now, tail = self._dealers, chunk.rows.append, self._frame.now, self._tail
        blank = 0
        for number, record in enumerate(block, self.number + 1):
            if len(record) != width:
                blank += self._misfit(number, record, chunk)
                continue
            record += tail
            try:
                channel, identity, status, source, address_of, any_line, later, last = meanings[words(record)]
                text, date, dealer = rest(record)
                address, _, sms, assigned = address_of(text)
                at = instant(date, later=later)
                if DAWN <= at <= last and at <= now and assigned and (sms or any_line):
                    accept((number, address, channel, identity, status, source, at, dealers[dealer]))
                    continue
            except (LookupError, ValueError):  # a word, dealer, address or date that is not plainly good
                pass
            blank += self._look_again(number, record, chunk)
        self.number += len(block)
        return chunk._replace(seen=len(block) - blank)

    def _misfit(self, number: int, record: Record, chunk: Chunk) -> bool:
        """Refuses a record of another width than the header; True if it is blank and was skipped."""
        if not any(map(trimmed, record)):
            return True
        code = "quote" if isinstance(record, TornLine) else "columns"
        chunk.codes[code, None] += 1
        message, line = row_verdicts.ROW[code].text(), number + self._header
        chunk.refusals.append(RowRefusal(number, "", code, message, shown(" | ".join(record)), line, self._sheet))
        return False

    def _look_again(self, number: int, record: Record, chunk: Chunk) -> bool:
        """Judges a record that is not plainly good; True if it is blank and was skipped."""
        if not any(map(trimmed, record[: self._width])):
            return True
        verdict = judge(self._frame, number, (number + self._header, self._sheet), self._all(record))
        if verdict.row:
            chunk.rows.append(verdict.row)
        chunk.refusals.extend(verdict.refusals)
        chunk.warnings.update(verdict.warnings)
        chunk.codes.update((code, verdict.channel) for code in {refusal.code for refusal in verdict.refusals})
        return False
