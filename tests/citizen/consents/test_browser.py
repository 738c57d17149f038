"""The whole of it by hand: pressed, undone, refused all at once, with script, without, and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import asking_and_calling, both_identities
from tests.citizen.consents.town import AYSE, CINAR, ISIK, Town
from tests.conftest import Clock

ROW = f"#c-{CINAR}-MESAJ-BIREYSEL"
BRAND = f"#m-{CINAR}"


def test_a_refusal_is_answered_in_place_and_takes_the_focus(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto("/izinler")
        page.locator(BRAND).get_by_role("button", name="Reddet: Çınar, SMS").click()
        expect(page.locator(BRAND)).to_have_attribute("data-status", "refused")
        expect(page.locator(BRAND)).to_be_focused()
        expect(page.locator(BRAND)).to_contain_text("Durması için son gün: 27 Kasım 2026 Cuma")
        expect(page.locator("#live")).to_have_text("Çınar: Reddettiniz.")
        expect(page.locator("#count")).to_have_text("1 marka size reklam gönderebiliyor")
        assert page.url.endswith("/izinler")
        page.locator(BRAND).get_by_role("button", name="Geri al").click()
        expect(page.locator(BRAND)).to_have_attribute("data-status", "open")
        expect(page.locator(BRAND)).to_be_focused()
        expect(page.locator("#live")).to_have_text("Çınar: Geri alındı, önceki durum geçerli.")
        expect(page.locator("#count")).to_have_text("2 marka size reklam gönderebiliyor")
        page.locator(BRAND).get_by_role("button", name="Reddet").click()
        expect(page.locator(BRAND)).to_have_attribute("data-status", "refused")


def test_a_row_of_a_brands_page_is_answered_in_place_and_takes_the_focus(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto(f"/izinler/{CINAR}")
        page.locator(ROW).get_by_role("button", name="Reddet: Çınar SMS'leri").click()
        expect(page.locator(ROW)).to_have_attribute("data-status", "RET")
        expect(page.locator(ROW)).to_be_focused()
        expect(page.locator(ROW)).to_contain_text("Durması için son gün: 27 Kasım 2026 Cuma")
        expect(page.locator("#live")).to_have_text("Çınar SMS'leri: Reddettiniz.")
        assert page.url.endswith(f"/izinler/{CINAR}")
        page.locator(ROW).get_by_role("button", name="Geri al").click()
        expect(page.locator(ROW)).to_have_attribute("data-status", "ONAY")
        expect(page.locator(ROW)).to_be_focused()
        page.locator(ROW).get_by_role("button", name="Yeniden reddet").click()
        expect(page.locator(ROW)).to_have_attribute("data-status", "RET")


def test_the_counts_of_the_sections_follow_a_brand(here: Town, clock: Clock, browser: Browser) -> None:
    shown = asking_and_calling(here, clock)
    with served(here) as address, opened(browser, address, shown.visitor) as page:
        page.goto("/izinler")
        waiting = page.locator("#waiting h2")
        expect(page.locator("#open")).to_have_text("Reklam gönderebilenler (4)")
        expect(waiting).to_have_text("1 marka kararınızı bekliyor")
        page.get_by_role("button", name="Reddet: Örnek Marka 1, Telefonla arama, SMS").click()
        expect(page.locator("#count")).to_have_text("3 marka size reklam gönderebiliyor")
        expect(page.locator("#open")).to_have_text("Reklam gönderebilenler (3)")
        expect(page.locator("#refused")).to_have_text("Reddedilenler (2)")
        waiting.click()
        page.get_by_role("button", name="Reddim kalsın: Işık, SMS").click()
        expect(waiting).to_have_text("0 marka kararınızı bekliyor")
        expect(page.locator("#refused")).to_have_text("Reddedilenler (3)")
        page.get_by_role("button", name="Geri al: Örnek Marka 1").click()
        page.get_by_role("button", name="Geri al: Işık").click()
        expect(page.locator("#count")).to_have_text("4 marka size reklam gönderebiliyor")
        expect(page.locator("#open")).to_have_text("Reklam gönderebilenler (4)")
        expect(waiting).to_have_text("1 marka kararınızı bekliyor")
        page.goto("/izinler?status=BEKLIYOR")
        page.get_by_role("button", name="Reddim kalsın: Işık, SMS", exact=True).click()
        expect(page.locator(f"#m-{ISIK}")).to_have_attribute("data-status", "refused")
        expect(waiting).to_have_text("2 marka kararınızı bekliyor")  # what the filter has found


def test_the_note_that_the_twin_is_open_goes_when_the_twin_is_refused(
    here: Town, clock: Clock, browser: Browser
) -> None:
    shown = both_identities(here, clock)
    with served(here) as address, opened(browser, address, shown.visitor) as page:
        page.goto(f"/izinler/{CINAR}")
        note = page.locator(f"#n-{CINAR}-MESAJ-BIREYSEL")
        expect(note).to_have_text("İşletmeniz için hâlâ izin var.")
        page.locator(f"#c-{CINAR}-MESAJ-TACIR .refuse").click()
        expect(page.locator(f"#c-{CINAR}-MESAJ-TACIR")).to_have_attribute("data-status", "RET")
        expect(note).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_all_is_refused_and_taken_back_with_and_without_script(here: Town, browser: Browser, script: bool) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK, "ARAMA")
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=script) as page:
        page.goto("/izinler")
        page.get_by_role("link", name="Hepsini reddet").click()
        expect(page.locator("h1")).to_have_text("Hepsini reddet")
        expect(page).to_have_title("Hepsini reddet – İzin")
        expect(page.locator("h1 + p")).to_have_text("2 marka size reklam gönderebiliyor.")
        page.get_by_role("button", name="Hepsini reddet").click()
        expect(page.locator("h1")).to_have_text("2 markayı reddettiniz")
        expect(page.locator("h1")).to_be_focused()
        expect(page).to_have_title("2 markayı reddettiniz – İzin")
        page.reload()  # nothing is sent again
        expect(page.locator("h1")).to_have_text("2 markayı reddettiniz")
        page.get_by_role("link", name="İzinlerime dön").click()
        expect(page.locator("h1")).to_have_text("Reklam izni olan marka yok")
        page.go_back()
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator("h1")).to_have_text("2 marka size reklam gönderebiliyor")
        expect(page.locator(".note.good")).to_contain_text("Geri alındı")
        expect(page.locator(".note.good h2")).to_be_focused()
        expect(page).to_have_title("Geri alındı – İzinlerim – İzin")


def test_the_second_click_of_a_double_click_undoes_nothing(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto("/izinler")
        box = page.locator(BRAND).get_by_role("button").bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        animations = page.context.new_cdp_session(page)
        animations.send("Animation.enable")
        animations.send("Animation.setPlaybackRate", {"playbackRate": 0})  # the second click comes soon enough
        page.mouse.click(*middle)
        expect(page.locator(BRAND)).to_have_attribute("data-status", "refused")
        undo = page.locator(BRAND).get_by_role("button", name="Geri al").bounding_box()
        assert undo is not None
        page.mouse.click(undo["x"] + 20, undo["y"] + 20)
        page.wait_for_timeout(300)
        expect(page.locator(BRAND)).to_have_attribute("data-status", "refused")
        animations.send("Animation.setPlaybackRate", {"playbackRate": 1})
        page.locator(BRAND).get_by_role("button", name="Geri al").click()
        expect(page.locator(BRAND)).to_have_attribute("data-status", "open")


def test_without_script_a_brand_is_answered_by_the_result_of_the_act(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=False) as page:
        page.goto("/izinler")
        page.locator(BRAND).get_by_role("button").click()
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")
        expect(page.locator("main")).to_contain_text("Reklamlar en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma")
        page.get_by_role("button", name="Geri al").click()
        expect(page.locator(".note.good")).to_contain_text("önceki durum geçerli: izin var.")
        expect(page.locator(BRAND)).to_have_attribute("data-status", "open")


def test_without_script_a_row_is_answered_by_its_page_with_a_notice(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE), script=False) as page:
        page.goto(f"/izinler/{CINAR}")
        page.locator(ROW).get_by_role("button", name="Reddet").click()
        expect(page.locator(ROW)).to_have_attribute("data-status", "RET")
        expect(page.locator(".note.good")).to_contain_text(
            "SMS'ler en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma"
        )
        expect(page).to_have_title("Reddettiniz – Çınar – İzin")
        page.locator(".note.good").get_by_role("button", name="Geri al").click()
        page.goto(f"/izinler/{CINAR}")
        expect(page.locator(ROW)).to_have_attribute("data-status", "ONAY")


def test_by_keyboard_alone(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto("/izinler")
        page.locator(BRAND).get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(page.locator(BRAND)).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"/izinler/{CINAR}"
        page.keyboard.press("Tab")
        assert "/makbuz/" in page.evaluate("document.activeElement.getAttribute('href')")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(page.locator(BRAND)).to_have_attribute("data-status", "open")
        expect(page.locator(BRAND)).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Reddet: Çınar, SMS"


def test_a_session_that_ended_leads_to_sign_in(here: Town, clock: Clock, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    with served(here) as address, opened(browser, address, here.sign_in(AYSE)) as page:
        page.goto("/izinler")
        clock.forward(hours=2)
        page.locator(BRAND).get_by_role("button").click()
        page.wait_for_url("**/giris")
