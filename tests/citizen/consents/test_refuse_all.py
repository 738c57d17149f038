"""Hepsini reddet: what the preview shows is refused, in one act, of one number."""

from __future__ import annotations

import base64
import json
import re

import pytest

from citizen.session.intent import KeptIntent
from consents import history
from consents.queries import timeline
from consents.rules import ONAY, RET
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import acts, finished, stands
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MEHMET, YABANCI, Town, Visitor, text
from tests.conftest import Clock
from tests.web.client import refused_for


@pytest.fixture
def visitor(here: Town) -> Visitor:
    """AYSE: Çınar may call and text her, Zambak (of the same company) her business, Işık text her."""
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    here.told(AYSE, CINAR_MINI, identity="TACIR")
    here.told(AYSE, ISIK)
    return here.sign_in(AYSE)


def standing(here: Town) -> str:
    """What stands of the four, O for ONAY and R for RET."""
    keys = [(CINAR, "MESAJ"), (CINAR, "ARAMA"), (CINAR_MINI, "MESAJ", "TACIR"), (ISIK, "MESAJ")]
    return "".join("O" if stands(here, AYSE, *key).status == ONAY else "R" for key in keys)


ALL = "Hepsini reddet"
COMPANY = "Çınar Mağazacılık A.Ş.: hepsini reddet"
# A query, the heading of its preview, what stands below it, and what stands once it is refused.
SCOPES = {
    "scope=all": (ALL, "3 marka size reklam gönderebiliyor.", "RRRR"),
    "": (ALL, "3 marka size reklam gönderebiliyor.", "RRRR"),
    "scope=provider&code=600100": (COMPANY, "2 marka size reklam gönderebiliyor.", "RRRO"),
    "scope=provider&code=600100&identity=TACIR": (COMPANY, "1 marka size reklam gönderebiliyor.", "OORO"),
    f"scope=brand&code={CINAR}": ("Çınar: hepsini reddet", "24 saat içinde", "RROO"),
    f"scope=brand&code={CINAR}&channel=ARAMA": ("Çınar: hepsini reddet", "24 saat içinde", "OROO"),
    "scope=filter&channel=MESAJ": (ALL, "Yalnız SMS'ler: 3 marka size reklam gönderebiliyor.", "RORR"),
    "scope=filter&identity=TACIR": (ALL, "1 marka size reklam gönderebiliyor.", "OORO"),
    "scope=filter&q=%C4%B1%C5%9F%C4%B1k": (ALL, "1 marka size reklam gönderebiliyor.", "OOOR"),
    "scope=filter&q=isik&channel=ARAMA": ("Reddedilecek izin yok", "Bu seçimde size ulaşabilen marka yok.", "OOOO"),
}


@pytest.mark.parametrize("query", SCOPES)
def test_what_the_preview_shows_is_what_is_refused(here: Town, visitor: Visitor, query: str) -> None:
    heading, below, after = SCOPES[query]
    preview = visitor.get(f"/izinler/reddet?{query}")
    assert f"<title>{heading} – İzin</title>" in preview.text
    assert f"<h1>{heading}</h1>" in preview.text
    assert re.search(f"<p[^>]*>{re.escape(below)}", preview.text.partition("</h1>")[2])
    assert standing(here) == "OOOO", "a preview changes nothing"
    fields = dict(pair.split("=") for pair in query.split("&") if pair)
    if "q" in fields:
        fields["q"] = "ışık" if "%" in fields["q"] else fields["q"]
    visitor.post("/izinler/reddet", **fields)
    assert standing(here) == after


def test_the_preview_lists_each_brand_with_its_ways(visitor: Visitor) -> None:
    page = text(visitor.get("/izinler/reddet").text)
    assert "Çınar : Telefonla arama, SMS (kendiniz için)" in page
    assert "Zambak : SMS (işletmeniz için)" in page
    narrower = visitor.get("/izinler/reddet?scope=provider&code=600100").text
    assert 'href="/izinler/reddet?scope=provider&amp;code=600100&amp;channel=ARAMA"' in narrower


def test_all_is_one_act_told_with_its_count_and_one_undo(here: Town, visitor: Visitor) -> None:
    before = acts(here)
    answer = visitor.post("/izinler/reddet", scope="all")
    assert acts(here) == before + 1
    page = text(visitor.follow(answer).text)
    assert answer.headers["location"].startswith("/izinler/sonuc?act=")
    assert "3 markayı reddettiniz" in page
    assert "+90 532 ••• •• 01" in page
    assert "Reklamlar en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma" in page
    act = answer.headers["location"].rpartition("=")[2]
    visitor.post(f"/izinler/geri-al/{act}")
    assert standing(here) == "OOOO"


