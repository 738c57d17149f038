"""Yeni markalar da yazmasın: what the page of a standing refusal shows, does and takes back."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser

from consents.care import audit
from consents.queries import act_receipts, timeline
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent
from evidence import log
from evidence import receipts as receipt_files
from evidence.checkpoints import LogKey
from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import WAYS, many
from tests.citizen.consents.test_choices import stands
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MAIL, YABANCI, Town, Visitor, text
from tests.conftest import Clock
from tests.web.client import refused_for
from trust import record_numbers

PATH = "/izinler/bundan-sonrasi"
SMS = ["MESAJ-BIREYSEL"]


@pytest.fixture
def visitor(here: Town) -> Visitor:
    """AYSE: Işık may text her by its own account, Çınar by hers."""
    here.told(AYSE, ISIK)
    visitor = here.sign_in(AYSE)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    return visitor


def status(here: Town, brand: int) -> int:
    return stands(here, AYSE, brand, "MESAJ").status


def last(here: Town) -> int:
    found = here.registry.store.read_now(timeline.last_own, here.person(AYSE))
    assert found is not None
    return found[0]


def test_the_list_offers_it_and_says_when_it_is_in_force(here: Town, visitor: Visitor) -> None:
    assert f'<a href="{PATH}">Yeni markalar da yazmasın</a>' in visitor.get("/izinler").text
    visitor.post(PATH, way=SMS)
    assert "Yeni markalara da kapalı: SMS (kendiniz için). Değiştir" in text(visitor.get("/izinler").text)


def test_where_all_of_it_is_refused_one_line_says_so(here: Town, visitor: Visitor) -> None:
    visitor.post(PATH, way=["ARAMA-BIREYSEL", "MESAJ-BIREYSEL", "ARAMA-TACIR", "MESAJ-TACIR"])
    assert "Yeni markalara kapalısınız . Değiştir" in text(visitor.get("/izinler").text)


def test_looking_changes_nothing(here: Town, visitor: Visitor) -> None:
    before = last(here)
    visitor.get(PATH)
    assert (last(here), status(here, ISIK)) == (before, ONAY)


def test_what_the_company_said_closes_and_her_own_word_stays(here: Town, visitor: Visitor, clock: Clock) -> None:
    notice = visitor.follow(visitor.post(PATH, way=SMS)).text
    assert "1 markanın izni kapandı." in notice
    assert "Reklamlar en geç şu günün sonunda durmalı" in notice
    assert (status(here, ISIK), status(here, CINAR)) == (RET, ONAY)
    clock.forward(minutes=1)
    here.told(AYSE, ISIK, ago=0.0001)
    assert status(here, ISIK) == BEKLIYOR
    assert here.registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


def test_one_button_takes_it_back(here: Town, visitor: Visitor) -> None:
    notice = visitor.follow(visitor.post(PATH, way=SMS)).text
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', notice)
    assert undo
    told = visitor.follow(visitor.post(undo[1].replace("&amp;", "&"))).text
    assert "Geri alındı" in told
    assert status(here, ISIK) == ONAY
    assert "Yeni markalara da kapalı" not in visitor.get("/izinler").text


def test_it_is_ended_after_the_day_of_the_undo(here: Town, visitor: Visitor, clock: Clock) -> None:
    visitor.post(PATH, way=SMS)
    clock.forward(days=2)
    visitor = here.sign_in(AYSE)
    assert "Açarsanız 1 marka size yeniden yazabilir: Işık." in text(visitor.get(PATH).text)
    notice = visitor.follow(visitor.post(PATH, way=SMS, end="1")).text
    assert "1 marka size yeniden yazabilir: Işık." in text(notice)
    assert status(here, ISIK) == ONAY


def test_a_second_click_is_answered_as_the_first(here: Town, visitor: Visitor) -> None:
    first = visitor.post(PATH, way=SMS).headers["location"]
    assert visitor.post(PATH, way=SMS).headers["location"] == first


def test_nothing_ticked_does_nothing(here: Town, visitor: Visitor) -> None:
    before = last(here)
    assert visitor.post(PATH).headers["location"] == PATH
    assert last(here) == before


@pytest.mark.parametrize("way", ["EPOSTA-BIREYSEL", "MESAJ", "x", "MESAJ-HEPSI"])
def test_a_way_that_is_none_of_the_address_is_refused(here: Town, visitor: Visitor, way: str) -> None:
    refused_for(visitor.post(PATH, way=[*SMS, way]), 422, "Yazdığınızı okuyamadık")
    assert status(here, ISIK) == ONAY


def test_an_e_mail_has_its_own(here: Town) -> None:
    page = here.sign_in(MAIL).get(PATH).text
    ways = ["EPOSTA-BIREYSEL", "EPOSTA-TACIR"]
    whole, part = page.split("<form")[1:3]
    for form in (whole, part):
        assert re.findall(r'name="way" value="([^"]+)"', form) == ways


def test_a_stranger_reaches_neither_hers_nor_its_undo(here: Town, visitor: Visitor) -> None:
    visitor.post(PATH, way=SMS)
    stranger = here.sign_in(YABANCI)
    assert "Şu anda kapalı" not in stranger.get(PATH).text
    assert stranger.post(f"/izinler/geri-al/{last(here)}").status_code == 404
    assert status(here, ISIK) == RET


def test_a_new_holder_sees_that_it_is_in_force_and_not_since_when(here: Town, visitor: Visitor, clock: Clock) -> None:
    visitor.post(PATH, way=SMS)
    clock.forward(days=400)
    newcomer = here.sign_in(AYSE)
    newcomer.post("/izinler/yeni-numara", new="1")
    assert "Yeni markalara da kapalı" in newcomer.get("/izinler").text
    record = json.loads(newcomer.get("/izinler/kayit.json").text)
    assert (record["refused_ahead"], record["ahead"]) == ([{"channel": "MESAJ", "identity": "BIREYSEL"}], [])
    newcomer.post(PATH, way=SMS, end="1")
    assert json.loads(newcomer.get("/izinler/kayit.json").text)["refused_ahead"] == []


def test_the_record_has_it(here: Town, visitor: Visitor) -> None:
    visitor.post(PATH, way=WAYS[:2])
    record = json.loads(visitor.get("/izinler/kayit.json").text)
    assert [one["channel"] for one in record["refused_ahead"]] == ["ARAMA", "MESAJ"]
    assert record["ahead"][0]["refuses"] is True
    assert "Yeni markalara kapandınız: Telefonla arama, SMS (kendiniz için)." in text(
        visitor.get("/izinler/kayit").text
    )


def test_its_receipt_says_and_proves_it(here: Town, visitor: Visitor) -> None:
    visitor.post(PATH, way=SMS)
    log.extend(here.registry)
    number = re.search(r"/makbuz/(\d+)", visitor.get(f"/izinler?act={last(here)}").text)
    assert number
    page = text(visitor.get(f"/makbuz/{number[1]}").text)
    assert "Yeni markalara kapandınız" in page
    assert "SMS (kendiniz için)" in page
    assert visitor.get(f"/makbuz/{number[1]}.pdf").content.startswith(b"%PDF")
    made = visitor.get(f"/makbuz/{number[1]}.json").text
    said = receipt_files.check(made, LogKey.of(here.registry.keyring))
    assert [(one["channel"], one["identity"], one["refuses"]) for one in said["ahead"]] == [("MESAJ", "BIREYSEL", True)]
    assert [one["status"] for one in said["consents"]] == ["RET"]
    past = here.registry.store.read_now(act_receipts.citizens, last(here))
    assert past is not None
    assert here.registry.store.read_now(log.verify, here.registry.keyring) is None


@pytest.mark.parametrize("script", [True, False])
def test_by_keyboard_with_and_without_script(here: Town, visitor: Visitor, browser: Browser, script: bool) -> None:
    with served(here) as address, opened(browser, address, visitor, script=script) as page:
        page.goto(PATH)
        page.get_by_text("Yalnız bir bölümü kapansın").press("Enter")
        page.get_by_label("Telefonla arama (kendiniz için)").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Seçtiklerimi kapat").focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Yeni markalara kapandınız").wait_for()
        assert "SMS (kendiniz için); Telefonla arama, SMS (işletmeniz için)" in page.inner_text("main")
    assert status(here, ISIK) == RET


def test_the_undo_of_a_refusal_counts_what_the_standing_refusal_holds_and_has_its_own_number(
    here: Town, clock: Clock
) -> None:
    visitor = here.sign_in(AYSE)
    many(here, AYSE, 8)  # six of them may call and text
    here.told(AYSE, ISIK)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    first = visitor.post("/izinler/reddet", scope="all").headers["location"]
    clock.forward(seconds=2)
    visitor.post(PATH, way=SMS)
    clock.forward(seconds=2)
    undo = f"/izinler/geri-al/{first.rpartition('=')[2]}"
    answer = visitor.post(undo)
    notice = text(visitor.follow(answer).text)
    open_ = re.search(r"(\d+) marka size reklam gönderebiliyor", notice)
    assert open_
    assert f"{open_[1]} marka size yeniden yazabilir." in notice
    assert open_[1] == "7", "the six that call, and the one she allowed"
    assert "1 marka kapalı kaldı, çünkü yeni markalara kapalısınız." in notice
    assert "yeni markalara kapalısınız" in notice
    act = int(answer.headers["location"].rpartition("=")[2])
    for number, shown in ((act, True), (int(first.rpartition("=")[2]), False)):
        named = " ".join(record_numbers.spaced(record_numbers.of_act(here.registry.keyring, number)).split())
        assert (named in notice) is shown
    assert "Geri alındı" in text(visitor.get(f"/izinler?act={first.rpartition('=')[2]}").text).partition("Menü")[2]


def test_it_answers_what_waits_before_and_after_it(here: Town, clock: Clock) -> None:
    """A question of L4 (Çınar), and one of L13 (Işık): both are refused on every page, and asked again at its end."""
    visitor = here.sign_in(AYSE)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET")
    clock.forward(minutes=1)
    here.told(AYSE, CINAR, ago=0.0001)
    assert "1 marka kararınızı bekliyor" in text(visitor.get("/izinler").text)
    visitor.post(PATH, way=SMS)
    clock.forward(minutes=1)
    here.told(AYSE, ISIK, ago=0.0001)
    assert (status(here, CINAR), status(here, ISIK)) == (BEKLIYOR, BEKLIYOR)
    for page in ("/izinler", "/markalar", f"/izinler/{CINAR}", f"/izinler/{ISIK}", "/izinler/reddet?scope=all"):
        shown = text(visitor.get(page).text)
        assert "kararınızı bekliyor" not in shown.lower(), page
        assert "Reddim kalsın" not in shown, page
    listed = visitor.get("/izinler?status=BEKLIYOR").text
    assert "Kayıtlarınızda böyle bir marka yok." in text(listed)
    assert "Yeni markalara kapalı olduğunuz için yine de size ulaşamaz" in text(visitor.get(f"/izinler/{ISIK}").text)
    clock.forward(days=2)
    visitor = here.sign_in(AYSE)
    visitor.post(PATH, way=SMS, end="1")
    assert "1 marka kararınızı bekliyor" in text(visitor.get("/izinler").text)
    assert (status(here, CINAR), status(here, ISIK)) == (BEKLIYOR, ONAY)


def test_what_it_answers_can_be_disputed(here: Town, visitor: Visitor, clock: Clock) -> None:
    visitor.post(PATH, way=SMS)
    clock.forward(minutes=1)
    here.told(AYSE, ISIK, ago=0.0001)
    assert "Bu onayı ben vermedim" in visitor.get(f"/izinler/{ISIK}").text
    visitor.press(f"/izinler/{ISIK}/MESAJ/BIREYSEL", status="RET", never="1")
    entries = here.registry.store.read_now(timeline.entries, here.person(AYSE), here.brand(ISIK))
    assert entries[0].disputed


def test_the_directory_and_the_list_name_it_where_it_rules(here: Town, visitor: Visitor) -> None:
    def row(page: str, brand: int) -> str:
        found = re.search(rf'<section class="listed" id="m-{brand}".*?</section>', visitor.get(page).text, re.DOTALL)
        assert found
        return text(found[0])

    assert "Kayıt yok" in row("/markalar", CINAR_MINI)
    visitor.post(PATH, way=SMS)
    assert "Kayıt yok Yeni markalara kapalı: SMS (kendiniz için)" in row("/markalar", CINAR_MINI)
    for page in ("/markalar", "/izinler"):
        assert "Kapalı: yeni markalara kapalısınız" in row(page, ISIK)
        assert "kapalı" not in row(page, CINAR)
    visitor.post(PATH, way=["ARAMA-BIREYSEL", "ARAMA-TACIR", "MESAJ-TACIR"])
    assert "Kayıt yok" not in row("/markalar", CINAR_MINI)
    assert "Kapalı: yeni markalara kapalısınız" in row("/markalar", CINAR_MINI)
    assert "Yeni markalara kapalısınız; yalnız kendiniz izin verdikleriniz" in text(visitor.get("/markalar").text)


def test_a_refusal_of_before_keeps_its_own_day_beside_it(here: Town, clock: Clock) -> None:
    """On every page that shows it; what a new holder must not see stays hidden."""
    here.told(AYSE, ISIK, status="RET", ago=30)
    visitor = here.sign_in(AYSE)
    visitor.post(PATH, way=["ARAMA-BIREYSEL", "MESAJ-BIREYSEL", "ARAMA-TACIR", "MESAJ-TACIR"])
    own, standing = "25 Ekim 2026", "24 Kasım 2026"
    page = text(visitor.get(f"/izinler/{ISIK}").text).replace("\u00a0", " ")
    row = page.partition("SMS")[2].partition("Telefonla arama")[0]
    assert f"Reddedildi Şirkete göre: web sitesinde, {own} Siz, yeni markalara kapanarak, {standing}" in row
    assert "Reddettiniz" not in row
    listed = text(visitor.get("/izinler").text).replace("\u00a0", " ").partition("Işık")[2]
    assert f"Reddedildi , {own} Kapalı: yeni markalara kapalısınız" in listed
    record = text(visitor.get("/izinler/kayit").text).replace("\u00a0", " ")
    assert f"Reddedildi, {own}" in record.replace("Reddedildi ,", "Reddedildi,")
    (brand,) = visitor.get("/izinler/kayit.json").json()["brands"]
    assert brand["consents"][0]["covers"]["decided_at"].startswith("2026-10-25")
    assert brand["consents"][0]["decided_at"].startswith("2026-11-24")
    asked = text(visitor.follow(visitor.post("/gonderen", sender="Işık")).text).replace("\u00a0", " ")
    assert f"Reddedildi: {own}" in asked


def test_its_end_names_the_brands_that_may_write_again(here: Town, visitor: Visitor, clock: Clock) -> None:
    visitor.post(PATH, way=SMS)
    clock.forward(days=2)
    visitor = here.sign_in(AYSE)
    page = text(visitor.get(PATH).text)
    assert "1 marka açık kalır, çünkü kendiniz izin verdiniz: Çınar" in page
    result = text(visitor.follow(visitor.post(PATH, way=SMS, end="1")).text)
    assert "Yeni markalara yeniden açıksınız" in result
    assert "1 marka size yeniden yazabilir: Işık. Tek tek reddettikleriniz reddedilmiş kalır." in result
    assert "Geri al" in result


def test_many_brands_are_named_by_the_first_and_the_others_folded(here: Town) -> None:
    many(here, AYSE, 30)
    visitor = here.sign_in(AYSE)
    page = visitor.get(PATH).text
    shown, folded = page.split("<summary>ve ")[:2]
    assert "markanın izni de şimdi kapanır: Örnek Marka 1, Örnek Marka 10," in text(shown)
    assert all(f"Örnek Marka {number}" in folded for number in (2, 9, 22))
