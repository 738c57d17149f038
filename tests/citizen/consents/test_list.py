"""The list: what stands on its first screen, its filters, its order; a refusal of all but some; the new number."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from citizen import wording
from consents.languages import LANGUAGES
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from izin import app
from izin.demo import load as demo
from settings import load
from tests.browsing import ARGS, PROGRAM, accessible
from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import acts, stands
from tests.citizen.consents.town import (
    AYSE,
    CINAR,
    CINAR_MINI,
    DAY,
    ISIK,
    MAIL,
    MEHMET,
    Town,
    Visitor,
    listed,
    place,
    text,
)
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.variants import variants
from tests.web.client import PageClient, Sheet

LIST = "/izinler"
# Brands of which a button that refuses is wholly on the first screen.
ON_SCREEN = """() => new Set([...document.querySelectorAll('.listed .refuse')].filter(one =>
  one.getBoundingClientRect().bottom <= innerHeight).map(one => one.closest('.listed').querySelector('a').href)).size"""
HEIGHT = "document.documentElement.scrollHeight"
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def example(sqlite_url: str, open_registry: Opener) -> Town:
    """The demo, where AYSE has thirty brands."""
    demo.load(sqlite_url, SECRET, Reconsent.CONFIRM, NOON)
    registry: Registry = open_registry(sqlite_url)
    settings = load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"})
    return Town(registry, PageClient(app.build(settings, registry), base_url=settings.public_url))


@pytest.mark.parametrize(("language", "new"), variants(["tr", "en"], [True, False]))
def test_thirty_brands_are_short_and_one_of_them_is_on_the_first_screen(
    example: Town, browser: Browser, language: str, new: bool
) -> None:
    visitor = example.sign_in(AYSE, last=None if new else example.now - DAY)
    with served(example) as address, opened(browser, address, visitor) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(f"{LIST}?lang={language}")
        assert page.locator(".listed").count() == 30
        assert page.evaluate(ON_SCREEN) >= 1
        assert page.evaluate(HEIGHT) <= 6000
        assert page.get_by_role("button", name="Onay ver").count() == 0


def test_five_hundred_brands_come_in_pages_that_are_short(here: Town, browser: Browser) -> None:
    many(here, AYSE, 500)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(LIST)
        assert page.locator(".listed").count() == 50
        assert page.evaluate(ON_SCREEN) >= 2
        assert page.evaluate(HEIGHT) <= 9500
        page.get_by_label("Marka ara").fill("marka 499")
        page.keyboard.press("Enter")
        expect(page.locator(".listed")).to_have_count(1)
        field, hit = page.get_by_label("Marka ara").bounding_box(), page.locator(".listed").bounding_box()
        assert field
        assert hit
        assert hit["y"] - field["y"] < 400


HARD = {
    "no script": {"java_script_enabled": False},
    "forced colours": {"forced_colors": "active"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 740}},
}


@pytest.mark.parametrize(
    ("how", "query"), variants(list(HARD), ["lang=tr", "lang=en&status=DURMALI", "q=yok", "sort=new&channel=MESAJ"])
)
def test_the_list_is_sound_however_it_is_read(example: Town, browser: Browser, how: str, query: str) -> None:
    visitor = example.sign_in(AYSE)
    with served(example) as address:
        given = {"viewport": {"width": 360, "height": 800}, **HARD[how]}
        context = browser.new_context(base_url=address, **given)  # type: ignore[arg-type]
        name, _, value = visitor.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": address}])
        page = context.new_page()
        page.goto(f"{LIST}?{query}")
        if how != "no script":
            accessible(page)
        assert page.evaluate(WIDTH) <= given["viewport"]["width"]  # type: ignore[index]
        context.close()


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_list_grows_with_the_reader_s_font(example: Town, browser: Browser, language: str) -> None:
    with served(example) as address, opened(browser, address, example.sign_in(AYSE)) as page:
        page.goto(f"{LIST}?lang={language}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(WIDTH) <= 360
        page.locator("[data-status=open] .refuse").first.click()
        expect(page.locator(".listed:focus")).to_be_visible()


# Lowest points in pixels at 360 × 640.
BOTTOM = "one => one.getBoundingClientRect().bottom"


@pytest.mark.parametrize("font", [16, 32])
def test_the_first_screen_holds_a_button_in_every_language_also_in_letters_of_twice_the_size(
    example: Town, browser: Browser, font: int
) -> None:
    """At 16 px the first brand's button, at 32 px the one that refuses all: whole, within 640 px."""
    args = [*ARGS, f"--blink-settings=defaultFontSize={font}"]
    large = browser.browser_type.launch(executable_path=PROGRAM, args=args)
    with served(example) as address, opened(large, address, example.sign_in(AYSE)) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        for language in LANGUAGES:
            page.goto(f"{LIST}?lang={language}")
            whole = page.locator("main .acts .refuse")
            assert whole.evaluate(BOTTOM) <= 640, language
            if font == 16:
                assert page.locator("[data-status=open] .refuse").first.evaluate(BOTTOM) <= 640, language
            assert page.evaluate(WIDTH) <= 360, language
    large.close()


