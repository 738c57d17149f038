"""Finds each field's column by name, in the spellings of İYS's upload template, the deck that shows it, partners' XML,
İYS's JSON, and Turkish words, or as the owner matched them. Other columns are not read; missing or doubled ones refuse
the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consents.languages import Sentence
from consents.terms import Channel, Identity, Status
from providers.disputes import evidence_fields
from providers.uploads.files.row_refusals import BadFile, shown
from web.iys_fields import BRAND, Field

FIELDS = (Field.RECIPIENT, Field.TYPE, Field.SOURCE, Field.STATUS, Field.IDENTITY, Field.DATE, Field.DEALER)
REQUIRED = (*FIELDS[:4], Field.DATE)  # without recipientType everybody is BIREYSEL, as at İYS
EVIDENCE = tuple(evidence_fields.LONGEST)  # what a company may attach to the ONAY of a row
MOST_COLUMNS = 64
_LONGEST_NAME = 256  # characters; no column of ours has a longer one

_SPELLINGS = {
    Field.RECIPIENT: "RECIPIENT ALICI ALICIUNIQUE ALICIADRESI ILETISIMADRESI TELEFON TELEFONNUMARASI EPOSTAADRESI",
    Field.TYPE: "TYPE IZINTURU IZINTIPI IZINKANALI KANAL ILETISIMKANALI",
    Field.SOURCE: "SOURCE IZINKAYNAGI KAYNAK KAYNAGI",
    Field.STATUS: "STATUS DURUMU DURUM IZINDURUMU ONAYDURUMU",
    Field.IDENTITY: "RECIPIENTTYPE ALICITIPI ALICITURU FIRMATIPI FIRMATURU IZINFIRMATIPI IZINALICITIPI",
    Field.DATE: "CONSENTDATE IZINTARIHI TARIH ONAYTARIHI IZINONAYTARIHI",
    Field.DEALER: "RETAILERCODE BAYIKODU BAYI IZINBAYIKODU IZNINALINDIGIBAYIKODU IZNINALINDIGIBAYI",
    # No bare “form”, “url” or “text”: files have had such columns for other things.
    evidence_fields.TEXT: "CONSENTTEXT ONAYMETNI IZINMETNI WORDING CONSENTWORDING EVIDENCETEXT",
    evidence_fields.VERSION: "CONSENTTEXTVERSION METINSURUMU ONAYMETNISURUMU IZINMETNISURUMU WORDINGVERSION",
    evidence_fields.FORM: "CONSENTFORM ONAYFORMU IZINFORMU FORMADI FORMNO FORMID EVIDENCEFORM",
    evidence_fields.URL: "CONSENTPAGE ONAYSAYFASI IZINSAYFASI FORMSAYFASI PAGEURL FORMURL EVIDENCEURL",
    evidence_fields.FILE: "FILEHASH BELGEOZETI DOSYAOZETI KANITOZETI FILESHA256 DOCUMENTHASH EVIDENCEFILEHASH",
    evidence_fields.IMAGE: "IMAGEHASH IMZAOZETI IMZAGORUNTUSUOZETI SIGNATUREHASH SIGNATUREIMAGEHASH EVIDENCEIMAGEHASH",
}
_BRAND_SPELLINGS = frozenset(["BRAND", "BRANDCODE", "MARKA", "MARKAADI", "MARKAKODU", "MARKANO", "MARKANUMARASI"])
# The columns that a file of repairs has beside its owner's, in both languages of the panel: nobody needs to know that
# they are not read.
REPAIRS = {"tr": ("Hata", "Düzeltme"), "en": ("Error", "Correction")}
_FIELD_OF = {spelling: field for field, spellings in _SPELLINGS.items() for spelling in spellings.split()}
TEMPLATE = "IZINTURU, ALICI, DURUMU, IZINKAYNAGI, IZINTARIHI, IZNINALINDIGIBAYIKODU, FIRMATIPI"
_VALUES = tuple(map(str, (*Channel, Status.ONAY, Status.RET, *Identity)))


class Layout(NamedTuple):
    """The owner's matching. ``names``: field by folded name of a column, "" for one that is not read; ``values``: by
    field the word of every row, where the file has no such column; ``last``: those of an earlier file; ``sheets``:
    names of those to read, empty: all that are visible and have the columns; ``brands``: numbers of the owner's brands
    by folded title or number, where there are several: rows of another than ``own`` are not read; ``rest``: rows that
    name none of them are another loading's."""

    names: Mapping[str, str] = {}
    values: Mapping[str, str] = {}
    last: Mapping[str, str] = {}
    sheets: Sequence[str] = ()
    brands: Mapping[str, int] = {}
    own: int = 0
    rest: bool = False


AS_NAMED = Layout()


