"""Refused rows by reason, each repaired on the page or in the company's own file."""

from __future__ import annotations

import asyncio
import io
import re
from typing import Any

import openpyxl
import pytest

from consents.brands import companies, dealer_records
from consents.rules import ONAY
from izin import jobs
from panel.audit.change import AuditedWork
from panel.rights import Company, Member, Membership, Permission, Principal, Role, Staff
from panel.uploads import brand_rows, upload_store
from panel.uploads.reasons import RowReasons
from panel.uploads.upload_store import PanelFile, UploadState
from providers.uploads import RowRefusal
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, NO_RIGHT, Colleague, Office
from tests.panel.uploads.test_matching import ANSWER
from tests.panel.uploads.test_uploads import NOT_NOW, brand_of, pieces, sms
from tests.panel.uploads.uploads import AYSE, GOOD, HEADER, MEHMET, applied, file, press, tried, work
from tests.providers.uploads.conftest import NOW, make_workbook
from tests.web.client import refused_for

pytestmark = pytest.mark.usefixtures("read_here")
LOADER = Membership(Role.USER, Permission.LOAD)
MANAGER = Membership(Role.USER, Permission.LOAD | Permission.ADMINISTER)
DEALT = f"{HEADER};retailerCode"
BAD = GOOD.replace("0000001", "000000")


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def manager(here: Office) -> Colleague:
    return here.somebody(MANAGER)


def page_of(browser: Colleague, found: PanelFile) -> str:
    return browser.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text


