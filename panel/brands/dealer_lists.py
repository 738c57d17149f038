"""Many dealers at once: pasted lines, CSV or workbook, with a header or without; and the same table with a column of
what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from consents.brands import companies
from consents.brands.companies import BadCompany
from panel.form_answers import FieldFault, line
from providers.uploads import address_lists
from providers.uploads.files import workbooks
from providers.uploads.files.file_header import folded
from web.rendering.texts import mark

_LONGEST_CODE = 64
_HEAD = 10  # filled rows among which a header is looked for; a title may stand above it
_LONGEST_LINE = 10_000  # characters; of a longer one the rest is no code and no title
_MOST_LINES = 10_000  # of a text, also empty ones: each is split for every delimiter
_DELIMITERS = ("\t", ";", ",")
# Names of columns, folded as ``file_header.folded`` does.
_CODE_WORDS = (
    "KOD KODU BAYIKODU BAYINO BAYINUMARASI SUBEKODU SUBENO MAGAZAKODU MAGAZANO CODE DEALERCODE STORECODE BRANCHCODE "
    "RETAILERCODE"
)
_TITLE_WORDS = (
    "AD ADI ISIM UNVAN UNVANI BAYI BAYIADI BAYIUNVANI SUBE SUBEADI MAGAZA MAGAZAADI NAME TITLE DEALER DEALERNAME STORE "
    "STORENAME BRANCH BRANCHNAME RETAILER RETAILERNAME"
)
_CODES, _TITLES = frozenset(_CODE_WORDS.split()), frozenset(_TITLE_WORDS.split())
_CODE, _TITLE, _FAULT, _SHEET = mark("Kod"), mark("Ad"), mark("Hata"), mark("Bayiler")


class DealerRow(NamedTuple):
    """``number``: of the line, from 1; ``fault``: the reason and its object, as of ``BadCompany``."""

    number: int
    cells: list[str]
    title: str
    external: str
    fault: tuple[str, str] | None = None


class DealerList(NamedTuple):
    """``head``: the names of the columns, empty where none stood there."""

    head: list[str]
    rows: list[DealerRow]

    @property
    def wrong(self) -> list[DealerRow]:
        return [one for one in self.rows if one.fault]

    @property
    def wanted(self) -> list[tuple[str, str]]:
        """Titles and own codes."""
        return [(one.title, one.external) for one in self.rows]


class TooManyLines(Exception):
    """A text is refused before its lines are read."""


def is_text(content: bytes) -> bool:
    """Whether a file is read without a process of its own."""
    return not content.startswith(b"PK\x03\x04") and b"\0" not in content


def of_text(text: str, before: int = 0) -> DealerList:
    """Pasted lines or a CSV: “code; title”, with a tab where it was copied from a spreadsheet, or a single word for
    both; below a header as it names the columns. ``before``: lines in front of them. Errors: TooManyLines."""
    if text.count("\n") > _MOST_LINES or len(lines := text.replace("\ufeff", "").splitlines()) > _MOST_LINES:
        raise TooManyLines
    lines = [one[:_LONGEST_LINE] for one in lines]
    single = not any(one in text for one in _DELIMITERS[:2])
    for delimiter in _DELIMITERS:
        rows = [_split(one, delimiter) for one in lines]
        header = _header(rows)
        if header is not None and (single or None not in header):
            return _of_rows(rows, before)
    return _of_rows([_plain(one) for one in lines], before)


def of_file(name: str, content: bytes, before: int = 0) -> list[DealerList]:
    """A workbook's visible sheets, or a text of two bytes a letter; blocking. Errors: ``address_lists.read_tables``."""
    found = list[DealerList]()
    for table in address_lists.read_tables(name, content):
        found.append(_of_rows(table.rows, before))
        before += len(table.rows)
    return found


def external(typed: str) -> str | None:
    """Rejects a number, which could be another dealer's retailerCode. Errors: FieldFault."""
    if len(typed) > _LONGEST_CODE or (typed.isdecimal() and len(typed) == 8) or not typed.isprintable():
        raise FieldFault("external", "external")
    return typed or None


def workbook(
    lists: Sequence[DealerList], translate: Callable[[str], str], sentence: Callable[[str, str], str]
) -> bytes:
    """The rows as they came, with a last column of what is wrong. ``sentence``: of a reason and its object."""
    return workbooks.workbook({translate(_SHEET): _written(lists, translate, sentence)})


def typed(lists: Sequence[DealerList]) -> str:
    """The rows as they are pasted from a spreadsheet."""
    tables = (
        [one.head, *(row.cells for row in one.rows)] if one.head else [row.cells for row in one.rows] for one in lists
    )
    return "\n".join("\t".join(map(line, cells)) for cells in (cells for table in tables for cells in table))


def _written(
    lists: Sequence[DealerList], translate: Callable[[str], str], sentence: Callable[[str, str], str]
) -> Iterator[list[str]]:
    fault = translate(_FAULT)
    for one in lists:
        width = max([2, len(one.head), *(len(row.cells) for row in one.rows)])
        head = one.head or [translate(_CODE), translate(_TITLE)]
        yield [*head, *[""] * (width - len(head)), fault]
        for row in one.rows:
            yield [*row.cells, *[""] * (width - len(row.cells)), sentence(*row.fault) if row.fault else ""]


def _of_rows(rows: Sequence[Sequence[str]], before: int) -> DealerList:
    place, code, title = _header(rows) or (-1, 0, 1)
    read: list[DealerRow] = []
    for number, cells in enumerate(rows):
        filled = sum(bool(cell.strip()) for cell in cells)
        if number < place and filled > 1:  # a dealer, and no title of the table
            cells = _moved(cells, code, title)
        elif number <= place or not filled:
            continue
        read.append(_row(before + number + 1, list(cells), code, title))
    return DealerList([line(cell) for cell in rows[place]] if place >= 0 else [], read)


def _moved(cells: Sequence[str], code: int | None, title: int | None) -> list[str]:
    """A row above the header, code and title first, with its cells where the header has them."""
    given = {at: cell for at, cell in zip((code, title), cells, strict=False) if at is not None}
    return [given.get(at, "") for at in range(max(given, default=-1) + 1)]


def _row(number: int, cells: list[str], code: int | None, title: int | None) -> DealerRow:
    own, named = (line(cells[at]) if at is not None and at < len(cells) else "" for at in (code, title))
    try:
        return DealerRow(number, cells, companies.clean(named or own), external(own or named) or "")
    except (BadCompany, FieldFault) as bad:
        return DealerRow(number, cells, named, own, (bad.why, bad.about))


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, int | None, int | None] | None:
    """The place of the header among the first filled rows, and its columns of code and title."""
    filled = [place for place, cells in enumerate(rows) if any(map(str.strip, cells))][:_HEAD]
    for place in filled:
        names = [folded(cell) for cell in rows[place]]
        code = next((at for at, name in enumerate(names) if name in _CODES), None)
        title = next((at for at, name in enumerate(names) if name in _TITLES), None)
        alone = place == filled[0] and sum(map(bool, names)) == 1
        if (code is not None and title is not None) or (alone and (code is not None or title is not None)):
            return place, code, title
    return None


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter), [])


def _plain(text: str) -> list[str]:
    """A line without a header above it. A title may have semicolons; of a spreadsheet's columns the first two count."""
    if "\t" in text:
        return text.split("\t")
    code, semicolon, title = map(line, text.partition(";"))
    return [code.strip('"'), title.rstrip("; ").strip('"')] if semicolon else [code.strip('"')]
