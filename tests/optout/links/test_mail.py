"""One click in a mail: what RFC 8058 asks of the address, and the page a browser sees."""

from __future__ import annotations

import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from consents.keys import Keyring
from consents.people import held_keys
from consents.people.rotation import rekey
from consents.registry import Registry
from consents.terms import Actor
from consents.terms import Door as Way
from settings import load
from tests.citizen.consents.town import CINAR, MAIL, Town, text
from tests.conftest import SECRET, Clock
from tests.optout.links import door
from trust import pseudonyms, signed_tokens

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}])
def test_one_click_needs_no_cookie_and_answers_200_also_again(here: Town, form: dict[str, object]) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    foreign = {"origin": "https://mail.example", "sec-fetch-site": "cross-site"}
    answer = here.client.post(path, headers=foreign, **form)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert "E-postalar en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma" in text(answer.text)
    assert [door.stands(here, MAIL, "EPOSTA", identity) for identity in ("BIREYSEL", "TACIR")] == ["RET", "RET"]
    way, actor, evidence = door.last_act(here)
    assert (way, actor, set(evidence)) == (Way.MAIL.code, Actor.CITIZEN.code, {"mail", "agent"})
    before = door.events(here)
    assert here.client.post(path, **form).status_code == 200  # type: ignore[arg-type]
    assert door.events(here) == before


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
def test_a_mailbox_that_names_another_type_is_understood(here: Town, kind: str) -> None:
    here.client.post(door.mail(here), content=b"List-Unsubscribe=One-Click\r\n", headers={"content-type": kind})
    assert door.stands(here, MAIL, "EPOSTA") == "RET"


NO_SIGNALS = [{}, {"List-Unsubscribe": "one-click"}, {"list": "One-Click"}, {"status": "RET"}]


@pytest.mark.parametrize("form", [*NO_SIGNALS, {"reddet": "1", "status": "ONAY"}])
def test_a_post_without_the_signal_shows_the_page(here: Town, form: dict[str, str]) -> None:
    path = door.mail(here)
    answer = door.posted(here, path, form)
    assert answer.status_code == 200
    assert "Çınar e-postalarını reddet" in text(answer.text)
    assert door.stands(here, MAIL, "EPOSTA") == "YOK"


def test_the_page_has_a_button_of_its_own_and_an_undo(here: Town, clock: Clock) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    page = door.proved(here, path, "ays")
    assert "Bu marka, a•••@e•••.com adresine reklam e-postası gönderebiliyor." in text(page.text)
    assert "Bu e-posta size iletildiyse (adres sizin değilse) basmayın." in text(page.text)
    assert page.headers["referrer-policy"] == "no-referrer"
    done = door.posted(here, path, door.fields(page, "E\u2011postaları reddet"))
    assert "Reddettiniz" in done.text
    assert "Zaten reddetmişsiniz" in here.client.get(path).text
    clock.forward(minutes=9)
    undone = door.posted(here, path, door.fields(done, "Geri al"))
    assert "Çınar e-postaları için önceki durum geçerli: izin var." in text(undone.text)
    again = door.posted(here, path, door.fields(undone, "Yeniden reddet"))
    assert "Reddettiniz" in again.text


OLD, NEW = "an-old-key-of-at-least-thirty-two-bytes", "a-new-key-of-at-least-thirty-two-bytes"


def signed_by_secret(secret: str, recipient: int, brand: int) -> str:
    """A token as SECRET_KEY itself once signed them."""
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return str(URLSafeSerializer(secret, salt="izin one-click mail", signer_kwargs=options).dumps([recipient, brand]))


def signed_by_registry(keyring: Keyring, recipient: int, brand: int) -> str:
    """A token as a key of the registry signed them before they were sealed."""
    options = {"digest_method": hashlib.sha256, "key_derivation": "none"}
    key = pseudonyms.derived(keyring, "one-click mail")
    return str(URLSafeSerializer(key, signer_kwargs=options).dumps([recipient, brand]))


