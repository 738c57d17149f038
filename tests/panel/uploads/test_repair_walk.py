"""A clerk's messy file of thousands of rows, from its choice to the last consent, by what the pages show alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from consents.store import Snapshot, Statement
from panel.rights import Membership, Permission, Role
from tests import repeats
from tests.browsing import accessible, browser, narrow, served, window  # noqa: F401 - a fixture
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.uploads.test_upload_walk import DESK, PHONE, Walk, work
from web import cookies

CLERK = Membership(Role.USER, Permission.LOAD | Permission.ADMINISTER)
# More rows than are put in order at first; in make long more than are kept in memory.
ROWS, DEALERS = repeats(5_600, 40_000), 300
# As the company's own list has them: a title, a blank line, columns of its own names.
HEADER = ["Müşteri", "Cep Telefonu", "Nereden", "Onaylı mı", "Tür", "Onay günü", "Şube"]
PHONES = ("0{} {} {} {}", "+90{}{}{}{}", "{}{}{}{}", "(0{}) {} {}-{}")
SOURCES = ("Web sitesi", "Çağrı merkezi", "Mağaza", "HS_MOBIL")
STATUSES = ("Onay", "ONAY", "onay")
KINDS = ("BİREYSEL", "Bireysel", "bıreysel", "TACİR", "")
# Two spellings of one day, a day alone, and a spreadsheet's own date.
DATES = ("23.11.2026 10:15", "11.23.26 10:15 AM", "23.11.2026", datetime(2026, 11, 23, 10, 15))  # noqa: DTZ001
WRONG = ROWS // 80
_STANDING = Statement(
    text("SELECT count(*), sum(CASE WHEN dealer IS NULL THEN 0 ELSE 1 END) FROM consent_event WHERE status = 1")
)


def number(row: int, form: str = PHONES[1]) -> str:
    digits = f"{row:07}"
    return form.format("532", digits[:3], digits[3:5], digits[5:])


def spoilt(row: int) -> str:
    """A number as Excel or a hurried hand spoils it."""
    plain = number(row, PHONES[2])
    return (plain.replace("0", "O", 1), f"{plain[0]},{plain[1:3]}E+09", plain[:-2], "")[row // (ROWS // WRONG) % 4]


def cells(row: int) -> list[object]:
    wrong = row % (ROWS // WRONG) == 0
    phone = spoilt(row) if wrong else number(row, PHONES[row % 4])
    dealer = f"ŞB-{row // 4 % DEALERS:03}" if row % 4 else ""
    columns = [f"Müşteri {row}", phone, SOURCES[row % 4], STATUSES[row % 3], KINDS[row % 5], DATES[row % 4], dealer]
    return list(columns)


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("messy") / "müşteri listesi.xlsx"
    book = openpyxl.Workbook(write_only=True)
    cover, sheet = book.create_sheet("Açıklama"), book.create_sheet("Liste")
    cover.append(["Bu liste her ay güncellenir."])
    for row in (["KASIM MÜŞTERİ LİSTESİ"], [], HEADER):
        sheet.append(row)
    for row_number in range(1, ROWS + 1):
        sheet.append(cells(row_number))
    book.save(path)
    return path


class Clerk(Walk):
    """Counts what she chooses and presses; everything is found by the words that she sees."""

    presses = choices = 0

    def press_button(self, words: str) -> None:
        self._press("button", words)

    def follow(self, words: str) -> None:
        self._press("link", words)

    def _press(self, role: str, words: str) -> None:
        self.presses += 1
        self.page.get_by_role(role, name=words).first.click()  # type: ignore[arg-type]

    def choose(self, label: str, words: str) -> None:
        self.choices += 1
        self.page.get_by_label(label, exact=True).select_option(label=words)

    def choose_file(self, path: Path) -> None:
        self.choices += 1
        self.page.get_by_label("Dosya (CSV veya XLSX)").set_input_files(path)

    def wait(self, words: str) -> None:
        """Until the worker has done its part. The page then shows it by itself, but for this one, without scripts."""
        going = self.page.get_by_role("heading", name=re.compile("Dosya (deneniyor|uygulanıyor)"))
        expect(going).to_be_visible(timeout=20_000)
        work(self.here)
        self.page.goto(self.page.url)
        expect(self.page.get_by_role("heading", name=words).first).to_be_visible(timeout=20_000)
        self.look()


@pytest.fixture(params=[PHONE, DESK] if os.environ.get("PICTURES") else [PHONE], ids=lambda look: look[0])
def clerk(request: pytest.FixtureRequest, office: OpenOffice, browser: Browser) -> Iterator[Clerk]:  # noqa: F811
    name, size, scheme, _ = request.param
    here = office()
    token = here.somebody(CLERK).cookies[cookies.PANEL]
    look = {"viewport": size, "color_scheme": scheme, "locale": "tr-TR"}
    with (
        served(here.asgi) as address,
        window(browser, address, cookie=f"{cookies.PANEL}={token}", java_script_enabled=False, **look) as page,
    ):
        yield Clerk(here, page, f"repair-{name}")


def test_a_clerk_repairs_a_messy_file_in_few_steps(clerk: Clerk, messy: Path, tmp_path: Path) -> None:
    page = clerk.page
    page.goto(f"/panel/{CINAR}/yukle")
    clerk.choose("Hangi marka?", f"Marka {BRANDS[CINAR][0]}")
    clerk.choose_file(messy)
    clerk.look()
    clerk.press_button("Yükle ve dene")
    clerk.wait("Dosyanın sütunları eşleşmedi")
    clerk.follow("Sütunları eşleştir")
    clerk.look()
    for own, meant in (
        ("Cep Telefonu", "Alıcı"),
        ("Nereden", "Kaynak"),
        ("Onaylı mı", "Durum"),
        ("Tür", "Alıcı tipi"),
        ("Onay günü", "Tarih"),
        ("Şube", "Bayi kodu"),
    ):
        clerk.choose(f"Sizdeki «{own}»", meant)
    clerk.choose("İzin türü", "SMS")
    clerk.press_button("Böyle oku ve dene")

    clerk.wait("Deneme bitti")
    unknown = sum(row % 4 > 0 for row in range(1, ROWS + 1))
    assert bar(page) == (ROWS - unknown - WRONG, unknown + WRONG), "wrong numbers are of rows without a dealer"
    assert "Açıklama: Bu sayfa okunmadı" in page.locator("main").inner_text()
    clerk.press_button(f"{DEALERS} bayiyi bu dosyadan ekle")
    clerk.wait("Deneme bitti")
    assert bar(page) == (ROWS - WRONG, WRONG)
    with page.expect_download() as download:
        clerk.press_button("Dosyamı hatalarıyla indir (Excel)")
    repaired = tmp_path / download.value.suggested_filename
    assert repaired.name == "müşteri listesi-düzelt.xlsx"
    download.value.save_as(repaired)
    assert in_excel(repaired) == WRONG

    page.goto(f"/panel/{CINAR}/yukle")
    clerk.choose("Hangi marka?", f"Marka {BRANDS[CINAR][0]}")
    clerk.choose_file(repaired)
    clerk.press_button("Yükle ve dene")
    clerk.wait("Deneme bitti")
    assert bar(page) == (None, None), "no row has an error"
    clerk.press_button("Uygula")
    clerk.wait("Dosya uygulandı")
    assert standing(clerk.here) == (ROWS, unknown)
    assert (clerk.presses, clerk.choices) == (7, 11)


def bar(page: Page) -> tuple[int | None, int | None]:
    """Rows that are taken, and those with errors, as the bar shows them."""
    found = page.locator("#bar")
    if not found.count():
        return None, None
    taken, wrong = (int(one.replace(".", "")) for one in re.findall(r"[\d.]*\d", found.inner_text()))
    return taken, wrong


def in_excel(path: Path) -> int:
    """Corrects what the columns of faults name, in the rows that are shown; returns how many."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    phone, name = header.index("Cep Telefonu"), header.index("Müşteri")
    corrected = 0
    for row in sheet.iter_rows(min_row=2):
        if not sheet.row_dimensions[row[0].row].hidden:
            assert str(row[0].value).startswith("Alıcı: "), row[0].value
            assert row[1].value
            row[phone].value = number(int(str(row[name].value).removeprefix("Müşteri ")))
            corrected += 1
    book.save(path)
    return corrected


def standing(here: Office) -> tuple[int, ...]:
    found = here.registry.store.read_now(Snapshot.one, _STANDING)
    assert found is not None
    return tuple(map(int, found))
