"""Taking back: one's own act, within a day, whole; what was changed since stays."""

from __future__ import annotations

import html
import re

import pytest

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.rules import RET
from consents.terms import Actor, Door, Source
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import NAME, ROW, acts, stands
from tests.citizen.consents.town import AYSE, CINAR, ISIK, YABANCI, Town, Visitor, rows, text
from tests.conftest import Clock


def refused(visitor: Visitor) -> str:
    """Refuses Çınar's SMS; the path that takes it back."""
    found = re.search(r'action="(/izinler/geri-al/\d+[^"]*)', visitor.press(ROW, status="RET").text)
    assert found
    return html.unescape(found[1])


def test_the_earlier_state_stands_again_and_the_row_says_so(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    answer = visitor.press(refused(visitor))
    assert rows(answer.text) == {NAME: "ONAY"}
    assert "Geri alındı, önceki durum geçerli." in text(answer.text)
    assert "Yeniden reddet" in text(answer.text)


def test_no_record_at_all_can_return(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    answer = visitor.press(refused(visitor))
    assert rows(answer.text) == {NAME: "YOK"}
    assert stands(here, AYSE, CINAR) is None
    assert "Kayıt yok" in text(answer.text)


def test_without_htmx_the_brands_page_follows_with_a_notice(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    page = visitor.follow(visitor.post(refused(visitor)))
    assert "Geri alındı Çınar SMS'leri için önceki durum geçerli: izin var." in text(page.text)
    path = refused(visitor).partition("?")[0]
    assert visitor.post(f"{path}?b={CINAR}").headers["location"].startswith(f"/izinler/{CINAR}?act=")
    assert visitor.post(f"{path}?b=//evil.example").headers["location"].startswith("/izinler?act=")


def test_a_repeated_undo_is_answered_as_the_first_time(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(visitor)
    first = visitor.press(path).text
    before = acts(here)
    assert visitor.press(path).text == first
    assert acts(here) == before


def test_a_day_later_it_is_too_late_and_nothing_changes(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = refused(here.sign_in(AYSE))
    clock.forward(hours=24, seconds=1)
    before = acts(here)
    visitor = here.sign_in(AYSE)
    answer = visitor.press(path)
    assert rows(answer.text) == {NAME: "RET"}
    assert "Geri alma süresi dolmuş" in text(answer.text)
    assert "Reddettiniz" in text(visitor.follow(visitor.post(path)).text)
    assert acts(here) == before


def test_what_was_changed_since_stays(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(visitor)
    visitor.press(ROW, status="ONAY")
    visitor.press(path)
    assert stands(here, AYSE, CINAR).citizen.source == Source.IYS_WEB.code
    visitor.press(ROW, status="RET")
    visitor.press(path)
    assert stands(here, AYSE, CINAR).status == RET


@pytest.mark.parametrize("number", ["1", "999999", "9" * 18, "9" * 40, "0"])
def test_an_act_that_is_not_ones_own_is_not_found(here: Town, number: str) -> None:
    here.told(AYSE, CINAR)  # act 1: the company's
    before = acts(here)
    assert here.sign_in(AYSE).press(f"/izinler/geri-al/{number}").status_code == 404
    assert acts(here) == before


def test_a_strangers_act_is_not_found(here: Town) -> None:
    here.told(AYSE, CINAR)
    path = refused(here.sign_in(AYSE))
    stranger = here.sign_in(YABANCI)
    stranger.press(ROW, status="RET")
    for answer in (stranger.press(path), stranger.post(path)):
        assert answer.status_code == 404
        assert "Çınar" not in answer.text
    assert stands(here, AYSE, CINAR).status == RET


def test_what_was_done_by_sms_is_not_undone_here(here: Town) -> None:
    recipient = here.person(AYSE)
    wish = Wish(here.brand(CINAR), 1, 0, RET, Source.IYS_KISAMESAJ.code)
    deed = Deed(Actor.CITIZEN, Door.SMS)
    decision = here.registry.store.write_now(ledger.decide, here.registry.policy, recipient, [wish], deed)
    visitor = here.sign_in(AYSE)
    page = visitor.get(f"/izinler/{CINAR}")
    assert "Siz, SMS göndererek reddettiniz: SMS." in text(page.text)
    assert "geri-al" not in page.text
    assert visitor.press(f"/izinler/geri-al/{decision.act}").status_code == 200
    assert stands(here, AYSE, CINAR).status == RET


def test_an_act_of_many_is_undone_as_one_and_leads_to_the_list(here: Town) -> None:
    many(here, AYSE, 12)
    visitor = here.sign_in(AYSE)
    location = visitor.post("/izinler/reddet", scope="all").headers["location"]
    act = location.rpartition("=")[2]
    answer = visitor.press(f"/izinler/geri-al/{act}")
    assert answer.headers["hx-redirect"].startswith("/izinler?act=")
    page = text(visitor.get(answer.headers["hx-redirect"]).text)
    assert "Geri alındı 9 marka size yeniden yazabilir." in page
    assert "9 marka size reklam gönderebiliyor" in page


def test_the_history_of_a_brand_offers_it_for_a_day(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/reddet", scope="all")
    page = visitor.get(f"/izinler/{CINAR}")
    assert "Başka markaları da aynı anda reddettiniz." in text(page.text)
    assert "Hepsini geri al" in text(page.text)
    clock.forward(days=1, seconds=1)
    assert "geri-al" not in here.sign_in(AYSE).get(f"/izinler/{CINAR}").text
