"""The short way for a relative's phone: one page, one button, one undo, one sheet for the fridge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from citizen.receipts import fridge_page
from consents import business_days
from consents.instants import DAY, SECOND
from consents.registry import Registry
from tests.citizen.consents.town import CINAR, CINAR_MINI, ISIK, Town, furnish, listed, rows, text
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, Browser, Desk
from tests.citizen.signin.test_helper import CALLS, MOTHER, PATH, SMS, evidence, help_, mark
from tests.citizen.signin.test_sent_texts import send
from tests.conftest import Clock

ALL, UNDO = "/izinler/yaninda/hepsi", "/izinler/yaninda/geri-al"
TO_THE_READER = re.compile(
    r"\b([Ss]iz|[Ss]ize|[Ss]izi|[Ss]izin|[Nn]umaranız|[Kk]endiniz|[İi]zinleriniz|[Kk]ararınızı)\b"
)


@pytest.fixture
def here(desk: Open) -> Iterator[Desk]:
    opened = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", OPTOUT_NUMBER="3838")
    furnished(opened.registry)
    return opened


def furnished(registry: Registry) -> None:
    registry.store.write_now(furnish)
    told = Town(registry, None).told  # type: ignore[arg-type]
    told(MOTHER, CINAR)
    told(MOTHER, CINAR, "ARAMA")
    told(MOTHER, CINAR_MINI)


def closed(browser: Browser) -> str:
    """The result's path after the button."""
    answer = browser.post(ALL, data={"n": mark(browser)})
    assert answer.status_code == 303
    return answer.headers["location"]


def main_of(page: str) -> str:
    return text(page[page.index("<main") : page.index("</main>")])


