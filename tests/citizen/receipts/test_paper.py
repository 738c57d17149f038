"""On paper: a receipt and a complaint on one sheet, the record of thirty brands on four."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from tests import browsing
from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import many
from tests.citizen.consents.town import AYSE, CINAR, Town, text
from tests.citizen.receipts.test_receipts import refused
from tests.conftest import Clock


def sheets(page: Page, path: str) -> int:
    """On how many sheets of A4 a page is printed."""
    page.goto(path)
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


def test_a_receipt_and_the_record_of_thirty_brands_are_few_sheets(here: Town, browser: Browser) -> None:
    many(here, AYSE, 30, both=True)
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    receipt = refused(here, visitor)
    visitor.post("/izinler/reddet", scope="all")
    with served(here) as address, opened(browser, address, visitor) as page:
        assert sheets(page, receipt) == 1
        assert sheets(page, "/izinler/kayit") <= 4
        page.emulate_media(media="print")
        assert page.locator("summary", has_text="Örnek Marka 7").is_visible(), "what stands is on paper too"
        assert page.locator("summary", has_text="Menü").is_hidden()


def test_a_complaint_is_one_sheet(here: Town, clock: Clock, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    refused(here, here.sign_in(AYSE))
    clock.forward(days=10)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto(f"/izinler/sikayet/{CINAR}")
        page.get_by_label("Mesajın metni").fill("Sepette %50 indirim! CINARMKT " * 20)
        page.get_by_label("Geldiği gün").fill("2026-12-01")
        with page.expect_navigation():
            page.get_by_role("button", name="Şikâyet metnini yaz").click()
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))) == 1


def test_the_record_shows_the_whole_number_to_its_owner(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    number = refused(here, visitor)[-12:]
    assert "+90 532 000 00 01" in text(visitor.get("/izinler/kayit").text)
    record = visitor.get("/izinler/kayit.json").json()
    assert number in {said["record_number"] for said in record["brands"][0]["history"]}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_page_is_accessible_and_narrow(here: Town, clock: Clock, browser: Browser, language: str) -> None:
    here.told(AYSE, CINAR)
    receipt = refused(here, here.sign_in(AYSE))
    clock.forward(days=10)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        papers = (receipt, "/belgelerim", "/makbuz", "/dogrula", f"/izinler/sikayet/{CINAR}", "/izinler/kayit")
        for path in papers:
            page.set_viewport_size({"width": 360, "height": 740})
            page.goto(f"{path}?lang={language}")
            browsing.accessible(page)
            page.emulate_media(color_scheme="dark")
            browsing.readable(page)
            page.emulate_media(color_scheme="light")
            browsing.narrow(page, ".btn, .papers a, .record > details > summary, .rooms a")
            browsing.sized(page)
