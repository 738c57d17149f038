"""The trial phone: what is sent and pressed there reaches the registry; no other site has such a phone."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import text

from consents.instants import MINUTE
from consents.people import register
from consents.registry import Registry
from consents.store import Snapshot, Statement
from consents.terms import Channel, Door, Status
from gateways.carrier import OutgoingMessage
from gateways.file.sending import File
from gateways.outbox import outbox
from izin.operations import demo_command
from tests.conftest import NOON, Clock
from tests.optout.demo_phone.conftest import PERSON, Show, chosen
from tests.web.client import PageClient, refused_for
from tests.web.conftest import REAL
from web.rendering.drawing import trial_allowed

ANOTHER = "+905320000002"
CARRIERS = {
    "SMS_GATEWAY": "twilio://SID:TOKEN@api.twilio.example?from=+905320000099",
    "MAIL_GATEWAY": "smtp://user:pass@mail.example.com:587",
    "VOICE_GATEWAY": "twilio://SID:TOKEN@api.twilio.example?from=+905320000099",
}
REAL_SITES = {
    "https": REAL,
    **{name: {name: url} for name, url in CARRIERS.items()},
    "SMS_GATEWAY behind a file": {"SMS_GATEWAY": f"file:outbox {CARRIERS['SMS_GATEWAY']}"},
    "https with carriers": {**REAL, **CARRIERS},
}
PAGES = ("/", "/giris", "/yardim", "/gizlilik", "/nowhere", "/izinler", "/m/600101")
POSTED = {"/deneme/sms": {"text": "RET HEPSI"}, "/deneme/arama": {"place": "step=every", "key": "3"}}

_DOORS = Statement(text("SELECT door FROM act ORDER BY id"))
_STANDS = Statement(
    text(
        "SELECT DISTINCT c.status FROM consent c JOIN brand b ON b.id = c.brand JOIN recipient r "
        "ON r.id = c.recipient WHERE r.sealed = :sealed AND b.code = :brand AND c.channel = :channel"
    )
)


def acts(registry: Registry) -> list[int]:
    """The door of each act, the oldest first."""
    return [door for (door,) in registry.store.read_now(Snapshot.all, _DOORS)]


def stands(registry: Registry, number: str, brand: int, channel: Channel) -> set[int]:
    """What stands of a number for a brand, both identities."""
    sealed = register.person(registry.keyring, number).sealed
    found = {"sealed": sealed, "brand": brand, "channel": channel.code}
    return {status for (status,) in registry.store.read_now(Snapshot.all, _STANDS, found)}


def bubbles(client: PageClient, path: str = "/deneme") -> list[str]:
    """The texts on the phone, the newest first."""
    return [
        unescape(one) for one in re.findall(r'<span class="text"[^>]*>(.*?)</span>', client.get(path).text, re.DOTALL)
    ]


# -- where there is a phone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", REAL_SITES)
def test_a_site_that_could_reach_anybody_has_no_phone_whatever_it_is_given(
    site: str, show: Show, registry: Registry
) -> None:
    assert_no_phone(show(**REAL_SITES[site]), registry)


def test_a_development_site_without_the_demo_has_no_phone(show: Show, registry: Registry) -> None:
    assert_no_phone(show(trial=None), registry)


def assert_no_phone(client: PageClient, registry: Registry) -> None:
    before = acts(registry)
    assert client.get("/deneme").status_code == 404
    for path, form in POSTED.items():
        assert client.get(path).status_code == 404
        assert client.post(path, data=form).status_code == 404
    assert acts(registry) == before
    for path in PAGES:
        page = client.get(path).text.lower()
        assert "/deneme" not in page, path
        assert "trial" not in page, path
        assert "uydurma" not in page, path


def test_a_phone_is_allowed_in_development_alone(tmp_path: Path) -> None:
    assert trial_allowed(chosen(tmp_path))
    assert trial_allowed(chosen(tmp_path, VOICE_GATEWAY="file:calls"))
    assert not any(trial_allowed(chosen(tmp_path, **env)) for env in REAL_SITES.values())


@pytest.mark.parametrize("path", POSTED)
def test_no_other_site_presses_its_buttons(path: str, show: Show, registry: Registry) -> None:
    client, before = show(), acts(registry)
    refused_for(
        client.post(path, data=POSTED[path], headers={"sec-fetch-site": "cross-site"}),
        403,
        "Bu istek başka bir siteden geldi",
    )
    assert client.get(path).status_code == 405
    assert acts(registry) == before


# -- the banner --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*(path for path in PAGES if path != "/izinler"), "/deneme"])
def test_every_page_of_a_demo_names_the_number_the_phone_and_three_things_to_try(path: str, show: Show) -> None:
    page = show().get(path).text
    (banner,) = re.findall(r'<aside class="trial".*?</aside>', page, re.DOTALL)
    assert "Uydurma markalar" in banner
    assert "0532\u00a0000\u00a000\u00a001" in banner
    assert 'href="/deneme"' in banner
    assert banner.count("<li>") == 3
    assert '<aside class="trial"' not in page.partition("<main")[2]


def test_the_banner_speaks_english_and_keeps_the_language(show: Show) -> None:
    page = show().get("/?lang=en").text
    assert "Invented brands" in page
    assert 'href="/deneme?lang=en"' in page


# -- messages ----------------------------------------------------------------------------------------------------------


def test_an_sms_from_the_phone_is_recorded_and_answered(show: Show, registry: Registry) -> None:
    client = show()
    assert stands(registry, PERSON.phone, 600202, Channel.MESAJ) != {Status.RET.code}
    answer = client.post("/deneme/sms", data={"text": "ret isik"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/deneme")
    assert stands(registry, PERSON.phone, 600202, Channel.MESAJ) == {Status.RET.code}
    assert acts(registry)[-1] == Door.SMS.code
    reply, written = bubbles(client)[:2]
    assert reply.startswith("ISIK SMS'leri reddedildi")
    assert written == "ret isik"


def test_a_ready_text_is_sent_by_its_button_and_nothing_where_nothing_is_written(
    show: Show, registry: Registry
) -> None:
    client = show()
    client.post("/deneme/sms", data={"text": "", "ready": "DURUM"})
    assert bubbles(client)[1] == "DURUM"
    before = bubbles(client), acts(registry)
    client.post("/deneme/sms", data={"text": "  "})
    client.post("/deneme/sms", data={})
    assert (bubbles(client), acts(registry)) == before


def test_it_writes_and_calls_as_the_demos_number_whatever_else_is_sent(show: Show, registry: Registry) -> None:
    client, brand = show(), 600101
    before = stands(registry, ANOTHER, brand, Channel.MESAJ)
    named = dict.fromkeys(("sender", "from", "From", "caller", "phone", "to"), ANOTHER)
    client.post("/deneme/sms", data={"text": "RET CINAR", **named})
    client.post("/deneme/arama", data={"place": f"step=what&brand={brand}", "key": "2", **named})
    assert stands(registry, ANOTHER, brand, Channel.MESAJ) == before
    assert stands(registry, PERSON.phone, brand, Channel.MESAJ) == {Status.RET.code}


def test_only_what_was_sent_to_the_person_is_shown(show: Show, registry: Registry) -> None:
    client = show()
    for address in ("0532 000 00 02", "baska@example.com", "0532 000 00 01", PERSON.email):
        client.post("/giris", data={"address": address})
    kinds = re.findall(r"#i-(sms|mail)\"/></svg> (?:SMS|E.posta) ·", client.get("/deneme").text)
    assert kinds == ["mail", "sms"]


def test_the_relatives_code_is_there_with_whose_it_is(show: Show, registry: Registry, clock: Clock) -> None:
    client = show()
    client.post("/giris", data={"address": PERSON.phone})
    (own,) = re.findall(r'<strong class="num">([0-9]{6})</strong>', client.get("/deneme").text)
    client.post("/giris/kod", data={"code": own})
    clock.forward(seconds=1)
    client.post("/izinler/yaninda?lang=ar", data={"address": PERSON.relative})
    page = client.get("/deneme").text
    (code,) = re.findall(r'<strong class="num">([0-9]{6})</strong>', page)
    page = unescape(page).replace("\xa0", " ")
    assert "Denemede yakınınızın numarası: 0532 000 00 12" in page
    assert page.count("Yakınınızın telefonu: 0532 000 00 12") == 1
    texts = re.findall(r'<span class="text" dir="auto"( lang="\w+")?>', page)
    assert texts == [' lang="ar"', ""], "newest first; one in Latin letters says no language"
    assert 'href="/izinler/yaninda/kod"' in page
    assert client.post("/izinler/yaninda/kod", data={"code": code}).headers["location"] == "/izinler/yaninda/hepsi"


def test_a_code_is_read_before_it_is_sent_and_after(
    show: Show, registry: Registry, clock: Clock, tmp_path: Path
) -> None:
    """The outbox forgets a code once it is sent; the carrier's file keeps it."""
    client = show()
    client.post("/giris", data={"address": PERSON.phone})
    (code,) = re.findall(r'<strong class="num">([0-9]{6})</strong>', client.get("/deneme").text)
    (waiting,) = registry.store.read_now(outbox.readable, registry.keyring, 10)
    sent = OutgoingMessage("sms", waiting.to, "", waiting.text, NOON, NOON + MINUTE, "1")
    asyncio.run(File(f"{tmp_path}/outbox.jsonl").send(sent))
    assert len(bubbles(client)) == 1  # not twice while both have it
    registry.store.write_now(lambda transaction: transaction.run(Statement(text("UPDATE outbox SET sealed = NULL"))))
    assert client.get("/deneme").text.count(f'<strong class="num">{code}</strong>') == 1
    clock.forward(minutes=2)
    client.post("/giris/kod/yeniden")
    (newer,) = re.findall(r'<strong class="num">([0-9]{6})</strong>', client.get("/deneme").text)
    assert newer != code
    assert client.post("/giris/kod", data={"code": newer}).headers["location"].startswith("/izinler")


