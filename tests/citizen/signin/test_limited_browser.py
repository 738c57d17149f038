"""Helping one who sits beside in a real browser: without script, by keyboard, on a narrow phone, for screen readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.registry import Registry, prepare
from tests.browsing import accessible, complaints, narrow, served, sized
from tests.browsing import browser as browser
from tests.citizen.consents.town import CINAR, Town, furnish
from tests.citizen.signin.desk import Desk
from tests.conftest import SECRET, Clock

MOTHER = "+905320000012"
PRESSED = "main button, main a.btn"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/izin.db"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        registry.store.write_now(furnish)
        told = Town(registry, None).told  # type: ignore[arg-type]
        told(MOTHER, CINAR)
        told(MOTHER, CINAR, "ARAMA")
        yield Desk(registry, clock, {"CODES_SENT_PER_IP": "1000", "OPTOUT_NUMBER": "3838"})


@pytest.fixture
def page(browser: Browser, here: Desk, request: pytest.FixtureRequest) -> Iterator[Page]:
    wanted = {"locale": "tr-TR", **getattr(request, "param", {})}
    with served(here.asgi) as address:
        context = browser.new_context(base_url=address, viewport={"width": 320, "height": 700}, **wanted)
        opened = context.new_page()
        told = complaints(opened)
        yield opened
        context.close()
    assert [text for text in told if "403" not in text and "Clear-Site-Data" not in text] == []


@pytest.mark.parametrize("page", [{}, {"java_script_enabled": False}], indirect=True, ids=["script", "no script"])
def test_one_helps_who_sits_beside(here: Desk, page: Page, request: pytest.FixtureRequest) -> None:
    scripted = "no script" not in request.node.name

    def look_at(page: Page) -> None:
        narrow(page, PRESSED)
        if scripted:  # axe is a script
            accessible(page)
            sized(page)

    page.goto("/giris")
    page.fill("#address", "0532 000 00 01")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kod")
    page.fill("#code", here.code)
    page.keyboard.press("Enter")
    page.get_by_text("Menü", exact=True).click()
    page.get_by_role("link", name="Annemin, babamın telefonu").click()
    look_at(page)
    page.fill("#address", "0532 000 00 12")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kod")
    found = re.search(r"\b([0-9]{6})\b", here.sent[-1]["text"])
    assert found
    look_at(page)
    page.fill("#code", found[1])
    page.keyboard.press("Enter")
    beside = page.get_by_role("region", name="Yakınınızın izinleri")
    expect(beside).to_contain_text("15 dakika kaldı")
    look_at(page)
    page.goto(f"/izinler/{CINAR}")
    row = page.locator(f"#c-{CINAR}-MESAJ-BIREYSEL")
    row.get_by_role("button", name="Reddet").click()
    expect(row).to_have_attribute("data-status", "RET")
    expect(page.locator("button[value=ONAY]")).to_have_count(0)
    look_at(page)
    page.goto("/izinler/kayit")
    expect(page.locator("h1")).to_have_text("Buradan yapılamaz")
    look_at(page)
    page.goto("/markalar")
    beside.get_by_role("button", name="Bitir").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Yakınınızın sayfası kapandı")
    look_at(page)
    page.get_by_role("link", name="Kendi izinlerime dön").click()
    expect(page.locator(".head .who")).to_contain_text("01")
