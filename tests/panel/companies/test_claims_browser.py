"""What companies claim, on a phone in both languages: the company's page and the operator's."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.brands import brand_changes
from consents.brands.company_changes import Why
from consents.store import Transaction
from national.upstream import accounts
from panel.rights import Staff
from tests.browsing import LOW, accessible, served, window
from tests.browsing import browser as browser
from tests.panel.brands.forms import OWNER
from tests.panel.companies.test_claims import DESK, NUMBER, OF_CINAR, OF_ISIK, wish
from tests.panel.companies.test_joining import COMPANY as APPLYING
from tests.panel.companies.test_joining import apply, proved, tax_number
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, Office
from web import cookies

SHOTS = os.environ.get("PANEL_SHOTS")  # a folder, to look at what is drawn
ENGLISH: dict[str, Any] = {"locale": "en-GB"}


def fits(page: Page, name: str) -> None:
    """axe finds nothing, nothing scrolls sideways, what is pressed is as high as a finger."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(LOW, "main a.btn, main button, main input:not([type=hidden])") == []


def claimed(here: Office) -> None:
    """A claim of each kind, two companies with one number at İYS, two applications with one MERSİS number."""
    here.registry.store.write_now(brand_changes.set_names, CINAR, ["CINAR"], Why(here.registry.keyring, "given"))
    owner, first = here.somebody(OWNER, ISIK, email="sahip@isik.example"), here.somebody(OWNER)
    wish(first, OF_CINAR, numbers=NUMBER, **{"name-1": "CINAR"})
    wish(
        owner,
        title="Çınar Resmi",
        headers="GARANTI",
        numbers=f"{NUMBER}\n3388",
        **{"name-1": "C1NAR", "name-2": "çınar"},
    )
    owner.post(f"/panel/{ISIK}/markalar", data={"title": "Çınar Ev ve Bahçe Ürünleri", "code": "600777"})

    def work(transaction: Transaction) -> None:
        for code in (CINAR, ISIK):
            accounts.add(transaction, here.registry.keyring, code, CINAR, f"api-{code}", "gizli")

    here.registry.store.write_now(work)
    apply(here)
    browser, proof = proved(here, "asil@example.com")
    form = {**APPLYING, "tax": tax_number(), "proof": proof}
    assert browser.shown("/panel/basvuru/sirket", data=form).status_code == 200


@pytest.mark.parametrize("look", [{}, ENGLISH], ids=["tr", "en"])
def test_what_waits_is_read_and_decided_on_a_phone(office: OpenOffice, browser: Browser, look: dict[str, Any]) -> None:
    here, of = office(IYS_URL="https://iys.example"), look.get("locale", "tr")[:2]
    claimed(here)
    operator, owner = here.somebody(Staff.OPERATOR), here.somebody(OWNER, ISIK)
    named = {"tr": ("Reddet: 2", "Kabul et: 3"), "en": ("Refuse: request 2", "Accept: request 3")}[of]
    with served(here.asgi) as address:
        cookie = f"{cookies.PANEL}={operator.cookies.get(cookies.PANEL)}"
        with window(browser, address, cookie=cookie, bears=("422",), **look) as page:
            page.goto(DESK)
            assert page.locator("html").get_attribute("lang") == of
            fits(page, f"claims-{of}")
            page.get_by_role("button", name=named[0]).click()
            expect(page.get_by_role("alert")).to_be_visible()
            fits(page, f"claims-refused-{of}")
            page.locator("#why-2").fill("Başka bir markanın adı")
            page.get_by_role("button", name=named[0]).click()
            page.get_by_role("button", name=named[1]).click()
            expect(page.get_by_role("status")).to_be_visible()
            fits(page, f"claims-decided-{of}")
            page.goto("/panel/isletmen/basvurular/1")
            fits(page, f"application-{of}")
        cookie = f"{cookies.PANEL}={owner.cookies.get(cookies.PANEL)}"
        with window(browser, address, cookie=cookie, **look) as page:
            for path, name in (
                (OF_ISIK, "brand"),
                (f"/panel/{ISIK}/markalar", "brands"),
                (f"/panel/{ISIK}/iys", "iys"),
            ):
                page.goto(path)
                fits(page, f"{name}-{of}")
