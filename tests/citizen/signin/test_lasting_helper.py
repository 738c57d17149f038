"""A lasting helper: named by the relative's own code, signed in as himself, heard of by her, ended by her."""

from __future__ import annotations

import re

import httpx2
import pytest

from citizen.alerts import owner_notices
from citizen.signin import code_messages, entry
from consents.instants import DAY, MINUTE, SECOND
from consents.languages import LANGUAGES, SMS_LETTERS, SOURCE
from settings import load
from tests.citizen.consents.town import CINAR, CINAR_MINI, Town, listed, text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, HIS_OWN, MEHMET, WRONG, Browser, Desk
from tests.citizen.signin.test_family import ALL, TO_THE_READER, UNDO, closed, furnished, main_of
from tests.citizen.signin.test_helper import CODE, MOTHER, PATH, SMS, code_of, evidence, help_, mark
from tests.citizen.signin.test_passkeys import URL, enter, made
from tests.citizen.signin.test_sent_texts import send
from tests.conftest import SECRET, Clock
from tests.web.client import refused_for
from trust import delegations
from trust.codes.limits import code_budgets

NAME, NAME_CODE = "/izinler/yaninda/kalici", "/izinler/yaninda/kalici/kod"
LIST, OPEN, END = "/izinler/yardim", "/izinler/yardim/ac", "/izinler/yardim/bitir"
MASKED = "+90 532 ••• •• 12"
FATHER, NOT_TAKEN = "+905320000014", "Bu kod kabul edilmedi. Yeni kod isteyin."


@pytest.fixture
def here(desk: Open) -> Desk:
    opened = desk(
        SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", OPTOUT_NUMBER="3838", PUBLIC_URL=URL
    )
    furnished(opened.registry)
    return opened


def named(desk: Desk, helper: str = AYSE, address: str = MOTHER, label: str = "1") -> Browser:
    """A helper whom the relative has named, back at his own list."""
    browser = help_(desk, desk.browser().sign_in(helper), address)
    assert browser.post(NAME, data={"l": label}).headers["location"] == f"{NAME_CODE}?l={label}"
    answer = browser.post(NAME_CODE, data={"l": label, "code": code_of(desk)})
    assert answer.headers["location"] == NAME
    browser.post("/izinler/yaninda/bitir")
    return browser


def keys(browser: Browser, path: str = LIST) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="key" value="([0-9a-f]{32})"', browser.get(path).text)))


def opened(browser: Browser) -> httpx2.Response:
    (key,) = keys(browser)
    return browser.post(OPEN, data={"key": key})


def count(desk: Desk, address: str = MOTHER) -> int:
    registry = desk.registry
    return len(registry.store.read_now(delegations.of_owner, registry.keyring, address, registry.store.now()))


def test_he_signs_in_as_himself_and_sees_her_beside_his_own(here: Desk, clock: Clock) -> None:
    named(here)
    clock.now += 30 * DAY
    browser, sent = here.browser().sign_in(AYSE), len(here.sent)
    page = browser.get("/izinler").text
    assert f"Annem: {MASKED}" in text(page)
    assert opened(browser).headers["location"] == ALL
    assert [one["to"] for one in here.sent[sent:]] == [MOTHER], "she hears that he looked; no code"
    assert "3 marka" not in main_of(browser.get(ALL).text)
    assert "2 marka yakınınıza reklam gönderebiliyor" in main_of(browser.get(ALL).text)
    assert MASKED in text(browser.get(ALL).text)


def test_the_code_states_what_it_is_for_and_is_good_for_nothing_else(here: Desk) -> None:
    browser = help_(here)
    browser.post(NAME, data={"l": "1"})
    words = here.sent[-1]
    assert words["to"] == MOTHER
    assert "0532***01" in words["text"]
    assert "YARDIMCI SON" in words["text"]
    assert "VERMEYIN" in words["text"]
    browser.post("/izinler/yaninda/bitir")
    code = code_of(here)
    refused_for(browser.type(code, CODE), 422, "Bu kod kullanıldı.")
    browser.ask(MOTHER, PATH)
    refused_for(browser.type(code, CODE), 422, WRONG)
    assert count(here) == 0


def test_a_wrong_code_names_nobody(here: Desk) -> None:
    browser = help_(here)
    browser.post(NAME, data={"l": "1"})
    wrong = f"{(int(code_of(here)) + 1) % 10**6:06}"
    refused_for(browser.post(NAME_CODE, data={"l": "1", "code": wrong}), 422, "Kod yanlış.")
    refused_for(browser.post(NAME_CODE, data={"l": "1", "code": "12"}), 422, "6 rakam")
    assert count(here) == 0


