"""Every page of a citizen in a real browser: axe with AAA contrast, and nothing scrolls sideways in twice as large
letters; in both schemes, from left to right and from right to left.

``SHOTS=folder`` draws each of them into a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from consents.registry import Registry, prepare
from tests.browsing import WIDE, accessible, readable, served, window
from tests.browsing import browser as browser
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


def examined(page: Page) -> None:
    """What axe reads of both schemes, and the width in letters of one and of two times their size."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    accessible(page)
    page.emulate_media(color_scheme="dark")
    readable(page)
    page.emulate_media(color_scheme="light")
    for size in ("200%", "100%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, (page.url, size, page.evaluate(WIDE))


@pytest.mark.parametrize("locale", ["tr-TR", "ar"])
def test_every_page_is_sound(walk_of: Desk, browser: Browser, locale: str) -> None:
    town, seen = filled(walk_of.registry), list[str]()
    look = {"locale": locale, "reduced_motion": "reduce", "viewport": {"width": 360, "height": 640}}
    with served(walk_of.asgi) as address, window(browser, address, bears=BEARS, **look) as page:
        for name in Walk(walk_of, town, page).every():
            seen.append(name)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{len(seen):02} {named(name)}.png", full_page=True)
            examined(page)
    assert len(seen) == 77, seen
