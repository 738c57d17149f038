"""Writes workbooks (ECMA-376): every cell a text, so that no spreadsheet makes a number of +90…, or a formula of what
begins with an equals sign."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# What XML 1.0 has no character for, and what a sheet's name may not have.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_NAME = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME, _LONGEST_CELL = 31, 32_767  # UTF-16 units; with more Excel does not open the workbook
# Format 49 is text: what is typed into a cell of these columns stays as it is typed.
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0" numFmtId="49" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(sheets: Mapping[str, Iterable[Sequence[str]]], attached: tuple[str, bytes] | None = None) -> bytes:
    """An XLSX of these sheets, each with its header as the first row. ``attached``: a JSON file within (its name and
    content), which spreadsheets leave alone and drop when they save (ECMA-376-1, 9.1.6)."""
    content = io.BytesIO()
    write(content, sheets.items())
    if attached is not None:
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr(*attached)
    return content.getvalue()


def write(out: IO[bytes], sheets: Iterable[tuple[str, Iterable[Sequence[str]]]], *, filtered: bool = False) -> None:
    """Writes an XLSX in flat memory to a file or a pipe. ``sheets``: title and rows, the header first. ``filtered``: a
    filter hides the rows whose first cell is empty."""
    names: list[str] = []
    areas: list[str] = []  # with a filter, of each sheet
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/styles.xml", _STYLES)
        for title, rows in sheets:
            names.append(_name(title, names))
            sheet = _Sheet(filtered=filtered)
            with archive.open(f"xl/worksheets/sheet{len(names)}.xml", "w", force_zip64=True) as file:
                for part in sheet.parts(rows):
                    file.write(part.encode("utf-8"))
            areas.append(sheet.area if filtered else "")
        places = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)]
        archive.writestr("xl/workbook.xml", _book(names, areas))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations([*places, ("styles", "styles.xml")]))
        archive.writestr("[Content_Types].xml", _content_types(len(names)))


def _name(title: str, taken: Sequence[str]) -> str:
    """A sheet's name as spreadsheets allow it, other than those before it."""
    name = _NO_NAME.sub(" ", title).strip("'")[:_LONGEST_NAME].rstrip("'") or "1"
    lower = {one.lower() for one in taken}
    number = 1
    while name.lower() in lower:
        number += 1
        name = f"{name[: _LONGEST_NAME - 4]} {number}"
    return name


class _Sheet:
    """``area``: the sheet's cells, once its parts were taken."""

    def __init__(self, *, filtered: bool) -> None:
        self._filtered = filtered
        self._rows, self._width = 0, 1

    @property
    def area(self) -> str:
        return f"$A$1:${_letters(self._width)}${max(self._rows, 1)}"

    def parts(self, rows: Iterable[Sequence[str]]) -> Iterator[str]:
        yield _SHEET_HEAD
        for row in rows:
            style = "" if self._rows else ' s="1"'
            cells = (_cell(cell, style) for cell in row)
            hidden = ' hidden="1"' if self._filtered and self._rows and not next(iter(row), "") else ""
            self._rows, self._width = self._rows + 1, max(self._width, len(row))
            yield f"<row{hidden}>{''.join(cells)}</row>"
        yield "</sheetData>"
        if self._filtered:
            yield (
                f'<autoFilter ref="{self.area.replace("$", "")}"><filterColumn colId="0"><customFilters>'
                '<customFilter operator="notEqual" val=" "/></customFilters></filterColumn></autoFilter>'
            )
        yield "</worksheet>"


def _cell(text: str, style: str) -> str:
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>' if text else f"<c{style}/>"


def _letters(column: int) -> str:
    """A, …, Z, AA, …"""
    letters = ""
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


_SHEET_HEAD = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="64" width="24" style="0" customWidth="1"/></cols><sheetData>'
)


def _text(cell: str) -> str:
    if len(cell) * 2 > _LONGEST_CELL:
        cell = cell.encode("utf-16-le", "replace")[: _LONGEST_CELL * 2].decode("utf-16-le", "ignore")
    return escape(_NO_XML.sub("\ufffd", cell))


def _book(names: Sequence[str], areas: Sequence[str]) -> str:
    """Excel finds a sheet's filter by a name of its own."""
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">{_text(_quoted(name))}!{area}'
        "</definedName>"
        for number, (name, area) in enumerate(zip(names, areas, strict=True))
        if area
    )
    defined = f"<definedNames>{filters}</definedNames>" if filters else ""
    sheets = "".join(
        f'<sheet name={quoteattr(_NO_XML.sub(" ", name))} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>{defined}</workbook>'


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _content_types(sheets: int) -> str:
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    parts += [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in range(1, sheets + 1)]
    overrides = "".join(f'<Override PartName="{part}" ContentType="{_TYPES}.{kind}+xml"/>' for part, kind in parts)
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="json" ContentType="application/json"/>'
        f"{overrides}</Types>"
    )
