"""The pages of dealers: added, changed, let go where nothing is linked, refused at their fields."""

from __future__ import annotations

import html
import io
import re

import httpx2
import openpyxl
import pytest

from consents.brands import companies, dealer_records
from consents.brands.dealer_records import KnownDealer
from panel.brands import dealer_lists
from panel.people import brakes
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, STALE, Colleague, Office
from tests.panel.test_matrix import brand
from tests.providers.uploads.conftest import make_workbook
from tests.web.client import refused_for

LIST = f"{AT}/bayiler/{CINAR}"


def dealers(here: Office) -> dict[str, int]:
    found: dict[str, int] = here.registry.store.read_now(companies.dealers, brand(here, CINAR))
    return found


def test_added_changed_and_let_go(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    page = owner.post(LIST, data={"title": "Kadıköy", "external": "B-1"}).headers["location"].partition("?")[0]
    assert "Kadıköy" in owner.get(LIST).text
    wish = {"title": "Kadıköy Çarşı", "external": "B-2", "status": "passive", "seen": seen(owner.get(page))}
    assert owner.post(page, data=wish).headers["location"] == f"{page}?degisti"
    assert "B-2" in dealers(here)
    assert "B-1" not in dealers(here)
    assert "Pasif" in owner.get(LIST).text
    refused_for(owner.post(page, data=wish), 409, STALE)  # it was drawn before the change
    assert owner.post(f"{page}/kaldir", data={"seen": seen(owner.get(page))}).status_code == 303
    assert dealers(here) == {}
    assert owner.get(page).status_code == 404
    assert here.acts() == ["dealer-added", "dealer-changed", "dealer-ended"]


def test_what_a_rule_refuses_is_said_at_its_field(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"title": "Bir", "external": "B-1"})
    assert "255" in error_at(owner.post(LIST, data={"title": " "}), "title")
    assert "B-1" in error_at(owner.post(LIST, data={"title": "İki", "external": "B-1"}), "external")
    assert "sekiz haneli" in error_at(owner.post(LIST, data={"title": "İki", "external": "12345678"}), "external")
    second = owner.post(LIST, data={"title": "İki", "external": "B-2"}).headers["location"].partition("?")[0]
    wish = {"title": "İki", "status": "active", "seen": seen(owner.get(second))}
    assert "B-1" in error_at(owner.post(second, data=wish | {"external": "B-1"}), "external")
    assert "pasif" in error_at(owner.post(second, data=wish | {"external": "B-2", "status": "gone"}), "status")
    assert here.acts() == ["dealer-added", "dealer-added"]


