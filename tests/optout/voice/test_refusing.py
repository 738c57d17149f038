"""Refusing by telephone, from the first ring to the confirmation, on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import text

from consents.brands import book
from consents.people.recipients import phone
from consents.registry import Registry
from consents.store import Statement, StoreUnavailable
from consents.terms import Door, Source
from optout.phrases import phrase
from optout.voice import call_refusals as calls
from optout.voice.call_refusals import PhoneCall
from optout.voice.dialogue import BOTH, CallChoice, CallResult
from tests.optout.hooks.conftest import Post
from tests.optout.sms.conftest import CINAR, DURAN, ISIK, MEHMET, Phone
from tests.optout.voice.conftest import Dial
from tests.optout.voice.telephone import ABROAD, AYSE, LANDLINE
from trust import record_numbers

Texts = Callable[[], list[tuple[str, str]]]
Person = Callable[[str], Phone]
S12 = (
    "CINAR aramalari telefonla reddedildi. Kayit: 24.11.2026 12:00. Son gun: 27.11.2026. "
    "Siz yapmadiysaniz GERI AL yazin."
)
_ACT = Statement(text("SELECT door, evidence FROM act ORDER BY id DESC LIMIT 1"))
_SOURCES = Statement(text("SELECT DISTINCT source FROM consent_event WHERE act = (SELECT max(id) FROM act)"))


def aloud(number: str) -> str:
    """A record number as it is read out."""
    words = ["sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"]
    groups = (number[at : at + 4] for at in (0, 4, 8))
    return "; ".join(", ".join(words[int(digit)] for digit in group) for group in groups)


def test_calls_of_one_brand_are_refused_and_confirmed_by_sms(dial: Dial, person: Person, texts: Texts) -> None:
    person(AYSE).told(CINAR, "ARAMA")
    person(AYSE).told(CINAR)
    call = dial()
    assert call.heard.startswith("Merhaba. Burası İzin.")
    assert call.press(f"{CINAR}#").heard.startswith("Seçtiğiniz marka: Çınar. Yalnız aramaları reddetmek için bire")
    call.press("1")
    assert call.ended
    assert call.heard == (
        "Reddiniz kaydedildi. Aramalar en geç 27 Kasım Cuma günü durmalı; izni olmayan marka sizi hiç "
        "arayamaz. Birazdan SMS ile bildireceğiz."
    )
    assert person(AYSE).stands() == {(CINAR, "ARAMA"): "RET", (CINAR, "MESAJ"): "ONAY"}
    ((number, sms),) = texts()
    assert number == AYSE
    assert re.fullmatch(re.escape(S12) + r" Kayit no \d{12}\.", sms)


def test_what_was_pressed_is_the_evidence_of_the_act(dial: Dial, post: Post) -> None:
    call = dial().press(f"{CINAR}#").press("2")
    ((door, sealed),) = post.registry.store.read_now(lambda snapshot: snapshot.all(_ACT))
    evidence = post.registry.keyring.unseal_evidence(bytes(sealed))
    assert door == Door.VOICE.code
    assert (evidence["call"], evidence["keys"]) == (call.call, f"{CINAR}#2")
    assert post.registry.store.read_now(lambda snapshot: snapshot.all(_SOURCES)) == [(Source.IYS_CM.code,)]


def test_calls_and_sms_of_a_brand_without_a_record_are_refused_in_advance(
    dial: Dial, person: Person, texts: Texts
) -> None:
    dial().press(str(ISIK)).press("2")
    assert person(AYSE).stands() == {(ISIK, "ARAMA"): "RET", (ISIK, "MESAJ"): "RET"}
    assert texts()[0][1].startswith("ISIK SMS ve aramalari telefonla reddedildi. ")


@pytest.mark.parametrize(
    ("keys", "calls", "sms"),
    [((f"{CINAR}#", "3"), "RET", "RET"), (("*", "1"), "RET", "ONAY"), (("*", "3"), "RET", "RET")],
)
def test_all_brands_with_a_record_are_refused_and_no_other(
    dial: Dial, person: Person, texts: Texts, keys: tuple[str, str], calls: str, sms: str
) -> None:
    for brand in (CINAR, DURAN):
        person(AYSE).told(brand, "ARAMA")
        person(AYSE).told(brand)
    call = dial()
    for key in keys:
        call.press(key)
    assert call.ended
    assert call.heard.startswith("İsteğiniz yerine getirildi")
    assert person(AYSE).stands() == {
        (brand, channel): status for brand in (CINAR, DURAN) for channel, status in (("ARAMA", calls), ("MESAJ", sms))
    }
    assert texts()[0][1].startswith("Bu sistemdeki 2 markanin ")


def test_refusing_all_sounds_alike_whether_there_is_a_record_or_not(
    dial: Dial, post: Post, person: Person, texts: Texts
) -> None:
    unknown = dial().press("*").press("3")
    person(AYSE).told(CINAR)
    known, refused = dial().press("*").press("3"), dial().press("*").press("3")
    assert unknown.heard == known.heard == refused.heard
    assert texts()[0][1] == phrase("sms.nobody-may")
    assert [told.partition(" markanin ")[2].partition(",")[0] for _, told in texts()][1:] == [
        "SMS ve aramalari telefonla reddedildi. 24.11.2026 12:00. Son gun: 27.11.2026. "
        f"Siz yapmadiysaniz GERI AL yazin. No {record_numbers.of_act(post.registry.keyring, 2)}",
        "SMS ve aramalari daha once reddedilmis",
    ]


def test_a_landline_learns_nothing_either_by_refusing_all(dial: Dial, person: Person) -> None:
    def shape(heard: str) -> str:
        return heard.partition("kayıt numaranızı okuyorum: ")[0] + heard.partition(". Aramalar en geç")[2]

    unknown = dial(LANDLINE).press("*").press("3")
    person(LANDLINE).told(CINAR, "ARAMA")
    known = dial(LANDLINE).press("*").press("3")
    assert shape(unknown.heard) == shape(known.heard)
    assert "kayıt numaranızı okuyorum" in unknown.heard


def test_a_second_refusal_of_the_same_brand_hears_that_the_first_stands(dial: Dial, texts: Texts) -> None:
    dial().press(f"{CINAR}#").press("2")
    call = dial().press(f"{CINAR}#").press("1")
    assert (call.heard, call.ended) == ("Bu markayı daha önce reddetmişsiniz. Kaydınız geçerli.", True)
    assert len(texts()) == 1


def test_what_is_said_in_a_call_tells_no_record_and_the_sms_says_what_is_so(
    dial: Dial, person: Person, texts: Texts
) -> None:
    """Whoever forges a number hears the same; its holder reads a last day only where the brand could call."""
    unknown = dial().press(f"{CINAR}#").press("1")
    person(MEHMET).told(CINAR, "ARAMA")
    known = dial(MEHMET).press(f"{CINAR}#").press("1")
    assert unknown.heard == known.heard
    assert ["Sizi arayamaz." in text for _, text in texts()] == [True, False]
    assert ["Son gun" in text for _, text in texts()] == [False, True]


def test_geri_al_by_sms_takes_the_call_back(dial: Dial, person: Person) -> None:
    person(AYSE).told(CINAR, "ARAMA")
    dial().press(f"{CINAR}#").press("1")
    ayse = person(AYSE)
    asked = ayse.writes("GERI AL")
    assert ayse.stands() == {(CINAR, "ARAMA"): "RET"}, "a caller and a sender can be forged"
    digits = re.findall(r"GERI AL ([0-9]{6}) yazin", asked)
    assert "geri alindi" in ayse.writes(f"GERI AL {digits[0]}")
    assert person(AYSE).stands() == {(CINAR, "ARAMA"): "ONAY"}


def test_digits_that_were_asked_for_one_act_take_back_no_other(dial: Dial, person: Person) -> None:
    ayse = person(AYSE)
    for brand in (CINAR, ISIK):
        ayse.told(brand, "ARAMA")
    dial().press(f"{CINAR}#").press("1")
    digits = re.findall(r"GERI AL ([0-9]{6}) yazin", ayse.writes("GERI AL"))
    dial().press(f"{ISIK}#").press("1")
    assert ayse.writes(f"GERI AL {digits[0]}") == phrase("sms.undo.not-done")
    assert set(ayse.stands().values()) == {"RET"}


@pytest.mark.parametrize("number", [LANDLINE, "+908500000000", ABROAD])
def test_a_line_without_sms_hears_a_record_number_as_often_as_it_likes(
    dial: Dial, post: Post, texts: Texts, number: str
) -> None:
    call = dial(number).press(f"{CINAR}#").press("1")
    spoken = aloud(record_numbers.of_act(post.registry.keyring, 1))
    why = "Yurt dışı numaralarına SMS göndermediğimiz" if number == ABROAD else "Bu hatta SMS gelmediği"
    assert call.heard == (
        f"Reddiniz kaydedildi. {why} için kayıt numaranızı okuyorum: {spoken}. "
        "Aramalar en geç 27 Kasım Cuma günü durmalı; izni olmayan marka sizi hiç arayamaz. "
        "Tekrar dinlemek için bire basın."
    )
    once = call.press("1").heard
    assert f"kayıt numaranızı okuyorum: {spoken}." in once
    assert call.press("1").heard == once
    assert (call.press("").heard, call.ended) == ("İyi günler.", True)
    assert texts() == []
    assert post.count("act") == 1


def test_a_record_number_leads_to_the_call_and_its_act(dial: Dial, post: Post) -> None:
    call = dial(LANDLINE).press(f"{CINAR}#").press("1")
    every = dial(LANDLINE).press("*").press("1")
    keyring, find = post.registry.keyring, partial(post.registry.store.read_now, calls.find, post.registry.keyring)
    found = find(record_numbers.of_act(keyring, 1))
    assert found is not None
    assert (found.call, found.at, found.act) == (call.call, post.clock.now, 1)
    assert aloud(record_numbers.of_call(keyring, 2)) in every.heard
    found = find(record_numbers.of_call(keyring, 2))
    assert found is not None
    assert (found.call, found.at) == (every.call, post.clock.now)
    assert find(record_numbers.of_act(keyring, 2)) is None
    assert find(record_numbers.of_call(keyring, 3)) is None
    assert find("12") is None


def test_a_repeated_webhook_changes_nothing_and_is_answered_alike(dial: Dial, post: Post, texts: Texts) -> None:
    call = dial()
    for keys in (f"{CINAR}#", "2"):
        assert call.again().content == call.answers[-1].content
        call.press(keys)
    for _ in range(3):
        post.clock.forward(minutes=1)
        assert call.again().content == call.answers[-1].content
    assert (post.count("act"), post.count("consent_event"), len(texts())) == (1, 4, 1)


def test_a_repetition_after_the_answer_was_forgotten_still_changes_nothing(dial: Dial, post: Post) -> None:
    call = dial().press(f"{CINAR}#").press("2")
    post.registry.store.write_now(
        lambda transaction: transaction.run(Statement(text("UPDATE inbound_message SET reply = NULL")))
    )
    assert "Kaydınız geçerli" in call.again().text
    assert post.count("act") == 1


def test_the_same_step_at_the_same_moment_records_once(post: Post) -> None:
    registry: Registry = post.registry
    brand = registry.store.read_now(book.read).by_code[CINAR]
    call = PhoneCall("CA" + "1" * 32, "what", phone(AYSE), "+905320000000", "600101#2")

    async def at_once() -> list[CallResult]:
        choice = CallChoice(brand, BOTH)
        return list(
            await asyncio.gather(*(registry.store.write(calls.refuse, registry, call, choice) for _ in "12345"))
        )

    assert len(set(asyncio.run(at_once()))) == 1
    assert (post.count("act"), post.count("inbound_message")) == (1, 1)


@pytest.mark.parametrize("keys", [(), ("",), (f"{CINAR}#",), (f"{CINAR}#", ""), ("*",), ("*", ""), ("9", "*")])
def test_hanging_up_before_the_choice_records_nothing(dial: Dial, post: Post, keys: tuple[str, ...]) -> None:
    call = dial()
    for key in keys:
        call.press(key)
    assert not call.ended
    assert [post.count(table) for table in ("act", "recipient", "inbound_message", "outbox")] == [0, 0, 0, 0]


def test_hanging_up_after_the_choice_leaves_the_refusal(dial: Dial, person: Person) -> None:
    dial(LANDLINE).press(f"{CINAR}#").press("1")
    assert person(LANDLINE).stands() == {(CINAR, "ARAMA"): "RET"}


def test_a_store_that_cannot_commit_is_told_to_the_caller(
    dial: Dial, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise StoreUnavailable("disk full")

    call = dial().press(f"{CINAR}#")
    with monkeypatch.context() as patch:
        patch.setattr("consents.store.Store.write", broken)
        call.press("1")
    assert call.ended
    assert call.heard == (
        "Şu anda kaydedemiyoruz. Reddiniz kaydedilmedi. Lütfen birkaç dakika sonra yeniden arayın ya da RET yazıp "
        "3 8 3 8 numarasına gönderin."
    )
    assert post.count("act") == 0
    assert "kaydedildi" in call.again().text, "Twilio's next try"
    assert post.count("act") == 1


def test_a_number_that_changes_nothing_gets_no_more_than_ten_sms_an_hour(dial: Dial, texts: Texts) -> None:
    for _ in range(12):
        dial().press("*").press("3")
    assert len(texts()) == calls.REPLIES == 10
    dial().press(f"{CINAR}#").press("1")
    assert len(texts()) == 11, "that something was recorded is always told"


# -- brands that come later --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("*", "4"), (f"{CINAR}#", "4")])
def test_all_and_new_brands_are_refused_and_one_sms_takes_both_back(
    dial: Dial, post: Post, person: Person, texts: Texts, keys: tuple[str, str]
) -> None:
    ayse = person(AYSE)
    ayse.told(CINAR)
    call = dial().press(keys[0]).press(keys[1])
    assert call.ended
    assert call.heard.startswith("İsteğiniz yerine getirildi: bu sistemde numaranız için kaydı olan bütün markalar")
    assert "yeni markalar da sizi arayamaz" in call.heard
    assert texts()[0][1].startswith("Telefonla 1 marka reddedildi, yenilere kapali (SMS ve arama). 24.11.2026 12:00.")
    assert (post.count("act"), post.count("blanket_word")) == (2 + 1, 4)  # with the company's own
    ayse.told(ISIK)
    assert ayse.stands()[ISIK, "MESAJ"] == "RET"
    found = re.findall(r"GERI AL ([0-9]{6}) yazin", ayse.writes("GERI AL"))
    assert ayse.writes(f"GERI AL {found[0]}").startswith("Yeni markalara yeniden aciksiniz, simdi 2 marka yazabilir.")
    assert ayse.stands() == {(CINAR, "MESAJ"): "ONAY", (ISIK, "MESAJ"): "ONAY"}


def test_new_brands_sound_alike_whether_there_is_a_record_or_not(dial: Dial, person: Person, texts: Texts) -> None:
    unknown = dial().press("*").press("4")
    again = dial().press("*").press("4")
    person(MEHMET).told(CINAR, "ARAMA")
    known = dial(MEHMET).press("*").press("4")
    assert unknown.heard == again.heard == known.heard
    assert [text.partition(" (SMS ve arama)")[0] for _, text in texts()] == [
        "Telefonla yeni markalara kapandiniz",
        "Yeni markalara daha once kapanmissiniz",
        "Telefonla 1 marka reddedildi, yenilere kapali",
    ]


def test_no_key_opens_again(dial: Dial, post: Post) -> None:
    dial().press("*").press("4")
    for first in ("*", f"{CINAR}#"):
        for key in "0123456789*#":
            dial().press(first).press(key)
    refusing = Statement(text("SELECT count(*) FROM blanket_word WHERE NOT refuses"))
    assert post.registry.store.read_now(lambda snapshot: snapshot.all(refusing)) == [(0,)]
