"""Reads rows of a file as cases: plain ones by a table of spellings, the rest by the judge; every faulty field gets its
own line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consents.languages import Sentence
from consents.people import recipients
from consents.terms import Identity
from providers.cases import judge as judging
from providers.cases.case import Case, Flaw, Frame, Unreadable
from providers.cases.meanings import CHANNELS, MEANINGS, Meaning
from providers.disputes import evidence_fields
from providers.disputes.evidence_fields import BadEvidence
from providers.uploads import date_forms
from providers.uploads.files.file_header import FIELDS
from providers.uploads.files.row_refusals import RowRefusal, shown
from web.codes import SENTENCES, of_file
from web.iys_fields import Field

Row = tuple[int, str, int, int, int, int | None, int, int | None]
"""An accepted row: number, address, codes of channel, identity, status and source, decided_at µs (0: undated), and
dealer id."""

_WORDS = (Field.TYPE, Field.SOURCE, Field.STATUS, Field.IDENTITY)  # fields whose spelling is evened out
_MOST_KEPT = 4096
_LONGEST_KEPT = 256  # characters of the four cells together


class Spellings(dict[tuple[str, ...], Meaning]):
    """The meaning of rows by their raw cells of type, source, status and recipientType, cached. Errors: LookupError for
    a missing, unknown or unfit word."""

    def __missing__(self, raw: tuple[str, ...]) -> Meaning:
        type_, source, status, identity = map(date_forms.closed_word, raw, _WORDS)
        meaning = MEANINGS[type_, source, status, identity or Identity.BIREYSEL]
        if len(self) < _MOST_KEPT and sum(map(len, raw)) <= _LONGEST_KEPT:  # memory stays flat whatever comes
            self[raw] = meaning
        return meaning


class EvidenceCells:
    """Reads the evidence of rows; of equal cells once, because a file has few wordings."""

    def __init__(self, places: Sequence[tuple[str, int]]) -> None:
        """``places``: of ``Columns.evidence``."""
        self._places = places
        self._known: dict[tuple[str, ...], str] = {}

    def any(self, record: Sequence[str]) -> bool:
        return any(map(date_forms.trimmed, self._cells(record)))

    def text(self, record: Sequence[str], field: str) -> str:
        return record[dict(self._places)[field]]

    def read(self, record: Sequence[str]) -> str:
        """As ``evidence_fields.written``, "" where all cells are empty. Errors: BadEvidence."""
        cells = self._cells(record)
        if (known := self._known.get(cells)) is not None:
            return known
        given = {}
        for (field, _), cell in zip(self._places, cells, strict=True):
            given[field] = date_forms.trimmed(cell)
            if date_forms.cell_fault(cell) is not None:
                raise BadEvidence(field)
        written = evidence_fields.written(evidence_fields.read(given)) if any(given.values()) else ""
        if len(self._known) < _MOST_KEPT:
            self._known[cells] = written
        return written

    def _cells(self, record: Sequence[str]) -> tuple[str, ...]:
        return tuple(record[place] for _, place in self._places)


class RowVerdict(NamedTuple):
    """``row`` is None where ``refusals`` explain why; ``warnings``: keys of WARNING; ``channel``: by code,
    None where unknown."""

    row: Row | None
    refusals: list[RowRefusal]
    warnings: list[str]
    channel: int | None = None


def judge(frame: Frame, number: int, line: tuple[int, str], picked: tuple[str, ...]) -> RowVerdict:
    """The verdict on row ``number``, one cell for each of FIELDS; ``line``: line and sheet of RowRefusal."""
    texts = dict(zip(FIELDS, map(date_forms.trimmed, picked), strict=True))
    item, flaws, notes = judging.judge(_case(texts, frame), frame)
    if item is None:
        flaws.sort(key=lambda flaw: FIELDS.index(flaw.field))
        channel = CHANNELS.get(date_forms.closed_word(texts[Field.TYPE], Field.TYPE))
        refusals = [_refusal(number, line, flaw, texts[flaw.field]) for flaw in flaws]
        return RowVerdict(None, refusals, [], channel.code if channel else None)
    return RowVerdict((number, *item[:7]), [], notes)


def _case(texts: dict[str, str], frame: Frame) -> Case:
    """An empty cell gives nothing; a word of a closed list may be written in small letters."""
    return {field: _value(field, text, frame) for field, text in texts.items() if text}


def _value(field: str, text: str, frame: Frame) -> str | Unreadable:
    if fault := date_forms.cell_fault(text):
        return Unreadable(fault)
    if field == Field.DATE:
        return date_forms.plain(text, frame.form)
    return date_forms.closed_word(text, field) if field in _WORDS else text


def _refusal(number: int, line: tuple[int, str], flaw: Flaw, text: str) -> RowRefusal:
    code, sentence = _worded(flaw, text)
    return RowRefusal(number, flaw.field, code, sentence.text(), shown(text), *line)


def bad_evidence(number: int, line: tuple[int, str], field: str, text: str) -> RowRefusal:
    return RowRefusal(number, field, "Z430", EVIDENCE[field].text(), shown(text), *line)


def _worded(flaw: Flaw, text: str) -> tuple[str, Sentence]:
    """The code and sentence of a flaw: files have one code for all bad numbers, with the reason in the text."""
    code, mail = flaw.code, "@" in text[1:]
    if code in ROW:
        return code, ROW[code]
    if code == "H120":
        return code, EMAIL["phone" if recipients.found(recipients.phone, text) else flaw.reason]
    if code in ("H121", "H160") or (code == "H122" and any(map(str.isdecimal, text))):
        return "H121", PHONE["email" if mail else flaw.reason]
    return code, SENTENCES[code]


ROW = of_file("row")  # faults of the row, by our own codes
PHONE = of_file("phone")  # what is wrong with a number (İYS H121), by BadAddress.reason and two reasons of files
EMAIL = of_file("email")  # with an e-mail address (İYS H120), by BadAddress.reason and one reason of files
EVIDENCE = of_file("evidence")  # what is wrong with evidence (Z430), by its field
WARNING = of_file("warning")  # what is worth knowing though no row is refused: the keys of Chunk.warnings
BRAND_KEY = "brand:"  # the keys of rows of the owner's other brands begin so, by their number
UNREAD = "sheet-"  # the keys of a workbook's sheets that were not read begin so


def warning(key: str) -> Sentence:
    """A key “KIND:NAME” names the column or sheet. Errors: KeyError."""
    kind, _, name = key.partition(":")
    return WARNING[kind]._replace(before=f"{name}: " if name else "")


def unread_sheets(warnings: Mapping[str, int]) -> list[dict[str, str | int]]:
    """The unread sheets of a workbook: their names, how many rows each has, and why, in a word."""
    found = ((key.partition(":"), rows) for key, rows in sorted(warnings.items()) if key.startswith(UNREAD))
    return [{"sheet": key[2], "rows": rows, "why": key[0].removeprefix(UNREAD)} for key, rows in found]
