"""The page of links and posters: the file keeps the order of the addresses, and says which lines it could not read."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx2
import openpyxl
import pytest
from sqlalchemy import text

from consents.brands import brand_changes
from consents.brands.company_changes import Why
from consents.store import Snapshot, Statement
from panel import export_job
from panel.exports import export_store
from panel.people import brakes
from panel.programs import link_actions, link_pages
from panel.rights import Membership, Permission, Role
from providers.uploads import address_lists
from tests.panel.brands.forms import AT, OWNER, error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, Colleague, Office
from tests.panel.test_matrix import brand
from tests.providers.uploads.conftest import make_workbook
from tests.web.client import refused_for
from trust.minting import BATCH

PAGE = f"{AT}/baglantilar"


def ask(browser: Colleague, text: str, **changed: str) -> httpx2.Response:
    form = {"brand": str(CINAR), "channel": "MESAJ", **changed}
    return browser.post(PAGE, data=form, files={"file": ("adresler.txt", text.encode(), "text/plain")})


def rows(answer: httpx2.Response) -> list[list[str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    assert "no-store" in answer.headers["cache-control"]
    return list(csv.reader(io.StringIO(answer.text)))


def test_each_line_gets_its_link_and_a_link_refuses(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    found = rows(ask(owner, "\ufeff0532 000 00 01\n\nyok\na@example.com\n+905320000002\n"))
    assert found[0] == list(link_actions.HEADER)
    assert [row[:2] for row in found[1:]] == [["1", "+905320000001"], ["3", ""], ["4", ""], ["5", "+905320000002"]]
    assert [bool(row[2]) for row in found[1:]] == [True, False, False, True]
    assert [bool(row[3]) for row in found[1:]] == [False, True, True, False]
    assert found[3][3] == "channel"
    path = re.sub("^https?://[^/]+", "", found[1][2])
    door = here.browser()
    assert door.get(path).status_code == 200
    assert here.acts() == ["links-minted"]
    assert found[1][2].rpartition("/")[2] not in owner.get(f"{AT}/kutuk").text


def test_a_long_file_is_minted_in_pieces_and_loses_none(office: OpenOffice) -> None:
    here = office()
    many = BATCH + 5
    lines = "\n".join(f"kisi{number}@example.com" for number in range(many))
    found = rows(ask(here.somebody(OWNER), lines, channel="EPOSTA"))
    assert len(found) == many + 1
    assert len({row[2] for row in found[1:]}) == many
    assert [row[1] for row in found[1:]] == lines.split("\n")
    assert here.acts() == ["links-minted"]


REFUSED = [
    ({"brand": "600200"}, "0532 000 00 01", "brand", "marka"),
    ({"channel": "FAKS"}, "0532 000 00 01", "channel", "Kanalı"),
    ({}, " \n", "file", "dosya seçin"),
    ({}, "a@example.com", "file", "bu kanalla"),
]


@pytest.mark.parametrize(("changed", "text", "place", "said"), REFUSED, ids=[said for *_, said in REFUSED])
def test_what_cannot_be_minted_is_said_at_its_field(
    office: OpenOffice, changed: dict[str, str], text: str, place: str, said: str
) -> None:
    here = office()
    answer = ask(here.somebody(OWNER), text, **changed)
    assert answer.status_code == 422
    assert said in error_at(answer, place)
    assert here.acts() == []


def test_a_file_of_too_many_lines_and_a_closed_brand_are_refused(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    owner = here.somebody(OWNER)
    monkeypatch.setattr(link_actions, "MOST", 2)
    assert "2 satır" in error_at(ask(owner, "0532 000 00 01\n" * 3), "file")
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, "Bitti"))
    assert "Kapalı" in error_at(ask(owner, "0532 000 00 01"), "brand")


def test_only_own_brands_are_there(office: OpenOffice) -> None:
    here = office()
    own = frozenset({brand(here, CINAR)})
    browser = here.somebody(Membership(Role.USER, Permission.LOAD, own))
    assert "600101" not in browser.get(PAGE).text
    refused_for(ask(browser, "0532 000 00 01", brand="600101"), 422, "Bir marka seçin.")


def test_the_poster_is_a_pdf_in_both_languages(office: OpenOffice) -> None:
    here = office(OPTOUT_NUMBER="+908500000000")
    owner = here.somebody(OWNER)
    assert f"/m/{CINAR}/afis.pdf" in owner.get(PAGE).text
    files = [here.browser().get(f"/m/{CINAR}/afis.pdf", params={"lang": language}) for language in ("tr", "en")]
    for answer in files:
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    assert files[0].content != files[1].content
    assert here.browser().get("/m/999999/afis.pdf").status_code == 404


SHEET = [
    ["Eylül müşterileri", "", "", ""],
    ["Ad", "Sabit", "Cep Tel", "E-posta"],
    ["@Ayşe", "0212 444 55 66", "0532 000 00 01", "ayse@example.com"],
    ["Bora", "0212 444 55 67", "5,32E+09", ""],
    ["", "", "", ""],
    ["Cem", "0212 444 55 68", "", "cem@example"],
    ["Ece", "0212 444 55 69", "0532 000 00 02", "ece@example.com"],
]


def send(browser: Colleague, name: str, content: bytes, **changed: str) -> httpx2.Response:
    form = {"brand": str(CINAR), "channel": "MESAJ", **changed}
    return browser.post(PAGE, data=form, files={"file": (name, content)})


def book_rows(answer: httpx2.Response, sheet: str = "") -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return [[cell or "" for cell in row] for row in book[sheet or book.sheetnames[0]].iter_rows(values_only=True)]


def links_count(here: Office) -> int:
    (found,) = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT count(*) FROM short_link")))
    return int(found)


def opens(here: Office, link: str) -> bool:
    return here.browser().get(re.sub("^https?://[^/]+", "", link)).status_code == 200


def test_a_workbook_goes_back_with_a_link_in_each_row(office: OpenOffice, sqlite_url: str) -> None:
    here = office()
    owner = here.somebody(OWNER)
    answer = send(owner, "müşteriler.xlsx", make_workbook(SHEET))
    found = book_rows(answer)
    assert [row[:4] for row in found] == SHEET, "the company's own cells stay as they are"
    assert found[0][4:] == ["", ""]
    assert found[1][4:] == ["Bağlantı", "Hata"]
    assert [bool(row[4]) for row in found[2:]] == [True, False, False, False, True]
    assert [row[5] for row in found[2:]] == [
        "",
        "Excel numarayı bozmuş. Sütunu «Metin» biçimine alıp numarayı yeniden yazın.",
        "",
        "Bu satırda numara ya da e-posta yok.",
        "",
    ]
    assert opens(here, found[2][4])
    assert links_count(here) == 2
    assert here.acts() == ["links-minted"]
    held = Path(sqlite_url.removeprefix("sqlite:///"))
    kept = b"".join(one.read_bytes() for one in held.parent.glob(f"{held.name}*"))
    assert "Eylül müşterileri".encode() not in kept
    (waiting,) = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT count(*) FROM panel_export")))
    assert waiting == 0
    mails = book_rows(send(owner, "x.xlsx", make_workbook(SHEET), channel="EPOSTA", qr="1"))
    assert mails[1][4:] == ["Bağlantı", "Karekod", "Hata"]
    assert mails[2][5] == mails[2][4].replace("/k/", "/qr/") + ".png"
    assert opens(here, mails[2][5])
    assert [row[6] != "" for row in mails[2:]] == [False, True, False, True, False]
    calls = book_rows(send(owner, "x.xlsx", make_workbook(SHEET), channel="ARAMA"))
    assert [bool(row[4]) for row in calls[2:]] == [True, True, False, True, True], "a call reaches the landlines"


def test_a_csv_goes_back_as_it_came_and_a_file_without_a_header_gets_one(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    sent = "Ad;Cep\r\nŞule;+905320000001\r\n@SUM(A1);-5\r\n".encode("cp1254")
    answer = send(owner, "liste.csv", sent)
    assert answer.text.startswith("\ufeff")
    found = rows_of(answer, ";")
    assert [row[:2] for row in found] == [["Ad", "Cep"], ["Şule", "+905320000001"], ["'@SUM(A1)", "-5"]]
    assert found[0][2:] == ["Bağlantı", "Hata"]
    assert opens(here, found[1][2])
    assert found[2][3].startswith("Excel numarayı bozmuş.")
    bare = rows_of(send(owner, "liste.csv", b"0532 000 00 01\n0532 000 00\n"), ";")
    assert [row[0] for row in bare] == ["", "0532 000 00 01", "0532 000 00"]
    assert bare[2][2]
    tabs = rows_of(send(owner, "excel.txt", "Ad\tCep\nCem\t0532 000 00 03\n".encode("utf-16")), "\t")
    assert tabs[1][:2] == ["Cem", "0532 000 00 03"]
    assert opens(here, tabs[1][2])


def rows_of(answer: httpx2.Response, delimiter: str) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text[1:]), delimiter=delimiter))


def test_each_sheet_goes_back_and_one_without_addresses_as_it_was(office: OpenOffice) -> None:
    here = office()
    content = make_workbook([["Cep"], ["0532 000 00 01"]], Not=[["Bir", "İki"]], Şube=[["0532 000 00 02"]])
    answer = send(here.somebody(OWNER), "a.xlsx", content)
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames == ["Sheet", "Not", "Şube"]
    assert book_rows(answer, "Not") == [["Bir", "İki"]]
    assert book_rows(answer, "Sheet")[0] == ["Cep", "Bağlantı", "Hata"]
    branch = book_rows(answer, "Şube")
    assert branch[0] == ["", "Bağlantı", "Hata"]
    assert opens(here, branch[1][1])


def test_a_table_is_bounded_as_an_upload(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    many = "Ad;Cep\n" + "Cem;0532 000 00 01\n" * address_lists.MOST
    assert "10000 satır" in error_at(send(owner, "a.csv", many.encode()), "file")
    assert "bu kanalla" in error_at(send(owner, "a.csv", b"Ad;Cep\nCem;yok\n"), "file")
    assert "parolalı" in error_at(send(owner, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600), "file")
    wide = make_workbook([["x" * 4000, "0532 000 00 01"]] * 2100)
    assert "çok büyük" in error_at(send(owner, "a.xlsx", wide), "file")
    for changed, place in (({"brand": "600200"}, "brand"), ({"channel": "FAKS"}, "channel")):
        assert error_at(send(owner, "a.csv", b"Ad;Cep\nCem;0532 000 00 01\n", **changed), place)
    monkeypatch.setattr(link_pages, "BYTES", 100)
    assert send(owner, "a.csv", b"x" * 101).status_code == 413
    monkeypatch.undo()
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, "Bitti"))
    assert "Kapalı" in error_at(send(owner, "a.csv", b"Ad;Cep\nCem;0532 000 00 01\n"), "brand")
    assert here.acts() == []
    assert links_count(here) == 0


def test_thirty_tables_an_hour_and_none_while_others_are_read(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    owner = here.somebody(OWNER)
    read: list[str] = []

    def busy(name: str, content: bytes) -> None:
        read.append(name)
        raise address_lists.Busy

    monkeypatch.setattr(address_lists, "read_tables", busy)
    assert brakes.TABLES == 30
    for _ in range(30):
        refused_for(send(owner, "a.csv", b"Cep\n0532 000 00 01\n"), 503, "başka listeler okunuyor")
    refused_for(send(owner, "a.csv", b"Cep\n0532 000 00 01\n"), 429, "en çok 30 dosya ya da liste okunur")
    assert len(read) == 30, "nothing is read above it"
    assert len(rows(ask(owner, "0532 000 00 01"))) == 2, "plain text takes no process"


def long(count: int) -> str:
    return "\n".join(f"kisi{number}@example.com" for number in range(count)) + "\nyok\n"


@pytest.fixture
def here(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Where a file of more than three lines is long, and two links are a piece."""
    monkeypatch.setattr(link_actions, "LONG", 3)
    monkeypatch.setattr(link_actions, "BATCH", 2)
    return office()


