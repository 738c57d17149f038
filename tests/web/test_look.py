"""The look: weight, contrast, and what a real browser makes of it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import cast

import pytest
from playwright.sync_api import Browser, Page
from starlette.routing import Route

from consents.registry import Registry
from izin import app
from settings import load
from tests.browsing import accessible, readable, served, sized, window
from tests.browsing import browser as browser
from tests.web.client import PageClient
from tests.web.conftest import EXTRA, HERE, KEY, Build, Memory, placeholder
from web.rendering import drawing
from web.rendering.assets import STATIC, Assets

SHEETS = ("site.css", "more.css")
CSS = "".join((STATIC / name).read_text(encoding="utf-8") for name in SHEETS)
PACKED = {"accept-encoding": "gzip"}
# All the doors open, so that the start page is at its longest.
PATHS = ("/giris", "/gizlilik", "/erisilebilirlik", "/yardim", "/hakkinda", "/sirketler")
INFORMING = (
    "/yardim",
    "/gizlilik",
    "/erisilebilirlik",
    "/hakkinda",
    "/gelistirici",
    "/gelistirici/rehber?kod=php",
    "/gelistirici/kodlar",
)
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
SHOWN = tuple(f"{path}{query}" for path in ("/", "/specimen", "/none", *INFORMING) for query in ("", "?lang=en"))
PRESSED = ".btn, input:not([type=hidden]):not([type=radio]), select, .pick, .head a, .foot li a"
ENV = {"SECRET_KEY": KEY, "OPTOUT_NUMBER": "+905320000000", "OPTOUT_NUMBER_FREE": "1", "OPERATOR_TITLE": "Örnek A.Ş."}


def weight(client: PageClient, path: str) -> int:
    return int(client.get(path, headers=PACKED).headers["content-length"])


def test_the_first_paint_weighs_at_most_14_kb_and_the_first_load_32(site: Build) -> None:
    client = site(paths=PATHS, OPTOUT_NUMBER="+905320000000")
    for page in SHOWN:
        assert weight(client, page) + sum(weight(client, f"/static/{name}") for name in SHEETS) <= 14 * 1024
        files = re.findall(r'(?:href|src)="(/static/[^"]+|/manifest[^"]+)"', client.get(page).text)
        assert weight(client, page) + sum(weight(client, file) for file in files) <= 32 * 1024


def test_the_sheet_is_small_and_turns_with_the_script() -> None:
    sheets = [Assets()[name].plain for name in SHEETS]
    assert b"/*" not in b"".join(sheets)
    assert sum(map(len, sheets)) <= 11.5 * 1024
    assert len(gzip.compress(sheets[0], 9)) <= 2.4 * 1024
    assert len(gzip.compress(b"".join(sheets), 9)) <= 3.5 * 1024
    physical = (
        r"\b(margin|padding|border|inset)-(left|right|top|bottom)\b|(?<![\w-])(left|right|top|bottom|width|height)\s*:"
    )
    assert re.findall(physical, re.sub(r"\((min|max)-width:", "", CSS)) == []
    assert "url(" not in CSS


def tokens(scheme: str) -> dict[str, str]:
    block = CSS if scheme == "light" else CSS[CSS.index("prefers-color-scheme: dark") :]
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block[: block.index("}")])
    return {
        name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:]) for name, value in found
    }


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_colour_stands_out_seven_to_one(scheme: str) -> None:
    given = tokens(scheme)
    for ink in ("ink", "soft", "press", "yes", "no", "wait"):
        for ground in ("paper", "tint"):
            assert contrast(given[ink], given[ground]) >= 7, (ink, ground)
    assert contrast(given["on-press"], given["press"]) >= 7
    assert contrast(given["edge"], given["paper"]) >= 3, "WCAG 2.2, 1.4.11"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A site on a real socket."""
    asgi = app.build(load(ENV), cast(Registry, Memory()), extra=EXTRA + [Route(path, placeholder) for path in PATHS])
    asgi.app.state.process.pages.folders = (drawing.TEMPLATES, HERE)  # type: ignore[attr-defined]
    with served(asgi) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A phone of 360 pixels; whatever the browser complains of is an error."""
    with window(browser, address, bears=("404",)) as opened:
        yield opened


@pytest.mark.parametrize(("colour", "passes"), [("#999", False), ("#707070", False), ("#595959", True)])
def test_pale_text_is_found_by_both_ways_of_looking(browser: Browser, colour: str, passes: bool) -> None:
    """2.8, 5 and 7 to 1 on white: axe has two rules, and neither sees both of the first two."""
    page = browser.new_page()
    page.set_content(
        f'<!doctype html><html lang="tr"><title>Soluk</title><main><h1>Soluk</h1><p style="color: {colour}">Söz</p>'
    )
    for look in (accessible, readable):
        with nullcontext() if passes else pytest.raises(AssertionError, match="contrast ratio thresholds"):
            look(page)
    page.close()


@pytest.mark.parametrize("style", ["background: #bbb", "opacity: .6", "color: #888"])
def test_a_colour_that_stood_out_is_measured_again_where_it_is_drawn_otherwise(browser: Browser, style: str) -> None:
    page = browser.new_page()
    for drawn in ("", style):
        page.set_content(
            f'<!doctype html><html lang="tr"><title>Soluk</title><main style="background: #fff; {drawn}"><h1>Soluk</h1>'
            '<p style="color: #444">Söz</p><p>Söz</p></main>'
        )
        with pytest.raises(AssertionError, match="contrast") if drawn else nullcontext():
            readable(page)
    page.close()


@pytest.mark.parametrize("path", SHOWN)
def test_a_page_is_sound_in_both_schemes_at_every_width(page: Page, path: str) -> None:
    page.goto(path)
    for target in page.locator(PRESSED).locator("visible=true").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 44, target.inner_text()
    page.evaluate(UNFOLD)
    accessible(page)
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.evaluate(UNFOLD)
    readable(page)
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sized(page)


# The words of headings that stand on more than one line.
TORN = """() => [...document.querySelectorAll("h1, h2")].flatMap(heading => [...heading.childNodes].flatMap(node =>
  [...(node.data || "").matchAll(/\\S+/g)].filter(({0: word, index}) => {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    return new Set([...range.getClientRects()].map(line => line.top)).size > 1;
  }).map(found => found[0])))"""


@pytest.mark.parametrize("width", [320, 360])
def test_no_heading_breaks_inside_a_word(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    for path in ("/", "/?lang=en", "/none", "/none?lang=en"):
        page.goto(path)
        assert page.evaluate(TORN) == []
    page.evaluate("document.querySelector('h1').style.fontSize = '9rem'")
    assert page.evaluate(TORN) != [], "it sees none"


def test_the_focus_ring_shows_and_the_skip_link_comes_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_page_asks_nobody_else_for_anything(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/specimen", wait_until="networkidle")
    assert asked
    assert [url for url in asked if not url.startswith(address)] == []


@pytest.mark.parametrize("query", ["", "?lang=ar"])
def test_the_languages_open_over_the_page_and_the_head_keeps_its_height(page: Page, query: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"/specimen{query}")
    height = "document.querySelector('.head').getBoundingClientRect().height"
    before = page.evaluate(height)
    page.locator(".langs summary").click()
    for link in page.locator(".langs .menu a").all():
        box = link.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    assert page.evaluate(height) == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".langs .menu a").last.click(trial=True)
