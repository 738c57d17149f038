"""Codes guessed over many addresses: an alarm for the operator, and fewer tries for everybody while it lasts."""

from __future__ import annotations

import pytest

from consents.registry import Registry
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, WRONG
from tests.citizen.signin.test_codes import MEHMET, PHONE, Counter
from tests.citizen.signin.test_pumping import warned
from tests.conftest import Clock
from tests.web.client import refused_for
from trust.codes.codes import CodeOutcome
from trust.codes.limits import guessing


def spray(counter: Counter, times: int) -> None:
    """One wrong code for each of so many addresses."""
    for number in range(times):
        by = number.to_bytes(32, "big")
        counter.ask(f"a{number}@example.com", by=by)
        assert counter.redeem(counter.other, by) is CodeOutcome.WRONG


@pytest.fixture
def counter(registry: Registry, clock: Clock) -> Counter:
    return Counter(registry, clock, CODE_FAILURES_ALARM="5")


def test_up_to_the_threshold_a_code_has_five_tries(counter: Counter) -> None:
    spray(counter, 1)
    counter.ask()
    assert counter.wrong(4) == [CodeOutcome.WRONG] * 4
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_beyond_it_a_code_has_two(counter: Counter) -> None:
    spray(counter, 6)
    counter.ask()
    assert counter.try_(counter.other) == (CodeOutcome.WRONG, AYSE, 1)
    assert counter.try_(counter.other) == (CodeOutcome.LOCKED, AYSE, 0)
    assert counter.redeem(counter.code) is CodeOutcome.LOCKED
    counter.ask(MEHMET)
    counter.wrong(1)
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_a_code_with_two_tries_spent_is_locked_by_the_alarm_and_no_new_one_is_sent(
    counter: Counter, clock: Clock
) -> None:
    by = b"b" * 32
    counter.ask(by=by)
    counter.wrong(2, by)
    spray(counter, 4)
    sent = len(counter.sent)
    clock.forward(minutes=2)
    assert counter.redeem(counter.sent[0][1], by) is CodeOutcome.LOCKED
    assert counter.ask(by=by) is CodeOutcome.LOCKED, "a new one could not be used"
    assert len(counter.sent) == sent
    clock.forward(minutes=8)
    assert counter.ask(by=by) is CodeOutcome.OK
    assert counter.redeem(counter.code, by) is CodeOutcome.OK


def test_the_alarm_lasts_while_the_last_hour_has_so_many(counter: Counter, clock: Clock) -> None:
    spray(counter, 3)
    clock.forward(minutes=30)
    spray(counter, 3)
    clock.forward(minutes=29)
    counter.ask()
    assert counter.try_(counter.other).left == 1
    clock.forward(minutes=1)
    counter.ask(MEHMET)
    assert counter.try_(counter.other).left == 4


def test_right_and_outdated_codes_are_no_guesses(counter: Counter, clock: Clock) -> None:
    counter.ask()
    first = counter.code
    clock.forward(minutes=1)
    counter.ask()
    assert counter.redeem(first) is CodeOutcome.SUPERSEDED
    assert counter.redeem(counter.code, PHONE) is CodeOutcome.OK
    assert counter.registry.store.read_now(guessing.lately, counter.registry.keyring, clock.now) == 0


def test_fewer_tries_than_the_alarms_stay(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODE_FAILURES_ALARM="1", CODE_TRIES="1")
    for number in range(3):
        by = bytes([number]) * 32
        counter.ask(f"a{number}@example.com", by=by)
        assert counter.redeem(counter.other, by) is CodeOutcome.LOCKED


def test_the_operator_is_warned_once_an_hour_and_sees_it_in_the_metrics(
    desk: Open, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    here = desk(CODE_FAILURES_ALARM="2")
    inside = here.browser(client=("127.0.0.1", 50000))

    def guess(times: int) -> list[object]:
        capsys.readouterr()
        for number in range(times):
            one = here.browser()
            one.ask(f"a{number}@example.com")
            refused_for(one.type(here.other if here.sent else "000000"), 422, WRONG)
        clock.forward(minutes=2)
        return [(line["event"], line["wrong"], line["tries"]) for line in warned(capsys.readouterr().out)]

    assert guess(2) == []
    assert "izin_sign_in_guessing 0.0" in inside.get("/metrics").text.splitlines()
    assert guess(3) == [("sign_in_guessing", 3, 2)]
    told = inside.get("/metrics").text.splitlines()
    assert {"izin_sign_in_guessing 1.0", "izin_sign_in_wrong_codes 5.0"} <= set(told)
    assert guess(1) == []
    clock.forward(hours=1)
    assert "izin_sign_in_guessing 0.0" in inside.get("/metrics").text.splitlines()
    assert guess(4) == [("sign_in_guessing", 3, 2)]


def test_the_page_tells_that_no_try_is_left(desk: Open) -> None:
    here = desk(CODE_FAILURES_ALARM="1")
    for number in range(2):
        one = here.browser()
        one.ask(f"a{number}@example.com")
        one.type(here.other)
    one = here.browser()
    one.ask()
    assert "Kalan deneme: 1" in one.type(here.other).text
    assert "bir süre kapatıldı" in one.type(here.other).text
    assert "bir süre kapatıldı" in one.get("/giris/kod").text
