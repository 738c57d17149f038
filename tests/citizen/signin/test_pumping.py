"""A block of numbers whose codes go unused gets none for a while; the operator sees it, whoever asks does not."""

from __future__ import annotations

import json
import secrets

import pytest

from consents.registry import Registry
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE
from tests.citizen.signin.test_codes import Counter
from tests.conftest import Clock
from trust.codes.codes import CodeOutcome
from trust.codes.limits import pumping

ELSEWHERE = "+905320010001"


@pytest.fixture
def counter(registry: Registry, clock: Clock) -> Counter:
    return Counter(registry, clock, CODES_SENT_PER_BLOCK="1000")


def pump(counter: Counter, sends: int, used: int = 0, first: int = 100) -> None:
    """Has codes sent to neighbours of AYSE, and the first ``used`` of them typed in the last second of their life."""
    browsers = [(number, number.to_bytes(32, "big")) for number in range(first, first + sends)]
    began = len(counter.sent)
    for number, by in browsers:
        counter.ask(f"+90532000{number:04}", by=by)
    codes = [code for _, code in counter.sent[began:]]
    assert len(codes) == sends
    counter.clock.forward(seconds=599)
    for (_, by), code in list(zip(browsers, codes, strict=True))[:used]:
        assert counter.redeem(code, by) is CodeOutcome.OK
    counter.clock.forward(seconds=1)


def is_sent(counter: Counter, address: str = AYSE) -> bool:
    """Whether a new browser's wish for a code, which is always granted in words, brings one."""
    before = len(counter.sent)
    assert counter.ask(address, by=secrets.token_bytes(32)) is CodeOutcome.OK
    return len(counter.sent) > before


def closed(counter: Counter) -> int:
    store = counter.registry.store
    return store.read_now(pumping.closed, counter.registry.keyring, store.now())


def warned(out: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] == "warning"]


@pytest.mark.parametrize(
    ("sends", "used", "sent"), [(50, 14, False), (50, 15, True), (49, 0, True), (100, 29, False), (100, 30, True)]
)
def test_of_fifty_codes_three_in_ten_must_be_used(counter: Counter, sends: int, used: int, sent: bool) -> None:
    pump(counter, sends, used)
    assert is_sent(counter) is sent
    assert closed(counter) == (not sent)


def test_only_its_own_block_is_closed_and_only_for_an_hour(counter: Counter, clock: Clock) -> None:
    pump(counter, 50)
    assert [is_sent(counter), is_sent(counter, ELSEWHERE), is_sent(counter, "ayse@example.com")] == [False, True, True]
    clock.forward(minutes=59)
    assert (is_sent(counter), closed(counter)) == (False, 1)
    clock.forward(minutes=1)
    assert (is_sent(counter), closed(counter)) == (True, 0)


def test_a_block_that_is_open_again_is_judged_by_its_new_codes(counter: Counter, clock: Clock) -> None:
    pump(counter, 50)
    assert not is_sent(counter)
    clock.forward(hours=1)
    pump(counter, 49, first=300)
    assert is_sent(counter)
    clock.forward(minutes=10)
    assert not is_sent(counter), "the fiftieth was not used either"


def test_codes_that_can_still_be_used_do_not_count(counter: Counter, clock: Clock) -> None:
    pump(counter, 49)
    for number, (seconds, sent) in enumerate([(0, True), (599, True), (1, False)]):
        clock.forward(seconds=seconds)
        assert is_sent(counter, f"+90532000000{number}") is sent


def test_codes_of_yesterday_do_not_count(counter: Counter, clock: Clock) -> None:
    pump(counter, 50)
    clock.forward(hours=24)
    assert is_sent(counter)


def test_the_settings_say_how_many_how_few_and_how_long(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, SMS_PUMPING_SENDS="4", SMS_PUMPING_PERCENT="50", SMS_PUMPING_MINUTES="5")
    pump(counter, 4, 1)
    assert not is_sent(counter)
    clock.forward(minutes=5)
    assert is_sent(counter)


def test_nothing_is_closed_where_none_need_be_used(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_PER_BLOCK="1000", SMS_PUMPING_PERCENT="0")
    pump(counter, 60)
    assert is_sent(counter)


def test_the_default_limits_leave_room_to_notice(registry: Registry, clock: Clock) -> None:
    """The limit on a block in an hour is lower than the codes that are judged, so they are counted over longer."""
    counter = Counter(registry, clock)
    for turn in range(8):
        for number in range(20):
            counter.ask(f"+90532000{turn:02}{number:02}", by=bytes([turn, number]) * 16)
        clock.forward(hours=1)
    assert len(counter.sent) == 120, "every fourth hour it is closed"


def test_the_operator_is_warned_once_and_no_digit_is_told(
    desk: Open, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    here = desk(CODES_SENT_PER_BLOCK="1000", SMS_PUMPING_SENDS="3")
    for number in range(3):
        here.browser().ask(f"+9053200001{number:02}")
    clock.forward(minutes=10)
    capsys.readouterr()
    one = here.browser()
    for address in (AYSE, "+905320000002"):
        assert one.ask(address).headers["location"] == "/giris/kod"
    assert len(here.sent) == 3
    lines = warned(capsys.readouterr().out)
    for line in lines:
        assert set(line) - {"request_id"} == {"timestamp", "level", "event", "minutes", "sent", "used"}
    told = [(line["event"], line["minutes"], line["sent"], line["used"]) for line in lines]
    assert told == [("sign_in_block_closed", 60, 3, 0)]
    inside = here.browser(client=("127.0.0.1", 50000))
    assert "izin_sign_in_blocks_closed 1.0" in inside.get("/metrics").text.splitlines()
    clock.forward(hours=1)
    assert "izin_sign_in_blocks_closed 0.0" in inside.get("/metrics").text.splitlines()
