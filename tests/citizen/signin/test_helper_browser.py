"""A lasting helper in a real browser: named, found at the top of the list, opened, ended; on a narrow phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from consents.registry import Registry, prepare
from tests.browsing import accessible, narrow, readable, served, window
from tests.browsing import browser as browser
from tests.citizen.signin.desk import Desk
from tests.citizen.signin.test_family import furnished
from tests.citizen.signin.test_helper import code_of
from tests.conftest import SECRET, Clock


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/izin.db"
    prepare(url, SECRET)
    with Registry.open(url, SECRET, now=Clock()) as registry:
        furnished(registry)
        env = {"CODES_SENT_PER_IP": "1000", "OPTOUT_NUMBER": "3838", "SEND_GAP_SECONDS": "0"}
        yield Desk(registry, Clock(), env)


def sign_in(site: Desk, page: Page, number: str) -> None:
    page.goto("/giris")
    page.fill("#address", number)
    page.get_by_role("button", name="Kod gönder").click()
    page.fill("#code", site.code)
    page.get_by_role("button", name="Giriş yap").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_helper_stays_one_until_she_ends_it(browser: Chromium, site: Desk, scheme: str) -> None:
    def look(page: Page) -> None:
        accessible(page)
        readable(page)
        narrow(page, "main button, main a.btn")

    wanted = {"viewport": {"width": 360, "height": 640}, "color_scheme": scheme, "bears": ("Clear-Site-Data",)}
    with served(site.asgi) as address:
        with window(browser, address, **wanted) as page:  # type: ignore[arg-type]
            sign_in(site, page, "0532 000 00 01")
            page.goto("/izinler/yaninda")
            page.fill("#address", "0532 000 00 12")
            page.get_by_role("button", name="Kod gönder").click()
            page.fill("#code", code_of(site))
            page.get_by_role("button", name="İzinlerini aç").click()
            page.get_by_role("link", name="Bundan sonra da yardım edin").click()
            look(page)
            page.get_by_label("Kime yardım ediyorsunuz?").select_option("1")
            page.get_by_role("button", name="Yakınınıza kod gönder").click()
            look(page)
            page.fill("#code", code_of(site))
            page.get_by_role("button", name="Yardımcı ol").click()
            expect(page.locator("h1")).to_contain_text("Artık yardımcısınız")
            look(page)
            page.get_by_role("button", name="Bitir").click()
            page.goto("/izinler/yardim")
            look(page)
            page.goto("/izinler")
            look(page)
            page.get_by_role("button", name="Annem").click()
            expect(page.locator("h1")).to_have_text("2 marka yakınınıza reklam gönderebiliyor")
        with window(browser, address, **wanted) as page:  # type: ignore[arg-type]
            sign_in(site, page, "0532 000 00 12")
            page.get_by_text("Menü", exact=True).click()
            page.get_by_role("link", name="Yardımcılar").click()
            look(page)
            page.get_by_role("button", name="Yardımı bitir").click()
            expect(page.get_by_text("Yardımcınız yok.")).to_be_visible()
            look(page)