def test_a_file_that_a_full_disk_has_cut_is_read_as_far_as_it_goes(show: Show, tmp_path: Path) -> None:
    whole = '{"at":"2026-11-24T09:00:00Z","kind":"sms","to":"%s","subject":"","text":"%s"}\n'
    lines = [whole % (PERSON.phone, "bir"), '{"at":"2026-', "\n", "[]\n", "7\n", whole % (PERSON.phone, "iki")]
    (tmp_path / "outbox.jsonl").write_text("".join(lines), encoding="utf-8")
    assert sorted(bubbles(show())) == ["bir", "iki"]


def test_of_a_long_file_the_end_is_read(show: Show, tmp_path: Path) -> None:
    whole = '{"at":"2026-11-24T09:00:%02dZ","kind":"sms","to":"%s","subject":"","text":"%d %s"}\n'
    lines = [whole % (number % 60, PERSON.phone, number, "x" * 500) for number in range(1000)]
    (tmp_path / "outbox.jsonl").write_text("".join(lines), encoding="utf-8")
    shown = bubbles(show())
    assert len(shown) == 30
    assert any(text.startswith("959 ") for text in shown)


def test_what_htmx_asks_for_again_is_the_messages_alone(show: Show) -> None:
    client = show()
    client.post("/deneme/sms", data={"text": "DURUM"})
    piece = client.get("/deneme", headers={"hx-request": "true", "hx-request-type": "partial"}).text
    assert "DURUM" in piece
    assert piece.lstrip().startswith('<div id="inbox"')
    assert "<form" not in piece


