"""RET YENILER by SMS: a standing refusal (rule L13), its undo and its end."""

from __future__ import annotations

import re

import pytest

from consents.people import register
from consents.terms import Channel, Identity
from optout.phrases import phrase
from optout.sms.reader import keywords
from optout.sms.reader.keywords import SmsIntent
from tests.optout.sms.conftest import CINAR, DURAN, ISIK, MEHMET, OWN, Phone

BOTH = {"ARAMA", "MESAJ"}
BRANDS = {"CINAR": (1,), "ISIK": (2,)}
NEW = (  # between bars: about brands that come later alone
    "RET YENILER|ret yenıler|RET YENİLER.|RETYENILER|R E T YENILER|reddet yenileri|yenileri de reddet|RET SONRAKILER|"
    "RET BUNDAN SONRASI|bundan sonrasını da reddet|bundan sonrakileri iptal|sonraki markalar da ret|"
    "RET YENİ MARKALAR|yeni markalar da yazmasın|yeni markalar mesaj göndermesin|tüm yeni markaları reddet|"
    "RET CINR VE YENILER|RET CINAARR YENILER|RET MEVCUT VE YENI MARKALAR|RET CINR, YENILER LUTFEN|STOP CINR NEW ONES|"
    "yeni gelenleri de reddet|yeni firmalar aramasın|STOP NEW ONES|stop new brands please|ABMELDEN NEUE|СТОП НОВЫЕ"
)
ALL_AND_NEW = (  # between bars
    "RET HEPSI VE SONRAKILER|RET HEPSI YENILER|ret hepsi ve bundan sonrakiler|hepsini ve yenileri reddet|"
    "HEPSI VE YENILER RET|ret  Hepsi ,yenileride|RET HEPSİ VE YENİ MARKALAR|stop all and new ones|STOP ALL NEW|"
    "stop all and future senders|iptal hepsi ve ileridekiler|RET HEPSI bir de bundan sonrasi lutfen"
)
NOT_NEW = (  # between bars
    "RET CINAR|RET HEPSI|RET YENI SEZON|yeni mesaj göndermeyin|bundan sonra mesaj atmayın|RET HEPSI YENILER DEGIL|"
    "Yeni markalar Cinar'da. RET CINAR|Yeni sezon basladi! SMS almamak icin RET CINAR yaz 3838'e gonder|"
    "yeniler geldi kampanyada ret|RET YENI|STOP NEW|STOP NEW BALANCE|"
    "RET CINR yeniler geldi|RET CINR yeni markalar yazsin|RET CINR YENILER DEGIL|yeniler magazada ret"
)
OPEN = (  # between bars
    "YENILERI AC|yenileri aç|Yeniler açık|yeni markalar yazabilir|yeni markalara izin ver|ONAY YENILER|"
    "onay yenilere|allow new|ALLOW NEW ONES"
)


def closed(phone: Phone) -> set[str]:
    """The channels under a standing refusal, for both identities."""
    recipient = phone.registry.store.read_now(register.find, phone.registry.keyring, who(phone))
    rows = phone.rows(
        "SELECT channel, identity, refuses FROM blanket_word b WHERE recipient = "
        f"{recipient} AND NOT EXISTS (SELECT 1 FROM act WHERE undoes = b.act) ORDER BY id"
    )
    found = {(channel, identity) for channel, identity, refuses in rows if refuses}
    found -= {(channel, identity) for channel, identity, refuses in rows if not refuses}
    ways = {str(Channel.of(channel)) for channel, _ in found}
    assert found == {(Channel(way).code, identity.code) for way in ways for identity in Identity}
    return ways


def who(phone: Phone) -> register.Person:
    return register.person(phone.registry.keyring, phone.number)


def digits(reply: str) -> str:
    found = re.search(r"GERI AL ([0-9]{6}) yazin", reply)
    assert found, reply
    return found[1]


def test_what_people_write_is_read() -> None:
    for texts, every, new in ((NEW, False, True), (ALL_AND_NEW, True, True)):
        for text in texts.split("|"):
            reading = keywords.read(text, BRANDS)
            found = reading.intent, reading.every, reading.new, reading.brands
            assert found == (SmsIntent.RET, every, new, ()), text
    for text in NOT_NEW.split("|"):
        assert not keywords.read(text, BRANDS).new, text
    for text in OPEN.split("|"):
        assert keywords.read(text, BRANDS).intent is SmsIntent.OPEN, text


