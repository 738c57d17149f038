"""The last day to stop is said only where the brand could send until then; and numbers that get no code are told so."""

from __future__ import annotations

import pytest

from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town, text, town
from tests.conftest import Clock, Opener
from tests.optout.links import door

LAST = "en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma"


def test_where_it_could_send_the_last_day_is_said(here: Town) -> None:
    here.told(AYSE, CINAR)
    assert f"SMS'ler {LAST}" in text(door.press(here, door.link(here, AYSE)).text)


def test_of_two_identities_one_that_could_be_sent_to_is_enough(here: Town) -> None:
    here.told(AYSE, CINAR, identity="TACIR")
    assert f"SMS'ler {LAST}" in text(door.press(here, door.link(here, AYSE)).text)


@pytest.mark.parametrize(
    ("address", "channel", "words"),
    [
        (AYSE, "MESAJ", "Bu marka size reklam SMS'i gönderemez."),
        (AYSE, "ARAMA", "Bu marka sizi reklam için arayamaz."),
        (MAIL, "EPOSTA", "Bu marka size reklam e-postası gönderemez."),
    ],
)
@pytest.mark.parametrize("before", ["none", "waiting", "their own RET"])
def test_where_it_could_not_that_is_said_and_no_day(
    here: Town, clock: Clock, address: str, channel: str, words: str, before: str
) -> None:
    if before == "waiting":
        here.told(address, CINAR, channel, ago=30)
        visitor = here.sign_in(address)
        visitor.refuse(CINAR, channel)
        clock.forward(days=3)
        here.told(address, CINAR, channel, ago=1)
        assert door.stands(here, address, channel) == "BEKLIYOR"
    elif before == "their own RET":
        here.told(address, CINAR, channel, status="RET")
    path = door.link(here, address, channel)
    done = door.press(here, path)
    again = here.client.get(path)
    for page in (done, again, door.posted(here, path)):
        assert words in text(page.text)
        assert "durmalı" not in page.text
        assert "son gün" not in page.text
    clock.forward(days=10)
    assert "idi" not in text(here.client.get(path).text).partition("Bütün")[0]


def test_all_channels_of_a_brand_without_a_record(here: Town) -> None:
    path = door.link(here, AYSE)
    done = door.posted(here, path, {"channel": "HEPSI"})
    assert "Bu marka size reklam gönderemez." in text(done.text)
    here.told(MAIL, CINAR, "EPOSTA")
    one_click = door.posted(here, door.mail(here), {"List-Unsubscribe": "One-Click"})
    assert f"E-postalar {LAST}" in text(one_click.text)


def test_a_repeat_says_of_the_first_what_was_so_then(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    door.press(here, path)
    clock.forward(days=1)
    assert f"SMS'ler {LAST}" in text(door.posted(here, path).text)
    assert f"SMS'ler {LAST}" in text(here.client.get(path).text)


def test_a_refusal_that_is_said_anew_leaves_the_brand_its_days(here: Town) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    door.press(here, path)
    for answer in (door.posted(here, path), here.client.get(path), door.posted(here, path)):
        assert f"SMS'ler {LAST}" in text(answer.text)


# -- numbers that get no code ------------------------------------------------------------------------------------------

ABROAD = "+4915123456789"


def test_a_number_abroad_is_told_what_it_can_do(sqlite_url: str, open_registry: Opener) -> None:
    with town(open_registry(sqlite_url), KVKK_CONTACT="yardim@izin.example") as here:
        path = door.link(here, ABROAD)
        for page in (door.press(here, path), here.client.get(path)):
            read = text(page.text)
            assert "giriş kodu gönderemiyoruz" in read
            assert "RET ve marka adını yazıp 3838 numarasına gönderin" in read
            assert "yardim@izin.example" in read
            assert "/izinler" not in page.text
            assert "giriş yapın" not in read
        english = text(here.client.get(f"{path}?lang=en").text)
        assert "We cannot send a sign-in code to this number." in english


def test_a_number_of_a_country_that_gets_codes_is_sent_to_the_sign_in(sqlite_url: str, open_registry: Opener) -> None:
    with town(open_registry(sqlite_url), COUNTRIES="TR,DE") as here:
        page = door.press(here, door.link(here, ABROAD))
        assert 'href="/izinler"' in page.text
        assert "Geri al" in page.text, "and hears of an undo"


def test_a_landline_is_sent_to_the_sign_in_only_where_codes_are_read_aloud(
    sqlite_url: str, open_registry: Opener
) -> None:
    with town(open_registry(sqlite_url)) as here:
        page = text(door.press(here, door.link(here, "+902120000001", "ARAMA")).text)
        assert "giriş kodu gönderemiyoruz" in page
        assert "Bu numaradan RET" not in page, "a landline sends no SMS"
