"""Detects how a file writes its dates, from all its rows: İYS's template writes 05.01.15 for 1 May, a Turkish
spreadsheet for 5 January. An ambiguous file is refused, and its owner is asked. Cells are cleaned of traces of
spreadsheets and editors, in linear steps: a backtracking expression would take half a minute for 40,000 blanks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from consents import dates
from consents.dates import Form
from consents.languages import Sentence
from providers.uploads.files.file_header import FIELDS
from providers.uploads.files.file_table import open_tables
from providers.uploads.files.row_refusals import BadFile, shown
from web.iys_fields import Field

_DATE = FIELDS.index(Field.DATE)
LONGEST_CELL = 4096  # characters a cell may have (security note D4)
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff"
_LAST_SPACE = 0x3000  # of Unicode, the ideographic one: to look at all its signs takes each process 27 ms
_AROUND = "".join(filter(str.isspace, map(chr, range(_LAST_SPACE + 1)))) + _INVISIBLE
# Dotted and dotless I, and the dot that some programs leave apart when they write İ in small letters.
_EVERY_I = str.maketrans({"İ": "I", "ı": "i", "\u0307": None})
_SPELT = {"E-POSTA": "EPOSTA"}  # as the language's own spelling has it
_UNDECODABLE = re.compile("[\ud800-\udfff\ufffd]")


class _Seen(NamedTuple):
    row: str  # as a spreadsheet numbers it, with its sheet where there are several
    text: str


def detect_form(path: Path, name: str | None = None) -> Form:
    """The one form that fits every date; IYS where all are in İYS's form, or none is a date at all. Errors: BadFile
    “dates” where two forms fit all, or none does; also as ``open_tables``."""
    evidence = _Evidence()
    for table in open_tables(path, name):
        place, width = table.columns.places[_DATE], table.columns.width
        sheet = f" ({table.sheet})" if table.sheet else ""
        before = table.header
        for block in table.blocks:
            for number, record in enumerate(block, before + 1):
                if len(record) == width:
                    text = record[place]
                    if text[4:5] != "-":  # İYS's form proves nothing about the others
                        evidence.add(f"{number}{sheet}", text)
            before += len(block)
    return evidence.form()


class _Evidence:
    """The first date that fits one form only, for either form, and the first that fits both."""

    def __init__(self) -> None:
        self._only: dict[Form, _Seen] = {}
        self._both: _Seen | None = None

    def add(self, number: str, cell: str) -> None:
        """Errors: BadFile when a cell contradicts an earlier one."""
        text = trimmed(cell)
        forms = dates.readings(text) - {Form.IYS}
        if len(forms) == 1:
            self._only.setdefault(next(iter(forms)), _Seen(number, text))
            if len(self._only) > 1:
                raise _contradiction(self._only[Form.TR], self._only[Form.US])
        elif forms and self._both is None:
            self._both = _Seen(number, text)

    def form(self) -> Form:
        """Errors: BadFile when two readings remain."""
        if self._both and not self._only:
            raise _ambiguity(self._both)
        return next(iter(self._only), Form.IYS)


def _ambiguity(seen: _Seen) -> BadFile:
    text = shown(seen.text)
    tr, us = (dates.wire(dates.parse(seen.text, form))[:10] for form in (Form.TR, Form.US))
    return BadFile(
        "dates",
        Sentence(
            "Tarihler iki türlü okunabiliyor. Satır {row}, «{text}»: önce gün yazıldıysa {tr} (tr), önce ay yazıldıysa "
            "{us} (us). Dosyadaki biçimi seçin (komut satırında --dates tr, us ya da iys).",
            {"row": seen.row, "text": text, "tr": tr, "us": us},
        ),
    )


def _contradiction(day_first: _Seen, month_first: _Seen) -> BadFile:
    tr, us = shown(day_first.text), shown(month_first.text)
    return BadFile(
        "dates",
        Sentence(
            "Tarihler tek biçimde yazılmamış. Satır {row}, «{day}»: önce gün. Satır {other}, «{month}»: önce ay. "
            "Tarihleri tek biçime getirip dosyayı yeniden yükleyin.",
            {"row": day_first.row, "day": tr, "other": month_first.row, "month": us},
        ),
    )


def trimmed(cell: str) -> str:
    """Without surrounding spaces of any kind, byte order marks and invisible signs, and without Excel's apostrophe for
    text."""
    text = cell.strip(_AROUND)
    return text[1:].lstrip(_AROUND) if text.startswith("'") else text


def closed_word(cell: str) -> str:
    """A word of a closed list in capitals, whichever I a Turkish keyboard or spreadsheet has made of it: BİREYSEL,
    bıreysel. Other letters stay."""
    text = trimmed(cell).translate(_EVERY_I)
    return _SPELT.get(word := text.upper(), word) if text.isascii() else text


def cell_fault(cell: str) -> str | None:
    """“encoding” for bytes that are no text, “long” above 4 KiB, else None."""
    if len(cell) > LONGEST_CELL:
        return "long"
    return "encoding" if _UNDECODABLE.search(cell) else None
