"""The list and all it leads to, by keyboard alone: narrow and in large letters, in forced colours, without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from evidence import log
from tests.browsing import accessible, numbered, window
from tests.browsing import browser as browser
from tests.citizen.consents.browser import served
from tests.citizen.consents.states import many
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, Town
from tests.conftest import Clock
from tests.variants import variants

WIDTH = "document.documentElement.scrollWidth"
# A reader's own font of twice the size: the pages' lengths follow the root's.
LARGE = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"
HOW: dict[str, dict[str, Any]] = {
    "narrow, large": {"viewport": {"width": 320, "height": 740}},
    "forced colours": {"forced_colors": "active"},
    "no script": {"java_script_enabled": False},
}
WORDS = {
    "tr": {
        "status": "Durum",
        "channel": "Kanal",
        "identity": "Kimin için",
        "all": "Bütün listeyi göster",
        "search": "Marka ara",
        "none": "Kayıtlarınızda böyle bir marka yok.",
        "narrow": "Süz",
        "find": "Bul",
        "order": "Sıralama",
        "change": "Zambak",
        "still": "Hâlâ geliyor mu?",
        "message": "Mesajın metni",
        "write": "Şikâyet metnini yaz",
        "complaint": "Şikâyet metni",
        "receipt": "reddettiniz",
        "text": "Makbuzun metni (JSON)",
        "computer": "Bilgisayar için",
        "check": "Doğrula",
        "genuine": "Bu makbuz gerçek",
        "fake": "Bu makbuz gerçek değil",
    },
    "en": {
        "status": "State",
        "channel": "Channel",
        "identity": "For whom",
        "all": "Show the whole list",
        "search": "Search brands",
        "none": "No such brand in your records.",
        "narrow": "Filter",
        "find": "Find",
        "order": "Order",
        "change": "Zambak",
        "still": "Still getting ads?",
        "message": "Text of the message",
        "write": "Write the complaint",
        "complaint": "Text of the complaint",
        "receipt": "You refused",
        "text": "Text of the receipt (JSON)",
        "computer": "For a computer",
        "check": "Check",
        "genuine": "This receipt is genuine",
        "fake": "This receipt is not genuine",
    },
}


class Reader:
    """Somebody at a keyboard. ``words``: those of the language; ``examined``: whether axe looks at the pages."""

    def __init__(self, page: Page, language: str, how: str) -> None:
        self.page, self.words, self.language = page, WORDS[language], language
        # Forced colours change nothing that axe reads, and it is script itself.
        self.examined = how == "narrow, large"
        self.seen = set[str]()

    def opens(self, path: str) -> None:
        self.page.goto(f"{path}{'&' if '?' in path else '?'}lang={self.language}")
        self.looks()

    def looks(self) -> None:
        """What is there is sound: axe finds nothing, nothing scrolls sideways. A page met again is not read again."""
        content = self.page.locator("main").inner_html()
        if self.examined and content not in self.seen:
            accessible(self.page)
        self.seen.add(content)
        size = self.page.viewport_size
        assert size
        assert self.page.evaluate(WIDTH) <= size["width"], self.page.url

    def reaches(self, wanted: Locator) -> None:
        """Tabs until the focus is there, and sees it: a ring is drawn, and the element is in the window."""
        expect(wanted).to_have_count(1, timeout=5000)
        self.page.evaluate("document.activeElement.blur()")
        element = wanted.element_handle()
        for _ in range(200):
            self.page.keyboard.press("Tab")
            if element.evaluate("one => one === document.activeElement"):
                break
        expect(wanted).to_be_focused()
        assert wanted.evaluate("one => getComputedStyle(one).outlineStyle !== 'none'"), "the focus cannot be seen"
        expect(wanted).to_be_in_viewport()

    def presses(self, wanted: Locator, key: str = "Enter") -> None:
        self.reaches(wanted)
        self.page.keyboard.press(key)

    def goes(self, wanted: Locator) -> None:
        """Presses what leads to another page."""
        self.reaches(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.looks()

    def link(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("link", name=self.words[name], exact=True)

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.words[name], exact=True)


@pytest.fixture(params=variants(list(HOW), list(WORDS), as_one=True), ids=" ".join)
def reader(here: Town, clock: Clock, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """At a list with all there is: brands that may reach her, one whose last day has passed, one that asks, one that
    must stop and may still call a business."""
    how, language = request.param
    many(here, AYSE, 12)
    here.told(AYSE, CINAR, ago=9)
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=10)
    for identity in ("BIREYSEL", "TACIR"):
        here.told(AYSE, CINAR_MINI, "ARAMA", identity, ago=9)
    visitor = here.sign_in(AYSE)
    visitor.refuse(CINAR_MINI, "ARAMA")
    visitor.refuse(ISIK)
    clock.forward(days=1)
    here.told(AYSE, ISIK, ago=0.5)
    visitor = here.sign_in(AYSE)
    with served(here) as address, window(browser, address, cookie=visitor.cookie, bears=("422",), **HOW[how]) as page:
        if how == "narrow, large":
            page.add_init_script(LARGE)
        yield Reader(page, language, how)


# The filters, each by the number of its place among its choices.
FILTERS = {
    "channel=ARAMA": 1, "channel=MESAJ": 2, "identity=TACIR": 2, "status=BEKLIYOR": 3, "status=DURMALI": 4,
    "status=YENI": 5,
}  # fmt: skip


def test_each_filter_and_back(reader: Reader) -> None:
    reader.opens("/izinler")
    page = reader.page
    all_brands = page.locator("[data-status]").count()
    for query, number in FILTERS.items():
        reader.presses(page.locator("summary", has_text=reader.words["narrow"]))
        chosen = page.get_by_label(reader.words[query.partition("=")[0]], exact=True)
        reader.reaches(chosen)
        for _ in range(number):
            page.keyboard.press("ArrowDown")
        reader.goes(reader.button("find"))
        assert query in page.url
        expect(chosen).to_have_value(query.partition("=")[2])
        assert 0 < page.locator("[data-status]").count() < all_brands
        reader.goes(reader.link("all"))
        assert page.locator("[data-status]").count() == all_brands


def test_search_order_and_change(reader: Reader) -> None:
    page = reader.page
    reader.opens("/izinler")
    for typed, brands in (("zambak", 1), ("yok", 0)):
        reader.reaches(page.get_by_label(reader.words["search"]))
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        reader.looks()
        expect(page.locator("[data-status]")).to_have_count(brands)
    expect(page.locator("main")).to_contain_text(reader.words["none"])
    reader.opens("/izinler")
    reader.presses(page.locator("summary", has_text=reader.words["narrow"]))
    reader.reaches(page.get_by_label(reader.words["order"]))
    page.keyboard.press("ArrowDown")
    reader.reaches(reader.button("find"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "sort=new" in page.url
    reader.looks()
    reader.opens("/izinler")
    reader.goes(page.locator("main").get_by_role("link", name=reader.words["change"], exact=True))
    assert f"/izinler/{CINAR_MINI}" in page.url


def test_a_refusal_its_receipt_and_its_proof(here: Town, reader: Reader) -> None:
    page = reader.page
    reader.opens("/izinler")
    reader.presses(page.locator("#m-700001 button"))
    receipt = page.locator("main a[href*='/makbuz/']").first
    expect(page.locator("main strong", has_text="2026").first).to_be_visible()  # the day to stop by
    reader.looks()
    path = receipt.get_attribute("href")
    assert path
    log.extend(here.registry)
    reader.goes(page.locator(f"main a[href='{path}']").first)
    expect(page.locator("h1")).to_contain_text(reader.words["receipt"])
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())  # type: ignore[typeddict-item]
    file = f"{numbered(page.url.partition('/makbuz')[0])}{path.partition('?')[0]}.json"
    proof = page.context.request.get(file, headers={"cookie": cookies}).text()
    for given, answer in ((proof, "genuine"), (proof.replace("RET", "ONAY"), "fake")):
        reader.opens("/dogrula")
        reader.presses(page.locator("summary", has_text=reader.words["computer"]))
        reader.reaches(page.get_by_label(reader.words["text"]))
        page.keyboard.insert_text(given)
        reader.goes(reader.button("check"))
        expect(page.locator("main .note")).to_contain_text(reader.words[answer])


def test_a_complaint_is_written(reader: Reader) -> None:
    page = reader.page
    reader.opens(f"/izinler/{CINAR}")
    reader.goes(page.locator("main").get_by_role("link", name=reader.words["still"]))
    reader.reaches(page.get_by_label(reader.words["message"]))
    page.keyboard.type("Sepette indirim! CINARMKT")
    reader.reaches(page.locator("#day"))
    page.locator("#day").fill("2026-12-05")  # how a date is typed is the browser's own matter
    reader.goes(reader.button("write"))
    expect(page.locator("#letter")).to_contain_text("CINARMKT")
