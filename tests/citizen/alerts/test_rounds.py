"""The round of the day: what is told, to whom, how often; and who is told nothing."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text as sql

from citizen.alerts import alert_job, alert_store, alert_texts
from citizen.alerts.alert_texts import BrandNews
from citizen.consents import number_reassigned
from consents import ledger
from consents.brands import companies
from consents.brands.book import BrandEntry
from consents.history import Deed
from consents.languages import LANGUAGES, SMS_LETTERS
from consents.people import register
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door
from gateways.carrier import Kind
from gateways.outbox import claims
from tests.citizen.alerts.conftest import Watchman
from tests.citizen.consents.test_notices import PLAIN
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MAIL, MEHMET
from tests.conftest import swept

OTHER = "mehmet@example.com"


def watches(watchman: Watchman) -> int:
    query = Statement(sql("SELECT count(*) FROM watch"))
    row = watchman.town.registry.store.read_now(lambda snapshot: snapshot.one(query))
    assert row
    return int(row[0])


def test_a_declared_consent_is_told_once_with_the_way_to_refuse(watchman: Watchman) -> None:
    watchman.town.told(AYSE, ISIK, ago=1)  # before he asked
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(minutes=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.town.told(AYSE, CINAR, "ARAMA", ago=0.001)
    watchman.round()
    assert watchman.sent == [], "he asked today, so tomorrow"
    watchman.tomorrow()
    (mail,) = watchman.sent
    assert (mail.kind, mail.to) == ("mail", MAIL)
    assert mail.subject == "1 marka izin verdiğinizi bildirdi"
    assert "– Çınar: Telefonla arama, SMS\n" in mail.text
    assert "+90 532 ••• •• 01" in mail.text
    assert AYSE[1:] not in mail.text
    assert "Işık" not in mail.text
    assert "/izinler" in mail.text
    assert "3838 numarasına RET" in mail.text
    watchman.round()
    watchman.tomorrow()
    assert len(watchman.sent) == 1, "nothing new, nothing told"


def test_a_consent_that_waits_for_him_is_told_as_one_that_may_not_send(watchman: Watchman) -> None:
    watchman.town.sign_in(AYSE).refuse(CINAR)
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.tomorrow()
    (mail,) = watchman.sent
    assert "– Çınar: SMS (siz karar verene kadar gönderemez)" in mail.text


def test_neither_refusals_nor_what_he_says_himself_nor_what_was_taken_back_is_told(watchman: Watchman) -> None:
    here = watchman.town
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    visitor = here.sign_in(AYSE)
    here.told(AYSE, CINAR, status="RET", ago=0.001)
    visitor.press(f"/izinler/{CINAR_MINI}/MESAJ/BIREYSEL", status="ONAY")
    here.told(AYSE, ISIK, ago=0.01)
    watchman.clock.forward(minutes=1)
    visitor.refuse(ISIK)
    posted = len(watchman.sent)
    assert posted == 1, "the notice of his own approval"
    watchman.tomorrow()
    assert len(watchman.sent) == posted


def test_what_a_company_takes_back_before_the_round_is_not_told(watchman: Watchman) -> None:
    here = watchman.town
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    here.told(AYSE, CINAR, ago=0.001)

    def undo(transaction: Transaction) -> None:
        row = transaction.one(Statement(sql("SELECT max(id) FROM act")))
        assert row
        deed = Deed(Actor.PROVIDER, Door.FILE)
        assert ledger.undo(transaction, here.registry.policy, row[0], deed) is not None

    here.registry.store.write_now(undo)
    watchman.tomorrow()
    assert watchman.sent == []


def test_many_brands_are_named_up_to_a_number(watchman: Watchman) -> None:
    def more(transaction: Transaction) -> None:
        for number in range(20):
            companies.add_brand(transaction, 600100, 600110 + number, f"Marka {number:02}")

    watchman.town.registry.store.write_now(more)
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    for number in range(20):
        watchman.town.told(AYSE, 600110 + number, ago=0.001)
    watchman.tomorrow()
    (mail,) = watchman.sent
    assert mail.subject == "20 marka izin verdiğinizi bildirdi"
    assert mail.text.count("– Marka") == alert_texts.MOST
    assert "– ve 8 marka daha" in mail.text


def test_two_addresses_that_tell_one_mailbox_make_one_message(watchman: Watchman) -> None:
    visitor = watchman.town.sign_in(AYSE, MEHMET, MAIL)
    marks = [watchman.marks(visitor, address)[0] for address in (AYSE, MEHMET, MAIL)]
    form = {"shown": marks, "haber": marks, **{f"yer-{mark}": marks[2] for mark in marks}}
    answer = watchman.town.client.post("/izinler/haber", data=form, headers={"cookie": visitor.cookie})
    assert answer.status_code == 303
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.town.told(MEHMET, ISIK, ago=0.001)
    watchman.town.told(MAIL, ISIK, "EPOSTA", ago=0.001)
    watchman.tomorrow()
    (mail,) = watchman.sent
    assert mail.subject == "2 marka izin verdiğinizi bildirdi"
    assert mail.text.count("reklam izni verdiğinizi bildirdi:") == 3


def test_nobody_is_woken(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(minutes=1)
    watchman.town.told(AYSE, CINAR, ago=0.0001)
    watchman.clock.forward(hours=13)  # 01:01
    watchman.round()
    watchman.clock.forward(hours=8.9)  # 09:55
    watchman.round()
    assert watchman.sent == []
    watchman.clock.forward(minutes=6)
    watchman.round()
    assert len(watchman.sent) == 1
    watchman.clock.forward(hours=10)  # 20:01
    watchman.town.told(AYSE, ISIK, ago=0.0001)
    watchman.round()
    assert len(watchman.sent) == 1


def test_the_round_closes_at_eight_in_the_evening(watchman: Watchman) -> None:
    """On a day that has had no message: what is declared then is told on the next day."""
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(days=1, hours=7.5)  # 19:30
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(minutes=31)
    watchman.round()
    assert watchman.sent == []
    watchman.clock.forward(hours=14)
    watchman.round()
    assert len(watchman.sent) == 1


def test_the_last_minute_of_the_round_is_still_in_it(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(days=1, hours=7.5)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(minutes=29)  # 19:59
    watchman.round()
    assert len(watchman.sent) == 1


def test_an_sms_that_does_not_leave_by_daylight_does_not_leave(watchman_sms: Watchman) -> None:
    watchman = watchman_sms
    watchman.ask(AYSE)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.tomorrow()  # 13:00
    assert [one.kind for one in watchman.sent] == ["sms"]
    watchman.clock.forward(hours=7, minutes=1)  # 20:01
    claimed, expired = watchman.town.registry.store.write_now(claims.claim, "sms", 16)
    assert (claimed, len(expired)) == ([], 1)


def test_who_asks_again_is_told_what_was_declared_since(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(hours=1)
    watchman.ask(AYSE, MAIL)
    watchman.tomorrow()
    assert ["Çınar" in one.text for one in watchman.sent] == [True]


def test_what_a_company_takes_back_over_an_older_word_is_not_told(watchman: Watchman) -> None:
    """The older word stands again, so there is a consent, and nothing new about it."""
    here = watchman.town
    here.told(AYSE, CINAR, ago=2)
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    here.told(AYSE, CINAR, ago=0.001)

    def undo(transaction: Transaction) -> None:
        row = transaction.one(Statement(sql("SELECT max(id) FROM act")))
        assert row
        deed = Deed(Actor.PROVIDER, Door.FILE)
        assert ledger.undo(transaction, here.registry.policy, row[0], deed) is not None

    here.registry.store.write_now(undo)
    watchman.tomorrow()
    assert watchman.sent == []


def test_a_day_has_one_message_whatever_is_declared_and_however_many_work(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(days=1)

    async def two() -> None:
        registry, settings = watchman.town.registry, watchman.settings
        await asyncio.gather(alert_job.send_alerts(registry, settings), alert_job.send_alerts(registry, settings))

    asyncio.run(two())
    assert len(watchman.sent) == 1
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, ISIK, ago=0.001)
    watchman.round()
    assert len(watchman.sent) == 1
    watchman.tomorrow()
    assert "Işık" in watchman.sent[1].text
    assert "Çınar" not in watchman.sent[1].text


def test_a_crash_in_the_round_loses_nothing_and_tells_nothing_twice(
    watchman: Watchman, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(days=1)

    class Killed(BaseException):
        """The process ends between the message and its note."""

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(alert_store, "looked", dies)
        with pytest.raises(Killed):
            watchman.round()
    assert watchman.sent == []
    watchman.round()
    assert len(watchman.sent) == 1


def test_while_the_carrier_fails_nothing_is_used_up(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.clock.forward(days=1)
    failing(watchman, "mail")
    watchman.round()
    assert watchman.sent == []
    watchman.clock.forward(minutes=20)  # nobody has tried for so long that it may be well again
    watchman.round()
    assert len(watchman.sent) == 1


def failing(watchman: Watchman, kind: Kind) -> None:
    claimed = claims.ClaimedMessage(0, kind, b"", 1, 0, watchman.town.now + 10**12)
    watchman.town.registry.store.write_now(claims.postpone, claimed, "TimeoutError", True)


def test_an_erased_person_is_told_nothing_and_nothing_is_kept_of_the_wish(watchman: Watchman) -> None:
    """Erased as the watched one, and as the one who is told."""
    for address in (AYSE, MAIL):
        watchman.ask(AYSE, MAIL)
        assert watches(watchman) == 1
        erase(watchman, address)
        assert watches(watchman) == 0


def test_l15_who_asks_after_an_erasure_stays_erased_and_is_told_nothing(watchman: Watchman) -> None:
    here = watchman.town
    here.told(AYSE, CINAR)
    erase(watchman, AYSE)
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(hours=1)
    here.told(AYSE, ISIK, ago=0.001)
    watchman.tomorrow()
    assert watchman.sent == []
    number = here.person(AYSE)
    assert here.registry.store.read_now(register.erased_among, [number]) == {number}


def erase(watchman: Watchman, address: str) -> None:
    """As ``izin erase`` does."""
    from citizen.signin import entry

    def work(transaction: Transaction) -> None:
        registry = watchman.town.registry
        entry.forget(transaction, registry.keyring, address)
        register.erase(transaction, registry.keyring, register.person(registry.keyring, address))

    watchman.town.registry.store.write_now(work)


def test_whoever_gets_the_number_later_ends_what_its_last_holder_had_told(watchman: Watchman) -> None:
    """He says that the number is new to him; the last holder hears no more of it."""
    watchman.ask(AYSE, MAIL)
    watchman.town.sign_in(AYSE).post(number_reassigned.PATH, new="1")
    assert watches(watchman) == 0


def test_a_new_holders_sign_in_alone_prolongs_nothing_and_half_a_year_ends_it(watchman: Watchman) -> None:
    store, keyring = watchman.town.registry.store, watchman.town.registry.keyring
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(days=100)
    store.write_now(alert_store.renew, keyring, {AYSE})
    store.write_now(alert_store.renew, keyring, {MAIL})
    store.write_now(alert_store.renew, keyring, {AYSE, OTHER})
    watchman.clock.forward(days=79)
    assert swept(store, "watch") == 0
    watchman.clock.forward(days=2)
    assert swept(store, "watch") == 1
    watchman.ask(AYSE, MAIL)
    watchman.clock.forward(days=100)
    store.write_now(alert_store.renew, keyring, {AYSE, MAIL})
    watchman.clock.forward(days=100)
    assert swept(store, "watch") == 0


def test_where_the_operator_allows_it_an_sms_goes_to_the_number_itself(watchman_sms: Watchman) -> None:
    watchman = watchman_sms
    watchman.ask(AYSE)
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.tomorrow()
    (sms,) = watchman.sent
    assert (sms.kind, sms.to) == ("sms", AYSE)
    assert sms.text.startswith("CINAR bu numara icin reklam izni")


def test_in_the_language_in_which_it_was_asked_for(watchman: Watchman) -> None:
    watchman.ask(AYSE, MAIL, language="?lang=en")
    watchman.clock.forward(hours=1)
    watchman.town.told(AYSE, CINAR, ago=0.001)
    watchman.tomorrow()
    (mail,) = watchman.sent
    assert mail.subject == "1 brand says you gave permission"
    assert "bildirdi" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by_sms", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 10_002])
def test_an_sms_fits_one_message(language: str, by_sms: bool, count: int) -> None:
    brand = BrandEntry(1, 999_999_999, "Ş" * 255, 1, "x", 1, None, "WWWWWWWWWWW", 0, "")
    said = alert_texts.sms(language, [BrandNews(brand, (1,), False)] * count, by_sms=by_sms)
    assert len(said) <= SMS_LETTERS[language]
    assert set(said) <= PLAIN or SMS_LETTERS[language] > 160


def test_the_round_reads_the_watched_persons_events_alone(watchman: Watchman) -> None:
    """Whatever the history holds: by the recipient's index, on both databases."""
    from consents.people import declared

    def plan(snapshot: Snapshot) -> str:
        if snapshot.dialect == "postgresql":
            snapshot.connection.execute("SET LOCAL enable_seqscan = off")
        statement = declared._DECLARED.bound(snapshot.dialect, {"recipient": 1, "after": 5})
        explain = "EXPLAIN " if snapshot.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        rows = snapshot.connection.execute(explain + statement[0], statement[1]).fetchall()
        return "\n".join(str(row) for row in rows)

    said = watchman.town.registry.store.read_now(plan)
    assert "consent_event_recipient" in said
    assert "SCAN e" not in said
