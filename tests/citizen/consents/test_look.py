"""What a real browser makes of every designed state: axe, narrow screens, weight.

``SHOTS=folder`` draws each of them into a picture.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsing import accessible, narrow, readable, sized
from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import STATES, many
from tests.citizen.consents.town import AYSE, Town
from tests.conftest import Clock

# The folder that pictures of all states are to be drawn in.
SHOTS = os.environ.get("SHOTS")


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_sound_in_a_browser(here: Town, clock: Clock, browser: Browser, name: str) -> None:
    shown = STATES[name](here, clock)
    english = shown.path + ("&" if "?" in shown.path else "?") + "lang=en"
    with served(here) as address:
        for path, scheme in ((shown.path, "light"), (english, "dark")):
            with opened(browser, address, shown.visitor, scheme=scheme) as page:
                page.goto(path)
                (accessible if scheme == "light" else readable)(page)
                if SHOTS:
                    picture = Path(SHOTS) / f"{name}-{scheme}.png"
                    page.screenshot(path=picture, full_page=name != "five_hundred")
                narrow(page, ".btn, select, summary, a.quiet, [data-status] a, .next a")
                sized(page)


def test_fifty_brands_weigh_at_most_14_kb_with_the_sheet(here: Town) -> None:
    many(here, AYSE, 50, both=True)
    visitor = here.sign_in(AYSE)
    for path in ("/izinler", "/markalar"):
        page = visitor.get(path, **{"accept-encoding": "gzip"})
        sheet = visitor.get("/static/site.css", **{"accept-encoding": "gzip"})
        assert page.headers["content-encoding"] == "gzip"
        first = int(page.headers["content-length"]) + int(sheet.headers["content-length"])
        assert first <= 14 * 1024
        files = re.findall(r'(?:src|rel="(?:icon|apple-touch-icon|manifest)"[^>]*? href)="(/[^"]+)"', page.text)
        assert len(files) == 5
        later = [visitor.get(file, **{"accept-encoding": "gzip"}) for file in files]
        assert first + sum(int(file.headers["content-length"]) for file in later) <= 32 * 1024
