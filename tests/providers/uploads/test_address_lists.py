"""The addresses of somebody's list are found in whatever columns they stand."""

from __future__ import annotations

import subprocess
import zipfile
from io import BytesIO

import pytest

from providers.uploads import BadFile, address_lists
from providers.uploads.address_lists import MOST, Busy, ListedAddress
from tests.providers.uploads.conftest import make_workbook

AYSE, MEHMET = "+905320000001", "+905320000002"


def addresses(content: str | bytes, name: str = "liste.csv") -> list[str]:
    """The canonical addresses; of a cell that is none its reason in brackets."""
    data = content.encode() if isinstance(content, str) else content
    return [one.address or f"[{one.fault}]" for one in address_lists.read([(name, data)])]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("0532 000 00 01\n\n+90 532 000 00 02\n", [AYSE, MEHMET]),
        ("0532 000 00 01, 0532 000 00 02, A@Example.com", [AYSE, MEHMET, "a@example.com"]),
        ("Müşteri listesi;;\n;;\nAd;Cep Tel;Tutar\nAyşe;5320000001;12\nAli;5320000002;1200,50\n", [AYSE, MEHMET]),
        ("Ad,Cep,E-posta\nAyşe,5320000001,a@example.com\nAli,,b@bb.com\n", [AYSE, "a@example.com", "b@bb.com"]),
        ("Cep\n5320000001\nyok\n5320000002\n0532\n", [AYSE, "[form]", MEHMET, "[short]"]),
        ('"Öz, Ayşe";"0532 000 00 01"\n"Can, ""Ali""";"0532 000 00 02"\n', [AYSE, MEHMET]),
        ("\ufeffCep\r\n0532 000 00 01\r\n".encode("utf-16"), [AYSE]),
        ("Şehir;Cep\nİğdır;5320000001\n".encode("cp1254"), [AYSE]),
    ],
)  # fmt: skip
def test_addresses_are_found_wherever_they_stand(content: str | bytes, found: list[str]) -> None:
    assert addresses(content) == found


def test_a_workbook_and_pasted_lines_are_one_list() -> None:
    book = make_workbook([["Ad", "Cep"], ["Ali", 5320000002], ["Can", "5,32E+09"], ["Efe", "0532 000 00 02"]])
    found = address_lists.read([("list.txt", b"0532 000 00 01"), ("liste.xlsx", book)])
    assert found == [
        ListedAddress("0532 000 00 01", AYSE),
        ListedAddress("5320000002", MEHMET),
        ListedAddress("5,32E+09", "", "spreadsheet"),
        ListedAddress("0532 000 00 02", MEHMET),
    ]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("Ad;Soyad\nAyşe;Öz\n", "a.csv", "okunabilen bir numara ya da e-posta yok"),
        ("", "a.csv", "okunabilen bir numara ya da e-posta yok"),
        ("Cep\n5,32E+09\n5,33E+09\n", "a.csv", "Excel numarayı bozmuş"),
        ("0532 000 00 01\n" * (MOST + 1), "a.txt", f"en çok {MOST} satır"),
        ("x\n" * (2 * MOST + 1), "a.txt", f"en çok {MOST} satır"),
        (b"%PDF-1.7", "a.pdf", "Bu bir tablo dosyası değil"),
        (b"PK\x03\x04", "a.xlsx", "Bu bir arşiv ya da okunamayan"),
    ],
)
def test_what_is_no_list_is_refused_for_its_reason(content: str | bytes, name: str, sentence: str) -> None:
    with pytest.raises(BadFile) as refused:
        addresses(content, name)
    assert sentence in refused.value.sentence.text("tr")


def test_as_many_lines_as_may_be_are_read() -> None:
    assert len(addresses("0532 000 00 01\n" * MOST)) == MOST


def test_a_workbook_that_asks_for_much_ends_its_reader_alone() -> None:
    """A cell in the last corner: some kilobytes that unpack to hundreds of gigabytes."""
    book = BytesIO(make_workbook([["Cep"], ["0532 000 00 01"]]))
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (sheet,) = [name for name in parts if name.startswith("xl/worksheets/")]
    cell = b'<row r="1048576"><c r="XFD1048576" t="str"><v>1</v></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", cell)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(BadFile) as refused:
        addresses(made.getvalue(), "liste.xlsx")
    assert refused.value.reason == "too_large"
    assert addresses("0532 000 00 01") == [AYSE]


def test_few_lists_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, run = [], subprocess.run

    def nested(*arguments: object, **more: object) -> object:
        at_once.append(1)
        if len(at_once) <= 2:
            with pytest.raises(Busy) if len(at_once) == 2 else pytest.raises(AssertionError):
                addresses("0532 000 00 01")
                raise AssertionError
        return run(*arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("providers.uploads.address_lists.subprocess.run", nested)
    assert addresses("0532 000 00 01") == [AYSE]
    assert len(at_once) == 2
    assert addresses("0532 000 00 01") == [AYSE], "its turn is over"
