"""What one person may do within an hour of what concerns citizens one by one, and which reason is one."""

from __future__ import annotations

import pytest

from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.lookups.test_look_addresses import number_of
from tests.panel.office import CINAR
from tests.panel.operations import test_waiting
from tests.panel.seen import SeenDeeds
from tests.web.client import refused_for
from trust import record_numbers

AT = f"/panel/{CINAR}"
ADDRESS = "0532 000 00 01"
CALL = {"address": ADDRESS, "key": "600101 MESAJ", "status": "RET", "why": "Aradı"}


@pytest.mark.parametrize("why", ["x", "........... ...", "aaaaaaaaaa aaa", "denetim", "a b c d e f", " "])
def test_a_reason_of_the_operators_people_has_words(office: OpenOffice, why: str) -> None:
    here = office()
    for staff in (Staff.OPERATOR, Staff.AUDITOR):
        answer = here.somebody(staff).post(f"{AT}/adres", data={"address": ADDRESS, "why": why})
        assert (answer.status_code, "birkaç sözcükle yazın" in answer.text) == (422, True)
    assert here.acts() == []


@pytest.mark.parametrize("why", ["şikâyet 2026/117", "KVKK başvurusu 4"])
def test_a_short_reason_that_names_something_is_one(why: str) -> None:
    assert brakes.is_reason(why)


def test_an_auditor_looks_at_sixty_addresses_an_hour(office: OpenOffice) -> None:
    here = office()
    auditor, other = here.somebody(Staff.AUDITOR), here.somebody(Staff.AUDITOR)
    look = {"address": ADDRESS, "why": "Olağan denetim 12"}
    statuses = [auditor.post(f"{AT}/adres", data=look).status_code for _ in range(60)]
    assert statuses == [200] * 60
    refused = auditor.post("/panel/600200/adres", data=look)
    assert (refused.status_code, "en çok 60 adrese" in refused.text) == (429, True)
    assert len(here.acts()) == 60
    assert other.post(f"{AT}/adres", data=look).status_code == 200, "the limit is a person's"
    here.clock.forward(minutes=20)
    auditor.get(AT)
    here.clock.forward(minutes=41)
    later = here.somebody(Staff.AUDITOR, email=auditor.email)
    assert later.post(f"{AT}/adres", data=look).status_code == 200


def test_a_companys_agent_looks_at_two_hundred_and_forty_addresses_an_hour(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert brakes.COMPANY_LOOKS >= 2 * brakes.CALLS, "an honest agent never meets it"
    monkeypatch.setattr(brakes, "COMPANY_LOOKS", 3)
    here = office()
    sees = Membership(Role.USER, Permission.SEE)
    agent, other = here.somebody(sees), here.somebody(sees)
    look = {"address": ADDRESS}
    assert [agent.post(f"{AT}/adres", data=look).status_code for _ in range(3)] == [200] * 3
    refused_for(agent.post(f"{AT}/adres", data=look), 429, "en çok 240 adrese")
    assert len(here.acts()) == 3
    assert other.post(f"{AT}/adres", data=look).status_code == 200, "the limit is a person's"
    here.clock.forward(minutes=62)
    later = here.somebody(sees, email=agent.email)
    assert later.post(f"{AT}/adres", data=look).status_code == 200


def test_a_person_tries_thirty_unknown_numbers_an_hour(office: OpenOffice) -> None:
    here = office()
    sees = Membership(Role.USER, Permission.SEE | Permission.DESK)
    agent, unknown = here.somebody(sees), "bu numarayla bir kayıt yok"
    for number in range(29):
        refused_for(agent.post(f"{AT}/adres", data={"address": f"0000 0000 {number:04}"}), 422, unknown)
    call = {"address": "0000 0000 0099"}
    refused_for(agent.post(f"{AT}/masa/arayan", data=call), 422, "Bu kayıt numarası gördüğünüz markalarda yok.")
    SeenDeeds(here).allowed(1)
    for typed in (record_numbers.spaced(number_of(here)), "f" * 64):
        for path in ("adres", "adres/kanit"):
            refused_for(agent.post(f"{AT}/{path}", data={"address": typed}), 429, "en çok 30 bilinmeyen kayıt numarası")
    refused_for(agent.post(f"{AT}/masa/arayan", data=call), 429, "kayıt numarası aranmadı")
    assert here.acts() == ["number-not-found"] * 30
    assert agent.post(f"{AT}/adres", data={"address": ADDRESS}).status_code == 200, "an address is no guess"
    other = here.somebody(sees)
    refused_for(other.post(f"{AT}/adres", data=call), 422, unknown)  # the limit is a person's
    here.clock.forward(minutes=61)
    later = here.somebody(sees, email=agent.email)
    refused_for(later.post(f"{AT}/adres", data=call), 422, unknown)


def test_an_agent_records_a_hundred_and_twenty_words_an_hour(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    assert brakes.CALLS == 120
    monkeypatch.setattr(brakes, "CALLS", 3)
    agent, operator = here.somebody(Membership(Role.USER, Permission.DESK)), here.somebody(Staff.OPERATOR)
    for one in (agent, operator):
        for number in range(3):
            assert one.shown(f"{AT}/masa", data={**CALL, "address": f"053200000{number:02}"}).status_code == 200
        refused = one.shown(f"{AT}/masa", data=CALL)
        assert (refused.status_code, "en çok 120 kayıt" in refused.text) == (429, True)
        assert 'value="+905320000001"' in refused.text, "the caller stays"
        assert 'value="600101 MESAJ" checked' in refused.text, "and what was ticked"
    assert here.somebody(Membership(Role.USER, Permission.DESK)).shown(f"{AT}/masa", data=CALL).status_code == 200
    number = test_waiting.comes(here)
    settled = operator.post("/panel/isletmen/gelen/ret", data=test_waiting.said(number))
    assert settled.status_code == 303, "what a citizen wrote is no call, and never waits"
    assert test_waiting.refused(here)
