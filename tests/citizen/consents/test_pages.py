"""The brand's page, the directory, the record to take along, the new holder; and what a list says around itself."""

from __future__ import annotations

import html
import json
import re

import pytest

from citizen.alerts import alert_store
from consents import ledger
from consents.brands import companies
from consents.people import register
from consents.rules import ONAY, RET
from consents.store import Transaction
from tests.citizen.consents.states import LANDLINE, brand_page, many
from tests.citizen.consents.test_choices import ROW, acts, stands
from tests.citizen.consents.town import (
    AYSE,
    CINAR,
    CINAR_MINI,
    DAY,
    ISIK,
    MAIL,
    Town,
    Visitor,
    listed,
    place,
    rows,
    text,
)
from tests.conftest import Clock
from tests.web.client import Sheet
from trust import record_numbers


def test_a_brands_page_has_a_switch_for_every_way(here: Town) -> None:
    here.told(AYSE, CINAR)
    page = here.sign_in(AYSE).get(f"/izinler/{CINAR}")
    assert rows(page.text) == {
        f"{CINAR}-ARAMA-BIREYSEL": "YOK",
        f"{CINAR}-MESAJ-BIREYSEL": "ONAY",
        f"{CINAR}-ARAMA-TACIR": "YOK",
        f"{CINAR}-MESAJ-TACIR": "YOK",
    }
    assert f'action="{ROW}?n=' in page.text


@pytest.mark.parametrize(("address", "ways"), [(MAIL, {"EPOSTA"}), (LANDLINE, {"ARAMA"}), (AYSE, {"ARAMA", "MESAJ"})])
def test_only_ways_that_lead_to_the_address_are_offered(here: Town, address: str, ways: set[str]) -> None:
    page = here.sign_in(address).get(f"/izinler/{CINAR}").text
    assert {name.split("-")[1] for name in rows(page)} == ways


def test_a_landline_may_still_refuse_sms(here: Town) -> None:
    assert here.sign_in(LANDLINE).press(ROW, status="RET").status_code == 200


def test_a_brands_page_tells_the_company_and_the_story(here: Town, clock: Clock) -> None:
    shown = brand_page(here, clock)
    page = text(shown.visitor.get(shown.path).text)
    assert "Çınar Mağazacılık A.Ş." in page
    assert "600100" in page
    assert "0123456789012345" in page
    story = page.partition("Neler oldu?")[2]
    assert story.index("Siz, bu sitede reddettiniz: Telefonla arama.") < story.index("Siz, bu sitede reddettiniz: SMS.")
    assert (
        "Şirkete göre çağrı merkezinde izin verildi: Telefonla arama. "
        "Verildiği gün: 16 Ağustos 2026. Bayi: Örnek Bayi." in story
    )


def test_a_story_tells_of_undoing_of_merchants_and_of_what_was_not_said(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, "ARAMA", "TACIR", source=None, ago=0)
    here.told(AYSE, CINAR, "MESAJ", "BIREYSEL", "RET", source="HS_KARAR", ago=2)
    visitor = here.sign_in(AYSE)
    act = visitor.post(ROW, status="ONAY").headers["location"].rpartition("=")[2]
    clock.forward(minutes=1)
    visitor.post(f"/izinler/geri-al/{act}")
    story = text(visitor.get(f"/izinler/{CINAR}").text).partition("Neler oldu?")[2]
    for sentence in (
        "Şirkete göre izin var, nerede verildiği bildirilmemiş: Telefonla arama (işletmeniz için).",
        "Şirkete göre kendi kararıyla reddedildi: SMS. Verildiği gün: 22 Kasım 2026.",
        "Siz, bu sitede izin verdiniz: SMS. Sonra geri alındı: 24 Kasım 2026 Salı, 12:01.",
        "Siz, bu sitede geri aldınız. Önceki durum yeniden geçerli, reddedildi: SMS.",
    ):
        assert sentence in story


