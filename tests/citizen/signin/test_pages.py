"""The pages of sign-in: what they say for what was typed, and what they never say."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable

import httpx2
import pytest

from consents.people import register
from consents.registry import Registry
from gateways.outbox import outbox
from izin import jobs
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, MAIL, MEHMET, NO_CODE, WRONG, Browser
from tests.conftest import Clock
from tests.web.client import Sheet, refused_for


def read(answer: httpx2.Response) -> str:
    """The words of a page, blanks collapsed."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u2011", "-").split())


def field(answer: httpx2.Response, name: str) -> dict[str, str]:
    return next(given for given in Sheet(answer.text).all("input") if given.get("name") == name)


@pytest.mark.parametrize("typed", ["0532 000 00 01", "+90 532 000 00 01", "5320000001", " 0090 532 000 0001 "])
def test_a_mobile_number_gets_its_code_by_sms_however_it_is_written(desk: Open, typed: str) -> None:
    one = desk().browser()
    answer = one.ask(typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/giris/kod")
    assert (one.desk.sent[-1]["kind"], one.desk.sent[-1]["to"]) == ("sms", AYSE)
    page = one.get("/giris/kod")
    assert "Kodun geleceği cep telefonu: +90 532 ••• •• 01" in read(page)
    assert "5320000001" not in page.text
    assert one.type(one.desk.code).headers["location"] == "/izinler"
    assert one.signed_in


@pytest.mark.parametrize("typed", ["'" * 14_000, "x" * 319 + "'" * 50, "@" * 319 + "<" * 20_000])
def test_of_what_is_too_long_for_an_address_the_page_shows_the_beginning(desk: Open, typed: str) -> None:
    answer = desk().browser().post("/giris", data={"address": typed}, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 422
    assert answer.headers["content-encoding"] == "gzip"
    assert field(answer, "address")["value"] == typed[:320]


def test_sign_in_works_on_both_databases(desk: Open, registry: Registry, clock: Clock) -> None:
    one = desk(registry).browser().sign_in().add(MAIL)
    assert one.signed_in
    one.post("/cikis/hepsi")
    assert not one.signed_in
    clock.forward(minutes=2)
    one.ask()
    refused_for(lock_out(one), 422, "Giriş bir süre kapalı")
    asyncio.run(jobs._sweep(registry, one.desk.settings))


def test_an_email_gets_its_code_by_mail(desk: Open) -> None:
    one = desk().browser()
    assert one.ask(" Ayse@Example.com ").headers["location"] == "/giris/kod"
    sent = one.desk.sent[-1]
    assert (sent["kind"], sent["to"], sent["subject"]) == ("mail", MAIL, f"İzin giriş kodunuz: {one.desk.code}")
    assert "Kodun geleceği e-posta: a•••@e•••.com" in read(one.get("/giris/kod"))
    assert "istenmeyen e-posta klasörüne bakın" in read(one.get("/giris/kod"))


def test_english_readers_get_english_pages_and_messages(desk: Open) -> None:
    one = desk().browser()
    answer = one.post("/giris?lang=en", data={"address": AYSE})
    assert answer.headers["location"] == "/giris/kod?lang=en"
    assert one.desk.sent[-1]["text"].startswith("Izin sign-in code: ")
    page = one.get("/giris/kod?lang=en")
    assert "Enter the code you received" in read(page)
    assert one.post("/giris/kod?lang=en", data={"code": one.desk.code}).headers["location"] == "/izinler?lang=en"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Cep telefonu numaranızı veya e-postanızı yazın."),
        ("0212 000 00 00", "Bu bir sabit hat."),
        ("444 0 123", "Bu bir şirket numarası"),
        ("0850 000 00 00", "Bu bir şirket numarası"),
        ("0900 123 45 67", "Bu ücretli bir servis numarası."),
        (
            "+49 1511 2345678",
            "Bu ülkenin numaralarına kod gönderemiyoruz; bu numaranın izinlerini burada gösteremeyiz.",
        ),
        ("0532 000", "Bu numaranın rakamları eksik."),
        ("0532 000 00 011", "Bu numaranın rakamları eksik ya da fazla."),
        ("0532 *** ** 01", "Numaranın bütün rakamlarını yazın."),
        ("ayşe@example.com", "E-postada ç, ğ, ı, ö, ş, ü gibi harfler olamaz."),
        ("ay se@example.com", "E-postada boşluk olamaz."),
        ("ayse@", "Bunu numara ya da e-posta olarak okuyamadık."),
        ("merhaba", "Bunu numara ya da e-posta olarak okuyamadık."),
        ("<script>alert(1)</script>", "Bunu numara ya da e-posta olarak okuyamadık."),
    ],
)
def test_what_gets_no_code_is_told_at_once_and_can_be_put_right(desk: Open, typed: str, told: str) -> None:
    one = desk(OPTOUT_NUMBER="3838", KVKK_CONTACT="kvkk@izin.example").browser()
    answer = one.ask(typed)
    assert answer.status_code == 422
    assert told in read(answer)
    given = field(answer, "address")
    assert (given["value"], given["aria-invalid"]) == (typed, "true")
    without = "Bu numara için ne yapabilirsiniz?" if "izinlerini burada" in read(answer) else "Giriş yapmadan da"
    assert without in read(answer)
    assert one.desk.sent == []
    assert "set-cookie" not in answer.headers