def test_one_button_refuses_all_and_closes_to_new_brands_and_she_hears_once(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    page = browser.get(ALL).text
    assert "2 marka yakınınıza reklam gönderebiliyor" in main_of(page)
    assert "Hepsini reddet, yenilere de kapat" in main_of(page)
    sent = len(here.sent)
    result = browser.get(closed(browser)).text
    assert "2 marka reddedildi" in main_of(result)
    assert "Yeni markalar da yazamaz" in main_of(result)
    assert [one["to"] for one in here.sent[sent:]] == [MOTHER]
    assert set(listed(browser.get("/izinler").text).values()) == {"refused"}
    assert all(proof["helper"] == "+90 532 ••• •• 01" for proof in evidence(here)[-2:])
    clock.now += 60 * SECOND
    Town(here.registry, None).told(MOTHER, ISIK, ago=0.0001)  # type: ignore[arg-type]
    assert listed(browser.get("/izinler").text)[ISIK] == "refused", "closed to new brands"
    page = main_of(browser.get(ALL).text)
    assert "Yakınınıza reklam gönderebilen marka yok" in page
    assert "Yapacak bir şey kalmadı" in page


def test_what_waits_for_a_decision_is_refused_too(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    for brand in (CINAR, CINAR_MINI):
        for channel in ("MESAJ", "ARAMA"):
            browser.post(f"/izinler/{brand}/{channel}/BIREYSEL?n={mark(browser)}", data={"status": "RET"})
    clock.now += 60 * SECOND
    Town(here.registry, None).told(MOTHER, CINAR, ago=0.0001)  # type: ignore[arg-type]
    page = main_of(browser.get(ALL).text)
    assert "Yakınınıza reklam gönderebilen marka yok" in page
    assert "1 marka karar bekliyor, o da reddedilir." in page
    browser.get(closed(browser))
    assert set(listed(browser.get("/izinler").text).values()) == {"refused"}


def test_a_second_press_shows_the_same_result(here: Desk) -> None:
    browser = help_(here)
    first, acts = closed(browser), len(evidence(here))
    assert closed(browser) == first
    assert len(evidence(here)) == acts
    assert "Yapacak bir şey kalmadı" in main_of(browser.get(ALL).text)


def test_one_undo_takes_both_back(here: Desk) -> None:
    browser = help_(here)
    result = closed(browser)
    number = result.rpartition("=")[2]
    answer = browser.post(UNDO, data={"n": mark(browser), "act": number})
    assert answer.headers["location"] == result
    page = main_of(browser.get(result).text)
    assert "Geri alındı" in page
    assert "2 marka yakınınıza yeniden yazabilir" in page
    assert set(listed(browser.get("/izinler").text).values()) == {"open"}
    assert "Yeni markalara kapalı" not in main_of(browser.get("/izinler").text)
    acts = len(evidence(here))
    browser.post(UNDO, data={"n": mark(browser), "act": number})
    assert len(evidence(here)) == acts, "undone once"


def test_what_she_did_herself_is_undone_by_no_helper(here: Desk, clock: Clock) -> None:
    mother = here.browser().sign_in(MOTHER)
    mother.post("/izinler/reddet", data={"scope": "all"})
    (hers,) = set(re.findall(r"geri-al/([0-9]+)", mother.get(f"/izinler/{CINAR_MINI}").text)) or {"0"}
    clock.now += SECOND
    browser = help_(here)
    acts = len(evidence(here))
    browser.post(UNDO, data={"n": mark(browser), "act": hers})
    assert len(evidence(here)) == acts
    assert set(listed(browser.get("/izinler").text).values()) == {"refused"}


def by_sms(here: Desk, sender: str = MOTHER) -> str:
    """GERI AL from the relative's number, with the digits that come there; the last reply."""
    reply = send(here, "GERI AL", sender)
    assert reply is not None
    digits = re.search(r"GERI AL ([0-9]{6})", reply)
    assert digits, reply
    done = send(here, f"GERI AL {digits[1]}", sender)
    assert done is not None
    return done


def test_her_own_sms_undoes_what_the_helper_did_in_the_visit(here: Desk) -> None:
    browser = help_(here)
    sent = len(here.sent)
    assert browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"}).status_code in (200, 303)
    (notice,) = here.sent[sent:]
    assert "GERI AL yazin" in notice["text"]
    assert listed(browser.get("/izinler").text)[CINAR_MINI] == "open"
    assert rows(browser.get(f"/izinler/{CINAR}").text)[f"{CINAR}-MESAJ-BIREYSEL"] == "RET"
    assert "CINAR" in by_sms(here).upper()
    assert rows(browser.get(f"/izinler/{CINAR}").text)[f"{CINAR}-MESAJ-BIREYSEL"] == "ONAY"
    acts = len(evidence(here))
    assert "hicbir sey degismedi" in (send(here, "GERI AL", MOTHER) or "")
    assert len(evidence(here)) == acts, "once"


def test_her_own_sms_undoes_what_the_helper_did_though_she_was_on_her_pages_since(here: Desk, clock: Clock) -> None:
    """Not an older refusal of hers, which no message has named."""
    assert "reddedildi" in (send(here, "RET ZAMBAK", MOTHER) or "")
    clock.now += 60 * SECOND
    browser = help_(here)
    browser.post(f"{SMS}?n={mark(browser)}", data={"status": "RET"})
    clock.now += 60 * SECOND
    mother = here.browser().sign_in(MOTHER)
    mother.post(CALLS, data={"status": "RET"})
    assert "CINAR" in by_sms(here).upper()
    page = mother.get(f"/izinler/{CINAR}").text
    assert rows(page)[f"{CINAR}-MESAJ-BIREYSEL"] == "ONAY"
    assert rows(page)[f"{CINAR}-ARAMA-BIREYSEL"] == "RET"
    assert listed(mother.get("/izinler").text)[CINAR_MINI] == "refused"
    acts = len(evidence(here))
    assert "hicbir sey degismedi" in (send(here, "GERI AL", MOTHER) or "")
    assert len(evidence(here)) == acts, "once"


def test_her_own_sms_undoes_the_button_with_both_its_acts(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    closed(browser)
    clock.now += DAY - 60 * SECOND
    by_sms(here)
    mother = here.browser().sign_in(MOTHER)
    assert set(listed(mother.get("/izinler").text).values()) == {"open"}
    assert "Yeni markalara kapalı" not in main_of(mother.get("/izinler").text)


def test_her_sms_undoes_nothing_of_the_helpers_after_a_day_nor_what_she_did_herself(here: Desk, clock: Clock) -> None:
    closed(help_(here))
    clock.now += DAY + 1
    acts = len(evidence(here))
    assert "hicbir sey degismedi" in (send(here, "GERI AL", MOTHER) or "")
    mother = here.browser().sign_in(MOTHER)
    mother.post(SMS, data={"status": "ONAY"})
    mother.post(SMS, data={"status": "RET"})
    assert len(evidence(here)) == acts + 2
    assert "sitede yapildi" in (send(here, "GERI AL", MOTHER) or "")
    assert len(evidence(here)) == acts + 2


@pytest.mark.parametrize("her_way", ["SMS", "page"])
def test_her_own_refusal_outlives_the_helpers_undo(here: Desk, clock: Clock, her_way: str) -> None:
    """What she has refused herself since is no repeat of what the helper can take back."""
    browser = help_(here)
    number = closed(browser).rpartition("=")[2]
    clock.now += 60 * SECOND
    mother, acts = here.browser().sign_in(MOTHER), [len(evidence(here))]
    for _ in range(2):
        if her_way == "SMS":
            reply = send(here, "RET CINAR HEPSI", MOTHER)
            assert reply is not None
            assert f"{business_days.stop_by(clock.now):%d.%m.%Y}" in reply, "the day from the helper's refusal on"
        else:
            for path in (SMS, CALLS):
                mother.post(path, data={"status": "RET"})
        acts.append(len(evidence(here)))
    assert acts[0] < acts[1] == acts[2], "recorded once"
    browser.post(UNDO, data={"n": mark(browser), "act": number})
    found = listed(here.browser().sign_in(MOTHER).get("/izinler").text)
    assert (found[CINAR], found[CINAR_MINI]) == ("refused", "open")


def test_the_way_is_a_helpers_alone(here: Desk) -> None:
    own = here.browser().sign_in(AYSE)
    assert own.get(ALL).headers["location"] == "/izinler/reddet"
    acts = len(evidence(here))
    assert own.post(ALL).headers["location"] == "/izinler/reddet"
    assert own.get("/izinler/yaninda/sonuc?act=1").headers["location"] == "/izinler"
    assert len(evidence(here)) == acts


@pytest.mark.parametrize("wrong", ["", "x", "0", "9" * 30, "-1"])
def test_an_act_that_is_none_leads_to_the_list(here: Desk, wrong: str) -> None:
    browser = help_(here)
    closed(browser)
    n = mark(browser)
    assert browser.get(f"/izinler/yaninda/sonuc?act={wrong}").headers["location"] == "/izinler"
    assert browser.post(UNDO, data={"n": n, "act": wrong}).headers["location"] == "/izinler"


def test_pages_of_a_visit_speak_of_a_relative(here: Desk) -> None:
    browser = help_(here)
    paths = [ALL, "/izinler", "/izinler/reddet", "/izinler/bundan-sonrasi"]
    seen = {path: main_of(browser.get(path).text) for path in paths}
    result = closed(browser)
    seen |= {f"{path} refused": main_of(browser.get(path).text) for path in (*paths, result)}
    browser.post(UNDO, data={"n": mark(browser), "act": result.rpartition("=")[2]})
    seen["undone"] = main_of(browser.get(result).text)
    assert {path: TO_THE_READER.findall(words) for path, words in seen.items() if TO_THE_READER.search(words)} == {}


ADDRESSED = re.compile(
    r"\bsiz(?:[ei]|in|den)?\b|\b[\w'’]*(?:n[iıuü]z(?:[aeiıuü]|[dt][ae]n?|[iıuü]n)?|s[iıuü]n[iıuü]z)\b", re.IGNORECASE
)


def addressed(page: str) -> list[str]:
    """The words that speak to the reader, of whom an assisted session is not: beside who they help, whom they count."""
    return [one for one in ADDRESSED.findall(main_of(page)) if "yakının" not in one.lower()]


def test_a_brands_page_its_history_and_receipts_speak_of_the_relative(here: Desk, clock: Clock) -> None:
    """Whatever stands and whoever did it before: company, the relative alone, with another helper, by SMS."""
    told = Town(here.registry, None).told  # type: ignore[arg-type]
    mother = here.browser().sign_in(MOTHER)
    told(MOTHER, ISIK, status="RET", source="HS_ISLAK_IMZA")
    told(MOTHER, ISIK, "ARAMA", "TACIR", source="HS_ISLAK_IMZA")
    for status in ("RET", "ONAY", "RET"):
        mother.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", data={"status": status})
        clock.now += SECOND
    mother.post(f"/izinler/{CINAR}/ARAMA/BIREYSEL", data={"status": "RET", "never": "1"})
    mother.post(f"/izinler/{CINAR_MINI}/MESAJ/BIREYSEL", data={"status": "ONAY"})
    act = mother.post("/izinler/reddet", data={"scope": "all"}).headers["location"].rpartition("=")[2]
    mother.post(f"/izinler/geri-al/{act}")
    mother.post("/izinler/bundan-sonrasi", data={"way": "MESAJ-BIREYSEL"})
    mother.post("/izinler/bundan-sonrasi", data={"way": "MESAJ-BIREYSEL", "end": "1"})
    mother.post("/izinler/bundan-sonrasi", data={"way": "ARAMA-TACIR"})
    send(here, "RET ISIK", MOTHER)
    clock.now += 2 * DAY
    told(MOTHER, CINAR, ago=1)
    told(MOTHER, CINAR, "ARAMA", ago=1)
    told(MOTHER, CINAR, "MESAJ", "TACIR", ago=1)
    browser = help_(here)
    seen, receipts = {}, set()
    for brand in (CINAR, CINAR_MINI, ISIK):
        page = browser.get(f"/izinler/{brand}").text
        seen[brand] = addressed(page)
        receipts |= set(re.findall(r"/makbuz/[0-9]{12}", page))
    assert {brand: words for brand, words in seen.items() if words} == {}
    assert len(receipts) > 6
    for path in receipts:
        page = browser.get(path).text
        assert addressed(page) == [], path
        assert "+90 532 ••• •• 12" in page
        assert "000 00 12" not in page
    pressed = browser.post(f"/izinler/{CINAR}/MESAJ/TACIR", data={"status": "RET"}).headers["location"]
    assert addressed(browser.get(pressed).text) == ["Reddettiniz"], "what the helper did"
    whole = mother.sign_in(MOTHER).get(f"/izinler/{CINAR}").text
    own = text(whole)
    assert len(addressed(whole)) > 8
    assert "Siz, bu sitede reddettiniz" in own
    assert "Bunu yanınızdaki biriyle yaptınız" in own


def sheet_of(browser: Browser, result: str) -> str:
    (link,) = set(re.findall(r"/makbuz/[0-9]{12}/buzdolabi\.pdf", browser.get(result).text))
    return link


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_sheet_has_what_was_done_and_what_to_do_next_on_one_page(
    here: Desk, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    given: list[dict[str, Any]] = []
    draw = fridge_page._made
    monkeypatch.setattr(fridge_page, "_made", lambda data: given.append(data) or draw(data))
    browser = help_(here)
    answer = browser.get(f"{sheet_of(browser, closed(browser))}?lang={language}")
    assert answer.headers["content-type"] == "application/pdf"
    assert b"pdfuaid:part" in answer.content
    assert len(re.findall(rb"/Type\s*/Page\b", answer.content)) == 1
    (data,) = given
    words = " ".join(map(str, [*data["facts"], *data["steps"], data["example"], data["code"], data["number"]]))
    parts = {
        "tr": ("2 marka reddedildi.", "Yeni markalar da yazamaz.", "Şu günün sonunda susmalılar", "kod isteyene"),
        "en": ("2 brands are refused.", "New brands cannot write", "They must stop by", "Never give a code"),
    }
    for part in (*parts[language], "3838", "RET CINAR" if language == "tr" else "STOP CINAR", str(data["number"])):
        assert part in words
    assert "000 00 12" not in str(data), "visitors of a kitchen read no number"
    assert "/makbuz/" in str(data["alt"])


@pytest.mark.parametrize("call", ["", "+902120000009"])
@pytest.mark.parametrize("language", ["tr", "en", "ar", "de", "ku", "ru"])
def test_without_a_number_for_sms_the_sheet_has_address_code_and_buttons(
    desk: Open, monkeypatch: pytest.MonkeyPatch, language: str, call: str
) -> None:
    env = {"VOICE_GATEWAY": f"twilio://AC0:token@api.twilio.com?from={call}"} if call else {}
    here = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", **env)
    furnished(here.registry)
    given: list[dict[str, Any]] = []
    draw = fridge_page._made
    monkeypatch.setattr(fridge_page, "_made", lambda data: given.append(data) or draw(data))
    browser = help_(here)
    start = text(here.browser().get(f"/?lang={language}").text)
    refuse = text(browser.get(f"/izinler/{CINAR}?lang={language}").text)
    answer = browser.get(f"{sheet_of(browser, closed(browser))}?lang={language}")
    assert len(re.findall(rb"/Type\s*/Page\b", answer.content)) == 1
    (data,) = given
    assert len(data["steps"]) == 3
    assert data["address"] == here.settings.host
    assert data["site_alt"].endswith(here.settings.public_url)
    for step, page in zip(data["steps"][1:], (start, refuse), strict=True):
        (button,) = re.findall("[“„«](.*)[”“»]", step)
        assert button in page, "named as its page names it"
    assert ("+90 212 000 00 09" in data["call"].replace("\u00a0", " ")) is bool(call)
    assert data["call"]


def test_no_sheet_of_what_was_undone_or_of_another(here: Desk) -> None:
    browser = help_(here)
    result = closed(browser)
    link = sheet_of(browser, result)
    assert here.browser().sign_in(AYSE).get(link).status_code == 404
    assert here.browser().sign_in(MOTHER).get(link).status_code == 200
    browser.post(UNDO, data={"n": mark(browser), "act": result.rpartition("=")[2]})
    assert browser.get(link).status_code == 404


def test_the_undo_ends_with_its_day(here: Desk, clock: Clock) -> None:
    browser = help_(here)
    result = closed(browser)
    clock.now += DAY + SECOND
    mother = here.browser().sign_in(MOTHER)
    acts = len(evidence(here))
    mother.post(UNDO, data={"act": result.rpartition("=")[2]})
    assert len(evidence(here)) == acts


def test_who_is_signed_in_needs_four(here: Desk) -> None:
    browser = here.browser().sign_in(AYSE)
    assert browser.get(PATH).status_code == 200
