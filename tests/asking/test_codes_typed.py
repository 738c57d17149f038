"""A code that the company types: what it may do, and what it may not."""

from __future__ import annotations

import pytest

from asking import answering
from asking.answering import AnswerOutcome, RequestAnswer
from asking.request_states import RequestState
from asking.starting import AskFault
from consents.brands import brand_changes
from consents.brands.company_changes import Why
from consents.people import recipients
from consents.rules import ONAY, RET
from consents.terms import Source
from tests.asking.shop import Shop
from tests.conftest import Clock, Opener
from tests.optout.sms.conftest import CINAR

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"
MINUTE, DAY = 60_000_000, 86_400_000_000  # µs


@pytest.fixture
def shop(sqlite_url: str, open_registry: Opener) -> Shop:
    return Shop(open_registry(sqlite_url))


def test_the_right_code_is_the_recipients_own_consent_with_its_evidence(shop: Shop) -> None:
    started = shop.ask(AYSE)
    message = shop.messages(AYSE)[0]
    assert "ONAY verir" in message
    assert "cinar.example" in message
    assert len(message) <= 155
    done = shop.type(started, shop.digits(AYSE))
    assert done.outcome is AnswerOutcome.OK
    assert done.act is not None
    assert shop.status(AYSE) == ONAY
    assert shop.status(AYSE, "ARAMA") is None  # it was not asked
    request = shop.request(started)
    assert (request.state, request.yes, request.no, request.act) == (RequestState.ANSWERED, 2, 0, done.act)
    notice = shop.messages(AYSE)[0]
    assert "GERI AL" in notice
    assert len(notice) <= 155
    assert "••••••" in request.sent
    assert not any(map(str.isdigit, request.sent.replace("3 dk", "")))


def test_a_verification_records_no_consent_and_its_code_consents_to_nothing(shop: Shop) -> None:
    started = shop.verify(AYSE)
    message = shop.messages(AYSE)[0]
    assert "DEGILDIR" in message
    assert len(message) <= 155
    digits = shop.digits(AYSE)
    assert shop.type(started, digits).outcome is AnswerOutcome.PURPOSE
    assert shop.type(started, digits, "VERIFY").outcome is AnswerOutcome.OK
    assert shop.status(AYSE) is None
    assert shop.request(started).act is None


def test_a_code_belongs_to_one_request(shop: Shop) -> None:
    verified, asked = shop.verify(AYSE), shop.ask(AYSE)
    of_consent, of_verify = shop.messages(AYSE)[0], shop.messages(AYSE)[1]
    assert "ONAY verir" in of_consent
    assert "DEGILDIR" in of_verify
    digits = shop.digits(AYSE)
    assert shop.type(verified, digits, "VERIFY").outcome is AnswerOutcome.WRONG
    assert shop.type(asked, digits).outcome is AnswerOutcome.OK


def test_three_wrong_codes_end_it_and_the_right_one_comes_too_late(shop: Shop) -> None:
    started = shop.ask(AYSE)
    right = shop.digits(AYSE)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    outcomes = [shop.type(started, one).outcome for one in (wrong, wrong, wrong, right)]
    assert outcomes == [AnswerOutcome.WRONG, AnswerOutcome.WRONG, AnswerOutcome.SPENT, AnswerOutcome.SPENT]
    assert shop.status(AYSE) is None


def test_after_three_minutes_it_has_expired(shop: Shop, clock: Clock) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    clock.now += 3 * MINUTE
    assert shop.type(started, digits).outcome is AnswerOutcome.EXPIRED
    assert shop.request(started).state_at(shop.now) is RequestState.EXPIRED


def test_one_at_a_time_two_a_day_and_five_of_all_brands(shop: Shop, clock: Clock) -> None:
    shop.ask(AYSE)
    assert shop.ask(AYSE) == AskFault("H465")
    clock.now += 4 * MINUTE
    shop.request(shop.ask(AYSE))
    clock.now += 4 * MINUTE
    assert shop.ask(AYSE) == AskFault("H453")
    clock.now += DAY
    shop.request(shop.ask(AYSE))


def test_who_refuses_to_be_asked_gets_no_message_and_the_company_learns_nothing(shop: Shop) -> None:
    from asking import request_store

    shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, AYSE, shop.brand().id)
    silent, sent = shop.ask(AYSE), shop.ask(MEHMET)
    assert shop.messages(AYSE) == []
    assert len(shop.messages(MEHMET)) == 1
    assert type(silent) is type(sent)
    wrong = f"{(int(shop.digits(MEHMET)) + 1) % 10**6:06}"
    assert shop.type(silent, wrong).outcome is shop.type(sent, wrong).outcome is AnswerOutcome.WRONG
    assert shop.request(silent).state_at(shop.now) is shop.request(sent).state_at(shop.now)


@pytest.mark.parametrize(
    ("to", "method", "channels", "code"),
    [
        (MAIL, "SMS_OTP", ("MESAJ",), "H1026"),
        (AYSE, "EPOSTA_OTP", ("EPOSTA",), "H1054"),
        (AYSE, "SMS_OTP", ("EPOSTA",), "H1054"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(
    shop: Shop, to: str, method: str, channels: tuple[str, ...], code: str
) -> None:
    assert shop.ask(to, method, *channels) == AskFault(code)


def test_an_e_mail_is_asked_by_mail(shop: Shop) -> None:
    started = shop.ask(MAIL, "EPOSTA_OTP", "EPOSTA", form=shop.mail_form)
    assert shop.type(started, shop.digits(MAIL)).outcome is AnswerOutcome.OK
    assert shop.status(MAIL, "EPOSTA") == ONAY


def test_a_brand_that_closed_meanwhile_is_given_no_consent_and_asks_nobody(shop: Shop) -> None:
    asked, by_link = shop.ask(AYSE), shop.ask(MEHMET, "SMS_SHORTURL")
    digits = shop.digits(AYSE)
    shop.registry.store.write_now(brand_changes.close, CINAR, Why(shop.registry.keyring, "bitti"))
    assert shop.type(asked, digits).outcome is AnswerOutcome.ENDED
    assert shop.status(AYSE) is None
    assert shop.ask(AYSE, "SMS_SHORTURL") == AskFault("H1055")
    refused = shop.registry.store.write_now(
        answering.record, shop.registry, shop.settings, shop.brand(), shop.request(by_link), recipients.parse(MEHMET),
        RequestAnswer(0, 2, Source.IYS_WEB, {}),
    )  # fmt: skip
    assert refused.outcome is AnswerOutcome.OK
    assert shop.status(MEHMET) == RET
