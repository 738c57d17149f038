"""Answers of an OpenID issuer that are forged or old, and requests to it without end."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from json import dumps
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from panel.rights import Membership, Permission, Role
from panel.signin import signin_actions
from tests.panel.conftest import OpenOffice
from tests.panel.office import Colleague, Office
from tests.panel.signin.soft_issuer import Forge, SoftIssuer

OWNER = Membership(Role.OWNER, Permission.MEMBER)
SECRET = "secret-of-the-client-of-32-letters"
FAILED = "/panel/giris?kimlik"


@pytest.fixture
def issuer() -> Iterator[SoftIssuer]:
    made = SoftIssuer()
    yield made
    made.close()


@pytest.fixture
def here(office: OpenOffice, issuer: SoftIssuer) -> Office:
    made = office(OIDC_ISSUER=issuer.url, OIDC_CLIENT_ID="izin", OIDC_CLIENT_SECRET=SECRET)
    made.person("derya@example.com", OWNER)
    issuer.now = made.clock.now
    return made


def refused(browser: Colleague, way: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """That it was refused for this reason, which the log alone names."""
    capsys.readouterr()
    assert browser.get(way).headers["location"] == FAILED
    assert f'"reason": "{reason}' in capsys.readouterr().out
    assert not browser.signed_in


def test_a_right_answer_signs_in(here: Office, issuer: SoftIssuer) -> None:
    browser = here.browser()
    assert browser.get(issuer.lead_back(browser)).headers["location"] == "/panel"
    assert browser.signed_in


def changed(**claims: Any) -> Forge:
    """The same identity with other claims; None: without."""
    return lambda issuer, right: issuer.sign({k: v for k, v in {**right, **claims}.items() if v is not None})


def _unsigned(issuer: SoftIssuer, right: dict[str, Any]) -> str:
    parts = ({"alg": "none", "kid": "one"}, right)
    return ".".join(urlsafe_b64encode(dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def _ours(issuer: SoftIssuer, right: dict[str, Any]) -> str:
    return issuer.sign(right, key=OctKey.import_key(SECRET), alg="HS256")


def _public_as_secret(issuer: SoftIssuer, right: dict[str, Any]) -> str:
    return issuer.sign(right, key=OctKey.import_key(issuer.key.as_pem(private=False)), alg="HS256")


def _other_key(issuer: SoftIssuer, right: dict[str, Any]) -> str:
    return issuer.sign(right, key=RSAKey.generate_key(2048, {"kid": "one"}))


FORGED: dict[str, tuple[Forge, str]] = {
    "another issuer": (changed(iss="https://evil.example"), "InvalidClaimError"),
    "another client": (changed(aud="another"), "InvalidClaimError"),
    "no client": (changed(aud=None), "MissingClaimError"),
    "several clients": (changed(aud=["izin", "another"]), "issued to several"),
    "another party": (changed(aud=["izin", "another"], azp="another"), "issued to another"),
    "another nonce": (changed(nonce="another"), "another nonce"),
    "no nonce": (changed(nonce=None), "another nonce"),
    "over": (lambda issuer, right: issuer.sign({**right, "exp": right["iat"] - 100}), "ExpiredTokenError"),
    "no end": (changed(exp=None), "MissingClaimError"),
    "ten days old": (lambda issuer, right: issuer.sign({**right, "iat": right["iat"] - 864_000}), "issued long ago"),
    "of no time": (changed(iat=None), "MissingClaimError"),
    "unverified": (changed(email_verified=False), "no verified e-mail"),
    "no e-mail": (changed(email=None), "no verified e-mail"),
    "another key": (_other_key, "BadSignatureError"),
    "no signature": (_unsigned, ""),
    "our secret": (_ours, ""),
    "its public key as a secret": (_public_as_secret, ""),
    "no token": (lambda issuer, right: "", ""),
    "deep": (lambda issuer, right: "[" * 50_000, ""),
}


@pytest.mark.parametrize(("forge", "reason"), FORGED.values(), ids=FORGED)
def test_a_forged_answer_signs_nobody_in(
    here: Office, issuer: SoftIssuer, capsys: pytest.CaptureFixture[str], forge: Forge, reason: str
) -> None:
    issuer.forge = forge
    browser = here.browser()
    refused(browser, issuer.lead_back(browser), reason, capsys)


def test_several_clients_with_us_in_the_first_place_are_well(here: Office, issuer: SoftIssuer) -> None:
    issuer.forge = changed(aud=["izin", "another"], azp="izin")
    browser = here.browser()
    assert browser.get(issuer.lead_back(browser)).headers["location"] == "/panel"


def test_the_state_has_to_be_the_one_that_this_browser_waits_for(
    here: Office, issuer: SoftIssuer, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = here.browser()
    way = issuer.lead_back(browser)
    refused(browser, way.partition("&state=")[0] + "&state=another", "state", capsys)
    browser = here.browser()
    issuer.lead_back(browser)
    refused(browser, way, "state", capsys)
    assert issuer.asked["/token_endpoint"] == 0


def test_one_cookie_is_worth_one_question(here: Office, issuer: SoftIssuer, capsys: pytest.CaptureFixture[str]) -> None:
    issuer.forge = changed(nonce="another")
    browser = here.browser()
    way = issuer.lead_back(browser)
    kept = dict(browser.cookies)
    for number in range(4):
        browser.cookies.update(kept)
        refused(browser, way, "used or too many" if number else "another nonce", capsys)
    assert issuer.asked["/token_endpoint"] == 1


def test_who_begins_again_and_again_has_the_issuer_asked_once(here: Office, issuer: SoftIssuer) -> None:
    for _ in range(10):
        browser = here.browser()
        assert browser.get(issuer.lead_back(browser)).headers["location"] == "/panel"
    assert issuer.asked == {"/.well-known/openid-configuration": 1, "/jwks_uri": 1, "/token_endpoint": 10}


def test_one_client_and_all_together_begin_so_often(
    office: OpenOffice, issuer: SoftIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office(OIDC_ISSUER=issuer.url, OIDC_CLIENT_ID="izin", OIDC_CLIENT_SECRET=SECRET, CODES_SENT_PER_IP="3")
    one = here.browser(client=("192.0.2.1", 1))
    assert [one.get("/panel/giris/kimlik").status_code for _ in range(4)] == [303] * 3 + [429]
    monkeypatch.setattr(signin_actions, "MOST_PER_HOUR", 5)
    others = [here.browser(client=(f"192.0.2.{number}", 1)) for number in (2, 3, 4)]
    answers = [other.get("/panel/giris/kimlik") for other in others]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[-1].headers["retry-after"] == "300"


def test_a_key_that_is_new_is_looked_for_once_a_minute(
    here: Office, issuer: SoftIssuer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here.browser()
    first.get(issuer.lead_back(first))
    issuer.key = RSAKey.generate_key(2048, {"kid": "two"})
    issuer.forge = lambda made, claims: made.sign(claims, kid="two")
    issuer.published = [issuer.key]
    browser = here.browser()
    refused(browser, issuer.lead_back(browser), "InvalidKeyIdError", capsys)
    monkeypatch.setattr("panel.signin.openid_client.RENEWED", 0.0)
    assert browser.get(issuer.lead_back(browser)).headers["location"] == "/panel"
    assert issuer.asked["/jwks_uri"] == 2


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks_uri", "/token_endpoint"])
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"[]", b'{"keys": 5}', b'{"keys": [[]]}'])
def test_what_is_no_answer_of_an_issuers_signs_nobody_in(
    here: Office, issuer: SoftIssuer, path: str, body: bytes
) -> None:
    issuer.bodies[path] = body
    browser = here.browser()
    began = browser.get("/panel/giris/kimlik")
    if path.endswith("configuration"):
        assert began.headers["location"] == FAILED
        return
    assert browser.get(issuer.lead_back(browser)).headers["location"] == FAILED
