"""Bu mesajı kim gönderdi? Everybody learns the brand that a message names, a signed-in citizen also what stands."""

from __future__ import annotations

import html
import json
import re
from random import Random
from urllib.parse import unquote

import httpx2
import pytest
from sqlalchemy import text as sql

from citizen.receipts import sender
from consents.brands import companies
from consents.instants import day_of
from consents.store import Snapshot, Statement, Transaction
from optout.sms import sms_brands
from tests.citizen.consents.town import AYSE, CINAR, MEHMET, Town, Visitor
from tests.conftest import Clock
from tests.web.client import refused_for

PATH = "/gonderen"
SMS = "Sepette %50 indirim! CINARMKT magazalarinda. RET yaz 3838'e gonder. B001"
UNKNOWN = "Tanidiginiz bir sirketten: bedava tatil! B001"


def asked(visitor: Visitor, **form: str) -> httpx2.Response:
    """What the answer to a message leads to."""
    return visitor.follow(visitor.post(PATH, **form))


def seen(markup: str) -> str:
    main = markup[markup.index("<main") :]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", main)))


def test_who_is_not_signed_in_learns_the_brand_and_nothing_of_anybody(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = Visitor(here.client, "")
    assert "Bu mesajı kim gönderdi?" in visitor.get(PATH).text
    answer = asked(visitor, text=SMS)
    assert answer.status_code == 200
    shown = seen(answer.text)
    assert "Mesajda adı geçen marka: Çınar" in shown
    assert "Çınar Mağazacılık A.Ş." in shown
    assert f'href="/izinler/{CINAR}"' in answer.text
    for word in ("beri", "Reddettiniz", "kaydı yok", "Kararınızı"):
        assert word not in shown


@pytest.mark.parametrize(
    ("status", "shown"), [("ONAY", "Size reklam gönderebilir, şu günden beri"), (None, "İzin kaydı yok.")]
)
def test_a_signed_in_citizen_sees_what_stands(here: Town, status: str | None, shown: str) -> None:
    if status:
        here.told(AYSE, CINAR, status=status)
    here.told(MEHMET, CINAR)
    page = seen(asked(here.sign_in(AYSE), text=SMS).text)
    assert shown in page


def test_who_is_closed_to_new_brands_reads_so_instead_of_being_asked_to_refuse(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/bundan-sonrasi", way=["MESAJ-BIREYSEL"])
    assert "Şimdiden reddedin" in seen(asked(visitor, text=SMS).text), "calls are open"
    visitor.post("/izinler/bundan-sonrasi", way=["ARAMA-BIREYSEL", "ARAMA-TACIR", "MESAJ-TACIR"])
    page = seen(asked(visitor, text=SMS).text)
    assert "İzin kaydı yok. Kapalı: yeni markalara kapalısınız" in page
    assert "Şimdiden reddedin" not in page


def test_the_button_refuses_every_open_channel_of_the_brand(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, channel="ARAMA")
    visitor = here.sign_in(AYSE)
    form = asked(visitor, sender="CINARMKT").text
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[form.index("/izinler/reddet") :])
    )
    visitor.post("/izinler/reddet", **{name: fields[name] for name in ("n", "scope", "code")})
    page = seen(asked(visitor, text=SMS).text)
    assert "Reddettiniz" in page
    assert "Telefonla arama, SMS" in page
    assert "Yine de geldiyse şikâyet edin" in page


def test_a_new_holder_reads_no_day_from_before_their_time(here: Town) -> None:
    here.told(AYSE, CINAR, ago=900, status="RET", source="HS_ISLAK_IMZA")
    visitor = here.sign_in(AYSE)
    assert "Reddedildi: " in seen(asked(visitor, text=SMS).text), "by the company's word, not the citizen's"
    visitor.post("/izinler/yeni-numara", new="1")
    page = seen(asked(visitor, text=SMS).text)
    assert "Reddedildi" in page
    assert not re.search(r"20[0-9]{2}", page)


def test_the_name_beside_the_message_is_read_too(here: Town) -> None:
    message = "Sepette %50 indirim! B001"
    assert "Mesajda adı geçen marka: Çınar" in seen(
        asked(Visitor(here.client, ""), sender="CINARMKT", text=message).text
    )


