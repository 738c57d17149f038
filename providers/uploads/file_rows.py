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
from consents.rules import ONAY
from providers.cases.case import DAWN, Frame
from providers.disputes.evidence_fields import BadEvidence
from providers.uploads import row_verdicts
from providers.uploads.date_forms import detect_form, trimmed
from providers.uploads.files.file_header import AS_NAMED, Layout, folded
from providers.uploads.files.file_table import Table, empty, open_tables
from providers.uploads.files.records import Record, TornLine
from providers.uploads.files.row_refusals import BadFile, RowRefusal, shown
from providers.uploads.row_verdicts import BRAND_KEY, EvidenceCells, Row, Spellings, judge
from web.iys_fields import BRAND

_CHUNK = 2_000
_MOST_BRANDS, LONGEST_BRAND = 4096, 255  # spellings of brands in memory, characters of one
HOPELESS = 100_000  # rows in a row, none of which can be taken, after which the rest is not read


class Chunk(NamedTuple):
    """Some rows of a file. ``seen``: its rows that are not blank; those not in ``rows`` have RowRefusals; ``warnings``:
    by key of ``warning``; ``codes``: refused rows by code and channel (None: unknown). A spreadsheet shows
    row N at N + ``header`` of ``sheet``. ``evidence``: by a row's number, as ``evidence_fields.written``."""

    rows: list[Row]
    refusals: list[RowRefusal]
    warnings: Counter[str]
    seen: int
    codes: Counter[tuple[str, int | None]]
    header: int
    sheet: str
    evidence: Mapping[int, str] = {}


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
    total = before = refused = elsewhere = 0
    for table in open_tables(path, name, layout):
        reading = _Reading(table, before, frame, layout)
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
        before, elsewhere = reading.number, elsewhere + reading.elsewhere
    if not total + elsewhere:
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

    def __init__(self, table: Table, before: int, frame: Frame, layout: Layout = AS_NAMED) -> None:
        """``before``: how many records the tables before it had."""
        columns = table.columns
        recipient, type_, source, status, identity, date, dealer = columns.places
        self._width, self._header, self._frame = columns.width, table.header - before, frame
        self._tail = columns.tail
        self._sheet = table.sheet
        self._evidence = EvidenceCells(columns.evidence) if columns.evidence else None
        self._all = itemgetter(*columns.places)
        self._words = itemgetter(type_, source, status, identity)
        self._rest = itemgetter(recipient, date, dealer)
        self._meanings = Spellings()
        self._instant = iys if frame.form is Form.IYS else partial(parse, form=frame.form)
        self._dealers: dict[str, int | None] = {**frame.dealers, "": None}
        self.number = before
        self.elsewhere = 0  # rows of the owner's other brands
        self._brand, self._layout = columns.brand, layout
        self._brands: dict[str, int | None] = {"": None if layout.rest else layout.own}

    def chunk(self, block: list[Record]) -> Chunk:
        """The next records. This loop is the importer's speed: a plainly good row costs about 2 µs."""
        chunk = Chunk([], [], Counter(), len(block), Counter(), self._header, self._sheet)
        width, meanings, words, rest, instant = self._width, self._meanings, self._words, self._rest, self._instant
        dealers, accept, now, tail = self._dealers, chunk.rows.append, self._frame.now, self._tail
        blank = self._not_of_brand(block, chunk) if self._brand is not None else 0
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
        if self._evidence is not None:
            chunk = self._with_evidence(self._evidence, block, chunk)
        self.number += len(block)
        return chunk._replace(seen=len(block) - blank)

    def _with_evidence(self, cells: EvidenceCells, block: list[Record], chunk: Chunk) -> Chunk:
        """A row whose evidence does not fit is refused, unless it is a RET, of which none is kept (rule L3)."""
        evidence: dict[int, str] = {}
        rows: list[Row] = []
        for row in chunk.rows:
            number, _, channel, _, status, *_ = row
            record = block[number - self.number - 1]
            if status != ONAY:
                if cells.any(record):
                    chunk.warnings["evidence-ret"] += 1
                rows.append(row)
                continue
            try:
                if written := cells.read(record):
                    evidence[number] = written
                rows.append(row)
            except BadEvidence as bad:
                line = number + self._header, self._sheet
                refusal = row_verdicts.bad_evidence(number, line, bad.field, cells.text(record, bad.field))
                chunk.refusals.append(refusal)
                chunk.codes[refusal.code, channel] += 1
        chunk.refusals.sort(key=itemgetter(0))
        return chunk._replace(rows=rows, evidence=evidence)

    def _not_of_brand(self, block: list[Record], chunk: Chunk) -> int:
        """Blanks the rows of other brands, which the chunk's warnings count, and refuses those of unknown ones; returns
        minus the number of these, which are seen though they are blank."""
        unknown = 0
        for place, record in enumerate(block):
            if self._brand is None or len(record) != self._width:
                continue
            text = trimmed(record[self._brand])
            brand = self._brands[text] if text in self._brands else self._brand_of(text)
            if brand == self._layout.own:
                continue
            block[place] = [""] * self._width
            if brand is not None:
                chunk.warnings[f"{BRAND_KEY}{brand}"] += 1
                self.elsewhere += 1
            elif self._layout.rest:
                self.elsewhere += 1
            else:
                self._refuse(self.number + 1 + place, BRAND, "brand", text, chunk)
                unknown += 1
        return -unknown

    def _brand_of(self, text: str) -> int | None:
        brand = self._layout.brands.get(folded(text))
        if len(self._brands) < _MOST_BRANDS and len(text) <= LONGEST_BRAND:
            self._brands[text] = brand
        return brand

    def _refuse(self, number: int, field: str, code: str, value: str, chunk: Chunk) -> None:
        chunk.codes[code, None] += 1
        message, line = row_verdicts.ROW[code].text(), number + self._header
        chunk.refusals.append(RowRefusal(number, field, code, message, shown(value), line, self._sheet))

    def _misfit(self, number: int, record: Record, chunk: Chunk) -> bool:
        """Refuses a record of another width than the header; True if it is blank and was skipped."""
        if not any(map(trimmed, record)):
            return True
        code = "quote" if isinstance(record, TornLine) else "columns"
        self._refuse(number, "", code, " | ".join(record), chunk)
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
