"""Requests about one's own data at the operator's desk: a letter entered, the clock, an answer, a copy, an erasure."""

from __future__ import annotations

import asyncio
import re

import pytest

from citizen.receipts import data_requests
from citizen.receipts.data_requests import DataRequestKind, DataRequestState, KeptDataRequest, NewDataRequest
from consents.people import register
from consents.rules import ONAY, RET
from panel import notice_job
from panel.operations import operator_status
from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from tests.conftest import Clock
from tests.panel.conftest import OpenOffice
from tests.panel.office import Colleague, Office
from tests.panel.seen import FIRST, SeenDeeds, number
from tests.web.client import refused_for

AT = "/panel/isletmen/veri-talepleri"
LETTER = {"kind": "copy", "proof": "Islak imzalı dilekçe, kimlik görüldü", "text": "Kaydımı istiyorum <b>"}
OWNER = Membership(Role.OWNER, Permission.MEMBER)


def asked(here: Office, kind: DataRequestKind, person: int = 1) -> int:
    new = NewDataRequest(kind, number(person), "benim sözlerim")
    found: int | None = here.registry.store.write_now(data_requests.add, here.registry.keyring, new)
    assert found is not None
    return found


def kept(here: Office, request: int) -> KeptDataRequest:
    found = here.registry.store.read_now(data_requests.find, here.registry.keyring, request)
    assert found is not None
    return found


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def operator(here: Office) -> Colleague:
    return here.somebody(Staff.OPERATOR)


def test_a_letter_enters_the_same_register(here: Office, operator: Colleague) -> None:
    for missing, place in (("address", "okuyamadık"), ("kind", "Ne istediğini seçin."), ("proof", "Kimliğini nasıl")):
        form = {"address": number(1), **LETTER}
        del form[missing]
        refused_for(operator.post(AT, data=form), 422, place)
    refused_for(operator.post(AT, data={"address": number(1), **LETTER, "proof": "ok"}), 422, "Kimliğini nasıl")
    page = operator.shown(AT, data={"address": number(1), **LETTER}).text
    assert "Talep kaydedildi." in page
    assert "Kaydımı istiyorum &lt;b&gt;" in page, "a stranger's words are no markup"
    assert number(1) not in page
    (one,) = here.registry.store.read_now(data_requests.waiting, here.registry.keyring)
    assert (one.kind, one.address, one.proof, one.entered_by) == (
        DataRequestKind.COPY, number(1), LETTER["proof"], operator.number,
    )  # fmt: skip
    assert here.acts() == ["data-request-entered"]
    mine = here.registry.store.read_now(data_requests.of_address, here.registry.keyring, number(1), 0)
    assert [found.id for found in mine] == [one.id], "the citizen's page shows it"


def test_an_answer_and_a_refusal_need_words_and_close_once(here: Office, operator: Colleague) -> None:
    first, second = asked(here, DataRequestKind.CORRECTION), asked(here, DataRequestKind.OBJECTION)
    for form in ({"deed": "cevapla"}, {"deed": "reddet", "answer": " "}, {"answer": "Düzelttik."}):
        refused_for(operator.post(f"{AT}/{first}/karar", data=form), 422, "Cevabı yazın.")
    assert operator.post(f"{AT}/{first}/karar", data={"deed": "cevapla", "answer": "Düzelttik."}).status_code == 303
    late = operator.post(f"{AT}/{first}/karar", data={"deed": "reddet", "answer": "Olmaz."})
    refused_for(late, 409, "Bu talep bu arada kapandı.")
    assert operator.post(f"{AT}/{second}/karar", data={"deed": "reddet", "answer": "Yasal süre."}).status_code == 303
    assert [(kept(here, one).state, kept(here, one).answer) for one in (first, second)] == [
        (DataRequestState.ANSWERED, "Düzelttik."), (DataRequestState.REFUSED, "Yasal süre."),
    ]  # fmt: skip
    assert here.acts() == ["data-request-answered", "data-request-refused"]


