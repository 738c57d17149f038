"""The second visit without a code: a phone's passkey, what it may do, and all that ends it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from citizen.alerts import owner_notices
from citizen.signin import entry
from consents.instants import DAY, MINUTE, SECOND
from consents.languages import LANGUAGES, SMS_LETTERS
from settings import load
from tests.citizen.consents.town import CINAR, HTMX, Town, furnish, listed, text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, BY_TEXT, MEHMET, Browser, Desk
from tests.citizen.signin.test_sent_texts import send
from tests.conftest import NOON, SECRET, Clock, swept
from tests.panel.signin.soft_passkeys import SoftPasskey, plain
from tests.web.client import refused_for
from trust import passkey_store

PATH, ASK, TAKE = "/izinler/anahtar", "/giris/anahtar-sor", "/giris/anahtar"
URL = "http://izin.localhost:8000"
HOST = urlsplit(URL).hostname or ""
SMS = f"/izinler/{CINAR}/MESAJ/BIREYSEL"
AHEAD = "/izinler/bundan-sonrasi"
NEW_NUMBER = "Numaranız yeni mi?"
NOT_IN, LAPSED = "Bu telefonla girilemedi", "Kodsuz girişin süresi doldu"


@pytest.fixture
def here(desk: Open) -> Desk:
    opened = desk(
        SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", OPTOUT_NUMBER="3838", PUBLIC_URL=URL
    )
    opened.registry.store.write_now(furnish)
    told(opened)
    return opened


def told(desk: Desk) -> None:
    Town(desk.registry, None).told(AYSE, CINAR)  # type: ignore[arg-type]


def asked(browser: Browser, path: str) -> bytes:
    answer = browser.post(path)
    assert answer.headers["content-type"] == "application/json"
    return plain(json.loads(answer.text)["challenge"])


def made(browser: Browser, name: bytes = b"soft-passkey-1") -> SoftPasskey:
    """A passkey of this signed-in browser, saved."""
    key = SoftPasskey(HOST, URL, name)
    answer = browser.post(PATH, data={"answer": key.made(asked(browser, "/izinler/anahtar-sor"))})
    assert answer.headers["location"] == PATH
    return key


def enter(browser: Browser, key: SoftPasskey, **changed: object) -> httpx2.Response:
    return browser.post(TAKE, data={"answer": key.signed(asked(browser, ASK), **changed)})


def kept(desk: Desk, address: str = AYSE) -> int:
    registry = desk.registry
    return len(registry.store.read_now(passkey_store.of, registry.keyring, address))


def test_a_saved_phone_signs_in_without_a_code(here: Desk) -> None:
    key = made(here.browser().sign_in())
    sent = len(here.sent)
    browser = here.browser()
    assert enter(browser, key).headers["location"] == "/izinler"
    assert browser.signed_in
    assert "••• •• 01" in text(browser.get("/izinler").text)
    assert len(here.sent) == sent, "no code"


def test_a_year_of_ten_visits_needs_three_messages(here: Desk, clock: Clock) -> None:
    """The second code of the year renews the saved phone by itself, because it came in the same browser."""
    browser = here.browser().sign_in()
    key = made(browser)
    for _ in range(9):
        browser.post("/cikis")
        clock.now += 36 * DAY
        if LAPSED in text(enter(browser, key).text):
            browser.sign_in()
        assert browser.signed_in
    by_sms = [one["text"] for one in here.sent if one["kind"] == "sms"]
    assert len(by_sms) / 10 <= 0.3
    assert len(by_sms) == 3, "two codes and the notice of the saved phone"
    assert kept(here) == 1


def test_the_address_hears_of_it_and_how_to_end_it(here: Desk) -> None:
    browser = here.browser().sign_in()
    before = len(here.sent)
    made(browser)
    (notice,) = here.sent[before:]
    assert (notice["to"], notice["kind"]) == (AYSE, "sms")
    assert "ANAHTAR SON" in notice["text"]
    assert "3838" in notice["text"]


@pytest.mark.parametrize("number", ["3838", "+908501234567", ""])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_fits_one_sms(language: str, number: str) -> None:
    env = {"SECRET_KEY": SECRET, "SITE_NAME": "M" * 40, "PUBLIC_URL": URL}
    settings = load({**env, **({"OPTOUT_NUMBER": number} if number else {})})
    said = owner_notices.passkey_added(settings, language, NOON)
    assert said.isascii() or SMS_LETTERS[language] > 160
    assert len(said) <= SMS_LETTERS[language], (len(said), said)


def test_signing_out_names_the_saved_phone_and_removes_it(here: Desk) -> None:
    browser = here.browser().sign_in()
    key = made(browser)
    assert "çıkınca da kayıtlı kalır" in text(browser.get("/cikis").text)
    browser.post("/cikis")
    page = text(browser.get("/cikis").text)
    assert "Bu telefonda kayıtlı kaldı" in page
    assert "Bu telefondan sil" in page
    assert "bir şey kalmadı" not in page
    assert "Bu tarayıcıyı unut" not in page, "one button removes both"
    browser.post("/cikis", data={"unut": "1"})
    assert "Bu cihazda sizinle ilgili bir şey kalmadı" in text(browser.get("/cikis").text)
    assert kept(here) == 0
    refused_for(enter(browser, key), 422, NOT_IN)


def test_only_the_browser_that_saved_them_removes_them_so(here: Desk) -> None:
    made(here.browser().sign_in())
    other = here.browser().sign_in()
    other.post("/cikis")
    assert "Bu telefonda kayıtlı kaldı" not in text(other.get("/cikis").text)
    other.post("/cikis", data={"unut": "1"})
    assert kept(here) == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 14) Chrome/142.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("<script>alert(1)</script>" * 50, "1. cihaz"),
        ("", "1. cihaz"),
    ],
)
def test_a_saved_phone_is_named_by_its_browser_and_day_alone(here: Desk, agent: str, name: str) -> None:
    browser = here.browser()
    browser.headers["user-agent"] = agent
    made(browser.sign_in())
    page = browser.get(PATH).text
    assert f"<bdi>{name}</bdi>" in page
    assert f'aria-label="Sil: {name}, 24 Kasım 2026"' in page
    assert "alert(1)" not in page
    one = here.registry.store.read_now(passkey_store.of, here.registry.keyring, AYSE)[0]
    assert one.browser == ("" if name == "1. cihaz" else name), "no version, nothing of the text itself"


def test_where_no_notice_can_go_none_is_saved(desk: Open) -> None:
    here = desk(PUBLIC_URL=URL, SEND_GAP_SECONDS="0", CODES_SENT_BUDGET_SMS="1")
    browser = here.browser().sign_in()
    made(browser, b"one")
    key = SoftPasskey(HOST, URL, b"two")
    answer = browser.post(PATH, data={"answer": key.made(asked(browser, "/izinler/anahtar-sor"))})
    refused_for(answer, 422, "Bu cihaz kaydedilemedi.")
    assert kept(here) == 1


@pytest.mark.parametrize("body", ["ANAHTAR SON", "anahtarı sil!", "Kodsuz giriş son", "telefonum çalındı", "KEY END"])
def test_an_sms_ends_them_and_their_sessions(here: Desk, body: str) -> None:
    first = here.browser().sign_in()
    key = made(first)
    browser = here.browser()
    enter(browser, key)
    reply = send(here, body)
    assert reply is not None
    assert ("is off" if body == "KEY END" else "kapatildi") in reply
    assert not browser.signed_in
    refused_for(enter(here.browser(), key), 422, NOT_IN)
    assert first.signed_in, "a code began that one"


@pytest.mark.parametrize("body", ["ANAHTAR", "RET ANAHTAR", "ANAHTAR IPTAL", "ANAHTAR SON RET CINAR", "SON"])
def test_no_other_sms_ends_them(here: Desk, body: str) -> None:
    made(here.browser().sign_in())
    send(here, body)
    assert kept(here) == 1


def test_only_the_numbers_own_sms_ends_them(here: Desk) -> None:
    made(here.browser().sign_in())
    assert "kodsuz giris yok" in str(send(here, "ANAHTAR SON", MEHMET))
    assert kept(here) == 1


def test_the_page_removes_one_and_ends_its_sessions(here: Desk) -> None:
    first = here.browser().sign_in()
    one, two = made(first, b"one"), made(first, b"two")
    browser, other = here.browser(), here.browser()
    enter(browser, one)
    enter(other, two)
    name = passkey_store.digest_of(b"one").hex()[:16]
    assert f'value="{name}"' in first.get(PATH).text
    assert first.post(f"{PATH}/sil", data={"key": name}).headers["location"] == PATH
    assert not browser.signed_in
    assert other.signed_in
    assert other.post(f"{PATH}/sil", data={"key": name}).status_code == 303, "gone already"


def test_nobody_removes_anothers(here: Desk) -> None:
    first = here.browser().sign_in()
    made(first)
    (name,) = re.findall(r'name="key" value="([0-9a-f]{16})"', first.get(PATH).text)
    here.browser().sign_in(MEHMET).post(f"{PATH}/sil", data={"key": name})
    assert kept(here) == 1


def test_a_new_holder_ends_them(here: Desk) -> None:
    key = made(here.browser().sign_in())
    here.browser().sign_in().post("/izinler/yeni-numara", data={"new": "1"})
    refused_for(enter(here.browser(), key), 422, NOT_IN)


def test_its_use_does_not_hide_a_new_holder(here: Desk, clock: Clock) -> None:
    """The last holder's phone signs in until the half year is over; the number is the next one's by then."""
    key = made(here.browser().sign_in())
    clock.now += 175 * DAY
    browser = here.browser()
    enter(browser, key)
    assert "Önceki girişiniz: 24 Kasım 2026" in text(browser.get("/izinler").text)
    assert NEW_NUMBER not in text(browser.get("/izinler").text), "this phone was here before"
    for answer in ("0", "1", "all"):
        refused_for(browser.post("/izinler/yeni-numara", data={"new": answer}), 403, BY_TEXT)
    browser.post("/cikis")
    browser.post("/izinler/yeni-numara", data={"new": "1"})
    enter(browser, key)
    assert listed(browser.get("/izinler").text) == {CINAR: "open"}, "a kept press waits for a code too"
    clock.now += 29 * DAY
    swept(here.registry.store, "sign_in")
    assert NEW_NUMBER in text(here.browser().sign_in().get("/izinler").text)


def test_an_erasure_and_leaving_everywhere_end_them(here: Desk) -> None:
    browser = here.browser().sign_in()
    made(browser, b"one")
    browser.post("/cikis/hepsi")
    assert kept(here) == 0
    made(here.browser().sign_in(), b"two")
    here.registry.store.write_now(entry.forget, here.registry.keyring, AYSE)
    assert kept(here) == 0


def test_it_lapses_and_a_code_elsewhere_does_not_renew_it(here: Desk, clock: Clock) -> None:
    """The next holder of a number signs in by code in another browser: the last one's phone stays out."""
    owner = here.browser().sign_in()
    key = made(owner)
    clock.now += 179 * DAY
    assert enter(here.browser(), key).status_code == 303
    clock.now += 2 * DAY
    refused_for(enter(here.browser(), key), 422, LAPSED)
    here.browser().sign_in()
    refused_for(enter(here.browser(), key), 422, LAPSED)
    owner.sign_in()
    assert enter(here.browser(), key).status_code == 303


