"""Sign-in by OpenID Connect, with a provider that runs on this machine."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague, Office

pytestmark = pytest.mark.filterwarnings("ignore")  # the provider's libraries, in its thread
OWNER = Membership(Role.OWNER, Permission.MEMBER)
DERYA = "derya@example.com"
PEOPLE = {
    "derya": {"email": DERYA, "email_verified": True},
    "unproved": {"email": DERYA, "email_verified": False},
    "spelled": {"email": DERYA, "email_verified": "true"},
    "silent": {},
    "stranger": {"email": "yabanci@example.com", "email_verified": True},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock as provider

        users = [provider.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
        with provider.run_server_in_thread(user_claims=users) as server:
            yield f"http://localhost:{server.server_port}"


@pytest.fixture
def here(office: OpenOffice, issuer: str) -> Office:
    # The provider stamps its identities by the machine's clock.
    import time

    made = office(OIDC_ISSUER=issuer, OIDC_CLIENT_ID="izin", OIDC_CLIENT_SECRET="secret-of-the-client")
    made.clock.now = time.time_ns() // 1000
    return made


def asked(browser: Colleague, path: str = "/panel/giris/kimlik") -> str:
    """Where the browser is sent."""
    answer = browser.get(path)
    assert answer.status_code == 303
    return answer.headers["location"]


def allowed(address: str, sub: str) -> str:
    """What the issuer sends back once this person has signed in there: path and query."""
    with httpx2.Client() as client:
        answer = client.post(address, data={"sub": sub})
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


def test_somebody_of_the_panel_signs_in_and_comes_to_the_page_he_wanted(here: Office) -> None:
    here.person(DERYA, OWNER)
    browser = here.browser()
    assert "localhost hesabıyla gir" in browser.get("/panel/giris").text
    sent = asked(browser, f"/panel/giris/kimlik?git=/panel/{CINAR}/kutuk")
    question = parse_qs(urlsplit(sent).query)
    assert question["code_challenge_method"] == ["S256"]
    assert question["response_type"] == ["code"]
    answer = browser.get(allowed(sent, "derya"))
    assert answer.headers["location"] == f"/panel/{CINAR}/kutuk"
    assert browser.signed_in
    assert here.acts() == ["signed-in"]


@pytest.mark.parametrize("sub", ["unproved", "spelled", "silent", "stranger"])
def test_nobody_else_gets_in(here: Office, sub: str) -> None:
    here.person(DERYA, OWNER)
    browser = here.browser()
    answer = browser.get(allowed(asked(browser), sub))
    assert answer.headers["location"] == "/panel/giris?kimlik"
    assert "olmadı" in browser.get("/panel/giris?kimlik").text
    assert not browser.signed_in


def test_an_answer_of_another_browser_is_refused(here: Office) -> None:
    here.person(DERYA, OWNER)
    thief, victim = here.browser(), here.browser()
    answer = allowed(asked(thief), "derya")
    asked(victim)
    assert victim.get(answer).headers["location"] == "/panel/giris?kimlik"
    assert here.browser().get(answer).headers["location"] == "/panel/giris?kimlik"
    assert not victim.signed_in


def test_a_code_is_good_for_its_own_question_alone(here: Office) -> None:
    """Another verifier (PKCE) and another nonce, with the state that the browser waits for."""
    here.person(DERYA, OWNER)
    browser = here.browser()
    code = parse_qs(urlsplit(allowed(asked(browser), "derya")).query)["code"][0]
    state = parse_qs(urlsplit(asked(browser)).query)["state"][0]
    mixed = browser.get(f"/panel/giris/kimlik/donus?{urlencode({'code': code, 'state': state})}")
    assert mixed.headers["location"] == "/panel/giris?kimlik"
    sent = asked(browser)
    other = re.sub(r"nonce=[^&]+", "nonce=another", sent)
    assert browser.get(allowed(other, "derya")).headers["location"] == "/panel/giris?kimlik"
    assert not browser.signed_in


def test_what_waits_too_long_is_refused(here: Office) -> None:
    here.person(DERYA, OWNER)
    browser = here.browser()
    answer = allowed(asked(browser), "derya")
    here.clock.forward(minutes=11)
    assert browser.get(answer).headers["location"] == "/panel/giris?kimlik"


def test_the_second_step_stays_the_panels_own(here: Office) -> None:
    here.person(DERYA, Staff.OPERATOR)
    browser = here.browser()
    assert browser.get(allowed(asked(browser), "derya")).headers["location"] == "/panel/hesap/ikinci-adim"
    assert not browser.signed_in


def test_an_issuer_that_does_not_answer_leaves_the_code_by_mail(office: OpenOffice) -> None:
    here = office(OIDC_ISSUER="http://localhost:1", OIDC_CLIENT_ID="izin", OIDC_CLIENT_SECRET="secret")
    here.person(DERYA, OWNER)
    browser = here.browser()
    assert asked(browser) == "/panel/giris?kimlik"
    browser.sign_in(DERYA)
    assert browser.signed_in


def test_without_the_setting_there_is_no_such_page(office: OpenOffice) -> None:
    browser = office().browser()
    assert browser.get("/panel/giris/kimlik").status_code == 404
    assert "hesabıyla gir" not in browser.get("/panel/giris").text
