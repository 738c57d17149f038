"""Sentences of files (web/codes.csv): faults, with the correction, of a row's form and of an address, and warnings."""

from __future__ import annotations

from collections.abc import Mapping

from consents.languages import Sentence
from web.codes import of_file

ROW = of_file("row")  # faults of the row, by our own codes
PHONE = of_file("phone")  # what is wrong with a number (İYS H121), by BadAddress.reason and two reasons of files
EMAIL = of_file("email")  # with an e-mail address (İYS H120), by BadAddress.reason and one reason of files
WARNING = of_file("warning")  # what is worth knowing though no row is refused: the keys of Chunk.warnings
UNREAD = "sheet-"  # the keys of a workbook's sheets that were not read begin so


def warning(key: str) -> Sentence:
    """A key “KIND:NAME” names the column or sheet. Errors: KeyError."""
    kind, _, name = key.partition(":")
    return WARNING[kind]._replace(before=f"{name}: " if name else "")


def unread_sheets(warnings: Mapping[str, int]) -> list[dict[str, str | int]]:
    """The unread sheets of a workbook: their names, how many rows each has, and why, in a word."""
    found = ((key.partition(":"), rows) for key, rows in sorted(warnings.items()) if key.startswith(UNREAD))
    return [{"sheet": key[2], "rows": rows, "why": key[0].removeprefix(UNREAD)} for key, rows in found]
