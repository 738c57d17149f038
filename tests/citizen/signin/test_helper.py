"""Somebody signed in opens, for 15 minutes, the consents of one who sits beside: what he sees, may do, and leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text as sql

from citizen.alerts import visit_notices
from citizen.session.assisted_session_store import LASTS
from citizen.session.session import Visit
from citizen.signin import code_messages, entry
from consents.instants import MINUTE, SECOND
from consents.languages import LANGUAGES, SMS_LETTERS
from consents.store import Statement
from settings import load
from tests.citizen.consents.town import CINAR, CINAR_MINI, HTMX, Town, furnish, listed, rows, text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, HIS_OWN, MAIL, MEHMET, NO_CODE, WRONG, YABANCI, Browser, Desk
from tests.conftest import SECRET, Clock
from tests.web.client import refused_for

MOTHER, MASKED = "+905320000012", "+90 532 ••• •• 12"
PATH, CODE = "/izinler/yaninda", "/izinler/yaninda/kod"
SMS = f"/izinler/{CINAR}/MESAJ/BIREYSEL"
CALLS = f"/izinler/{CINAR}/ARAMA/BIREYSEL"


@pytest.fixture
def here(desk: Open) -> Iterator[Desk]:
    """A desk whose registry knows brands that may write to the mother and to Ayşe."""
    opened = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100")
    opened.registry.store.write_now(furnish)
    told = Town(opened.registry, None).told  # type: ignore[arg-type]
    for brand, channel in ((CINAR, "MESAJ"), (CINAR, "ARAMA"), (CINAR_MINI, "MESAJ")):
        told(MOTHER, brand, channel)
    told(AYSE, CINAR_MINI)
    return opened


def code_of(desk: Desk) -> str:
    found = re.search(r"\b([0-9]{6})\b", desk.sent[-1]["text"])
    assert found
    return found[1]


def help_(desk: Desk, browser: Browser | None = None, address: str = MOTHER) -> Browser:
    """Ayşe, signed in, to whom the consents of the one beside her are open."""
    browser = browser or desk.browser().sign_in(AYSE)
    assert browser.ask(address, PATH).headers["location"] == CODE
    assert browser.type(code_of(desk), CODE).headers["location"] == "/izinler/yaninda/hepsi"
    return browser


def mark(browser: Browser) -> str:
    found = re.search(r"[?&]n=([0-9a-f]{8})", browser.get(f"/izinler/{CINAR}").text)
    assert found
    return found[1]


def evidence(desk: Desk) -> list[dict[str, object]]:
    """Of all acts of citizens, oldest first."""
    rows_ = desk.registry.store.read_now(
        lambda snapshot: snapshot.all(Statement(sql("SELECT evidence FROM act WHERE actor = 1 ORDER BY id")))
    )
    return [desk.registry.keyring.unseal_evidence(bytes(sealed)) for (sealed,) in rows_]


def standing(browser: Browser, brand: int) -> set[str]:
    """The rows of a brand's page that have a record."""
    return {name for name, status in rows(browser.get(f"/izinler/{brand}").text).items() if status != "YOK"}


def test_the_code_opens_the_others_consents_and_no_page_shows_ones_own(here: Desk) -> None:
    browser = help_(here)
    assert here.sent[-1]["to"] == MOTHER
    page = browser.get("/izinler")
    assert MASKED in text(page.text)
    assert "15 dakika kaldı" in text(page.text)
    assert "2 marka yakınınıza reklam gönderebiliyor" in text(page.text), "not to the helper"
    assert set(listed(page.text)) == {CINAR, CINAR_MINI}
    told = {name for brand in (CINAR, CINAR_MINI) for name in standing(browser, brand)}
    assert told == {
        f"{CINAR}-MESAJ-BIREYSEL",
        f"{CINAR}-ARAMA-BIREYSEL",
        f"{CINAR_MINI}-MESAJ-BIREYSEL",
    }
    assert "0001" not in page.text
    assert "••• •• 01" not in page.text
    for path in (f"/izinler/{CINAR}", "/markalar", "/izinler/reddet"):
        shown = text(browser.get(path).text)
        assert "Yakınınızın izinleri" in shown
        assert MASKED in shown
        assert "Bitir" in shown


