"""What a company manages, in a real browser: phone and desk, both languages and schemes, and without script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.brands import companies, packages
from consents.brands.company_changes import Why
from consents.keys import Keyring
from consents.registry import Registry, prepare
from consents.store import Transaction
from panel.exports import export_store
from panel.exports.export_store import ExportKind, NewExport
from panel.rights import Staff
from providers.callers import partners
from tests.browsing import accessible, served, window
from tests.browsing import browser as browser
from tests.conftest import SECRET, Clock
from tests.panel.brands.forms import AT, OWNER
from tests.panel.office import CINAR, Colleague, Office
from web import cookies

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 800}}
DESK: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 900},
    "locale": "en-GB",
    "color_scheme": "dark",
}
PARTNER = 700100
PAGES = (
    "markalar",
    f"markalar/{CINAR}",
    f"bayiler/{CINAR}",
    "programlar",
    "programlar/bildirim",
    "ortaklar",
    f"ortaklar/{CINAR}",
    "baglantilar",
    "baglantilar/dosyalar",
)


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path_factory.mktemp('manage') / 'izin.db'}"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        office = Office(registry, clock)
        registry.store.write_now(_partner)
        packages.give(registry.store, CINAR, "İLETİ-25", Why(registry.keyring, "Sözleşme"))
        for rows in (1800, 40_000):
            registry.store.write_now(_links, registry.keyring, office.person("baglanti@example.com", OWNER), rows)
        yield office
        office.close()


def _partner(transaction: Transaction) -> None:
    partners.add(transaction, PARTNER, "Köprü Yazılım")


def _links(transaction: Transaction, keyring: Keyring, person: int, rows: int) -> None:
    """A file of links that was made so far; the first one is ready."""
    brand = companies.known_brand(transaction, CINAR)
    assert brand is not None
    kept = json.dumps({"lines": max(rows, 90_000)})
    new = NewExport(brand.provider, brand.id, person, kept, ExportKind.LINKS)
    number = export_store.add(transaction, new)
    export_store.progress(transaction, number, rows)
    if rows < 5000:
        export = export_store.find(transaction, brand.provider, number, ExportKind.LINKS)
        assert export is not None
        export_store.finish(transaction, keyring, export, rows)


def cookie(person: Colleague) -> str:
    return f"{cookies.PANEL}={person.cookies.get(cookies.PANEL)}"


def fits(page: Page) -> None:
    """axe finds nothing, and nothing scrolls sideways."""
    accessible(page)
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], (page.url, width)


def test_on_a_phone_a_name_is_refused_and_then_kept(here: Office, browser: Browser) -> None:
    owner = here.somebody(OWNER)
    with served(here.asgi) as address, window(browser, address, cookie=cookie(owner), bears=("422",), **PHONE) as page:
        page.goto(f"{AT}/markalar")
        fits(page)
        page.get_by_role("link", name=f"Marka {CINAR}").click()
        page.get_by_label("1. kısa ad").fill("iptal")
        page.get_by_label("Nedeni").first.fill("Yeni ad")
        page.get_by_role("button", name="Kaydet").click()
        expect(page.get_by_label("1. kısa ad")).to_have_attribute("aria-invalid", "true")
        fits(page)
        page.get_by_label("1. kısa ad").fill("çınar")
        page.get_by_role("button", name="Kaydet").click()
        expect(page.get_by_role("status")).to_contain_text("Kaydedildi")
        fits(page)
        page.goto(f"{AT}/programlar")
        page.get_by_label("Adı").fill("crm")
        page.get_by_role("button", name="Ekle ve şifreyi göster").click()
        assert len(page.locator("#new-password").inner_text()) == 32
        fits(page)
        page.goto(f"{AT}/bayiler/{CINAR}")
        page.get_by_label("Bayinin adı").fill("Kadıköy")
        page.get_by_role("button", name="Bayiyi ekle").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kadıköy")
        fits(page)
        page.goto(f"{AT}/ortaklar/{CINAR}")
        page.get_by_label("İş ortağı").select_option(label="Köprü Yazılım")
        page.get_by_label("SMS").select_option("write")
        page.get_by_role("button", name="Kaydet").click()
        expect(page.get_by_role("status")).to_contain_text("Kaydedildi")
        for path in PAGES:
            page.goto(f"{AT}/{path}")
            fits(page)


def test_at_a_desk_in_english_and_dark(here: Office, browser: Browser) -> None:
    owner = here.somebody(OWNER)
    with served(here.asgi) as address, window(browser, address, cookie=cookie(owner), **DESK) as page:
        for path in PAGES:
            page.goto(f"{AT}/{path}")
            assert page.locator("html").get_attribute("lang") == "en"
            fits(page)


def test_without_script_links_are_downloaded(here: Office, browser: Browser) -> None:
    owner, look = here.somebody(OWNER), DESK | {"java_script_enabled": False}
    with served(here.asgi) as address, window(browser, address, cookie=cookie(owner), **look) as page:
        page.goto(f"{AT}/baglantilar")
        page.get_by_label("Brand").select_option(label=f"Marka {CINAR}")
        page.get_by_label("Channel").select_option("MESAJ")
        file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"0532 000 00 01\n"}
        page.get_by_label("File of addresses").set_input_files(file)  # type: ignore[arg-type]
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Get links").click()
        assert "+905320000001,http" in downloading.value.path().read_text(encoding="utf-8")


@pytest.mark.parametrize("look", [PHONE, DESK], ids=["phone", "desk"])
def test_the_operators_rules(here: Office, browser: Browser, look: dict[str, Any]) -> None:
    operator = here.somebody(Staff.OPERATOR)
    with served(here.asgi) as address, window(browser, address, cookie=cookie(operator), **look) as page:
        for path in ("kurallar", f"saglayicilar/{CINAR}"):
            page.goto(f"/panel/isletmen/{path}")
            fits(page)