ALL_DOORS = {
    "OPTOUT_NUMBER": "+908500000000",
    "KVKK_CONTACT": "kvkk@izin.example",
    "VOICE_GATEWAY": "twilio://AC0:token@api.twilio.com?from=+902120000009",
}
NOT_ITS_OWN = (
    "Cep telefonunuzu veya e-postanızı yazarsanız yalnız onun izinlerini görürsünüz, bu numaranınkileri değil."
)
BY_SMS = "Bu numaradan RET ve size SMS gönderenin adını yazın, +90 850 000 00 00 numarasına gönderin."
BY_CALL = "Bu numaradan +90 212 000 00 09 numarasını arayın"
BY_LINK = "Size gelen reklam mesajındaki ret bağlantısını açın"
BY_LETTER = "Bu numaranın izinleri için bize yazın: kvkk@izin.example"


@pytest.mark.parametrize(
    ("typed", "doors"),
    [
        ("+49 1511 2345678", {BY_SMS, BY_CALL, BY_LINK, BY_LETTER}),
        ("+49 30 1234567", {BY_CALL, BY_LETTER}),
        ("444 0 123", {BY_CALL, BY_LETTER}),
        ("0900 123 45 67", {BY_LETTER}),
    ],
)
@pytest.mark.parametrize("adding", [False, True])
def test_a_number_without_codes_is_shown_its_own_doors(desk: Open, typed: str, doors: set[str], adding: bool) -> None:
    one = desk(**ALL_DOORS).browser()
    if adding:
        one.sign_in()
    page = read(one.ask(typed, "/giris/ekle" if adding else "/giris"))
    assert {door for door in (BY_SMS, BY_CALL, BY_LINK, BY_LETTER) if door in page} == doors
    assert NOT_ITS_OWN in page
    assert "yazarak girebilirsiniz" not in page


def test_a_foreign_landline_where_its_country_has_codes_is_shown_its_doors(desk: Open) -> None:
    page = read(desk(COUNTRIES="TR,DE", **ALL_DOORS).browser().ask("+49 30 1234567"))
    assert {door for door in (BY_SMS, BY_CALL, BY_LINK, BY_LETTER) if door in page} == {BY_CALL, BY_LETTER}


def test_a_landline_whose_code_cannot_be_read_aloud_is_shown_its_doors(desk: Open) -> None:
    gateway = "twilio://AC0:token@api.twilio.com?from=+902120000009"
    env = {"OPTOUT_NUMBER": "+902120000009", "KVKK_CONTACT": "kvkk@izin.example", "SMS_GATEWAY": gateway}
    page = read(desk(**env).browser().ask("0212 000 00 00"))
    assert {door for door in (BY_SMS, BY_CALL, BY_LINK, BY_LETTER) if door in page} == {BY_CALL, BY_LETTER}
    assert "SMS gönderenin adını yazın" not in page, "a landline sends no SMS"
    assert NOT_ITS_OWN in page


def test_a_short_number_is_not_told_to_who_is_abroad(desk: Open) -> None:
    page = read(desk(OPTOUT_NUMBER="3838").browser().ask("+49 1511 2345678"))
    assert "3838" not in page
    assert BY_LINK in page