def own(browser: Colleague, found: PanelFile) -> openpyxl.Workbook:
    answer = press(browser, found.id, "reddedilenler", **{"for": "own"})
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def rows_of(sheet: Any) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def again(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def dealt(count: int, first: int = 1) -> str:
    rows = [f"{GOOD.replace('0000001', f'{number:07}')};M-{number % 30:03}" for number in range(first, first + count)]
    return "\n".join([DEALT, *rows]) + "\n"


def test_reasons_are_counted_the_commonest_first(here: Office, manager: Colleague) -> None:
    found = tried(here, manager, "\n".join([HEADER, BAD, BAD, GOOD, GOOD.replace("MESAJ", "FAKS")]))
    assert found.tried is not None
    assert [(field, code, rows) for field, code, _, rows, *_ in found.tried["reasons"]] == [
        ("recipient", "H121", 2),
        ("type", "H117", 1),
    ]
    page = page_of(manager, found)
    assert '<progress max="4" value="1"' in page
    assert page.index("Telefon numarasında eksik") < page.index("İzin türü tanınmadı")


def test_the_dealers_of_a_file_are_added_with_one_press_and_it_is_tried_again(here: Office, manager: Colleague) -> None:
    found = tried(here, manager, dealt(60))
    assert found.tried is not None
    assert (found.tried["refused"], found.tried["reasons"][0][3:5]) == (60, [60, 30])
    assert "30 bayiyi bu dosyadan ekle" in page_of(manager, found)
    for _ in range(2):  # a second click adds none
        assert press(manager, found.id, "bayiler").status_code == 303
    work(here)
    again = file(here, found.id)
    assert again.tried is not None
    assert (again.state, again.tried["refused"], again.tried["recorded"]) == (UploadState.CHECKED, 0, 60)
    store, brand = here.registry.store, brand_of(here.registry)
    total, some = store.read_now(dealer_records.page, here.registry.keyring, brand.id, 0, 100)
    assert total == 30
    assert {one.title for one in some} == {f"M-{number:03}" for number in range(30)}
    assert store.read_now(companies.dealers, brand.id)["M-007"]
    assert here.acts().count("dealers-added") == 1


def test_dealers_are_added_by_those_who_may_alone(here: Office) -> None:
    loader = here.somebody(LOADER)
    found = tried(here, loader, dealt(60))
    page = page_of(loader, found)
    assert "bayiyi bu dosyadan ekle" not in page
    assert "Bayileri, bayi yetkisi olan bir arkadaşınız ekleyebilir." in page
    refused_for(press(loader, found.id, "bayiler"), 403, NO_RIGHT)


def test_codes_that_no_dealer_may_have_are_not_offered(here: Office, manager: Colleague) -> None:
    content = "\n".join([DEALT, f"{GOOD};12345678", f"{GOOD};{'x' * 65}", f"{GOOD};bayi.example.com"])
    found = tried(here, manager, content)
    assert found.tried is not None
    assert found.tried["reasons"][0][3:5] == [3, 0]
    assert press(manager, found.id, "bayiler").status_code == 303
    work(here)
    total, _ = here.registry.store.read_now(
        dealer_records.page, here.registry.keyring, brand_of(here.registry).id, 0, 10
    )
    assert total == 0


@pytest.mark.parametrize(
    ("code", "value", "chosen", "form"),
    [
        ("H162", "11.12.2026 10:15", None, ""),  # 11 December and 12 November: now is 24 November
        ("H162", "05.12.2026 10:15", None, "us"),
        ("H162", "12.05.2026 10:15", None, "tr"),
        ("H162", "25.12.2026 10:15", None, ""),
        ("H467", "2026-05-11 00:00:00", "us", "tr"),
        ("H467", "2026-05-11 00:00:00", "tr", "us"),
        ("H467", "2026-05-11 00:00:00", None, ""),
        ("H467", "2026-05-12 00:00:00", "us", ""),
        ("H158", "dün", None, ""),
    ],
)
def test_another_reading_of_dates_is_offered_where_it_is_possible(
    code: str, value: str, chosen: str | None, form: str
) -> None:
    reasons = RowReasons(NOW, chosen)
    reasons.add([RowRefusal(1, "consentDate", code, "x", value, 2)])
    ((*_, found, may),) = reasons.counts()
    if value == "11.12.2026 10:15":
        assert (found, may) == ("us", 1), "12 November is over"
    else:
        assert (found, may) == (form, int(bool(form)))


def test_dates_are_counted_the_other_way_round_with_one_press(here: Office, manager: Colleague) -> None:
    content = f"{HEADER}\n{GOOD.replace('2026-11-23 10:15:00', '05.12.2026 10:15').replace('ONAY', 'RET')}\n"
    found = tried(here, manager, content, dates="tr")
    assert 'name="dates" value="us"' in page_of(manager, found)
    assert press(manager, found.id, "tarihler", dates="us").status_code == 303
    work(here)
    again = file(here, found.id)
    assert again.tried is not None
    assert (again.tried["recorded"], again.tried["refused"]) == (1, 0)


def test_the_own_file_names_faults_and_is_loaded_as_it_is(here: Office, manager: Colleague) -> None:
    """Its columns have their owner's names, what holds for all rows is in it, and dates are no question any more."""
    lines = [
        "Müşteri listesi",
        "Ad;Cep Tel;Ne zaman;Bayi;Not",
        "Ayşe;0532 000 00 01;23.11.2026;;=1+1",
        "Mehmet;0532 000 00 0;23.11.2026;;+y",
        'Can;0532 000 00 03;dün;A-1;"a;b"',
    ]
    found = tried(here, manager, "\n".join(lines))
    columns = {"column-0": "", "column-1": "recipient", "column-2": "consentDate", "column-3": "retailerCode"}
    press(manager, found.id, "sutunlar", **{**ANSWER, **columns, "column-4": ""})
    work(here)
    sheet = own(manager, file(here, found.id)).active
    header, *rows = rows_of(sheet)
    assert header == [
        "Hata",
        "Düzeltme",
        "IZINTURU",
        "IZINKAYNAGI",
        "DURUMU",
        "Ad",
        "Cep Tel",
        "Ne zaman",
        "Bayi",
        "Not",
    ]
    assert [row[5:] for row in rows] == [
        ["Ayşe", "0532 000 00 01", "23.11.2026", "", "=1+1"],
        ["Mehmet", "0532 000 00 0", "23.11.2026", "", "+y"],
        ["Can", "0532 000 00 03", "dün", "A-1", "a;b"],
    ]
    assert all(row[2:5] == ["MESAJ", "HS_WEB", "ONAY"] for row in rows)
    assert rows[0][:2] == ["", ""]
    assert rows[1][:2] == [
        "Alıcı: Telefon numarasında eksik ya da fazla rakam var.",
        "Şöyle yazın: +905320000001",
    ]
    assert rows[2][0].splitlines() == [
        "Tarih: İzin tarihinin biçimi tanınmadı.",
        "Bayi kodu: Bayi kodu bu markada yok.",
    ]
    assert [sheet.row_dimensions[number].hidden for number in (1, 2, 3, 4)] == [False, True, False, False]
    assert sheet.auto_filter.ref == "A1:J4"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} <= {"s", "inlineStr"}

    book = own(manager, file(here, found.id))
    book.active["G3"], book.active["H4"], book.active["I4"] = "0532 000 00 02", "23.11.2026", None
    following = tried(here, manager, again(book), "musteri-duzelt.xlsx")
    assert following.tried is not None
    assert (following.state, following.tried["recorded"], following.tried["refused"]) == (UploadState.CHECKED, 3, 0)
    assert "Bu sütun tanınmadı" in page_of(manager, following), "Ad and Not"
    assert not any("Hata" in key or "Düzeltme" in key for key in following.tried["warnings"])
    assert press(manager, following.id, "uygula").status_code == 303
    work(here)
    assert (sms(here, AYSE), sms(here, MEHMET)) == (ONAY, ONAY)


