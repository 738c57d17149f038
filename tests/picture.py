"""Renews the pictures of both READMEs: a list on a phone, and a file tried at the panel. Run by ``make picture``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import ROOT
from tests.browsing import ARGS
from tests.tryout import CHROMIUM, demo_site, sign_in

LANGUAGES = {"en": "", "tr": ".tr"}
PHONE = {"width": 360, "height": 800}
DESK = {"width": 1160, "height": 765}
COMPANY = "/panel/600100"
HEAD = "IZINTURU;ALICI;DURUMU;IZINKAYNAGI;IZINTARIHI;FIRMATIPI"


def main() -> None:
    """In the light, as the pages come up."""
    with demo_site() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        person = [{"name": name, "value": value, "url": address} for name, value in sign_in(address).items()]
        for language, ending in LANGUAGES.items():
            page = opened(browser, address, language, PHONE)
            page.context.add_cookies(person)  # type: ignore[arg-type]
            page.goto("/izinler")
            page.screenshot(path=ROOT / "docs" / f"list{ending}.png")
        page = opened(browser, address, "tr", DESK)
        owner_signs_in(page)
        tried(page)
        for language, ending in LANGUAGES.items():
            page.goto(f"{page.url.partition('?')[0]}?lang={language}")
            page.screenshot(path=ROOT / "docs" / f"panel{ending}.png")
        browser.close()


def opened(browser: Browser, address: str, language: str, size: Any) -> Page:
    context = browser.new_context(viewport=size, device_scale_factor=1.25, locale=language, base_url=address)
    return context.new_page()


def owner_signs_in(page: Page) -> None:
    """The demo's invented owner, by the code that the demo fills in."""
    page.goto("/panel/giris")
    page.get_by_role("button", name="Çınar'ın hesap sahibi").click()
    page.get_by_role("button", name="Giriş yap").click()
    page.wait_for_url(re.compile("genel"))


def tried(page: Page) -> None:
    """A file of the day before, with two rows that are not taken; the page waits until it is tried."""
    day = f"{datetime.now(UTC) - timedelta(days=1):%d.%m.%Y}"
    rows = [f"MESAJ;+90532{number:07};ONAY;HS_WEB;{day} 10:15;BIREYSEL" for number in range(60, 90)]
    rows += [f"SMS;+905320000091;ONAY;HS_WEB;{day} 10:15;BIREYSEL", f"MESAJ;0532 000;ONAY;HS_WEB;{day} 10:15;BIREYSEL"]
    content = "\n".join([HEAD, *rows]).encode()
    page.goto(f"{COMPANY}/yukle")
    page.select_option("#brand", index=1)
    page.set_input_files("#file", {"name": "izinler.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("main button[type=submit]").click()
    page.locator("form[action*='uygula']").wait_for()


if __name__ == "__main__":
    main()
