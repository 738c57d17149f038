"""Signing in by sending a shown text: the number's own SMS opens the browser that shows it, to see and to refuse."""

from __future__ import annotations

import asyncio
import re
import uuid

import pytest

from gateways.received import Received
from optout.sms import hooks, sms_door
from settings import load
from tests.citizen.consents.town import CINAR, HTMX, Town, furnish, text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, BY_TEXT, MAIL, YABANCI, Browser, Desk
from tests.conftest import SECRET, Clock
from tests.web.client import refused_for
from tests.web.conftest import REAL
from trust.codes import shown_texts

MINUTE = 60_000_000
PATH, MAKE = "/giris/metin", "/giris/kod/metin"
SMS = f"/izinler/{CINAR}/MESAJ/BIREYSEL"


@pytest.fixture
def here(desk: Open) -> Desk:
    opened = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", OPTOUT_NUMBER="3838")
    opened.registry.store.write_now(furnish)
    Town(opened.registry, None).told(AYSE, CINAR)  # type: ignore[arg-type]
    return opened


def shown(desk: Desk, address: str = AYSE) -> tuple[Browser, str]:
    """A browser that shows a text, and the text."""
    browser = desk.browser()
    assert browser.ask(address).status_code == 303
    assert browser.post(MAKE).headers["location"] == PATH
    found = re.search(r"GIRIS [0-9A-Z]{4}-[0-9A-Z]{4}", browser.get(PATH).text)
    assert found
    return browser, found[0]


def send(desk: Desk, body: str, sender: str = AYSE) -> str | None:
    inbound = Received("trial", uuid.uuid4().hex, sender, "3838", body, desk.registry.store.now())
    return asyncio.run(sms_door.take(desk.registry, desk.settings, inbound, post=False))


def opened(desk: Desk) -> Browser:
    browser, body = shown(desk)
    send(desk, body)
    assert browser.post(PATH).headers["location"] == "/izinler"
    return browser


def test_the_sms_from_the_number_itself_signs_its_browser_in(here: Desk) -> None:
    browser, body = shown(here)
    early = browser.post(PATH).headers["location"]
    assert "henüz gelmedi" in text(browser.get(early).text)
    assert browser.get("/izinler").headers["location"] == "/giris"
    reply = send(here, body)
    assert reply is not None
    assert "GIRIS IPTAL" in reply
    assert browser.get("/izinler").headers["location"] == "/giris"  # the SMS alone signs nobody in
    for page in (browser.get(PATH), browser.get(early)):
        assert "SMS'iniz geldi" in text(page.text)
        assert "henüz gelmedi" not in text(page.text)
    assert browser.post(PATH).headers["location"] == "/izinler"
    page = text(browser.get("/izinler").text)
    assert "Çınar" in page
    assert "SMS göndererek girdiniz" in page


@pytest.mark.parametrize("form", ["giriş {}", "{}.", '"{}"', "giris  {}\n", "Login {}"])
def test_it_is_read_however_it_is_typed(here: Desk, form: str) -> None:
    browser, body = shown(here)
    code = body.removeprefix("GIRIS ")
    typed = form.format(code.lower() if "giri" in form else body if "{}" in form and "L" not in form else code)
    send(here, typed.replace("-", ""))
    assert browser.post(PATH).status_code == 303, typed


