"""The public figures, for everybody: a page of the last months, and all of them as a file. Both read the table alone,
and are the same for everybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.channels import OF_CODE
from consents.instants import day_of
from consents.terms import Channel
from izin.figures import figure_store
from izin.figures.figure_store import FEWEST, KEPT, TOTAL, Figure, KeptFigure
from providers.disputes.dispute_states import DisputeState
from web import pages, process
from web.rendering import texts, when

PATH = "/rakamlar"
MONTHS = 6  # of the page
HEADERS = {"cache-control": "public, max-age=3600"}
_BY_CHANNEL = (Figure.REFUSALS, Figure.CONSENTS)
_ENDINGS = {DisputeState.KEPT.value: "ANSWERED", DisputeState.SILENT.value: "SILENT"}
_CHANNELS = {channel.code: str(channel) for channel in Channel}


class MonthShown(NamedTuple):
    """``of``: amounts by name of the figure and part; None, or missing, where they are left out."""

    first: date
    of: dict[tuple[str, int], int | None]


async def show(request: Request) -> Response:
    found = await _read(request, MONTHS)
    language = texts.language(request)[0]
    return pages.fill(
        request,
        "pages/figures.html",
        found,
        {},
        headers=HEADERS,
        months=[(when.month(language, one.first), one.of) for one in _by_month(found)],
        channels=[(code, OF_CODE[code].name) for code in _CHANNELS],
        total=TOTAL,
        answered=DisputeState.KEPT.value,
        silent=DisputeState.SILENT.value,
        file=f"{PATH}.csv",
    )


async def download(request: Request) -> Response:
    """A line a figure; ``<20`` for a part that is left out, nothing for a sum or a time."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("month", "figure", "part", "value"))
    for one in await _read(request, KEPT):
        writer.writerow((f"{figure_store.first_day(one.month):%Y-%m}", *_line(one)))
    headers = HEADERS | {"content-disposition": f'attachment; filename="{PATH[1:]}.csv"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _line(one: KeptFigure) -> tuple[str, str, str]:
    named = _CHANNELS if one.what in _BY_CHANNEL else _ENDINGS if one.what is Figure.DISPUTES else {}
    small = one.part != TOTAL or one.what is Figure.COMPLAINTS
    value = str(one.amount) if one.amount is not None else f"<{FEWEST}" if small else ""
    return one.what.name, named.get(one.part, "ALL"), value


async def _read(request: Request, months: int) -> tuple[KeptFigure, ...]:
    store = process.of(request).registry.store
    since = figure_store.month_of(day_of(store.now())) - months - 1
    return await store.read(figure_store.of_months, since)


def _by_month(found: Sequence[KeptFigure]) -> list[MonthShown]:
    return [
        MonthShown(figure_store.first_day(month), {(one.what.name, one.part): one.amount for one in figures})
        for month, figures in groupby(found, lambda one: one.month)
    ]