def test_what_was_added_meanwhile_is_refused_too_and_told(here: Town, visitor: Visitor) -> None:
    assert "3 marka size reklam gönderebiliyor" in visitor.get("/izinler/reddet").text
    many(here, AYSE, 2)  # one of the two may reach her
    answer = visitor.post("/izinler/reddet", scope="all")
    assert "4 markayı reddettiniz" in text(visitor.follow(answer).text)


def test_a_second_click_is_answered_as_the_first(here: Town, visitor: Visitor) -> None:
    first = visitor.post("/izinler/reddet", scope="all")
    before = acts(here)
    assert visitor.post("/izinler/reddet", scope="all").headers["location"] == first.headers["location"]
    assert acts(here) == before


def test_with_nothing_to_refuse_nothing_is_recorded(here: Town) -> None:
    stranger = here.sign_in(YABANCI)
    assert "Reddedilecek izin yok" in stranger.get("/izinler/reddet").text
    answer = stranger.post("/izinler/reddet", scope="all")
    assert answer.headers["location"] == "/izinler/sonuc"
    assert stranger.follow(answer).headers["location"] == "/izinler", "no act, no result"
    assert acts(here) == 0


def test_only_the_number_shown_is_refused(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(MEHMET, CINAR)
    both = here.sign_in(AYSE, MEHMET)
    page = both.get("/izinler/reddet?a=1").text
    mark = page.partition('name="n" value="')[2][:8]
    both.post("/izinler/reddet", scope="all", n=mark)
    assert stands(here, AYSE, CINAR).status == RET
    assert stands(here, MEHMET, CINAR).status == ONAY
    assert here.sign_in(YABANCI).post("/izinler/reddet", scope="all", n=mark).status_code == 404


@pytest.mark.parametrize("query", ["scope=brand&code=999999", "scope=provider&code=x", "scope=brand", "scope=provider"])
def test_a_company_that_is_not_there_is_not_found(here: Town, visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/izinler/reddet?{query}").status_code == 404
    fields = dict(pair.split("=") for pair in query.split("&"))
    assert visitor.post("/izinler/reddet", **fields).status_code == 404
    assert standing(here) == "OOOO"


def test_a_word_that_is_no_scope_refuses_nothing(here: Town, visitor: Visitor) -> None:
    assert visitor.get("/izinler/reddet?scope=world").status_code == 422
    refused_for(visitor.post("/izinler/reddet", scope="world"), 422, "Yazdığınızı okuyamadık")
    assert standing(here) == "OOOO"


def test_fields_of_another_scope_narrow_nothing(here: Town, visitor: Visitor) -> None:
    visitor.post("/izinler/reddet", scope="all", channel="ARAMA", q="ışık")
    assert standing(here) == "RRRR"


def test_five_hundred_brands_go_at_once_and_come_back_at_once(here: Town, clock: Clock) -> None:
    many(here, AYSE, 500)
    visitor = here.sign_in(AYSE)
    assert "375 marka size reklam gönderebiliyor" in visitor.get("/izinler/reddet").text
    before = acts(here)
    answer = visitor.post("/izinler/reddet", scope="all")
    assert acts(here) == before + 1
    last = here.registry.store.read_now(timeline.last_own, here.person(AYSE))
    assert last
    past = here.registry.store.read_now(history.act, last[0])
    assert past
    assert past.last_event - past.first_event + 1 == 750
    page = text(visitor.follow(answer).text)
    assert "375 markayı reddettiniz" in page
    assert "Reklam izni olan marka yok" in text(visitor.get("/izinler").text)
    clock.forward(hours=23)
    again = here.sign_in(AYSE)
    assert "375 marka size reklam gönderebiliyor" in text(again.follow(again.post(f"/izinler/geri-al/{past.id}")).text)


def test_a_kept_brand_stays_kept_when_the_session_ended_in_the_middle(here: Town) -> None:
    """The cookie carries which tick was off; what it holds is made after the code."""
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    form = {"scope": "all", "offered": f"{CINAR},{ISIK}", "brand": str(CINAR)}
    left = here.client.post("/izinler/reddet", data=form)
    assert left.headers["location"] == "/giris"
    cookie = left.headers["set-cookie"].partition("niyet=")[2].partition(".")[0]
    refusals = json.loads(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))[0]
    assert refusals == [["/izinler/reddet", {"scope": "all", "keep": str(ISIK)}]]
    visitor = here.sign_in(AYSE)
    path = finished(here, visitor, KeptIntent(*refusals[0]))
    assert path
    assert "Çınar markasını reddettiniz" in text(visitor.get(path).text)
    assert stands(here, AYSE, CINAR).status == RET
    assert stands(here, AYSE, ISIK).status == ONAY