# Words of headings and buttons that a line breaks.
BROKEN = """() => [...document.querySelectorAll("h1, h2, .btn")].flatMap(one => {
  const broken = [], texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
    range.setStart(texts.currentNode, word.index);
    range.setEnd(texts.currentNode, word.index + word[0].length);
    const lines = [...range.getClientRects()];
    if (lines.some(line => line.top >= lines[0].bottom)) broken.push(word[0]);
  }
  return broken;
})"""


def test_letters_of_twice_the_size_break_no_word_of_a_heading_or_button(example: Town, browser: Browser) -> None:
    large = browser.browser_type.launch(executable_path=PROGRAM, args=[*ARGS, "--blink-settings=defaultFontSize=32"])
    with served(example) as address, opened(large, address, example.sign_in(AYSE)) as page:
        for path in ("/", "/giris", "/gonderen", "/dogrula", LIST, "/izinler/reddet?scope=all", "/belgelerim"):
            page.goto(path)
            assert page.evaluate(BROKEN) == [], path
    large.close()


def test_arabic_has_the_comma_of_its_own_letters(example: Town) -> None:
    assert wording.moment("ar", NOON).endswith("2026، 12:00")  # a line may break there
    visitor = example.sign_in(AYSE)
    refused = visitor.post("/izinler/reddet", scope="all").headers["location"]
    visitor.post("/izinler/bundan-sonrasi", way=["ARAMA-BIREYSEL", "MESAJ-BIREYSEL", "MESAJ-TACIR"])
    receipt = re.search(r"/makbuz/\d{12}", visitor.get("/belgelerim").text)
    assert receipt
    for path in (LIST, refused, receipt[0], "/belgelerim", "/izinler/kayit", "/markalar", "/izinler/bundan-sonrasi"):
        page = text(visitor.get(f"{path}{'&' if '?' in path else '?'}lang=ar").text)
        assert re.findall("[^.]*(?:[\u0600-\u06ff\u2069)][,;] |[,;] [\u0600-\u06ff\u2068\\d])", page) == [], path


def test_a_filter_is_chosen_in_the_form_and_left_by_one_link(example: Town, browser: Browser) -> None:
    with served(example) as address, opened(browser, address, example.sign_in(AYSE), script=False) as page:
        page.goto(LIST)
        before = page.locator(".listed").count()
        for name, label, value in (
            ("channel", "Kanal", "ARAMA"), ("channel", "Kanal", "MESAJ"), ("identity", "Kimin için", "TACIR"),
            ("status", "Durum", "BEKLIYOR"), ("status", "Durum", "DURMALI"), ("status", "Durum", "YENI"),
        ):  # fmt: skip
            page.goto(LIST)
            page.get_by_text("Süz", exact=True).click()
            page.get_by_label(label).select_option(value)
            page.get_by_role("button", name="Bul").click()
            expect(page.get_by_label(label)).to_have_value(value)  # and so one sees that it narrows
            assert f"{name}={value}" in page.url
            assert 0 < page.locator(".listed").count() < before
            page.get_by_role("link", name="Bütün listeyi göster").click()
            expect(page.locator(".listed")).to_have_count(before)


def found(visitor: Visitor, query: str) -> set[tuple[int, str]]:
    """The brands of a narrowed list, each with what is read there first."""
    page = visitor.get(f"{LIST}?{query}").text
    return {(code, text("<section" + place(page, code)).split()[1]) for code in listed(page)}


