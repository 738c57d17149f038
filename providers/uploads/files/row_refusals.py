"""Refusals of single rows (``RowRefusal``) or of the whole file (``BadFile``). In files for people, what a spreadsheet
would run as a formula gets an apostrophe (OWASP ASVS 1.2.10), also after any separator."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence

COLUMNS = ("row", "field", "code", "message", "value", "line", "sheet")
_VALUE_LENGTH = 200
# Where a cell may begin, by whatever a spreadsheet takes for separators and quotes, and what makes it a formula there.
# The first part takes all it can get and needs nothing after it, so no character is looked at twice.
_BEGINNING = re.compile(r"""([\s;,|"'\0]++|\A)([=+\-@\uff1d\uff0b\uff0d\uff20]?)""")
_SEPARATOR = re.compile(r"[;,|\t\r\n\0]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class RowRefusal(NamedTuple):
    """A fault of one row. ``row``: from 1 after the header; ``field``: İYS's JSON name, empty where the whole row is
    unreadable; ``message``: in every language; ``line``: the row's number in a spreadsheet; ``sheet``: of a workbook
    with several."""

    row: int
    field: str
    code: str
    message: str
    value: str
    line: int
    sheet: str = ""


class FileHead(NamedTuple):
    """The row that was looked at for columns, and the first rows below it; ``sheet``: of a workbook with several,
    whose names are ``sheets``."""

    sheet: str
    cells: list[str]
    sample: list[list[str]]
    sheets: Sequence[str] = ()


class BadFile(Exception):
    """The whole file cannot be read; ``reason``: one word for programs, ``sentence``: for people; ``head``: of a file
    whose columns were not all found."""

    def __init__(self, reason: str, sentence: Sentence, head: FileHead | None = None) -> None:
        self.reason, self.sentence, self.head = reason, sentence, head
        super().__init__(self.sentence.text())


def shown(value: str) -> str:
    """The value as a refusal quotes it: no undecodable byte, at most 200 characters."""
    text = _LONE_SURROGATES.sub("\ufffd", value[:_VALUE_LENGTH])
    return text if len(value) <= _VALUE_LENGTH else text + "…"


def spreadsheet_safe(value: object) -> str:
    """A cell of which no spreadsheet runs any part; control characters become spaces."""
    return _CONTROLS.sub(" ", _BEGINNING.sub(_guarded, str(value)))


def _guarded(beginning: re.Match[str]) -> str:
    between, formula = beginning.groups()
    begins = beginning.start() == 0 or _SEPARATOR.search(between)
    return f"{between}'{formula}" if formula and begins else beginning[0]


def _owners(path: str, flags: int) -> int:
    """Opens a file that only its owner can read, an existing one too; a terminal or a pipe stays as it is."""
    descriptor = os.open(path, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode) and hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return descriptor


def csv_bytes(rows: Iterable[Iterable[object]], delimiter: str = ";", bom: str = "") -> bytes:
    # The default is Turkish Excel's delimiter; its files begin with U+FEFF.
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return (bom + text.getvalue()).encode("utf-8", "replace")  # a company's file may hold undecodable bytes


class RefusalFile:
    """A CSV of refusals for people, readable by its owner only: UTF-8 with BOM for Excel's Turkish letters; use as
    ``with``."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "w", encoding="utf-8-sig", newline="", opener=_owners)  # noqa: SIM115 - closed by with
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def write(self, refusals: Iterable[RowRefusal]) -> None:
        self._writer.writerows(map(spreadsheet_safe, refusal) for refusal in refusals)

    def __enter__(self) -> RefusalFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
