"""Codes for the panel: asking for them closes sign-in for nobody else, whoever is asked for."""

from __future__ import annotations

from sqlalchemy import text as sql

from consents.store import Statement
from panel.rights import Membership, Permission, Role
from tests.panel.conftest import OpenOffice

OWNER = Membership(Role.OWNER, Permission.MEMBER)
DERYA = "derya@example.com"
_COUNTED = Statement(sql("SELECT sum(count) FROM throttle"))


def test_what_is_not_sent_costs_the_budget_nothing(office: OpenOffice) -> None:
    here = office(CODES_SENT_BUDGET="3")
    here.person(DERYA, OWNER)
    for number in range(9):
        assert here.browser().ask(f"uydurma{number}@example.com").status_code == 303
    assert here.browser().sign_in(DERYA).headers["location"] == "/panel"
    assert here.browser().post("/giris", data={"address": "+905320000001"}).status_code == 303
    assert here.browser().post("/panel/basvuru", data={"email": "yeni@example.com"}).status_code == 303
    assert [message["to"] for message in here.sent] == [DERYA, "+905320000001", "yeni@example.com"]


def test_asking_for_nobody_counts_as_much(office: OpenOffice) -> None:
    here = office()
    here.person(DERYA, OWNER)
    counts = []
    for email in (DERYA, "uydurma@example.com", "uydurma2@example.com"):
        here.browser().ask(email)
        (counted,) = here.registry.store.read_now(lambda snapshot: snapshot.one(_COUNTED)) or (0,)
        counts.append(counted)
    first, second, third = counts
    assert second - first == first + 1, "what nobody reads stands in the place of a message"
    assert third - second == second - first


def test_once_it_is_used_up_known_and_unknown_read_the_same(office: OpenOffice) -> None:
    here = office(CODES_SENT_BUDGET="2")
    emails = [f"kisi{number}@example.com" for number in range(3)]
    for email in emails:
        here.person(email, OWNER)
    trusted = here.browser()
    trusted.sign_in(emails[0])
    here.browser().ask(emails[1])
    here.clock.forward(minutes=2)
    answers = [here.browser().ask(email) for email in (emails[2], "uydurma@example.com")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert len({answer.text for answer in answers}) == 1
    assert "tükendi; size kod gönderilmedi" in answers[0].text
    trusted.post("/panel/cikis")
    assert trusted.ask(emails[0]).status_code == 303
    assert len(here.sent) == 3
    assert here.browser().post("/giris", data={"address": "a@example.com"}).status_code == 303, "citizens go on"


def test_who_applies_reads_it_too(office: OpenOffice) -> None:
    here = office(CODES_SENT_BUDGET="1")
    here.browser().post("/panel/basvuru", data={"email": "bir@example.com"})
    answer = here.browser().post("/panel/basvuru", data={"email": "iki@example.com"})
    assert answer.status_code == 503
    assert "tükendi; size kod gönderilmedi" in answer.text