def test_a_story_of_more_than_three_is_folded(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    for count, status in enumerate(("ONAY", "RET", "ONAY", "RET", "ONAY")):
        visitor.post(ROW, status=status)
        clock.forward(minutes=1)
        story = visitor.get(f"/izinler/{CINAR}").text.partition("Neler oldu?")[2]
        shown, _, folded = story.partition("<summary>Daha öncekiler</summary>")
        assert (shown.count("<li><strong>"), folded.count("<li><strong>")) == (min(count + 1, 3), max(count - 2, 0))
    assert "12:04" in shown
    assert "12:00" in folded


def names(markup: str) -> list[str]:
    """What is heard of the buttons of rows."""
    return [said for said in Sheet(markup).deeds() if ": " in said]


def test_buttons_tell_brand_channel_and_identity(here: Town, clock: Clock) -> None:
    for identity in ("BIREYSEL", "TACIR"):
        here.told(AYSE, CINAR, "ARAMA", identity)
    heard = names(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
    assert "Reddet: Çınar aramaları (kendiniz için)" in heard
    assert "Reddet: Çınar aramaları (işletmeniz için)" in heard
    for path in ("/izinler", "/markalar"):
        heard = names(here.sign_in(AYSE).get(path).text)
        assert "Reddet: Çınar, Telefonla arama · kendiniz için" in heard
        assert "Reddet: Çınar, Telefonla arama · işletmeniz için" in heard
    english = names(here.sign_in(AYSE).get(f"/izinler/{CINAR}?lang=en").text)
    assert len([said for said in english if said.startswith("Refuse: Calls from Çınar")]) == 2


def test_a_question_names_its_brand_in_each_of_its_buttons(here: Town, clock: Clock) -> None:
    for brand in (CINAR, ISIK):
        here.sign_in(AYSE).refuse(brand)
    clock.forward(days=2)
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand, ago=1)
    visitor = here.sign_in(AYSE)
    heard = names(visitor.get("/izinler").text)
    for brand, title in ((CINAR, "Çınar"), (ISIK, "Işık")):
        assert f"Reddim kalsın: {title}, SMS" in heard
        assert f'aria-label="Onay ver…: {title}"' in visitor.get("/izinler").text
        there = names(visitor.get(f"/izinler/{brand}").text)
        for words in ("Reddim kalsın", "Onay ver", "Bu onayı ben vermedim"):
            assert f"{words}: {title} SMS'leri (kendiniz için)" in there


def test_everything_of_a_brand_goes_in_one_step(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    visitor = here.sign_in(AYSE)
    page = visitor.get(f"/izinler/{CINAR}").text
    assert 'name="scope" value="brand"' in page
    visitor.post("/izinler/reddet", scope="brand", code=str(CINAR))
    assert stands(here, AYSE, CINAR).status == stands(here, AYSE, CINAR, "ARAMA").status == RET


def test_a_brand_that_is_not_there_is_a_kind_404(here: Town) -> None:
    for code in ("999999", "9" * 30, "0"):
        answer = here.sign_in(AYSE).get(f"/izinler/{code}")
        assert answer.status_code == 404
        assert "Yine de reddedebilirsiniz" in text(answer.text)


def test_the_directory_holds_every_brand_with_what_stands(here: Town) -> None:
    here.told(AYSE, ISIK)
    here.told(AYSE, CINAR_MINI, identity="TACIR")
    page = here.sign_in(AYSE).get("/markalar")
    assert listed(page.text) == {CINAR: "none", ISIK: "open", CINAR_MINI: "open"}
    for brand, words in (
        (CINAR, "Çınar Kayıt yok"),
        (ISIK, "Işık SMS · kendiniz için Reddet"),
        (CINAR_MINI, "Zambak SMS · işletmeniz için Reddet"),
    ):
        assert words in text("<section" + place(page.text, brand))
    assert page.text.index("Çınar</a>") < page.text.index("Işık</a>") < page.text.index("Zambak</a>")


@pytest.mark.parametrize(
    ("q", "found"), [("ISIK", ["Işık"]), ("cinarmkt", ["Çınar"]), ("mağaza", ["Çınar", "Zambak"]), ("yok", [])]
)
def test_the_directory_is_searched_in_turkish(here: Town, q: str, found: list[str]) -> None:
    page = here.sign_in(AYSE).get(f"/markalar?q={q}")
    assert [title for title in ("Çınar", "Işık", "Zambak") if f"{title}</a>" in page.text] == found
    assert f'value="{q}"' in page.text


def test_the_directory_comes_in_pages_that_keep_the_search(here: Town) -> None:
    many(here, AYSE, 120)
    visitor = here.sign_in(AYSE)
    page = visitor.get("/markalar?q=%C3%B6rnek&page=2").text
    assert "Sayfa 2 / 3" in page
    assert 'href="?q=%C3%B6rnek&amp;page=3"' in page
    assert page.count('<section class="listed"') == 50


def test_the_list_keeps_its_filter_from_page_to_page(here: Town) -> None:
    many(here, AYSE, 120)
    page = here.sign_in(AYSE).get("/izinler?channel=MESAJ&q=marka&page=2").text
    assert 'href="?channel=MESAJ&amp;q=marka&amp;page=1"' in page
    assert 'href="/izinler/reddet?scope=filter&amp;q=marka&amp;channel=MESAJ"' in page
    assert '<option value="MESAJ" selected>' in page
    assert "120 marka bulundu." in text(page)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 3900,  # of 4,000 bytes that a query may have
        "page=-1",
        "page=" + "9" * 50,
        "status=X&identity=Y",
        "q=%25",
        "q=%EE%80%82%EE%80%80title%EE%80%81",
    ],
)
def test_no_filter_breaks_the_list(here: Town, query: str) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    for path in ("/izinler", "/markalar", "/izinler/reddet"):
        assert visitor.get(f"{path}?{query}").status_code == 200


