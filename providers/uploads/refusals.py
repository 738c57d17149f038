"""What was not accepted: single rows (``Refusal``), or the whole file (``BadFile``).

Refusals go back to people, who open them in a spreadsheet: a cell that a spreadsheet would run as a formula gets a
leading apostrophe (OWASP ASVS 1.2.10). Files for machines keep their exact bytes and are written elsewhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

COLUMNS = ("row", "field", "code", "message", "value")
_VALUE_LENGTH = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class Refusal(NamedTuple):
    """One faulty field of one row. ``row`` counts the records after the header from 1; ``field`` has İYS's JSON
    name, or is empty where the row as a whole cannot be read; ``message`` says it in Turkish and in English."""

    row: int
    field: str
    code: str
    message: str
    value: str


class BadFile(Exception):
    """The file as a whole cannot be read; ``reason`` is one word for programs, ``tr`` and ``en`` are for people."""

    def __init__(self, reason: str, tr: str, en: str) -> None:
        super().__init__(f"{tr} / {en}")
        self.reason, self.tr, self.en = reason, tr, en


def shown(value: str) -> str:
    """The value as a refusal quotes it: no undecodable byte, at most 200 characters."""
    text = _LONE_SURROGATES.sub("\ufffd", value[:_VALUE_LENGTH])
    return text if len(value) <= _VALUE_LENGTH else text + "…"


def spreadsheet_safe(value: object) -> str:
    """The text of a cell that no spreadsheet takes for a formula; line breaks and NUL become spaces."""
    text = str(value)
    guarded = "'" + text if text.startswith(_FORMULA) else text
    return re.sub(r"[\r\n\0\v\f\x85\u2028\u2029]+", " ", guarded)


class RefusalFile:
    """A CSV of refusals for people: UTF-8 with BOM, so that Excel reads the Turkish letters; use as ``with``."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def write(self, refusals: Iterable[Refusal]) -> None:
        """Append one line a refusal."""
        self._writer.writerows(map(spreadsheet_safe, refusal) for refusal in refusals)

    def __enter__(self) -> RefusalFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
