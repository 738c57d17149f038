"""The SMS door: what a text does to the registry and what is answered, on both databases."""

from __future__ import annotations

import re

import pytest

from consents import ledger
from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.history import Deed
from consents.ledger import ClockBehind, Wish
from consents.people import new_holder, register
from consents.store import StoreUnavailable, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from optout.phrases import phrase
from optout.sms import inbound_messages, sms_brands
from optout.sms.reader import keywords
from settings import load
from tests.conftest import NOON, SECRET, swept
from tests.optout.sms.conftest import AYSE, CINAR, DURAN, ISIK, MEHMET, MERSIS, MINI, OWN, SHARED, Phone, settings_of
from trust import record_numbers
from trust.codes.limits import code_limits

RET_CINAR = {(CINAR, "MESAJ"): "RET"}
BOTH = {(CINAR, "ARAMA"): "RET", (CINAR, "MESAJ"): "RET"}


# -- refusing ----------------------------------------------------------------------------------------------------------


def test_a_refusal_covers_both_identities_and_says_until_when(phone: Phone) -> None:
    phone.told(CINAR)
    reply = phone.writes("RET CINAR")
    number = record_numbers.of_act(phone.registry.keyring, 2)
    assert reply == (
        "CINAR SMS'leri reddedildi. Durmasi icin son gun: 27.11.2026. Aramalar da dursun: RET CINAR HEPSI yazin. "
        f"Yanlislik olduysa: GERI AL yazin. No {number}"
    )
    assert phone.rows("SELECT channel, identity, status, source FROM consent_event WHERE id > 1 ORDER BY 2") == [
        (1, 0, 0, 32),
        (1, 1, 0, 32),
    ]
    assert phone.stands() == RET_CINAR


def test_what_was_recorded_is_reported_with_its_number(phone: Phone) -> None:
    phone.told(CINAR)
    for words in ("RET CINAR", "GERI AL", "RET ISIK", "RET HEPSI"):
        reply = phone.writes(words)
        if secret := re.search(r"GERI AL ([0-9]{6}) yazin", reply):
            reply = phone.writes(f"GERI AL {secret[1]}")
        ((act,),) = phone.rows("SELECT max(id) FROM act")
        assert record_numbers.read(phone.registry.keyring, re.sub(r".*\D(\d{12})\.?$", r"\1", reply)) == act
    assert not re.search(r"\d{12}", phone.writes("RET HEPSI"))  # it stood already


def test_a_refusal_without_a_record_is_kept_all_the_same(phone: Phone) -> None:
    assert "kaydiniz yoktu" in phone.writes("RET CINAR")
    assert phone.stands() == RET_CINAR