def test_filters_show_what_they_say(here: Town, clock: Clock) -> None:
    many(here, AYSE, 6)
    here.told(AYSE, CINAR, ago=31)
    here.told(AYSE, CINAR, "ARAMA", ago=29)
    here.told(AYSE, CINAR_MINI, ago=3, status="RET")
    here.told(AYSE, ISIK, ago=3, identity="TACIR")
    visitor = here.sign_in(AYSE)
    new = visitor.get(f"{LIST}?status=YENI").text
    assert {CINAR, ISIK} <= set(listed(new))
    assert "Çınar Telefonla arama · kendiniz için Reddet" in text(new), "its SMS are older"
    assert "Işık SMS · işletmeniz için Reddet" in text(new)
    assert CINAR_MINI not in listed(new), "it was refused"
    visitor.refuse(CINAR)
    stops = {(CINAR, "Reddettiniz")}
    assert found(visitor, "status=DURMALI") == stops, "the company's own RET stops nobody"
    clock.forward(days=3)  # Friday, the day to stop by
    visitor = here.sign_in(AYSE)
    assert found(visitor, "status=DURMALI") == stops
    clock.forward(days=1)
    assert found(here.sign_in(AYSE), "status=DURMALI") == set()


def test_the_newest_stand_first_where_one_wants_it(here: Town) -> None:
    many(here, AYSE, 8)
    here.told(AYSE, ISIK, ago=40)
    here.told(AYSE, CINAR, ago=500)
    visitor = here.sign_in(AYSE)

    def titles(query: str) -> list[str]:
        page = visitor.get(f"{LIST}?{query}").text.partition('id="open"')[2].partition('id="refused"')[0]
        return [part.partition("</a>")[0].rpartition(">")[2] for part in page.split('<section class="listed"')[1:]]

    for query in ("", "sort=name"):
        assert titles(query) == ["Çınar", "Işık", *(f"Örnek Marka {number}" for number in (1, 2, 3, 5, 6, 7))]
    newest = titles("sort=new")
    assert newest[0] == "Örnek Marka 1"
    assert newest[-1] == "Çınar"
    assert newest.index("Işık") == newest.index("Örnek Marka 7") + 1
    assert 'value="new" selected' in visitor.get(f"{LIST}?sort=new").text
    assert "<details open>" in visitor.get(f"{LIST}?sort=new&q=marka").text, "one sees that it is sorted"


def test_a_search_that_finds_nothing_leads_to_all_brands(here: Town) -> None:
    many(here, AYSE, 8)
    page = here.sign_in(AYSE).get(f"{LIST}?q=%C4%B1%C5%9F%C4%B1k").text
    assert "Kayıtlarınızda böyle bir marka yok." in text(page)
    assert 'href="/markalar?q=%C4%B1%C5%9F%C4%B1k"' in page


# -- all but some ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False])
def test_a_tick_taken_off_keeps_its_brand_and_one_undo_takes_all_back(
    here: Town, browser: Browser, script: bool
) -> None:
    for brand in (CINAR, CINAR_MINI, ISIK):
        here.told(AYSE, brand)
    before = acts(here)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=script) as page:
        page.goto("/izinler/reddet")
        page.get_by_text("Kalsın dediğiniz var mı?").press("Enter")
        boxes = page.get_by_role("checkbox")
        assert [box.is_checked() for box in boxes.all()] == [True, True, True]
        page.get_by_label("Işık").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Seçtiklerimi reddet").press("Enter")
        expect(page.locator("h1")).to_have_text("2 markayı reddettiniz")
        assert acts(here) == before + 1
        assert stands(here, AYSE, ISIK).status == ONAY
        assert stands(here, AYSE, CINAR).status == stands(here, AYSE, CINAR_MINI).status == RET
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator("h1")).to_have_text("3 marka size reklam gönderebiliyor")


