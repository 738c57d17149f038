"""The trial phone and the banner of a demo in a real browser: with and without script, narrow, for screen readers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.registry import Registry
from izin import app
from tests.browsing import accessible, narrow, numbered, served, window
from tests.browsing import browser as browser
from tests.conftest import SECRET
from tests.optout.demo_phone.conftest import PERSON, chosen
from tests.optout.demo_phone.conftest import demo_file as demo_file

BANNER = "document.querySelector('.trial').getBoundingClientRect().height"


@pytest.fixture(scope="module")
def address(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo on a real socket; nobody sends its messages, so they wait in the outbox."""
    folder = tmp_path_factory.mktemp("phone")
    shutil.copy(demo_file, folder / "izin.db")
    url = f"sqlite:///{folder}/izin.db"
    with (
        Registry.open(url, SECRET, now=lambda: time.time_ns() // 1000) as registry,
        served(app.build(chosen(folder), registry, trial=PERSON)) as address,
    ):
        yield address


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    viewport = {"width": 360, "height": 800}
    with window(browser, address, viewport=viewport, **getattr(request, "param", {})) as opened:
        yield opened


@pytest.mark.parametrize("page", [{"java_script_enabled": False}, {}], indirect=True, ids=["plain", "script"])
def test_a_newcomer_signs_in_texts_and_calls(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Deneme telefonu, kodlar burada").click()
    page.get_by_label("Reddetme numarasına").fill("ret duran")
    page.get_by_role("button", name="SMS gönder").click()
    expect(page.locator(".bubbles li").nth(1)).to_contain_text("ret duran")
    expect(page.locator(".bubbles li").first).to_contain_text("DURAN")
    page.get_by_role("button", name="Reddetme hattını ara").click()
    page.get_by_label("Tuşlayın").fill("600202")
    page.get_by_role("button", name="#", exact=True).click()
    page.get_by_role("button", name="2", exact=True).click()
    expect(page.get_by_role("heading", name="Arama bitti")).to_be_visible()
    page.get_by_role("link", name="Tamam").click()
    expect(page.get_by_role("heading", name="Deneme telefonu")).to_be_visible()


def test_messages_come_in_by_themselves_and_what_is_being_typed_stays(page: Page, address: str) -> None:
    page.goto("/deneme")
    page.get_by_label("Reddetme numarasına").fill("RET C")
    before = page.locator(".bubbles li").count()
    page.request.post(f"{numbered(address)}/deneme/sms", form={"text": "DURUM"})
    expect(page.locator(".bubbles li")).to_have_count(min(before + 2, 30))
    expect(page.get_by_label("Reddetme numarasına")).to_have_value("RET C")


@pytest.mark.parametrize(
    "page",
    [{}, {"locale": "en-GB", "color_scheme": "dark"}, {"forced_colors": "active"}],
    indirect=True,
    ids=["turkish", "english dark", "forced colours"],
)
def test_everybody_can_read_and_press_it(page: Page) -> None:
    page.goto("/deneme")
    page.locator("button[value=DURUM]").click()
    for _ in range(2):
        accessible(page)
        narrow(page, ".trial summary, .trial .phone, .btn, input")
        page.locator("form[action*=arama] button").first.click()
    page.locator("#keys").fill("600101")
    page.locator("#keys").press("Enter")
    accessible(page)
    narrow(page, ".btn")
    page.locator(".trial summary").press("Enter")
    expect(page.locator(".trial li")).to_have_count(3)
    accessible(page)
    narrow(page, ".trial summary, .trial .phone")


@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True, ids=["turkish"])
def test_nothing_scrolls_sideways_with_letters_twice_as_large(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 740})
    page.goto("/deneme")
    page.locator("form[action*=arama] button").first.click()
    page.locator("#keys").fill("600101")
    page.locator("#keys").press("Enter")
    expect(page.locator(".pad")).to_be_visible()
    page.locator(".trial summary").click()
    page.add_style_tag(content="html { font-size: 200% }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("page", [{}, {"locale": "en-GB"}], indirect=True, ids=["turkish", "english"])
def test_the_banner_is_one_line_on_a_phone(page: Page) -> None:
    for path in ("/", "/giris", "/deneme"):
        page.goto(path)
        assert page.evaluate(BANNER) <= 48


@pytest.mark.parametrize("page", [{"java_script_enabled": False}, {}], indirect=True, ids=["plain", "script"])
def test_a_text_sent_from_the_phone_signs_in_where_it_is_shown(page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/giris")
    page.fill("#address", PERSON.phone)
    page.keyboard.press("Enter")
    page.get_by_text("Kod gelmedi mi?").click()
    page.get_by_role("button", name="SMS göndererek gir").click()
    expect(page.locator("h1")).to_have_text("SMS göndererek girin")
    narrow(page, "main button, main a.btn")
    scripted = "plain" not in request.node.name
    if scripted:  # axe is a script
        accessible(page)
    body = page.locator("p.lead").inner_text()
    phone = page.context.new_page()
    phone.goto("/deneme")
    phone.get_by_label("Reddetme numarasına").fill(body.lower())
    phone.get_by_role("button", name="SMS gönder").click()
    expect(phone.locator(".bubbles li").first).to_contain_text("GIRIS IPTAL")
    phone.close()
    if not scripted:
        page.get_by_role("button", name="Gönderdim, devam et").click()
    expect(page.locator(".note").first).to_contain_text("SMS göndererek girdiniz")
