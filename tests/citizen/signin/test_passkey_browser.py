"""A passkey in a real browser: saved by one button, offered in the field or by a button, nothing without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from consents.registry import Registry, prepare
from tests import free_port
from tests.browsing import accessible, served
from tests.browsing import browser as browser
from tests.citizen.consents.town import furnish
from tests.citizen.signin.desk import Desk
from tests.citizen.signin.test_passkeys import HOST, URL, told
from tests.conftest import SECRET, Clock


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Registry]:
    url = f"sqlite:///{tmp_path}/izin.db"
    prepare(url, SECRET)
    with Registry.open(url, SECRET, now=Clock()) as registry:
        registry.store.write_now(furnish)
        yield registry


@pytest.mark.parametrize("offers", [True, False], ids=["in the field", "by a button"])
def test_a_browser_saves_its_phone_and_comes_back(browser: Chromium, site: Registry, offers: bool) -> None:
    port = free_port()
    desk = Desk(site, Clock(), {"CODES_SENT_PER_IP": "1000", "PUBLIC_URL": f"http://{HOST}:{port}"})
    told(desk)
    with served(desk.asgi, port) as address:
        context = browser.new_context(base_url=address, locale="tr-TR", viewport={"width": 360, "height": 640})
        page = context.new_page()
        if not offers:
            page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = undefined")
        authenticator(page)
        page.goto("/giris")
        if offers:
            expect(page.get_by_role("button", name="Bu telefonla girin")).to_be_hidden()
        page.fill("#address", "0532 000 00 01")
        page.get_by_role("button", name="Kod gönder").click()
        page.fill("#code", desk.code)
        page.get_by_role("button", name="Giriş yap").click()
        page.get_by_text("Menü", exact=True).click()
        page.get_by_role("link", name="Kodsuz giriş").click()
        accessible(page)
        page.get_by_role("button", name="Bu telefonu kaydet").click()
        expect(page.get_by_text("(bu cihaz)")).to_be_visible()
        accessible(page)
        page.goto("/cikis")
        page.get_by_role("button", name="Çıkış yap").click()
        sent = len(desk.sent)
        page.goto("/giris")
        if not offers:  # else the authenticator takes the field's offer by itself
            accessible(page)
            page.get_by_role("button", name="Bu telefonla girin").click()
        page.wait_for_url("**/izinler")
        assert len(desk.sent) == sent
        context.close()


def test_without_script_nothing_is_shown(browser: Chromium, site: Registry) -> None:
    desk = Desk(site, Clock(), {"PUBLIC_URL": URL})
    with served(desk.asgi) as address:
        context = browser.new_context(base_url=address, java_script_enabled=False)
        page = context.new_page()
        page.goto("/giris")
        expect(page.get_by_text("Bu telefonla girin")).to_be_hidden()
        context.close()


def authenticator(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
