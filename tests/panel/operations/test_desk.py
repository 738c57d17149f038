"""The call desk: a company's people declare what they are told, the operator's people record refusals alone."""

from __future__ import annotations

import re

import pytest

from consents import state
from consents.brands import companies, provider_states
from consents.brands.company_changes import Why
from consents.people import register
from consents.rules import Standing
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Channel, Identity, Source, Status
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, Office
from tests.web.client import refused_for

DESK = Membership(Role.USER, Permission.DESK)
PHONE, BRAND = "+905320000001", 600101
AT = f"/panel/{CINAR}/masa"
SMS, PRIVATE = Channel.MESAJ, Identity.BIREYSEL


def said(status: str, **more: str) -> dict[str, str]:
    plain = {"address": "0532 000 00 01", "brand": str(BRAND), "channel": "MESAJ", "why": "Kendi numarasından aradı"}
    return {**plain, "status": status, **more}


def standing(here: Office, identity: Identity = PRIVATE) -> Standing | None:
    def look(snapshot: Snapshot) -> Standing | None:
        brand = companies.known_brand(snapshot, BRAND)
        person = register.find(snapshot, here.registry.keyring, register.person(here.registry.keyring, PHONE))
        assert brand is not None
        return None if person is None else state.of_key(snapshot, Key(person, brand.id, SMS.code, identity.code))

    return here.registry.store.read_now(look)


@pytest.mark.parametrize("status", ["RET", "ONAY"])
def test_a_company_declares_what_it_was_told(office: OpenOffice, status: str) -> None:
    here = office()
    shown = here.somebody(DESK).shown(AT, data=said(status))
    assert shown.status_code == 200
    assert "ayıt numarası" in shown.text
    found = standing(here)
    assert found is not None
    assert found.citizen is None, "the word is the company's"
    assert found.provider is not None
    assert found.provider.source == Source.HS_CAGRI_MERKEZI.code
    assert found.status == Status(status).code
    assert here.acts() == ["refusal-recorded" if status == "RET" else "consent-declared"]


def test_a_citizens_own_refusal_waits_for_him(office: OpenOffice) -> None:
    here = office()
    operator, desk = here.somebody(Staff.OPERATOR), here.somebody(DESK)
    operator.shown(AT, data=said("RET"))
    here.clock.forward(minutes=5)
    assert "bekliyor" in desk.shown(AT, data=said("ONAY")).text
    found = standing(here)
    assert found is not None
    assert found.status == Status.BEKLIYOR.code


def test_the_operator_records_a_refusal_as_the_citizens_own_word(office: OpenOffice) -> None:
    here = office()
    assert here.somebody(Staff.OPERATOR).shown(AT, data=said("RET")).status_code == 200
    for identity in Identity:
        found = standing(here, identity)
        assert found is not None
        assert found.citizen is not None
        assert found.citizen.source == Source.IYS_CM.code
        assert found.status == Status.RET.code


