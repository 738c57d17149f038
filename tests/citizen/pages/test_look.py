"""What a real browser makes of every designed state: axe, narrow screens, weight; each is drawn into a picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browsing import browser as browser
from tests.citizen.pages.browser import AXE, opened, served
from tests.citizen.pages.states import STATES, many
from tests.citizen.pages.town import AYSE, Town
from tests.conftest import Clock

# Where the pictures go; a folder of the test's own unless one is named.
SHOTS = os.environ.get("SHOTS")


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_sound_in_a_browser(
    here: Town, clock: Clock, browser: Browser, tmp_path: Path, name: str
) -> None:
    shown = STATES[name](here, clock)
    english = shown.path + ("&" if "?" in shown.path else "?") + "lang=en"
    with served(here) as address:
        for path, scheme in ((shown.path, "light"), (english, "dark")):
            with opened(browser, address, shown.visitor, scheme=scheme) as page:
                page.goto(path)
                found = Axe().run(page, options=AXE)
                assert found.violations_count == 0, found.generate_report()
                picture = Path(SHOTS or tmp_path) / f"{name}-{scheme}.png"
                assert page.screenshot(path=picture, full_page=name != "five_hundred")
                page.set_viewport_size({"width": 320, "height": 740})
                assert page.evaluate("document.documentElement.scrollWidth") <= 320
                for target in page.locator(".btn:visible, select:visible, summary:visible").all()[:20]:
                    box = target.bounding_box()
                    assert box is not None
                    assert box["height"] >= 44


def test_fifty_brands_weigh_at_most_14_kb_with_the_sheet(here: Town) -> None:
    many(here, AYSE, 50, both=True)
    visitor = here.sign_in(AYSE)
    for path in ("/izinler", "/markalar"):
        page = visitor.get(path, **{"accept-encoding": "gzip"})
        sheet = visitor.get("/static/site.css", **{"accept-encoding": "gzip"})
        assert page.headers["content-encoding"] == "gzip"
        assert int(page.headers["content-length"]) + int(sheet.headers["content-length"]) <= 14 * 1024
