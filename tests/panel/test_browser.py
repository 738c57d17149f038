"""The panel in a real browser: every page by axe at desk and phone width, and a passkey made and used."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from consents import movement_counts
from consents.rules import RET
from panel.audit import os_logins
from panel.gate import PanelRoute
from panel.panel_routes import ROUTES
from panel.rights import Audience, Membership, Permission, Role, Staff
from tests.browsing import LOW, accessible, browser, complaints, narrow, readable, served
from tests.conftest import Clock, Opener
from tests.consents.deeds import DAY
from tests.panel.changes import note
from tests.panel.office import CINAR, Kind, Office, Seat
from tests.panel.seen import SeenDeeds
from tests.panel.test_matrix import filled
from tests.panel.things import THINGS

__all__ = ["browser"]
OWNER = Membership(Role.OWNER, Permission.MEMBER)
PRESSED = "main a.btn, main button, main input:not([type=hidden], [type=radio], [type=checkbox]), main select, .side a"
SHOTS = os.environ.get("PANEL_SHOTS")  # a folder, to look at what is drawn


@contextmanager
def seated(here: Office, browser: Browser, kind: Kind, address: str, **options: object) -> Iterator[Page]:
    """A page of somebody who is signed in."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    if kind is not None:
        colleague = here.somebody(kind)
        context.add_cookies([{"name": "panel", "value": colleague.cookies["panel"], "url": address}])
        context.set_extra_http_headers({})
    page = context.new_page()
    yield page
    context.close()


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def reading() -> list[PanelRoute]:
    """The pages that can be opened without having done something before."""
    needless = {"/panel/giris/kod", "/panel/basvuru/kod", "/panel/giris/ikinci"}
    away = {"/panel/hesap/ikinci-adim/uygulama", "/panel/giris/kimlik", "/panel/giris/kimlik/donus"}
    files = ("/yazi", ".xlsx", ".csv")
    pages = (line for line in ROUTES if line.method == "GET" and line.path not in needless | away)
    return [line for line in pages if not line.path.endswith(files)]


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Office]:
    office = Office(open_registry(sqlite_url), clock)
    yield office
    office.close()


@pytest.mark.parametrize(("language", "scheme"), [("tr", "light"), ("en", "dark")])
def test_every_page_at_both_widths(here: Office, browser: Browser, language: str, scheme: str) -> None:
    things = {thing: make(here, CINAR) for thing, make in THINGS.items()}
    assert len(reading()) > 15
    with served(here.asgi) as address:
        for kind in (None, OWNER, Staff.OPERATOR, Seat(owner=True)):
            lines = [line for line in reading() if _asks(line) == kind]
            assert lines
            with seated(here, browser, kind, address, color_scheme=scheme) as page:
                said = complaints(page)
                for line in lines:
                    page.set_viewport_size({"width": 1280, "height": 900})
                    page.goto(f"{address}{filled(line, CINAR, things)}?lang={language}")
                    name = re.sub(r"\W+", "-", line.path).strip("-")
                    (accessible if scheme == "light" else readable)(page)
                    shoot(page, f"{name}-{language}-{scheme}-1280")
                    page.set_viewport_size({"width": 360, "height": 800})
                    shoot(page, f"{name}-{language}-{scheme}-360")
                    narrow(page, PRESSED)
                    assert [one for one in said if "410" not in one] == [], line.path
                if kind is not None:
                    the_menu_opens(page)


def test_a_machine_with_a_long_name_leaves_the_log_as_wide_as_the_screen(
    here: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os_logins, "here", lambda: {"login": "izin", "sudo": "derya", "host": "m" * os_logins.LONGEST})
    note(here.registry, "partner-added")
    with served(here.asgi) as address, seated(here, browser, Staff.OPERATOR, address) as page:
        page.goto(f"{address}/panel/isletmen/kutuk?lang=tr")
        assert "m" * os_logins.LONGEST in page.locator("table").inner_text()
        shoot(page, "log-long-name")
        accessible(page)
        narrow(page, PRESSED)


