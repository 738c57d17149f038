"""The address of a receipt: it can be loaded again, acts for nobody, and shows a stranger nothing."""

from __future__ import annotations

import re

import httpx2
import pytest

from optout.links import nonces
from tests.citizen.consents.town import AYSE, CINAR, MEHMET, Town, text
from tests.conftest import Clock
from tests.optout.links import door
from trust import signed_tokens


def pressed(here: Town, path: str, button: str = "reddet") -> str:
    """Opens a page and presses the button; the address that the answer leads to."""
    return led(here, path, door.fields(here.client.get(path), button))


def led(here: Town, path: str, form: dict[str, str]) -> str:
    answer = here.client.post(path, data=form)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    return str(answer.headers["location"])


def plain(answer: httpx2.Response) -> str:
    """A page without what is new in each."""
    hidden = re.sub(r'name="(nonce|sonuc)" value="[^"]+"', "", answer.text)
    return re.sub(r"[?&](amp;)?sonuc=[^&\"]+(&amp;)?", "?", hidden)


def test_a_receipt_is_the_same_whenever_it_is_loaded_and_its_undo_works(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    path = door.link(here, AYSE)
    at = pressed(here, path)
    assert at.startswith(f"{path}?sonuc=")
    before, first = door.events(here), here.client.get(at)
    assert first.headers["x-robots-tag"] == "noindex, nofollow"
    assert "Reddettiniz" in first.text
    clock.forward(minutes=5)
    second = here.client.get(at)
    assert plain(second) == plain(first)
    both = led(here, path, door.fields(second, "Bu markanın hepsini reddet"))
    receipt = here.client.get(both)
    assert "Çınar aramaları ve SMS'leri" in text(receipt.text)
    assert len(set(re.findall(r"/makbuz/\d{12}", receipt.text))) == 1
    back = led(here, path, door.fields(here.client.get(both), "Geri al"))
    recorded = door.events(here)
    for _ in range(2):
        assert "Geri alındı" in here.client.get(back).text
        assert re.search(r"Kayıt no: \d{4} \d{4} \d{4}", text(here.client.get(back).text))
    assert door.events(here) == recorded > before
    assert [door.stands(here, AYSE, channel) for channel in ("MESAJ", "ARAMA")] == ["RET", "ONAY"]
    assert "Çınar aramaları ve SMS'leri" not in text(here.client.get(both).text), "that no longer stands"


def test_an_undo_that_came_too_late_is_answered_by_an_address_too(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    undo = door.fields(here.client.get(pressed(here, path)), "Geri al")
    clock.forward(minutes=10, seconds=1)
    late = led(here, path, undo)
    for _ in range(2):
        assert "10 dakika geçmiş" in text(here.client.get(late).text)


@pytest.mark.parametrize("age", [0, 4])
def test_who_is_sent_the_address_of_a_receipt_sees_no_number_and_takes_nothing_back(
    here: Town, clock: Clock, age: int
) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    clock.forward(days=age)
    if age:
        door.proved(here, path, "0001")
    at = pressed(here, path)
    own = here.client.get(at)
    (number,), undo = set(re.findall(r"/makbuz/(\d{12})", own.text)), door.fields(own, "Geri al")
    nonce = undo["undo"].partition(".")[2]
    door.another_browser(here)
    theirs = here.client.get(at)
    for hidden in (number, nonce, "•", 'name="undo"', "makbuz/"):
        assert hidden not in theirs.text
    form = door.fields(theirs, "Göster")
    assert nonces.read(form["nonce"].partition(".")[0])
    recorded = door.events(here)
    for given in (form["nonce"].partition(".")[0], form["sonuc"][:22]):
        door.posted(here, path, {**form, "undo": f"{undo['undo'].partition('.')[0]}.{given}"})
    door.posted(here, at, {**form, "part": "9999"})
    assert (door.events(here), door.stands(here, AYSE)) == (recorded, "RET")
    assert 'name="undo"' in door.posted(here, path, {**form, "part": "0001"}).text, "of a browser without cookies"


def test_a_forged_an_old_and_anothers_token_lead_to_the_ordinary_page(here: Town, clock: Clock) -> None:
    for who in (AYSE, MEHMET):
        here.told(who, CINAR)
    path, other = door.link(here, AYSE), door.link(here, MEHMET)
    at = pressed(here, path)
    pressed(here, other)
    token = at.partition("=")[2]
    ordinary = plain(here.client.get(path))
    assert plain(here.client.get(at)) != ordinary
    for bad in ("", "x", "ğ", token[:-2], token[:-2] + "AA", token * 15, "eyJhIjoxfQ"):
        assert plain(here.client.get(path, params={"sonuc": bad})) == ordinary, bad
    of_other = here.client.get(f"{other}?sonuc={token}")
    assert plain(of_other) == plain(here.client.get(other))
    clock.forward(seconds=signed_tokens.RESULT_KEPT / 1e6 - 1)
    assert "Zaten reddetmişsiniz" not in here.client.get(at).text
    clock.forward(seconds=1)
    assert "Zaten reddetmişsiniz" in here.client.get(at).text


def test_a_strangers_address_is_as_long_whatever_stood(here: Town, clock: Clock) -> None:
    lengths = set()
    for told in (False, True, True):
        path = door.link(here, AYSE)
        clock.forward(days=4)
        if told:
            here.told(AYSE, CINAR)
        door.another_browser(here)
        at = pressed(here, path)
        lengths.add(len(at))
        assert "Reddiniz kayıtlı ve geçerli." in text(here.client.get(at).text)
    assert len(lengths) == 1