def test_with_every_tick_off_nothing_is_refused(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    assert visitor.post("/izinler/reddet", scope="all", offered=f"{CINAR},").headers["location"] == f"{LIST}/sonuc"
    assert visitor.get(f"{LIST}/sonuc").headers["location"] == LIST
    assert stands(here, AYSE, CINAR).status == ONAY


def test_five_hundred_ticks_are_one_form(here: Town) -> None:
    many(here, AYSE, 500)
    visitor = here.sign_in(AYSE)
    sheet = Sheet(visitor.get("/izinler/reddet").text)
    codes = [given["value"] for _, given in sheet.elements if given.get("name") == "brand"]
    assert len(codes) == 375
    body = "&".join(["scope=all", f"offered={','.join(codes)}", *(f"brand={code}" for code in codes[1:])])
    headers = {"cookie": visitor.cookie, "content-type": "application/x-www-form-urlencoded"}
    assert visitor.client.post("/izinler/reddet", content=body, headers=headers).status_code == 303
    assert "1 marka size reklam gönderebiliyor" in text(visitor.get(LIST).text)


# -- a new number ------------------------------------------------------------------------------------------------------


def test_a_new_number_is_answered_on_one_line_and_what_is_hidden_can_be_seen(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR, ago=900)
    here.told(AYSE, ISIK, ago=800, status="RET")
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=False) as page:
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(LIST)
        yes = page.get_by_role("link", name="Evet", exact=True).bounding_box()
        no = page.get_by_role("button", name="Hayır", exact=True).bounding_box()
        assert yes
        assert no
        assert yes["y"] == no["y"] == pytest.approx(page.locator("#asked").bounding_box()["y"], abs=20)  # type: ignore[index]
        page.get_by_role("link", name="Evet", exact=True).click()
        page.get_by_role("button", name="Evet: hepsini reddet ve eskileri gizle").click()
        expect(page.locator("main")).to_contain_text("Şu günden önceki kayıtlar gizli: 24 Kasım 2026 (1 marka).")
        expect(page.locator(f"#m-{ISIK}")).to_have_count(0)
        page.get_by_role("button", name="Gizlenenleri göster").click()
        expect(page.locator(f"#m-{ISIK}")).to_have_attribute("data-status", "refused")
        assert stands(here, AYSE, CINAR).status == RET, "what was refused stays so"


def test_what_a_holder_has_hidden_is_shown_to_nobody_who_gets_the_number_later(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, ago=900)
    here.told(AYSE, ISIK, ago=800, status="RET")
    visitor = here.sign_in(AYSE)
    mark = next(str(given["value"]) for _, given in Sheet(visitor.get(LIST).text).elements if given.get("name") == "n")
    for hours, shown in ((23, True), (25, False)):
        assert visitor.post("/izinler/yeni-numara", n=mark, new="1").status_code == 303
        assert f'id="m-{ISIK}"' not in visitor.get(LIST).text
        clock.forward(hours=hours)
        visitor = here.sign_in(AYSE)
        assert ("Gizlenenleri göster" in visitor.get(LIST).text) is shown
        assert visitor.post("/izinler/yeni-numara", n=mark, new="all").status_code == 303
        assert (f'id="m-{ISIK}"' in visitor.get(LIST).text) is shown


# -- where one is ------------------------------------------------------------------------------------------------------


def current(page: str) -> list[tuple[str, str]]:
    marked = [(given["href"], given["aria-current"]) for _, given in Sheet(page).elements if "aria-current" in given]
    return [(href.partition("?")[0], how) for href, how in marked]