@pytest.mark.parametrize(
    ("language", "scheme", "button"), [("tr", "light", "Listeyi indir"), ("en", "dark", "Download the list")]
)
def test_the_day_that_runs_out_is_on_the_first_screen(
    here: Office, browser: Browser, language: str, scheme: str, button: str
) -> None:
    """On a small phone, with what to do about it; also with letters of twice the size and at a desk."""
    deeds = SeenDeeds(here)
    for place in range(1, 4):
        deeds.decides(deeds.allowed(place), status=RET)
        here.clock.now += DAY
    movement_counts.keep_up(here.registry)
    with served(here.asgi) as address, seated(here, browser, OWNER, address, color_scheme=scheme) as page:
        said = complaints(page)
        for path in ("genel", "reddedenler"):
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(f"{address}/panel/{CINAR}/{path}?lang={language}")
            (accessible if scheme == "light" else readable)(page)
            shoot(page, f"today-{path}-{language}-{scheme}-1280")
            page.set_viewport_size({"width": 360, "height": 640})
            press = page.get_by_role("button", name=button).first.bounding_box()
            assert press is not None
            assert press["y"] + press["height"] <= 640
            shoot(page, f"today-{path}-{language}-{scheme}-360")
            narrow(page, PRESSED)
        page.goto(f"{address}/panel/{CINAR}/genel?lang={language}")
        with page.expect_download() as given:
            page.get_by_role("button", name=button).first.click()
        assert given.value.suggested_filename == f"{CINAR}-alinmayan-retler-2026-11-27.csv"
        assert given.value.path().read_bytes().count(b"\n") == 4
        page.reload()
        assert page.locator(".untaken").count() == 0
        assert said == []


def the_menu_opens(page: Page) -> None:
    """On a phone by its button, with links that a finger finds; the Escape key shuts it."""
    menu = page.locator(".side")
    assert not menu.is_visible()
    page.locator("button.menu").press("Enter")
    assert menu.is_visible()
    accessible(page)
    assert page.evaluate(LOW, ".side a, .side button") == []
    page.keyboard.press("Escape")
    assert not menu.is_visible()


def _asks(line: PanelRoute) -> Kind:
    """Who opens the page."""
    if line.needs is Audience.OPEN:
        return None
    if line.needs in (Audience.PARTNER, Audience.PARTNER_OWNER):
        return Seat(owner=True)
    return Staff.OPERATOR if line.needs in (Audience.OPERATOR, Audience.STAFF) else OWNER


def test_a_passkey_is_made_and_used(here: Office, browser: Browser) -> None:
    person = here.person("derya@example.com", OWNER)
    with served(here.asgi) as address:
        here.settings.__dict__["public_url"] = address  # what the passkey is bound to
        context = browser.new_context(locale="tr-TR")
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        tools.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
        )
        sign_in(here, page, address)
        page.goto(f"{address}/panel/hesap/ikinci-adim")
        accessible(page)  # no red sentence before anything was tried
        page.get_by_label("Anahtara bir ad verin").fill("Telefonum")
        page.get_by_role("button", name="Geçiş anahtarı ekle").click()
        page.get_by_role("heading", name="Kurtarma kodlarınız").wait_for()
        assert page.locator(".codes li").count() == 10
        page.goto(f"{address}/panel/hesap")
        page.get_by_role("button", name="Çıkış", exact=True).click()
        here.clock.forward(minutes=2)
        sign_in(here, page, address)
        assert page.url.endswith("/panel/giris/ikinci")
        accessible(page)
        page.get_by_role("button", name="Geçiş anahtarıyla gir").click()
        page.wait_for_url(f"{address}/panel/{CINAR}/genel")
        context.close()
    assert here.acts() == ["signed-in", "factor-added", "signed-in"]
    assert person


def sign_in(here: Office, page: Page, address: str) -> None:
    page.goto(f"{address}/panel/giris")
    page.get_by_label("İş e").fill("derya@example.com")
    page.get_by_role("button", name="Kod gönder").click()
    page.get_by_label("6 rakamlı kod").fill(here.code)
    page.get_by_role("button", name="Giriş yap").click()
    page.wait_for_load_state()
