"""What a day's messages may cost: by kind, by purpose, by network; and what somebody reads who finds it used up."""

from __future__ import annotations

import json
import re

import pytest

from consents.registry import Registry
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, MAIL, MEHMET
from tests.citizen.signin.test_codes import Counter
from tests.conftest import Clock
from trust.codes.codes import CodeOutcome
from trust.codes.limits import code_budgets
from trust.codes.limits.code_budgets import Spender
from trust.codes.pending import Purpose

STRANGE = "+905320000099"


def holder(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_each_kind_and_each_purpose_has_a_budget_of_its_own(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="2")
    for number in range(2):
        counter.ask(f"a{number}@example.com", by=holder(number), purpose=Purpose.APPLY)
    assert counter.ask("a3@example.com", by=holder(3), purpose=Purpose.APPLY) is CodeOutcome.SPENT
    for number, (address, purpose) in enumerate(
        ((AYSE, Purpose.SIGN_IN), (MAIL, Purpose.SIGN_IN), (MAIL, Purpose.PANEL))
    ):
        clock.forward(minutes=2)
        assert counter.ask(address, by=holder(10 + number), purpose=purpose) is CodeOutcome.OK
    assert len(counter.sent) == 5


@pytest.mark.parametrize(
    ("near", "far", "most"),
    [
        ("192.0.2.{}", "198.51.100.1", 10),
        ("2001:db8:0:{:x}::1", "2001:db8:1::1", 10),
        ("2001:db8:{:x}::1", "2001:db9::1", 50),
    ],
)
def test_no_network_uses_up_more_than_its_share(
    registry: Registry, clock: Clock, near: str, far: str, most: int
) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="100", CODES_SENT_PER_IP="1")
    asked = [counter.ask(f"a{one}@example.com", by=holder(one), ip=near.format(one)) for one in range(most + 2)]
    assert asked == [CodeOutcome.OK] * most + [CodeOutcome.NETWORK] * 2
    assert counter.ask("b@example.com", by=holder(1000), ip=far) is CodeOutcome.OK
    clock.forward(hours=25)
    assert counter.ask("c@example.com", by=holder(1001), ip=near.format(1)) is CodeOutcome.OK


def test_half_of_a_budget_is_an_alarm_in_the_log_the_figures_and_the_status(
    desk: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    here = desk(CODES_SENT_BUDGET_SMS="4")
    names = []
    for number in range(6):
        here.browser().ask(f"+9053200{number}0001")
        names.append(re.findall(r'"event": "(sends_budget_\w+)"', capsys.readouterr().out))
    assert names == [[], [], ["sends_budget_half_used"], [], ["sends_budget_used_up"], []]
    spent = here.registry.store.read_now(code_budgets.spent_today, here.registry.keyring, here.settings, here.clock.now)
    (half,) = code_budgets.half_used(spent)
    assert half == ("sms", Spender.CITIZEN, False, 4, 4)


def test_who_finds_it_used_up_reads_so_and_what_goes_on(desk: Open) -> None:
    here = desk(CODES_SENT_BUDGET="1", OPTOUT_NUMBER="3838", SMS_SIGNIN="1")
    known = here.browser().sign_in(AYSE)
    stranger = here.browser()
    answer = stranger.ask(MEHMET)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3600")
    assert "gönderebileceğimiz kodlar tükendi; size kod gönderilmedi" in answer.text
    assert "3838" in answer.text, "refusing goes on"
    assert len(here.sent) == 1
    assert 'action="/giris/kod/metin"' in answer.text
    assert stranger.post("/giris/kod/metin").headers["location"] == "/giris/metin"
    assert re.search("GIRIS [0-9A-Z]{4}-", stranger.get("/giris/metin").text)
    known.post("/cikis")
    here.clock.forward(minutes=2)
    assert known.ask(AYSE).status_code == 303, "a browser that is known has messages of its own"
    assert len(here.sent) == 2


def test_a_network_whose_share_is_used_up_reads_so(desk: Open) -> None:
    here = desk(CODES_SENT_BUDGET="100", CODES_SENT_PER_IP="1")
    for number in range(10):
        assert here.browser(client=(f"192.0.2.{number}", 1)).ask(f"a{number}@example.com").status_code == 303
    answer = here.browser(client=("192.0.2.77", 1)).ask("b@example.com")
    assert answer.status_code == 429
    assert "Bağlandığınız ağdan bir günde istenebilecek kodlar tükendi" in answer.text
    assert here.browser(client=("198.51.100.7", 1)).ask("b@example.com").status_code == 303


def test_the_answer_is_the_same_for_everybody_but_who_is_known(desk: Open) -> None:
    here = desk(CODES_SENT_BUDGET="1")
    here.browser().sign_in(AYSE)
    here.clock.forward(minutes=2)
    pages = {address: here.browser().ask(address) for address in (AYSE, MEHMET, STRANGE)}
    assert {answer.status_code for answer in pages.values()} == {503}
    assert len({answer.text for answer in pages.values()}) == 1


def test_the_figures_show_every_budget(desk: Open) -> None:
    here = desk(CODES_SENT_BUDGET="4", METRICS_NETWORKS="127.0.0.1")
    here.browser().ask(AYSE)
    shown = here.browser(client=("127.0.0.1", 1)).get("/metrics").text
    found = dict(re.findall(r"^izin_sends_budget_used_ratio(\{.*\}) (\S+)$", shown, re.MULTILINE))
    assert found['{kind="sms",known="0",purpose="citizen"}'] == "0.25"
    assert len(found) == 17
    assert json.dumps(sorted(found)).count("mail") == 9
