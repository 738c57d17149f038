"""A file is known by its bytes."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from providers.uploads import BadFile
from tests.providers.uploads.conftest import GOOD, HEADER, Load

TURKISH = "Alıcı;İzin Tipi;İzin Kaynağı;İzin Durumu;Alıcı Tipi;İzin Tarihi"


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"<html><table><tr><td>Al\xc4\xb1c\xc4\xb1",
        b"\xef\xbb\xbf\r\n<?xml version='1.0'?><Workbook/>",
        gzip.compress(f"{HEADER}\n{GOOD}".encode()),
        archive("izinler.csv"),
        archive("mimetype", "content.xml"),
        archive("[Content_Types].xml", "xl/workbook.bin"),
        b"PK\x03\x04 and nothing more",
    ],
    ids=["xls", "pdf", "html", "xml", "gzip", "zip", "ods", "xlsb", "broken zip"],
)
def test_what_is_no_table_is_refused_with_advice(content: bytes, load: Load) -> None:
    with pytest.raises(BadFile) as refused:
        load(content, "izinler.xlsx")
    assert refused.value.reason == "not_csv"
    assert "CSV UTF-8" in refused.value.sentence.text("tr")
    assert "CSV UTF-8" in refused.value.sentence.text("en")


@pytest.mark.parametrize("codec", ["utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_an_encoding_nobody_can_know_is_refused(codec: str, load: Load) -> None:
    with pytest.raises(BadFile) as refused:
        load(f"{HEADER}\n{GOOD}\n".encode(codec))
    assert refused.value.reason == "encoding"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_ending_is_read(codec: str, delimiter: str, ending: str, load: Load) -> None:
    lines = [TURKISH, GOOD, GOOD.replace("ONAY", "RET")]
    loaded = load(ending.join(lines).replace(";", delimiter).encode(codec))
    assert loaded.numbers == [1, 2]
    assert loaded.warnings == ({} if codec.startswith("utf-8") else {"encoding": 1})


def test_utf16_in_the_other_byte_order_is_read(load: Load) -> None:
    assert load(b"\xfe\xff" + f"{TURKISH}\n{GOOD}".encode("utf-16-be")).numbers == [1]


def test_a_stray_nul_spoils_its_cell_only(load_rows: Load) -> None:
    loaded = load_rows(GOOD, GOOD.replace("MESAJ", "MES\0AJ"))
    assert (loaded.numbers, loaded.faults) == ([1], [(2, "type", "H117")])


def test_many_stray_bytes_in_a_utf8_file_do_not_make_it_windows_1254(load: Load) -> None:
    rows = [GOOD.encode() + b";\xfe\xf0" if n % 3 else GOOD.encode() + ";çğışöü".encode() for n in range(30)]
    loaded = load(b"\n".join([f"{TURKISH};Ad".encode(), *rows]))
    assert len(loaded.rows) == 30
    assert loaded.warnings == {"column:Ad": 1}


def test_a_csv_that_calls_itself_xlsx_is_read_as_what_it_is(load: Load) -> None:
    assert load(f"{HEADER}\n{GOOD}", "izinler.xlsx").numbers == [1]


def test_the_owners_name_counts_where_the_path_is_a_copy(load: Load, workbook: bytes) -> None:
    assert load(workbook, "upload-17", name="İzinler.XLSX").numbers == [1]


def test_an_empty_file_has_no_rows(load: Load) -> None:
    for content in ("", "\ufeff", "\n \n"):
        with pytest.raises(BadFile) as refused:
            load(content)
        assert refused.value.reason == "no_rows"