def test_a_record_of_each_identity_is_told(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(CINAR, identity="TACIR")
    assert "SMS'leri kendiniz ve isletmeniz icin reddedildi." in phone.writes("RET CINAR")


def test_calls_and_everything_of_a_brand(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(CINAR, "ARAMA")
    assert phone.writes("RET CINAR ARAMA").startswith("CINAR aramalari reddedildi.")
    assert phone.stands() == {(CINAR, "ARAMA"): "RET", (CINAR, "MESAJ"): "ONAY"}
    assert phone.writes("RET CINAR HEPSI").startswith("CINAR SMS ve aramalari reddedildi.")
    assert phone.stands() == BOTH


def test_a_repeated_refusal_tells_the_first_day_and_whether_time_is_over(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    acts = phone.number_of("act")
    phone.clock.forward(days=1)
    assert "zaten reddettiniz (24.11.2026), kaydiniz gecerli. Son gun: 27.11.2026." in phone.writes("iptal çınar")
    phone.clock.forward(days=4)
    assert "24.11.2026 gunu reddettiniz, sure 27.11.2026 gunu doldu" in phone.writes("RET CINAR")
    assert phone.number_of("act") == acts


def test_several_brands_are_one_act(phone: Phone) -> None:
    assert phone.writes("RET CINAR ISIK").startswith("CINAR ve ISIK: SMS'leri reddedildi.")
    assert phone.writes("RET CINAR ISIK DURAN").startswith("CINAR, ISIK ve 1 marka daha:")
    assert phone.number_of("act") == 2
    assert set(phone.stands()) == {(CINAR, "MESAJ"), (ISIK, "MESAJ"), (DURAN, "MESAJ")}


def test_the_companys_number_refuses_all_its_brands(phone: Phone) -> None:
    phone.writes(f"RET {MERSIS}")
    assert set(phone.stands()) == {(CINAR, "MESAJ"), (MINI, "MESAJ")}


@pytest.mark.parametrize("named", ["CINARMKT", "cinarmkt", "600101", "Çınar"])
def test_a_header_and_the_iys_number_name_the_brand(phone: Phone, named: str) -> None:
    phone.writes(f"RET {named}")
    assert phone.stands() == RET_CINAR


def test_one_name_not_found_does_not_keep_the_other_from_being_refused(phone: Phone) -> None:
    assert "oteki adi bulamadik" in phone.writes("RET CINAR BILINMEYEN")
    assert phone.stands() == RET_CINAR


def test_an_unknown_name_changes_nothing_and_waits_for_a_person(phone: Phone) -> None:
    assert phone.writes("RET BILINMEYEN") == phrase("sms.unknown-brand")
    assert phone.writes("RET BILINMEYEN HEPSI") == phrase("sms.unknown-brand")
    assert (phone.stands(), phone.number_of("act")) == ({}, 0)
    waiting = phone.registry.store.read_now(inbound_messages.unclear, phone.registry.keyring)
    assert [message.text for message in waiting] == ["RET BILINMEYEN", "RET BILINMEYEN HEPSI"]


def test_all_means_every_brand_that_holds_a_record(phone: Phone) -> None:
    assert phone.writes("RET HEPSI") == phrase("sms.nobody-may")
    phone.told(CINAR)
    phone.told(ISIK, "ARAMA")
    phone.of(MEHMET).told(DURAN)
    assert phone.writes("RET HEPSI").startswith("Izni olan 2 markanin SMS ve aramalari reddedildi.")
    assert phone.stands() == {(brand, way): "RET" for brand in (CINAR, ISIK) for way in ("ARAMA", "MESAJ")}
    assert phone.of(MEHMET).stands() == {(DURAN, "MESAJ"): "ONAY"}


def test_who_asks_to_be_deleted_is_refused_for_and_told_where_to_ask(phone: Phone) -> None:
    assert "Silme istegi" in phone.writes("numaramı silin", OWN)
    assert phone.stands() == RET_CINAR


def test_what_is_told_in_a_sentence_is_done_and_can_be_undone(phone: Phone) -> None:
    assert "GERI AL" in phone.writes("CINAR'da %50 indirim! SMS almamak için RET yaz 3838'e gönder")
    assert phone.stands() == RET_CINAR


@pytest.mark.parametrize(
    "text",
    [
        "RET HEPSI VE SONRAKILER", "STOP ALL FOREVER", "RET HEPSI LUTFEN ARTIK", "RET HERKES", "RET BÜTÜN REKLAMLAR",
        "Lütfen RET hepsi, bir daha hiçbir kampanyanızı görmek bilmek duymak istemiyorum", "STOP ALL of this right now",
    ],
)  # fmt: skip
def test_all_is_refused_whatever_follows(light_phone: Phone, text: str) -> None:
    for brand in (CINAR, ISIK):
        light_phone.told(brand)
    light_phone.writes(text)
    assert light_phone.stands() == {(brand, way): "RET" for brand in (CINAR, ISIK) for way in ("ARAMA", "MESAJ")}


def test_a_brand_beside_all_is_refused_on_every_channel_alone(light_phone: Phone) -> None:
    for text in ("RET HEPSI CINAR", "RET CINAR HEPSI LUTFEN"):
        light_phone.told(ISIK)
        light_phone.writes(text)
        assert light_phone.stands() == {
            (CINAR, "ARAMA"): "RET", (CINAR, "MESAJ"): "RET", (ISIK, "MESAJ"): "ONAY",
        }  # fmt: skip


def test_a_name_like_a_brands_behind_all_is_asked_about(light_phone: Phone) -> None:
    light_phone.told(ISIK)
    assert light_phone.writes("RET HEPSI CINARR") == phrase("sms.meant", M="CINAR", W=phrase("sms.channels.both"))
    assert light_phone.stands() == {(ISIK, "MESAJ"): "ONAY"}


@pytest.mark.parametrize("text", ["RET HEPSI DEGIL", "RET HEPSI yaz 3838'e gonder, indirim bitti"])
def test_all_that_is_denied_or_only_advised_is_as_before(light_phone: Phone, text: str) -> None:
    assert not keywords.read(text, {}).whole


# -- a brand's own number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["RET", "H", "RET CINAR", "RET BILINMEYEN", "istemiyorum"])
def test_a_brands_own_number_needs_no_name(phone: Phone, text: str) -> None:
    phone.writes(text, OWN.lstrip("+"))
    assert phone.stands() == RET_CINAR


def test_another_brand_named_at_a_brands_own_number_is_refused_and_the_reply_names_it(phone: Phone) -> None:
    reply = phone.writes("RET ISIK", OWN)
    assert "ISIK" in reply
    assert "CINAR" not in reply
    assert phone.stands() == {(ISIK, "MESAJ"): "RET"}
    assert "CINAR ve ISIK" in phone.of(MEHMET).writes("RET CINAR ISIK", OWN)


@pytest.mark.parametrize("text", ["Yardım istemiyorum", "YARDIM SIL", "yardımcı istemiyorum"])
def test_a_refusal_at_a_brands_own_number_ends_no_helper_instead(phone: Phone, text: str) -> None:
    phone.told(CINAR)
    assert phone.writes(text, OWN).startswith("CINAR SMS'leri reddedildi.")
    assert phone.stands() == {(CINAR, "MESAJ"): "RET"}
    assert "yardimcisi yok" in phone.of(MEHMET).writes(text), "at the shared number it is about the helper"


def test_helpers_and_keys_end_at_a_brands_own_number_too(phone: Phone) -> None:
    phone.told(CINAR)
    assert "yardimcisi yok" in phone.writes("YARDIMCI SON", OWN)
    assert "kodsuz giris yok" in phone.writes("ANAHTAR SIL", OWN)
    assert phone.stands() == {(CINAR, "MESAJ"): "ONAY"}


@pytest.mark.parametrize("text", ["H", "HAYIR", "Hayır lütfen"])
def test_a_no_at_a_brands_own_number_answers_no_undo_of_the_shared_one(phone: Phone, text: str) -> None:
    phone.told(CINAR)
    phone.told(ISIK)
    phone.writes("RET ISIK")
    asked = phone.writes("GERI AL")
    assert "GERI AL" in asked
    assert phone.writes(text, OWN).startswith("CINAR SMS'leri reddedildi.")
    assert phone.stands() == {(CINAR, "MESAJ"): "RET", (ISIK, "MESAJ"): "RET"}


def test_all_at_a_brands_own_number_are_all(phone: Phone) -> None:
    phone.writes("RET ISIK")
    assert phone.writes("RET HEPSI", OWN).startswith("Reddiniz kaydedildi. Izni olan marka yoktu. ")
    assert phone.stands() == {(brand, way): "RET" for brand in (CINAR, ISIK) for way in ("ARAMA", "MESAJ")}


@pytest.mark.parametrize("setting", ["OPTOUT_NUMBER", "SMS_GATEWAY", "another SMS_GATEWAY", "VOICE_GATEWAY"])
def test_a_number_of_the_site_is_no_brands_whatever_the_table_holds(phone: Phone, setting: str) -> None:
    gateway = f"twilio://sid:token@api.example?from={OWN}"
    env = {
        "OPTOUT_NUMBER": {"OPTOUT_NUMBER": OWN.replace("+90", "0")},
        "SMS_GATEWAY": {"SMS_GATEWAY": gateway},
        "another SMS_GATEWAY": {"SMS_GATEWAY": f"verimor://u:p@sms.example?from=IZIN {gateway}"},
        "VOICE_GATEWAY": {"VOICE_GATEWAY": gateway},
    }[setting]
    phone.settings = load({"SECRET_KEY": SECRET, **env})
    assert "hangi marka" in phone.writes("RET", OWN).lower()
    assert phone.stands() == {}
    phone.writes("RET ISIK", OWN)
    assert phone.stands() == {(ISIK, "MESAJ"): "RET"}
    read, shared = phone.registry.store.read_now, phone.settings.shared_numbers
    (said,) = read(sms_brands.ineffective, shared)
    assert OWN in said
    assert str(CINAR) in said


@pytest.mark.parametrize(
    ("number", "why"),
    [("112", "number-service"), ("155", "number-service"), ("11880", "number-service"), ("911", "number-service"),
     ("12", "number"), (SHARED, "number-shared"), (OWN, "number-taken")],
)  # fmt: skip
def test_what_is_no_brands_own_number(phone: Phone, number: str, why: str) -> None:
    def work(transaction: Transaction) -> None:
        isik = companies.known_brand(transaction, ISIK)
        assert isik
        sms_brands.add_number(transaction, isik, number, (SHARED,))

    with pytest.raises(BadCompany) as bad:
        phone.registry.store.write_now(work)
    assert bad.value.why == why


def test_a_brand_has_three_numbers_of_its_own(phone: Phone) -> None:
    def work(transaction: Transaction) -> None:
        isik = companies.known_brand(transaction, ISIK)
        assert isik
        for number in ("3344", "3344", "3355", "3366", "3377"):
            sms_brands.add_number(transaction, isik, number, ())

    with pytest.raises(BadCompany) as bad:
        phone.registry.store.write_now(work)
    assert (bad.value.why, bad.value.about) == ("number-many", "3377")


# -- which brand? ------------------------------------------------------------------------------------------------------


def test_a_name_alone_answers_the_question_which_brand(phone: Phone) -> None:
    assert phone.writes("RET ARAMA") == phrase("sms.which-brand")
    assert phone.stands() == {}
    assert phone.writes("bilinmeyen") == phrase("sms.unknown-brand")
    assert "aramalari" not in phone.of(MEHMET).writes("çınar")
    phone.writes("çınar")
    assert phone.stands() == {(CINAR, "ARAMA"): "RET"}
    assert phone.of(MEHMET).stands() == {}
    assert phone.writes("ışık") == phrase("sms.unclear")  # it was answered


def test_several_names_or_all_answer_it_too(phone: Phone) -> None:
    phone.told(DURAN)
    phone.writes("RET")
    phone.writes("CINAR, ISIK")
    assert set(phone.stands()) == {(CINAR, "MESAJ"), (ISIK, "MESAJ"), (DURAN, "MESAJ")}
    phone.writes("RET")
    phone.writes("HEPSI")
    assert set(phone.stands().values()) == {"RET"}


def test_the_question_is_open_for_ten_minutes(phone: Phone) -> None:
    phone.writes("RET")
    phone.clock.forward(minutes=10)
    assert phone.writes("CINAR") == phrase("sms.unclear")
    assert phone.stands() == {}


def test_a_name_alone_is_no_command(phone: Phone) -> None:
    for text in ("CINAR", "RETRO", "600101", "EVET", "iptal istemiyorum", "😡", ""):
        phone.writes(text)
    assert (phone.stands(), phone.number_of("act")) == ({}, 0)


# -- nearly a name -----------------------------------------------------------------------------------------------------


def test_a_name_with_one_slip_is_asked_about_and_refused_by_a_yes(phone: Phone) -> None:
    phone.told(CINAR)
    acts = phone.number_of("act")
    reply = phone.writes("RET CINRA")
    assert reply == (
        "Bu adda bir marka yok. CINAR mi? Oyleyse 10 dk icinde EVET yazin, CINAR SMS'leri reddedilir. "
        "Henuz bir sey degismedi."
    )
    assert phone.number_of("act") == acts
    assert phone.writes("Evet").startswith("CINAR SMS'leri reddedildi.")
    assert phone.stands() == {(CINAR, "MESAJ"): "RET"}
    assert phone.writes("EVET") == phrase("sms.unclear"), "it is answered once"


def test_the_yes_refuses_the_channels_that_were_asked_about(phone: Phone) -> None:
    assert "SMS ve aramalari reddedilir" in phone.writes("RET CINRA HEPSI")
    phone.writes("evet lütfen")
    assert phone.stands() == BOTH


@pytest.mark.parametrize("answer", ["DURUM", "EVET CINRA", "evet değil", "tamam mı", "ONAY", "E 123456"])
def test_what_is_no_plain_yes_refuses_nothing(phone: Phone, answer: str) -> None:
    phone.writes("RET CINRA")
    phone.writes(answer)
    assert phone.number_of("act") == 0


def test_a_no_or_another_name_leaves_the_one_that_was_asked_about(phone: Phone) -> None:
    phone.writes("RET CINRA")
    assert phone.writes("HAYIR") == phrase("sms.which-brand")
    assert phone.writes("EVET") == phrase("sms.unclear")
    phone.writes("RET CINRA")
    phone.writes("IŞIK")
    assert set(phone.stands()) == {(ISIK, "MESAJ")}


def test_a_yes_is_of_the_same_number_and_in_time(phone: Phone) -> None:
    phone.writes("RET CINRA")
    assert phone.of(MEHMET).writes("EVET") == phrase("sms.unclear")
    assert phone.writes("EVET", OWN) == phrase("sms.unclear"), "nothing was asked there"
    phone.clock.forward(minutes=10)
    assert phone.writes("EVET") == phrase("sms.unclear")
    assert phone.number_of("act") == 0


def test_a_yes_answers_the_last_question_and_never_gives_a_consent(phone: Phone) -> None:
    phone.allows(ISIK)
    phone.writes("RET CINRA")
    digits(phone.writes("ONAY ISIK"))
    assert phone.writes("EVET") == phrase("sms.unclear")
    assert phone.number_of("act") == 0


def test_a_name_that_may_be_meant_still_waits_for_a_person(phone: Phone) -> None:
    phone.writes("RET CINRA")
    waiting = phone.registry.store.read_now(inbound_messages.unclear, phone.registry.keyring)
    assert [message.text for message in waiting] == ["RET CINRA"]


# -- languages ---------------------------------------------------------------------------------------------------------


def test_replies_follow_the_language_of_the_keyword(phone: Phone) -> None:
    phone.told(CINAR)
    assert phone.writes("STOP CINAR") == (
        "CINAR SMS refused. Last day for it to stop: 27.11.2026. To stop its calls too, write STOP CINAR ALL. "
        f"By mistake? Write UNDO. Record no {record_numbers.of_act(phone.registry.keyring, 2)}."
    )
    assert "zaten reddettiniz" in phone.writes("RET CINAR")
    code = re.search(r"UNDO ([0-9]{6}) within", phone.writes("UNDO"))
    assert code
    assert phone.writes(f"UNDO {code[1]}").startswith("Your last refusal is taken back: what stood before for CINAR")
    assert phone.writes("HELP") == phrase("sms.help", "en")
    assert phone.writes("STATUS").startswith("Brands that may send SMS to this number: 1, that may call it: 0")


def test_an_answer_that_is_just_a_name_is_answered_in_the_language_of_the_question(phone: Phone) -> None:
    assert phone.writes("STOP CALLS") == phrase("sms.which-brand", "en")
    assert phone.writes("cinra").startswith("No brand has this name. CINAR?")
    assert "CINAR had no record of you" in phone.writes("YES")
    assert phone.stands() == {(CINAR, "ARAMA"): "RET"}


def test_unclear_replies_are_limited_in_every_language(phone: Phone) -> None:
    answers = [phone.writes("delete my appointment") for _ in range(5)]
    assert [bool(answer) for answer in answers] == [True] * 3 + [False] * 2


# -- undoing -----------------------------------------------------------------------------------------------------------


def test_the_last_refusal_is_taken_back_once_and_within_a_day(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.writes("RET ISIK")
    assert phone.writes("geri al").startswith("Son reddiniz geri alindi: ISIK icin onceki durum gecerli.")
    assert phone.writes("GERİ AL") == phrase("sms.undo.nothing")
    assert phone.stands() == RET_CINAR
    phone.writes("RET CINAR HEPSI")
    phone.clock.forward(hours=25)
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")


def test_undoing_brings_back_what_stood(phone: Phone) -> None:
    phone.told(CINAR)
    phone.told(ISIK)
    before = phone.stands()
    phone.writes("RET HEPSI")
    code = undo_digits(phone.writes("GERI AL"), "2 marka icin izinler")
    assert "2 marka icin onceki durum gecerli" in phone.writes(f"geri al {code}")
    assert phone.stands() == before


@pytest.mark.parametrize("door", [Door.LINK, Door.QR])
def test_the_number_takes_back_what_somebody_did_by_its_link(phone: Phone, door: Door) -> None:
    """A link is forwarded; the number's holder undoes it for a day, with the digits that only they get."""
    phone.told(CINAR)
    before = phone.stands()
    phone.refuses_by_link(CINAR, door)
    phone.clock.forward(hours=23)
    code = undo_digits(phone.writes("GERI AL"), "CINAR")
    assert phone.stands() == RET_CINAR, "the sender can be forged"
    phone.writes(f"GERI AL {code}")
    assert phone.stands() == before
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")
    phone.refuses_by_link(CINAR, door)
    phone.clock.forward(hours=24, seconds=1)
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")


def test_what_was_done_on_the_site_is_undone_there(phone: Phone) -> None:
    phone.told(CINAR)
    recipient = phone.registry.store.read_now(
        register.find, phone.registry.keyring, register.person(phone.registry.keyring, AYSE)
    )
    brand = {code: number for number, code in phone.codes.items()}[CINAR]
    wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, Status.RET.code, Source.IYS_WEB.code)
    deed = Deed(Actor.CITIZEN, Door.PAGE)
    phone.registry.store.write_now(ledger.decide, phone.registry.policy, recipient, [wish], deed)
    assert phone.writes("GERI AL") == phrase("sms.undo.on-site")
    assert phone.stands() == {(CINAR, "MESAJ"): "RET"}
    phone.clock.forward(hours=25)
    assert phone.writes("GERI AL") == phrase("sms.undo.nothing")


def test_nobody_undoes_what_another_number_did(phone: Phone) -> None:
    phone.writes("RET CINAR")
    assert phone.of(MEHMET).writes("GERI AL") == phrase("sms.undo.nothing")
    assert phone.stands() == RET_CINAR


# -- undoing what brings a consent back takes a second step ------------------------------------------------------------


def forget(phone: Phone) -> None:
    """As the worker does it every hour."""
    for table in ("inbound_message", "sms_question"):
        swept(phone.registry.store, table)


def undo_digits(reply: str, about: str = "CINAR icin izin yeniden gecerli olacak.") -> str:
    found = re.search(r"GERI AL ([0-9]{6}) yazin", reply)
    assert found, reply
    assert about in reply
    return found[1]


def test_a_forged_sender_brings_no_consent_back(phone: Phone) -> None:
    """What a forger's message asks for is answered to the number itself, and he never sees the digits."""
    phone.told(CINAR)
    phone.writes("RET CINAR")
    code = undo_digits(phone.writes("GERI AL"))
    for text in ("GERI AL", "GERI AL EVET", f"GERI AL {code[:4]}", f"ONAY {code}", f"RET GERI AL {code}", code):
        phone.writes(text)
        assert phone.stands()[CINAR, "MESAJ"] == "RET"


def test_the_digits_of_the_second_step_bring_it_back_once(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    acts = phone.number_of("act")
    code = undo_digits(phone.writes("GERI AL"))
    assert phone.number_of("act") == acts, "asking changes nothing"
    assert phone.writes(f"GERİ AL {code}").startswith("Son reddiniz geri alindi: CINAR icin onceki durum gecerli.")
    assert phone.stands() == {(CINAR, "MESAJ"): "ONAY"}
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")


def test_where_no_consent_comes_back_one_step_is_enough(phone: Phone) -> None:
    phone.writes("RET CINAR")
    assert phone.writes("GERI AL").startswith("Son reddiniz geri alindi")
    assert phone.stands() == {}
    phone.told(ISIK, status="RET")
    phone.writes("RET ISIK HEPSI")
    assert phone.writes("GERI AL").startswith("Son reddiniz geri alindi")


def test_the_digits_are_of_one_number_one_act_and_ten_minutes(phone: Phone) -> None:
    for each in (phone, phone.of(MEHMET)):
        each.told(CINAR)
        each.writes("RET CINAR")
    code = undo_digits(phone.writes("GERI AL"))
    other_code = undo_digits(phone.of(MEHMET).writes("GERI AL"))
    assert phone.of(MEHMET).writes(f"GERI AL {code}") == phrase("sms.undo.not-done") or code == other_code
    phone.writes("RET ISIK")  # a later act: the question was about the one before
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")
    phone.writes("GERI AL")
    assert phone.stands() == RET_CINAR
    phone.of(MEHMET).clock.forward(minutes=10)
    assert phone.of(MEHMET).writes(f"GERI AL {other_code}") == phrase("sms.undo.not-done")
    assert phone.of(MEHMET).stands() == RET_CINAR


def test_a_no_to_the_second_step_leaves_the_refusal(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    code = undo_digits(phone.writes("GERI AL"))
    assert phone.writes("HAYIR") == phrase("sms.undo.declined")
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")
    assert phone.stands() == RET_CINAR


def test_three_wrong_tries_a_day_are_all_over_all_questions(phone: Phone) -> None:
    """Of a million: whoever forges a number guesses in vain."""
    phone.told(CINAR)
    phone.allows(ISIK)
    phone.writes("RET CINAR")
    code = undo_digits(phone.writes("GERI AL"))
    assert phone.writes(f"GERI AL {other(code)}") == phrase("sms.undo.not-done")
    onay = digits(phone.writes("ONAY ISIK"))
    assert phone.writes(f"ONAY {other(onay)}") == phrase("sms.onay.not-given")
    assert phone.writes(f"ONAY {other(onay)}") == phrase("sms.onay.not-given")
    assert phone.writes(f"ONAY {onay}") == phrase("sms.onay.not-given"), "the fourth try of this day"
    code = undo_digits(phone.writes("GERI AL"))
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")
    assert phone.stands() == RET_CINAR
    phone.clock.forward(hours=23)
    code = undo_digits(phone.writes("GERI AL"))
    assert phone.writes(f"GERI AL {code}") == phrase("sms.undo.not-done")
    phone.clock.forward(minutes=61)
    assert phone.writes(f"ONAY {digits(phone.writes('ONAY ISIK'))}").startswith("Onayiniz kaydedildi")


def test_right_digits_are_no_tries(phone: Phone) -> None:
    phone.allows(CINAR)
    for _ in range(5):
        assert phone.writes(f"ONAY {digits(phone.writes('ONAY CINAR'))}").startswith("Onayiniz kaydedildi")
        phone.writes("GERI AL")


def test_five_questions_a_day_then_the_site(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    for _ in range(5):
        undo_digits(phone.writes("GERI AL"))
    assert phone.writes("GERI AL") == phrase("sms.undo.elsewhere")
    assert phone.stands() == RET_CINAR


# -- the last day is said only where sending ended ---------------------------------------------------------------------


def test_who_waited_for_a_decision_hears_that_the_brand_may_not_send(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.clock.forward(days=40)
    phone.told(CINAR)  # thirty days old, so newer than his refusal
    assert phone.stands()[CINAR, "MESAJ"] == "BEKLIYOR/RET"
    reply = phone.writes("RET CINAR")
    number = record_numbers.of_act(phone.registry.keyring, 4)
    assert reply == (
        "CINAR SMS'leri kendiniz ve isletmeniz icin reddedildi. Reklam gonderemez. Aramalar: RET CINAR HEPSI yazin. "
        f"Yanlissa: GERI AL yazin. No {number}"
    )
    phone.clock.forward(days=9)
    assert "kaydiniz gecerli, SMS gonderemez" in phone.writes("RET CINAR")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RET CINAR", "CINAR size reklam SMS'i gonderemez"),
        ("RET CINAR ISIK", "Bu markalar size reklam gonderemez"),
        ("RET CINAR BILINMEYEN", "(reklam gonderemez)"),
        ("RET CINAR ARAMA BILINMEYEN", "(sizi arayamaz)"),
    ],
)
def test_a_refusal_in_advance_names_no_last_day(phone: Phone, text: str, words: str) -> None:
    for _ in range(2):
        reply = phone.writes(text)
        assert words in reply or "zaten reddettiniz" in reply
        assert "on gun" not in reply


def test_all_brands_name_a_last_day_where_one_of_them_could_send(phone: Phone) -> None:
    phone.told(CINAR, status="RET")
    assert "Reklam gonderemezler." in phone.writes("RET HEPSI")
    phone.told(ISIK)
    assert "Son gun: 27.11.2026." in phone.writes("RET HEPSI")
    phone.clock.forward(days=9)
    assert "doldu" in phone.writes("RET ISIK")
    assert "on gun" not in phone.writes("RET CINAR")


# -- numbers abroad ----------------------------------------------------------------------------------------------------

ABROAD = "+4915123456789"


def test_a_number_abroad_is_refused_for_and_never_answered(phone: Phone) -> None:
    abroad = phone.of(ABROAD)
    abroad.told(CINAR)
    phone.allows(CINAR)
    for post in (True, False):
        assert abroad.takes(abroad.message("RET CINAR"), post=post) is None
        assert abroad.takes(abroad.message("DURUM"), post=post) is None
        assert abroad.takes(abroad.message("saçma"), post=post) is None
    assert abroad.stands() == RET_CINAR
    abroad.takes(abroad.message("GERI AL"))
    abroad.takes(abroad.message("ONAY CINAR"))
    assert (abroad.number_of("outbox"), abroad.number_of("sms_question")) == (0, 0)
    assert abroad.stands() == RET_CINAR


def test_a_number_of_another_country_of_the_settings_is_answered(phone: Phone) -> None:
    abroad = phone.of(ABROAD)
    abroad.settings = settings_of(COUNTRIES="TR,DE")
    assert "gonderemez" in abroad.writes("RET CINAR")


# -- consent in two steps ----------------------------------------------------------------------------------------------


def digits(reply: str) -> str:
    found = re.search(r"ONAY ([0-9]{6}) yazin", reply)
    assert found, reply
    return found[1]


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_number_of_a_brand_is_never_its_digits(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONAY 600202 asks about that brand, so such digits could not be answered with."""
    phone.allows(CINAR, ISIK)
    drawn = iter([ISIK, CINAR, 482136, 555555])
    monkeypatch.setattr("optout.sms.questions.secrets.randbelow", lambda most: next(drawn))
    assert digits(phone.writes("ONAY CINAR")) == "482136"
    assert "ISIK" in phone.writes(f"ONAY {ISIK}")


def test_a_consent_takes_two_steps(phone: Phone) -> None:
    phone.allows(CINAR)
    reply = phone.writes("ONAY CINAR")
    assert "CINAR (Cinar Magazacilik A.) size reklam SMS'i gondersin mi?" in reply
    assert phone.stands() == {}
    assert phone.writes(f"onay {digits(reply)}").startswith("Onayiniz kaydedildi: CINAR")
    assert phone.rows("SELECT channel, identity, status, source FROM consent_event") == [(1, 0, 1, 32)]
    assert phone.writes(f"ONAY {digits(reply)}") == phrase("sms.onay.not-given")  # once
    assert phone.writes("GERI AL").startswith("Son onayiniz geri alindi: CINAR")
    assert phone.stands() == {}


def test_no_brand_takes_a_consent_by_sms_unless_it_says_so(phone: Phone) -> None:
    phone.allows(ISIK)
    assert "SMS ile onay alinmiyor" in phone.writes("ONAY CINAR")
    assert phone.number_of("sms_question") == 0


@pytest.mark.parametrize("between", ["RET", "HAYIR", "h", "Hayır, teşekkürler", "RET ISIK"])
def test_a_no_or_a_refusal_closes_the_question(phone: Phone, between: str) -> None:
    phone.allows(CINAR)
    code = digits(phone.writes("ONAY CINAR"))
    phone.writes(between)
    assert phone.writes(f"ONAY {code}") == phrase("sms.onay.not-given")
    assert (CINAR, "MESAJ") not in phone.stands()


def test_a_no_to_the_question_refuses_nothing(phone: Phone) -> None:
    phone.allows(CINAR)
    phone.writes("ONAY CINAR", OWN)
    assert phone.writes("HAYIR", OWN) == phrase("sms.onay.declined")
    assert phone.number_of("act") == 0


@pytest.mark.parametrize(
    "text", ["EVET", "ONAY", "{code}", "ONAY {code}.", "ONAY{code}", "evet onay {code}", "ONAY CINAR E"]
)
def test_only_the_exact_answer_gives_the_consent(phone: Phone, text: str) -> None:
    phone.allows(CINAR)
    code = digits(phone.writes("ONAY CINAR"))
    phone.writes(text.format(code=code))
    assert phone.number_of("consent_event") == 0


def test_another_number_cannot_use_the_digits(phone: Phone) -> None:
    phone.allows(CINAR)
    code = digits(phone.writes("ONAY CINAR"))
    assert phone.of(MEHMET).writes(f"ONAY {code}") == phrase("sms.onay.not-given")
    assert phone.number_of("consent_event") == 0


def test_after_three_wrong_answers_the_right_one_is_late(phone: Phone) -> None:
    phone.allows(CINAR)
    code = digits(phone.writes("ONAY CINAR"))
    for _ in range(3):
        assert phone.writes(f"ONAY {other(code)}") == phrase("sms.onay.not-given")
    assert phone.writes(f"ONAY {code}") == phrase("sms.onay.not-given")
    assert phone.number_of("consent_event") == 0


def test_the_digits_live_ten_minutes_and_five_questions_a_day(phone: Phone) -> None:
    phone.allows(CINAR)
    code = digits(phone.writes("ONAY CINAR"))
    phone.clock.forward(minutes=10)
    assert phone.writes(f"ONAY {code}") == phrase("sms.onay.not-given")
    for _ in range(4):
        digits(phone.writes("ONAY CINAR"))
    phone.clock.forward(hours=2)
    assert "alinmiyor" in phone.writes("ONAY CINAR")


def test_a_landline_cannot_consent_by_sms_and_can_refuse(phone: Phone) -> None:
    phone.allows(CINAR)
    landline = phone.of("+902120000001")
    assert "alinmiyor" in landline.writes("ONAY CINAR")
    landline.writes("RET CINAR")
    assert landline.stands() == RET_CINAR


# -- asking ------------------------------------------------------------------------------------------------------------


def test_the_overview_counts_brands(phone: Phone) -> None:
    assert phone.writes("DURUM") == phrase("sms.nobody-may")
    phone.writes("RET DURAN")
    assert phone.writes("DURUM") == phrase("sms.nobody-may"), "refused ones do not make it longer"
    phone.told(CINAR)
    phone.told(CINAR, "ARAMA")
    phone.told(ISIK)
    assert "2 marka SMS gonderebilir, 1 marka arama yapabilir. 1 marka reddedildi." in phone.writes("durum")


def test_the_state_of_one_brand(phone: Phone) -> None:
    phone.told(CINAR)
    assert phone.writes("DURUM CINAR").startswith("CINAR: SMS icin izin var, arama icin kayit yok.")
    phone.writes("RET CINAR HEPSI")
    assert phone.writes("DURUM", OWN).startswith("CINAR: SMS icin reddedildi, arama icin reddedildi.")
    phone.clock.forward(hours=2)
    assert phone.writes("YARDIM").startswith("RET ve marka adi:")


def asks(phone: Phone, brand: int, *channels: str) -> None:
    """The brand has been refused, and its company says that he allows these channels."""
    for channel in channels:
        phone.told(brand, channel)
    phone.clock.forward(hours=1)
    phone.writes(f"RET {brand} HEPSI")
    phone.clock.forward(days=40)
    for channel in channels:
        phone.told(brand, channel)


def test_what_waits_is_named_with_the_way_to_refuse_it(phone: Phone) -> None:
    assert phone.writes("BEKLIYOR") == phrase("sms.waiting.none")
    asks(phone, CINAR, "MESAJ")
    acts = phone.number_of("act")
    reply = phone.writes("BEKLIYOR")
    assert reply == (
        "CINAR SMS icin onayinizi bildirdi, karar sizde. Yazmazsaniz reddiniz gecerli. "
        "Reddetmek icin RET CINAR yazin, onay icin sitemize girin."
    )
    phone.allows(CINAR)
    assert "onay icin ONAY CINAR yazin." in phone.writes("bekliyor çınar")
    assert phone.writes("PENDING").startswith("CINAR says that you allow its SMS; you decide.")
    assert phone.writes("BEKLIYOR ISIK") == phone.writes("DURUM ISIK")
    assert phone.number_of("act") == acts, "asking decides nothing"
    assert phone.of(MEHMET).writes("BEKLIYOR") == phrase("sms.waiting.none")
    phone.writes("RET CINAR")
    assert phone.writes("BEKLIYOR") == phrase("sms.waiting.none")


def test_calls_and_several_brands_that_wait(phone: Phone) -> None:
    asks(phone, CINAR, "ARAMA")
    assert "Reddetmek icin RET CINAR ARAMA yazin" in phone.writes("BEKLIYOR")
    phone.told(ISIK)
    asks(phone, ISIK, "ARAMA", "MESAJ")
    assert phone.writes("BEKLIYOR").startswith("ISIK SMS ve arama onayinizi bildirdi"), "CINAR waited for 30 days"


def test_brands_that_wait_are_listed(phone: Phone) -> None:
    for brand in (CINAR, ISIK):
        phone.told(brand)
        phone.writes(f"RET {brand}")
    phone.clock.forward(days=40)
    for brand in (CINAR, ISIK):
        phone.told(brand)
    assert phone.writes("BEKLIYOR").startswith("2 marka sizden karar bekliyor: CINAR, ISIK. ")
    assert phone.writes("BEKLIYOR", OWN).startswith("CINAR SMS icin onayinizi bildirdi")
    assert phone.writes("BEKLIYOR ISIK").startswith("ISIK SMS icin onayinizi bildirdi")


def test_the_last_movements_of_a_brand(phone: Phone) -> None:
    assert phone.writes("GECMIS") == phrase("sms.history.which")
    assert phone.writes("GECMIS CINAR") == phrase("sms.history.none", M="CINAR")
    phone.told(CINAR)
    phone.clock.forward(days=1)
    phone.writes("RET CINAR HEPSI")
    assert phone.writes("geçmiş çınar") == (
        "CINAR, son hareketler: 25 Kasim 2026 SMS ve arama: reddettiniz; 24 Kasim 2026 SMS: sirkete gore onay."
    )
    undo = undo_digits(phone.writes("GERI AL"))
    phone.writes(f"GERI AL {undo}")
    assert "25 Kasim 2026 SMS ve arama: reddettiniz, geri alindi" in phone.writes("GECMIS", OWN)
    assert phone.of(MEHMET).writes("GECMIS CINAR") == phrase("sms.history.none", M="CINAR")


def test_a_company_that_asked_is_shown_as_asking(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.clock.forward(days=40)
    phone.told(CINAR)
    assert "SMS: sirkete gore onay, size soruldu" in phone.writes("GECMIS CINAR")


def test_a_new_holder_reads_nothing_of_the_last_one(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR")
    phone.clock.forward(days=1)
    who = register.person(phone.registry.keyring, phone.number)
    recipient = phone.registry.store.write_now(register.enrol, phone.registry.keyring, who)
    phone.registry.store.write_now(lambda t: new_holder.answer(t, recipient, new=True))
    assert phone.writes("GECMIS CINAR") == phrase("sms.history.none", M="CINAR")
    phone.writes("RET CINAR ARAMA")
    assert "25 Kasim 2026 arama: reddettiniz." in phone.writes("GECMIS CINAR")


# -- once for ever, and replies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["RET CINAR", "RET", "RET CINRA", "saçma", "ONAY CINAR", "GERI AL", "DURUM", "BEKLIYOR", "GECMIS CINAR"]
)
@pytest.mark.parametrize("post", [True, False])
def test_a_message_handed_over_again_changes_nothing_and_hears_the_first_answer(
    phone: Phone, text: str, post: bool
) -> None:
    phone.told(CINAR)
    phone.allows(CINAR)
    message = phone.message(text)
    first = phone.takes(message, post=post)
    tables = ("act", "consent_event", "inbound_message", "outbox", "sms_question", "throttle")
    before = [phone.number_of(table) for table in tables]
    phone.clock.forward(days=5)
    assert first is not None
    assert phone.takes(message, post=post) == first
    assert phone.takes(message._replace(text="RET HEPSI"), post=post) == first
    assert [phone.number_of(table) for table in tables] == before
    assert phone.number_of("outbox") == post


def test_the_same_name_at_another_carrier_is_another_message(phone: Phone) -> None:
    message = phone.message("RET CINAR")
    phone.takes(message)
    phone.takes(message._replace(carrier="twilio", text="RET ISIK"))
    assert set(phone.stands()) == {(CINAR, "MESAJ"), (ISIK, "MESAJ")}


@pytest.mark.parametrize("name", ["", "a\u0000b", "x" * 500, "ünlü"])
def test_a_carriers_odd_names_drop_no_message(phone: Phone, name: str) -> None:
    message = phone.message("RET CINAR", name=name)
    first = phone.takes(message)
    assert (phone.takes(message), phone.stands()) == (first, RET_CINAR)
    if not name:
        phone.takes(message._replace(text="RET ISIK"))
        assert (ISIK, "MESAJ") in phone.stands()


def test_replies_leave_through_the_outbox_only_where_asked(phone: Phone) -> None:
    phone.takes(phone.message("RET CINAR"), post=False)
    assert not phone.waits()
    phone.takes(phone.message("RET ISIK"), post=True)
    assert phone.waits()


@pytest.mark.parametrize("sender", ["5320000001", "05320000001", "905320000001", "+905320000001", "00905320000001"])
def test_the_sender_is_one_number_however_the_carrier_writes_it(phone: Phone, sender: str) -> None:
    phone.takes(phone.message("RET CINAR", sender=sender))
    assert phone.stands() == RET_CINAR


def test_a_foreign_number_without_its_plus_is_understood(phone: Phone) -> None:
    phone.takes(phone.message("RET CINAR", sender="4915123456789"))
    assert phone.of("+4915123456789").stands() == RET_CINAR


@pytest.mark.parametrize("sender", ["CINAR", "3838", "", "CINAR5320000001", "112"])
def test_who_has_no_number_is_not_answered_but_kept_for_a_person(phone: Phone, sender: str) -> None:
    assert phone.takes(phone.message("RET CINAR", sender=sender), post=True) is None
    assert (phone.number_of("act"), phone.number_of("outbox")) == (0, 0)
    assert len(phone.registry.store.read_now(inbound_messages.unclear, phone.registry.keyring)) == 1


def test_two_robots_do_not_talk_for_ever_and_refusals_are_never_limited(phone: Phone) -> None:
    answers = [phone.writes("Mesajınız alınmıştır.") for _ in range(9)]
    assert answers == [phrase("sms.unclear")] * 3 + [""] * 6
    assert phone.writes("RET BILINMEYEN") == phrase("sms.unknown-brand")  # a refusal is another matter
    asked = [phone.writes("DURUM") for _ in range(12)]
    assert [bool(answer) for answer in asked] == [True] * 9 + [False] * 3
    for _ in range(15):
        assert phone.writes("RET CINAR HEPSI")
        assert phone.writes("GERI AL")
    phone.clock.forward(hours=1)
    assert phone.writes("saçma") == phrase("sms.unclear")


def test_what_changes_something_is_answered_after_any_number_of_unchanged_replies(phone: Phone) -> None:
    """The question of an undo leads to a change: five a day go to a number, whatever else was answered."""
    phone.told(CINAR)
    assert phone.writes("RET CINAR")
    for _ in range(15):
        phone.writes("DURUM")
    assert phone.writes("DURUM") == ""
    for _ in range(5):
        asked = phone.writes("GERI AL")
    digits = re.search(r"GERI AL ([0-9]{6})", asked)
    assert digits, asked
    assert phone.writes("GERI AL") == "", "the sixth question is none"
    assert "geri alindi" in phone.writes(f"GERI AL {digits[1]}")
    assert phone.stands() == {(CINAR, "MESAJ"): "ONAY"}
    assert phone.writes("RET CINAR")
    assert phone.writes("DURUM") == ""


def test_a_code_can_be_sent_and_tried_whatever_was_refused(phone: Phone) -> None:
    for text in ("RET CINAR", "RET HEPSI", "123456", "saçma"):
        for _ in range(12):
            phone.writes(text)
    keyring = phone.registry.keyring
    for rule in (code_limits.may_send, code_limits.may_compare):
        assert phone.registry.store.write_now(rule, keyring, phone.settings, AYSE)


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_the_act_names_the_message_under_seal(phone: Phone) -> None:
    phone.takes(phone.message("RET CINAR çok rica ederim 🙏\ud83d"))
    ((sealed,),) = phone.rows("SELECT evidence FROM act")
    told = phone.registry.keyring.unseal_evidence(bytes(sealed))
    assert (told["carrier"], told["message"], told["to"]) == ("verimor", "m0", SHARED)
    assert told["text"] == "RET CINAR çok rica ederim 🙏?"


def test_digits_that_may_be_a_code_or_a_card_are_never_kept(phone: Phone) -> None:
    for text in ("123456", "048 213", "٤٨٢١٠٠", "5555 5555 5555 4444", "😡", "kodum 048213 kartım 5555-5555-5555-4444"):
        phone.writes(text)
    waiting = phone.registry.store.read_now(inbound_messages.unclear, phone.registry.keyring)
    assert [message.text for message in waiting] == ["😡", "kodum #### kartım ####"]
    assert phone.number_of("inbound_message") == 6


def test_texts_and_replies_are_forgotten_after_thirty_days_and_the_message_stays_known(phone: Phone) -> None:
    message = phone.message("saçma")
    phone.takes(message)
    phone.writes("RET CINAR")
    phone.clock.forward(days=29)
    forget(phone)
    assert phone.takes(message) == phrase("sms.unclear")
    phone.clock.forward(days=2)
    forget(phone)
    assert phone.rows("SELECT state, sealed, reply FROM inbound_message") == [("done", None, None)] * 2
    assert phone.takes(message) is None
    assert phone.number_of("inbound_message") == 2


def test_forgetting_reads_only_what_is_to_be_forgotten(light_phone: Phone) -> None:
    plan = light_phone.rows(
        "EXPLAIN QUERY PLAN SELECT id FROM inbound_message "
        "WHERE received_at < 1 AND (sealed IS NOT NULL OR reply IS NOT NULL) LIMIT 500"
    )
    assert "inbound_message_received_at" in str(plan)


def test_expired_questions_are_forgotten(phone: Phone) -> None:
    phone.writes("RET")
    phone.clock.forward(minutes=9)
    forget(phone)
    assert phone.number_of("sms_question") == 1
    phone.clock.forward(minutes=1)
    forget(phone)
    assert phone.number_of("sms_question") == 0


def test_nothing_of_a_message_is_read_in_the_database(phone: Phone) -> None:
    phone.takes(phone.message("saçma kanarya"), post=True)
    phone.takes(phone.message("RET kanarya CINAR"), post=True)
    shown = ""
    for table in ("inbound_message", "act", "outbox", "sms_question", "throttle"):
        rows = phone.rows(f"SELECT * FROM {table}")
        shown += repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])
    assert "kanarya" not in shown
    assert AYSE.lstrip("+") not in shown


def test_a_store_that_cannot_commit_acknowledges_nothing(light_phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise StoreUnavailable("no")

    message = light_phone.message("RET CINAR")
    with monkeypatch.context() as patch:
        patch.setattr("consents.store.Store.write", broken)
        with pytest.raises(StoreUnavailable):
            light_phone.takes(message)
    assert light_phone.number_of("inbound_message") == 0
    light_phone.takes(message)
    assert light_phone.stands() == RET_CINAR


def test_a_clock_set_back_records_nothing_so_the_carrier_tries_again(light_phone: Phone) -> None:
    light_phone.writes("RET CINAR")
    light_phone.allows(CINAR)
    light_phone.writes("GERI AL")
    light_phone.writes("RET CINAR")
    code = digits(light_phone.writes("ONAY CINAR"))
    light_phone.clock.now = NOON - 60_000_000
    message = light_phone.message(f"ONAY {code}")
    with pytest.raises(ClockBehind):
        light_phone.takes(message)
    light_phone.clock.now = NOON + 60_000_000
    assert "kaydedildi" in (light_phone.takes(message) or "")
