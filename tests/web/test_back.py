"""After each act of a citizen the page's title and focus say what was done, and the way back leads to it again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.instants import day_of
from tests.browsing import browser as browser
from tests.browsing import served, window
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, Town, town
from tests.conftest import Opener
from tests.optout.links import door

LINK, MAIL = "link", "mail"
# Where an act begins, the buttons that are pressed, and the title of the page that shows what was done.
ACTS = {
    "a link": (LINK, ("SMS'leri reddet",), "Reddettiniz"),
    "a link, taken back": (LINK, ("SMS'leri reddet", "Geri al"), "Geri alındı"),
    "a link, all": (LINK, ("SMS'leri reddet", "Bu markanın hepsini reddet"), "Reddettiniz"),
    "a mail": (MAIL, ("E.postaları reddet",), "Reddettiniz"),
    "a row": (f"/izinler/{CINAR}", ("Reddet: Çınar SMS'leri .kendiniz",), "Reddettiniz – Çınar"),
    "a brand": ("/izinler", ("Reddet: Çınar, SMS",), "Çınar markasını reddettiniz"),
    "all": ("/izinler/reddet", ("Hepsini reddet",), "2 markayı reddettiniz"),
    "all, taken back": ("/izinler/reddet", ("Hepsini reddet", "Geri al"), "Geri alındı – İzinlerim"),
    "new brands": ("/izinler/bundan-sonrasi", ("Yeni markalara kapat",), "Yeni markalara kapandınız"),
    "a new number": ("/izinler/yeni-numara", ("Evet: hepsini reddet",), "Reddettiniz – İzinlerim"),
    "an old number": ("/izinler/yeni-numara", ("Hayır, bu numara",), "Kaydettik – İzinlerim"),
    "a complaint": (f"/izinler/sikayet/{CINAR_MINI}", ("Şikâyet metnini yaz", "Şikâyetimi say"), "Şikâyetiniz sayıldı"),
    "a complaint, sent": (
        f"/izinler/sikayet/{CINAR_MINI}",
        ("Şikâyet metnini yaz", "Şikâyetimi say", "Gönderdim"),
        "Gönderdiğinizi yazdık",
    ),
    "a code": ("/cikis", ("Çıkış yap",), "Çıkış yaptınız"),
}
FOCUSED = "() => document.activeElement.matches('h1, h2, p') && !document.activeElement.closest('[role=status]')"


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    with town(open_registry(sqlite_url)) as opened:
        yield opened


def begun(here: Town, at: str) -> str:
    return {LINK: lambda: door.link(here, AYSE), MAIL: lambda: door.mail(here)}.get(at, lambda: at)()


def leave_and_come_back(page: Page, title: str) -> None:
    heading = page.locator("h1").inner_text()
    with page.expect_navigation():
        page.locator("main a[href^='/'], .foot a").first.click()
    assert page.locator("h1").inner_text() != heading
    page.go_back()
    expect(page).to_have_title(f"{title} – İzin")
    expect(page.locator("h1")).to_have_text(heading, use_inner_text=True)


# Without scripts each answer is a page of its own. These differ little from what else is done without; in make long.
ALIKE = {"a link, taken back", "a link, all", "an old number", "a complaint"}
DONE = [(name, True) for name in ACTS if name not in ("a row", "a brand")]  # there: citizen/consents/test_browser.py
DONE += [(name, False) for name in ACTS if name not in ALIKE]


@pytest.mark.parametrize(
    ("name", "script"), [*DONE, *(pytest.param(name, False, marks=pytest.mark.long) for name in sorted(ALIKE))]
)
def test_what_was_done_is_named_and_come_back_to(here: Town, browser: Browser, name: str, script: bool) -> None:
    at, buttons, title = ACTS[name]
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand)
    cookie = here.sign_in(AYSE).cookie
    look = {"java_script_enabled": script}
    with served(here.client.app) as address, window(browser, address, cookie=cookie, bears=("Clear",), **look) as page:
        page.goto(begun(here, at))
        for button in buttons:
            if (day := page.get_by_label("Geldiği gün")).count():
                day.fill(day_of(here.now).isoformat())
            with page.expect_navigation():
                page.get_by_role("button", name=re.compile(f"^{button}")).first.click()
        expect(page).to_have_title(f"{title} – İzin")
        if script and at != "/cikis":
            assert page.evaluate(FOCUSED)
        leave_and_come_back(page, title)
        with page.expect_navigation():
            page.reload()
        expect(page).to_have_title(f"{title} – İzin")


# Pages that record nothing, and what is looked for, which stands in no address in the clear.
LOOKED_FOR = {
    "a sender": (
        "/gonderen",
        {"#text": "Sepette %50 indirim! CINARMKT magazalarinda"},
        "Mesajda adı geçen marka: Çınar",
    ),
    "an unknown sender": ("/gonderen", {"#text": "Tanıdığınız bir şirketten: bedava tatil!"}, "tanıdığımız bir marka"),
    "a complaint": (f"/izinler/sikayet/{CINAR_MINI}", {"#text": "indirim", "#day": ""}, "Şikâyet metni"),
    "a record number": ("/dogrula", {"#number": ""}, "Bu kayıt gerçek"),
}


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", LOOKED_FOR)
def test_what_was_found_is_come_back_to(here: Town, browser: Browser, name: str, script: bool) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    done = visitor.follow(visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET"))
    number = re.findall(r'href="/makbuz/([0-9]{12})"', done.text)[0]
    at, fields, found = LOOKED_FOR[name]
    look = {"java_script_enabled": script}
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, **look) as page:
        page.goto(at)
        for field, typed in fields.items():
            page.fill(field, typed or {"#day": day_of(here.now).isoformat(), "#number": number}[field])
        with page.expect_navigation():
            page.locator("main form:has(textarea, #number) button.main").first.click()
        expect(page.locator("main")).to_contain_text(found)
        for typed in (*fields.values(), number):
            assert not typed or typed.split()[0] not in page.url
        with page.expect_navigation():
            page.locator(".foot a").first.click()
        page.go_back()
        expect(page.locator("main")).to_contain_text(found)
        with page.expect_navigation():
            page.reload()
        expect(page.locator("main")).to_contain_text(found)


def test_without_cookies_the_way_back_of_a_link_is_a_page_too(here: Town, browser: Browser) -> None:
    """It shows the refusal; what only the browser that refused may do, it does not offer."""
    here.told(AYSE, CINAR)
    with served(here.client.app) as address, window(browser, address) as page:
        page.goto(door.link(here, AYSE))
        page.get_by_role("button", name="SMS'leri reddet").click()
        expect(page.get_by_role("button", name="Geri al")).to_be_visible()
        page.get_by_role("link", name=re.compile("^[0-9]{4} ")).click()
        page.context.clear_cookies()
        page.go_back()
        expect(page.locator("h1")).to_contain_text("eddet")
        assert door.stands(here, AYSE) == "RET"


@pytest.mark.parametrize("script", [True, False])
def test_the_question_after_the_last_day_has_the_focus_once_it_is_asked_for(
    here: Town, browser: Browser, script: bool
) -> None:
    here.told(AYSE, CINAR)
    cookie = here.sign_in(AYSE).cookie
    look = {"java_script_enabled": script}
    with (
        served(here.client.app) as address,
        window(browser, address, cookie=cookie, bears=("Autofocus",), **look) as page,
    ):
        page.goto("/izinler/reddet")
        page.get_by_role("button", name="Hepsini reddet").click()
        for button, heading in (("Evet, sorun", "Size soracağız"), ("Sormayın", "Sustular mı, size soralım mı?")):
            with page.expect_navigation():
                page.get_by_role("button", name=button).click()
            asked = page.locator("#sustular")
            expect(asked.locator("h2")).to_have_text(heading)
            expect(asked).to_be_focused()