class Columns(NamedTuple):
    """``places``: for each of FIELDS the index of its cell, once ``tail`` follows the ``width`` cells of a record: the
    cells of missing columns; ``unread``: unknown columns; ``names``: as the file has them; ``brand``: the index of the
    brand's cell, if rows are of several; ``evidence``: (field, index of its cell) of EVIDENCE, where there are any."""

    places: tuple[int, ...]
    width: int
    unread: tuple[str, ...]
    tail: tuple[str, ...] = ("",)
    names: tuple[str, ...] = ()
    brand: int | None = None
    evidence: tuple[tuple[str, int], ...] = ()


def folded(name: str) -> str:
    """Letters and digits of a column's name in capitals without marks; empty for a longer text, because normal forms
    take quadratic time in marks."""
    if len(name) > _LONGEST_NAME:
        return ""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    return "".join(letter for letter in plain if letter.isalnum() and letter.isascii()).upper()


def known(cells: list[str], layout: Layout = AS_NAMED) -> int:
    """How many of these cells name a field; most with the right delimiter."""
    return sum(field is not None for field in fields_of(cells, layout))


def fields_of(cells: list[str], layout: Layout = AS_NAMED) -> list[str | None]:
    """The field of each column: the matched one, else that of its name unless another column is matched with it."""
    matched = [layout.names.get(folded(cell)) for cell in cells]
    taken = {field for field in matched if field}
    named = (_field(folded(cell), layout) for cell in cells)
    pairs = zip(matched, named, strict=True)
    return [(own or None) if own is not None else (None if field in taken else field) for own, field in pairs]


def _field(name: str, layout: Layout) -> str | None:
    """A column “Marka” of a company's only brand may be anything."""
    return BRAND if layout.brands and name in _BRAND_SPELLINGS else _FIELD_OF.get(name)


def template_name(field: str) -> str:
    """A field's column in İYS's upload template, or one that is understood like it."""
    return _SPELLINGS[field].split()[1]


def find(cells: list[str], layout: Layout = AS_NAMED) -> Columns:
    """Errors: BadFile: too many columns, no header at all, a field missing or given twice."""
    if len(cells) > MOST_COLUMNS:
        raise _too_wide(len(cells))
    fields = fields_of(cells, layout)
    if not any(fields) or is_record(cells):
        raise _no_header()
    _refuse_doubled(fields, cells)
    added = [field for field in layout.values if field not in fields]
    _refuse_missing([*fields, *added])
    row = [*fields, None, *added]
    places = tuple(row.index(field) if field in row else len(cells) for field in FIELDS)
    tail = ("", *(layout.values[field] for field in added))
    unread = [
        shown(cell.strip())
        for cell, field in zip(cells, fields, strict=True)
        if field is None and cell.strip() and folded(cell) not in _REPAIRS
    ]
    brand = fields.index(BRAND) if layout.brands and BRAND in fields else None
    evidence = tuple((field, fields.index(field)) for field in EVIDENCE if field in fields)
    return Columns(places, len(cells), tuple(unread), tail, tuple(cells), brand, evidence)


def is_record(cells: list[str]) -> bool:
    """Whether they are a row's values and name no columns."""
    words = {folded(cell) for cell in cells}
    return any("@" in cell for cell in cells) or len(words.intersection(_VALUES)) >= 2


_REPAIRS = frozenset(folded(name) for names in REPAIRS.values() for name in names)


def _refuse_doubled(fields: list[str | None], cells: list[str]) -> None:
    for field in (*FIELDS, BRAND, *EVIDENCE):
        names = [shown(cell.strip()) for cell, found in zip(cells, fields, strict=True) if found == field]
        if len(names) > 1:
            raise BadFile(
                "header",
                Sentence("Aynı bilgi iki sütunda: {columns}. Birini silin.", {"columns": ", ".join(names)}),
            )


def _refuse_missing(fields: list[str | None]) -> None:
    missing = [template_name(field) for field in REQUIRED if field not in fields]
    if missing:
        raise BadFile(
            "header",
            Sentence(
                "Başlıkta eksik sütun: {columns}. Ekleyip dosyayı yeniden yükleyin.", {"columns": ", ".join(missing)}
            ),
        )


def _no_header() -> BadFile:
    return BadFile(
        "header",
        Sentence("İlk satırda sütun adları yok. En üste şu başlığı ekleyin: {header}", {"header": TEMPLATE}),
    )


def _too_wide(width: int) -> BadFile:
    return BadFile(
        "too_large",
        Sentence(
            "Dosyada {width} sütun var; en çok {most} olabilir. Yalnız şablondaki sütunları bırakın.",
            {"width": width, "most": MOST_COLUMNS},
        ),
    )
