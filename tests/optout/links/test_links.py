"""The page of a short link: read without effect, pressed once, taken back within ten minutes."""

from __future__ import annotations

import pytest

from consents.registry import Registry
from consents.store import StoreUnavailable
from consents.terms import Actor
from consents.terms import Door as Way
from tests.citizen.consents.town import AYSE, CINAR, MAIL, MEHMET, Town, text, town
from tests.conftest import Clock, Opener
from tests.optout.links import door
from tests.web.client import refused_for

READERS = [
    {"purpose": "prefetch", "sec-purpose": "prefetch;prerender"},
    {"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0) SafeLinks"},
    {"user-agent": "Barracuda Sentinel", "x-forwarded-for": "203.0.113.9"},
    {"user-agent": "TelegramBot (like TwitterBot)"},
    {"user-agent": "facebookexternalhit/1.1", "range": "bytes=0-524288"},
    {"x-http-method-override": "POST", "x-method-override": "POST"},
    {"x-moz": "prefetch"},
    {"sec-fetch-site": "cross-site", "origin": "https://mail.example"},
    {"list-unsubscribe": "One-Click", "content-type": "application/x-www-form-urlencoded"},
]


def test_the_page_shows_the_brand_the_masked_number_and_one_button(here: Town) -> None:
    here.told(AYSE, CINAR)
    answer = here.client.get(door.link(here, AYSE))
    read = text(answer.text)
    assert answer.status_code == 200
    assert "<title>Reklam mesajlarını reddet – İzin</title>" in answer.text
    assert '<h1 class="big">Çınar</h1>' in answer.text
    assert "Çınar Mağazacılık A.Ş." in read
    assert "Bu marka, +90 532 ••• •• 01 numarasına reklam SMS'i gönderebiliyor." in read
    assert AYSE[1:] not in answer.text
    assert answer.text.count('type="submit"') == 1
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", READERS, ids=lambda headers: next(iter(headers)))
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_changes_nothing_and_uses_nothing_up(here: Town, method: str, headers: dict[str, str]) -> None:
    here.told(AYSE, CINAR)
    here.told(MAIL, CINAR, "EPOSTA")
    paths = door.link(here, AYSE), door.mail(here)
    before = door.events(here)
    for path in [*paths, f"{paths[0]}?_method=POST&status=RET", f"{paths[1]}?List-Unsubscribe=One-Click&reddet=1"]:
        for _ in range(3):
            answer = here.client.request(method, path, headers=headers)
            assert answer.status_code == (405 if method == "OPTIONS" else 200)
    assert door.events(here) == before
    assert door.stands(here, AYSE) == "ONAY"
    assert "Reddettiniz" in door.posted(here, paths[0]).text