def test_dates_that_were_answered_are_written_with_one_reading(here: Office, manager: Colleague) -> None:
    content = f"{HEADER}\n{GOOD.replace('2026-11-23 10:15:00', '05.11.2026 10:15')}\n"
    asked = tried(here, manager, content)
    press(manager, asked.id, "tarihler", dates="tr")
    work(here)
    _, row = rows_of(own(manager, file(here, asked.id)).active)
    assert row[-1] == "2026-11-05 10:15:00"


def test_a_repaired_file_that_is_still_wrong_has_its_columns_of_faults_once(here: Office, manager: Colleague) -> None:
    first = own(manager, tried(here, manager, f"{HEADER}\n{BAD}\n{GOOD}"))
    following = tried(here, manager, again(first), "yine.xlsx")
    header, *rows = rows_of(own(manager, following).active)
    assert header == ["Hata", "Düzeltme", *HEADER.split(";")]
    assert [bool(row[0]) for row in rows] == [True, False]


def test_the_own_file_in_english(here: Office, manager: Colleague) -> None:
    found = tried(here, manager, f"{HEADER}\n{BAD}")
    answer = manager.post(f"/panel/{CINAR}/yuklemeler/{found.id}/reddedilenler?lang=en", data={"for": "own"})
    header, row = rows_of(openpyxl.load_workbook(io.BytesIO(answer.content)).active)
    assert header[:2] == ["Error", "Correction"]
    assert row[0].startswith("Recipient: ")
    assert here.acts()[-1] == "refusals-downloaded"


def test_the_own_file_of_a_workbook_has_its_sheets(here: Office, manager: Colleague) -> None:
    header = HEADER.split(";")
    book = openpyxl.Workbook()
    for title, cells in (("Ocak", BAD.split(";")), ("Şubat", GOOD.split(";"))):
        sheet = book.create_sheet(title)
        sheet.append(header)
        sheet.append(cells)
    del book["Sheet"]
    mended = own(manager, tried(here, manager, again(book), "iki.xlsx"))
    assert mended.sheetnames == ["Ocak", "Şubat"]
    assert [bool(rows_of(sheet)[1][0]) for sheet in mended] == [True, False]


def test_after_loading_the_file_is_kept_for_its_refused_rows_alone(here: Office, manager: Colleague) -> None:
    applied(here, manager, f"{HEADER}\n{GOOD}")
    assert pieces(here) == {}, "nothing is left to be corrected"
    found = applied(here, manager, f"{HEADER}\n{BAD}\n{GOOD.replace('0000001', '0000002')}")
    assert "Dosyamı hatalarıyla indir" in page_of(manager, found)
    assert len(rows_of(own(manager, found).active)) == 3
    here.clock.forward(hours=73)
    asyncio.run(jobs._sweep(here.registry, here.settings))
    late = here.somebody(MANAGER)
    assert "Dosyamı hatalarıyla indir" not in page_of(late, found)
    refused_for(press(late, found.id, "reddedilenler", **{"for": "own"}), 409, NOT_NOW)