TITLE = '<b>%s & "Kaya" %(n)s 100%</b>'


def drawn(page: str, *titles: str) -> None:
    """Each title is on the page, as text and not as markup."""
    assert "<b>" not in page
    for title in titles:
        assert title in text(page)


def test_no_title_becomes_markup_or_a_hole(here: Town, clock: Clock) -> None:
    """Of companies, brands and dealers, wherever one is shown."""
    company, brand, dealer = (TITLE.replace("Kaya", name) for name in ("Şirket", "Marka", "Bayi"))

    def furnish(transaction: Transaction) -> int:
        companies.add_provider(transaction, 600300, company)
        companies.add_brand(transaction, 600300, 600399, brand)
        companies.add_dealer(transaction, 600399, dealer, "7")
        known = companies.known_brand(transaction, 600399)
        assert known
        return companies.dealers(transaction, known.id)["7"]

    bayi = here.registry.store.write_now(furnish)
    here.told(AYSE, 600399, dealer=bayi)
    here.told(AYSE, 600399, "ARAMA")
    visitor = here.sign_in(AYSE)
    drawn(visitor.get("/izinler").text, brand)
    drawn(visitor.get("/izinler/600399").text, brand, company, dealer)
    drawn(visitor.get("/markalar").text, brand)
    drawn(visitor.get("/izinler/kayit").text, brand, company, dealer)
    drawn(visitor.get("/izinler/reddet").text, brand)
    drawn(visitor.get("/izinler/reddet?scope=provider&code=600300").text, brand, company)
    drawn(visitor.get("/izinler/reddet?scope=brand&code=600399").text, brand)
    drawn(visitor.press("/izinler/600399/MESAJ/BIREYSEL", status="RET").text, brand)
    undone = visitor.post("/izinler/600399/ARAMA/BIREYSEL", status="RET")
    drawn(visitor.follow(undone).text, brand, company)
    clock.forward(days=2)
    here.told(AYSE, 600399, ago=1, dealer=bayi)
    asked = here.sign_in(AYSE)
    assert listed(asked.get("/izinler").text)[600399] == "waiting"
    drawn(asked.get("/izinler/600399").text, brand, company, dealer)
    for path in ("/izinler", "/markalar"):
        drawn(asked.get(path).text, brand)


def test_the_list_says_when_one_was_here_and_what_one_did_last(here: Town) -> None:
    visitor = here.sign_in(AYSE, last=here.now - 2 * DAY)
    page = text(visitor.get("/izinler").text)
    assert "Önceki girişiniz: 22 Kasım 2026 Pazar, 12:00" in page
    assert "Buradan henüz bir değişiklik yapmadınız." in page
    visitor.press(ROW, status="RET")
    assert "Son değişikliğiniz: 24 Kasım 2026 Salı, 12:00" in text(visitor.get("/izinler").text)
    assert "İlk kez giriş yaptınız." in text(here.sign_in(MAIL).get("/izinler").text)


def test_a_session_of_several_names_the_one_and_offers_the_others(here: Town) -> None:
    page = here.sign_in(AYSE, MAIL).get("/izinler").text
    assert '<button class="btn quiet" type="submit" name="a" value="1">Göster: +90 532 ••• •• 01</button>' in page
    assert 'action="/giris/numara"' in page
    assert "a•••@e•••.com" in page
    assert "/giris/numara" not in here.sign_in(AYSE).get("/izinler").text


def test_only_what_is_taken_along_shows_the_whole_address(here: Town, clock: Clock) -> None:
    shown = brand_page(here, clock)
    for path in (
        "/izinler",
        "/markalar",
        "/belgelerim",
        f"/izinler/{CINAR}",
        "/izinler/kayit.json",
        "/izinler/reddet",
    ):
        page = shown.visitor.get(path).text
        assert AYSE.removeprefix("+90") not in page.replace(" ", "")


