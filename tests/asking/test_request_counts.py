"""What a company counts of its requests, and the lists of its forms and tills, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from asking import answering, forms, request_counts, request_store, tills
from asking.answering import RequestAnswer
from asking.forms import FormState, FormTexts
from asking.request_counts import RequestCount, RequestEnd
from asking.request_states import RequestEvent, RequestMethod, RequestPurpose
from consents.columns import micros
from consents.people import recipients
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Channel, Identity, Source
from gateways.carrier import Permanent, Temporary
from gateways.outbox import delivery
from tests.asking.shop import NOTICE, Shop
from tests.conftest import Clock, Opener, swept
from tests.optout.sms.conftest import MINI
from tests.providers.via.asker import Moody

AYSE, MEHMET, ZEHRA, ALI, CAN = (f"+90532000000{number}" for number in range(1, 6))
DAY, HOUR = 86_400_000_000, 3_600_000_000  # µs


def counted(shop: Shop, days: int = request_counts.DAYS) -> list[RequestCount]:
    return shop.registry.store.read_now(request_counts.by_day, shop.brand().company, shop.now, days)


def answer(shop: Shop, to: str, yes: int, no: int) -> None:
    """What this recipient answers to a request for calls and SMS."""
    started = shop.ask(to, "SMS_SHORTURL", "ARAMA", "MESAJ")
    given = RequestAnswer(yes, no, Source.IYS_WEB, {})
    request, recipient = shop.request(started), recipients.parse(to)
    shop.registry.store.write_now(
        answering.record, shop.registry, shop.settings, shop.brand(), request, recipient, given
    )


def test_each_end_is_counted_once_by_day_brand_question_and_method(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    shop = Shop(open_registry(database_url))
    answer(shop, AYSE, 0b01, 0b10)  # yes to calls, no to SMS
    answer(shop, MEHMET, 0, 0b10)
    answer(shop, ZEHRA, 0, 0)
    failed = shop.request(shop.ask(ALI, "SMS_SHORTURL"))
    assert shop.registry.store.write_now(request_store.move, failed, RequestEvent.DELIVERY_FAILED)
    shop.ask(CAN, "SMS_SHORTURL")
    shop.type(shop.verify(AYSE), shop.digits(AYSE), "VERIFY")
    today = date(2026, 11, 24)

    def ends(purpose: RequestPurpose, method: RequestMethod, day: date = today) -> dict[RequestEnd, int]:
        place, brand = (purpose, method, day), shop.brand().id
        return {
            one.end: one.number
            for one in counted(shop)
            if (one.purpose, one.method, one.day, one.brand) == (*place, brand)
        }

    of_links = {RequestEnd.YES: 1, RequestEnd.NO: 1, RequestEnd.BLANK: 1, RequestEnd.UNSENT: 1}
    link = RequestPurpose.CONSENT, RequestMethod.SMS_SHORTURL
    assert ends(*link) == {**of_links, RequestEnd.OPEN: 1}
    assert ends(RequestPurpose.VERIFY, RequestMethod.SMS_OTP) == {RequestEnd.VERIFIED: 1}
    clock.now += DAY
    assert ends(*link) == {**of_links, RequestEnd.UNANSWERED: 1}, "they stay at the day on which they were asked"
    shop.ask(CAN, "SMS_SHORTURL")
    assert ends(*link, date(2026, 11, 25)) == {RequestEnd.OPEN: 1}
    assert sum(one.number for one in counted(shop, days=1)) == 1
    other = shop.brand(MINI).company + 1
    assert shop.registry.store.read_now(request_counts.by_day, other, shop.now) == []


def test_all_days_are_read_by_one_statement(
    sqlite_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(open_registry(sqlite_url))
    for to in (AYSE, MEHMET):
        shop.ask(to)
        clock.now += (request_counts.DAYS - 1) * DAY
    clock.now -= (request_counts.DAYS - 1) * DAY
    company, plain, run = shop.brand().company, Snapshot.all, list[Any]()

    def all_of(self: Snapshot, statement: Any, *values: Any) -> Any:
        run.append(statement)
        return plain(self, statement, *values)

    monkeypatch.setattr(Snapshot, "all", all_of)
    found = shop.registry.store.read_now(request_counts.by_day, company, shop.now)
    assert [(one.day, one.number) for one in found] == [(date(2026, 12, 7), 1), (date(2026, 11, 24), 1)]
    assert len(run) == 1
    clock.now += DAY
    assert [one.day for one in counted(shop)] == [date(2026, 12, 7)], "the fifteenth day is not shown"


def test_the_credit_counts_what_sends_a_message_alone(database_url: str, open_registry: Opener, clock: Clock) -> None:
    shop = Shop(open_registry(database_url))
    since = clock.now - DAY
    shop.ask("", "TILL", till=shop.asking_till(shop.form))
    shop.ask("", "POSTER", till=shop.asking_till(shop.form))
    asked = [one.method for one in counted(shop)]
    assert asked == [RequestMethod.TILL, RequestMethod.POSTER]
    read, company = shop.registry.store.read_now, shop.brand().company
    assert read(request_store.asked_by, company, since) == 0
    shop.ask(AYSE)
    shop.verify(MEHMET, "SMS_OTP")
    shop.ask(ALI, "SMS_SHORTURL")
    shop.ask("ali@example.com", "EPOSTA_SHORTURL", "EPOSTA", form=shop.mail_form)
    assert read(request_store.asked_by, company, since) == 4


def test_what_the_carrier_refused_for_good_counts_as_undelivered_without_a_code(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    """As the company reads each of them; what only came too late reads as unanswered."""
    shop = Shop(open_registry(database_url))
    answered = shop.ask(ZEHRA, "SMS_SHORTURL")
    asked = [shop.ask(AYSE), shop.ask(MEHMET), shop.ask(ALI, "SMS_SHORTURL")]
    faults = {AYSE: Permanent("no such number"), MEHMET: Temporary("later"), ZEHRA: Permanent("no such number")}
    asyncio.run(delivery.deliver(shop.registry, "sms", Moody(faults)))
    shop.answers(answered, 0b10)

    def ends() -> dict[RequestEnd, int]:
        return {one.end: one.number for one in sorted(counted(shop)) if one.method is RequestMethod.SMS_OTP}

    assert ends() == {RequestEnd.UNSENT: 1, RequestEnd.OPEN: 1}
    clock.now += HOUR
    asyncio.run(delivery.deliver(shop.registry, "sms", Moody({})))
    assert ends() == {RequestEnd.UNSENT: 1, RequestEnd.UNANSWERED: 1}
    links = [one.end for one in counted(shop) if one.method is RequestMethod.SMS_SHORTURL]
    assert sorted(links) == [RequestEnd.OPEN, RequestEnd.YES], "an answer proves that it came"
    requests = map(shop.request, asked)
    read = shop.registry.store.read_now
    assert [read(request_store.undelivered, one) for one in requests] == [True, False, False]


def test_an_ended_day_begins_at_midnight_of_turkiye(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    shop = Shop(open_registry(sqlite_url))
    clock.now += 12 * HOUR - 1  # 23:59:59 there
    shop.ask(AYSE)
    clock.now += 1
    shop.ask(MEHMET)
    assert [(one.day.day, one.number) for one in counted(shop)] == [(25, 1), (24, 1)]


def test_forms_and_tills_are_listed_by_brand_with_what_is_asked_with_and_when_last(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    shop = Shop(open_registry(database_url))
    brand, mini = shop.brand().id, shop.brand(MINI).id
    read, write = shop.registry.store.read_now, shop.registry.store.write_now

    def prepare(transaction: Transaction) -> tuple[int, int]:
        texts = FormTexts("Çınar", forms.bits((Channel.MESAJ,)), Identity.BIREYSEL.code, "Ayda bir haber.", NOTICE)
        number = forms.draft(transaction, shop.form, texts)
        assert number == 2
        assert forms.draft(transaction, shop.form, texts._replace(promise="Yılda bir haber.")) == 2, "in its place"
        used, _ = tills.make(transaction, brand, tills.TILL, shop.form, "Kasa 1")
        ended, _ = tills.make(transaction, brand, tills.POSTER, shop.form, "Afiş")
        tills.make(transaction, mini, tills.TILL, None, "Başka")
        assert tills.end(transaction, brand, ended)
        return used, ended

    used, ended = write(prepare)
    listed = read(forms.listed, [brand])
    assert [(one.last.form, one.last.number, one.last.state, one.asked_with) for one in listed] == [
        (shop.form, 2, FormState.DRAFT, 1),
        (shop.mail_form, 1, FormState.PUBLISHED, 1),
    ]
    assert read(forms.listed, []) == []
    assert read(forms.tally) == (0, None)
    assert write(forms.submit, shop.form, 2)
    assert read(forms.tally) == (1, clock.now)
    assert write(forms.withdraw, shop.form, 2)
    assert not write(forms.withdraw, shop.form, 2)
    assert not write(forms.withdraw, shop.form, 1), "who was asked with it read what it says"
    assert [one.id for one in read(tills.of_brands, [brand])] == [used, ended]
    assert read(request_counts.last_asked, [used, ended]) == {}
    till = read(tills.by_id, used)
    shop.ask("", "TILL", till=till)
    assert read(request_counts.last_asked, [used, ended]) == {used: clock.now}
    sealed = shop.registry.keyring.seal_data(b"belirsiz")
    assert write(forms.submit, shop.form, 2)
    assert write(forms.refuse, shop.form, 2, sealed)
    (_, *_, (of, version)) = sorted(read(forms.decided, clock.now), key=lambda one: one[1].number)
    assert (of, version.number, forms.reason(shop.registry.keyring, version)) == (brand, 2, "belirsiz")


def test_a_day_is_counted_once_when_nothing_of_it_is_open_any_more(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    shop = Shop(open_registry(database_url))
    registry = shop.registry
    answer(shop, AYSE, 0b01, 0b10)
    answer(shop, MEHMET, 0, 0b10)
    answer(shop, ZEHRA, 0, 0)
    shop.ask(CAN, "SMS_SHORTURL")
    failed = shop.ask(ALI)
    asyncio.run(delivery.deliver(registry, "sms", Moody({ALI: Permanent("no such number")})))
    assert registry.store.read_now(request_store.undelivered, shop.request(failed))
    shop.type(shop.verify(AYSE), shop.digits(AYSE), "VERIFY")
    assert request_counts.keep_up(registry) == request_counts.DAYS - 2, "the days before, in which nobody was asked"
    clock.now += DAY + 12 * HOUR - 1
    assert request_counts.keep_up(registry) == 1, "a link of 23:59 lives until midnight"
    clock.now += 1
    shop.ask(CAN, "SMS_SHORTURL")
    before = sorted(counted(shop))
    assert sum(one.number for one in before) == 7
    assert request_counts.keep_up(registry) == 1
    assert request_counts.keep_up(registry) == 0
    assert sorted(counted(shop)) == before
    assert sum(one.number for one in counted(shop, days=1)) == 1

    def gone(transaction: Transaction) -> int:
        return transaction.run(Statement(text("DELETE FROM consent_request WHERE id < :id")), {"id": 4})

    assert registry.store.write_now(gone) == 3
    assert sorted(counted(shop)) == before, "a counted day is read from its counts"
    clock.now += 40 * DAY
    assert swept(registry.store, "request_count") > 0
    assert request_counts.keep_up(registry) == request_counts.DAYS - 2, "the days that nobody sees are left out"
    assert counted(shop) == []


def test_a_page_reads_the_requests_of_two_days(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    shop = Shop(open_registry(sqlite_url))
    request_counts.keep_up(shop.registry)
    read: list[dict[str, Any]] = []
    plain = Snapshot.all

    def all_of(self: Snapshot, statement: Any, *values: Any) -> Any:
        read.extend(values)
        return plain(self, statement, *values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Snapshot, "all", all_of)
        shop.registry.store.read_now(request_counts.by_day, shop.brand().company, shop.now)
    (asked,) = (one for one in read if "since" in one)
    assert clock.now - micros(asked["since"]) < 2 * DAY
