"""Haber ver: the page, and the link that ends it."""

from __future__ import annotations

import re

import pytest

from citizen.alerts import alert_store
from tests.citizen.alerts.conftest import PAGE, Watchman, ticked
from tests.citizen.consents.town import AYSE, CINAR, MAIL, MEHMET, listed, text
from tests.conftest import Clock

OTHER = "mehmet@example.com"


@pytest.fixture
def watchman(sqlite_url: str, open_registry: object, clock: Clock) -> object:
    from settings import load
    from tests.citizen.consents.town import town
    from tests.conftest import SECRET

    with town(open_registry(sqlite_url)) as here:  # type: ignore[operator]
        yield Watchman(here, clock, load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"}))


def told(watchman: Watchman) -> str:
    """Has one notice made; the path by which it is stopped."""
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.tomorrow()
    found = re.search(r"(/haber/[0-9a-f]{32})", watchman.sent[-1].text)
    assert found
    return found[1]


def test_the_list_leads_to_it_and_without_an_e_mail_one_is_asked_for(watchman: Watchman) -> None:
    visitor = watchman.town.sign_in(AYSE)
    assert f'href="{PAGE}"' in visitor.get("/izinler").text
    page = visitor.get(PAGE)
    assert "Önce e-postanızı ekleyin." in text(page.text)
    assert ticked(page.text) == {}


def test_a_tick_is_kept_and_can_be_taken_off(watchman: Watchman) -> None:
    visitor = watchman.ask(AYSE, MAIL)
    mark, mail = watchman.marks(visitor, AYSE)[0], watchman.marks(visitor, MAIL)[0]
    page = visitor.get(f"{PAGE}?kayit=1").text
    assert ticked(page) == {mark: True, mail: False}
    assert "Kaydedildi." in text(page)
    assert "Son gün: 23 Mayıs 2027." in text(page)
    visitor.post(PAGE, shown=mail)
    assert ticked(visitor.get(PAGE).text)[mark], "a form that did not show the number says nothing of it"
    visitor.post(PAGE, shown=mark)
    assert not any(ticked(visitor.get(PAGE).text).values())


def test_nobody_is_told_of_an_address_he_has_not_proved_or_at_one(watchman: Watchman) -> None:
    visitor = watchman.town.sign_in(AYSE, MAIL)
    mine, theirs = watchman.marks(visitor, AYSE)[0], watchman.marks(visitor, MEHMET)[0]
    elsewhere = watchman.marks(visitor, OTHER)[0]
    visitor.post(PAGE, shown=theirs, haber=theirs)
    visitor.post(PAGE, shown=mine, haber=mine, **{f"yer-{mine}": elsewhere})
    assert not any(ticked(visitor.get(PAGE).text).values())
    keyring = watchman.town.registry.keyring
    for address in (OTHER, MAIL):
        assert watchman.town.registry.store.read_now(alert_store.going_to, alert_store.stop_of(keyring, address)) == []


def test_a_number_takes_no_sms_where_the_operator_does_not_send_any(watchman: Watchman) -> None:
    visitor = watchman.town.sign_in(AYSE)
    mark = watchman.marks(visitor, AYSE)[0]
    visitor.post(PAGE, shown=mark, haber=mark, **{f"yer-{mark}": mark})
    assert ticked(visitor.get(PAGE).text) == {}


def test_the_next_holder_of_a_number_sees_that_it_is_told_elsewhere_not_where_and_ends_it(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    visitor = watchman.town.sign_in(AYSE)
    mark = watchman.marks(visitor, AYSE)[0]
    page = visitor.get(PAGE).text
    assert ticked(page) == {mark: True}
    assert "doğrulanmamış bir adrese gidiyor" in text(page)
    assert "a•••@" not in page
    visitor.post(PAGE, shown=mark, haber=mark, **{f"yer-{mark}": "-"})
    assert ticked(visitor.get(PAGE).text) == {mark: True}
    visitor.post(PAGE, shown=mark)
    assert ticked(visitor.get(PAGE).text) == {}


def test_the_link_of_a_notice_ends_it_and_does_nothing_else(watchman: Watchman) -> None:
    path = told(watchman)
    headers = watchman.headers()
    assert headers["List-Unsubscribe"].endswith(f"{path}>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = watchman.town.client
    assert client.get(path).status_code == 200
    assert client.head(path).status_code in (200, 405)
    visitor = watchman.town.sign_in(AYSE, MAIL)
    assert any(ticked(visitor.get(PAGE).text).values()), "reading changes nothing"
    before = listed(watchman.town.sign_in(AYSE).get("/izinler").text)
    assert before
    done = client.post(path, content=b"List-Unsubscribe=One-Click", headers={"sec-fetch-site": "cross-site"})
    assert done.status_code == 200
    assert "Haberler durduruldu" in text(done.text)
    assert not any(ticked(visitor.get(PAGE).text).values())
    assert listed(watchman.town.sign_in(AYSE).get("/izinler").text) == before
    assert client.get("/izinler").headers["location"] == "/giris", "and signs nobody in"


def test_the_page_of_a_notice_leads_a_browser_to_what_it_did(watchman: Watchman) -> None:
    path, client = told(watchman), watchman.town.client
    page = client.get(path)
    led = client.post(path, data=dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page.text)))
    assert led.status_code == 303
    assert led.headers["referrer-policy"] == "no-referrer"
    at = led.headers["location"]
    assert not any(ticked(watchman.town.sign_in(AYSE, MAIL).get(PAGE).text).values())
    for _ in range(2):
        assert "Haberler durduruldu" in text(client.get(at).text)
    for other in (f"{path}?sonuc=x", path, at.replace(path, f"/haber/{'0' * 32}")):
        assert "Haberler durduruldu" not in text(client.get(other).text)


def test_a_token_says_nothing_of_who_is_told(watchman: Watchman) -> None:
    path = told(watchman)
    client = watchman.town.client
    unknown = client.post(f"/haber/{'0' * 32}")
    assert unknown.text == client.post(path).text.replace(path, f"/haber/{'0' * 32}")
    assert client.get("/haber/x").status_code == 404


def test_no_address_and_no_token_is_in_the_log(watchman: Watchman, written: object) -> None:
    path = told(watchman)
    watchman.town.client.post(path)
    said = written()  # type: ignore[operator]
    assert "/haber/{token}" in said
    assert path not in said
    assert MAIL not in said
    assert AYSE[1:] not in said
