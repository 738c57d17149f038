"""A till and its customers in a real browser: two devices at once, the customer without script, the clerk with and
without; the same by SMS alone."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from asking import tills, words
from consents.registry import Registry
from consents.rules import ONAY, RET
from gateways.received import Received
from izin import app
from optout.sms import sms_door
from settings import load
from tests.asking.shop import Shop
from tests.browsing import accessible, narrow, readable, served, sized, window
from tests.browsing import browser as browser
from tests.conftest import SECRET
from tests.variants import variants

AYSE, MEHMET, FATMA = "+905320000001", "+905320000002", "+905320000003"
TABLET = {"width": 768, "height": 1024}
PHONE = {"width": 360, "height": 640}
FITS = "document.documentElement.scrollHeight <= innerHeight"


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, str]]:
    """A shop, and the address of its site on a real socket."""
    folder = tmp_path_factory.mktemp("till")
    shutil.copy(sqlite_template, folder / "izin.db")
    settings = load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", "CODES_SENT_PER_IP": "1000"})
    with Registry.open(f"sqlite:///{folder}/izin.db", SECRET, now=lambda: time.time_ns() // 1000) as registry:
        shop = Shop(registry, settings)
        with served(app.build(settings, registry)) as address:
            yield shop, address


def ask(clerk: Page, key: str, button: str = "İzin sor") -> str:
    """Asks, and the word that the till shows."""
    clerk.goto(f"/kasa/{key}")
    clerk.get_by_role("button", name=button).click()
    return clerk.locator(".word").inner_text()


def answer(shop: Shop, customer: Page, word: str, number: str) -> None:
    """No to calls, yes to SMS, with the code that comes to the number."""
    customer.goto(f"/o/{word}")
    customer.get_by_role("group", name="Telefonla arama").get_by_label("Hayır").check()
    customer.get_by_role("group", name="SMS").get_by_label("Evet").check()
    customer.get_by_label("Cep telefonu numaranız").fill(number.replace("+90", "0"))
    customer.get_by_role("button", name="Cevabımı kaydet").click()
    customer.get_by_label("6 rakamlı kod").fill(shop.digits(number))
    customer.get_by_role("button", name="Cevabımı kaydet").click()
    expect(customer.get_by_role("heading", name="Cevabınız kaydedildi")).to_be_visible()


def test_two_devices_at_once_the_answer_arrives_without_a_reload(browser: Browser, place: tuple[Shop, str]) -> None:
    shop, address = place
    with (
        window(browser, address, viewport=TABLET) as clerk,
        window(browser, address, viewport=PHONE, java_script_enabled=False) as customer,
    ):
        word = ask(clerk, shop.till())
        clerk.evaluate("document.body.dataset.same = 'yes'")
        expect(clerk.get_by_text("Cevap bekleniyor")).to_be_visible()
        answer(shop, customer, word, AYSE)
        expect(clerk.get_by_role("heading", name="Evet dedi")).to_be_visible(timeout=15_000)
        assert clerk.evaluate("document.body.dataset.same") == "yes"
        assert AYSE[-4:] not in clerk.content()
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (ONAY, RET)


def test_by_sms_alone_and_a_clerk_without_script(browser: Browser, place: tuple[Shop, str]) -> None:
    shop, address = place
    with window(browser, address, viewport=PHONE, java_script_enabled=False) as clerk:
        word = ask(clerk, shop.till())
        clerk.get_by_role("link", name="Cevap geldi mi?").click()
        expect(clerk.locator(".word")).to_have_text(word)
        at = shop.now
        sent = Received("verimor", f"till {at}", MEHMET.lstrip("+"), "3838", f"HAYIR {word}", at)
        texted = threading.Thread(
            target=lambda: asyncio.run(sms_door.take(shop.registry, shop.settings, sent, post=False))
        )
        texted.start()
        texted.join()
        clerk.get_by_role("link", name="Cevap geldi mi?").click()
        expect(clerk.get_by_role("heading", name="Hayır dedi")).to_be_visible()
        clerk.get_by_role("link", name="Yeni soru").click()
        expect(clerk.get_by_role("button", name="İzin sor")).to_be_visible()
    assert shop.status(MEHMET) == RET


@pytest.mark.parametrize(("size", "scheme"), variants([TABLET, PHONE], ["light", "dark"]))
def test_the_clerks_screen_needs_no_scrolling_and_is_accessible(
    browser: Browser, place: tuple[Shop, str], size: Any, scheme: str
) -> None:
    shop, address = place
    with window(browser, address, viewport=size, color_scheme=scheme) as clerk:
        for language in ("tr", "en"):
            key = shop.till()
            for path in (f"/kasa/{key}?lang={language}", f"/kasa/{shop.till(kind=tills.POSTER)}?lang={language}"):
                clerk.goto(path)
                look(clerk)
            clerk.goto(f"/kasa/{key}?lang={language}")
            clerk.locator("button[value=izin]").click()
            clerk.locator(".word").wait_for()
            look(clerk)
            assert clerk.evaluate(FITS), clerk.evaluate("[document.documentElement.scrollHeight, innerHeight]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_customers_pages_are_accessible(browser: Browser, place: tuple[Shop, str], scheme: str) -> None:
    shop, address = place
    word = words.of_poster(shop.till(kind=tills.POSTER))
    single = words.of_poster(shop.till(shop.mail_form, tills.POSTER))
    number = {"light": FATMA, "dark": "+905320000004"}[scheme]
    with window(browser, address, viewport=PHONE, color_scheme=scheme, bears=["404"]) as customer:
        for path in (f"/o/{word}", f"/o/{single}", f"/o/{word}?lang=ar", f"/o/{word}?lang=de", "/o/none"):
            customer.goto(path)
            look(customer)
            narrow(customer, "main .btn")
            customer.set_viewport_size({"width": 360, "height": 640})
        answer(shop, customer, word, number)
        look(customer)


@pytest.mark.parametrize("script", [True, False])
def test_the_enter_key_answers_nothing(browser: Browser, place: tuple[Shop, str], script: bool) -> None:
    shop, address = place
    word = words.of_poster(shop.till(shop.mail_form, tills.POSTER))
    with window(browser, address, viewport=PHONE, java_script_enabled=script, bears=["422"]) as customer:
        customer.goto(f"/o/{word}")
        customer.locator("#address").fill("enter@example.com")
        customer.locator("#address").press("Enter")
        expect(customer.get_by_text("Evet ya da hayır seçin.")).to_be_visible()
    assert shop.messages("enter@example.com") == []


def look(page: Page) -> None:
    accessible(page)
    readable(page)
    sized(page)