def test_every_signed_in_page_has_the_way_home_and_says_where_one_is(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    for path, where in {
        LIST: [(LIST, "page")],
        f"{LIST}/{CINAR}": [],
        f"{LIST}/reddet": [],
        f"{LIST}/kayit": [],
        "/belgelerim": [("/belgelerim", "page")],
        f"{LIST}/yeni-numara": [(f"{LIST}/yeni-numara", "page")],
        f"{LIST}/bundan-sonrasi": [(f"{LIST}/bundan-sonrasi", "page")],
        "/markalar": [("/markalar", "page")],
        "/cikis": [("/cikis", "page")],
        "/giris/ekle": [],
    }.items():
        page = visitor.get(path).text
        assert f'<a href="{LIST}"' in page, path
        assert current(page) == where, path
        assert ("‹" in page) == (path != LIST), path


def labels(page: Page) -> list[str]:
    """What is heard of the buttons of brands."""
    return [one.get_attribute("aria-label") or "" for one in page.locator(".listed button, .listed a.btn").all()]


def test_no_two_buttons_of_the_list_are_heard_alike(example: Town, browser: Browser) -> None:
    with served(example) as address, opened(browser, address, example.sign_in(AYSE)) as page:
        for language in ("tr", "en"):
            page.goto(f"{LIST}?lang={language}")
            heard = labels(page)
            assert len(heard) > 20
            assert "" not in heard
            assert len(set(heard)) == len(heard)


def test_a_brands_page_shows_who_reported_what_and_whence(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR, source="HS_ISLAK_IMZA", dealer=1)
    here.told(MAIL, CINAR, "EPOSTA")
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto(LIST)
        expect(page.locator("main")).not_to_contain_text("imzaladığınız")
        page.get_by_role("link", name="Çınar").click()
        row = page.locator(f"#c-{CINAR}-MESAJ-BIREYSEL")
        expect(row).to_contain_text("imzaladığınız formla, 25 Ekim 2026, bayi: Örnek Bayi")
        expect(page.locator("main")).to_contain_text("Çınar Mağazacılık A.Ş.")
        number = page.get_by_text("0123456789012345")
        expect(number).to_be_hidden()
        page.get_by_text("Şirket bilgileri").press("Enter")
        expect(number).to_be_visible()


@pytest.mark.parametrize("waits", [False, True])
def test_approving_is_a_second_step_on_the_brands_page(here: Town, clock: Clock, browser: Browser, waits: bool) -> None:
    here.told(AYSE, CINAR, status="RET")
    if waits:
        here.sign_in(AYSE).refuse(CINAR)
        clock.forward(days=2)
        here.told(AYSE, CINAR, ago=1)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=False) as page:
        page.goto(LIST)
        expect(page.locator(".listed button")).to_have_count(1 if waits else 0)
        page.locator(".listed h3 a, .listed h4 a", has_text="Çınar").click()
        row = page.locator(f"#c-{CINAR}-MESAJ-BIREYSEL")
        expect(row).to_have_attribute("data-status", "BEKLIYOR" if waits else "RET")
        approve = page.get_by_role("button", name="Onay ver: Çınar SMS'leri (kendiniz için)")
        expect(approve).to_have_count(0)  # not before it is asked for
        row.locator("summary").click()
        expect(row).to_contain_text("Çınar size reklam SMS'i gönderebilecek.")
        with page.expect_navigation():
            approve.click()
        assert stands(here, AYSE, CINAR).status == ONAY


def test_the_day_to_stop_by_is_the_boldest_of_an_answer_and_breaks_beside_its_weekday_alone(
    here: Town, browser: Browser
) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto(LIST)
        page.locator(".listed .refuse").click()
        date = page.locator(".listed strong")
        expect(date).to_have_text("27 Kasım 2026 Cuma")
        weight = "one => +getComputedStyle(one).fontWeight"
        others = page.locator(f"#m-{CINAR} > p:not(:has(.is)) *:not(strong)").evaluate_all(f"all => all.map({weight})")
        assert date.evaluate(weight) > max(others)
        assert date.text_content() == "27\u00a0Kasım\u00a02026 Cuma"
        refused, ink = (
            page.locator(which).evaluate("one => getComputedStyle(one).color") for which in (".is.RET", "h1")
        )
        assert refused != ink


def test_the_answer_whether_a_number_is_new_is_named_once(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, ago=400)
    visitor = here.sign_in(AYSE)
    named = {
        "0": "Bu numara eskiden beri sizin.",
        "1": "Bu numaranın yeni olduğunu yazdık. Şu günden önceki kayıtlar artık gizli: 24 Kasım 2026",
        "all": "Gizlenen kayıtlar yeniden görünüyor.",
    }
    for answer, sentence in named.items():
        at = visitor.post("/izinler/yeni-numara", new=answer).headers["location"]
        assert sentence in text(visitor.get(at).text)
        assert sentence not in text(visitor.get(LIST).text)
        assert sentence not in text(here.sign_in(MEHMET).get(at).text), "only the session that answered"
    visitor.post("/izinler/yeni-numara", new="1")
    clock.forward(days=2)
    visitor = here.sign_in(AYSE)
    late = visitor.post("/izinler/yeni-numara", new="all").headers["location"]
    assert named["all"] not in text(visitor.get(late).text), "too late: they stay hidden"