def test_an_unknown_sender_leads_to_a_complaint(here: Town) -> None:
    visitor = Visitor(here.client, "")
    answer = asked(visitor, text=UNKNOWN, sender="BEDAVATTL")
    assert "Bu mesajda tanıdığımız bir marka adı yok" in seen(answer.text)
    letter = re.search(r'<pre class="letter"[^>]*>(.*?)</pre>', answer.text, re.DOTALL)
    assert letter
    written = html.unescape(letter[1])
    assert "T.C. Ticaret Bakanlığı" in written
    assert "Gönderen: BEDAVATTL" in written
    assert UNKNOWN in written
    assert 'href="https://tiss.ticaret.gov.tr"' in answer.text
    saved = visitor.post(PATH, text=UNKNOWN, sender="BEDAVATTL", download="1")
    assert saved.text == written


def test_what_was_typed_stands_in_no_address_in_the_clear_and_leads_there_for_an_hour(here: Town, clock: Clock) -> None:
    visitor = Visitor(here.client, "")
    at = visitor.post(PATH, text=SMS).headers["location"]
    assert "CINAR" not in unquote(at)
    assert "Mesajda adı geçen marka: Çınar" in seen(visitor.get(at).text)
    assert "Mesajın metni" in seen(visitor.get(at[:-1] + ("A" if at[-1] != "A" else "B")).text)
    clock.forward(hours=1, seconds=1)
    assert "Çınar" not in seen(visitor.get(at).text)


@pytest.mark.parametrize("letters", ["ığüşöç ", "".join(map(chr, range(0x1F300, 0x1F5FF)))])
def test_a_message_of_any_letters_has_its_answer(here: Town, letters: str) -> None:
    """Of one without any pattern the end is cut, because an address takes so much."""
    chosen = Random(1)
    message = "BEDAVATTL " + "".join(chosen.choice(letters) for _ in range(1900))
    shown = html.unescape(asked(Visitor(here.client, ""), text=message, sender="x" * 100).text)
    assert message[:350] in shown


def test_nothing_typed_is_asked_for_again(here: Town) -> None:
    answer = Visitor(here.client, "").post(PATH, text="  ", sender="")
    assert answer.status_code == 422
    assert "Mesajı ya da gönderenin adını yazın." in seen(answer.text)


def test_a_message_shared_from_another_app_is_read(here: Town) -> None:
    target = json.loads(Visitor(here.client, "").get("/manifest.webmanifest").text)["share_target"]
    assert (target["action"], target["method"]) == (PATH, "POST")
    shared = dict.fromkeys(target["params"].values(), "") | {target["params"]["text"]: SMS}
    assert "Mesajda adı geçen marka: Çınar" in seen(asked(Visitor(here.client, ""), **shared).text)


@pytest.mark.parametrize(
    ("written", "heading"),
    [
        ("cinarmkt", "Bu adı kullanan marka: Çınar"),
        ("ZAMBAK", "Bu adı kullanan marka: Zambak"),
        ("Işık El", "Bu adı kullanan marka: Işık"),
        ("600202", "Bu numara şu markanın: Işık"),
        ("0123456789012345", "Yazdığınıza uyan 2 marka var"),
        ("0850 222 00 01", "Bu numara burada kayıtlı bir markanın değil"),
        ("BEDAVATTL", "Bu adla burada kayıtlı bir marka yok"),
    ],
)
@pytest.mark.parametrize("box", ["text", "sender"])
def test_the_answer_is_about_what_was_typed(here: Town, written: str, heading: str, box: str) -> None:
    """Whichever box a name or number was typed into: it is called no message."""
    shown = seen(asked(Visitor(here.client, ""), **{box: written}).text)
    assert heading in shown
    answered = shown.partition("Başka bir gönderen")[0].partition("Şikâyet metni")[0]
    assert "mesajda" not in answered.lower()
    number, found = written[0].isdigit(), "kayıtlı" not in heading
    assert ("Numara taklit edilebilir" in shown) is (number and found)
    assert ("Adı herkes yazabilir" in shown) is (found and not number)
    assert ("adını yazıp yeniden deneyin" in shown) is (number and not found)
    assert ("Adı telefonda göründüğü gibi yazın" in shown) is not (number or found)


