"""Every page of a citizen in a real browser: axe with AAA contrast, and nothing scrolls sideways in twice as large
letters; in both schemes, from left to right and from right to left.

``SHOTS=folder`` draws each of them into a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.registry import Registry, prepare
from tests import repeats
from tests.browsing import WIDE, accessible, readable, served, window
from tests.browsing import browser as browser
from tests.citizen.consents.test_keyboard import Reader
from tests.citizen.every_page import Walk, filled, named
from tests.citizen.signin.desk import Desk
from tests.conftest import SECRET, Clock

ENV = {
    "CODES_SENT_PER_IP": "1000", "CODES_SENT_PER_HOUR": "100", "SEND_GAP_SECONDS": "0", "OPTOUT_NUMBER": "3838",
    "OPERATOR_TITLE": "Örnek A.Ş.", "KVKK_CONTACT": "kvkk@izin.example",
}  # fmt: skip
BEARS = ("422", "404", "Clear-Site-Data")
# The folder that pictures of all pages are to be drawn in.
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def walk_of(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/izin.db"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        yield Desk(registry, clock, ENV)


def examined(page: Page, *, axe: bool) -> None:
    """What axe reads of both schemes, and the width in letters of one and of two times their size."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    if axe:
        accessible(page)
        page.emulate_media(color_scheme="dark")
        readable(page)
        page.emulate_media(color_scheme="light")
    for size in ("200%", "100%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, (page.url, size, page.evaluate(WIDE))


@pytest.mark.parametrize("locale", ["tr-TR", pytest.param("ar", marks=pytest.mark.long)])
def test_every_page_is_sound(walk_of: Desk, browser: Browser, locale: str) -> None:
    town, seen = filled(walk_of.registry), list[str]()
    look = {"locale": locale, "reduced_motion": "reduce", "viewport": {"width": 360, "height": 640}}
    with served(walk_of.asgi) as address, window(browser, address, bears=BEARS, **look) as page:
        for name in Walk(walk_of, town, page).every():
            seen.append(name)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{len(seen):02} {named(name)}.png", full_page=True)
            # From right to left the widths are others, the colours and the markup are not: a sample, or make long.
            examined(page, axe=locale == "tr-TR" or len(seen) % repeats(4, 1) == 0)
    assert len(seen) == 103, seen


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_sign_in_to_sign_out_by_keyboard_alone(walk_of: Desk, browser: Browser, script: bool) -> None:
    """Each control is reached by Tab, shows the focus within the window, and acts by Enter."""
    filled(walk_of.registry)
    look = {"java_script_enabled": script, "viewport": {"width": 360, "height": 640}}
    with served(walk_of.asgi) as address, window(browser, address, bears=BEARS, **look) as page:
        reader = Reader(page, "tr", "")
        page.goto("/")
        reader.goes(page.locator("main a.btn.main"))
        for field, button, typed in (("#address", "Kod gönder", "0532 000 00 01"), ("#code", "Giriş yap", "")):
            reader.reaches(page.locator(field))
            page.keyboard.type(typed or walk_of.code)
            reader.goes(page.get_by_role("button", name=button))
        brand = page.locator("#m-700001")
        reader.presses(brand.get_by_role("button", name="Reddet"))
        if script:
            expect(brand).to_be_focused()
        else:
            expect(page.locator("h1")).to_have_text("Örnek Marka 1 markasını reddettiniz")
            reader.goes(page.locator("main .rooms a"))
        expect(brand).to_have_attribute("data-status", "refused")
        reader.goes(page.get_by_role("link", name="Hepsini reddet"))
        reader.goes(page.locator("main button.refuse").first)
        expect(page.locator("h1")).to_contain_text("17 markayı reddettiniz")
        reader.goes(page.get_by_role("button", name="Geri al"))
        expect(page.locator("h1")).to_have_text("17 marka size reklam gönderebiliyor")
        expect(brand).to_have_attribute("data-status", "refused")
        reader.presses(page.locator("summary", has_text="Menü"))
        reader.goes(page.locator("header").get_by_role("link", name="Çıkış"))
        reader.goes(page.get_by_role("button", name="Çıkış yap"))
        expect(page.locator("h1")).to_have_text("Çıkış yaptınız")
        page.goto("/izinler")
        expect(page).to_have_url(f"{address}/giris")
