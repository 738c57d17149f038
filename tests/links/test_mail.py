"""One click in a mail: what RFC 8058 asks of the address, and the page a browser sees."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from consents.terms import Actor
from consents.terms import Door as Way
from settings import load
from tests.citizen.town import CINAR, MAIL, Town, text
from tests.conftest import SECRET, Clock
from tests.links import door
from web import tokens

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
    answer = here.client.post(path, data=form)
    assert answer.status_code == 200
    assert "Çınar e-postalarını reddet" in text(answer.text)
    assert door.stands(here, MAIL, "EPOSTA") == "YOK"


def test_the_page_has_a_button_of_its_own_and_an_undo(here: Town, clock: Clock) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    page = here.client.get(path)
    assert "Bu marka, a•••@e•••.com adresine reklam e-postası gönderebiliyor." in text(page.text)
    assert "Bu e-posta size iletildiyse (adres sizin değilse) basmayın." in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    done = here.client.post(path, data=door.fields(page, "E-postaları reddet"))
    assert "Reddettiniz" in done.text
    assert "Zaten reddetmişsiniz" in here.client.get(path).text
    clock.forward(minutes=9)
    undone = here.client.post(path, data=door.fields(done, "Geri al"))
    assert "Çınar e-postaları için önceki durum geçerli: izin var." in text(undone.text)
    again = here.client.post(path, data=door.fields(undone, "Yeniden reddet"))
    assert "Reddettiniz" in again.text


def test_a_token_outlives_a_change_of_the_secret_and_names_no_address(here: Town) -> None:
    new = "a-new-key-of-at-least-thirty-two-bytes"
    token = tokens.one_click(door.settings(here), 7, 3)
    turned = load({"SECRET_KEY": new, "SECRET_KEY_PREVIOUS": SECRET})
    assert tokens.read_one_click(turned, token) == (7, 3)
    assert tokens.one_click(turned, 7, 3) != token
    assert tokens.read_one_click(load({"SECRET_KEY": new}), token) is None
    assert len(token) < 80


def test_a_token_is_good_for_its_purpose_alone(here: Town) -> None:
    settings = door.settings(here)
    assert tokens.read_one_click(settings, tokens.sign(settings, "another purpose", [1, 2])) is None
    assert tokens.read(settings, "another purpose", tokens.one_click(settings, 1, 2)) is None


@bounded(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(place=st.integers(0, 57), letter=st.sampled_from("ABab01_-.~é\n"))
def test_a_token_with_another_letter_is_none(here: Town, place: int, letter: str) -> None:
    settings = door.settings(here)
    token = tokens.one_click(settings, 1, 1)
    altered = token[:place] + letter + token[place + 1 :]
    assert (tokens.read_one_click(settings, altered) is None) == (altered != token)


@pytest.mark.parametrize("token", ["", "x", "A" * 513, "A" * 4096, "а" * 20, "x.y", "..", "\n", "%0a"])
def test_what_is_no_token_is_answered_kindly_and_asks_the_store_nothing(
    here: Town, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tokens.read_one_click(door.settings(here), token) is None
    monkeypatch.setattr(here.registry.store, "read", None)
    if token.isprintable() and token not in ("", ".."):
        assert here.client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404


def test_a_token_of_nobody_is_unknown(here: Town) -> None:
    token = tokens.one_click(door.settings(here), 999, here.brand(CINAR))
    assert here.client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
    here.person(MAIL)
    assert here.client.get(f"/u/{tokens.one_click(door.settings(here), 1, 999)}").status_code == 404