@pytest.mark.parametrize("text", ["RET YENILERI AC", "yenileri açma", "ONAY YENILER CINAR", "yenileri ac sonra kapat"])
def test_what_opens_is_said_alone(text: str) -> None:
    assert keywords.read(text, BRANDS).intent is not SmsIntent.OPEN


def test_new_brands_are_refused_and_what_companies_declared(phone: Phone) -> None:
    phone.told(CINAR)
    reply = phone.writes("RET YENILER")
    assert reply.startswith("Yeni markalara kapandiniz (SMS ve arama), 1 markanin izni de bitti. Son gun: 27.11.2026.")
    assert "GERI AL" in reply
    assert closed(phone) == BOTH
    assert phone.stands() == {(CINAR, "MESAJ"): "RET"}
    phone.told(ISIK)
    assert phone.stands()[ISIK, "MESAJ"] != "ONAY"
    again = phone.writes("ret yeniler")
    assert again.startswith("Yeni markalara zaten kapalisiniz (SMS ve arama), 24.11.2026 gununden beri.")
    assert phone.number_of("blanket_word") == 4


def test_a_number_without_a_record_is_closed_too(phone: Phone) -> None:
    assert phone.writes("RET YENILER").startswith("Yeni markalara kapandiniz (SMS ve arama). Yalniz kendi izin")
    phone.told(DURAN)
    assert phone.stands()[DURAN, "MESAJ"] == "RET"  # declared earlier
    assert phone.of(MEHMET).stands() == {}


def test_a_channel_alone(phone: Phone) -> None:
    assert "(arama)" in phone.writes("RET YENILER ARAMA")
    assert closed(phone) == {"ARAMA"}
    assert "(SMS ve arama)" in phone.writes("RET YENILER")
    assert closed(phone) == BOTH