@pytest.fixture
def owner(here: Office) -> Colleague:
    return here.somebody(OWNER)


def test_a_long_file_is_made_afterwards_and_fetched(here: Office, owner: Colleague, sqlite_url: str) -> None:
    answer = ask(owner, long(4), channel="EPOSTA")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}/dosyalar")
    waits = owner.get(f"{PAGE}/dosyalar").text
    assert "Hazırlanıyor" in waits
    assert 'value="0"' in waits
    assert owner.post(f"{PAGE}/dosyalar/1/indir").status_code == 303, "it is not made yet"
    held = Path(sqlite_url.removeprefix("sqlite:///"))
    assert b"kisi1@example" not in b"".join(one.read_bytes() for one in held.parent.glob(f"{held.name}*"))
    assert export_job.make_waiting(here.registry) == 1
    assert here.registry.store.read_now(export_store.source_part, here.registry.keyring, 1, 0) is None, (
        "the list is gone"
    )
    found = rows(owner.post(f"{PAGE}/dosyalar/1/indir"))
    assert found[0] == list(link_actions.HEADER)
    assert [row[1] for row in found[1:]] == [*(f"kisi{number}@example.com" for number in range(4)), ""]
    assert len({row[2] for row in found[1:]}) == 5
    assert found[5][3]
    assert here.browser().get(re.sub("^https?://[^/]+", "", found[3][2])).status_code == 200
    assert here.acts() == ["links-minted", "link-file-made", "link-file-fetched"]
    assert "Hazırlanıyor" not in owner.get(f"{PAGE}/dosyalar").text