def test_the_number_of_a_brand_is_looked_up_in_any_spelling(here: Town) -> None:
    def give(transaction: Transaction) -> None:
        cinar = companies.known_brand(transaction, CINAR)
        assert cinar
        sms_brands.add_number(transaction, cinar, "+908502220000", ("3838",))

    here.registry.store.write_now(give)
    for written in ("0850 222 00 00", "+908502220000", "8502220000"):
        shown = seen(asked(Visitor(here.client, ""), text=written).text)
        assert "Bu numara şu markanın: Çınar" in shown, written
    assert "Çınar" not in seen(asked(Visitor(here.client, ""), text="0850 222 00 01").text)


def test_look_ups_are_limited_before_anything_is_read(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "LOOKS", 3)
    visitor = Visitor(here.client, "")
    assert all("Çınar" in seen(asked(visitor, text=SMS).text) for _ in range(3))
    refused_for(asked(visitor, text=SMS), 429, "Kısa sürede çok fazla deneme yapıldı")


def test_an_unknown_sender_is_counted_by_its_name_and_without_a_person(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    page = asked(visitor, text="bedava ttl").text
    assert "Gönderen: bedava ttl" in html.unescape(page)
    assert 'action="/gonderen/sayim?n=' in page
    form = {"sender": "bedava ttl", "channel": "MESAJ", "day": f"{day_of(here.now):%d.%m.%Y}"}
    assert visitor.post(f"{PATH}/sayim", **form).status_code == 303
    shown = visitor.follow(visitor.post(f"{PATH}/sayim", **form)).text
    assert "sizin olduğunu yazmadık" in seen(shown)
    here.sign_in(MEHMET).post(f"{PATH}/sayim", **form)
    query = Statement(sql("SELECT recipient, sender, count(*) FROM complaint GROUP BY recipient, sender"))
    assert here.registry.store.read_now(Snapshot.all, query) == [(None, "BEDAVATTL", 2)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "05321234567"},  # a private person's, it may be
        {"sender": "Ali 0532 123 45 67"},
        {"sender": "Ali ٠٥٣٢١٢٣٤٥٦٧"},
        {"sender": "Komşumuz Ali Veli Beyefendi 532 123 45 67"},
        {"sender": "CINARMKT"},  # it is here
        {"channel": "EPOSTA"},
    ],
    ids=str,
)
def test_what_does_not_count(here: Town, wrong: dict[str, str]) -> None:
    form = {"sender": "BEDAVA", "channel": "MESAJ", "day": day_of(here.now).isoformat(), **wrong}
    refused_for(here.sign_in(AYSE).post(f"{PATH}/sayim", **form), 422, "Yazdığınızı okuyamadık")


@pytest.mark.parametrize("day", ["2020-01-01", "2030-01-01", "x"])
def test_a_day_that_does_not_count_is_asked_for_again(here: Town, day: str) -> None:
    visitor = here.sign_in(AYSE)
    answer = visitor.post(f"{PATH}/sayim", sender="BEDAVA", channel="MESAJ", day=day)
    assert "Sayılmadı: mesajın geldiği günü yazın." in seen(visitor.follow(answer).text)


def test_a_complaint_about_an_unknown_sender_needs_a_sign_in(here: Town) -> None:
    visitor = Visitor(here.client, "")
    page = asked(visitor, text="bedava ttl").text
    assert "/gonderen/sayim" not in page
    answer = visitor.post(f"{PATH}/sayim", sender="BEDAVA", channel="MESAJ", day=day_of(here.now).isoformat())
    assert answer.headers["location"] == "/giris"


def test_nothing_of_the_message_is_kept(here: Town, capsys: pytest.CaptureFixture[str]) -> None:
    asked(Visitor(here.client, ""), text="gizli kelime CINARMKT 05320000099")
    assert "gizli" not in capsys.readouterr().out
