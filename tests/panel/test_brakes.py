"""What one person may do within an hour of what concerns citizens one by one, and which reason is one."""

from __future__ import annotations

import pytest

from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR
from tests.panel.operations import test_waiting

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