def test_a_long_file_that_was_cut_off_goes_on_and_mints_no_link_twice(
    here: Office, owner: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(owner, long(5), channel="EPOSTA")

    def die(lines: int) -> None:
        if lines == 4:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        export_job.make_waiting(here.registry, die)
    assert 'value="66"' in owner.get(f"{PAGE}/dosyalar").text
    assert export_job.make_waiting(here.registry) == 1
    assert len(rows(owner.post(f"{PAGE}/dosyalar/1/indir"))) == 7
    counted = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT count(*) FROM short_link")))
    assert counted == (5,)


def test_long_files_are_refused_as_short_ones_and_three_wait_at_the_most(here: Office, owner: Colleague) -> None:
    for _ in range(3):
        assert ask(owner, long(4), channel="EPOSTA").status_code == 303
    assert "3 dosyanız" in error_at(ask(owner, long(4), channel="EPOSTA"), "file")
    assert here.acts() == ["links-minted"] * 3
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, "Bitti"))
    assert "Kapalı" in error_at(ask(owner, long(4), channel="EPOSTA"), "brand")


def test_a_link_file_is_no_file_of_consents(here: Office, owner: Colleague) -> None:
    ask(owner, long(4), channel="EPOSTA")
    export_job.make_waiting(here.registry)
    reports = here.somebody(Membership(Role.USER, Permission.REPORT))
    assert reports.post(f"{AT}/sorgu/dosyalar/1/indir").status_code == 404
    refused_for(reports.post(f"{PAGE}/dosyalar/1/indir"), 403, NO_RIGHT)
    assert "Dosya no 1" not in reports.get(f"{AT}/sorgu/dosyalar").text
