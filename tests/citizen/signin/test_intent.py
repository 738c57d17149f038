"""A refusal pressed after the session had ended is kept and finished after the code; an approval never is."""

from __future__ import annotations

import re
import secrets

import pytest

from citizen.session import intent
from consents.brands import companies
from consents.store import StoreUnavailable, Transaction
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, MAIL, MEHMET, Browser, Desk
from tests.citizen.signin.test_pages import read
from tests.conftest import Clock

BRAND = 600101
ROW = f"/izinler/{BRAND}/MESAJ/BIREYSEL"


OTHER = 600102


def furnish(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Örnek A.Ş.")
    companies.add_brand(transaction, 600100, BRAND, "Çınar")
    companies.add_brand(transaction, 600100, OTHER, "Meşe")


@pytest.fixture
def here(desk: Open) -> Desk:
    made = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100")
    made.registry.store.write_now(furnish)
    return made


def events(here: Desk) -> list[tuple[int, ...]]:
    """(channel, status) of what was recorded."""
    query = "SELECT channel, status FROM consent_event ORDER BY id"
    found: list[tuple[int, ...]] = here.registry.store.read_now(
        lambda snapshot: snapshot.connection.execute(query).fetchall()
    )
    return found


def back(one: Browser, address: str = AYSE) -> str:
    """Signs in after the session has ended; where the citizen is led."""
    one.ask(address)
    location: str = one.type(one.desk.code).headers["location"]
    return location


@pytest.mark.parametrize(
    ("path", "form"),
    [(ROW, {"status": "RET"}), ("/izinler/reddet", {"scope": "brand", "code": str(BRAND)})],
)
def test_a_refusal_waits_for_the_code_and_is_done(here: Desk, path: str, form: dict[str, str]) -> None:
    one = here.browser().sign_in()
    one.post(ROW, data={"status": "ONAY"})
    one.post("/cikis")
    answer = one.post(path, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/giris")
    assert "Oturumunuz bitmişti, reddinizi sakladık." in one.get("/giris").text
    one.ask()
    assert "Oturumunuz bitmişti, reddinizi sakladık." in one.get("/giris/kod").text
    before = len(events(here))
    assert one.type(here.code).headers["location"].startswith("/izinler")
    assert len(events(here)) > before
    assert "niyet" not in one.cookies
    page = one.get(f"/izinler/{BRAND}")
    assert f'id="c-{BRAND}-MESAJ-BIREYSEL" data-status="RET"' in page.text


def test_who_reads_on_after_the_session_has_ended_learns_why_a_code_is_needed(here: Desk) -> None:
    one = here.browser().sign_in()
    assert "Oturumunuz kapandı" not in one.get("/giris").text, "it has not"
    here.clock.forward(minutes=16)
    assert one.get(f"/izinler/{BRAND}").headers["location"] == "/giris"
    page = one.get("/giris").text
    assert "Oturumunuz kapandı: 15 dakika bir şey yapmadınız ya da başka bir cihazdan çıkıldı." in page
    assert back(one) == f"/izinler/{BRAND}"
    one.post("/cikis")
    assert "Oturumunuz kapandı" not in one.get("/giris").text, "the person ended it"
    assert "Oturumunuz kapandı" not in here.browser().get("/giris").text, "a stranger had none"


def test_an_approval_is_never_kept(here: Desk) -> None:
    one = here.browser()
    answer = one.post(ROW, data={"status": "ONAY"})
    assert answer.headers["location"] == "/giris"
    assert "niyet" not in one.cookies
    back(one)
    assert events(here) == []


def test_an_undo_is_not_kept_for_it_may_bring_an_approval_back(here: Desk) -> None:
    one = here.browser()
    assert one.post("/izinler/geri-al/1", data={"status": "RE"}).headers["location"] == "/giris"
    assert "niyet" not in one.cookies


def test_htmx_is_led_to_the_sign_in_page_as_a_whole(here: Desk) -> None:
    one = here.browser()
    answer = one.post(ROW, data={"status": "RET"}, headers={"hx-request": "true", "hx-request-type": "partial"})
    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (200, "/giris", "")
    back(one)
    assert len(events(here)) == 1


def test_a_refusal_for_another_number_than_the_one_proved_is_not_made(here: Desk) -> None:
    one = here.browser().sign_in()
    page = one.get(f"/izinler/{BRAND}").text
    action = page[page.index(f'action="{ROW}') + 8 :].partition('"')[0]
    assert "n=" in action
    one.post("/cikis")
    one.post(action, data={"status": "RET"})
    assert back(one, MEHMET).startswith("/izinler")
    assert events(here) == []


def test_a_page_is_gone_back_to_and_takes_no_refusals_place(here: Desk) -> None:
    one = here.browser()
    assert one.get(f"/izinler/{BRAND}").headers["location"] == "/giris"
    assert "reddinizi sakladık" not in one.get("/giris").text
    assert back(one) == f"/izinler/{BRAND}"
    one.post("/cikis")
    one.post(ROW, data={"status": "RET"})
    one.get("/izinler?q=x")
    back(one)
    assert len(events(here)) == 1


def test_it_waits_half_an_hour(here: Desk, clock: Clock) -> None:
    one = here.browser()
    one.post(ROW, data={"status": "RET"})
    clock.forward(minutes=31)
    assert back(one) == "/izinler"
    assert events(here) == []


def test_nobody_can_plant_an_intent(here: Desk) -> None:
    one = here.browser()
    one.post(ROW, data={"status": "RET"})
    kept = one.cookies["niyet"]
    one.cookies.clear()
    for forged in (kept[:-3] + "abc", "x" + kept, "", "x" * 5000, kept.partition(".")[0]):
        one.cookies.set("niyet", forged)
        assert one.get("/giris").status_code == 200
        assert "reddinizi sakladık" not in one.get("/giris").text


def test_a_form_too_long_for_a_cookie_is_let_go_and_the_pages_say_so(here: Desk) -> None:
    one = here.browser()
    one.post("/izinler/reddet", data={"scope": "filter", "q": secrets.token_hex(3000)})
    for path in ("/giris", "/giris"):
        assert "Son reddinizi saklayamadık." in read(one.get(path))
    assert "Oturumunuz bitmişti" not in one.get("/giris").text
    assert back(one) == "/izinler"
    assert events(here) == []
    assert intent.SECONDS == 1800


def stands(one: Browser) -> dict[str, str]:
    """Every row of both brands' pages with its status."""
    rows: dict[str, str] = {}
    for brand in (BRAND, OTHER):
        rows |= dict(re.findall(r'id="c-(\S+)" data-status="(\w+)"', one.get(f"/izinler/{brand}").text))
    return rows


def test_every_refusal_is_kept_and_all_are_finished(here: Desk) -> None:
    one = here.browser()
    pressed = [f"/izinler/{brand}/{channel}/BIREYSEL" for brand in (BRAND, OTHER) for channel in ("MESAJ", "ARAMA")]
    for path in pressed:
        one.post(path, data={"status": "RET"})
    one.post(pressed[0], data={"status": "RET"})  # twice
    one.post(f"/izinler/{OTHER}/MESAJ/TACIR", data={"status": "ONAY"})
    assert "4 reddinizi sakladık. Kodu girince hepsi tamamlanacak." in read(one.get("/giris"))
    assert back(one) == "/izinler"
    assert sorted(events(here)) == sorted([(0, 0), (1, 0)] * 2)
    page = read(one.get("/izinler"))
    assert "Oturumunuz biterken istediğiniz 4 ret tamamlandı." in page
    assert "tamamlandı" not in read(one.get("/izinler")), "once"
    assert "niyet" not in one.cookies
    assert "ONAY" not in stands(one).values()


def test_refusing_all_with_its_filter_waits_beside_the_others(here: Desk) -> None:
    one = here.browser().sign_in()
    for brand in (BRAND, OTHER):
        for channel in ("MESAJ", "ARAMA"):
            one.post(f"/izinler/{brand}/{channel}/BIREYSEL", data={"status": "ONAY"})
    one.post("/cikis")
    one.post(f"/izinler/{BRAND}/MESAJ/BIREYSEL", data={"status": "RET"})
    one.post("/izinler/reddet", data={"scope": "filter", "channel": "ARAMA", "q": "meşe"})
    assert back(one) == "/izinler"
    row = "{}-{}-BIREYSEL".format
    found = stands(one)
    assert (found[row(BRAND, "MESAJ")], found[row(OTHER, "ARAMA")]) == ("RET", "RET")
    assert (found[row(BRAND, "ARAMA")], found[row(OTHER, "MESAJ")]) == ("ONAY", "ONAY"), "the filter does not show them"


def test_who_has_the_number_anew_is_not_asked_twice_either(here: Desk) -> None:
    one = here.browser().sign_in()
    one.post(ROW, data={"status": "ONAY"})
    one.post("/cikis")
    one.post("/izinler/yeni-numara", data={"new": "0"})
    assert "niyet" not in one.cookies
    one.post("/izinler/yeni-numara", data={"new": "1"})
    back(one)
    assert stands(one)[f"{BRAND}-MESAJ-BIREYSEL"] == "RET"


def test_a_refusal_of_another_address_waits_until_that_is_proved(here: Desk) -> None:
    one = here.browser().sign_in().add(MAIL)
    rows = re.findall(r'action="(/izinler/\d+/EPOSTA/BIREYSEL\?n=[^"]*)', one.get(f"/izinler/{BRAND}?a=0").text)
    one.post("/cikis")
    one.post(rows[0], data={"status": "RET"})
    one.post(ROW, data={"status": "RET"})
    assert back(one) == "/izinler"
    assert events(here) == [(1, 0)], "the SMS"
    page = read(one.get("/izinler"))
    assert "1 ret tamamlanmadı, çünkü başka bir numara veya e-posta içindi." in page
    one.ask(MAIL, "/giris/ekle")
    assert one.type(here.code, "/giris/ekle/kod").headers["location"].startswith(f"/izinler/{BRAND}?act=")
    assert events(here) == [(1, 0), (2, 0)]
    assert "niyet" not in one.cookies


def test_a_hundred_wait_and_of_the_next_the_citizen_is_told(here: Desk) -> None:
    one = here.browser()
    channels = ("MESAJ", "ARAMA")
    for number in range(51):
        for channel in channels:
            one.post(f"/izinler/{600200 + number}/{channel}/BIREYSEL?n=0a1b2c3d", data={"status": "RET"})
    assert len(one.cookies["niyet"]) < 3600
    page = read(one.get("/giris"))
    assert "100 reddinizi sakladık." in page
    assert "Son reddinizi saklayamadık." in page


def test_what_is_about_no_brand_is_dropped(here: Desk) -> None:
    one = here.browser()
    one.post("/izinler/999999/MESAJ/BIREYSEL", data={"status": "RET"})
    one.post(ROW, data={"status": "RET"})
    assert back(one).startswith(f"/izinler/{BRAND}?act=")
    assert len(events(here)) == 1
    assert "niyet" not in one.cookies


def test_adding_an_address_finishes_nothing(here: Desk) -> None:
    one = here.browser()
    one.post(ROW, data={"status": "RET"})
    kept = one.cookies["niyet"]
    one.cookies.clear()
    one.sign_in()
    one.cookies.set("niyet", kept)
    one.add(MAIL)
    assert events(here) == []


def test_where_the_refusal_cannot_be_saved_the_citizen_is_told_and_it_waits_on(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from citizen.consents import choices

    async def refuse(*_: object) -> str:
        raise StoreUnavailable("disk full")

    one = here.browser()
    one.post(ROW, data={"status": "RET"})
    one.ask()
    with monkeypatch.context() as broken:
        broken.setattr(choices, "finish", refuse)
        answer = one.type(here.code)
    assert answer.status_code == 503
    assert "henüz kaydedilmedi" in answer.text
    assert one.signed_in
    assert "niyet" in one.cookies
