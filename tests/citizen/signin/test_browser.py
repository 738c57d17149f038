"""Sign-in in a real browser: with and without script, by keyboard alone, on a narrow phone, for screen readers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.registry import Registry, prepare
from gateways.outbox import outbox
from tests.browsing import accessible, narrow, readable, served, sized, window
from tests.browsing import browser as browser
from tests.citizen.signin.desk import Desk
from tests.conftest import SECRET, Clock
from web.rendering.assets import STATIC

ENV = {
    "CODES_SENT_PER_IP": "100000",
    "CODES_SENT_PER_BLOCK": "100000",
    "OPTOUT_NUMBER": "3838",
    "KVKK_CONTACT": "kvkk@izin.example",
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'izin.db'}"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        yield Desk(registry, clock, ENV)


@pytest.fixture(scope="module")
def address(here: Desk) -> Iterator[str]:
    """The site on a real socket."""
    with served(here.asgi) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone of 320 pixels; ``@pytest.mark.parametrize("page", [{…}], indirect=True)`` changes it."""
    wanted = {"viewport": {"width": 320, "height": 700}, **getattr(request, "param", {})}
    with window(browser, address, bears=("422", "Clear-Site-Data"), **wanted) as opened:
        yield opened


_numbers = iter(range(10, 99))


def number() -> str:
    """A number nobody has asked with yet."""
    return f"0532 000 00 {next(_numbers)}"


def ask(page: Page, typed: str) -> None:
    page.goto("/giris")
    page.fill("#address", typed)
    page.click("button.main")


WITHOUT_SCRIPT = {"java_script_enabled": False}


@pytest.mark.parametrize("page", [{}, WITHOUT_SCRIPT], indirect=True, ids=["script", "no script"])
def test_one_signs_in_and_out(here: Desk, page: Page) -> None:
    ask(page, number())
    expect(page).to_have_url(re.compile("/giris/kod$"))
    page.fill("#code", here.other)
    page.click("button.main")
    expect(page.locator(".error")).to_contain_text("Kalan deneme: 4")
    page.fill("#code", f"Kodunuz: {here.code}")
    page.click("button.main")
    expect(page).to_have_url(re.compile("/izinler$"))
    page.goto("/cikis")
    page.click("text=Çıkış yap")
    expect(page.locator("h1")).to_have_text("Çıkış yaptınız")
    page.goto("/izinler")
    expect(page).to_have_url(re.compile("/giris$"))


def test_the_keyboard_alone_signs_in(here: Desk, page: Page) -> None:
    page.goto("/giris")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the content
    page.keyboard.press("Tab")
    page.keyboard.type(number())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/giris/kod$"))
    page.wait_for_load_state()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "code"
    page.keyboard.type(here.code)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/izinler$"))


def test_a_number_falls_into_groups_and_the_page_says_what_it_understands(page: Page) -> None:
    page.goto("/giris")
    field, kind = page.locator("#address"), page.locator("#kind")
    expect(kind).to_be_hidden()
    field.press_sequentially("05320000001")
    expect(field).to_have_value("0532 000 00 01")
    expect(kind).to_have_text("Cep telefonu: kod SMS ile gelir.")
    field.press("Backspace")
    field.press_sequentially("2")
    expect(field).to_have_value("0532 000 00 02")
    field.fill("ayse@example.com")
    expect(kind).to_have_text("E\u2011posta: kod e\u2011postayla gelir.")
    field.fill("0212 000 00 00")
    expect(kind).to_be_hidden()


def test_the_wait_for_a_new_code_is_counted_down(here: Desk, page: Page) -> None:
    began = time.time()
    page.clock.install(time=began)
    page.clock.pause_at(began + 3600)  # it runs until then
    ask(page, number())
    again = page.locator("text=Yeni kod gönder")
    expect(again).to_be_disabled()
    expect(page.locator("[data-left]")).to_have_text("60")
    page.clock.run_for(21_000)
    expect(page.locator("[data-left]")).to_have_text("39")
    page.clock.run_for(40_000)
    expect(again).to_be_enabled()
    expect(page.locator("[data-wait]")).to_be_hidden()
    sent = len(here.sent)
    here.clock.forward(seconds=60)
    again.click()
    expect(page.locator("[role=status]").first).to_contain_text("Yeni kod istediniz")
    assert len(here.sent) == sent + 1


def test_a_double_press_spends_the_code_once(here: Desk, page: Page) -> None:
    ask(page, number())
    page.fill("#code", here.code)
    page.dblclick("button.main")
    expect(page).to_have_url(re.compile("/izinler$"))


def test_a_session_that_has_ended_leads_to_sign_in_and_back(here: Desk, page: Page) -> None:
    page.goto("/markalar")
    expect(page).to_have_url(re.compile("/giris$"))
    ask(page, number())
    page.fill("#code", here.code)
    page.click("button.main")
    expect(page).to_have_url(re.compile("/markalar$"))


@pytest.mark.parametrize("page", [{"locale": "tr-TR"}, {"locale": "en-US"}], indirect=True, ids=["tr", "en"])
def test_every_state_can_be_read_by_everybody(here: Desk, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """axe finds nothing, nothing scrolls sideways at 320 px, what can be pressed is 44 px high."""
    page.goto("/giris")
    fine(page)
    for typed in ("0212 000 00 00", "444 0 123", "+49 1511 2345678", "0532"):
        ask(page, typed)
        fine(page)
    ask(page, number())
    fine(page)
    for _ in range(5):
        page.fill("#code", here.other)
        page.click("button.main")
        fine(page)
    page.context.clear_cookies()
    ask(page, f"a{next(_numbers)}@example.com")
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "down", lambda snapshot, kind, now: True)
        page.goto("/giris/kod")
        fine(page)
        page.goto("/giris")
        fine(page)
    page.goto("/giris/kod")
    page.fill("#code", here.code)
    page.click("button.main")
    for path in ("/giris", "/giris/ekle", "/cikis"):
        page.goto(path)
        fine(page)
    page.click("button.main")
    fine(page)


def fine(page: Page) -> None:
    accessible(page)
    page.emulate_media(color_scheme="dark")
    readable(page)
    page.emulate_media(color_scheme="light")
    narrow(page, ".btn, input:not([type=hidden]), .head a")
    sized(page)


def test_the_first_paint_weighs_at_most_14_kb_and_the_first_load_32(here: Desk) -> None:
    one = here.browser()
    one.ask("0532 000 00 01")
    for path in ("/giris", "/giris/kod", "/cikis"):
        sheet = weight(one, "/static/site.css") + weight(one, "/static/more.css")
        files = re.findall(r'(?:href|src)="(/static/[^"]+|/manifest[^"]+)"', one.get(path).text)
        assert weight(one, path) + sheet <= 14 * 1024
        assert weight(one, path) + sum(weight(one, file) for file in files) <= 32 * 1024
    here.close()
    assert (STATIC / "signin.js").stat().st_size < 3 * 1024


def weight(one: object, path: str) -> int:
    return int(one.get(path, headers={"accept-encoding": "gzip"}).headers["content-length"])  # type: ignore[attr-defined]
