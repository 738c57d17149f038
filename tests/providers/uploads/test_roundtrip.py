"""What a provider writes is what is read, in whatever form his programs write it; and no bytes crash the reader."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consents import dates
from consents.dates import Form
from consents.instants import ISTANBUL, moment
from consents.terms import Channel, Identity, Source, Status
from providers.uploads import BadFile, Row
from providers.uploads.files.file_header import FIELDS
from tests.providers.uploads.conftest import NOW, load_file, make_workbook

FIRST = dates.iys("2017-01-01 00:00:00")  # since 2016-09 no hour comes twice
NAMES = ("Alıcı", "İzin Türü", "İzin Kaynağı", "Durumu", "Alıcı Tipi", "İzin Tarihi", "Bayi Kodu")
CLOCKS = {Form.IYS: "%Y-%m-%d %H:%M:%S", Form.US: "%m.%d.%Y %I:%M:%S %p", Form.TR: "%d.%m.%Y %H:%M:%S"}

READS_FILES = settings(deadline=None)  # the first one works out the holidays


class Consent(NamedTuple):
    """One consent as the provider has it, dated to the second."""

    address: str
    channel: Channel
    source: Source
    status: Status
    identity: Identity
    second: int
    dealer: int | None

    def row(self, number: int) -> Row:
        _, channel, source, status, identity, second, dealer = self
        words = channel.code, identity.code, status.code, source.code
        return (number, self.address, *words, second * 1_000_000, dealer and dealer + 1)

    def cells(self, form: Form) -> list[str]:
        at = moment(self.second * 1_000_000).astimezone(ISTANBUL).strftime(CLOCKS[form])
        words = (str(word) for word in (self.channel, self.source, self.status, self.identity))
        return [self.address, *words, at, "" if self.dealer is None else str(self.dealer)]


MAILS = st.from_regex(r"[a-z][a-z0-9]{0,9}(\.[a-z0-9]{1,5})?(\+[a-z]{1,4})?@[a-z]{2,9}\.example\.com", fullmatch=True)
PHONES = st.integers(0, 9_999_999).map(lambda number: f"+90532{number:07}")


@st.composite
def consents(draw: st.DrawFn) -> Consent:
    channel = draw(st.sampled_from(Channel))
    status = draw(st.sampled_from([Status.ONAY, Status.RET]))
    sources = [source for source in Source if source.providers and source is not Source.HS_2015]
    if status is Status.ONAY:
        sources.remove(Source.HS_KARAR)
    return Consent(
        draw(MAILS if channel is Channel.EPOSTA else PHONES),
        channel,
        draw(st.sampled_from(sources)),
        status,
        draw(st.sampled_from(Identity)),
        draw(st.integers(FIRST // 1_000_000, NOW // 1_000_000)),
        draw(st.none() | st.integers(1, 99_999_999)),
    )


def load(content: bytes, name: str, **options: object) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        loaded = load_file(path, **options)
        assert loaded.refusals == []
        return loaded.rows


@given(
    written=st.lists(consents(), min_size=1, max_size=20),
    form=st.sampled_from(Form),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "cp1254", "utf-16"]),
    delimiter=st.sampled_from(";,\t"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    order=st.permutations(range(len(NAMES))),
)
@READS_FILES
def test_every_way_to_write_a_csv_is_read_back(
    written: list[Consent], form: Form, codec: str, delimiter: str, ending: str, quoting: int, order: list[int]
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]
    for cells in [NAMES, *(consent.cells(form) for consent in written)]:
        writer.writerow([cells[place] for place in order])
    dealers = {str(consent.dealer): consent.dealer + 1 for consent in written if consent.dealer is not None}
    rows = load(stream.getvalue().encode(codec), "a.csv", dates=form, dealers=dealers)
    assert rows == [consent.row(number) for number, consent in enumerate(written, 1)]


def test_a_workbook_is_read_back(many: list[Consent]) -> None:
    dealers = {str(consent.dealer): consent.dealer + 1 for consent in many if consent.dealer is not None}
    sheet = [list(NAMES), *(consent.cells(Form.IYS) for consent in many)]
    rows = load(make_workbook(sheet), "a.xlsx", dealers=dealers)
    assert rows == [consent.row(number) for number, consent in enumerate(many, 1)]


@pytest.fixture
def many() -> list[Consent]:
    """More rows than one block of a sheet holds."""
    chance = random.Random(20261124)
    return [
        Consent(
            f"+90532{chance.randrange(10**7):07}",
            chance.choice([Channel.ARAMA, Channel.MESAJ]),
            Source.HS_WEB,
            chance.choice([Status.ONAY, Status.RET]),
            chance.choice(list(Identity)),
            chance.randrange(FIRST // 1_000_000, NOW // 1_000_000),
            chance.choice([None, 7, 55550127]),
        )
        for _ in range(4_500)
    ]


HEADERS = st.sampled_from([";".join(FIELDS).encode(), ",".join(NAMES).encode(), "\t".join(NAMES).encode("cp1254"), b""])
PIECES = st.lists(
    st.sampled_from([b'"', b";", b",", b"\n", b"\r", b"\0", b"\xff", b"+905320000001", b"ali@example.com", b"MESAJ"])
    | st.sampled_from([b"EPOSTA", b"HS_WEB", b"RET", b"2026-11-23 10:15:00", b"05.06.2026", "ş".encode(), b"'", b"=1"])
    | st.binary(max_size=4),
    max_size=60,
).map(b"".join)


@given(
    start=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"sep=;\n", b"<table"]),
    header=HEADERS,
    body=PIECES,
    form=st.none() | st.sampled_from(Form),
    name=st.sampled_from(["a.csv", "a.xlsx"]),
)
@example(start=b"", header=b"", body=b"sep=;\n" * 3, form=None, name="a.csv")
@READS_FILES
def test_no_bytes_crash_the_reader(start: bytes, header: bytes, body: bytes, form: Form | None, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(start + header + b"\n" + body)
        with suppress(BadFile):
            loaded = load_file(path, dates=form)
            assert loaded.seen == len(loaded.rows) + len({refusal.row for refusal in loaded.refusals})
            assert {refusal.field for refusal in loaded.refusals} <= {"", *FIELDS}