def test_what_it_may_not_do(here: Desk) -> None:
    key = made(here.browser().sign_in())
    browser = here.browser()
    enter(browser, key)
    assert browser.post(SMS, data={"status": "RET"}, headers=HTMX).status_code == 200
    refused_for(browser.post(SMS, data={"status": "ONAY"}), 403, BY_TEXT)
    refused_for(browser.post("/izinler/haber", data={"shown": "x"}), 403, BY_TEXT)
    refused_for(browser.post("/izinler/verilerim/sil", data={"n": "x"}), 403, BY_TEXT)
    refused_for(browser.post("/izinler/anahtar-sor"), 403, BY_TEXT)
    refused_for(browser.post(PATH, data={"answer": "{}"}), 403, BY_TEXT)
    assert "Kodsuz girdiniz" in text(browser.get(PATH).text)


def test_it_takes_a_standing_refusal_and_ends_none(here: Desk) -> None:
    way, reopens = {"way": "MESAJ-BIREYSEL"}, "Yeni markalara aç"
    first = here.browser().sign_in()
    key = made(first)
    browser = here.browser()
    enter(browser, key)
    assert browser.post(AHEAD, data=way).status_code == 303
    refused_for(browser.post(AHEAD, data={**way, "end": "1"}), 403, BY_TEXT)
    page = text(browser.get(AHEAD).text)
    assert "Yeniden açmak için size gelen kodla girin." in page
    assert reopens not in page
    assert reopens in text(first.get(AHEAD).text)
    assert first.post(AHEAD, data={**way, "end": "1"}).status_code == 303
    assert reopens not in text(first.get(AHEAD).text)


