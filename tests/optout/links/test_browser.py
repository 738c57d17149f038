"""The doors without sign-in in a real browser: pressed by hand, and each of their states looked at."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.store import StoreUnavailable
from tests.browsing import accessible, narrow, readable, sized
from tests.browsing import browser as browser
from tests.citizen.consents.browser import served
from tests.citizen.consents.town import AYSE, CINAR, MAIL, MEHMET, Town
from tests.conftest import Clock
from tests.optout.links import door, pictures
from tests.optout.links.phone import phone
from tests.variants import variants

# The folder that pictures of all states are to be drawn in.
SHOTS = os.environ.get("SHOTS")
REFUSE = "SMS'leri reddet"


@pytest.mark.parametrize("script", [True, False])
def test_refused_taken_back_and_refused_again_by_hand(here: Town, browser: Browser, script: bool) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    path = door.link(here, AYSE)
    with served(here) as address, phone(browser, address, script=script) as page:
        page.goto(path)
        expect(page.locator("h1")).to_have_text("Çınar")
        page.get_by_role("button", name=REFUSE).click()
        expect(page.locator("h1")).to_contain_text("Reddettiniz")
        page.reload()
        expect(page.locator("h1")).to_contain_text("Reddettiniz")
        page.goto(path)
        expect(page.locator("h1")).to_contain_text("Zaten reddetmişsiniz")
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator("h1")).to_contain_text("Geri alındı")
        assert door.stands(here, AYSE) == "ONAY"
        page.get_by_role("button", name="Yeniden reddet").click()
        page.get_by_role("button", name="Aramaları da reddet").click()
        expect(page.locator(".lead")).to_contain_text("Çınar aramaları")
        assert page.url.partition("?")[0].endswith(path)
        assert [door.stands(here, AYSE, channel) for channel in ("MESAJ", "ARAMA")] == ["RET", "RET"]


def test_in_english_and_by_keyboard_alone(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    with served(here) as address, phone(browser, address, locale="en-GB") as page:
        page.goto(path)
        page.get_by_role("button", name="Refuse SMS").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("You refused")
        page.get_by_role("link", name="Türkçe").click()  # what was done is told in the other language too
        expect(page.locator("h1")).to_contain_text("Zaten reddetmişsiniz")


def test_one_click_from_the_page_of_a_mail(here: Town, browser: Browser) -> None:
    path = door.mail(here)
    with served(here) as address, phone(browser, address) as page:
        page.goto(path)
        page.get_by_role("button", name="E\u2011postaları reddet").click()
        expect(page.locator("h1")).to_contain_text("Reddettiniz")
        page.get_by_label("E\u2011postanızın ilk üç harfi").fill("Ays")
        page.get_by_role("button", name="Göster").click()
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator("h1")).to_contain_text("Geri alındı")


@pytest.mark.parametrize(
    ("words", "script"),
    variants(
        [
            ("tr-TR", REFUSE, "Numaranızın son dört rakamı", "Uymadı.", "Kayıt no:"),
            ("en-GB", "Refuse SMS", "Last four digits of your number", "That does not match.", "Record number:"),
        ],
        [True, False],
    ),
)
def test_a_forwarded_link_by_keyboard_alone(
    here: Town, clock: Clock, browser: Browser, script: bool, words: tuple[str, ...]
) -> None:
    locale, refuse, label, wrong, record = words
    with served(here) as address, phone(browser, address, script=script, locale=locale) as page:
        _old(here, clock, page, AYSE)
        expect(page.locator("body")).not_to_contain_text("•")
        page.get_by_role("button", name=refuse).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("body")).not_to_contain_text(record)
        page.get_by_label(label).focus()
        with page.expect_navigation():
            page.keyboard.type("4711\n")
        field = page.get_by_label(label)
        expect(field).to_have_accessible_description(re.compile(re.escape(wrong)))
        expect(field).to_be_focused()
        page.keyboard.type("0001\n")
        expect(page.locator("main")).to_contain_text("+90 532 ••• •• 01")
        expect(page.locator("main")).to_contain_text(record)
        page.goto(page.url)
        expect(page.locator("main")).to_contain_text(record)


def _press(page: Page, *buttons: str) -> None:
    for button in buttons:
        with page.expect_navigation():  # else what follows may meet the page that is going
            page.get_by_role("button", name=button).first.click()


def _broken(here: Town) -> None:
    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    here.registry.store.write = full  # type: ignore[method-assign,assignment]


Show = Callable[[Town, Clock, Page, str], None]
OTHER = {AYSE: MAIL, MEHMET: "mehmet@example.com"}  # the e-mail of the same person


def _of_link(*buttons: str) -> Show:
    def show(here: Town, clock: Clock, page: Page, who: str) -> None:
        here.told(who, CINAR)
        here.told(who, CINAR, "ARAMA")
        page.goto(door.link(here, who))
        _press(page, *buttons)

    return show


def _late(here: Town, clock: Clock, page: Page, who: str) -> None:
    _of_link(REFUSE)(here, clock, page, who)
    clock.forward(minutes=11)
    _press(page, "Geri al")
    clock.forward(minutes=-11)


def _unsaved(here: Town, clock: Clock, page: Page, who: str) -> None:
    page.goto(door.link(here, who))
    write = here.registry.store.write
    _broken(here)
    _press(page, REFUSE)
    here.registry.store.write = write  # type: ignore[method-assign]


def _mail(*buttons: str) -> Show:
    def show(here: Town, clock: Clock, page: Page, who: str) -> None:
        here.told(OTHER[who], CINAR, "EPOSTA")
        page.goto(door.mail(here, OTHER[who]))
        _press(page, *buttons)

    return show


def _at(path: str) -> Show:
    def show(here: Town, clock: Clock, page: Page, who: str) -> None:
        page.goto(path)

    return show


def _foreign(here: Town, clock: Clock, page: Page, who: str) -> None:
    path = door.link(here, who)
    page.goto(path)
    form = f'<form method="post" action="{page.url}"><button>x</button></form>'
    page.route("https://evil.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("https://evil.example/")
    page.get_by_role("button").click()


def _repeated(here: Town, clock: Clock, page: Page, who: str) -> None:
    _of_link(REFUSE)(here, clock, page, who)
    page.reload()


def _opened_elsewhere(here: Town, clock: Clock, page: Page, who: str) -> None:
    """Somebody else who holds the link has just refused, and could take it back."""
    here.told(who, CINAR)
    path = door.link(here, who)
    door.press(here, path)
    page.goto(path)


def _closed(here: Town, clock: Clock, page: Page, who: str) -> None:
    """Said again by another holder of the link, so that the first can take nothing back."""
    _of_link(REFUSE)(here, clock, page, who)
    door.posted(here, page.url.removeprefix("http://").partition("/")[2].join(("/", "")))
    _press(page, "Geri al")


def _in_advance(here: Town, clock: Clock, page: Page, who: str) -> None:
    page.goto(door.link(here, who))
    _press(page, REFUSE)


def _abroad(here: Town, clock: Clock, page: Page, who: str) -> None:
    page.goto(door.link(here, {AYSE: "+4915123456789", MEHMET: "+4915123456780"}[who]) + "?lang=en")
    _press(page, "Refuse SMS")


def _old(here: Town, clock: Clock, page: Page, who: str) -> None:
    """A link of last week, in a browser that was never here."""
    here.told(who, CINAR)
    path = door.link(here, who)
    clock.forward(days=7)
    page.goto(path)


def _forwarded(*buttons: str, part: str = "") -> Show:
    def show(here: Town, clock: Clock, page: Page, who: str) -> None:
        _old(here, clock, page, who)
        _press(page, *buttons)
        if part:
            page.get_by_label("Numaranızın son dört rakamı").fill(part)
            _press(page, "Göster")
        clock.forward(days=-7)

    return show


STATES: dict[str, Show] = {
    "ask": _of_link(),
    "done": _of_link(REFUSE),
    "done_all": _of_link(REFUSE, "Bu markanın hepsini reddet"),
    "repeated": _repeated,
    "undone": _of_link(REFUSE, "Geri al"),
    "late": _late,
    "elsewhere": _opened_elsewhere,
    "closed": _closed,
    "in_advance": _in_advance,
    "abroad": _abroad,
    "unsaved": _unsaved,
    "foreign": _foreign,
    "unknown": _at("/k/00000000000000"),
    "forwarded": _forwarded(),
    "forwarded_done": _forwarded(REFUSE),
    "forwarded_wrong": _forwarded(part="4711"),
    "mail": _mail(),
    "mail_done": _mail("E\u2011postaları reddet"),
    "poster": _at(f"/m/{CINAR}"),
    "sheet": _at(f"/m/{CINAR}/afis"),
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_sound_in_a_browser(here: Town, clock: Clock, browser: Browser, name: str) -> None:
    with served(here) as address:
        for who, scheme in ((AYSE, "light"), (MEHMET, "dark")):
            with phone(browser, address, scheme=scheme) as page:
                STATES[name](here, clock, page, who)
                (accessible if scheme == "light" else readable)(page)
                if SHOTS:
                    page.screenshot(path=Path(SHOTS) / f"link-{name}-{scheme}.png", full_page=True)
                narrow(page, ".btn")
                if name != "sheet":  # paper
                    sized(page)


def test_a_code_photographed_from_the_screen_leads_to_its_page(here: Town, browser: Browser) -> None:
    code = door.link(here, AYSE)[3:]
    with served(here) as address, phone(browser, address) as page:
        for path, leads in ((f"/qr/{code}.svg", f"/q/{code}"), (f"/m/{CINAR}/afis", f"/m/{CINAR}")):
            page.goto(path) if path.endswith("afis") else page.set_content(here.client.get(path).text)
            (seen,) = pictures.read(page.screenshot(full_page=True))
            assert seen == door.settings(here).public_url + leads
            answer = page.goto(seen.removeprefix(door.settings(here).public_url))
            assert answer is not None
            assert answer.status == 200
            expect(page.locator("h1")).to_have_text("Çınar")


def test_the_sheet_is_one_page_of_a5(here: Town, browser: Browser, tmp_path: Path) -> None:
    with served(here) as address, phone(browser, address) as page:
        page.goto(f"/m/{CINAR}/afis")
        printed = page.pdf(path=Path(SHOTS or tmp_path) / "sheet.pdf", prefer_css_page_size=True, print_background=True)
        assert printed.count(b"/Type /Page\n") == 1
        assert b"/MediaBox [0 0 419" in printed or b"/MediaBox [0 0 420" in printed


def test_the_first_paint_weighs_at_most_14_kb(here: Town) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    packed = {"accept-encoding": "gzip"}
    sheets = [here.client.get(f"/static/{name}.css", headers=packed) for name in ("site", "more")]
    for answer in (here.client.get(path, headers=packed), here.client.post(path, headers=packed)):
        assert answer.headers["content-encoding"] == "gzip"
        assert sum(int(part.headers["content-length"]) for part in (answer, *sheets)) <= 14 * 1024
        assert re.findall(r"<script[^>]*>", answer.text) == re.findall(
            r'<script src="/static/sending.js[^"]*" defer>', answer.text
        )


@pytest.mark.parametrize("script", [True, False])
def test_back_and_reload_show_the_receipt_again_and_record_nothing_twice(
    here: Town, browser: Browser, script: bool
) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, phone(browser, address, script=script) as page:
        page.goto(door.link(here, AYSE))
        page.get_by_role("button", name=REFUSE).click()
        expect(page.locator("h1")).to_contain_text("Reddettiniz")
        recorded, receipt = door.events(here), page.locator('a.nb[href*="/makbuz/"]')
        number = receipt.inner_text()
        receipt.click()
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz (SMS)")
        page.go_back()
        expect(page.locator("h1")).to_contain_text("Reddettiniz")
        moves = {page.reload: "Reddettiniz", page.go_back: "Zaten reddetmişsiniz", page.go_forward: "Reddettiniz"}
        for move, shown in moves.items():
            move()
            expect(page.locator("h1")).to_contain_text(shown)
        assert receipt.inner_text() == number
        assert door.events(here) == recorded
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator("h1")).to_contain_text("Geri alındı")
        recorded = door.events(here)
        page.reload()
        expect(page.locator("h1")).to_contain_text("Geri alındı")
        page.go_back()
        expect(page.get_by_role("button", name=REFUSE)).to_be_visible()
        assert door.events(here) == recorded
