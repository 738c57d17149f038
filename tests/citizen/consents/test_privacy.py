"""The privacy notice promises what is done: each age it names is the age at which the sweep forgets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text as sql

from consents.people import register
from consents.store import Statement, Transaction
from consents.terms import Channel
from gateways.received import Received
from izin import jobs
from optout.sms import sms_door
from settings import Settings, load
from tests.citizen.consents.test_choices import stands
from tests.citizen.consents.town import AYSE, CINAR, MAIL, MEHMET, Town, text, town
from tests.conftest import SECRET, Clock, Opener
from trust import minting
from trust.codes import sign_ins
from trust.minting import LinkOrder

HOUR, DAY = 1, 24  # hours

# What is kept -> rows of it, the sentence that says for how long, and that time in hours. The sentences are literal:
# who changes a number or a sweep changes what citizens are promised.
PROMISES = {
    "session": ("SELECT count(*) FROM session", "Oturum: en çok 12 saat.", 12 * HOUR),
    "code": ("SELECT count(*) FROM one_time_code", "kodu istediğinizin kaydı bir günü biraz aşınca silinir.", DAY),
    "counter": ("SELECT count(*) FROM throttle", "sayaçlar", DAY),
    "sign-in": ("SELECT count(*) FROM sign_in WHERE wrong = 0", "Son girişinizin tarihi: 30 gün.", 30 * DAY),
    "wrong": ("SELECT count(*) FROM sign_in WHERE wrong > 0", "en çok 365 gün.", 365 * DAY),
    "text": ("SELECT count(*) FROM inbound_message WHERE sealed IS NOT NULL", "yanıtı: 30 gün.", 30 * DAY),
    "reply": ("SELECT count(*) FROM inbound_message WHERE reply IS NOT NULL", "yanıtı: 30 gün.", 30 * DAY),
    "message": ("SELECT count(*) FROM outbox", "Size gönderilen mesajlar: 30 gün;", 30 * DAY),
    "link": ("SELECT count(*) FROM short_link", "Size gelen ret bağlantısı: 400 gün.", 400 * DAY),
    "watch": ("SELECT count(*) FROM watch", "son girişinizden sonra en çok 180 gün.", 180 * DAY),
    "list": ("SELECT count(*) FROM batch", "listelerin sonuçları: 60 gün.", 60 * DAY),
}
_SETTLED = Statement(sql("UPDATE outbox SET state = 'sent'"))
_PROGRAM = Statement(sql("INSERT INTO api_user (id, provider, username, password) VALUES (1, 1, 'p', 'x')"))
_BATCH = Statement(
    sql(
        "INSERT INTO batch (id, request, brand, api_user, again, size, received_at, finished_at) "
        "VALUES (1, 'r-1', 1, 1, FALSE, 1, :now, :now)"
    )
)


@pytest.fixture
def settings() -> Settings:
    return load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"})


@pytest.fixture
def full(here: Town, settings: Settings) -> Town:
    """A town in which everything that is kept has been made."""
    registry = here.registry
    here.told(AYSE, CINAR)
    here.sign_in(AYSE).refuse(CINAR)
    here.sign_in(AYSE, MAIL).post("/izinler/haber", **every_tick(here))
    here.client.post("/giris", data={"address": "0532 000 00 01"})
    at = here.now
    asyncio.run(sms_door.take(registry, settings, Received("test", "m-1", AYSE, "3838", "nasılsınız", at), post=True))

    def work(transaction: Transaction) -> None:
        sign_ins.succeed(transaction, sign_ins.who(registry.keyring, AYSE))
        sign_ins.rise(transaction, sign_ins.who(registry.keyring, MEHMET), 100)
        transaction.run(_SETTLED)
        transaction.run(_PROGRAM)
        transaction.run(_BATCH, {"now": at / 1e6})

    registry.store.write_now(work)
    order = LinkOrder(here.brand(CINAR), Channel.MESAJ, f"{settings.public_url}/k/", settings.link_days)
    assert len(list(minting.mint_all(registry, order, [AYSE]))) == 1
    return here


def every_tick(here: Town) -> dict[str, str]:
    """What the form says that asks to be told of one address."""
    (mark, *_) = re.findall(r'name="shown" value="([0-9a-f]+)"', here.sign_in(AYSE, MAIL).get("/izinler/haber").text)
    return {"shown": mark, "haber": mark}


def kept(here: Town, what: str) -> int:
    row = here.registry.store.read_now(lambda snapshot: snapshot.one(Statement(sql(PROMISES[what][0]))))
    assert row
    return int(row[0])


@pytest.mark.parametrize("what", PROMISES)
def test_what_the_notice_says_is_what_the_sweep_does(full: Town, settings: Settings, clock: Clock, what: str) -> None:
    _, sentence, hours = PROMISES[what]
    assert sentence in text(full.client.get("/gizlilik").text)
    assert kept(full, what) > 0
    clock.forward(hours=hours - 1)
    asyncio.run(jobs._sweep(full.registry, settings))
    assert kept(full, what) > 0, "not before its time"
    clock.forward(hours=3)
    asyncio.run(jobs._sweep(full.registry, settings))
    assert kept(full, what) == 0


def test_consents_are_kept_and_the_notice_says_so(full: Town, settings: Settings, clock: Clock) -> None:
    page = text(full.client.get("/gizlilik").text)
    assert "hiçbir markaya izniniz kalmadıktan 1095 gün sonra numaranız veya e-postanız kendiliğinden silinir." in page
    assert "Kanıtlar: kanıtladıkları izin bittikten 1095 gün sonra silinir. Günlük rapor dosyaları: 1095 gün." in page
    assert "yanıtlamadığınız izin sorusu: 30 gün." in page
    assert "karardan sonra 180 gün." in page
    assert "İmha tutanağında yalnız sayılar yazar; 1095 gün saklanır." in page
    clock.forward(days=1095)
    asyncio.run(jobs._sweep(full.registry, settings))
    asyncio.run(jobs._retention(full.registry, settings))
    assert stands(full, AYSE, CINAR) is not None
    assert "Siz, bu sitede reddettiniz: SMS." in text(full.sign_in(AYSE).get(f"/izinler/{CINAR}").text)


def test_consents_that_ended_go_after_their_time_and_still_refuse(full: Town, settings: Settings, clock: Clock) -> None:
    before = stands(full, AYSE, CINAR)
    clock.forward(days=1095, seconds=1)
    asyncio.run(jobs._retention(full.registry, settings))
    registry = full.registry
    assert registry.store.read_now(register.address, registry.keyring, full.person(AYSE)) is not None, "in use"
    asyncio.run(jobs._sweep(full.registry, settings))
    asyncio.run(jobs._retention(full.registry, settings))
    registry = full.registry
    assert registry.store.read_now(register.address, registry.keyring, full.person(AYSE)) is None
    assert stands(full, AYSE, CINAR) == before


def test_other_settings_make_another_notice(sqlite_url: str, open_registry: Opener) -> None:
    with town(
        open_registry(sqlite_url), SESSION_HOURS="1", CODE_MINUTES="5", LINK_DAYS="90", RETENTION_MESSAGES_DAYS="7",
        RETENTION_CONSENTS_DAYS="2000",
    ) as here:  # fmt: skip
        page = text(here.client.get("/gizlilik").text)
        assert "Oturum: en çok 1 saat." in page
        assert "Giriş kodu: 5 dakika geçerlidir" in page
        assert "Size gelen ret bağlantısı: 90 gün." in page
        assert "Size gönderilen mesajlar: 7 gün;" in page
        assert "hiçbir markaya izniniz kalmadıktan 2000 gün sonra" in page
        assert "Session: at most 1 hour." in text(here.client.get("/gizlilik?lang=en").text)


ABROAD, NOT_ABROAD, NUMBER_NOT = (
    "yurt dışına aktarılır.",
    "Yurt dışına aktarılmaz.",
    "Numaranız yurt dışına aktarılmaz.",
)
TWILIO = "twilio://AC00:token@api.twilio.com?from=%2B905320000099"
CARRIERS = {
    "nobody": ({}, [NOT_ABROAD], [ABROAD, NUMBER_NOT, "Verimor", "Twilio"]),
    "twilio": (
        {"SMS_GATEWAY": TWILIO},
        ["SMS'leri bizim adımıza yurt dışındaki", "(Twilio)", "Telefon aramalarını bizim adımıza", ABROAD],
        [NOT_ABROAD, NUMBER_NOT],
    ),
    "calls": (
        {"VOICE_GATEWAY": TWILIO, "SMS_GATEWAY": "verimor://user:pass@sms.example?from=IZIN"},
        ["SMS'leri bizim adımıza Verimor taşır.", "Telefon aramalarını bizim adımıza", ABROAD],
        [NOT_ABROAD, NUMBER_NOT, "SMS'leri bizim adımıza yurt dışındaki"],
    ),
    # Nobody knows where the server of such a URL stands, so nothing is denied.
    "any gateway": (
        {"SMS_GATEWAY": "https://user:pass@sms.example/send?from=IZIN"},
        ["SMS'leri bizim adımıza taşıyan sunucu: sms.example"],
        [ABROAD, NOT_ABROAD, NUMBER_NOT, "pass"],
    ),
    "mail": (
        {"MAIL_GATEWAY": "smtp://user:pass@mail.example:587?from=izin@example.com"},
        ["E-postaları bizim adımıza gönderen sunucu: mail.example", NUMBER_NOT],
        [ABROAD, NOT_ABROAD, "pass"],
    ),
}


@pytest.fixture(params=CARRIERS)
def carried(request: pytest.FixtureRequest, sqlite_url: str, open_registry: Opener) -> Iterator[tuple[str, str]]:
    env = CARRIERS[request.param][0]
    with town(open_registry(sqlite_url), **env) as here:
        yield request.param, text(here.client.get("/gizlilik").text)


def test_the_notice_names_who_carries_messages_and_where(carried: tuple[str, str]) -> None:
    name, page = carried
    _, there, absent = CARRIERS[name]
    for words in there:
        assert words in page
    for words in absent:
        assert words not in page


def test_the_notice_speaks_of_mails_where_a_mailbox_takes_refusals(sqlite_url: str, open_registry: Opener) -> None:
    mailbox = {"MAIL_INBOX": "imaps://ret:s3cret@mail.example/INBOX", "OPTOUT_MAIL": "ret@optout.example"}
    with town(open_registry(sqlite_url), **mailbox) as here:
        page = text(here.client.get("/gizlilik").text)
        assert "anlaşılamayan e-postanın göndereni ve konusu: 30 gün." in page
        assert "Ret adresimize yazdığınız e-postanın göndereni ve konusu: kararınızı kaydetmek" in page
        assert "s3cret" not in page


def test_the_notice_says_when_the_national_registry_hears_of_decisions(sqlite_url: str, open_registry: Opener) -> None:
    with town(open_registry(sqlite_url), IYS_URL="https://api.iys.example") as here:
        page = text(here.client.get("/gizlilik").text)
        assert "kararınız İYS'ye de bildirilir." in page
        assert "İYS'ye aktarılmaz." not in page


def test_the_notice_speaks_of_the_panels_people(here: Town) -> None:
    page = text(here.client.get("/gizlilik").text)
    assert "tarayıcılarınız son girişten sonra 400 gün" in page


def test_no_transfer_to_the_national_registry_is_promised(here: Town) -> None:
    page = text(here.client.get("/gizlilik").text)
    assert "İYS'ye aktarılmaz." in page
    assert "ortağına; İYS'ye;" not in page
