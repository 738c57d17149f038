"""Hâlâ geliyor mu? From the day after the last day; the text has what the office asks for, and nothing stays."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text as sql

from citizen.receipts import complaint_store
from citizen.signin import entry
from consents import ledger
from consents.history import Deed
from consents.instants import day_of
from consents.ledger import Claim
from consents.rules import RET
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door, Source
from evidence import history_rows
from tests.citizen.consents.test_choices import ROW
from tests.citizen.consents.town import AYSE, CINAR, DAY, ISIK, MEHMET, Town, Visitor, text
from tests.conftest import Clock
from tests.web.client import refused_for
from trust import record_numbers

PATH = f"/izinler/sikayet/{CINAR}"
SMS = "Sepette %50 indirim! CINARMKT magazalarinda. RET yaz 3838'e gonder. B001"


def later(here: Town, clock: Clock, days: float = 10) -> Visitor:
    """Ayşe, some days after she has refused Çınar's SMS."""
    here.told(AYSE, CINAR)
    here.sign_in(AYSE).press(ROW, status="RET")
    clock.forward(days=days)
    return here.sign_in(AYSE)


def today(here: Town) -> str:
    return day_of(here.now).isoformat()


def written(visitor: Visitor, **form: str) -> httpx2.Response:
    """The complaint that the form leads to."""
    return visitor.follow(visitor.post(PATH, **form))


def letter(markup: str) -> str:
    found = re.search(r'<pre class="letter"[^>]*>(.*?)</pre>', markup, re.DOTALL)
    assert found
    return html.unescape(found[1])


