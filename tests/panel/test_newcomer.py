"""From nothing to two hundred consents, by what README and the pages show: a demo as ``make run`` starts it, a company
that applies and is approved, its brand, a colleague, and its first file."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from playwright.sync_api import Browser, expect

from consents.instants import ISTANBUL
from tests import LONG, ROOT
from tests.browsing import browser, window
from tests.panel.companies.test_joining import tax_number
from tests.panel.operations.test_desk_browser import Effort
from tests.tryout import demo_site

__all__ = ["browser"]
ROWS = 200
MOST = 8 * 60  # seconds of the person and of the machine
GAP = 65  # seconds between two codes to one address
# What may only fall.
PRESSES, TYPED, WORDS = 16, 5, 1_160
# What a company does next: a short name of its brand, and a colleague.
NEXT_PRESSES, NEXT_TYPED, NEXT_WORDS = 11, 3, 830
COMPANY, BRAND = "Deniz Gıda Sanayi ve Ticaret A.Ş.", "Denizgıda"
EMAIL = "deniz@denizgida.example"


class Newcomer(Effort):
    """Also what is followed and awaited, and what a demo has written into a field. ``asked``: when a code was asked
    for, in the person's seconds and the robot's."""

    asked = 0.0, 0.0

    def follow(self, name: str) -> None:
        self.presses += 1
        self.page.locator("main").get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()
        self.read()

    def menu(self, name: str) -> None:
        button = self.page.get_by_role("button", name="Menü", exact=True)
        if button.is_visible():
            self.presses += 1
            button.click()
        self.presses += 1
        self.page.locator(".side").get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_load_state()
        self.read()

    def code(self, button: str) -> None:
        """The demo shows the code in its field."""
        expect(self.page.locator("#code")).to_have_value(re.compile(r"\d{6}"))
        self.press(button)

    def until(self, heading: str) -> None:
        """The page renews itself."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible(timeout=60_000)
        self.read()

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)


def customers(folder: Path) -> Path:
    """A shop's list of yesterday, in its own words."""
    day = (datetime.now(ISTANBUL) - timedelta(days=1)).strftime("%d.%m.%Y 10:15")
    path = folder / "müşteriler.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Alıcı", "İzin Türü", "Kaynak", "Durum", "Alıcı Tipi", "Tarih"])
        writer.writerows(
            [f"0533 {row // 100:03} {row // 10 % 10:02} {row % 100:02}", "SMS", "Web sitesi", "Onay", "Bireysel", day]
            for row in range(ROWS)
        )
    return path


def applies(one: Newcomer) -> None:
    one.follow("Şirketiniz için başvurun")
    one.type("email", EMAIL)
    one.press("Kod gönder")
    one.asked = one.seconds, perf_counter()
    one.code("Devam et")
    one.type("title", COMPANY)
    one.type("brand", BRAND)
    one.type("tax", tax_number())
    one.type("signatory", "Deniz Örnek")
    one.press("150.000 ya da daha az", "radio")
    one.press("Başvur")
    one.sees("Başvurunuz alındı")


def approves(one: Newcomer) -> None:
    """As the operator, whom the demo invents too."""
    one.press("Başvuruya bak")
    one.code("Giriş yap")
    one.code("Devam et")
    one.press("Başvuruyu onayla")
    one.sees("Karar kaydedildi")


def looks_at_the_brand(one: Newcomer) -> None:
    one.menu("Markalar")
    one.follow(BRAND)
    one.type("name-1", "deniz")
    one.type("why", "Kuruluş")
    one.press("Kaydet")
    one.sees("Kaydedildi")


def invites(one: Newcomer) -> None:
    one.menu("Ekibim")
    one.follow("Kişi davet et")
    one.type("email", "calisan@deniz.example")
    one.presses += 1
    one.page.locator("#role-manager").check()
    one.press("Davet gönder")
    one.sees("Bir hafta geçerlidir.")


def loads(one: Newcomer, path: Path) -> None:
    one.presses += 2
    one.page.locator("#file").set_input_files(path)
    one.press("Yükle ve dene")
    one.until("Deneme bitti, henüz hiçbir şey kaydedilmedi")
    one.press("Uygula")
    one.until("Dosya uygulandı")


@pytest.mark.skipif(not LONG, reason="a demo, and a minute between two codes")
def test_two_hundred_consents_stand_eight_minutes_after_nothing(browser: Browser, tmp_path: Path) -> None:
    """With the seconds that the machine takes, but for the installation."""
    began = perf_counter()
    with demo_site() as address, window(browser, address) as page:
        page.goto("/panel/giris")
        one = Newcomer(page)
        one.words += len((ROOT / "README.md").read_text(encoding="utf-8").split())
        applies(one)
        approves(one)
        # Between two codes to one address a minute passes. A person reads meanwhile, the robot waits: what is left of
        # the minute after the person's own seconds is counted, and the rest of the robot's waiting is not.
        (seconds, at), paused = one.asked, perf_counter()
        page.wait_for_timeout(max(0.0, GAP - paused + at) * 1000)
        paused = perf_counter() - paused - max(0.0, GAP - one.seconds + seconds)
        one.press("Deneme: Başvuran olarak gir")
        one.code("Giriş yap")
        one.follow("İlk dosyanızı yükleyin")
        loads(one, customers(tmp_path))
        recorded, *others = page.locator("main .counts tbody td").all_inner_texts()
        assert (recorded, {*others}) == (str(ROWS), {"0"})
        machine = perf_counter() - began - paused
        found = one.presses, one.typed, one.words, round(one.seconds), round(machine)
        assert one.seconds + machine <= MOST, found
        assert (one.presses, one.typed) == (PRESSES, TYPED), found
        assert one.words <= WORDS, found
        then = Newcomer(page)
        then.menu("Bugün")
        then.sees(str(ROWS))
        looks_at_the_brand(then)
        invites(then)
        found = then.presses, then.typed, then.words, round(then.seconds), 0
        assert found[:2] == (NEXT_PRESSES, NEXT_TYPED), found
        assert then.words <= NEXT_WORDS, found
