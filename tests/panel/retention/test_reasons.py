"""A note says why, and names nobody by number or e-mail: an erasure finds the address in its own field alone."""

from __future__ import annotations

import pytest

from consents.people import recipients
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office
from tests.web.client import refused_for

NAMING = [
    "Ayşe Hanım 0532 765 43 21 numarasından aradı",
    "5327654321 aradı, istemiyor",
    "+90 (532) 765-43-21 için soruldu",
    "0090 532 765 43 21 için soruldu",
    "sabit hattı 0212 555 44 33 imiş",
    "yurt dışından +49 151 23456789 aradı",
    "ayse@example.com adresi için soruldu",
    "kimliği 10000000146 olan kişi",
]
PLAIN = [
    "Kendi numarasından aradı, SMS istemiyor",
    "2278 0218 1053 numaralı kayıt için soruldu",
    "başvuru 2026/118, yük 4711, 12.11.2026 14:05",
    "şirketin 0850 222 33 44 hattına yazmış",
    "iş kaydı 20261124093015 kapandı",
    "kimliğe benzer ama değil: 10000000147",
    "",
]
SAYS = "numarası, e-posta ya da T.C. kimlik numarası yazmayın"


@pytest.mark.parametrize("text", NAMING)
def test_what_names_somebody_is_recognised(text: str) -> None:
    assert recipients.names_somebody(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_names_nobody_is_not(text: str) -> None:
    assert not recipients.names_somebody(text)


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


def test_a_look_up_is_refused_and_nothing_is_recorded(here: Office) -> None:
    operator = here.somebody(Staff.OPERATOR)
    for path in (f"/panel/{CINAR}/adres", "/panel/isletmen/adres"):
        if operator.get(path).status_code == 200:
            refused_for(operator.post(path, data={"address": "0532 000 00 01", "why": NAMING[0]}), 422, SAYS)
    assert "address-looked-at" not in here.acts()


def test_the_desk_asks_again_and_keeps_what_was_picked(here: Office) -> None:
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    desk = {"address": "0532 000 00 01", "key": "600101 ARAMA", "status": "RET", "why": NAMING[0]}
    refused_for(owner.post(f"/panel/{CINAR}/masa", data=desk), 422, SAYS)
    assert here.acts() == []
    assert owner.post(f"/panel/{CINAR}/masa", data={**desk, "why": PLAIN[0]}).status_code == 303
    assert here.acts() == ["refusal-recorded"]


def test_a_change_of_a_company_is_refused_at_its_reason(here: Office) -> None:
    operator = here.somebody(Staff.OPERATOR)
    path = f"/panel/isletmen/saglayicilar/{CINAR}/durum"
    given = {"deed": "pause", "why": NAMING[0]}
    refused_for(operator.post(path, data=given), 422, SAYS)
    assert here.acts() == []


def test_a_sign_in_is_not_reopened_with_such_a_note(here: Office) -> None:
    operator = here.somebody(Staff.OPERATOR)
    given = {"address": "0532 000 00 01", "why": NAMING[6]}
    refused_for(operator.post("/panel/isletmen/girisler", data=given), 422, SAYS)
