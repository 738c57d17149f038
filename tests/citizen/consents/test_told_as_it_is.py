"""Pages say what is so: a day to stop only for what was allowed, the door that was used, a refusal that stayed."""

from __future__ import annotations

import json

import pytest

from consents import ledger
from consents.history import Deed
from consents.ledger import Claim, Wish
from consents.rules import DOOR_SOURCES, RET
from consents.terms import Actor, Channel, Door, Identity, Source
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import ROW
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, Town, Visitor, place, text
from tests.conftest import Clock
from tests.standings import STATES, Standings

UNTIL = "Durması için son gün"
BARRED = "Bu marka size reklam gönderemez."
NOTICE = "en geç şu günün sonunda durmalı"


def by_door(
    here: Town, door: Door, *, brand: int = CINAR, channel: str = "MESAJ", identities: tuple[str, ...] = ("BIREYSEL",)
) -> int:
    """AYSE refuses through a door; the number of the act."""
    recipient, code, source = here.person(AYSE), Channel(channel).code, DOOR_SOURCES[door].code
    wishes = [Wish(here.brand(brand), code, Identity(identity).code, RET, source) for identity in identities]
    deed = Deed(Actor.CITIZEN, door)
    act = here.registry.store.write_now(ledger.decide, here.registry.policy, recipient, wishes, deed).act
    assert act is not None
    return act


def everywhere(visitor: Visitor, brand: int = CINAR) -> list[str]:
    """The pages that show a brand, as they are read."""
    return [text(visitor.get(path).text) for path in ("/izinler", f"/izinler/{brand}", "/markalar")]


