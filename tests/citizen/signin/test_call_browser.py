"""The page for the code where a mobile may have itself called, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from consents.registry import Registry, prepare
from tests.browsing import accessible, complaints, narrow, served
from tests.browsing import browser as browser
from tests.citizen.signin.desk import Desk
from tests.conftest import SECRET, Clock
from tests.variants import variants

ENV = {
    "VOICE_GATEWAY": "twilio://AC0:token@api.twilio.com?from=+902120000009",
    "OPTOUT_NUMBER": "3838",
    "CODES_SENT_PER_HOUR": "100",
    "CODES_SENT_PER_DAY": "100",
}
NAMES = {
    "tr": ("Beni arayın", "Beni yeniden arayın", "Sizi arayıp"),
    "en": ("Call me", "Call me again", "We will call"),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path_factory.mktemp('call') / 'izin.db'}"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        yield Desk(registry, clock, ENV)


LOOKS: list[dict[str, object]]
LOOKS = [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}, {"java_script_enabled": False}]


@pytest.mark.parametrize(("look", "language"), variants(LOOKS, ["tr", "en"]))
def test_a_mobile_has_itself_called_by_keyboard_on_a_narrow_phone(
    here: Desk, browser: Browser, language: str, look: dict[str, object]
) -> None:
    first, again, said = NAMES[language]
    with served(here.asgi) as address:
        context = browser.new_context(
            base_url=address, viewport={"width": 320, "height": 700}, locale=f"{language}-TR", **look
        )
        page = context.new_page()
        told = complaints(page)
        page.goto(f"/giris?lang={language}")
        page.locator("#address").fill(f"0532 000 00 {len(here.sent):02}")
        page.locator("#address").press("Enter")
        expect(page.get_by_role("button", name=first)).to_be_visible()
        if look.get("java_script_enabled", True):
            expect(page.get_by_role("button", name=first)).to_be_disabled()
            accessible(page)
        here.clock.forward(minutes=2)
        page.goto(f"/giris/kod?lang={language}")
        narrow(page, "main button")
        page.get_by_role("button", name=first).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_role("button", name=again)).to_be_visible()
        assert "arama" in page.url
        assert here.sent[-1]["kind"] == "call"
        narrow(page, "main button")
        if look.get("java_script_enabled", True):
            accessible(page)
        here.clock.forward(hours=2)
        assert told == []
        context.close()
