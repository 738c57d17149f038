"""Passkeys with forged answers: each part that must hold is wrong once, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from panel.rights import Membership, Permission, Role
from panel.signin import second_step_limits
from tests.panel.conftest import OpenOffice
from tests.panel.office import Colleague, Office
from tests.panel.signin.soft_passkeys import PRESENT, SoftPasskey, plain
from tests.units_of_work import at_work
from tests.web.client import refused_for
from trust import passkeys

OWNER = Membership(Role.OWNER, Permission.MEMBER)
STEP, ENROL = "/panel/giris/ikinci", "/panel/hesap/ikinci-adim"
WRONG, NONE = "Bu olmadı. Uygulamadaki yeni kodu", "Geçiş anahtarı eklenemedi."


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


def asked(browser: Colleague, path: str) -> bytes:
    return plain(browser.post(f"{path}/anahtar-sor").json()["challenge"])


def passkey(here: Office, credential: bytes = b"soft-passkey-1") -> SoftPasskey:
    url = here.settings.public_url
    return SoftPasskey(urlsplit(url).hostname or "", url, credential)


def made(here: Office, browser: Colleague) -> SoftPasskey:
    """A passkey that this browser's person has set up."""
    one = passkey(here, f"passkey of {browser.number}".encode())
    answer = browser.post(f"{ENROL}/anahtar", data={"answer": one.made(asked(browser, ENROL)), "label": "Cep"})
    assert answer.status_code == 200, answer.text
    return one


def half(here: Office, browser: Colleague) -> Colleague:
    """The same person in another browser, before the second step."""
    return here.somebody(OWNER, strong=False, email=browser.email)


def test_a_passkey_is_made_and_passes_once(here: Office) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    browser = half(here, owner)
    answer = one.signed(asked(browser, STEP))
    assert browser.post(f"{STEP}/anahtar", data={"answer": answer}).headers["location"] == "/panel"
    assert browser.signed_in
    again = half(here, owner)
    refused_for(again.post(f"{STEP}/anahtar", data={"answer": answer}), 422, WRONG)
    assert here.acts() == ["factor-added"]


FORGED: dict[str, dict[str, Any]] = {
    "another page": {"origin": "https://izin.example.evil.example"},
    "another port": {"origin": "http://127.0.0.1:8001"},
    "another site": {"host": "evil.example"},
    "another challenge": {"challenge": b"c" * 32},
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another passkey": {"credential": b"nobody's"},
    "tampered": {"tampered": True},
    "an answer to being made": {"type": "webauthn.create"},
    "nobody present": {"flags": 0},
    "a copy that is behind": {"counter": 1},
}


@pytest.mark.parametrize("changed", FORGED.values(), ids=FORGED)
def test_a_forged_answer_passes_nothing(here: Office, changed: dict[str, Any]) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    for _ in range(2):  # the counter that a copy would be behind
        browser = half(here, owner)
        assert browser.post(f"{STEP}/anahtar", data={"answer": one.signed(asked(browser, STEP))}).status_code == 303
    browser = half(here, owner)
    more = dict(changed)
    challenge = more.pop("challenge", None) or asked(browser, STEP)
    if "challenge" in changed:
        asked(browser, STEP)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": one.signed(challenge, **more)}), 422, WRONG)
    assert not browser.signed_in


def test_anothers_passkey_is_none_of_mine(here: Office) -> None:
    ali, veli = here.somebody(OWNER), here.somebody(OWNER)
    of_veli = made(here, veli)
    made(here, ali)
    browser = half(here, ali)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": of_veli.signed(asked(browser, STEP))}), 422, WRONG)


def test_a_challenge_is_good_once_in_its_own_session_and_for_five_minutes(here: Office) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    browser, other = half(here, owner), half(here, owner)
    challenge = asked(browser, STEP)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": one.signed(b"x" * 32)}), 422, WRONG)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": one.signed(challenge)}), 422, WRONG)
    challenge = asked(browser, STEP)
    asked(other, STEP)
    refused_for(other.post(f"{STEP}/anahtar", data={"answer": one.signed(challenge)}), 422, WRONG)
    here.clock.forward(minutes=6)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": one.signed(challenge)}), 422, WRONG)
    assert browser.post(f"{STEP}/anahtar", data={"answer": one.signed(asked(browser, STEP))}).status_code == 303


EVIL: dict[str, Callable[[SoftPasskey, bytes], str]] = {
    "deep": lambda one, challenge: "[" * 19_000,
    "deep object": lambda one, challenge: '{"a":' * 3_000,
    "long": lambda one, challenge: "x" * 30_000,
    "empty": lambda one, challenge: "",
    "no passkey": lambda one, challenge: '{"id":"x","rawId":"x","type":"public-key","response":{}}',
    "surrogate": lambda one, challenge: '{"id":"\\ud800","rawId":"\\ud800","type":"public-key","response":{}}',
    "deep CBOR": lambda one, challenge: one.made(challenge, attestation=b"\x81" * 9_000),
    "cut CBOR": lambda one, challenge: one.made(challenge, attestation=b"\xa3\x63fmt"),
    "no map": lambda one, challenge: one.made(challenge, attestation=b"\x01"),
    "short data": lambda one, challenge: one.made(
        challenge, attestation=b"\xa3cfmtdnonegattStmt\xa0hauthDataX\x25" + b"\x00" * 32 + b"\x45" + b"\x00" * 4
    ),
}


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_an_answer_of_anybodys_making_is_refused_counted_and_uses_the_challenge_up(
    here: Office, evil: Callable[[SoftPasskey, bytes], str]
) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    browser = half(here, owner)
    challenge = asked(browser, STEP)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": evil(one, challenge)}), 422, WRONG)
    refused_for(browser.post(f"{STEP}/anahtar", data={"answer": one.signed(challenge)}), 422, WRONG)
    challenge = asked(owner, ENROL)
    refused_for(owner.post(f"{ENROL}/anahtar", data={"answer": evil(one, challenge)}), 422, NONE)
    refused_for(owner.post(f"{ENROL}/anahtar", data={"answer": passkey(here, b"b").made(challenge)}), 422, NONE)
    tries = second_step_limits.TRIES - 4
    for status, sentence in [(422, WRONG)] * tries + [(429, "Çok fazla deneme yapıldı.")]:
        refused_for(browser.post(f"{STEP}/anahtar", data={"answer": evil(one, challenge)}), status, sentence)


@pytest.mark.parametrize("where", [STEP, ENROL])
def test_answers_are_checked_beside_the_writer(here: Office, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    seen: list[str] = []
    for name in ("signed", "made", "credential_of"):
        check = getattr(passkeys, name)
        monkeypatch.setattr(passkeys, name, lambda *given, check=check: (seen.append(at_work()), check(*given))[1])
    browser = half(here, owner) if where == STEP else owner
    challenge = asked(browser, where)
    answer = one.signed(challenge) if where == STEP else passkey(here, b"second").made(challenge)
    assert browser.post(f"{where}/anahtar", data={"answer": answer}).status_code == 303
    assert set(seen) == {""}


def test_who_was_ended_while_an_answer_was_checked_is_not_let_in(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = here.somebody(OWNER)
    one = made(here, owner)
    browser, check = half(here, owner), passkeys.signed

    def meanwhile(*given: Any) -> int:
        owner.post("/panel/hesap/cikis-hepsi")
        return check(*given)

    answer = one.signed(asked(browser, STEP), flags=PRESENT)
    monkeypatch.setattr(passkeys, "signed", meanwhile)
    browser.post(f"{STEP}/anahtar", data={"answer": answer})
    assert not browser.signed_in
