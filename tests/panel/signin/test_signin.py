"""Signing in to the panel by code: who gets one, what it is good for, how long it lasts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from izin import app
from izin.operations import demo_command
from panel.gate import STEP
from panel.rights import Membership, Permission, Role, Staff
from tests.conftest import SECRET
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office
from tests.web.client import refused_for
from tests.web.conftest import REAL
from web.rendering.drawing import PANEL_TRIAL, Trial

OWNER = Membership(Role.OWNER, Permission.MEMBER)
DERYA = "derya@example.com"


def test_a_code_signs_a_person_in_and_leads_to_his_company(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    browser = here.browser()
    assert browser.sign_in(DERYA).headers["location"] == "/panel"
    assert browser.get("/panel").headers["location"] == f"/panel/{CINAR}/genel"
    assert f"Şirket {CINAR}" in browser.get(f"/panel/{CINAR}/genel").text
    assert here.acts() == ["signed-in"]


def test_known_and_unknown_get_the_same_answer_and_only_the_known_a_code(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    answers = [here.browser().ask(email) for email in (DERYA, "yabanci@example.com")]
    assert [(one.status_code, one.headers["location"], one.text) for one in answers] == [
        (303, "/panel/giris/kod", "")
    ] * 2
    assert [mail["to"] for mail in here.sent] == [DERYA]


def test_a_person_that_has_ended_gets_no_code(office: OpenOffice) -> None:
    from panel.accounts import account_store

    here = office()
    number = here.person(DERYA, OWNER)
    here.registry.store.write_now(account_store.end, number)
    assert here.browser().ask(DERYA).status_code == 303
    assert here.sent == []


def test_a_citizens_code_opens_no_panel_and_the_panels_no_list(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    browser = here.browser()
    browser.post("/giris", data={"address": DERYA})
    assert browser.type(here.code).headers["location"] == "/panel/giris"
    here.clock.forward(minutes=2)
    browser.ask(DERYA)
    assert "paneli" in here.sent[-1]["subject"]
    refused_for(browser.post("/giris/kod", data={"code": here.code}), 422, "Kod yanlış.")
    assert not browser.signed_in


def test_wrong_codes_are_limited(office: OpenOffice) -> None:
    here = office(CODE_TRIES="3")
    here.person(DERYA, OWNER)
    browser = here.browser()
    browser.ask(DERYA)
    right = here.code
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(2):
        refused_for(browser.type(wrong), 422, "Kod yanlış.")
    refused_for(browser.type(wrong), 422, "Çok fazla yanlış kod girildi.")
    refused_for(browser.type(right), 422, "Çok fazla yanlış kod girildi.")
    assert not browser.signed_in


@pytest.mark.parametrize(("minutes", "times"), [(31, 1), (29, 25)])
def test_a_session_ends_after_thirty_idle_minutes_or_twelve_hours(office: OpenOffice, minutes: int, times: int) -> None:
    here = office()
    browser = here.somebody(OWNER)
    for _ in range(times):
        if minutes < 30:
            assert browser.signed_in is (here.clock.now < here_began(here) + 12 * 3600 * 10**6)
        here.clock.forward(minutes=minutes)
    assert not browser.signed_in


def here_began(here: Office) -> int:
    from tests.conftest import NOON

    return NOON


def test_signing_out_ends_the_session_and_everywhere_ends_all(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    first, second, third = here.browser(), here.browser(), here.browser()
    for browser in (first, second, third):
        here.clock.forward(minutes=2)
        browser.sign_in(DERYA)
    copied = dict(first.cookies)
    assert first.post("/panel/cikis").headers["location"].startswith("/panel/giris")
    for name, value in copied.items():
        first.cookies.set(name, value)
    assert not first.signed_in
    assert second.signed_in
    second.post("/panel/hesap/cikis-hepsi")
    assert not third.signed_in


def test_a_new_browser_is_announced_and_a_known_one_is_not(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    first, second = here.browser(), here.browser(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    first.sign_in(DERYA)
    assert len(here.sent) == 1
    here.clock.forward(minutes=2)
    second.sign_in(DERYA)
    assert [mail["to"] for mail in here.sent[1:]] == [DERYA, DERYA]
    assert "Firefox, Linux" in here.sent[-1]["text"]
    here.clock.forward(minutes=2)
    second.sign_in(DERYA)
    assert len(here.sent) == 4


def test_a_right_taken_away_ends_with_the_next_click(office: OpenOffice) -> None:
    from panel.accounts import memberships

    here = office()
    browser = here.somebody(Membership(Role.USER, Permission.SEE))
    assert browser.get(f"/panel/{CINAR}/genel").status_code == 200
    here.registry.store.write_now(memberships.end, browser.number, here.id_of(CINAR))
    assert browser.get(f"/panel/{CINAR}/genel").status_code == 404


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/giris", "https://evil.example", "/panel//evil.example", "/panel/../giris", ""]
)
def test_no_sign_in_leads_off_the_panel(office: OpenOffice, wanted: str) -> None:
    here = office()
    here.person(DERYA, OWNER)
    browser = here.browser()
    browser.post("/panel/giris", params={"git": wanted}, data={"email": DERYA})
    answer = browser.post("/panel/giris/kod", params={"git": wanted}, data={"code": here.code})
    assert answer.headers["location"] == "/panel"


def test_who_was_led_to_the_sign_in_comes_to_the_page_he_wanted(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    browser = here.browser()
    led = browser.get(f"/panel/{CINAR}/genel").headers["location"]
    assert browser.get(led).status_code == 200
    asked = browser.post(led, data={"email": DERYA})
    assert (
        browser.post(asked.headers["location"], data={"code": here.code}).headers["location"] == f"/panel/{CINAR}/genel"
    )


def test_the_operator_must_set_up_a_second_step_first(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, Staff.OPERATOR)
    browser = here.browser()
    assert browser.sign_in(DERYA).headers["location"] == "/panel/hesap/ikinci-adim"
    assert browser.get("/panel").headers["location"] == "/panel/hesap/ikinci-adim"


def filled(page: str) -> str:
    (value,) = re.findall(r'<input id="code"[^>]* value="(\d*)"', page)
    return str(value)


def test_a_demo_fills_in_the_code_that_this_browser_asked_for(office: OpenOffice, tmp_path: Path) -> None:
    here = office(MAIL_GATEWAY=f"file:{tmp_path}/mails.jsonl", SMS_GATEWAY=f"file:{tmp_path}/texts.jsonl")
    here.person(DERYA, OWNER)
    real = here.browser()
    real.ask(DERYA)
    assert filled(real.get("/panel/giris/kod").text) == ""
    here.asgi = app.build(here.settings, here.registry, trial=Trial("", ""))
    here.clock.forward(minutes=2)
    first, other, unknown = here.browser(), here.browser(), here.browser()
    first.ask(DERYA)
    shown, code = filled(first.get("/panel/giris/kod").text), here.code
    assert shown == code
    here.clock.forward(minutes=2)
    other.ask(DERYA)
    assert filled(other.get("/panel/giris/kod").text) == here.code != code
    assert filled(first.get("/panel/giris/kod").text) == code, "each browser has its own"
    unknown.ask("yabanci@example.com")
    assert filled(unknown.get("/panel/giris/kod").text) == ""
    here.clock.forward(minutes=2)
    applicant = here.browser()
    applicant.post("/panel/basvuru", data={"email": "yabanci@example.com"})
    assert filled(applicant.get("/panel/basvuru/kod").text) == here.code


def test_no_site_of_others_fills_in_a_code(office: OpenOffice) -> None:
    here = office(**{**REAL, "SECRET_KEY": SECRET})
    here.person(DERYA, OWNER)
    here.asgi = app.build(here.settings, here.registry, trial=Trial("", ""))
    browser = here.browser()
    browser.ask(DERYA)
    assert here.code
    assert filled(browser.get("/panel/giris/kod").text) == ""


def test_a_demo_fills_in_an_unused_code_of_its_operators_app(office: OpenOffice, tmp_path: Path) -> None:
    here = office(MAIL_GATEWAY=f"file:{tmp_path}/mails.jsonl", SMS_GATEWAY=f"file:{tmp_path}/texts.jsonl")
    here.registry.store.write_now(demo_command.add_people, here.registry)
    here.asgi = app.build(here.settings, here.registry, trial=Trial("", ""))
    browser = here.browser()
    browser.sign_in(PANEL_TRIAL.operator)
    used = set()
    for _ in range(2):  # the second one in the same half minute: the next code
        used.add(step := filled(browser.get(STEP).text))
        assert browser.post(STEP, data={"code": step}).status_code == 303
    assert len(used) == 2
    assert filled(browser.get(STEP).text) == "", "no other code is accepted yet"
    assert browser.get("/panel/isletmen").status_code == 200
