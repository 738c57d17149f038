"""“Verilerim” on a phone of 360 pixels without script: a request and an erasure, also in twice as large letters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.town import AYSE, CINAR, Town

SHOTS = os.environ.get("SHOTS")  # the folder that pictures are to be drawn in


def fits(page: Page, name: str) -> None:
    """Nothing scrolls sideways, in letters of one and of two times their size."""
    cdp = page.context.new_cdp_session(page)
    for percent in (100, 200):
        cdp.send("Runtime.evaluate", {"expression": f"document.documentElement.style.fontSize = '{percent}%'"})
        width = cdp.send("Runtime.evaluate", {"expression": "document.documentElement.scrollWidth"})
        assert width["result"]["value"] <= 360, (name, percent)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name} {percent}.png", full_page=True)
    cdp.detach()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_request_and_an_erasure_need_no_script(here: Town, browser: Browser, scheme: str) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(here) as address, opened(browser, address, visitor, script=False, scheme=scheme) as page:
        page.goto(f"{address}/verilerim")
        expect(page.locator("h1")).to_have_text("Verilerim")
        page.locator("summary", has_text="1 şirket aldı").click()
        expect(page.locator("main")).to_contain_text("Çınar Mağazacılık A.Ş.")
        fits(page, f"data {scheme}")
        page.get_by_role("link", name="Düzeltme iste ya da itiraz et").click()
        expect(page.get_by_role("button", name="Gönder")).to_be_visible()
        fits(page, f"ask {scheme}")
        page.get_by_label("Yanlış bir kayıt düzeltilsin").check()
        page.get_by_label("Kısaca yazın").fill("Bu numara artık benim.")
        page.get_by_role("button", name="Gönder").click()
        expect(page.locator(".note.good")).to_contain_text("Numarası: 2026/1.")
        page.reload()
        expect(page.locator("main")).to_contain_text("Cevap bekliyor")
        page.get_by_role("link", name="Beni sil").click()
        expect(page.locator("main")).to_contain_text("Bu geri alınamaz.")
        fits(page, f"erase {scheme}")
        page.get_by_role("button", name="Evet, beni sil").click()
        expect(page.locator("h1")).to_have_text("Kaydınız silindi")
        expect(page.locator("main")).to_contain_text("2026/2")
        fits(page, f"erased {scheme}")
        page.go_back()
        page.goto(f"{address}/izinler")
        expect(page).to_have_url(f"{address}/giris")
