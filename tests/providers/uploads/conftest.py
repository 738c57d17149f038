"""Reading files that a test writes: now is Tuesday 24 November 2026, 12:00 in Türkiye, as in the corpus."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from consents import dates
from consents.terms import Channel, Identity, Source, Status
from providers.uploads import Row, RowRefusal, read

NOW = dates.iys("2026-11-24 12:00:00")
HEADER = "recipient;type;source;status;recipientType;consentDate"
GOOD = "+905320000001;MESAJ;HS_WEB;ONAY;BIREYSEL;2026-11-23 10:15:00"
DEALERS = {"123": 41, "55550127": 42}


@dataclass
class Loaded:
    """All chunks of one file together."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[RowRefusal] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    @property
    def numbers(self) -> list[int]:
        return [row[0] for row in self.rows]

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        return [(refusal.row, refusal.field, refusal.code) for refusal in self.refusals]


Load = Callable[..., Loaded]


def load_file(path: Path, **options: object) -> Loaded:
    loaded = Loaded()
    settings = {"now": NOW, "dealers": DEALERS} | options
    for chunk in read(path, **settings):  # type: ignore[arg-type]
        loaded.rows += chunk.rows
        loaded.refusals += chunk.refusals
        loaded.warnings += chunk.warnings
        loaded.seen += chunk.seen
    return loaded


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write the content (text becomes UTF-8) under ``filename`` and read it."""

    def write_and_load(content: str | bytes, filename: str = "izinler.csv", **options: object) -> Loaded:
        path = tmp_path / filename
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_file(path, **options)

    return write_and_load


@pytest.fixture
def load_rows(load: Load) -> Load:
    """The same for lines under the corpus's header."""

    def with_header(*lines: str, header: str = HEADER, **options: object) -> Loaded:
        return load("\n".join((header, *lines)) + "\n", **options)

    return with_header


def plain(row: Row) -> dict[str, str]:
    """An accepted row in İYS's words, as the corpus writes it."""
    _, address, channel, identity, status, source, decided_at, _ = row
    return {
        "recipient": address,
        "type": Channel.of(channel).value,
        "source": "" if source is None else Source.of(source).value,
        "status": Status.of(status).value,
        "recipientType": Identity.of(identity).value,
        "consentDate": dates.wire(decided_at) if decided_at else "",
    }


def make_workbook(rows: Sequence[Sequence[object]], **sheets: Sequence[Sequence[object]]) -> bytes:
    """An XLSX with these rows on its first sheet, others after it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in sheets.items():
        sheet = book.create_sheet(title)
        for row in more:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="session")
def workbook() -> bytes:
    """The corpus's header and one good row, as Excel keeps them: a number, a moment."""
    return make_workbook(
        [
            HEADER.split(";"),
            [5320000001, "MESAJ", "HS_WEB", "ONAY", "BIREYSEL", dt.datetime(2026, 11, 23, 10, 15)],  # noqa: DTZ001
        ]
    )
