"""Detects a file's kind by its bytes. A CSV is UTF-8 (with or without BOM), UTF-16 with BOM (Excel's «Unicode text») or
windows-1254 (Turkish Excel's plain «CSV»); one stray byte of UTF-8 spoils its own row only."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence
from providers.uploads.files.row_refusals import BadFile

_SAMPLE = 1 << 20  # bytes judged to find the encoding
_HEAD = 256  # bytes in which NULs betray an encoding of two or four bytes a letter
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# What an office in Türkiye writes in windows-1254 outside ASCII: its letters and typographic marks.
_TURKISH = frozenset("çğıöşüÇĞİÖŞÜâîûÂÎÛ’‘“”–—…•€«»°®™\xa0".encode("cp1254"))
_MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|head|meta|table)\b", re.IGNORECASE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+").findall
_WORKBOOK_NAMES = (".xlsx", ".xlsm")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE2: .xls, also a workbook locked by a password
_BINARY = (b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x7fELF", b"MZ\x90\0")


class FileKind(NamedTuple):
    """``encoding``: a codec's name, None for an XLSX workbook; ``foreign``: text but not UTF-8."""

    encoding: str | None
    foreign: bool = False


def kind(path: Path, name: str | None = None) -> FileKind:
    """``name``: the owner's name of the file, where ``path`` is a copy. Errors: BadFile: no table."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if sample.startswith(b"PK\x03\x04"):
        return _workbook(path, name or path.name)
    _refuse_other_formats(sample)
    return _text(sample)


def _workbook(path: Path, name: str) -> FileKind:
    """An XLSX under its own name; one named CSV is refused with the right name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        members = set()
    if "[Content_Types].xml" not in members or "xl/workbook.bin" in members:
        raise BadFile(
            "not_csv",
            Sentence(
                "Bu bir arşiv ya da okunamayan bir çalışma kitabı."
                " Excel'de açıp «CSV UTF-8» ya da .xlsx olarak kaydedin."
            ),
        )
    if not name.lower().endswith(_WORKBOOK_NAMES):
        raise BadFile(
            "not_csv",
            Sentence(
                "Bu dosya adı farklı olsa da bir Excel kitabı. Excel'de açıp «CSV UTF-8» ya da .xlsx olarak kaydedin."
            ),
        )
    return FileKind(encoding=None)


def _refuse_other_formats(sample: bytes) -> None:
    if sample.startswith(_OLD_OFFICE):
        raise BadFile(
            "not_csv",
            Sentence(
                "Bu eski biçimde (.xls) ya da parolalı bir Excel dosyası."
                " Excel'de açıp «CSV UTF-8» ya da .xlsx olarak kaydedin."
            ),
        )
    if sample.startswith(_BINARY):
        raise BadFile(
            "not_csv", Sentence("Bu bir tablo dosyası değil. Excel'de açıp «CSV UTF-8» ya da .xlsx olarak kaydedin.")
        )
    if _MARKUP.match(sample.removeprefix(codecs.BOM_UTF8)):
        raise BadFile(
            "not_csv",
            Sentence("Bu bir web sayfası ya da XML dosyası. Excel'de açıp «CSV UTF-8» ya da .xlsx olarak kaydedin."),
        )


def _text(sample: bytes) -> FileKind:
    if sample.startswith(_UTF32):
        raise _unknown_encoding()
    for bom, codec in _BOMS:
        if sample.startswith(bom):
            return FileKind(codec, foreign=codec != "utf-8-sig")
    if sample[:_HEAD].count(0) * 4 > len(sample[:_HEAD]):  # UTF-16 or UTF-32 without a mark
        raise _unknown_encoding()
    if _looks_turkish_ansi(sample):
        return FileKind("cp1254", foreign=True)
    return FileKind("utf-8")


def _looks_turkish_ansi(sample: bytes) -> bool:
    """Whether more bytes are Turkish letters of windows-1254 than all else outside ASCII would be in UTF-8."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample)
    outside = "".join(_NOT_ASCII(text))
    stray = [ord(character) - 0xDC00 for character in outside if "\udc80" <= character <= "\udcff"]
    turkish = sum(byte in _TURKISH for byte in stray)
    return turkish > len(outside) - turkish


def _unknown_encoding() -> BadFile:
    return BadFile(
        "encoding",
        Sentence(
            "Dosyanın karakter kodlaması tanınmadı. Excel'de «CSV UTF-8» olarak kaydedin.",
        ),
    )
