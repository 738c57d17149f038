"""A refusal pressed after the session had ended is kept and finished after the code; an approval never is."""

from __future__ import annotations

import secrets

import pytest

from citizen import intent
from consents import companies
from consents.store import StoreUnavailable, Transaction
from tests.conftest import Clock
from tests.signin.conftest import Open
from tests.signin.desk import AYSE, MAIL, MEHMET, Browser, Desk

BRAND = 600101
ROW = f"/izinler/{BRAND}/MESAJ/BIREYSEL"


def furnish(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Örnek A.Ş.")
    companies.add_brand(transaction, 600100, BRAND, "Çınar")


@pytest.fixture
def here(desk: Open) -> Desk:
    made = desk(SEND_GAP_SECONDS="0", SENDS_PER_HOUR="100", SENDS_PER_DAY="100")
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


def test_a_form_too_long_for_a_cookie_is_let_go(here: Desk) -> None:
    one = here.browser()
    one.post("/izinler/reddet", data={"scope": "filter", "q": secrets.token_hex(3000)})
    assert "niyet" not in one.cookies
    assert intent.SECONDS == 1800


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
    from citizen import choices

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