def test_all_and_later_ones(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(ISIK, "ARAMA")
    reply = phone.writes("RET HEPSI VE SONRAKILER")
    assert reply.startswith("2 marka reddedildi, yeni markalara da kapandiniz (SMS ve arama). Son gun: 27.11.2026.")
    assert phone.stands() == {(brand, way): "RET" for brand in (CINAR, ISIK) for way in BOTH}
    assert closed(phone) == BOTH
    assert phone.writes("RET CINAR VE YENILER").startswith("Yeni markalara zaten kapalisiniz")


def test_of_all_and_later_ones_those_are_counted_that_could_send(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(ISIK, status="RET")
    assert phone.writes("RET HEPSI VE YENILER").startswith("1 marka reddedildi, yeni markalara da kapandiniz")


def test_all_and_later_ones_where_nothing_could_send(phone: Phone) -> None:
    """No brand is called refused that was refused before, no day to stop given that is over, no code promised where
    none comes."""
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.clock.forward(days=10)
    assert phone.writes("RET HEPSI VE YENILER SMS").startswith(phrase("sms.new.closed", W="SMS"))
    phone.writes("RET YENILER ARAMA")
    phone.told(ISIK, status="RET")
    assert phone.writes("RET HEPSI VE YENILER").startswith(phrase("sms.new.still-closed", W="SMS ve arama"))
    assert phone.writes("GERI AL").startswith("Son reddiniz geri alindi")
    assert closed(phone) == BOTH


def test_all_where_nothing_could_send_promises_no_code(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR HEPSI")
    phone.told(ISIK, status="RET")
    reply = phone.writes("RET HEPSI")
    assert "Izni olan marka yoktu" in reply
    assert "kod gelir" not in reply
    assert phone.writes("GERI AL").startswith("Son reddiniz geri alindi")


def test_a_brand_beside_new_ones(phone: Phone) -> None:
    phone.told(CINAR)
    assert phone.writes("RET CINAR VE YENILER").startswith("CINAR reddedildi, yeni markalara da kapandiniz")
    assert (phone.stands(), closed(phone)) == ({(CINAR, way): "RET" for way in BOTH}, BOTH)


@pytest.mark.parametrize("text", ["RET bundan sonrasi", "RET artik yenileri gondermeyin", "RET YENI MARKALAR"])
def test_at_a_brands_own_number_it_refuses_that_brand_too(phone: Phone, text: str) -> None:
    phone.told(CINAR)
    phone.allows(CINAR)
    own_word = re.search(r"ONAY ([0-9]{6}) yazin", phone.writes("ONAY CINAR"))
    assert own_word
    phone.writes(f"ONAY {own_word[1]}")
    assert phone.stands() == {(CINAR, "MESAJ"): "ONAY"}, "a word of the citizen, which no standing refusal covers"
    assert phone.writes(text, OWN).startswith("CINAR reddedildi, yeni markalara da kapandiniz")
    assert (phone.stands(), closed(phone)) == ({(CINAR, way): "RET" for way in BOTH}, BOTH)


def test_at_a_brands_own_number_another_brand_or_all_are_refused_beside_it(phone: Phone) -> None:
    phone.told(ISIK)
    assert phone.writes("RET ISIK VE YENILER", OWN).startswith("2 marka reddedildi, yeni markalara da kapandiniz")
    assert phone.stands() == {(brand, way): "RET" for brand in (CINAR, ISIK) for way in BOTH}
    other = phone.of(MEHMET)
    other.told(DURAN)
    other.writes("RET HEPSI VE YENILER", OWN)
    assert other.stands() == {(brand, way): "RET" for brand in (CINAR, DURAN) for way in BOTH}


@pytest.mark.parametrize("text", ["RET YENI", "RET YENLER", "RET SONRAKLER", "STOP NEW"])
def test_a_slip_is_asked_about(light_phone: Phone, text: str) -> None:
    light_phone.told(CINAR)
    assert light_phone.writes(text) in {phrase("sms.new.meant", language) for language in ("tr", "en")}
    assert closed(light_phone) == set()
    light_phone.writes("YES" if text.startswith("STOP") else "EVET")
    assert closed(light_phone) == BOTH


@pytest.mark.parametrize("text", ["RET CINR VE YENILER", "RET YENILER VE CINR", "RET CINAARR YENILER"])
def test_a_slip_beside_new_ones_closes_and_asks_for_the_name(phone: Phone, text: str) -> None:
    phone.told(CINAR)
    reply = phone.writes(text)
    assert reply.startswith(phrase("sms.new.closed-unknown", W="SMS ve arama"))
    assert (phone.stands(), closed(phone)) == ({(CINAR, "MESAJ"): "RET"}, BOTH)
    assert phone.writes("çınar").startswith("CINAR")
    assert phone.stands() == {(CINAR, way): "RET" for way in BOTH}


def test_a_slip_beside_new_ones_that_are_refused_already_is_asked_about(phone: Phone) -> None:
    phone.writes("RET YENILER")
    assert phone.writes("RET CINR VE YENILER").startswith("Bu adda bir marka yok. CINAR mi?")
    phone.writes("EVET")
    assert phone.stands() == {(CINAR, way): "RET" for way in BOTH}


def test_new_ones_answer_the_question_which_brand(light_phone: Phone) -> None:
    light_phone.told(CINAR)
    assert light_phone.writes("RET") == phrase("sms.which-brand")
    light_phone.writes("yeniler")
    assert closed(light_phone) == BOTH


def test_undoing_takes_the_digits_and_brings_all_back(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(ISIK, "ARAMA")
    before = phone.stands()
    phone.writes("RET HEPSI VE YENILER")
    asked = phone.writes("GERI AL")
    assert "simdi de 2 marka size yazabilecek" in asked
    assert closed(phone) == BOTH, "asking changes nothing"
    wrong = f"{(int(digits(asked)) + 1) % 10**6:06}"
    assert phone.writes(f"GERI AL {wrong}") == phrase("sms.undo.not-done")
    assert phone.of(MEHMET).writes(f"GERI AL {digits(asked)}") == phrase("sms.undo.not-done")
    assert closed(phone) == BOTH
    reply = phone.writes(f"GERI AL {digits(asked)}")
    assert reply.startswith("Yeni markalara yeniden aciksiniz, simdi 2 marka yazabilir.")
    assert (phone.stands(), closed(phone)) == (before, set())
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")


def test_an_undo_of_new_ones_leaves_an_earlier_refusal(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.writes("RET YENILER")
    asked = phone.writes("GERI AL")
    assert "simdi de 0 marka" in asked
    phone.writes(f"GERI AL {digits(asked)}")
    assert (phone.stands(), closed(phone)) == ({(CINAR, "MESAJ"): "RET"}, set())


def test_after_a_day_it_is_ended_by_its_own_word_and_digits(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET YENILER")
    phone.clock.forward(days=2)
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")
    asked = phone.writes("YENILERI AC")
    assert "simdi de 1 marka size yazabilecek" in asked
    assert closed(phone) == BOTH
    assert phone.writes(f"GERI AL {digits(asked)}").startswith("Yeni markalara yeniden aciksiniz, simdi 1 marka")
    assert (phone.stands(), closed(phone)) == ({(CINAR, "MESAJ"): "ONAY"}, set())
    assert phone.writes("GERI AL").startswith("Yeni markalara yeniden kapalisiniz."), "closing needs no digits"
    assert (phone.stands(), closed(phone)) == ({(CINAR, "MESAJ"): "RET"}, BOTH)


def test_a_forged_sender_opens_nothing(phone: Phone) -> None:
    """What a forger asks for is answered to the number itself, and he never sees the digits."""
    phone.told(CINAR)
    phone.writes("RET YENILER")
    for ask in ("GERI AL", "YENILERI AC"):
        code = digits(phone.writes(ask))
        for text in (ask, f"ONAY {code}", f"YENILERI AC {code}", f"EVET {code}", "EVET", code, f"GERI AL {code[:5]}"):
            phone.writes(text)
            assert closed(phone) == BOTH


def test_a_no_closes_the_question(phone: Phone) -> None:
    phone.writes("RET YENILER")
    code = digits(phone.writes("YENILERI AC"))
    assert phone.writes("HAYIR") == phrase("sms.undo.declined")
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")
    assert closed(phone) == BOTH


def test_five_questions_a_day_then_the_site(phone: Phone) -> None:
    phone.writes("RET YENILER")
    for ask in ("YENILERI AC", "GERI AL") * 2:
        digits(phone.writes(ask))
    digits(phone.writes("YENILERI AC"))
    assert phone.writes("YENILERI AC") == phrase("sms.new.elsewhere")
    assert phone.writes("GERI AL") == phrase("sms.new.elsewhere")
    assert closed(phone) == BOTH


def test_nothing_to_open(phone: Phone) -> None:
    assert phone.writes("YENILERI AC") == phrase("sms.new.not-closed")
    assert phone.number_of("act") == 0


def test_a_landline_is_closed_and_opens_on_the_site(phone: Phone) -> None:
    landline = phone.of("+902121234567")
    landline.writes("RET YENILER")
    assert closed(landline) == BOTH
    assert landline.writes("YENILERI AC") == phrase("sms.new.elsewhere")


def test_the_state_names_it(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET YENILER")
    assert phone.writes("DURUM").startswith("Yeni markalara kapalisiniz. Bu numaraya 0 marka SMS gonderebilir")
    assert phone.writes("DURUM ISIK").startswith("ISIK: SMS icin kapali, arama icin kapali.")
    assert phone.writes("DURUM CINAR").startswith("CINAR: SMS icin reddedildi, arama icin kapali.")


def test_the_companys_name_beside_its_brand_is_found(phone: Phone) -> None:
    phone.told(CINAR)
    assert phone.writes("RET Çınar Mağazacılık").startswith("CINAR SMS'leri reddedildi.")
    assert "oteki adi bulamadik" in phone.writes("RET CINAR BILINMEYEN")


def test_all_names_the_second_step_of_its_undo(phone: Phone) -> None:
    phone.told(CINAR)
    assert "GERI AL yazin, kod gelir." in phone.writes("RET HEPSI")
    phone.of(MEHMET).writes("RET ISIK")
    assert "kod" not in phone.of(MEHMET).writes("RET HEPSI")
