"""From nothing to two hundred consents, by what README and the pages show: a demo as ``make run`` starts it, a company
that applies and is approved, its brand, a colleague, and its first file."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, expect

from consents.instants import ISTANBUL
from tests import LONG, ROOT
from tests.browsing import browser, window
from tests.panel.companies.test_joining import tax_number
from tests.panel.operations.test_desk_browser import Effort
from tests.tryout import demo_site
from web.rendering.drawing import PANEL_TRIAL

__all__ = ["browser"]
ROWS = 200
MOST = 8 * 60  # seconds that the site and its steps take
# What may only fall: who reads README and every word of every page needs fourteen minutes and not eight.
PRESSES, TYPED, WORDS = 40, 14, 3_200
COMPANY, BRAND = "Deniz Gıda Sanayi ve Ticaret A.Ş.", "Denizgıda"
APP, MAIL = re.compile(r"şimdi şunu gösteriyor: (\d{6})"), re.compile(r"#(\d{6})\b")


class Newcomer(Effort):
    """Also what is chosen, and a look into the mailbox of the demo's people. ``used``: codes of all of them."""

    used: ClassVar[set[str]] = set()

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

    def mailed(self, shown: re.Pattern[str]) -> str:
        """What the mailbox shows first of this form, in a tab of its own: there and back."""
        self.presses += 2
        with self.page.context.expect_page() as opened:
            self.page.get_by_role("link", name="deneme postası").first.click(modifiers=["ControlOrMeta"])
        tab = opened.value
        tab.wait_for_load_state()
        for _ in range(100):
            text = tab.locator("main").inner_text().replace("\xa0", " ")
            if fresh := [code for code in shown.findall(text) if code not in self.used]:
                self.used.add(fresh[0])
                self.words += len(text.split("\n\n\n")[0].split())
                tab.close()
                return fresh[0]
            tab.wait_for_timeout(200)
            tab.reload()
        raise AssertionError(text)

    def sign_in(self, email: str) -> None:
        self.type("email", email)
        self.press("Kod gönder")
        self.type("code", self.mailed(MAIL))
        self.press("Giriş yap")

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
    one.type("email", PANEL_TRIAL.owner)
    one.press("Kod gönder")
    one.type("code", one.mailed(MAIL))
    one.press("Devam et")
    one.type("title", COMPANY)
    one.type("brand", BRAND)
    one.type("tax", tax_number())
    one.type("signatory", "Deniz Örnek")
    one.press("150.000 ya da daha az", "radio")
    one.press("Başvur")
    one.sees("Başvurunuz alındı")


def approves(one: Newcomer) -> None:
    one.sign_in(PANEL_TRIAL.operator)
    one.type("code", one.mailed(APP))
    one.press("Devam et")
    one.menu("Başvurular")
    one.follow(COMPANY)
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
    one.menu("Yükle")
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
    with demo_site() as address, window(browser, address) as page, window(browser, address) as other:
        for one in (page, other):
            one.goto("/panel/giris")
        newcomer = Newcomer(page)
        newcomer.words += len((ROOT / "README.md").read_text(encoding="utf-8").split())
        applies(newcomer)
        applied = perf_counter()
        operator = Newcomer(other)
        approves(operator)
        # Between two codes to one address a minute passes, which these people spend reading; it counts twice here.
        page.wait_for_timeout(max(0.0, 65 - perf_counter() + applied) * 1000)
        page.goto("/panel/giris")
        newcomer.read()
        newcomer.sign_in(PANEL_TRIAL.owner)
        newcomer.follow(COMPANY)
        looks_at_the_brand(newcomer)
        invites(newcomer)
        loads(newcomer, customers(tmp_path))
        recorded, *others = page.locator("main .counts tbody td").all_inner_texts()
        assert (recorded, {*others}) == (str(ROWS), {"0"})
        newcomer.menu("Bugün")
        newcomer.sees(str(ROWS))
        assert perf_counter() - began <= MOST
    both = newcomer, operator
    found = sum(one.presses for one in both), sum(one.typed for one in both), sum(one.words for one in both)
    assert found[:2] == (PRESSES, TYPED)
    assert found[2] <= WORDS, found