def test_the_message_says_who_asks_and_what_for(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    browser.ask(MOTHER, PATH)
    said = here.sent[-1]["text"]
    assert "0532***01" in said
    assert "15 dk" in said
    assert "Yaninizda degilse" in said
    assert code_of(here) in said


@pytest.mark.parametrize("number", ["3838", ""])
def test_every_message_fits_one_sms(number: str) -> None:
    env = {"SECRET_KEY": SECRET, "SITE_NAME": "M" * 40, "PUBLIC_URL": "http://127.0.0.1:8000"}
    settings = load({**env, **({"OPTOUT_NUMBER": number} if number else {})})
    for language in LANGUAGES:
        for helper in (MASKED, "m•••@m•••.example", "+49 ••• •• 99"):
            code = code_messages.help_sms(settings, language, "000000", helper).text
            told = visit_notices.sms(settings, language, Visit(helper, "", 0, 0), MOTHER)
            for said in (code, told):
                assert said.isascii() or SMS_LETTERS[language] > 160
                assert len(said) <= SMS_LETTERS[language], (len(said), said)


def test_the_code_is_for_the_helper_whom_its_message_names(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE).add(MEHMET)
    browser.ask(MOTHER, PATH)
    assert "0532***02" in here.sent[-1]["text"]
    code = code_of(here)
    browser.post("/giris/numara", data={"a": "1"})
    refused_for(browser.type(code, CODE), 422, NO_CODE)
    browser.post("/giris/numara", data={"a": "0"})
    assert browser.type(code, CODE).headers["location"] == "/izinler/yaninda/hepsi"


def test_a_refusal_is_the_others_own_and_names_both(here: Desk) -> None:
    browser = help_(here)
    answer = browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"}, headers=HTMX)
    assert 'data-status="RET"' in answer.text
    assert "Geri al" in text(answer.text)
    proof = evidence(here)[-1]
    assert proof["helper"] == "+90 532 ••• •• 01"
    assert len(str(proof["helper_mark"])) == 32
    assert AYSE not in str(proof)
    assert "Bu, yanındaki biriyle yapıldı: +90 532 ••• •• 01." in text(browser.get(f"/izinler/{CINAR}").text)
    mother = here.browser().sign_in(MOTHER)
    assert "Bunu yanınızdaki biriyle yaptınız: +90 532 ••• •• 01." in text(mother.get(f"/izinler/{CINAR}").text)


def test_she_hears_of_the_first_change_of_a_visit_and_of_no_other(here: Desk) -> None:
    browser = help_(here)
    before = len(here.sent)
    n = mark(browser)
    browser.get("/izinler")
    assert len(here.sent) == before
    browser.post(f"{SMS}?n={n}", data={"status": "RET"})
    browser.post(f"{CALLS}?n={n}", data={"status": "RET"})
    (notice,) = here.sent[before:]
    assert notice["to"] == MOTHER
    assert "verdiginiz kodla 0532***01" in notice["text"]


def test_what_repeats_and_changes_nothing_is_not_told(here: Desk) -> None:
    here.browser().sign_in(MOTHER).post(SMS, data={"status": "RET"})
    browser = help_(here)
    before = len(here.sent)
    browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"})
    assert len(here.sent) == before


def test_a_helper_approves_nothing(here: Desk) -> None:
    browser = help_(here)
    browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"})
    count = len(evidence(here))
    for form in ({"status": "ONAY"}, {"status": "RET", "never": "1"}):
        answer = browser.post(f"{SMS}?n={mark(browser)}", data=form)
        assert answer.status_code == 403
        assert "yalnız kendisi" in text(answer.text)
        refused_for(browser.post(f"{SMS}?n={mark(browser)}", data=form, headers=HTMX), 403, HIS_OWN)
    assert len(evidence(here)) == count
    page = browser.get(f"/izinler/{CINAR}").text
    assert 'value="ONAY"' not in page
    assert 'name="never"' not in page


def test_a_helper_takes_back_what_he_did_in_this_visit_and_nothing_else(here: Desk) -> None:
    mother = here.browser().sign_in(MOTHER)
    mother.post(SMS, data={"status": "RET"})
    (hers,) = re.findall(r"geri-al/([0-9]+)", mother.get(f"/izinler/{CINAR}").text)
    browser = help_(here)
    n = mark(browser)
    assert "/izinler/geri-al/" not in browser.get(f"/izinler/{CINAR}?act={hers}").text
    refused_for(browser.post(f"/izinler/geri-al/{hers}?n={n}"), 403, HIS_OWN)
    browser.post(f"{CALLS}?n={n}", data={"status": "RET"})
    (own,) = set(re.findall(r"geri-al/([0-9]+)", browser.get(f"/izinler/{CINAR}").text))
    assert own != hers
    assert browser.post(f"/izinler/geri-al/{own}?n={n}").status_code == 303
    assert rows(browser.get(f"/izinler/{CINAR}").text)[f"{CINAR}-ARAMA-BIREYSEL"] == "ONAY"


def test_the_other_takes_it_back_herself_and_the_helper_no_more(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"})
    (act,) = set(re.findall(r"geri-al/([0-9]+)", browser.get(f"/izinler/{CINAR}").text))
    n = mark(browser)
    browser.post("/izinler/yaninda/bitir")
    assert browser.post(f"/izinler/geri-al/{act}?n={n}").status_code == 404
    assert browser.post(f"/izinler/geri-al/{act}").status_code == 404
    clock.now += SECOND
    help_(here, browser)  # another visit is another
    refused_for(browser.post(f"/izinler/geri-al/{act}?n={n}"), 403, HIS_OWN)
    mother = here.browser().sign_in(MOTHER)
    assert mother.post(f"/izinler/geri-al/{act}").status_code == 303
    assert rows(mother.get(f"/izinler/{CINAR}").text)[f"{CINAR}-MESAJ-BIREYSEL"] == "ONAY"


def test_fifteen_minutes_and_no_use_prolongs_them(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    n = mark(browser)
    for _ in range(14):
        clock.now += MINUTE
        assert MASKED in text(browser.get("/izinler").text)
    assert "1 dakika kaldı" in text(browser.get("/izinler").text)
    clock.now += MINUTE - SECOND
    assert MASKED in text(browser.get("/izinler").text)
    clock.now += SECOND
    count = len(evidence(here))
    answer = browser.post(f"{SMS}?n={n}", data={"status": "RET"})
    assert answer.headers["location"] == "/izinler/yaninda/bitti"
    pressed = browser.post(f"{SMS}?n={n}", data={"status": "RET"}, headers={**HTMX, "hx-request": "true"})
    assert pressed.headers["hx-redirect"] == "/izinler/yaninda/bitti"
    assert browser.get("/izinler").headers["location"] == "/izinler/yaninda/bitti"
    assert len(evidence(here)) == count
    over = browser.get("/izinler/yaninda/bitti")
    assert "15 dakika doldu" in text(over.text)
    assert MASKED not in text(over.text)
    assert browser.post("/izinler/yaninda/bitir").headers["location"] == "/izinler"
    assert "••• •• 01" in text(browser.get("/izinler").text)
    assert browser.post(f"{SMS}?n={n}", data={"status": "RET"}).status_code == 404


def test_a_copied_cookie_prolongs_nothing(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    thief = here.browser()
    thief.cookies.set("sid", browser.cookies["sid"])
    clock.now += LASTS - SECOND
    refused_for(thief.ask(MOTHER, PATH), 403, HIS_OWN)
    clock.now += 2 * SECOND
    assert thief.get("/izinler").headers["location"] == "/izinler/yaninda/bitti"
    refused_for(thief.type(code_of(here), CODE), 422, "Bu kod kullanıldı.")
    assert thief.get("/izinler").headers["location"] == "/izinler/yaninda/bitti"


def test_it_ends_by_its_button_and_with_the_session(here: Desk) -> None:
    browser = help_(here)
    answer = browser.post("/izinler/yaninda/bitir")
    assert answer.headers["location"] == "/izinler/yaninda/bitti"
    assert '"cache"' in answer.headers["clear-site-data"]
    assert "Yakınınızın sayfası kapandı" in text(browser.get("/izinler/yaninda/bitti").text)
    assert "••• •• 01" in text(browser.get("/izinler").text)
    help_(here, browser)
    browser.post("/cikis")
    assert browser.get("/izinler").headers["location"] == "/giris"
    left = here.registry.store.read_now(lambda s: s.one(Statement(sql("SELECT count(*) FROM helper_visit"))))
    assert left == (0,)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/izinler/kayit"),
        ("GET", "/izinler/kayit.json"),
        ("GET", "/izinler/kayit.pdf"),
        ("GET", "/izinler/verilerim"),
        ("GET", "/izinler/verilerim.pdf"),
        ("GET", "/izinler/verilerim.json"),
        ("POST", "/izinler/verilerim/basvuru"),
        ("GET", "/izinler/verilerim/sil"),
        ("POST", "/izinler/verilerim/sil"),
        ("GET", "/belgelerim"),
        ("GET", "/izinler/durmali.ics"),
        ("GET", f"/izinler/sikayet/{CINAR}"),
        ("GET", "/izinler/yeni-numara"),
        ("POST", "/izinler/yeni-numara"),
        ("GET", "/giris/ekle"),
        ("POST", "/giris/ekle"),
        ("POST", "/giris/ekle/kod"),
        ("GET", PATH),
        ("POST", PATH),
        ("POST", CODE),
        ("POST", "/giris/numara"),
    ],
)
def test_all_else_is_the_others_own(here: Desk, method: str, path: str) -> None:
    browser = help_(here)
    sent, done = len(here.sent), len(evidence(here))
    form = {"new": "1", "address": YABANCI, "code": "000000", "a": "0"} if method == "POST" else None
    refused_for(browser.request(method, path, data=form), 403, HIS_OWN)
    assert (len(here.sent), len(evidence(here))) == (sent, done)


def test_the_question_of_a_new_number_is_not_put_to_a_helper(here: Desk, clock: Clock) -> None:
    clock.now += 400 * 24 * 60 * MINUTE
    page = text(help_(here).get("/izinler").text)
    assert "Numaranız yeni mi?" not in page
    assert "İlk kez giriş" not in page


def test_leaving_everywhere_in_a_visit_leaves_the_helper_alone(here: Desk) -> None:
    mother = here.browser().sign_in(MOTHER)
    browser = help_(here)
    assert "Tüm cihazlardan" not in text(browser.get("/cikis").text)
    browser.post("/cikis/hepsi")
    assert mother.signed_in
    assert browser.get("/izinler").headers["location"] == "/giris"


def test_leaving_everywhere_the_other_ends_the_visits_too(here: Desk) -> None:
    browser = help_(here)
    here.browser().sign_in(MOTHER).post("/cikis/hepsi")
    assert "••• •• 01" in text(browser.get("/izinler").text)


def test_the_others_number_is_not_known_in_the_helpers_browser_afterwards(here: Desk) -> None:
    browser = help_(here)
    browser.post("/izinler/yaninda/bitir")
    assert here.registry.store.read_now(lambda s: s.one(Statement(sql("SELECT count(*) FROM session_address")))) == (1,)
    known = here.registry.store.read_now(lambda s: s.one(Statement(sql("SELECT count(*) FROM trusted_asker"))))
    assert known == (1,)  # Ayşe's browser to Ayşe's number
    mother = here.browser().sign_in(MOTHER)
    assert "İlk kez giriş" in text(mother.get("/izinler").text)  # a visit is no sign-in of hers


def test_a_code_to_help_signs_nobody_in_and_a_code_to_sign_in_helps_nobody(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    browser.ask(MOTHER, PATH)
    help_code = code_of(here)
    refused_for(browser.type(help_code, "/giris/ekle/kod"), 422, NO_CODE)
    refused_for(browser.type(help_code, "/giris/kod"), 422, NO_CODE)
    stranger = here.browser()
    stranger.ask(YABANCI)
    refused_for(stranger.type(help_code), 422, WRONG)
    browser.ask(YABANCI, "/giris/ekle")
    add_code = here.code
    refused_for(browser.type(add_code, CODE), 422, WRONG)
    adding = here.browser().sign_in(AYSE)
    adding.ask(YABANCI, "/giris/ekle")
    refused_for(adding.type(here.code, CODE), 422, NO_CODE)
    assert "Yakınınızın" not in browser.get("/izinler").text


def test_wrong_codes_and_messages_count_as_those_of_signing_in(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    browser.ask(MOTHER, PATH)
    wrong = f"{(int(code_of(here)) + 1) % 10**6:06}"
    for _ in range(4):
        refused_for(browser.type(wrong, CODE), 422, WRONG)
    browser.type(wrong, CODE)
    assert "Giriş bir süre kapalı" in text(browser.get(CODE).text)


def test_messages_to_her_count_together_whatever_they_are_for(desk: Open) -> None:
    here = desk()
    browser = here.browser().sign_in(AYSE)
    browser.ask(MOTHER, PATH)
    sent = len(here.sent)
    here.browser().ask(MOTHER)  # within the gap of what was just sent to her
    assert len(here.sent) == sent


def test_known_and_unknown_numbers_are_answered_alike(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    answers = [browser.ask(address, PATH) for address in (MOTHER, "+905320000077")]
    assert {(one.status_code, one.headers["location"], one.text) for one in answers} == {(303, CODE, "")}


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (MAIL, "Buraya cep telefonu numarası yazın"),
        (AYSE, "Bu numara zaten sizin."),
        ("02120000000", "Bu bir sabit hat."),
        ("+491710000000", "Bu ülkenin numaralarına kod gönderemiyoruz"),
        ("5", "Bu numaranın rakamları eksik."),
    ],
)
def test_only_a_mobile_number_of_somebody_else_is_taken(here: Desk, address: str, sentence: str) -> None:
    browser = here.browser().sign_in(AYSE)
    sent = len(here.sent)
    refused_for(browser.ask(address, PATH), 422, sentence)
    assert len(here.sent) == sent


def test_nobody_helps_without_being_signed_in(here: Desk) -> None:
    sent = len(here.sent)
    for answer in (here.browser().get(PATH), here.browser().ask(MOTHER, PATH), here.browser().type("123456", CODE)):
        assert answer.headers["location"] == "/giris"
    assert len(here.sent) == sent


def test_receipts_of_the_other_are_shown_and_ones_own_not(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    browser.post(f"/izinler/{CINAR_MINI}/MESAJ/BIREYSEL", data={"status": "RET"})
    (own,) = set(re.findall(r"/makbuz/([0-9]{12})\"", browser.get(f"/izinler/{CINAR_MINI}").text))
    help_(here, browser)
    browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"})
    (hers,) = set(re.findall(r"/makbuz/([0-9]{12})\"", browser.get(f"/izinler/{CINAR}").text))
    assert browser.get(f"/makbuz/{hers}").status_code == 200
    page = browser.get(f"/makbuz/{own}").text
    assert "Bu kayıt gerçek" in page, "what anybody sees of a number"
    assert "reddettiniz" not in page
    assert browser.get(f"/makbuz/{own}.json").status_code == browser.get(f"/makbuz/{own}.pdf").status_code == 404


def test_the_result_of_a_visit_offers_its_own_undo_and_no_other(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    answer = browser.post("/izinler/reddet", data={"scope": "all", "n": mark(browser)})
    result = answer.headers["location"]
    assert result.startswith("/izinler/sonuc?act=")
    page = browser.get(result).text
    assert "2 markayı reddettiniz" in text(page)
    assert "/izinler/geri-al/" in page
    assert "/izinler/haber" not in page, "alerts are the holder's own"
    browser.post("/izinler/yaninda/bitir")
    assert browser.get(result).headers["location"] == "/izinler", "of the other's number"
    clock.now += SECOND
    help_(here, browser)
    again = browser.get(result).text
    assert "2 markayı reddettiniz" in text(again)
    assert "/izinler/geri-al/" not in again, "done in another visit"


def test_a_brand_refused_in_another_visit_is_answered_without_its_undo(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    form = {"scope": "brand", "code": str(CINAR), "n": mark(browser)}
    assert "/izinler/geri-al/" in browser.post("/izinler/reddet", data=form, headers=HTMX).text
    browser.post("/izinler/yaninda/bitir")
    clock.now += SECOND
    help_(here, browser)
    again = browser.post("/izinler/reddet", data={**form, "n": mark(browser)}, headers=HTMX)
    assert again.status_code == 200
    assert "/izinler/geri-al/" not in again.text


def test_refusing_all_is_of_the_other_alone_and_told(here: Desk) -> None:
    browser = help_(here)
    before = len(here.sent)
    browser.post("/izinler/reddet", data={"scope": "all", "n": mark(browser)})
    assert set(listed(browser.get("/izinler").text).values()) == {"refused"}
    assert len(here.sent) == before + 1
    browser.post("/izinler/yaninda/bitir")
    assert set(listed(browser.get("/izinler").text).values()) == {"open"}


def test_an_erased_person_is_shown_to_nobody(here: Desk) -> None:
    browser = help_(here)
    registry = here.registry
    registry.store.write_now(entry.forget, registry.keyring, MOTHER)
    assert "••• •• 01" in text(browser.get("/izinler").text)