def test_where_no_door_takes_a_landline_the_caller_does(desk: Open) -> None:
    page = read(desk(OPTOUT_NUMBER="3838").browser().ask("0212 000 00 00"))
    assert "Giriş yapmadan da reddedebilirsiniz" not in page
    assert BY_LINK not in page, "nothing is sent to a landline"
    assert "Sizi arayan şirkete aranmak istemediğinizi söyleyin" in page


def test_english_readers_are_told_the_same(desk: Open) -> None:
    one = desk(**ALL_DOORS).browser()
    page = read(one.post("/giris?lang=en", data={"address": "+49 1511 2345678"}))
    assert "We cannot send codes to numbers of this country, so we cannot show this number's permissions here." in page
    assert "you see the permissions of that one only, not of this number" in page
    assert "From this number, text RET and the sender's name to +90 850 000 00 00." in page


def test_countries_are_a_setting(desk: Open) -> None:
    one = desk(COUNTRIES="TR,DE").browser()
    assert one.ask("+49 1511 2345678").status_code == 303
    assert one.desk.sent[-1]["to"] == "+4915112345678"
    assert "Bu numaraya SMS gelmediği için" in read(one.ask("+49 30 1234567"))


@pytest.mark.parametrize("given", [{}, {"address": [AYSE, MEHMET]}, {"other": AYSE}])
def test_a_form_without_one_address_is_asked_again(desk: Open, given: dict[str, object]) -> None:
    refused_for(desk().browser().post("/giris", data=given), 422, "Cep telefonu numaranızı veya e-postanızı yazın.")


def test_the_code_field_fills_itself_and_takes_a_pasted_message(desk: Open) -> None:
    one = desk().browser()
    one.ask()
    given = field(one.get("/giris/kod"), "code")
    assert (given["autocomplete"], given["inputmode"]) == ("one-time-code", "numeric")
    assert "maxlength" not in given
    assert one.type(one.desk.sent[-1]["text"]).status_code == 303


def test_a_wrong_code_tells_how_many_tries_are_left_and_no_code_costs_none(desk: Open) -> None:
    one = desk().browser()
    one.ask()
    for left in (4, 3):
        answer = one.type(one.desk.other)
        assert answer.status_code == 422
        assert f"Kod yanlış. Mesajdaki 6 rakamı yeniden yazın. Kalan deneme: {left}" in read(answer)
    for typed in ("12345", "", "O48213"):
        answer = one.type(typed)
        assert (answer.status_code, "Kod 6 rakamdan oluşur." in read(answer)) == (422, True)
    refused_for(one.post("/giris/kod", data={"code": [one.desk.code, "000000"]}), 422, "Kod 6 rakamdan oluşur.")
    refused_for(one.post("/giris/kod", json={"code": one.desk.code}), 422, "Kod 6 rakamdan oluşur.")
    assert one.type(one.desk.code).status_code == 303


def test_an_old_code_is_told_from_a_wrong_one(desk: Open, clock: Clock) -> None:
    one = desk().browser()
    one.ask()
    first = one.desk.code
    clock.forward(seconds=60)
    assert one.again().headers["location"] == "/giris/kod"
    assert "Yeni kod istediniz (saat 12:01)." in read(one.get("/giris/kod"))
    assert "Bu, önceki mesajdaki kod." in read(one.type(first))
    clock.forward(minutes=10)
    assert "Kodun süresi doldu." in read(one.type(one.desk.code))


def test_without_script_the_page_says_when_a_new_code_may_be_asked_for(desk: Open, clock: Clock) -> None:
    one = desk().browser()
    one.ask()
    clock.forward(seconds=15)
    assert "45 saniye sonra yeni kod isteyebilirsiniz." in read(one.get("/giris/kod"))
    led = one.again()
    assert (led.status_code, led.headers["location"]) == (303, "/giris/kod?erken")
    answer = one.get(led.headers["location"])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "45")
    assert "Yeni kod için biraz bekleyin. Şu saatte isteyebilirsiniz: 12:01:00" in read(answer)
    assert len(one.desk.sent) == 1
    assert one.post("/giris/kod/yeniden?lang=en").headers["location"] == "/giris/kod?erken&lang=en"
    clock.forward(seconds=45)
    assert one.get("/giris/kod?erken").status_code == 200  # an old address in the bar
    assert "saniye sonra" not in read(one.get("/giris/kod"))
    assert one.again().status_code == 303
    assert len(one.desk.sent) == 2


