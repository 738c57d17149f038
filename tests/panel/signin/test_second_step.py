"""The second step: an app's codes, each once; recovery codes; who must have one, and who cannot go round it."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from panel.accounts import factors
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague, Office, app_code, give_app
from tests.web.client import refused_for

OWNER = Membership(Role.OWNER, Permission.MEMBER)
DERYA = "derya@example.com"
WRONG, MANY = "Bu olmadı.", "Çok fazla deneme yapıldı."
STEP = "/panel/giris/ikinci"


def half(here: Office, kind: Membership | Staff = OWNER) -> tuple[Colleague, str]:
    """Somebody whose code was right and whose app is asked for; the app's secret."""
    browser = here.somebody(kind, strong=False)
    return browser, give_app(here, browser.number)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B: the last six digits, of SHA-1."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert factors.code_of(secret, seconds // 30) == code
    assert factors.step_of(secret, code, seconds * 1_000_000) == seconds // 30


def test_what_an_app_reads_is_understood_by_all() -> None:
    """Google's Key URI Format: a blank of a name is %20; some apps show a plus as it is."""
    secret = factors.new_secret()
    assert len(base64.b32decode(secret)) == 20
    address = urlsplit(factors.uri(secret, "a+b@example.com", "İzin & Ötesi A+"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/İzin & Ötesi A+:a+b@example.com"
    assert "+" not in address.query
    asked = {"secret": secret, "issuer": "İzin & Ötesi A+", "algorithm": "SHA1", "digits": "6", "period": "30"}
    assert dict(parse_qsl(address.query)) == asked


def test_an_app_is_set_up_proved_and_asked_for(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    browser = here.browser()
    browser.sign_in(DERYA)
    browser.post("/panel/hesap/ikinci-adim/uygulama")
    page = browser.get("/panel/hesap/ikinci-adim/uygulama").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret
    key = secret[1].replace(" ", "")
    wrong = browser.post("/panel/hesap/ikinci-adim/uygulama/kod", data={"code": "000000"})
    refused_for(wrong, 422, "Kod doğru değil.")
    shown = browser.post("/panel/hesap/ikinci-adim/uygulama/kod", data={"code": app_code(here, key)})
    recoveries = re.findall(r"<code>([0-9A-Z-]{14})</code>", shown.text)
    assert len(set(recoveries)) == 10
    assert key not in browser.get("/panel/hesap").text
    browser.post("/panel/cikis")
    here.clock.forward(minutes=2)
    assert browser.sign_in(DERYA).headers["location"] == STEP
    assert browser.get("/panel").headers["location"] == STEP
    assert browser.post(STEP, data={"code": app_code(here, key)}).headers["location"] == "/panel"
    assert browser.signed_in
    assert here.acts() == ["signed-in", "factor-added", "signed-in"]


@pytest.mark.parametrize(("drift", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_may_be_one_step_early_or_late(office: OpenOffice, drift: int, good: bool) -> None:
    here = office()
    browser, secret = half(here)
    here.clock.forward(minutes=5)
    answer = browser.post(STEP, data={"code": app_code(here, secret, drift)})
    if good:
        assert answer.status_code == 303
    else:
        refused_for(answer, 422, WRONG)
    assert browser.signed_in is good


def test_no_code_works_twice_and_no_older_one_after_a_newer(office: OpenOffice) -> None:
    here = office()
    browser, secret = half(here)
    here.clock.forward(minutes=5)
    code, older = app_code(here, secret), app_code(here, secret, -1)
    assert browser.post(STEP, data={"code": code}).status_code == 303
    for used in (code, older):
        other = here.browser()
        other.cookies.update(here.somebody(OWNER, strong=False, email=browser.email).cookies)
        refused_for(other.post(STEP, data={"code": used}), 422, WRONG)
        assert not other.signed_in


def test_tries_are_limited_also_for_the_right_code(office: OpenOffice) -> None:
    here = office()
    browser, secret = half(here)
    here.clock.forward(minutes=5)
    for status, sentence in [(422, WRONG)] * 10 + [(429, MANY)]:
        refused_for(browser.post(STEP, data={"code": "000000"}), status, sentence)
    refused_for(browser.post(STEP, data={"code": app_code(here, secret)}), 429, MANY)
    here.clock.forward(minutes=16)
    assert browser.get("/panel/hesap").headers["location"] == STEP
    assert browser.post(STEP, data={"code": app_code(here, secret)}).status_code == 303


def test_a_recovery_code_works_once(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    give_app(here, owner.number)
    shown = owner.post("/panel/hesap/kurtarma").text
    recovery = re.findall(r"<code>([0-9A-Z-]{14})</code>", shown)[0]
    for status in (303, 422):
        other = here.somebody(OWNER, strong=False, email=owner.email)
        assert other.post(STEP, data={"code": recovery.lower().replace("-", " ")}).status_code == status
    assert here.acts() == ["recovery-made", "recovery-used"]


def test_who_reads_the_mails_alone_cannot_add_a_second_step_of_his_own(office: OpenOffice) -> None:
    here = office()
    browser, _ = half(here)
    for path in ("/uygulama", "/uygulama/kod", "/anahtar-sor", "/anahtar"):
        answer = browser.post(f"/panel/hesap/ikinci-adim{path}", data={"code": "000000"})
        assert answer.headers["location"] == STEP, path
    assert browser.get("/panel/hesap/ikinci-adim").headers["location"] == STEP


def test_the_session_goes_on_under_another_key(office: OpenOffice) -> None:
    here = office()
    browser, secret = half(here)
    here.clock.forward(minutes=5)
    before = browser.cookies["panel"]
    browser.post(STEP, data={"code": app_code(here, secret)})
    assert browser.cookies["panel"] != before
    stolen = here.browser()
    stolen.cookies.set("panel", before)
    assert not stolen.signed_in


def test_the_last_second_step_of_who_must_have_one_stays(office: OpenOffice) -> None:
    here = office()
    operator, owner = here.somebody(Staff.OPERATOR), here.somebody(OWNER)
    for browser, status in ((operator, 422), (owner, 303)):
        give_app(here, browser.number)
        number = re.search(r"ikinci-adim/(\d+)/kaldir", browser.get("/panel/hesap").text)
        assert number
        assert browser.post(f"/panel/hesap/ikinci-adim/{number[1]}/kaldir").status_code == status
    assert browser.get(f"/panel/{CINAR}/genel").status_code == 200


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", '{"id":"x","rawId":"x","type":"public-key","response":{}}', "x" * 30_000]
)
def test_an_answer_that_is_no_passkeys_passes_nothing(office: OpenOffice, answer: str) -> None:
    here = office()
    browser, _ = half(here)
    browser.post(f"{STEP}/anahtar-sor")
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": answer}), 422, WRONG)
    assert not browser.signed_in
