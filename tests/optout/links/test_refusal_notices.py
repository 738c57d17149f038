"""A refusal by a link that perhaps a stranger pressed is told to the address once, with the way back."""

from __future__ import annotations

import re

import pytest

from consents.store import Transaction
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, MEHMET, Town
from tests.conftest import Clock
from tests.optout.links import door
from tests.optout.links.test_forwarded import ONE_CLICK, PART, old_link
from trust.codes.limits import code_budgets, trusted
from web import cookies

SAID = (
    "CINAR SMS'leri bir baglantidan reddedildi. Kayit: 27.11.2026 12:00. "
    "Siz yapmadiysaniz 24 saat icinde GERI AL yazin."
)


def know(here: Town, address: str = AYSE) -> str:
    """The cookie of a browser that signed in with the address."""
    secret = cookies.token()

    def work(transaction: Transaction) -> None:
        trusted.remember(transaction, here.registry.keyring, cookies.key(secret), address)

    here.registry.store.write_now(work)
    return secret


def told(here: Town) -> list[tuple[str, str]]:
    return [(message["to"], message["text"]) for message in door.waiting(here)]


def test_whoever_presses_a_forwarded_link_is_told_to_its_address_once(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = old_link(here, clock)
    door.press(here, path)
    assert told(here) == [(AYSE, SAID)]
    door.another_browser(here)
    door.press(here, path)
    assert len(told(here)) == 1, "it changed nothing"
    here.told(AYSE, CINAR, "ARAMA")
    door.posted(here, path, {**door.fields(here.client.get(path), "reddet"), "channel": "ARAMA"})
    assert door.stands(here, AYSE, "ARAMA") == "RET"
    assert len(told(here)) == 1, "once a day for a link"
    clock.forward(hours=24, seconds=1)
    visitor = here.sign_in(AYSE)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    door.another_browser(here)
    door.press(here, path)
    assert [text for _, text in told(here)][-1].startswith("CINAR SMS'leri bir baglantidan reddedildi. Kayit: 28.11")


def test_the_owner_takes_it_back_by_sms_or_on_the_page(here: Town, clock: Clock) -> None:
    """Not the one who pressed: the state is none of theirs to see."""
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand)
        door.press(here, old_link(here, clock, brand=brand))
        door.another_browser(here)
    clock.forward(hours=23)
    owner = here.sign_in(AYSE)
    undo = re.search(r"/izinler/geri-al/[0-9]+", owner.get(f"/izinler/{ISIK}").text)
    assert undo
    assert here.sign_in(MEHMET).post(undo[0]).status_code == 404
    owner.post(undo[0])
    assert (door.stands(here, AYSE), door.stands(here, AYSE, brand=ISIK)) == ("RET", "ONAY")


def test_a_browser_that_shows_whose_it_is_is_not_reported(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    path = old_link(here, clock)
    door.proved(here, path, PART[AYSE])
    door.press(here, path)
    door.another_browser(here)
    here.client.cookies.set(cookies.name(cookies.DEVICE, https=False), know(here))
    door.press(here, old_link(here, clock, brand=ISIK))
    assert door.stands(here, AYSE, brand=ISIK) == "RET"
    assert told(here) == []


def test_a_new_link_is_its_addresss_own_unless_the_address_uses_other_browsers(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    door.press(here, door.link(here, AYSE))
    assert told(here) == []
    know(here)
    door.another_browser(here)
    door.press(here, door.link(here, AYSE, brand=ISIK))
    ((to, _),) = told(here)
    assert to == AYSE


def test_a_mails_page_is_told_by_mail_and_its_one_click_is_not(here: Town) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    here.told(MAIL, ISIK, "EPOSTA")
    door.posted(here, door.mail(here), ONE_CLICK)
    assert door.stands(here, MAIL, "EPOSTA") == "RET"
    assert told(here) == []
    door.press(here, door.mail(here, brand=ISIK))
    ((to, text),) = told(here)
    assert to == MAIL
    assert "Işık markasının reklam e-postaları, size gelen bir e-postadaki adresten reddedildi." in text
    assert "If you did not, sign in with this e-mail within 24 hours" in text


@pytest.mark.parametrize("number", ["+902120000001", "+4915123456789"])
def test_what_no_sms_reaches_gets_none(here: Town, clock: Clock, number: str) -> None:
    here.told(number, CINAR, "ARAMA")
    path = door.link(here, number, "ARAMA")
    clock.forward(days=4)
    door.press(here, path)
    assert door.stands(here, number, "ARAMA") == "RET"
    assert told(here) == []


def test_the_notices_have_a_budget_of_their_own(
    here: Town, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = code_budgets.budget
    monkeypatch.setattr(code_budgets, "budget", lambda *given, **named: real(*given, **named)._replace(most=1))
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand)
        door.another_browser(here)
        door.press(here, old_link(here, clock, brand=brand))
        assert door.stands(here, AYSE, brand=brand) == "RET", "the refusal needs no notice"
    here.told(MEHMET, CINAR)
    door.another_browser(here)
    path = door.link(here, MEHMET)
    undo = door.fields(door.press(here, path), "Geri al")
    door.posted(here, path, undo)
    assert [to for to, _ in told(here)] == [AYSE, AYSE, MEHMET]


def test_one_address_hears_of_three_a_day(here: Town, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """A company mints links without end; refusals have no limit."""
    here.told(AYSE, CINAR)
    paths = [door.link(here, AYSE) for _ in range(4)]
    clock.forward(days=3, seconds=1)
    visitor = here.sign_in(AYSE)
    for path in paths:
        door.another_browser(here)
        door.press(here, path)
        assert door.stands(here, AYSE) == "RET"
        clock.forward(minutes=1)
        visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    refusals = [text for _, text in told(here) if "bir baglantidan reddedildi" in text]
    assert len(refusals) == 3
    assert '"event": "refusal_notice_dropped", "kind": "sms", "reason": "address"' in capsys.readouterr().out