def test_sheets_are_chosen(here: Office, manager: Colleague) -> None:
    header = HEADER.split(";")
    sheets = {
        "Kapak": [["Rapor"], ["Kasım"]],
        "Veri": [header, GOOD.split(";")],
        "Eski": [header, *[GOOD.replace("0000001", "0000002").split(";")] * 5],
    }
    book = openpyxl.Workbook()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    found = tried(here, manager, again(book), "uc.xlsx")
    assert found.tried is not None
    assert found.tried["sheets"] == {"Veri": 1, "Eski": 5}
    page = page_of(manager, found)
    assert "Kapak: Bu sayfa okunmadı: ilk satırında sütun adları yok." in page
    assert "Eski (5 satır)" in page
    assert press(manager, found.id, "sayfalar", **{"sheet-2": "Veri"}).status_code == 303
    work(here)
    only = file(here, found.id)
    assert only.tried is not None
    assert (only.tried["rows"], only.tried["sheets"]) == (1, {"Veri": 1})
    assert "Eski: Bu sayfa okunmadı: seçmediniz." in page_of(manager, only)
    assert press(manager, found.id, "sayfalar").status_code == 303, "none is no choice"
    assert file(here, found.id).state is UploadState.CHECKED


def test_another_sheet_is_read_where_the_first_has_no_columns(here: Office, manager: Colleague) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Kapak"
    book.active.append(["Rapor", "Kasım"])
    sheet = book.create_sheet("Liste")
    for row in (["Cep", "Gün"], ["0532 000 00 01", "23.11.2026"]):
        sheet.append(row)
    asked = tried(here, manager, again(book), "liste.xlsx")
    assert asked.state is UploadState.ASKING
    page = manager.get(f"/panel/{CINAR}/yuklemeler/{asked.id}/sutunlar").text
    assert "Şu sayfayı oku: Liste" in page
    press(manager, asked.id, "sayfalar", **{"sheet-1": "Liste"})
    work(here)
    page = manager.get(f"/panel/{CINAR}/yuklemeler/{asked.id}/sutunlar").text
    assert "Sizdeki «Cep»" in page
    columns = {"column-0": "recipient", "column-1": "consentDate", "column-2": "", "column-3": ""}
    press(manager, asked.id, "sutunlar", **ANSWER | columns)
    work(here)
    found = file(here, asked.id)
    assert found.tried is not None
    assert (found.tried["recorded"], found.layout.sheets) == (1, ["Liste"])


def test_rows_of_several_brands_are_a_file_each(here: Office, manager: Colleague) -> None:
    first, second = BRANDS[CINAR][:2]
    store = here.registry.store
    titles = {one: store.read_now(companies.known_brand, one).title for one in (first, second)}  # type: ignore[union-attr]
    lines = [f"{HEADER};Marka"]
    for number, brand in enumerate([titles[first], titles[second].upper(), str(second), "", "Bilinmeyen"], 1):
        lines.append(f"{GOOD.replace('0000001', f'{number:07}')};{brand}")
    found = tried(here, manager, "\n".join(lines))
    assert found.tried is not None
    assert (found.tried["rows"], found.tried["recorded"], found.tried["refused"]) == (3, 2, 1)
    assert [one[:2] for one in found.tried["reasons"]] == [["brandCode", "brand"]]
    page = page_of(manager, found)
    assert f"{titles[second]}: 2 satır" in page
    for _ in range(2):  # a second click makes no second file
        assert press(manager, found.id, "markalar").status_code == 303
    work(here)
    files = store.read_now(upload_store.newest, here.registry.keyring, [brand_id(here, one) for one in (first, second)])
    assert len(files) == 2
    other = files[0]
    assert other.tried is not None
    assert (other.brand, other.tried["rows"], other.tried["recorded"]) == (brand_id(here, second), 2, 2)
    assert f"/yuklemeler/{other.id}" in page_of(manager, found)
    for number in (found.id, other.id):
        press(manager, number, "uygula")
    work(here)
    assert {one.state for one in (file(here, found.id), file(here, other.id))} == {UploadState.LOADED}
    assert press(manager, other.id, "geri-al").status_code == 303
    work(here)
    assert sms(here, AYSE) == ONAY


def brand_id(here: Office, code: int) -> int:
    found = here.registry.store.read_now(companies.known_brand, code)
    assert found is not None
    return found.id


