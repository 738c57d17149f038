"""A company's own table with a short link in each row: the same rows, with columns for the link and for what is wrong.
Nothing of the table is kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from consents.languages import catalogue
from consents.terms import Channel
from panel.programs import link_actions
from panel.programs.link_actions import ReadLine
from providers.uploads import address_lists, date_forms
from providers.uploads.address_lists import ListedAddress, ReadTable
from providers.uploads.files import workbooks
from providers.uploads.files.row_refusals import csv_bytes, spreadsheet_safe
from trust.minting import Issued
from web.rendering.texts import mark

_HEAD = 10  # rows that may stand above the first address: a title, names of columns
_LINK, _PICTURE, _FAULT, _SHEET = mark("Bağlantı"), mark("Karekod"), mark("Hata"), mark("Liste")
_EMPTY = mark("Bu satırda numara ya da e-posta yok.")
_UNREACHED = mark("Bu adrese seçtiğiniz kanaldan ulaşılamaz.")
_UNREADABLE = mark("Numara ya da e-posta okunamadı.")
_NUMBER = re.compile(r"[+-]?[\d\s.,()/]*")  # runs nothing in a spreadsheet, and stays as it was


class LinkTable(NamedTuple):
    """``first``: the place of the first row below titles and the header; ``lines``: the filled rows from there on, by
    place."""

    table: ReadTable
    first: int
    lines: list[ReadLine]

    @property
    def addresses(self) -> list[str]:
        return [line.address for line in self.lines if line.address is not None]


def read(tables: Sequence[ReadTable], channel: Channel) -> list[LinkTable]:
    """The rows' addresses; 20 to 100 µs each: blocking."""
    return [_read(table, table.columns.get(str(channel)), channel) for table in tables]


def _read(table: ReadTable, column: int | None, channel: Channel) -> LinkTable:
    lines: list[ReadLine] = []
    first = len(table.rows)
    for place, cells in enumerate(table.rows if column is not None else ()):
        if not any(map(str.strip, cells)):
            continue
        typed = date_forms.trimmed(cells[column]) if column is not None and column < len(cells) else ""
        line = _line(place, typed, channel)
        listed = ListedAddress(typed, line.address or "", line.fault)
        if first > place and (line.address or place >= _HEAD or address_lists.is_mistyped(listed)):
            first = place
        if first <= place:
            lines.append(line)
    return LinkTable(table, first, lines)


def _line(place: int, typed: str, channel: Channel) -> ReadLine:
    if not typed:
        return ReadLine(place, None, "empty")
    (line,) = link_actions.read_addresses([(place, typed)], channel)
    return line._replace(fault=_sentence(line.fault, typed)) if line.fault else line


def _sentence(reason: str, typed: str) -> str:
    """The Turkish sentence of a fault."""
    if reason == "channel":
        return _UNREACHED
    found = address_lists.sentence(ListedAddress(typed, "", reason))
    return found.marked if found else _UNREADABLE


def file(language: str, tables: Sequence[LinkTable], issued: Sequence[Issued], *, pictures: bool) -> tuple[bytes, str]:
    """The content and its ending, of the kind of the company's file. ``issued``: in the order of the addresses;
    ``pictures``: with a column of QR codes' addresses."""
    translate, links = catalogue(language).gettext, iter(issued)
    written = [(one.table, _rows(one, links, translate, pictures=pictures)) for one in tables]
    delimiter = next((table.delimiter for table, _ in written), "")
    if delimiter:
        return _csv([row for _, rows in written for row in rows], delimiter), "csv"
    content = io.BytesIO()
    workbooks.write(content, [(table.title or translate(_SHEET), rows) for table, rows in written])
    return content.getvalue(), "xlsx"


def _rows(
    found: LinkTable, links: Iterator[Issued], translate: Callable[[str], str], *, pictures: bool
) -> list[list[str]]:
    rows = found.table.rows
    if not found.lines:
        return rows
    width = max(map(len, rows))
    head = [translate(_LINK), *([translate(_PICTURE)] if pictures else []), translate(_FAULT)]
    named = max((place for place in range(found.first) if any(map(str.strip, rows[place]))), default=-1)
    added = {named: head}
    for line in found.lines:
        link = next(links).url if line.address is not None else ""
        fault = translate(_EMPTY if line.fault == "empty" else line.fault) if line.fault else ""
        added[line.number] = [link, *([picture(link)] if pictures else []), fault]
    written = [[*row, *[""] * (width - len(row)), *added.get(place, ())] for place, row in enumerate(rows)]
    return written if named >= 0 else [[*[""] * width, *head], *written]


def picture(link: str) -> str:
    """The address of a link's QR code."""
    site, slash, code = link.rpartition("/k/")
    return f"{site}/qr/{code}.png" if slash else ""


def _csv(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    cells = ([cell if _NUMBER.fullmatch(cell) else spreadsheet_safe(cell) for cell in row] for row in rows)
    return csv_bytes(cells, delimiter, bom="\ufeff")
