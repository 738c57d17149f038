"""Brands and their lines as HTML: each line one row, drawn by ``_row.html`` through a stencil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape
from starlette.requests import Request

from citizen.look import row_view
from citizen.look.prepared_rows import Sheet, Stencil, Stencils
from citizen.person.holder import Holder
from consents.brands.book import Listed
from consents.reading.consent_lines import Line
from consents.reading.queries import Group
from web import process
from web.rendering import texts

_FOLDER = "citizen/consents/"
_ROW, _HEAD, _AS = (f"{_FOLDER}{name}" for name in ("_row.html", "_brand.html", "_identity.html"))
_END = Stencil("</section>\n")


class Painter:
    """Draws the rows of one answer.

    ``named``: rows tell as whom the citizen is addressed; ``back``: rows stand on their brand's own page.
    """

    def __init__(
        self, request: Request, holder: Holder, *, named: bool, dealers: Mapping[int, str], back: bool = False
    ) -> None:
        self.language, explicit = texts.language(request)
        self._stencils = _stencils(self.language, explicit, process.of(request).pages.folders)
        self._now = process.of(request).registry.store.now()
        self._mark, self._named, self._dealers, self._back = holder.mark, named, dealers, back

    def brands(self, groups: Iterable[Group], heading: str = "h3") -> bytes:
        """The brands with their heads and rows."""
        sheet = Sheet()
        for group in groups:
            values = self._of(group.brand)
            sheet.add(self._stencil(_HEAD, heading), values)
            self._lay(sheet, group.lines, values)
            sheet.add(_END, values)
        return sheet.body()

    def rows(self, brand: Listed, lines: list[Line]) -> Markup:
        """The rows of one brand alone."""
        sheet = Sheet()
        self._lay(sheet, lines, self._of(brand))
        return Markup(sheet.body().decode())  # noqa: S704 our own templates, values escaped

    def row(self, brand: Listed, line: Line, given: Mapping[str, str], **happened: object) -> Markup:
        """One row that tells what has just happened to it: fields of ``faces.Face`` and the values they need."""
        stop = row_view.stop(line, self._now)
        stopping = row_view.stopping(line, stop)
        look = row_view.face(line, self.language, named=self._named, back=self._back, stopping=stopping)
        look = look._replace(**happened)  # type: ignore[arg-type]
        values = self._of(brand)
        row_view.fill(values, line, self.language, self._dealers, stop)
        values.update(given)
        sheet = Sheet()
        sheet.add(self._stencils.get(look) or self._stencils.make(look, _ROW, look), values)
        return Markup(sheet.body().decode())  # noqa: S704 our own template, values escaped

    def _lay(self, sheet: Sheet, lines: list[Line], values: dict[str, str]) -> None:
        if not self._named:
            self._lay_alike(sheet, lines, values)
            return
        for identity, word in row_view.IDENTITIES.items():
            own = [line for line in lines if line.identity == identity]
            if own:
                sheet.add(self._stencil(_AS, word), values)
                self._lay_alike(sheet, own, values)

    def _lay_alike(self, sheet: Sheet, lines: list[Line], values: dict[str, str]) -> None:
        for line in lines:
            stop = row_view.stop(line, self._now) if line.own else None
            row_view.fill(values, line, self.language, self._dealers, stop)
            sheet.add(self._row(line, row_view.stopping(line, stop)), values)

    def _row(self, line: Line, stopping: str) -> Stencil:
        """The stencil of a line, by what its look depends on."""
        channel, identity, status, own, source, at, dealer, _, asked, twin_open, veiled, how, _ = line
        question = None if asked is None else (asked.source, asked.at > 0, asked.dealer is None)
        where = (channel, identity, status, own, source, how, at > 0, dealer is None)
        look = where, question, twin_open, veiled, stopping
        key = look, self._named, self._back
        known = self._stencils.get(key)
        if known is None:
            face = row_view.face(line, self.language, named=self._named, back=self._back, stopping=stopping)
            known = self._stencils.make(key, _ROW, face)
        return known

    def _stencil(self, template: str, shape: str) -> Stencil:
        key = template, shape
        return self._stencils.get(key) or self._stencils.make(key, template, shape)

    def _of(self, brand: Listed) -> dict[str, str]:
        return {
            "code": str(brand.code),
            "title": _escaped(brand.title),
            "company": _escaped(brand.company_title),
            "n": self._mark,
        }


@lru_cache
def _stencils(language: str, explicit: bool, folders: tuple[Path, ...]) -> Stencils:
    return Stencils(language, explicit, folders, row_view.SLOTS)


@lru_cache(maxsize=16384)
def _escaped(title: str) -> Markup:
    return escape(title)