def test_a_number_added_to_its_session_gives_it_no_more(here: Desk) -> None:
    key = made(here.browser().sign_in())
    browser = here.browser()
    enter(browser, key)
    browser.add(MEHMET)
    refused_for(browser.post(SMS, data={"status": "ONAY"}), 403, BY_TEXT)
    refused_for(browser.post("/izinler/anahtar-sor"), 403, BY_TEXT)


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://izin.localhost.evil.example"},
        {"host": "evil.example"},
        {"flags": 0x01},  # nobody was verified
        {"tampered": True},
        {"credential": b"another"},
        {"type": "webauthn.create"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_no_other_answer_signs_in(here: Desk, changed: dict[str, object]) -> None:
    key = made(here.browser().sign_in())
    browser = here.browser()
    refused_for(enter(browser, key, **changed), 422, NOT_IN)
    assert browser.get("/izinler").headers["location"] == "/giris"


def test_an_answer_is_good_once_and_for_five_minutes(here: Desk, clock: Clock) -> None:
    key = made(here.browser().sign_in())
    answer = key.signed(asked(here.browser(), ASK), counter=0)
    assert here.browser().post(TAKE, data={"answer": answer}).status_code == 303
    refused_for(here.browser().post(TAKE, data={"answer": answer}), 422, NOT_IN)
    late = key.signed(asked(here.browser(), ASK))
    clock.now += 5 * MINUTE + SECOND
    refused_for(here.browser().post(TAKE, data={"answer": late}), 422, NOT_IN)
    refused_for(here.browser().post(TAKE, data={"answer": key.signed(b"\0" * 40)}), 422, NOT_IN)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "x" * 30_000, '{"response": {"clientDataJSON": "e30"}}'])