def test_a_copy_is_a_look_within_the_limit(here: Office, operator: Colleague, monkeypatch: pytest.MonkeyPatch) -> None:
    SeenDeeds(here).allowed(1, FIRST)
    request = asked(here, DataRequestKind.COPY)
    monkeypatch.setattr(brakes, "LOOKS", 1)
    made = operator.post(f"{AT}/{request}/kopya")
    assert made.content.startswith(b"%PDF")
    assert made.headers["cache-control"] == "no-store"
    assert here.acts() == ["data-copied"]
    refused_for(operator.post(f"{AT}/{request}/kopya"), 429, "60 adrese bakılabilir")
    assert here.acts() == ["data-copied"]


def test_an_erasure_by_letter_asks_first_and_erases_once(here: Office, operator: Colleague) -> None:
    deeds = SeenDeeds(here)
    mine, other = deeds.allowed(1, FIRST), deeds.allowed(2, FIRST)
    request = asked(here, DataRequestKind.ERASURE)
    page = operator.get(f"{AT}/{request}/kisiyi-sil").text
    assert "Bu geri alınamaz." in page
    assert deeds.stands(mine) == ONAY, "to look changes nothing"
    assert operator.post(f"{AT}/{request}/kisiyi-sil").status_code == 303
    assert (deeds.stands(mine), deeds.stands(other)) == (RET, ONAY)
    with here.registry.store.snapshot() as read:
        person = register.find(read, here.registry.keyring, register.person(here.registry.keyring, number(1)))
        assert person is not None
        assert register.erased_among(read, [person]) == {person}
    one = kept(here, request)
    assert (one.address, one.text, one.answer, one.state) == ("", "", "", DataRequestState.ANSWERED)
    refused_for(operator.post(f"{AT}/{request}/kisiyi-sil"), 409, "Bu talep bu arada kapandı.")
    refused_for(operator.post(f"{AT}/{request}/kopya"), 409, "Bu talep bu arada kapandı.")
    assert here.acts() == ["data-request-answered", "address-erased"]
    assert re.search(rf"{one.number}: Silme", operator.get(AT).text), "number, kind and outcome stay"


def test_an_auditor_sees_counts_and_a_company_nothing(here: Office) -> None:
    request = asked(here, DataRequestKind.COPY)
    auditor = here.somebody(Staff.AUDITOR)
    page = auditor.get(AT).text
    assert "2026/1" in page
    assert f'href="{AT}/' not in page
    assert auditor.get(f"{AT}/{request}").status_code == 403
    refused_for(auditor.post(f"{AT}/{request}/kopya"), 403, "yetki")
    refused_for(here.somebody(OWNER).post(f"{AT}/{request}/kopya"), 403, "yetki")
    assert here.acts() == []


def test_the_clock_warns_on_the_twentieth_day_by_one_mail(here: Office, operator: Colleague, clock: Clock) -> None:
    asked(here, DataRequestKind.CORRECTION)
    clock.forward(days=19, hours=23)
    asyncio.run(notice_job.send(here.registry, here.settings))
    assert [one for one in here.sent if "talep" in one["text"]] == []
    assert not operator_status.load(here.registry, here.settings).late_data_requests(here.registry.store.now())
    clock.forward(hours=1)
    for _ in range(2):
        asyncio.run(notice_job.send(here.registry, here.settings))
    (mail,) = [one for one in here.sent if "talep" in one["text"]]
    assert mail["subject"] == "1 veri talebi cevap bekliyor"
    assert "2026/1, son gün 24 Aralık 2026" in mail["text"]
    assert number(1) not in mail["text"]
    view = operator_status.load(here.registry, here.settings)
    assert (view.data_requests, view.late_data_requests(here.registry.store.now())) == (1, True)
    again = here.somebody(Staff.OPERATOR)
    assert '<li class="tile urgent"><h2><a href="/panel/isletmen/veri-talepleri"' in again.get("/panel/isletmen").text
    clock.forward(days=11)
    assert "Süresi geçti: 24 Aralık 2026" in here.somebody(Staff.OPERATOR).get(AT).text.replace("\u00a0", " ")