# -- calls -------------------------------------------------------------------------------------------------------------


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="(.*?)"', page)}


def test_a_call_is_heard_and_its_keys_refuse(show: Show, registry: Registry) -> None:
    client = show()
    page = client.post("/deneme/arama").text
    assert 'id="keys"' in page
    page = client.post("/deneme/arama", data={**hidden(page), "keys": "600202#"}).text
    assert "Işık" in page
    last = hidden(page)
    page = client.post("/deneme/arama", data={**last, "key": "2"}).text
    assert "Arama bitti" in page
    assert hidden(page) == {}
    assert stands(registry, PERSON.phone, 600202, Channel.ARAMA) == {Status.RET.code}
    assert acts(registry)[-1] == Door.VOICE.code
    assert bubbles(client)[0].startswith("ISIK")  # the SMS that confirms it
    before = acts(registry)
    assert "Arama bitti" in client.post("/deneme/arama", data={**last, "key": "2"}).text  # the page asked for again
    assert acts(registry) == before


def test_keys_that_no_telephone_has_are_refused(show: Show, registry: Registry) -> None:
    client, before = show(), acts(registry)
    for keys in ("A", "1" * 21, "٣", "1\n"):
        refused_for(
            client.post("/deneme/arama", data={"place": "step=every", "keys": keys}), 400, "Bu isteği anlayamadık"
        )
    assert client.post("/deneme/arama", data={"place": "step=nowhere&brand=x", "call": "<b>"}).status_code == 200
    assert acts(registry) == before


def test_the_shops_till_asks_and_this_phone_answers(registry: Registry, show: Show) -> None:
    for _ in range(2):  # each start of a demo
        registry.store.write_now(demo_command.add_till)
    client = show(trial=PERSON._replace(till=demo_command.TILL))
    assert f'href="/kasa/{demo_command.TILL}"' in client.get("/deneme").text
    asked = client.post(f"/kasa/{demo_command.TILL}", data={"ask": "izin"}, follow_redirects=True)
    word = re.search(r'<p class="word">(\w+)</p>', asked.text)
    assert word is not None
    assert f'href="/o/{word[1]}"' in asked.text  # who tries it cannot scan the own screen
    client.post("/deneme/sms", data={"text": f"ONAY {word[1]}"})
    own_page = f"{asked.url.path}?{asked.url.query.decode()}"
    assert "Evet dedi" not in client.get(own_page).text  # a sender can be forged, the reply cannot be read by a forger
    digits = re.search(r"ONAY ([0-9]{6})", " ".join(bubbles(client)))
    assert digits is not None
    client.post("/deneme/sms", data={"text": f"ONAY {digits[1]}"})
    assert "Evet dedi" in client.get(own_page).text
    assert stands(registry, PERSON.phone, demo_command.BRAND, Channel.ARAMA) >= {Status.ONAY.code}