def test_the_operator_can_record_no_consent(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    assert 'value="ONAY"' not in operator.get(AT).text
    refused_for(operator.post(AT, data=said("ONAY")), 422, "Ne dediğini seçin.")
    assert standing(here) is None
    refused_for(here.somebody(Staff.AUDITOR).post(AT, data=said("RET")), 403, NO_RIGHT)


@pytest.mark.parametrize(("status", "code"), [("RET", 200), ("ONAY", 422)])
def test_of_a_paused_company_refusals_pass_and_consents_do_not(office: OpenOffice, status: str, code: int) -> None:
    here = office()
    here.registry.store.write_now(provider_states.pause, CINAR, Why(here.registry.keyring, "deneme"))
    answer = here.somebody(DESK).shown(AT, data=said(status))
    assert answer.status_code == code
    assert (standing(here) is not None) is (status == "RET")


FAULTS = [
    ({"address": ""}, "Arayanın numarasını veya e-postasını yazın."),
    ({"address": "05320"}, "Numara çok kısa."),
    ({"address": "ayse@example.com"}, "Bu bir e-posta adresi."),
    ({"brand": "600200"}, "Markayı seçin."),
    ({"channel": ""}, "Neyle ulaşıldığını seçin."),
    ({"status": ""}, "Ne dediğini seçin."),
    ({"status": "BEKLIYOR"}, "Ne dediğini seçin."),
    ({"why": " "}, "Kimin, nasıl söylediğini kısaca yazın."),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS, ids=str)
def test_what_is_not_whole_records_nothing(office: OpenOffice, fault: dict[str, str], sentence: str) -> None:
    here = office()
    refused_for(here.somebody(DESK).post(AT, data=said("RET") | fault), 422, sentence)
    assert standing(here) is None
    assert here.acts() == []


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
@pytest.mark.parametrize("channel", ["MESAJ", "ARAMA"])
def test_an_e_mail_with_the_channel_of_a_phone_is_named_as_one(
    office: OpenOffice, kind: Membership | Staff, channel: str
) -> None:
    here = office()
    page = here.somebody(kind).shown(AT, data=said("RET", address="ayse@example.com", channel=channel)).text
    assert "posta adresi. Neyle" in page
    assert "harf var" not in page
    right = here.somebody(kind).shown(AT, data=said("RET", address="ayse@example.com", channel="EPOSTA"))
    assert right.status_code == 200


def number_in(text: str) -> str:
    """The record number on a page."""
    found = re.findall(r"\b[0-9]{4} [0-9]{4} [0-9]{4}\b", text.replace("\u00a0", " "))
    assert len(found) == 1, text
    return str(found[0])


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_said_again_changes_nothing_and_has_the_same_number(office: OpenOffice, kind: Membership | Staff) -> None:
    here = office()
    desk = here.somebody(kind)
    first = desk.shown(AT, data=said("RET")).text
    here.clock.forward(minutes=1)
    again = desk.shown(AT, data=said("RET")).text
    assert here.acts() == ["refusal-recorded"]
    assert "Zaten kayıtlı" in again
    assert number_in(first) == number_in(again)


def test_the_number_of_a_citizens_own_refusal_is_not_told_to_a_company(office: OpenOffice) -> None:
    here = office()
    own = number_in(here.somebody(Staff.OPERATOR).shown(AT, data=said("RET")).text)
    desk = here.somebody(DESK)
    told = [desk.shown(AT, data=said("RET")).text for _ in range(2)]
    assert own not in "".join(told).replace("\u00a0", " ")


def test_a_brand_that_is_not_ones_own_cannot_be_named(office: OpenOffice) -> None:
    here = office()
    known = here.registry.store.read_now(companies.known_brand, 600100)
    assert known is not None
    desk = here.somebody(DESK._replace(brands=frozenset({known.id})))
    assert str(BRAND) not in desk.get(AT).text
    refused_for(desk.post(AT, data=said("RET")), 422, "Markayı seçin.")


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_what_was_recorded_is_shown_again_to_the_same_session_alone(
    office: OpenOffice, kind: Membership | Staff
) -> None:
    here = office()
    desk, other = here.somebody(kind), here.somebody(kind)
    led = desk.post(AT, data=said("RET"))
    assert led.status_code == 303
    at = led.headers["location"]
    assert at.startswith(f"{AT}?sonuc=")
    first, acts = desk.get(at), here.acts()
    assert "Ret kaydedildi" in first.text
    assert desk.get(at).text == first.text
    assert "Ret kaydedildi" not in other.get(at).text
    assert here.acts() == acts
    desk.post(f"{AT}/geri-al", data={"act": act_in(first.text)})
    assert "Ret kaydedildi" not in desk.get(at).text, "it was taken back"


def act_in(text: str) -> str:
    """The act that a page offers to take back."""
    (found,) = re.findall(r'name="act" value="([0-9]+)"', text)
    return str(found)


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_what_was_mistyped_is_taken_back_by_who_recorded_it(office: OpenOffice, kind: Membership | Staff) -> None:
    here = office()
    desk = here.somebody(kind)
    page = desk.shown(AT, data=said("RET")).text
    assert "0532 000 00 01" in page, "which number was recorded"
    act = act_in(page)
    assert act_in(desk.get(AT).text) == act, "also among the last acts"
    for other in (
        here.somebody(DESK),
        here.somebody(Staff.OPERATOR),
        here.somebody(Membership(Role.OWNER, DESK.rights)),
    ):
        assert 'name="act"' not in other.get(AT).text
        assert other.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None
    here.clock.forward(minutes=9)
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    assert standing(here) is None, "as before: no record at all"
    assert "geri alındı" in desk.get(f"{AT}?geri").text
    assert 'name="act"' not in desk.get(AT).text
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert here.acts() == ["refusal-recorded", "desk-undone"]


def test_after_ten_minutes_it_stands(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    act = act_in(desk.shown(AT, data=said("RET")).text)
    here.clock.forward(minutes=10.1)
    assert 'name="act"' not in desk.get(AT).text
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None


def test_what_the_citizen_has_refused_since_stays(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    act = act_in(desk.shown(AT, data=said("ONAY")).text)
    here.clock.forward(minutes=1)
    here.somebody(Staff.OPERATOR).shown(AT, data=said("RET"))
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    found = standing(here)
    assert found is not None
    assert (found.status, found.provider) == (Status.RET.code, None)


@pytest.mark.parametrize("act", ["", "x", "0", "1", "99999999999999999999"])
def test_what_is_no_act_of_the_desk_is_not_taken_back(office: OpenOffice, act: str) -> None:
    here = office()
    desk = here.somebody(DESK)
    desk.shown(AT, data=said("ONAY"))
    if act == "1":
        here.clock.forward(minutes=11)
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None