def test_what_was_allowed_has_a_day_to_stop_on_every_page(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    assert f"{UNTIL}: 27 Kasım 2026 Cuma" in text(visitor.press(ROW, status="RET").text)
    for page in everywhere(visitor):
        assert f"{UNTIL}: 27 Kasım 2026 Cuma" in page
        assert BARRED not in page


def test_a_refusal_in_advance_names_no_day(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    answer = visitor.post(ROW, status="RET")
    pages = [*everywhere(visitor), text(visitor.follow(answer).text), text(visitor.press(ROW, status="RET").text)]
    for page in pages:
        assert BARRED in page
        assert UNTIL not in page
        assert NOTICE not in page
    english = text(visitor.get(f"/izinler/{CINAR}?lang=en").text)
    assert "This brand may not send you advertising." in english


def test_calls_refused_in_advance_may_not_be_made(here: Town) -> None:
    """Its SMS may still be allowed: the sentence is about calls alone."""
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    answer = visitor.post(f"/izinler/{CINAR}/ARAMA/BIREYSEL", status="RET")
    for page in (text(visitor.get(f"/izinler/{CINAR}").text), text(visitor.follow(answer).text)):
        assert "Bu marka sizi reklam için arayamaz." in page
        assert BARRED not in page
        assert UNTIL not in page
    for path in ("/izinler", "/markalar"):
        page = text("<section" + place(visitor.get(path).text, CINAR))
        assert page.startswith("Çınar SMS"), "what it may still do"
        assert BARRED not in page
        assert UNTIL not in page


def test_a_brand_that_only_called_may_not_call(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.post(f"/izinler/{CINAR}/ARAMA/BIREYSEL", status="RET")
    for page in everywhere(visitor):
        assert "Bu marka sizi reklam için arayamaz." in page
        assert BARRED not in page
        assert UNTIL not in page


def test_a_waiting_row_that_is_refused_names_no_day(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    assert here.told(AYSE, CINAR, ago=1) == "pending"
    visitor = here.sign_in(AYSE)
    answer = visitor.post(ROW, status="RET")
    for page in (*everywhere(visitor), text(visitor.follow(answer).text)):
        assert BARRED in page
        assert UNTIL not in page
        assert NOTICE not in page


def test_a_merchant_without_a_record_has_a_day(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    answer = visitor.post(f"/izinler/{CINAR}/MESAJ/TACIR", status="RET")
    assert "SMS'ler en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma" in text(visitor.follow(answer).text)
    for page in everywhere(visitor):
        assert f"{UNTIL}: 27 Kasım 2026 Cuma" in page
        assert BARRED not in page


@pytest.mark.parametrize("door", [Door.SMS, Door.VOICE, Door.LINK, Door.QR])
def test_what_a_door_refuses_in_advance_names_no_day_on_the_page(here: Town, door: Door) -> None:
    act = by_door(here, door, identities=("BIREYSEL", "TACIR"))
    visitor = here.sign_in(AYSE)
    for page in (*everywhere(visitor), text(visitor.get(f"/izinler?act={act}").text)):
        assert BARRED in page
        assert UNTIL not in page
        assert NOTICE not in page


def test_the_sentence_goes_when_a_day_would_have_passed(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=3)
    assert BARRED in text(here.sign_in(AYSE).get("/izinler").text)
    clock.forward(days=1)
    assert BARRED not in text(here.sign_in(AYSE).get("/izinler").text)


def test_many_are_told_together(here: Town, clock: Clock) -> None:
    many(here, AYSE, 4)
    for brand in (CINAR, ISIK):
        here.sign_in(AYSE).refuse(brand)
    clock.forward(days=2)
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand, ago=1)
    visitor = here.sign_in(AYSE)
    waiting = visitor.post("/izinler/reddet", scope="filter", status="BEKLIYOR")
    told = text(visitor.follow(waiting).text)
    assert "Bu markalar size reklam gönderemez." in told
    assert NOTICE not in told
    answer = visitor.post("/izinler/reddet", scope="all")
    assert f"Reklamlar {NOTICE}: 1 Aralık 2026 Salı" in text(visitor.follow(answer).text)


WORDS = {
    Door.PAGE: "Siz, bu sitede",
    Door.LINK: "Siz, mesajdaki bağlantıyla",
    Door.QR: "Siz, QR kodla",
    Door.SMS: "Siz, SMS göndererek",
    Door.VOICE: "Siz, telefonla arayarak",
    Door.MAIL: "Siz, e-postadaki düğmeyle",
    Door.MAILBOX: "Siz, e-posta göndererek",
    Door.BUSINESS: "İşletmeniz, bu sitede",
    Door.REQUEST: "Siz, bir markanın sorusuna cevap vererek",
}


def test_every_door_of_citizens_has_its_words_here() -> None:
    assert set(WORDS) == {door for door in Door if door.citizen}


@pytest.mark.parametrize("door", WORDS)
def test_the_words_follow_the_door(here: Town, door: Door) -> None:
    by_door(here, door)
    visitor = here.sign_in(AYSE)
    pages = [text(visitor.get(path).text) for path in (f"/izinler/{CINAR}", "/izinler/kayit")]
    for page in pages:
        assert WORDS[door] in page
        for other in set(WORDS) - {door}:
            assert WORDS[other] not in page
    verb = "reddetti" if door is Door.BUSINESS else "reddettiniz"
    assert f"{WORDS[door]} {verb}: SMS." in pages[0]
    for path in ("/izinler", "/markalar"):
        listed = text("<section" + place(visitor.get(path).text, CINAR))
        assert listed.startswith("Çınar Reddettiniz"), "whichever door it was"


def test_a_row_that_is_pressed_again_keeps_its_door(here: Town) -> None:
    """What was taken back on the page is the page's; what stands again is the QR code's."""
    by_door(here, Door.QR)
    visitor = here.sign_in(AYSE)
    act = visitor.post(ROW, status="ONAY").headers["location"].rpartition("=")[2]
    assert "Siz, bu sitede, 24" in text(visitor.get(f"/izinler/{CINAR}").text)
    visitor.post(f"/izinler/geri-al/{act}")
    assert "Siz, QR kodla, 24" in text(visitor.get(f"/izinler/{CINAR}").text)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source.IYS_WEB, "Siz, İYS üzerinden"),
        (Source.IYS_MOBIL, "Siz, İYS uygulamasında"),
        (Source.IYS_KISAMESAJ, "Siz, SMS göndererek"),
    ],
)
def test_what_the_national_registry_passed_on_was_not_said_here(here: Town, source: Source, words: str) -> None:
    brand, at = here.brand(CINAR), here.now - 5_000_000
    claim = Claim(here.person(AYSE), brand, Channel.MESAJ.code, Identity.BIREYSEL.code, RET, source.code, at)
    deed = Deed(Actor.REGISTRY, Door.SYNC)
    here.registry.store.write_now(ledger.relay, here.registry.policy, brand, [claim], deed)
    page = text(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
    assert words in page
    assert "bu sitede" not in page


def test_history_tells_of_a_waiting_onay_that_the_refusal_stayed(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, ago=30)
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    here.told(AYSE, CINAR, ago=1)
    visitor = here.sign_in(AYSE)
    waited = "Şirket izin verdiğinizi bildirdi (web sitesinde): SMS. Reddiniz geçerli kaldı, size soruldu."
    earlier = "Şirkete göre web sitesinde izin verildi: SMS."
    for path in (f"/izinler/{CINAR}", "/izinler/kayit"):
        page = text(visitor.get(path).text)
        assert f"{waited} Verildiği gün: 25 Kasım 2026." in page
        assert page.count(earlier) == 1, "the one before the refusal had been in force"
    history = json.loads(visitor.get("/izinler/kayit.json").text)["brands"][0]["history"]
    assert [(said["status"], said["waited"]) for said in history] == [("ONAY", True), ("RET", False), ("ONAY", False)]
    visitor.press(ROW, status="ONAY")
    assert waited in text(visitor.get(f"/izinler/{CINAR}").text), "what is said later leaves the past as it was"


def test_history_tells_what_waited_without_a_source(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    assert here.told(AYSE, CINAR, source=None, ago=1) == "pending"
    story = text(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text).partition("Neler oldu?")[2]
    assert "Şirket izin verdiğinizi bildirdi, nerede verildiğini bildirmedi: SMS. Reddiniz geçerli kaldı" in story


def test_an_onay_after_a_refusal_that_was_taken_back_had_been_in_force(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    act = visitor.post(ROW, status="RET").headers["location"].rpartition("=")[2]
    clock.forward(minutes=1)
    visitor.post(f"/izinler/geri-al/{act}")
    clock.forward(days=1)
    here.told(AYSE, CINAR, ago=0.5)
    page = text(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
    assert "Reddiniz geçerli kaldı" not in page
    assert "Şirkete göre web sitesinde izin verildi: SMS." in page


def on_every_page(visitor: Visitor, *words: str, without: str) -> None:
    for path in ("/izinler", f"/izinler/{CINAR}", "/izinler/kayit"):
        page = text(visitor.get(path).text)
        assert without not in page, path
    shown = text(visitor.get(f"/izinler/{CINAR}").text)
    for word in words:
        assert word in shown


def test_who_was_erased_neither_called_nor_refused(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    of = Standings(here, clock)
    STATES["erased"](of)
    visitor = here.sign_in(AYSE)
    on_every_page(visitor, "Reddedildi Silinmesini istediğiniz için, 24", without="telefonla arayarak")
    assert "Reddettiniz" not in text(visitor.get("/izinler").text)


def test_a_closed_line_is_nobodys_refusal(here: Town, clock: Clock) -> None:
    STATES["line_closed"](Standings(here, clock))
    on_every_page(here.sign_in(AYSE), "Hat kapatıldığı için", without="Reddettiniz")


def test_what_the_operators_desk_recorded_was_reported_to_it(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    keyring, recipient = here.registry.keyring, here.person(AYSE)
    wish = Wish(here.brand(CINAR), Channel.MESAJ.code, Identity.BIREYSEL.code, RET, Source.IYS_CM.code)
    deed = Deed(Actor.STAFF, Door.DESK, evidence=keyring.seal_evidence({"person": 1, "why": "he called"}))
    here.registry.store.write_now(ledger.decide, here.registry.policy, recipient, [wish], deed)
    said = ("Siz, siteyi işletene bildirerek, 24", "Siz, siteyi işletene bildirerek reddettiniz: SMS.")
    on_every_page(here.sign_in(AYSE), *said, without="Silinmesini istediğiniz için")


def test_no_record_is_explained_to_a_merchant_alike_everywhere(here: Town) -> None:
    """Merchants may be written to without permission until they refuse (Law 6563 art. 6/2)."""
    visitor = here.sign_in(AYSE)
    may = "siz reddedene kadar"
    for path in (f"/izinler/{CINAR}", "/markalar", "/yardim"):
        assert may in text(visitor.get(path).text), path
    here.told(AYSE, CINAR, identity="TACIR")
    assert "Reddetmediğiniz markalar işletmenize izin almadan da yazabilir." in text(visitor.get("/izinler").text)
    assert f"Kayıt yoksa marka işletmenize, {may}, izin" in text(visitor.get(f"/izinler/{CINAR}").text)
    answer = visitor.press(f"/izinler/{ISIK}/MESAJ/TACIR", status="RET")
    assert UNTIL in text(answer.text), "it could write, so it has days to stop"
    assert BARRED not in text(answer.text)
    ways = [f"{channel}-{identity}" for channel in ("ARAMA", "MESAJ") for identity in ("BIREYSEL", "TACIR")]
    visitor.post("/izinler/bundan-sonrasi", way=ways)
    for path in ("/izinler", f"/izinler/{CINAR}", f"/izinler/{CINAR_MINI}", "/markalar"):
        assert may not in text(visitor.get(path).text), path
        assert "izin almadan" not in text(visitor.get(path).text), path


def test_a_companys_file_about_others_is_not_what_one_did_for_other_brands(here: Town) -> None:
    """The act of a file is of many people; only one's own acts are said to have been about more brands."""
    brand, at = here.brand(CINAR), here.now - 5_000_000
    people = [here.person(who) for who in (AYSE, "+905320000009")]
    claims = [Claim(who, brand, Channel.MESAJ.code, 0, 1, Source.HS_WEB.code, at) for who in people]
    here.registry.store.write_now(ledger.declare, here.registry.policy, brand, claims, Deed(Actor.PROVIDER, Door.FILE))
    page = text(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
    assert "izin verildi: SMS" in page
    assert "aynı anda" not in page.lower()