def test_what_is_no_answer_signs_nobody_in(here: Desk, answer: str) -> None:
    refused_for(here.browser().post(TAKE, data={"answer": answer}), 422, NOT_IN)


def test_a_challenge_of_one_session_makes_none_in_another(here: Desk) -> None:
    challenge = asked(here.browser().sign_in(), "/izinler/anahtar-sor")
    other = here.browser().sign_in(MEHMET)
    answer = SoftPasskey(HOST, URL).made(challenge)
    refused_for(other.post(PATH, data={"answer": answer}), 422, "Bu cihaz kaydedilemedi.")


def test_an_address_has_five_at_most(here: Desk) -> None:
    browser = here.browser().sign_in()
    for number in range(passkey_store.MOST):
        made(browser, b"key %d" % number)
    key = SoftPasskey(HOST, URL, b"one more")
    answer = browser.post(PATH, data={"answer": key.made(asked(browser, "/izinler/anahtar-sor"))})
    refused_for(answer, 422, "Bu cihaz kaydedilemedi.")
    assert kept(here) == passkey_store.MOST


def test_a_site_without_them_offers_and_takes_none(desk: Open) -> None:
    here = desk(PUBLIC_URL=URL, PASSKEY_DAYS="0")
    browser = here.browser().sign_in()
    assert "passkey.js" not in here.browser().get("/giris").text
    assert browser.post(ASK).status_code == 404
    assert browser.post("/izinler/anahtar-sor").status_code == 404
    assert "Bu numara için kodsuz giriş yok." in text(browser.get(PATH).text)


def test_a_passkey_forgives_no_wrong_codes(here: Desk) -> None:
    key = made(here.browser().sign_in())
    stranger = here.browser()
    stranger.ask(AYSE)
    for _ in range(5):
        stranger.type(here.other)
    enter(here.browser(), key)
    assert "Giriş bir süre kapalı" in text(stranger.get("/giris/kod").text)


def test_it_is_offered_in_the_menu_and_after_a_refusal_of_all_until_there_is_one(here: Desk) -> None:
    browser = here.browser().sign_in()
    assert PATH in browser.get("/izinler").text
    result = browser.post("/izinler/reddet", data={"scope": "all"}).headers["location"]
    assert "Bir dahaki sefere SMS beklemeden girin" in text(browser.get(result).text)
    made(browser)
    assert "Bir dahaki sefere" not in text(browser.get(result).text)


def test_a_landline_saves_no_phone_because_it_would_not_hear_of_it(desk: Open, tmp_path: Path) -> None:
    here = desk(PUBLIC_URL=URL, VOICE_GATEWAY=f"file:{tmp_path}/calls.jsonl")
    browser = here.browser()
    browser.ask("0212 000 00 01")
    digits = re.search(r"(?:[0-9], ){5}[0-9]", here.sent[-1]["text"])
    assert digits
    browser.type(digits[0].replace(", ", ""))
    assert browser.signed_in
    assert "Bu numara için kodsuz giriş yok." in text(browser.get(PATH).text)
    assert browser.post("/izinler/anahtar-sor").status_code == 404