def test_the_brands_page_offers_it_from_the_day_after_the_last_day(here: Town, clock: Clock) -> None:
    """Refused on Tuesday 24 November 2026: Friday is the last day."""
    visitor = later(here, clock, 0)
    offered = []
    for _ in range(6):
        offered.append("Hâlâ geliyor mu?" in here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
        clock.forward(days=1)
    assert offered == [False, False, False, False, True, True]
    assert "Hâlâ geliyor mu?" not in visitor.get("/izinler").text


def test_what_was_pasted_names_the_sender_and_the_text_has_it_all(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    asked = visitor.get(f"{PATH}?channel=MESAJ&identity=BIREYSEL")
    assert asked.status_code == 200
    page = written(visitor, line="MESAJ-BIREYSEL", text=SMS, day=today(here), time="14:05")
    assert page.status_code == 200
    made = letter(page.text)
    number = record_numbers.spaced(record_numbers.of_act(here.registry.keyring, 2))
    for part in (
        "T.C. Ticaret Bakanlığı",
        "Çınar Mağazacılık A.Ş. (İYS no: 600100, MERSİS: 0123456789012345)",
        "Geldiği numara: +905320000001",
        "Gönderen: CINARMKT",
        "saat 14:05",
        SMS,
        f"Kayıt no: {number}",
        "son gün: 27 Kasım 2026 Cuma",
        "Yolu: Bu sitede",
        "Şirketin daha önce bildirdiği izin: Şirkete göre: web sitesinde",
        "/dogrula",
    ):
        assert part in made, part
    assert '<a href="https://tiss.ticaret.gov.tr" rel="external">' in page.text
    assert re.search(r'<button[^>]*data-copy="letter"[^>]* hidden>Kopyala</button>', page.text), (
        "works with script alone"
    )
    assert "<textarea" not in page.text, "the letter is shown whole"
    saved = visitor.post(PATH, line="MESAJ-BIREYSEL", text=SMS, day=today(here), time="14:05", download="1")
    assert saved.text == made
    assert saved.headers["content-disposition"] == f'attachment; filename="sikayet-{CINAR}.txt"'


def test_nothing_of_it_is_stored(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    before = here.registry.store.read_now(history_rows.last_act)
    written(visitor, text=SMS, day=today(here))
    assert here.registry.store.read_now(history_rows.last_act) == before


def test_another_brands_name_in_the_text_is_pointed_out(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    page = written(visitor, text="Yeni sezon ZAMBAK magazalarinda", day=today(here))
    assert "başka bir markanın adı geçiyor: Zambak" in text(page.text)
    assert "Gönderen: …" in letter(page.text)


@pytest.mark.parametrize(
    ("day", "why"),
    [("", "günü yazın"), ("2031-01-01", "henüz gelmedi"), ("2026-11-27", "Son gün: 27 Kasım 2026 Cuma"), ("x", "günü")],
)
def test_a_day_that_cannot_be_is_asked_for_again_with_all_that_was_written(
    here: Town, clock: Clock, day: str, why: str
) -> None:
    page = later(here, clock).post(PATH, text=SMS, day=day, sender="BEN")
    assert page.status_code == 422
    assert why in text(page.text)
    assert SMS in html.unescape(page.text)
    assert 'value="BEN"' in page.text


def test_days_as_people_write_them_are_read(here: Town, clock: Clock) -> None:
    page = later(here, clock).post(PATH, day="30.11.2026", sender="BEN", time="9")
    assert "Saati 14:05 gibi yazın" in text(page.text)
    assert "30 Kasım 2026 Pazartesi" in letter(written(here.sign_in(AYSE), day="30.11.2026").text)


@pytest.mark.parametrize("brand", [ISIK, 999])
def test_a_brand_that_may_send_by_every_way_has_none(here: Town, clock: Clock, brand: int) -> None:
    visitor = later(here, clock)
    for channel in ("MESAJ", "ARAMA"):
        here.told(AYSE, ISIK, channel, ago=1)
    assert visitor.get(f"/izinler/sikayet/{brand}").status_code == 404
    assert visitor.post(f"/izinler/sikayet/{brand}", day=today(here)).status_code == 404


def test_a_stranger_has_none_of_a_refusal(here: Town, clock: Clock) -> None:
    later(here, clock)
    page = written(here.sign_in(MEHMET), line="MESAJ-BIREYSEL", day=today(here), sender="CINAR")
    assert "bu türde ileti gönderme izni kayıtlı değildir" in letter(page.text)
    for of_ayse in ("REDDİM", "Kayıt no", "Yolu"):
        assert of_ayse not in letter(page.text)
    assert here.client.get(PATH).headers["location"] == "/giris"


# -- a message without a consent ---------------------------------------------------------------------------------------


def complained(visitor: Visitor, here: Town, line: str = "MESAJ-BIREYSEL") -> str:
    page = written(visitor, line=line, day=today(here), sender="CINARMKT")
    assert page.status_code == 200, page.text
    assert f'name="line" value="{line}"' in page.text
    return letter(page.text)


def test_a_brand_without_a_consent_has_a_letter_and_is_counted(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    (link,) = re.findall(r'href="(/izinler/sikayet/[^"]*)"', visitor.get(f"/izinler/{CINAR}").text)
    asked = visitor.get(html.unescape(link))
    assert "İzinsiz mi geldi?" in text(asked.text)
    assert re.findall(r'name="line" value="([^"]*)"', asked.text) == ["ARAMA-BIREYSEL", "MESAJ-BIREYSEL"]
    made = complained(visitor, here)
    assert "Konu: İznim olmadan gönderilen ticari elektronik ileti" in made
    assert "sisteminde bu numara için bu markanın bu türde ileti gönderme izni kayıtlı değildir." in made
    for refused in ("REDDİM", "Reddettiğim", "son gün", "akbuz", "None"):
        assert refused not in made
    assert "Şikâyetiniz sayıldı" in text(count(visitor, here))
    assert len(kept(here)) == 1


def test_a_way_without_a_consent_stands_beside_the_refused_one(here: Town, clock: Clock) -> None:
    """A call where SMS alone were refused: without a consent nobody may call either."""
    visitor = later(here, clock)
    asked = visitor.get(PATH).text
    assert re.findall(r'name="line" value="([^"]*)"', asked) == ["MESAJ-BIREYSEL", "ARAMA-BIREYSEL"]
    assert "Hâlâ geliyor mu?" in text(asked)
    assert "bu türde ileti gönderme izni kayıtlı değildir" in complained(visitor, here, "ARAMA-BIREYSEL")


def test_a_business_complains_against_its_refusal_alone(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    assert "TACIR" not in visitor.get(PATH).text, "merchants may be written to without a consent"
    visitor.post("/izinler/bundan-sonrasi", way="MESAJ-TACIR")
    assert "TACIR" not in visitor.get(PATH).text, "the company has its days to stop"
    clock.forward(days=10)
    made = complained(here.sign_in(AYSE), here, "MESAJ-TACIR")
    assert "Konu: Reddettiğim hâlde" in made
    assert "son gün: 27 Kasım 2026 Cuma" in made
    assert "(tacir/esnaf)" in made


def test_a_refusal_by_the_companys_word_is_named_as_that(here: Town) -> None:
    here.told(AYSE, CINAR, status="RET", source="HS_ISLAK_IMZA")
    made = complained(here.sign_in(AYSE), here)
    assert "izni reddedilmiş olarak kayıtlıdır" in made
    assert "izin vermedim" not in made


def test_a_declaration_that_waits_is_named_as_later_than_the_refusal(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    here.told(AYSE, CINAR, ago=1)
    made = complained(visitor, here)
    assert "REDDİM" in made
    assert "Şirketin reddimden sonra bildirdiği, kabul etmediğim izin: Şirkete göre" in made


def test_a_refusal_hidden_from_a_new_holder_keeps_its_day(here: Town, clock: Clock) -> None:
    later(here, clock)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    made = complained(visitor, here)
    assert "reddedilmiş olarak kayıtlıdır" in made
    assert "24 Kasım" not in made
    assert "Kayıt no" not in made


def test_what_is_written_is_shown_as_text(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    page = written(visitor, text="</pre><script>alert(1)</script>", sender="<b>", day=today(here))
    assert "<script>alert" not in page.text
    assert "</pre><script>" in letter(page.text)


def test_an_operator_elsewhere_names_another_office(here: Town) -> None:
    from settings import load

    chosen = load({"COMPLAINT_OFFICE": "Başka Kurum", "COMPLAINT_URL": "https://kurum.example"})
    assert (chosen.complaint_office, chosen.complaint_url) == ("Başka Kurum", "https://kurum.example")


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("IYS_MOBIL", "İYS uygulamasında"),
        ("IYS_WEB", "İYS üzerinden"),
        ("IYS_FRAME_SMS", "Şirketin sayfasındaki formda"),
    ],
)
def test_a_refusal_from_the_national_registry_has_a_letter_without_a_receipt(
    here: Town, clock: Clock, source: str, way: str
) -> None:
    here.told(AYSE, CINAR, ago=40)
    at = (here.now - 20 * DAY) // 1_000_000 * 1_000_000
    claim = Claim(here.person(AYSE), here.brand(CINAR), 1, 0, RET, Source(source).code, at)
    relayed = Deed(Actor.REGISTRY, Door.SYNC)
    here.registry.store.write_now(ledger.relay, here.registry.policy, claim.brand, [claim], relayed)
    visitor = here.sign_in(AYSE)
    links = re.findall(r'href="(/izinler/sikayet/[^"]*)"', visitor.get(f"/izinler/{CINAR}").text)
    assert links
    asked = visitor.get(html.unescape(links[0]))
    assert asked.status_code == 200
    page = written(visitor, day=today(here), sender="CINAR")
    made = letter(page.text)
    assert f"Yolu: {way}\n" in made
    assert "Kayıt: İYS kaydı, 4 Kasım 2026" in made
    assert "İYS) kayıtlıdır" in made
    for absent in ("Kayıt no", "akbuz", "/dogrula"):
        assert absent not in made
    assert "/makbuz/" not in page.text
    assert "Mesajın ekran görüntüsünü ekleyin." in text(page.text)


# -- a complaint that is counted ---------------------------------------------------------------------------------------

LIST = "/izinler/sikayetler"


def count(visitor: Visitor, here: Town, **more: str) -> str:
    """Counts a complaint about Çınar's SMS, and opens the list."""
    answer = visitor.post(f"{PATH}/sayim", **{"line": "MESAJ-BIREYSEL", "day": today(here), **more})
    return visitor.follow(answer).text


def kept(here: Town) -> list[tuple[object, ...]]:
    query = Statement(sql("SELECT recipient, brand, sender, channel, text FROM complaint ORDER BY id"))
    return here.registry.store.read_now(Snapshot.all, query)


def numbers(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="number" value="([0-9]{12})"', page)))


def test_a_counted_complaint_has_a_number_a_receipt_and_no_text_without_the_tick(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    assert "Şikâyetimi say" in written(visitor, line="MESAJ-BIREYSEL", text=SMS, day=today(here)).text
    assert kept(here) == []
    page = count(visitor, here, text=SMS)
    (number,) = numbers(page)
    assert "Şikâyetiniz sayıldı" in text(page)
    assert record_numbers.spaced(number) in page
    assert record_numbers.read_complaint(here.registry.keyring, number) == 1
    assert record_numbers.read(here.registry.keyring, number) is None, "it names no act"
    receipt = record_numbers.of_act(here.registry.keyring, 2)
    assert f"/makbuz/{receipt}" in page
    ((recipient, brand, sender, channel, sealed),) = kept(here)
    assert (recipient, brand, sender, channel, sealed) == (here.person(AYSE), here.brand(CINAR), None, 1, None)


def test_the_tick_keeps_the_text_for_the_citizen_alone(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    assert SMS in html.unescape(count(visitor, here, text=SMS, keep="1"))
    ((*_, sealed),) = kept(here)
    assert SMS.encode() not in bytes(sealed)  # type: ignore[call-overload]
    assert SMS not in html.unescape(here.sign_in(MEHMET).get(LIST).text)


def test_each_person_brand_channel_and_day_counts_once(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    count(visitor, here)
    count(visitor, here, time="10:00")
    assert len(kept(here)) == 1
    clock.forward(days=1)
    count(here.sign_in(AYSE), here)
    assert len(kept(here)) == 2


def test_what_came_in_time_or_later_than_today_does_not_count(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    for day, why in (
        ("2026-11-27", "Son gün: 27 Kasım 2026 Cuma."),
        ("2027-01-01", "Bu gün henüz gelmedi."),
        ("x", "Mesajın geldiği günü yazın."),
    ):
        refused_for(visitor.post(f"{PATH}/sayim", line="MESAJ-BIREYSEL", day=day), 422, why)
    refused_for(here.sign_in(MEHMET).post("/izinler/sikayet/999/sayim", day=today(here)), 404, "Bu sayfa yok")
    assert kept(here) == []


def test_the_states_are_the_citizens_own_word(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    page = count(visitor, here)
    (number,) = numbers(page)
    assert "Sayıldı, henüz göndermediniz." in text(page)
    stranger = here.sign_in(MEHMET)
    for wish in ("gonderdim", "yanit", "sil"):
        assert stranger.post(LIST, do=wish, number=number).status_code == 303
    assert "Sayıldı, henüz göndermediniz." in text(visitor.get(LIST).text)
    assert "Gönderdiniz: 4 Aralık 2026" in text(visitor.follow(visitor.post(LIST, do="gonderdim", number=number)).text)
    clock.forward(days=3)
    visitor = here.sign_in(AYSE)
    assert "Yanıt geldi: 7 Aralık 2026" in text(visitor.follow(visitor.post(LIST, do="yanit", number=number)).text)
    assert numbers(visitor.follow(visitor.post(LIST, do="sil", number=number)).text) == []
    assert kept(here) == []
    refused_for(visitor.post(LIST, do="x", number=number), 422, "Yazdığınızı okuyamadık")
    refused_for(visitor.post(LIST, do="sil", number="1"), 422, "Yazdığınızı okuyamadık")


def test_a_person_counts_twenty_a_day(here: Town, clock: Clock) -> None:
    visitor = later(here, clock, 40)
    for back in range(complaint_store.A_DAY):
        count(visitor, here, day=(day_of(here.now) - timedelta(days=back)).isoformat())
    page = count(visitor, here, day=(day_of(here.now) - timedelta(days=30)).isoformat())
    assert "Bu şikâyet sayılmadı" in text(page)
    assert len(kept(here)) == complaint_store.A_DAY


def test_an_erased_persons_complaint_stays_counted_without_them(here: Town, clock: Clock) -> None:
    count(later(here, clock), here, text=SMS, keep="1")
    here.registry.store.write_now(entry.forget, here.registry.keyring, AYSE)
    assert kept(here) == [(None, here.brand(CINAR), None, 1, None)]
    assert numbers(here.sign_in(AYSE).get(LIST).text) == []


def test_a_new_holder_sees_no_complaint_from_before(here: Town, clock: Clock) -> None:
    visitor = later(here, clock)
    count(visitor, here)
    clock.forward(days=1)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    assert numbers(visitor.get(LIST).text) == []


@pytest.mark.parametrize(
    ("message", "sender"),
    [
        ("CINARMKT: indirim! RET CINAR yazip 3838e gonderin", "CINARMKT"),
        ("CINAR: indirim! RET CINAR yazip 3838e gonderin", "CINAR"),
        ("Indirim! RET CINAR yazip 3838e gonderin", "……………………………………"),
    ],
)
def test_the_sender_is_not_read_from_what_the_message_asks_to_write(
    here: Town, clock: Clock, message: str, sender: str
) -> None:
    visitor = later(here, clock)
    page = text(written(visitor, line="MESAJ-BIREYSEL", day=today(here), text=message).text)
    assert f"Gönderen: {sender}" in page