def test_with_script_it_goes_on_by_itself(here: Desk) -> None:
    browser, body = shown(here)
    waiting = browser.get(PATH, headers=HTMX).text
    assert "every 3s" in waiting
    assert "<html" not in waiting
    send(here, body)
    assert 'hx-trigger="load"' in browser.get(PATH, headers=HTMX).text
    answer = browser.post(PATH, headers=HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/izinler")
    assert browser.get("/izinler").status_code == 200


def test_another_number_proves_nothing(here: Desk) -> None:
    browser, body = shown(here)
    reply = send(here, body, YABANCI)
    assert reply is not None
    assert "gecersiz" in reply
    assert browser.post(PATH).headers["location"] == f"{PATH}?erken"
    assert browser.get("/izinler").headers["location"] == "/giris"


def test_another_browser_goes_on_by_no_text_of_this_one(here: Desk) -> None:
    browser, body = shown(here)
    thief, other = shown(here)
    assert other != body
    send(here, body)
    assert thief.post(PATH).headers["location"] == f"{PATH}?erken"
    assert thief.get("/izinler").headers["location"] == "/giris"
    assert here.browser().post(PATH).headers["location"] == "/giris/kod"
    assert browser.post(PATH).headers["location"] == "/izinler"


def test_it_is_good_once_and_for_ten_minutes(here: Desk, clock: Clock) -> None:
    browser, body = shown(here)
    send(here, body)
    copy = here.browser()
    copy.cookies.set("giris", browser.cookies["giris"])
    assert browser.post(PATH).headers["location"] == "/izinler"
    assert copy.post(PATH).headers["location"] == "/giris/kod"
    assert send(here, body) is not None
    late, body = shown(here)
    clock.now += 10 * MINUTE
    assert "gecersiz" in str(send(here, body))
    assert late.post(PATH).headers["location"] == "/giris/kod"


def test_a_new_text_replaces_the_old_one(here: Desk, clock: Clock) -> None:
    browser, old = shown(here)
    clock.now += MINUTE
    browser.post(MAKE)
    assert old not in browser.get(PATH).text
    assert "gecersiz" in str(send(here, old))


def test_what_it_opens_refuses_and_does_nothing_else(here: Desk) -> None:
    browser = opened(here)
    assert browser.post(SMS, data={"status": "RET"}).status_code == 303
    sent = len(here.sent)
    for form in ({"status": "ONAY"}, {"status": "RET", "never": "1"}):
        answer = browser.post(SMS, data=form)
        assert answer.status_code == 403
        assert "size gelen kodla" in text(answer.text)
    for path in ("/izinler/kayit.json", "/izinler/kayit", "/giris/ekle", "/izinler/yaninda", "/izinler/yeni-numara"):
        assert browser.get(path).status_code == 403
    refused_for(browser.ask(YABANCI, "/izinler/yaninda"), 403, BY_TEXT)
    refused_for(browser.ask(YABANCI, "/giris/ekle"), 403, BY_TEXT)
    assert len(here.sent) == sent
    assert "SMS göndererek girmiştiniz" in text(browser.get(f"/izinler/{CINAR}").text)


def test_it_takes_back_its_own_refusal_and_no_other(here: Desk) -> None:
    whole = here.browser().sign_in(AYSE)
    whole.post(SMS, data={"status": "RET"})
    (act,) = set(re.findall(r"geri-al/([0-9]+)", whole.get(f"/izinler/{CINAR}").text))
    browser = opened(here)
    refused_for(browser.post(f"/izinler/geri-al/{act}"), 403, BY_TEXT)
    whole.post(f"/izinler/geri-al/{act}")
    browser.post(SMS, data={"status": "RET"})
    (own,) = set(re.findall(r"geri-al/([0-9]+)", browser.get(f"/izinler/{CINAR}").text))
    assert browser.post(f"/izinler/geri-al/{own}").status_code == 303


def test_fifteen_minutes_and_no_use_prolongs_them(here: Desk, clock: Clock) -> None:
    browser = opened(here)
    for _ in range(14):
        clock.now += MINUTE
        assert browser.get("/izinler").status_code == 200
    clock.now += MINUTE
    assert browser.get("/izinler").headers["location"] == "/giris"


@pytest.mark.parametrize("body", ["GIRIS IPTAL", "giriş iptal", "LOGIN CANCEL"])
def test_whoever_was_made_to_send_it_shuts_the_other_out(here: Desk, body: str) -> None:
    con_man, dictated = shown(here)  # he has typed Ayşe's number
    send(here, dictated)
    con_man.post(PATH)
    assert con_man.get("/izinler").status_code == 200
    whole = here.browser().sign_in(AYSE)
    send(here, body, YABANCI)
    assert con_man.get("/izinler").status_code == 200
    send(here, body)
    assert con_man.get("/izinler").headers["location"] == "/giris"
    assert whole.signed_in


def test_it_is_remembered_as_no_sign_in_and_makes_no_browser_known(here: Desk) -> None:
    browser = opened(here)
    assert "cihaz" not in browser.cookies
    assert "İlk kez giriş" in text(here.browser().sign_in(AYSE).get("/izinler").text)


def test_leaving_everywhere_ends_it_and_it_ends_no_other(here: Desk) -> None:
    whole, browser = here.browser().sign_in(AYSE), opened(here)
    browser.post("/cikis/hepsi")
    assert whole.signed_in
    assert browser.get("/izinler").headers["location"] == "/giris"
    browser = opened(here)
    whole.post("/cikis/hepsi")
    assert browser.get("/izinler").headers["location"] == "/giris"


def test_a_refusal_kept_for_the_code_is_finished(here: Desk) -> None:
    browser = here.browser()
    assert browser.post(SMS, data={"status": "RET"}).headers["location"] == "/giris"
    browser.ask(AYSE)
    browser.post(MAKE)
    found = re.search(r"GIRIS [0-9A-Z]{4}-[0-9A-Z]{4}", browser.get(PATH).text)
    assert found
    send(here, found[0])
    assert "act=" in browser.post(PATH).headers["location"]


def test_known_and_unknown_numbers_are_shown_alike(here: Desk) -> None:
    pages = []
    for address in (AYSE, "+905320000077"):
        browser, body = shown(here, address)
        page = browser.get(PATH).text.replace(body, "").replace(body.replace(" ", "%20"), "")
        assert page.count(f"•• {address[-2:]}") == 1
        pages.append(page.replace(f"•• {address[-2:]}", ""))
    assert pages[0] == pages[1]


def test_an_email_and_a_code_to_add_are_offered_none(here: Desk) -> None:
    browser = here.browser()
    browser.ask(MAIL)
    assert "SMS göndererek gir" not in text(browser.get("/giris/kod").text)
    assert browser.post(MAKE).headers["location"] == "/giris"
    assert browser.get(PATH).headers["location"] == "/giris/kod"


def test_what_carriers_do_not_vouch_for_waits_for_their_list(here: Desk) -> None:
    assert hooks.needs_proof("giriş 7k3m-92q7")
    assert not hooks.needs_proof("giriş iptal istiyorum artık yeter")
    assert not hooks.needs_proof("RET CINAR")


OTHERS = ["", "GIRIS", "GIRIS YAPAMIYORUM", "GIRIS DURDURUN", "RET GIRIS", "GIRIS 7K3M", "GIRIS 7K3M-92Q7 RET CINAR"]


@pytest.mark.parametrize("body", OTHERS)
def test_no_other_message_is_taken_for_one(body: str) -> None:
    assert shown_texts.read(body) is None


def test_a_real_site_says_so_itself() -> None:
    assert load({"SECRET_KEY": SECRET}).signs_in_by_text
    assert not load({"SECRET_KEY": SECRET, "SMS_SIGNIN": "0"}).signs_in_by_text
    assert not load(REAL).signs_in_by_text
    assert load({**REAL, "SMS_SIGNIN": "1"}).signs_in_by_text


def test_where_it_is_off_nothing_is_shown_or_taken(desk: Open) -> None:
    here = desk(SMS_SIGNIN="0", OPTOUT_NUMBER="3838")
    browser = here.browser()
    browser.ask(AYSE)
    assert "SMS göndererek gir" not in text(browser.get("/giris/kod").text)
    assert browser.post(MAKE).headers["location"] == "/giris"
    assert "anlayamadik" in str(send(here, "GIRIS 7K3M-92Q7"))


def test_one_client_is_shown_so_many_texts_in_five_minutes(desk: Open) -> None:
    here = desk(CODES_SENT_PER_IP="3", OPTOUT_NUMBER="3838")
    one = here.browser(client=("192.0.2.1", 1))
    one.ask()
    made = [one.post("/giris/kod/metin") for _ in range(3)]
    assert [answer.headers.get("location") for answer in made[:2]] == ["/giris/metin"] * 2
    assert (made[2].status_code, made[2].headers["retry-after"]) == (429, "300")
    assert "Kısa sürede çok fazla deneme yapıldı" in made[2].text
    other = here.browser(client=("198.51.100.1", 1))
    other.ask(YABANCI)
    assert other.post("/giris/kod/metin").headers["location"] == "/giris/metin"
    here.clock.forward(minutes=6)
    one.ask()
    assert one.post("/giris/kod/metin").headers["location"] == "/giris/metin"