def test_a_column_of_brands_of_a_user_with_one_brand_names_no_other(here: Office) -> None:
    first, second = BRANDS[CINAR][:2]
    loader = here.somebody(Membership(Role.USER, Permission.LOAD, frozenset({brand_id(here, first)})))
    found = tried(here, loader, f"{HEADER};Marka\n{GOOD};{second}\n{GOOD};{first}\n")
    page = page_of(loader, found)
    assert "Görmediğiniz markalar: 1 satır" in page
    assert "Öteki markaların satırlarını da dene" not in page
    assert press(loader, found.id, "markalar").status_code == 303
    assert here.acts().count("file-uploaded") == 1


def test_a_workbook_is_read_by_a_process_of_its_own(here: Office, manager: Colleague) -> None:
    found = tried(here, manager, make_workbook([HEADER.split(";"), BAD.split(";")]), "bir.xlsx")
    assert rows_of(own(manager, found).active)[1][0]


def test_a_cell_that_is_too_long_for_a_spreadsheet_is_cut(here: Office, manager: Colleague) -> None:
    """Excel opens no workbook with a cell of more than 32,767 UTF-16 units."""
    long = GOOD.replace("MESAJ", "\U0001f600" * 20_000)
    sheet = own(manager, tried(here, manager, "\n".join([HEADER, long, BAD]))).worksheets[0]
    longest = max(len(str(cell.value or "").encode("utf-16-le")) // 2 for row in sheet.iter_rows() for cell in row)
    assert longest == 32_766  # of whole characters


def test_a_trial_that_somebody_else_has_repeated_is_not_applied_unseen(here: Office, manager: Colleague) -> None:
    found = tried(
        here,
        manager,
        "\n".join([HEADER, GOOD.replace("ONAY", "RET").replace("2026-11-23 10:15:00", "11.10.2026 10:15:00")]),
        dates="tr",
    )
    shown = re.findall(r'name="seen" value="([^"]+)"', page_of(manager, found))
    assert len(shown) == 1
    other = here.somebody(MANAGER)
    assert press(other, found.id, "tarihler", dates="us").status_code == 303
    work(here)
    assert file(here, found.id).state is UploadState.CHECKED
    late = press(manager, found.id, "uygula", seen=shown[0])
    assert late.status_code == 409
    assert "Siz bakarken başka biri bunu değiştirdi." in late.text
    assert file(here, found.id).state is UploadState.CHECKED
    (now,) = re.findall(r'name="seen" value="([^"]+)"', page_of(manager, found))
    assert now != shown[0]
    assert press(manager, found.id, "uygula", seen=now).status_code == 303


def test_two_people_who_try_the_other_brands_at_once_get_one_file(here: Office, manager: Colleague) -> None:
    first, second = BRANDS[CINAR][:2]
    found = tried(here, manager, f"{HEADER};Marka\n{GOOD};{second}\n{GOOD};{first}\n")
    copies = copied(here, found, second), copied(here, found, second)
    assert copies[0] == [brand_id(here, second)]
    assert copies[1] == []


def test_a_file_that_is_deleted_while_its_rows_are_copied_leaves_no_part(here: Office, manager: Colleague) -> None:
    first, second = BRANDS[CINAR][:2]
    found = tried(here, manager, f"{HEADER};Marka\n{GOOD};{second}\n{GOOD};{first}\n")
    assert press(manager, found.id, "sil").status_code == 303
    assert copied(here, found, second) == []


def copied(here: Office, found: PanelFile, code: int) -> list[int]:
    """Copies a file to a brand as a request does that looked before all others; the brands of the new files."""
    store, keyring, brand = here.registry.store, here.registry.keyring, brand_id(here, code)
    person = here.person("copying@cinar.example", MANAGER)
    principal = Principal(person, "copying@cinar.example", Staff.NONE, b"", b"")
    member = Member(principal, Company(here.id_of(CINAR), CINAR, ""), MANAGER, {}, ())
    before = {one.id for one in store.read_now(upload_store.newest, keyring, [brand])}
    number = store.write_now(brand_rows.begin_copy, keyring, found, person, brand)
    store.write_now(brand_rows.copy_piece, number, found, 0)
    store.write_now(AuditedWork(keyring, person, brand_rows.received), member, number, brand, found)
    return [one.brand for one in store.read_now(upload_store.newest, keyring, [brand]) if one.id not in before]