def test_a_second_click_adds_no_second_dealer(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert owner.post(LIST, data={"title": "Merkez"}).status_code == 303
    assert "az önce" in error_at(owner.post(LIST, data={"title": "Merkez "}), "title")
    assert owner.post(LIST, data={"title": "Merkez", "external": "B-2"}).status_code == 303
    assert here.acts() == ["dealer-added"] * 2


def test_a_dealer_that_a_consent_came_through_stays(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    page = owner.post(LIST, data={"title": "Bir"}).headers["location"].partition("?")[0]
    code = int(page.rpartition("/")[2])
    found = here.registry.store.read_now(dealer_records.find, here.registry.keyring, brand(here, CINAR), code)
    assert found is not None
    row = (1, brand(here, CINAR), 0, 0, found.id, 1)
    columns = "recipient,brand,channel,identity,dealer,event"

    def give(transaction: object) -> None:
        from consents.people import register

        keyring = here.registry.keyring
        (number,) = register.enrol_all(transaction, keyring, [register.person(keyring, "+905320000001")])  # type: ignore[arg-type]
        transaction.insert("dealer_access", columns, [(number, *row[1:])])  # type: ignore[attr-defined]

    here.registry.store.write_now(give)
    answer = owner.post(f"{page}/kaldir", data={"seen": seen(owner.get(page))})
    assert answer.status_code == 422
    assert "Önce yetkilerini alın" in answer.text
    assert owner.get(page).status_code == 200


def many(owner: Colleague, text: str = "", file: str | bytes = "") -> httpx2.Response:
    return owner.post(f"{LIST}/toplu", data={"list": text}, files={"file": ("bayiler.csv", file)})


def test_many_are_pasted_or_read_from_a_file(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"title": "Bir", "external": "34-001"})
    pasted = "34-001\tKadıköy\r\n34-002\tÜsküdar\r\n\r\n34-003"
    for _ in range(2):  # a second click adds none
        assert many(owner, pasted, '\ufeff34-004;"Şişli; Merkez"\n34-002;Başka\n').status_code == 303
    known = {one.title for one in _all(here)}
    assert known == {"Bir", "Üsküdar", "34-003", "Şişli; Merkez"}
    assert {"34-001", "34-002", "34-003", "34-004"} <= dealers(here).keys()
    assert here.acts() == ["dealer-added", "dealers-added"]


def test_the_csv_of_a_turkish_excel_keeps_its_letters(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert many(owner, file="34-001;Kadıköy Şubesi\r\n34-002;Üsküdar\r\n".encode("cp1254")).status_code == 303
    assert {one.title for one in _all(here)} == {"Kadıköy Şubesi", "Üsküdar"}


def test_a_list_with_a_line_that_cannot_be_read_adds_none(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    answer = many(owner, "34-001;Kadıköy\n12345678;Sekiz hane\n34-002;Üsküdar\nbak.example.com")
    assert "Şu satırlar okunamadı: 2, 4." in error_at(answer, "list")
    assert "34-002;Üsküdar" in answer.text, "what was typed is kept"
    assert "2000" in error_at(many(owner, file="\n".join(f"B-{number}" for number in range(2_001))), "list")
    assert "2000" in error_at(many(owner, file="x" * (1 << 20) + "y"), "list")
    assert "CSV" in error_at(many(owner), "list")
    assert dealers(here) == {}
    assert here.acts() == []


def sent(owner: Colleague, name: str, content: bytes, text: str = "") -> httpx2.Response:
    return owner.post(f"{LIST}/toplu", data={"list": text}, files={"file": (name, content)})


HEADERS = [
    "Kod;Ad",
    "KOD;AD",
    "kodu;adı",
    "Bayi Kodu;Bayi Adı",
    "Şube kodu;Şube adı",
    "Mağaza No;Mağaza",
    "Code;Name",
    "Dealer code;Title",
    "Store Code;Store name",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_becomes_no_dealer_pasted_as_csv_or_in_a_workbook(office: OpenOffice, header: str) -> None:
    """With its columns in either order, with more of them, and below a title."""
    here = office()
    owner = here.somebody(OWNER)
    names = header.split(";")
    turned = f'Adres,{names[1]},{names[0]}\n"Çarşı, no 1","Şişli, Merkez",34-3\n'
    ways = (
        ("", b"", f"{header}\n34-1; Kadıköy"),
        ("", b"", "\t".join(names) + "\tİl\n34-2\tÜsküdar\tİstanbul"),
        ("bayiler.csv", f"\ufeff{turned}".encode(), ""),
        ("bayiler.csv", f"{header}\r\n34-4;Beşiktaş\r\n".encode("cp1254"), ""),
        ("bayiler.xlsx", make_workbook([["Bayilerimiz"], names, ["34-5", "Kartal"], [], [346, "Maltepe"]]), ""),
        ("bayiler.txt", f"{names[0]}\t{names[1]}\n34-7\tŞile\n".encode("utf-16"), ""),
    )
    for name, content, pasted in ways:
        answer = sent(owner, name, content, pasted)
        assert answer.status_code == 303, answer.text
    codes = {one.title: code for code, number in dealers(here).items() for one in _all(here) if one.id == number}
    assert codes == {
        "Kadıköy": "34-1",
        "Üsküdar": "34-2",
        "Şişli, Merkez": "34-3",
        "Beşiktaş": "34-4",
        "Kartal": "34-5",
        "Maltepe": "346",
        "Şile": "34-7",
    }


def test_a_workbook_without_a_header_is_read_and_each_of_its_sheets(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    book = make_workbook([["34-1", "Kadıköy", "0216"], ["34-2"]], İzmir=[["Kod", "Ad"], ["35-1", "Konak"]])
    assert sent(owner, "a.xlsx", book).status_code == 303
    assert {one.title for one in _all(here)} == {"Kadıköy", "34-2", "Konak"}
    assert here.acts() == ["dealers-added"]


def test_a_table_with_wrong_rows_goes_back_with_what_is_wrong(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    rows = [["Kod", "Ad", "İl"], ["34-1", "Kadıköy", "İstanbul"], ["12345678", "Sekiz", "Van"], ["", "", "Muş"]]
    answer = sent(owner, "bayiler.xlsx", make_workbook(rows), "34-0;Merkez")
    assert "Şu satırlar okunamadı: 4, 5." in error_at(answer, "list")
    assert re.findall(r'<th scope="row">Satır (\d+)</th>', answer.text) == ["4", "5"]
    assert "sekiz haneli" in answer.text
    assert dealers(here) == {}
    kept = html.unescape(re.search(r"<textarea[^>]*>([^<]*)</textarea>", answer.text)[1])  # type: ignore[index]
    assert kept == "34-0\tMerkez\nKod\tAd\tİl\n34-1\tKadıköy\tİstanbul\n12345678\tSekiz\tVan\n\t\tMuş"
    back = owner.post(f"{LIST}/toplu/hatali", data={"list": kept}, files={"file": ("", b"")})
    assert back.headers["content-disposition"] == f'attachment; filename="bayiler-{CINAR}.xlsx"'
    found = [[cell or "" for cell in row] for row in openpyxl.load_workbook(io.BytesIO(back.content)).active.values]
    assert [row[:3] for row in found] == [rows[0], ["34-0", "Merkez", ""], *rows[1:]]
    assert [row[3] for row in found[:3]] == ["Hata", "", ""]
    assert "sekiz haneli" in found[3][3]
    assert "255" in found[4][3]
    assert here.acts() == []
    found[3][0], found[4][0] = "65-1", "49-1"
    assert sent(owner, "bayiler.xlsx", make_workbook(found)).status_code == 303, "loaded again as it is, repaired"
    assert {one.title for one in _all(here)} == {"Merkez", "Kadıköy", "Sekiz", "49-1"}


def test_a_long_pasted_list_is_read_whole(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert many(owner, "\n".join(f"B-{number:04};Şube {number}" for number in range(600))).status_code == 303
    assert len(_all(here)) == 600


def test_workbooks_of_dealers_are_bounded(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert "parolalı" in error_at(sent(owner, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600), "list")
    assert "2000" in error_at(sent(owner, "a.xlsx", make_workbook([[f"B-{at}"] for at in range(2_001)])), "list")
    monkeypatch.setattr(brakes, "TABLES", 2)
    book = make_workbook([["34-1", "Kadıköy"]])
    refused_for(sent(owner, "a.xlsx", book), 429, "en çok 30 dosya ya da liste okunur")
    for text, file in (("34-2;Üsküdar", ""), ("", "34-2;Üsküdar")):
        refused_for(many(owner, text, file), 429, "en çok 30 dosya ya da liste okunur")
    refused_for(many(owner), 422, "Bayileri yapıştırın")
    assert dealers(here) == {}


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028"])
def test_a_text_of_too_many_lines_is_refused_before_they_are_split(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    owner, plain, split = office().somebody(OWNER), dealer_lists._split, list[str]()

    def counted(text: str, delimiter: str) -> list[str]:
        split.append(text)
        return plain(text, delimiter)

    monkeypatch.setattr(dealer_lists, "_split", counted)
    for text, file in ((end * 10_001, ""), ("", end * 10_001)):
        assert "2000" in error_at(many(owner, text, file), "list")
    assert split == []
    assert many(owner, "34-1;Kadıköy" + "\n" * 9_000).status_code == 303, "empty lines are no dealers"


def test_dealers_are_found_by_title_code_and_number(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    many(owner, "\n".join([f"B-{number:03};Şube {number}" for number in range(120)] + ["ız-1;İZMİR Çarşı"]))
    number = dealers(here)["ız-1"]
    code = next(one.code for one in _all(here) if one.id == number)
    for words in ("izmir", "IZMIR", "çarşı", "İZ-1", str(code)):
        page = owner.get(LIST, params={"ara": words}).text
        assert page.count("/bayi/") == 1, words
        assert "İZMİR Çarşı" in page
    assert "Aradığınız bayi bu markada yok." in owner.get(LIST, params={"ara": "Ankara"}).text
    first = owner.get(LIST, params={"ara": "şube"}).text
    assert first.count("/bayi/") == 50
    assert "120 bayi" in first
    assert "?ara=%C5%9Fube&amp;sayfa=2" in first
    last = owner.get(LIST, params={"ara": "şube", "sayfa": "3"}).text
    assert last.count("/bayi/") == 20


def _all(here: Office) -> list[KnownDealer]:
    _, found = here.registry.store.read_now(dealer_records.page, here.registry.keyring, brand(here, CINAR), 0, 1_000)
    return found