def test_the_code_makes_the_helper_whom_its_message_names_and_no_other(here: Desk) -> None:
    """One session proved two numbers: in a visit of the one, the code that names the other is good for nothing."""
    named(here, AYSE, FATHER)
    browser = here.browser().sign_in(AYSE).add(MEHMET)
    help_(here, browser)
    browser.post(NAME, data={"l": "1"})
    assert "0532***02" in here.sent[-1]["text"]
    code = code_of(here)
    browser.post("/izinler/yaninda/bitir")
    browser.post("/giris/numara", data={"a": "1"})
    assert opened(browser).headers["location"] == ALL
    refused_for(browser.post(NAME_CODE, data={"l": "1", "code": code}), 422, NOT_TAKEN)
    assert (count(here), count(here, FATHER)) == (0, 1)
    browser.post("/izinler/yaninda/bitir")
    help_(here, browser)
    refused_for(browser.post(NAME_CODE, data={"l": "1", "code": code}), 422, NOT_TAKEN)
    browser.post("/izinler/yaninda/bitir")
    browser.post("/giris/numara", data={"a": "0"})
    help_(here, browser)
    assert browser.post(NAME_CODE, data={"l": "1", "code": code}).headers["location"] == NAME
    assert count(here) == 1


def test_each_act_is_heard_of_with_who_did_it_and_the_way_back(here: Desk) -> None:
    browser = named(here)
    opened(browser)
    before = len(here.sent)
    closed(browser)
    (notice,) = here.sent[before:]
    assert notice["to"] == MOTHER
    for part in ("yardimciniz 0532***01", "GERI AL yazin", "YARDIMCI SON"):
        assert part in notice["text"]
    Town(here.registry, None).told(MOTHER, CINAR, "ARAMA", "TACIR")  # type: ignore[arg-type]
    browser.post(f"/izinler/{CINAR}/ARAMA/TACIR?n={mark(browser)}", data={"status": "RET"})
    assert len(here.sent) == before + 2, "each act, not each visit"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("helper", [AYSE, "+491710000099", "m" * 60 + "@" + "m" * 60 + ".example"])
@pytest.mark.parametrize("number", ["3838", ""])
def test_each_message_fits_one_sms(language: str, helper: str, number: str) -> None:
    env = {"SECRET_KEY": SECRET, "SITE_NAME": "M" * 40, "PUBLIC_URL": URL}
    settings = load({**env, **({"OPTOUT_NUMBER": number} if number else {})})
    masked = "m•••@m•••.example" if "@" in helper else "+90 532 ••• •• 12"
    for written_in, words in (
        (language, owner_notices.helper_acted(settings, language, helper, MOTHER)),
        (language, owner_notices.helper_acted(settings, language, helper, "anne@ornek.example")),
        (SOURCE, owner_notices.helper_looked(settings, helper, MOTHER)),
        (language, code_messages.help_sms(settings, language, "000000", masked, lasting=True).text),
    ):
        assert words.isascii() or SMS_LETTERS[written_in] > 160
        assert len(words) <= SMS_LETTERS[written_in], (len(words), words)