def test_asking_twice_at_once_sends_one_code(desk: Open) -> None:
    one = desk().browser()
    assert [one.ask().status_code for _ in range(2)] == [303, 303]
    assert len(one.desk.sent) == 1
    assert one.type(one.desk.code).status_code == 303


def test_a_mistyped_number_is_changed_without_waiting(desk: Open) -> None:
    one = desk().browser()
    one.ask(MEHMET)
    assert one.ask(AYSE).status_code == 303
    assert [message["to"] for message in one.desk.sent] == [MEHMET, AYSE]
    assert one.type(one.desk.code).status_code == 303


def test_a_code_belongs_to_the_browser_that_asked(desk: Open) -> None:
    one = desk().browser()
    one.ask()
    other = one.desk.browser()
    answer = other.type(one.desk.code)
    assert answer.status_code == 422
    assert "Bu tarayıcıda istenmiş bir kod yok." in read(answer)
    assert other.get("/giris/kod").headers["location"] == "/giris"
    assert other.again().headers["location"] == "/giris"
    assert not other.signed_in
    assert one.type(one.desk.code).status_code == 303


def lock_out(one: Browser) -> httpx2.Response:
    for _ in range(5):
        answer = one.type(one.desk.other)
    return answer


def test_a_lock_is_told_to_the_browser_that_caused_it_and_to_no_other(desk: Open, clock: Clock) -> None:
    one = desk(OPTOUT_NUMBER="3838").browser()
    one.ask()
    answer = lock_out(one)
    assert answer.status_code == 422
    assert "Yeniden açılacağı saat: 12:10" in read(answer)
    assert "Reddetmek için beklemeniz gerekmez" in read(answer)
    assert "3838 numarasına gönderin" in read(answer)
    for page in (one.get("/giris/kod"), one.type(one.desk.code)):
        assert "Giriş bir süre kapalı" in read(page)
    assert one.ask().headers["location"] == "/giris/kod"
    assert one.again().headers["location"] == "/giris/kod"
    clock.forward(minutes=1)
    other = one.desk.browser()
    other.ask()
    assert "Giriş bir süre kapalı" not in read(other.get("/giris/kod"))


def test_a_days_lock_is_told_with_its_day(desk: Open, clock: Clock) -> None:
    one = desk().browser()
    for _ in range(2):
        one.ask()
        page = lock_out(one)
        clock.forward(minutes=10)
    assert "Yeniden açılacağı saat: 25 Kasım 2026 Çarşamba, 12:00" in read(page)


def test_the_address_locked_by_others_still_asks_for_a_code(desk: Open, clock: Clock) -> None:
    here = desk()
    attacker = here.browser()
    for _ in range(2):
        attacker.ask()
        lock_out(attacker)
        clock.forward(minutes=10)
    one = here.browser()
    sent = len(here.sent)
    assert one.ask().headers["location"] == "/giris/kod"
    assert "Giriş bir süre kapalı" not in read(one.get("/giris/kod"))
    assert "Kalan deneme: 4" in read(one.type(here.code))
    assert len(here.sent) == sent


def test_too_many_askings_from_one_ip_are_told(desk: Open) -> None:
    one = desk(CODES_SENT_PER_IP="2", OPTOUT_NUMBER="3838").browser()
    for number in range(2):
        assert one.ask(f"a{number}@example.com").status_code == 303
    answer = one.ask()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
    assert "ret bağlantısını açın" in read(answer), "links are not limited by it"
    assert "3838 numarasına gönderin" in read(answer)