def test_the_record_holds_what_stands_and_all_that_happened(here: Town, clock: Clock) -> None:
    shown = brand_page(here, clock)
    answer = shown.visitor.get("/izinler/kayit.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="izin.json"'
    assert answer.headers["cache-control"] == "no-store"
    record = json.loads(answer.text)
    assert (record["address"], record["made_at"]) == ("+90 532 ••• •• 01", "2026-11-24T12:05:00+03:00")
    (brand,) = record["brands"]
    assert (brand["code"], brand["title"], brand["company_code"]) == (CINAR, "Çınar", 600100)
    assert {(line["channel"], line["status"], line["source"]) for line in brand["consents"]} == {
        ("ARAMA", "RET", "IYS_WEB"),
        ("MESAJ", "RET", "IYS_WEB"),
    }
    assert [(said["by"], said["channel"], said["status"]) for said in brand["history"]] == [
        ("citizen", "ARAMA", "RET"),
        ("citizen", "MESAJ", "RET"),
        ("provider", "ARAMA", "ONAY"),
        ("provider", "MESAJ", "ONAY"),
    ]
    assert brand["history"][2]["dealer"] == "Örnek Bayi"
    names = [said["transaction_id"] for said in brand["history"]]
    assert [here.registry.keyring.event(name) for name in names] == [4, 3, 2, 1]
    page = text(shown.visitor.get("/izinler/kayit").text)
    assert "Telefonla arama, Bireysel (kendim için): Reddettiniz , 24 Kasım 2026" in page
    assert "Siz, bu sitede reddettiniz: SMS." in page


def test_an_empty_record_is_a_record(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    assert json.loads(visitor.get("/izinler/kayit.json").text)["brands"] == []
    assert "kayıtlı izniniz veya reddiniz yok" in text(visitor.get("/izinler/kayit").text)


def test_who_comes_back_after_an_erasure_reads_that_it_refused_all(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    store, keyring = here.registry.store, here.registry.keyring
    who = register.person(keyring, AYSE)

    number = here.person(AYSE)
    store.write_now(lambda transaction: ledger.end_all(transaction, here.registry.policy, number, anew=True))
    store.write_now(register.erase, keyring, who)
    clock.forward(minutes=5)
    visitor = here.sign_in(AYSE)
    store.write_now(register.acting, keyring, who)
    assert listed(visitor.get("/izinler").text) == {CINAR: "refused"}
    assert rows(visitor.get(f"/izinler/{CINAR}").text)[f"{CINAR}-MESAJ-BIREYSEL"] == "RET"
    assert "Silinmesini istediğiniz için reddedildi: SMS" in text(visitor.get(f"/izinler/{CINAR}").text)
    assert "Refused because you asked to be erased: SMS" in text(visitor.get(f"/izinler/{CINAR}?lang=en").text)


def test_a_new_holder_is_asked_when_records_are_older_than_he(here: Town) -> None:
    here.told(AYSE, CINAR, ago=181)
    asked = "Numaranız yeni mi?"
    assert asked in text(here.sign_in(AYSE).get("/izinler").text)
    assert asked in text(here.sign_in(AYSE, last=here.now - 200 * DAY).get("/izinler").text)
    assert asked not in text(here.sign_in(AYSE, last=here.now - DAY).get("/izinler").text)
    here.told(MAIL, CINAR, "EPOSTA", ago=900)
    assert asked not in text(here.sign_in(MAIL).get("/izinler").text), "nobody gets another one's e-mail"


def test_young_records_ask_nobody(here: Town) -> None:
    here.told(AYSE, CINAR, ago=179)
    assert "Numaranız yeni mi?" not in text(here.sign_in(AYSE).get("/izinler").text)


def test_a_new_holder_refuses_all_and_sees_nothing_of_before(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, ago=900, source="HS_ISLAK_IMZA")
    here.told(AYSE, ISIK, status="RET", ago=800)
    former = here.sign_in(AYSE)
    former.press(f"/izinler/{CINAR_MINI}/MESAJ/BIREYSEL", status="RET")
    clock.forward(days=200)
    visitor = here.sign_in(AYSE)
    answer = visitor.post("/izinler/yeni-numara", new="1")
    page = text(visitor.follow(answer).text)
    assert "Reddettiniz Çınar SMS'leri" in page
    assert "Numaranız yeni mi?" not in page
    assert listed(visitor.get("/izinler").text) == {CINAR: "refused"}
    for brand in (CINAR, ISIK, CINAR_MINI):
        shown = text(visitor.get(f"/izinler/{brand}").text)
        assert "imzaladığınız" not in shown
        assert "2024" not in re.sub(r"\b\d{4} \d{4} \d{4}\b", "", shown)  # but perhaps in the number of a record
    assert rows(visitor.get(f"/izinler/{ISIK}").text)[f"{ISIK}-MESAJ-BIREYSEL"] == "RET", "it stays refused"
    record = json.loads(visitor.get("/izinler/kayit.json").text)
    assert [brand["title"] for brand in record["brands"]] == ["Çınar"]
    assert [said["by"] for said in record["brands"][0]["history"]] == ["citizen"]


def test_who_had_the_number_all_along_is_not_asked_again(here: Town) -> None:
    here.told(AYSE, CINAR, ago=900)
    visitor = here.sign_in(AYSE)
    before = acts(here)
    assert visitor.post("/izinler/yeni-numara", new="0").headers["location"].partition("?")[0] == "/izinler"
    assert acts(here) == before
    page = text(visitor.get("/izinler").text)
    assert "Numaranız yeni mi?" not in page
    assert stands(here, AYSE, CINAR).status == ONAY


def test_the_explanation_counts_what_a_yes_would_refuse(here: Town) -> None:
    here.told(AYSE, CINAR, ago=900)
    assert "1 markanın hepsini reddederiz." in text(here.sign_in(AYSE).get("/izinler/yeni-numara").text)
    assert "Size ulaşabilen marka zaten yok." in text(here.sign_in(MAIL).get("/izinler/yeni-numara").text)


def shown_brands(visitor: Visitor) -> dict[int, str]:
    return listed(visitor.get("/izinler").text)


def test_the_question_about_a_new_number_has_a_second_step_and_its_undo_brings_all_back(
    here: Town, clock: Clock
) -> None:
    here.told(AYSE, CINAR, ago=900)
    here.told(AYSE, ISIK, status="RET", ago=800)
    here.told(AYSE, CINAR_MINI, ago=700)
    earlier = here.sign_in(AYSE).post(f"/izinler/{ISIK}/ARAMA/BIREYSEL", status="RET").headers["location"]
    clock.forward(days=200)
    visitor = here.sign_in(AYSE)
    clock.forward(minutes=2)
    number = visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET").headers["location"].rpartition("=")[2]
    receipt = f"/makbuz/{record_numbers.of_act(here.registry.keyring, int(number))}"
    store, keyring = here.registry.store, here.registry.keyring
    store.write_now(alert_store.start, keyring, here.person(AYSE), MAIL, "tr")
    page = visitor.get("/izinler").text
    form = page[page.index('<form class="new"') :].partition("</form>")[0]
    assert 'value="1"' not in form, "no yes in one tap"
    assert 'href="/izinler/yeni-numara"' in form
    step = text(visitor.get("/izinler/yeni-numara").text)
    assert "1 markanın hepsini reddederiz." in step
    assert "24 saat içinde tek düğmeyle geri alabilirsiniz" in step
    before = shown_brands(visitor)
    clock.forward(seconds=2)
    notice = visitor.follow(visitor.post("/izinler/yeni-numara", new="1")).text
    assert shown_brands(visitor) == {CINAR: "refused", CINAR_MINI: "refused"}
    assert store.read_now(alert_store.find, here.person(AYSE)) is None
    for session in (visitor, here.sign_in(AYSE)):
        assert session.get(f"{receipt}.pdf").status_code == 200, "done since the number was proved"
        old = record_numbers.of_act(here.registry.keyring, int(earlier.rpartition("=")[2]))
        assert "Çınar" not in session.get(f"/makbuz/{old}").text, "the last holder's"
        assert session.get(f"/makbuz/{old}.pdf").status_code == 404
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', notice)
    assert undo
    visitor.post(html.unescape(undo[1]))
    assert shown_brands(visitor) == before
    again = store.read_now(alert_store.find, here.person(AYSE))
    assert again is not None
    assert keyring.unseal(again.target) == MAIL


def test_an_undone_answer_leaves_hidden_what_an_earlier_one_hid(here: Town, clock: Clock) -> None:
    here.told(AYSE, ISIK, status="RET", ago=800)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    clock.forward(days=2)
    here.told(AYSE, CINAR, ago=0.5)
    visitor = here.sign_in(AYSE)
    before = shown_brands(visitor)
    assert before == {CINAR: "open"}
    answer = visitor.post("/izinler/yeni-numara", new="1")
    (act,) = re.findall("[?&]act=([0-9]+)", answer.headers["location"])
    visitor.post(f"/izinler/geri-al/{act}")
    assert shown_brands(visitor) == before