def test_what_no_notice_can_report_is_refused_or_noted_later(
    here: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day's budget of notices is used up: a refusal stands, an undo is refused, a look is noted at the next one."""
    named(here)
    clock.now += 31 * DAY
    browser, sent = here.browser().sign_in(AYSE), len(here.sent)
    with monkeypatch.context() as spent:
        spent.setattr(code_budgets, "left", lambda *_, **__: False)
        opened(browser)
        result = closed(browser)
        n = mark(browser)
        refused_for(browser.post(UNDO, data={"n": n, "act": result.rpartition("=")[2]}), 403, HIS_OWN)
        (act,) = set(re.findall(r"geri-al/([0-9]+)", browser.get(f"/izinler/{CINAR}").text))
        refused_for(browser.post(f"/izinler/geri-al/{act}?n={n}"), 403, HIS_OWN)
        assert "open" not in listed(browser.get("/izinler").text).values()
    assert len(here.sent) == sent
    browser.post("/izinler/yaninda/bitir")
    opened(browser)
    assert ["izinlerinize bakti" in one["text"] for one in here.sent[sent:]] == [True]
    browser.post(f"/izinler/geri-al/{act}?n={n}")
    assert len(here.sent) == sent + 2, "and noted"
    browser.post("/izinler/yaninda/bitir")
    opened(browser)
    assert len(here.sent) == sent + 2, "a look once in 30 days"


def test_the_history_names_the_helper(here: Desk) -> None:
    browser = named(here)
    opened(browser)
    closed(browser)
    mother = here.browser().sign_in(MOTHER)
    assert "Bunu yakınınız (yardımcı) yaptı: +90 532 ••• •• 01." in text(mother.get(f"/izinler/{CINAR}").text)
    proof = evidence(here)[-1]
    assert proof["lasting"] is True
    assert AYSE not in str(proof)


def test_he_undoes_his_own_acts_of_any_visit_and_none_of_hers(here: Desk, clock: Clock) -> None:
    browser = named(here)
    opened(browser)
    result = closed(browser)
    browser.post("/izinler/yaninda/bitir")
    clock.now += MINUTE
    again = here.browser().sign_in(AYSE)
    opened(again)
    again.post(UNDO, data={"n": mark(again), "act": result.rpartition("=")[2]})
    assert set(listed(again.get("/izinler").text).values()) == {"open"}
    mother = here.browser().sign_in(MOTHER)
    mother.post(SMS, data={"status": "RET"})
    (hers,) = set(re.findall(r"geri-al/([0-9]+)", mother.get(f"/izinler/{CINAR}").text))
    refused_for(again.post(f"/izinler/geri-al/{hers}?n={mark(again)}"), 403, HIS_OWN)


def test_he_gives_no_consent_and_ends_no_standing_refusal(here: Desk) -> None:
    browser = named(here)
    here.browser().sign_in(MOTHER).post("/izinler/bundan-sonrasi", data={"way": "MESAJ-BIREYSEL"})
    opened(browser)
    n = mark(browser)
    refused_for(browser.post(f"{SMS}?n={n}", data={"status": "ONAY"}), 403, HIS_OWN)
    form = {"way": "MESAJ-BIREYSEL", "end": "1", "n": n}
    refused_for(browser.post("/izinler/bundan-sonrasi", data=form), 403, HIS_OWN)
    for path in (LIST, "/izinler/kayit.json", "/giris/ekle", PATH):
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("body", ["YARDIMCI SON", "yardımcımı sil", "Yardımcı istemiyorum!", "HELPER END"])
def test_her_sms_ends_it_at_once(here: Desk, body: str) -> None:
    browser = named(here)
    opened(browser)
    n = mark(browser)
    reply = send(here, body, MOTHER)
    assert ("help has ended" if body == "HELPER END" else "Yardim bitti") in str(reply)
    acts = len(evidence(here))
    assert browser.post(f"{SMS}?n={n}", data={"status": "RET"}).headers["location"] == "/izinler/yaninda/bitti"
    assert "yakınınız yardımı bitirdi" in text(browser.get("/izinler/yaninda/bitti").text)
    browser.post("/izinler/yaninda/bitir")
    assert len(evidence(here)) == acts
    assert keys(browser) == []


@pytest.mark.parametrize("body", ["YARDIM", "RET YARDIMCI", "YARDIMCI SON RET CINAR"])
def test_no_other_sms_ends_it(here: Desk, body: str) -> None:
    named(here)
    send(here, body)
    assert count(here) == 1
    send(here, body, MOTHER)
    assert count(here) == 1
    assert "yardimcisi yok" in str(send(here, "YARDIMCI SON", AYSE)), "the helper's own number has none"
    assert count(here) == 1


def test_either_ends_it_by_a_button_and_nobody_else(here: Desk) -> None:
    browser = named(here)
    (key,) = keys(browser)
    stranger = here.browser().sign_in(MEHMET)
    assert stranger.post(OPEN, data={"key": key}).headers["location"] == LIST
    stranger.post(END, data={"key": key})
    assert count(here) == 1
    mother = here.browser().sign_in(MOTHER)
    assert "+90 532 ••• •• 01" in text(mother.get(LIST).text)
    ended = mother.post(END, data={"key": key}).headers["location"]
    assert ended.partition("?")[0] == LIST
    assert "Yardım bitti." in text(mother.get(ended).text)
    assert "Yardım bitti" not in text(mother.get(LIST).text)
    assert count(here) == 0
    assert browser.post(OPEN, data={"key": key}).headers["location"] == LIST
    browser = named(here)
    (key,) = keys(browser)
    browser.post(END, data={"key": key})
    assert count(here) == 0


def test_it_lapses_after_its_days_and_after_half_a_year_without_use(here: Desk, clock: Clock) -> None:
    named(here)
    clock.now += 179 * DAY
    assert opened(here.browser().sign_in(AYSE)).headers["location"] == ALL
    clock.now += 179 * DAY
    assert opened(here.browser().sign_in(AYSE)).headers["location"] == ALL
    clock.now += 8 * DAY
    assert keys(here.browser().sign_in(AYSE)) == [], "365 days"
    named(here)
    clock.now += 180 * DAY + SECOND
    assert keys(here.browser().sign_in(AYSE)) == [], "the number may have another holder"


@pytest.mark.parametrize("whose", [MOTHER, AYSE])
def test_a_new_holder_and_an_erasure_of_either_end_it(here: Desk, whose: str) -> None:
    named(here)
    here.browser().sign_in(whose).post("/izinler/yeni-numara", data={"new": "1"})
    assert count(here) == 0
    named(here)
    here.registry.store.write_now(entry.forget, here.registry.keyring, whose)
    assert count(here) == 0


def test_an_address_has_three_helpers_and_a_helper_five(here: Desk) -> None:
    for number in range(delegations.MOST_HELPERS):
        named(here, f"+9053200001{number:02}")
    browser = help_(here, here.browser().sign_in(AYSE))
    browser.post(NAME, data={"l": "0"})
    refused_for(browser.post(NAME_CODE, data={"l": "0", "code": code_of(here)}), 422, "Bu kod kabul edilmedi.")
    assert count(here) == delegations.MOST_HELPERS
    for number in range(delegations.MOST_HELPED):
        named(here, MEHMET, f"+9053200002{number:02}")
    browser = help_(here, here.browser().sign_in(MEHMET), "+905320000299")
    browser.post(NAME, data={"l": "0"})
    refused_for(browser.post(NAME_CODE, data={"l": "0", "code": code_of(here)}), 422, "Bu kod kabul edilmedi.")
    assert count(here, "+905320000299") == 0


def test_a_passkey_opens_what_was_given_and_names_no_helper(here: Desk) -> None:
    first = named(here)
    key = made(first)
    browser = here.browser()
    enter(browser, key)
    assert opened(browser).headers["location"] == ALL
    browser.post("/izinler/yaninda/bitir")
    help_(here, browser, MEHMET)
    assert browser.get(NAME).status_code == 404
    assert browser.post(NAME, data={"l": "1"}).status_code == 404


def test_a_visit_is_fifteen_minutes_as_any_other(here: Desk, clock: Clock) -> None:
    browser = named(here)
    opened(browser)
    clock.now += 14 * MINUTE
    assert MASKED in text(browser.get("/izinler").text)
    clock.now += MINUTE
    assert browser.get("/izinler").headers["location"] == "/izinler/yaninda/bitti"


def test_nobody_names_a_helper_outside_a_visit(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    sent = len(here.sent)
    for answer in (browser.get(NAME), browser.post(NAME), browser.post(NAME_CODE, data={"code": "123456"})):
        assert answer.status_code == 404
    assert len(here.sent) == sent
    named(here)
    opened_again = here.browser().sign_in(AYSE)
    opened(opened_again)
    assert opened_again.get(NAME).status_code == 200, "shows that it stands"
    assert "Artık yardımcısınız" in text(opened_again.get(NAME).text)


def test_a_site_without_them_offers_none(desk: Open) -> None:
    here = desk(HELPER_DAYS="0", SEND_GAP_SECONDS="0")
    furnished(here.registry)
    browser = help_(here)
    assert "yaninda/kalici" not in browser.get(ALL).text
    assert browser.post(NAME).status_code == 404


def test_a_label_that_is_none_is_a_relative(here: Desk) -> None:
    browser = help_(here)
    assert browser.post(NAME, data={"l": "99<x>"}).headers["location"] == f"{NAME_CODE}?l=0"
    browser.post(NAME_CODE, data={"l": "x", "code": code_of(here)})
    browser.post("/izinler/yaninda/bitir")
    assert f"Yakınım: {MASKED}" in text(browser.get("/izinler").text)


def test_pages_of_a_lasting_visit_speak_of_a_relative(here: Desk) -> None:
    browser = named(here)
    opened(browser)
    seen = {
        path: main_of(browser.get(path).text)
        for path in (ALL, "/izinler", f"/izinler/reddet?scope=brand&code={CINAR_MINI}")
    }
    assert {path: TO_THE_READER.findall(words) for path, words in seen.items() if TO_THE_READER.search(words)} == {}
