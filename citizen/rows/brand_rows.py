"""Brands and their lines as HTML; each line is one ``_row.html``, prepared once for each RowModel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request

from citizen import wording
from citizen.rows import row_model
from citizen.rows.row_model import RowModel
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.care import aging
from consents.ledger.blanket_acts import Way
from consents.queries.consent_lines import ConsentLine
from national.public import NationalReport
from providers.public import HandedOver
from web import pages, process
from web.rendering import texts
from web.rendering.prepared import Prepared

_ROW = "citizen/consents/_row.html"
_NOT_HANDED: Mapping[int, HandedOver | None] = {}
_NOT_REPORTED: Mapping[int, NationalReport | None] = {}


class RowRenderer:
    """Renders the rows of one answer. ``handed``, ``reported``: by event, delivery to the company and to İYS;
    ``closed``: channels and identities that the citizen's standing refusals cover."""

    def __init__(
        self,
        request: Request,
        holder: Holder,
        *,
        dealers: Mapping[int, str],
        closed: Collection[Way] = (),
        handed: Mapping[int, HandedOver | None] = _NOT_HANDED,
        reported: Mapping[int, NationalReport | None] = _NOT_REPORTED,
    ) -> None:
        self._request = request
        self._how = self.language, _ = texts.language(request)
        self._pages = process.of(request).pages
        self._now = process.of(request).registry.store.now()
        self._mark, self._dealers, self._closed = holder.mark, dealers, closed
        self._handed, self._reported = handed, reported
        self._limited, self._helped = holder.limited, holder.helped
        self._old = aging.is_past_2015(self._now, process.of(request).settings.hs_2015_old_days)

    def rows(self, brand: BrandEntry, lines: list[ConsentLine]) -> Markup:
        return Markup("".join(self._rows(lines, self._brand_values(brand), closed=brand.closed)))  # noqa: S704 our own templates, values escaped

    def row(self, brand: BrandEntry, line: ConsentLine, given: Mapping[str, str], **happened: Any) -> Markup:
        """One row after an action: fields of ``row_model.RowModel`` and the values they need."""
        stop = row_model.stop(line, self._now)
        values = self._brand_values(brand)
        row_model.fill(values, line, self.language, self._dealers, stop)
        model = self._model(line, row_model.stopping(line, stop), closed=brand.closed)._replace(**happened)
        return pages.piece(self._request, _ROW, model, {**values, **given})

    def _rows(self, lines: list[ConsentLine], values: dict[str, str], *, closed: bool) -> list[str]:
        pieces: list[str] = []
        for line in lines:
            stop = row_model.stop(line, self._now) if line.own else None
            row_model.fill(values, line, self.language, self._dealers, stop)
            handed, reported = self._delivery(line, values), self._report(line, values)
            prepared = self._prepare(line, row_model.stopping(line, stop), handed, reported, closed)
            pieces += prepared.pieces(values)
        return pieces

    def _delivery(self, line: ConsentLine, values: dict[str, str]) -> str:
        """``RowModel.handed``; puts its time into ``values``."""
        if not self._handed or line.event is None:
            return ""
        handed = self._handed.get(line.event)
        if handed is not None and (at := handed.taken_at or handed.at):
            values["handed"] = wording.moment(self.language, at)
        return row_model.handed(line, handed, self._now)

    def _report(self, line: ConsentLine, values: dict[str, str]) -> str:
        """``RowModel.national``; puts its day into ``values``."""
        report = self._reported.get(line.event) if line.event is not None else None
        if report is None or not line.own or line.veiled:
            return ""
        if report.at is not None:
            values["national"] = wording.day(self.language, report.at)
        return "failed" if report.failed else "reported"

    def _prepare(self, line: ConsentLine, stopping: str, handed: str, national: str, closed: bool) -> Prepared:
        channel, identity, status, own, source, at, dealer, _, asked, twin_open, veiled, how, *_ = line
        check, declared, covered = line.check_by, line.declared, line.covered
        question = None if asked is None else (asked.source, asked.at > 0, asked.dealer is None)
        where = (channel, identity, status, own, source, how, at > 0, dealer is None, check is None)
        before = None if covered is None else (covered.source, covered.at > 0, covered.dealer is None)
        more = handed, national, self._is_closed_to_new(line), declared, before, self._limited, self._helped
        key = (_ROW, self._how, where, line.ahead, question, twin_open, veiled, stopping, more, closed, self._old)
        if (known := self._pages.prepared.get(key)) is not None:
            return known
        model = self._model(line, stopping, closed=closed)._replace(handed=handed, national=national)
        return self._pages.prepare(key, _ROW, *self._how, model)

    def _model(self, line: ConsentLine, stopping: str, *, closed: bool) -> RowModel:
        model = row_model.build(line, self.language, stopping=stopping, closed=closed, helped=self._helped)
        return model._replace(limited=self._limited, closed_to_new=self._is_closed_to_new(line), old=self._is_old(line))

    def _is_old(self, line: ConsentLine) -> bool:
        return self._old and not line.own and aging.is_unrenewed(line.status, line.source)

    def _is_closed_to_new(self, line: ConsentLine) -> bool:
        return line.status is None and line[:2] in self._closed

    def _brand_values(self, brand: BrandEntry) -> dict[str, str]:
        return {
            "code": str(brand.code),
            "title": escaped(brand.title),
            "company": escaped(brand.company_title),
            "n": self._mark,
        }


@lru_cache(maxsize=16384)
def escaped(title: str) -> Markup:
    return escape(title)