def test_a_carrier_that_is_down_is_said_with_the_other_way(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk(OPTOUT_NUMBER="3838").browser()
    one.ask()
    assert "gönderemiyoruz" not in read(one.get("/giris"))
    monkeypatch.setattr(outbox, "down", lambda snapshot, kind, now: kind == "sms")
    for path in ("/giris", "/giris/kod"):
        assert "Şu anda SMS gönderemiyoruz. İsterseniz e-postanızla girin." in read(one.get(path))
    one.ask(MAIL)
    assert "gönderemiyoruz" not in read(one.get("/giris/kod"))
    monkeypatch.setattr(outbox, "down", lambda snapshot, kind, now: True)
    assert "Şu anda kod gönderemiyoruz." in read(one.get("/giris"))
    assert "Şu anda e-posta gönderemiyoruz. İsterseniz cep telefonunuzla girin." in read(one.get("/giris/kod"))


def test_one_more_address_is_proved_in_the_same_session(desk: Open) -> None:
    one = desk().browser().sign_in()
    before = one.cookies["sid"]
    assert "Hangi numarayı veya e-postayı ekleyelim?" in read(one.get("/giris/ekle"))
    assert one.ask(MAIL, "/giris/ekle").headers["location"] == "/giris/ekle/kod"
    assert "Kodun geleceği e-posta: a•••@e•••.com" in read(one.get("/giris/ekle/kod"))
    refused_for(one.type(one.desk.other, "/giris/ekle/kod"), 422, WRONG)
    added = one.type(one.desk.code, "/giris/ekle/kod").headers["location"]
    assert added == "/izinler?eklendi=1"
    assert "Eklendi Şimdi bunun izinlerini görüyorsunuz: a•••@e•••.com" in read(one.get(added))
    assert one.cookies["sid"] != before, "a new id with the new right"
    page = read(one.get("/izinler"))
    assert "Eklendi" not in page
    assert "a•••@e•••.com" in page
    assert "+90 532 ••• •• 01" in page


def test_a_code_of_one_purpose_serves_no_other(desk: Open) -> None:
    one = desk().browser().sign_in()
    one.ask(MAIL, "/giris/ekle")
    refused_for(one.type(one.desk.code, "/giris/kod"), 422, NO_CODE)
    one.ask("mehmet@example.com")
    refused_for(one.type(one.desk.code, "/giris/ekle/kod"), 422, WRONG)
    assert "mehmet" not in one.get("/izinler/kayit.json").text


@pytest.mark.parametrize("path", ["/giris/ekle", "/giris/ekle/kod"])
def test_adding_needs_a_session(desk: Open, path: str) -> None:
    one = desk().browser()
    assert one.get(path).headers["location"] == "/giris"
    assert one.post(path, data={"address": MAIL, "code": "000000"}).headers["location"] == "/giris"
    assert one.desk.sent == []


def test_an_erased_person_signs_in_like_any_other(desk: Open) -> None:
    here = desk()
    keyring, store = here.registry.keyring, here.registry.store
    who = register.person(keyring, AYSE)
    store.write_now(register.enrol, keyring, who)
    store.write_now(register.erase, keyring, who)
    one = here.browser().sign_in()
    assert one.get("/izinler").status_code == 200


def test_the_code_in_the_outbox_is_sealed(desk: Open, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from trust.codes import codes

    monkeypatch.setattr(codes, "make", lambda: "739204")
    one = desk().browser()
    one.ask()
    assert one.desk.code == "739204"
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"739204" not in stored
    assert b"giris kodu" not in stored


def test_no_log_line_names_an_address_a_code_or_a_cookie(desk: Open, written: Callable[[], str]) -> None:
    one = desk().browser()
    one.ask()
    one.type(one.desk.other)
    one.type(one.desk.code)
    logged = written()
    assert '"route": "/giris/kod"' in logged
    for secret in (AYSE, AYSE[3:], one.desk.code, one.desk.other, one.cookies["sid"]):
        assert secret not in logged


def test_leaving_asks_once_and_then_says_so(desk: Open) -> None:
    one = desk().browser().sign_in()
    assert "Çıkmak istiyor musunuz?" in read(one.get("/cikis"))
    assert one.signed_in, "a link alone signs nobody out"
    one.post("/cikis")
    assert "Çıkış yaptınız" in read(one.get("/cikis"))


def test_a_full_disk_acknowledges_nothing(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from consents.store import StoreUnavailable

    one = desk().browser()
    one.ask()
    code = one.desk.code

    async def refuse(*_: object) -> None:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(one.desk.registry.store, "write", refuse)
        for answer in (one.type(code), one.again(), one.desk.browser().ask()):
            assert answer.status_code == 503
    assert one.type(code).status_code == 303
