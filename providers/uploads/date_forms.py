"""Detects how a file writes its dates, from all its rows: İYS's template writes 05.01.15 for 1 May, a Turkish
spreadsheet for 5 January. An ambiguous file is refused, and its owner is asked. Cells are cleaned of traces of
spreadsheets and editors, in linear steps: a backtracking expression would take half a minute for 40,000 blanks."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from consents import dates
from consents.dates import BadDate, Form
from consents.languages import Sentence
from providers.uploads.files.file_header import AS_NAMED, FIELDS, Layout
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
# The panel's own words by the list's word, in capitals of ASCII, separated by bars.
_OWN_WORDS: dict[str, dict[str, str]] = {
    Field.TYPE: {"MESAJ": "SMS|KISA MESAJ", "ARAMA": "TELEFON|SESLI ARAMA", "EPOSTA": "E-POSTA"},
    Field.STATUS: {"ONAY": "IZIN VERIYORUM (ONAY)|IZIN VERIYORUM", "RET": "ISTEMIYORUM (RET)|ISTEMIYORUM"},
    Field.IDENTITY: {
        "BIREYSEL": "KENDISI ICIN (BIREYSEL)",
        "TACIR": "ISLETMESI ICIN (TACIR VEYA ESNAF)|TACIR VEYA ESNAF|ESNAF",
    },
    Field.SOURCE: {
        "HS_WEB": "WEB|WEB SITESI|WEB SITESINDE",
        "HS_CAGRI_MERKEZI": "CAGRI MERKEZI|CAGRI MERKEZINDE",
        "HS_MOBIL": "MOBIL|MOBIL UYGULAMA|MOBIL UYGULAMADA",
        "HS_MESAJ": "SMS|SIRKETE GONDERILEN SMS ILE",
        "HS_EPOSTA": "E-POSTA|SIRKETE GONDERILEN E-POSTAYLA",
        "HS_FIZIKSEL_ORTAM": "FIZIKSEL ORTAM|MAGAZA|MAGAZADA|MAGAZADA VEYA YUZ YUZE",
        "HS_ISLAK_IMZA": "ISLAK IMZA|IMZALI FORM|IMZALI FORMLA",
        "HS_ETKINLIK": "ETKINLIK|ETKINLIKTE",
        "HS_ATM": "ATM|ATM'DE VEYA KIOSKTA",
        "HS_SOSYAL_MEDYA": "SOSYAL MEDYA|SOSYAL MEDYADA",
    },
}
_WORDS = {
    field: {own: word for word, spellings in words.items() for own in spellings.split("|")}
    for field, words in _OWN_WORDS.items()
}
_PLAIN_LETTERS = str.maketrans("çğıöşüÇĞİÖŞÜ’", "cgiosuCGIOSU'", "\u0307")
_DAY_ALONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{2}){1,2}").fullmatch
# A spreadsheet counts days from the end of 1899: from 2000 to 2099.
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]{1,16})?").fullmatch
_FIRST_DAY, _FIRST, _LAST = datetime(1899, 12, 30), 36_526, 73_050  # noqa: DTZ001 - a wall clock
_UNDECODABLE = re.compile("[\ud800-\udfff\ufffd]")


class _Seen(NamedTuple):
    row: str  # as a spreadsheet numbers it, with its sheet where there are several
    text: str


def detect_form(path: Path, name: str | None = None, layout: Layout = AS_NAMED) -> Form:
    """The form of the dates that have two readings; IYS where all are in İYS's form, or none is a date at all. A date
    with one reading is read by that one (``plain``). Errors: BadFile “dates” where rows with one reading do not show
    how those with two are read; also as ``open_tables``."""
    evidence = _Evidence()
    for table in open_tables(path, name, layout):
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
        text = with_clock(trimmed(cell))
        forms = dates.readings(text) - {Form.IYS}
        if len(forms) == 1:
            self._only.setdefault(next(iter(forms)), _Seen(number, text))
        elif forms and self._both is None:
            self._both = _Seen(number, text)

    def form(self) -> Form:
        """Errors: BadFile when two readings remain."""
        if self._both and len(self._only) != 1:
            raise _ambiguity(self._both)
        return next(iter(self._only), Form.IYS)


def _ambiguity(seen: _Seen) -> BadFile:
    text = shown(seen.text)
    tr, us = (dates.wire(dates.parse(seen.text, form))[:10] for form in (Form.TR, Form.US))
    return BadFile(
        "dates",
        Sentence(
            "Tarihler iki türlü okunabiliyor. Satır {row}, «{text}»: önce gün yazıldıysa {tr}, önce ay yazıldıysa "
            "{us}. Hangisinin doğru olduğunu seçin.",
            {"row": seen.row, "text": text, "tr": tr, "us": us},
        ),
    )


def with_clock(text: str) -> str:
    """A day without a time is its midnight, as a spreadsheet's date cell is."""
    if not _DAY_ALONE(text):
        return text
    return f"{text} 00:00:00" if text[4:5] == "-" else f"{text} 00:00"


def plain(text: str, form: Form) -> str:
    """A date that has one reading, as ``form`` writes it or in İYS's form: a day without a time, a spreadsheet's count
    of days, and a date that is none under ``form``. Other texts stay."""
    if _SERIAL(text):
        days = float(text.replace(",", "."))
        return str(_FIRST_DAY + timedelta(seconds=round(days * 86_400))) if _FIRST <= days < _LAST else text
    text = with_clock(text)
    readings = dates.readings(text) - {Form.IYS}
    if len(readings) == 1 and form not in readings:
        (other,) = readings
        with suppress(BadDate):
            return dates.wire(dates.parse(text, other))
    return text


def trimmed(cell: str) -> str:
    """Without surrounding spaces of any kind, byte order marks and invisible signs, and without Excel's apostrophe for
    text."""
    text = cell.strip(_AROUND)
    return text[1:].lstrip(_AROUND) if text.startswith("'") else text


def closed_word(cell: str, field: str) -> str:
    """A word of a closed list in capitals, whichever I a Turkish keyboard or spreadsheet has made of it (BİREYSEL,
    bıreysel), and of the panel's own words (“Çağrı merkezi”) the one they stand for. Other letters stay."""
    text = trimmed(cell).translate(_EVERY_I)
    word = text.upper() if text.isascii() else text
    return _WORDS[field].get(text.translate(_PLAIN_LETTERS).upper(), word)


def cell_fault(cell: str) -> str | None:
    """“encoding” for bytes that are no text, “long” above 4 KiB, else None."""
    if len(cell) > LONGEST_CELL:
        return "long"
    return "encoding" if _UNDECODABLE.search(cell) else None
