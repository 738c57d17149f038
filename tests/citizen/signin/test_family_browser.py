"""The short way for a relative's phone in a real browser: six taps, what matters on the first screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from consents.registry import Registry, prepare
from tests.browsing import accessible, narrow, served, window
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
        yield Desk(registry, Clock(), {"CODES_SENT_PER_IP": "1000", "OPTOUT_NUMBER": "3838"})


class Finger:
    """Counts the taps on a page."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, name: str, role: str = "button") -> None:
        self.taps += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_six_taps_from_the_first_page(browser: Chromium, site: Desk, script: bool) -> None:
    with (
        served(site.asgi) as address,
        window(browser, address, viewport={"width": 360, "height": 640}, java_script_enabled=script) as page,
    ):
        finger = Finger(page)

        def look() -> None:
            if script:
                accessible(page)

        page.goto("/")
        finger.tap("Annemin, babamın telefonu", "link")
        expect(page.locator("h1")).to_have_text("Önce sizin numaranız")
        page.fill("#address", "0532 000 00 01")
        finger.tap("Kod gönder")
        page.fill("#code", site.code)
        finger.tap("Giriş yap")
        expect(page.locator("h1")).to_have_text("Yakınınızın numarası")
        look()
        page.fill("#address", "0532 000 00 12")
        finger.tap("Kod gönder")
        page.fill("#code", code_of(site))
        finger.tap("İzinlerini aç")
        expect(page.locator("h1")).to_have_text("2 marka yakınınıza reklam gönderebiliyor")
        look()
        box = page.get_by_role("button", name="Hepsini reddet, yenilere de kapat").bounding_box()
        assert box
        assert box["y"] + box["height"] < 640, "on the first screen"
        finger.tap("Hepsini reddet, yenilere de kapat")
        expect(page.locator("h1")).to_contain_text("2 marka reddedildi")
        assert finger.taps <= 6
        look()
        for name, role in (("Buzdolabı sayfası", "link"), ("Geri al", "button")):
            box = page.get_by_role(role, name=name).bounding_box()  # type: ignore[arg-type]
            assert box
            assert box["y"] + box["height"] < 640, f"{name} is on the first screen"
        finger.tap("Geri al")
        expect(page.locator("h1")).to_contain_text("Geri alındı")
        narrow(page, "main button, main a.btn")


def test_five_taps_from_the_first_page_to_all_refused(browser: Chromium, site: Desk) -> None:
    with served(site.asgi) as address, window(browser, address, java_script_enabled=False) as page:
        finger = Finger(page)
        page.goto("/")
        finger.tap("Numaramla veya", "link")
        page.fill("#address", "0532 000 00 12")
        finger.tap("Kod gönder")
        page.fill("#code", site.code)
        finger.tap("Giriş yap")
        finger.tap("Hepsini reddet", "link")
        finger.tap("Hepsini reddet")
        expect(page.locator("h1")).to_contain_text("2 markayı reddettiniz")
        assert finger.taps == 5