def test_a_token_outlives_every_change_of_the_secret_and_names_no_address(database_url: str) -> None:
    with Registry.open(database_url, SECRET) as registry:
        token = signed_tokens.one_click(registry.keyring, 7, 3)
        signed = signed_by_registry(registry.keyring, 7, 3)
    once, former, unknown = (signed_by_secret(secret, 7, 3) for secret in (SECRET, OLD, "anybody's"))
    with Registry.open(database_url, SECRET) as registry:
        here = load({"SECRET_KEY": SECRET, "SECRET_KEY_PREVIOUS": OLD})
        for good in (token, signed, once, former):  # as long as the key is known
            assert signed_tokens.read_one_click(registry.keyring, here, good) == (7, 3)
    rekey(database_url, NEW, SECRET)
    rekey(database_url, NEW, OLD)  # a key from before this was kept: told once, and kept from then on
    rekey(database_url, NEW)
    with Registry.open(database_url, NEW) as registry:
        alone = load({"SECRET_KEY": NEW})
        for good in (token, signed, once, former):
            assert signed_tokens.read_one_click(registry.keyring, alone, good) == (7, 3)
        assert signed_tokens.read_one_click(registry.keyring, alone, unknown) is None
        assert signed_tokens.one_click(registry.keyring, 7, 3) == token
        assert len(registry.keyring.mailed) == 2
    assert len(token) < 80


@pytest.mark.parametrize("secret", [SECRET, None])
def test_a_mail_of_before_is_answered_after_the_secret_has_changed(here: Town, secret: str | None) -> None:
    """As izin rekey leaves it (a key kept), and before it has run (SECRET_KEY)."""
    here.registry.keyring.mailed = (held_keys.mailed(OLD),)
    path = f"/u/{signed_by_secret(secret or OLD, here.person(MAIL), here.brand(CINAR))}"
    assert here.client.get(path).status_code == 200
    assert door.posted(here, path, ONE_CLICK).status_code == 200
    assert door.stands(here, MAIL, "EPOSTA") == "RET"


def test_what_another_key_of_the_registry_sealed_or_signed_is_no_token(here: Town) -> None:
    """Each is one change away from a token: the same two numbers, under a key made for something else."""
    settings, keyring = door.settings(here), here.registry.keyring
    numbers = struct.pack(">qq", 1, 1)
    for key in (
        pseudonyms.derived(keyring, "mail token, tag") * 2,
        keyring.keys["transaction"],
        keyring.keys["address"],
    ):
        sealed = urlsafe_b64encode(AESSIV(key).encrypt(numbers, None)).decode().rstrip("=")
        assert signed_tokens.read_one_click(keyring, settings, sealed) is None
    options = {"digest_method": hashlib.sha256, "key_derivation": "none"}
    signed = URLSafeSerializer(pseudonyms.derived(keyring, "undo"), signer_kwargs=options).dumps([1, 1])
    assert signed_tokens.read_one_click(keyring, settings, str(signed)) is None


def test_a_token_shows_no_number_and_is_like_no_other(here: Town) -> None:
    keyring = here.registry.keyring
    made = {(who, brand): signed_tokens.one_click(keyring, who, brand) for who in range(1, 40) for brand in range(1, 4)}
    opened = [urlsafe_b64decode(token + "=") for token in made.values()]
    # Four zeros in a row come by chance in one run of a million; a number that shows has seven.
    assert not [data for data in opened if b"\0\0\0\0" in data], "small numbers have many zeros"
    assert len({data[:4] for data in opened}) == len({data[-4:] for data in opened}) == len(made)
    settings = door.settings(here)
    assert {pair: signed_tokens.read_one_click(keyring, settings, token) for pair, token in made.items()} == {
        pair: pair for pair in made
    }


@bounded(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(place=st.integers(0, 42), letter=st.sampled_from("ABab01_-.~é\n"))
def test_a_token_with_another_letter_is_none(here: Town, place: int, letter: str) -> None:
    settings, keyring = door.settings(here), here.registry.keyring
    token = signed_tokens.one_click(keyring, 1, 1)
    altered = token[:place] + letter + token[place + 1 :]
    assert (signed_tokens.read_one_click(keyring, settings, altered) is None) == (altered != token)


@pytest.mark.parametrize("token", ["", "x", "A" * 513, "A" * 4096, "а" * 20, "x.y", "..", "\n", "%0a"])
def test_what_is_no_token_is_answered_kindly_and_asks_the_store_nothing(
    here: Town, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signed_tokens.read_one_click(here.registry.keyring, door.settings(here), token) is None
    monkeypatch.setattr(here.registry.store, "read", None)
    if token.isprintable() and token not in ("", ".."):
        assert door.posted(here, f"/u/{token}", ONE_CLICK).status_code == 404


def test_a_token_of_nobody_is_unknown(here: Town) -> None:
    token = signed_tokens.one_click(here.registry.keyring, 999, here.brand(CINAR))
    assert door.posted(here, f"/u/{token}", ONE_CLICK).status_code == 404
    here.person(MAIL)
    assert here.client.get(f"/u/{signed_tokens.one_click(here.registry.keyring, 1, 999)}").status_code == 404