def test_a_press_refuses_both_identities_and_says_when_it_counts(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    path = door.link(here, AYSE)
    answer = door.press(here, path, **{"user-agent": "Mozilla/5.0 (Android 14; Mobile)"})
    read = text(answer.text)
    assert answer.status_code == 200
    for words in (
        "Reddettiniz Çınar SMS'leri · +90 532 ••• •• 01",
        "Kaydedildi: 24 Kasım 2026 Salı, 12:00",
        "SMS'ler en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma",
        "Bu tarihten sonra gelen reklamları silmeyin; şikâyet ederken gerekir.",
        "Geri al Geri almak için son saat: 12:10",
        "Aramaları da reddet",
        "Bu markanın hepsini reddet",
        "Bütün izinlerimi göster (giriş kodu gerekir)",
    ):
        assert words in read
    assert [door.stands(here, AYSE, "MESAJ", identity) for identity in ("BIREYSEL", "TACIR")] == ["RET", "RET"]
    assert door.stands(here, AYSE, "ARAMA") == "ONAY"
    way, actor, evidence = door.last_act(here)
    assert (way, actor) == (Way.LINK.code, Actor.CITIZEN.code)
    assert set(evidence) == {"link", "agent", "nonce"}
    assert evidence["agent"] == "phone"
    assert len(evidence["link"]) == 32


def test_a_repeat_is_kind_and_changes_nothing(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    form = door.fields(here.client.get(path), "reddet")
    door.posted(here, path, form)
    before = door.events(here)
    again = door.posted(here, path, form)
    assert again.status_code == 200
    assert "Zaten reddetmişsiniz" in again.text
    assert "Geri al Geri almak için son saat: 12:10" in text(again.text), (
        "of a double click the second answer is the one that is seen"
    )
    clock.forward(days=2)
    late = door.posted(here, path, form)
    assert "Ret şu günden beri geçerli: 24 Kasım 2026. Yeniden yapmanız gerekmez." in text(late.text)
    assert 'name="undo"' not in late.text
    assert 'name="undo"' not in here.client.get(path).text
    assert door.events(here) == before
    clock.forward(days=10)
    assert "Durması için son gün 27 Kasım 2026 Cuma idi." in text(here.client.get(path).text)


def test_the_page_tells_a_refusal_that_stands_already(here: Town, clock: Clock) -> None:
    path = door.link(here, AYSE)
    assert "göndermesini reddedebilirsiniz" in here.client.get(path).text
    door.press(here, path)
    clock.forward(hours=1)
    answer = here.client.get(path)
    assert answer.status_code == 200
    assert "Zaten reddetmişsiniz" in answer.text
    assert "Ret şu günden beri geçerli: 24 Kasım 2026." in answer.text


@pytest.mark.parametrize("pressed", [False, True])
def test_what_was_refused_elsewhere_is_dated_and_names_the_way_to_undo_it(
    here: Town, clock: Clock, *, pressed: bool
) -> None:
    """Also where a browser that showed nothing of the person pressed before it read this."""
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    for identity in ("BIREYSEL", "TACIR"):
        visitor.press(f"/izinler/{CINAR}/MESAJ/{identity}", status="RET")
    path = door.link(here, AYSE)
    clock.forward(days=5)
    before = door.events(here)
    if pressed:
        answer = door.press(here, path)
        page = text(door.posted(here, path, {**door.fields(answer, "Göster"), "part": "0001"}).text)
    else:
        page = text(door.proved(here, path, "0001").text)
    assert door.events(here) == before
    for words in (
        "Zaten reddetmişsiniz Çınar SMS'leri",
        "Ret şu günden beri geçerli: 24 Kasım 2026.",
        "Bu ret buradan geri alınamaz. Geri almak ya da yeniden izin vermek için giriş yapın.",
    ):
        assert words in page
    assert page == text(here.client.get(path).text), "this browser is remembered"


def test_undo_brings_back_what_stood_and_only_for_ten_minutes(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    undo = door.fields(door.press(here, path), "Geri al")
    clock.forward(minutes=10)
    answer = door.posted(here, path, undo)
    assert answer.status_code == 200
    assert "Geri alındı Çınar SMS'leri için önceki durum geçerli: izin var. Kayıt no:" in text(answer.text)
    assert (door.stands(here, AYSE), door.stands(here, AYSE, "MESAJ", "TACIR")) == ("ONAY", "YOK")
    again = door.posted(here, path, door.fields(answer, "Yeniden reddet"))
    assert "Reddettiniz" in again.text
    clock.forward(minutes=10, seconds=1)
    late = door.posted(here, path, door.fields(again, "Geri al"))
    assert late.status_code == 200
    assert "geri almak için tanınan 10 dakika geçmiş" in late.text
    assert door.stands(here, AYSE) == "RET"
    stale = door.posted(here, path, undo)
    assert "Geri alındı" not in stale.text


def test_an_undo_is_taken_only_from_the_page_of_its_own_link(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(MEHMET, CINAR)
    ayse, mehmet = door.link(here, AYSE), door.link(here, MEHMET)
    undo = door.fields(door.press(here, ayse), "Geri al")
    door.press(here, mehmet)
    for path, form in ((mehmet, undo), (ayse, {"undo": "1"}), (ayse, {"undo": undo["undo"][:-2] + "xx"})):
        assert "Geri alındı" not in door.posted(here, path, form).text
    assert (door.stands(here, AYSE), door.stands(here, MEHMET)) == ("RET", "RET")


@pytest.mark.parametrize("button", ["Aramaları da reddet", "Bu markanın hepsini reddet"])
def test_the_done_page_goes_on_to_calls(here: Town, button: str) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    path = door.link(here, AYSE)
    answer = door.posted(here, path, door.fields(door.press(here, path), button))
    assert "Reddettiniz" in answer.text
    assert "Bu markanın hepsini reddet" not in answer.text
    assert door.stands(here, AYSE, "ARAMA") == "RET"
    back = door.posted(here, path, door.fields(answer, "Geri al"))
    assert "Çınar aramaları için önceki durum geçerli: izin var." in text(back.text)
    assert (door.stands(here, AYSE, "ARAMA"), door.stands(here, AYSE)) == ("ONAY", "RET")


def test_a_link_of_a_mail_reaches_no_further(here: Town) -> None:
    path = door.link(here, MAIL, "EPOSTA")
    answer = door.posted(here, path)
    assert "Çınar e-postaları · a•••@e•••.com" in text(answer.text)
    assert "da reddet" not in answer.text
    before = door.events(here)
    door.posted(here, path, {"channel": "ARAMA"})
    assert door.events(here) == before


@pytest.mark.parametrize(
    "form", [{"status": "ONAY"}, {"status": "ret "}, {"status": "RET", "channel": "EPOSTA"}, {"channel": "HER"}]
)
def test_what_a_link_cannot_do_only_shows_its_page(here: Town, form: dict[str, str]) -> None:
    here.told(AYSE, CINAR)
    path, before = door.link(here, AYSE), door.events(here)
    answer = door.posted(here, path, form)
    assert answer.status_code == 200
    assert "Hiçbir şey değişmedi." in answer.text
    assert door.asked(door.fields(answer, "SMS'leri reddet")) == {"status": "RET"}
    assert door.events(here) == before


def test_another_site_gets_403_and_the_citizen_his_button(here: Town) -> None:
    path, before = door.link(here, AYSE), door.events(here)
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        answer = here.client.post(path, headers=headers)
        refused_for(answer, 403, "Bu istek başka bir siteden geldi")
        assert door.asked(door.fields(answer, "SMS'leri reddet")) == {"status": "RET"}
    unknown = here.client.post("/k/00000000000000", headers={"sec-fetch-site": "cross-site"})
    refused_for(unknown, 403, "Bu istek başka bir siteden geldi")
    assert door.events(here) == before
    from_here = {"sec-fetch-site": "same-origin", "origin": "null"}  # as no-referrer makes it
    assert "Reddettiniz" in here.client.post(path, headers=from_here).text


@pytest.mark.parametrize("code", ["", "x", "0" * 13, "0" * 15, "U" * 14, "0" * 5000, "%00" * 14, "٣" * 14, "İ" * 14])
def test_what_is_no_code_never_reaches_the_store(here: Town, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("the store was asked")

    monkeypatch.setattr(here.registry.store, "read", asked)
    monkeypatch.setattr(here.registry.store, "write", asked)
    for answer in (here.client.get(f"/k/{code}"), door.posted(here, f"/k/{code}")):
        assert answer.status_code == 404


def test_an_unknown_or_expired_link_names_the_other_ways(here: Town, clock: Clock) -> None:
    path = door.link(here, AYSE, days=400)
    clock.forward(days=399, hours=23)
    assert here.client.get(path).status_code == 200
    clock.forward(hours=1)
    for answer in (here.client.get(path), door.posted(here, path), here.client.get("/k/7GKQ2MXVT9BR3F")):
        assert answer.status_code == 404
        assert "Bu bağlantı artık çalışmıyor" in answer.text
        assert "3838 numarasına gönderin" in answer.text
        assert 'href="/giris"' in answer.text


def test_an_unknown_link_without_a_number_to_write_to_says_that_one_can_sign_in(
    sqlite_url: str, open_registry: Opener
) -> None:
    with town(open_registry(sqlite_url), OPTOUT_NUMBER="") as here:
        page = text(here.client.get("/k/7GKQ2MXVT9BR3F").text)
    assert "Yine de reddedebilirsiniz Numaranızla veya e-postanızla girin" in page


@pytest.mark.parametrize(
    ("method", "headers", "missed"),
    [
        ("GET", {}, 404),
        ("HEAD", {}, 404),
        ("POST", {}, 404),
        ("GET", {"sec-fetch-site": "cross-site"}, 404),
        ("POST", {"sec-fetch-site": "cross-site"}, 403),
        ("POST", {"origin": "https://evil.example"}, 403),
    ],
)
@pytest.mark.parametrize("where", ["/k/", "/q/"])
def test_who_tries_codes_is_slowed_and_right_ones_still_work(
    here: Town, clock: Clock, where: str, method: str, headers: dict[str, str], missed: int
) -> None:
    """Twenty a minute, however they are tried."""
    path = door.link(here, AYSE)
    answers = [here.client.request(method, f"{where}{number:014d}", headers=headers) for number in range(10, 33)]
    assert [answer.status_code for answer in answers] == [missed] * 20 + [429] * 3
    assert {answer.headers["retry-after"] for answer in answers[20:]} == {"60"}
    limited = here.client.post("/k/00000000000099")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "60")
    assert "3838" in limited.text
    assert "ret bağlantısını açın" not in limited.text, "that door is the one that is closed"
    assert here.client.get("/k/x").status_code == 404
    assert here.client.get(path).status_code == 200
    assert "Reddettiniz" in door.posted(here, path).text
    clock.forward(seconds=61)
    assert here.client.get("/k/00000000000099").status_code == 404


def test_a_store_that_cannot_commit_is_told_with_the_same_button(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    path = door.link(here, AYSE)
    done = door.press(here, path)
    undo = door.fields(done, "Geri al")

    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(here.registry.store, "write", full)
        answer = door.posted(here, path, {"channel": "HEPSI"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
        assert "Şu anda kaydedemiyoruz" in answer.text
        assert "henüz kaydedilmedi" in answer.text
        assert "3838 numarasına RET" in answer.text
        again = door.fields(answer, "Yeniden dene")
        assert door.asked(again) == {"status": "RET", "channel": "HEPSI"}
        unsaved = door.posted(here, path, undo)
        assert door.fields(unsaved, "Yeniden dene") == undo
        assert "henüz geri alınmadı" in unsaved.text
        assert here.client.get("/k/00000000000000").status_code == 404
    assert "Reddettiniz" in door.posted(here, path, again).text


def test_a_link_answers_put_with_405_and_never_leads_elsewhere(here: Town) -> None:
    path = door.link(here, AYSE)
    assert here.client.put(path).status_code == 405
    answer = here.client.get(f"{path}?next=https://evil.example")
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert "location" not in answer.headers


def test_values_are_escaped_in_every_gap(here: Town) -> None:
    from consents.brands import companies

    here.registry.store.write_now(companies.add_brand, 600200, 600999, '<b onclick="x">&\'')
    answer = here.client.get(door.link(here, AYSE, brand=600999))
    assert "<b onclick" not in answer.text
    assert "&lt;b onclick=&#34;x&#34;&gt;&amp;&#39;" in answer.text


def test_on_both_databases_a_link_refuses_and_takes_back(registry: Registry) -> None:
    with town(registry) as here:
        here.told(AYSE, CINAR)
        path = door.link(here, AYSE)
        answer = door.press(here, path)
        assert door.stands(here, AYSE) == "RET"
        assert door.posted(here, path, door.fields(answer, "Bu markanın hepsini reddet")).status_code == 200
        door.posted(here, path, door.fields(answer, "Geri al"))
        assert door.stands(here, AYSE) == "ONAY"
        assert here.client.get("/k/00000000000000").status_code == 404


def test_the_link_of_an_erased_person_still_refuses(here: Town) -> None:
    from consents.people import register

    path = door.link(here, AYSE)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, AYSE))
    assert "•••" in here.client.get(path).text
    assert "Reddettiniz" in door.posted(here, path).text
