"""One address: what stands, its history and deliveries; each look is logged, and no address stands in a link."""

from __future__ import annotations

from functools import partial

import pytest

from consents.people import register
from consents.queries import feed
from consents.rules import RET
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.rights import Membership, Permission, Role, Staff
from providers.deliveries import handout_store
from tests.consents.deeds import onay
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

AT = f"/panel/{CINAR}/adres"
SEES = Membership(Role.USER, Permission.SEE)


def test_what_stands_and_how_it_came_to_be(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    key = deeds.allowed()
    deeds.decides(key, status=RET)
    page = browser.post(AT, data={"address": "0532 000 00 01"})
    assert page.status_code == 200
    assert "+905320000001" in page.text
    assert "web sitenizde" in page.text
    assert "vatandaş, bu sitede" in page.text
    assert "henüz alınmadı" in page.text
    assert f"Marka {SECOND}" not in page.text, "nobody has spoken there"
    event = here.registry.store.read_now(feed.last_event)
    note = partial(handout_store.note, taken=True)
    here.registry.store.write_now(note, key.brand, handout_store.PUSH, event, event)
    assert "Alındı:" in browser.post(AT, data={"address": number(1)}).text


def test_each_look_is_logged_by_a_mark_also_of_an_unknown_address(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(SEES)
    assert "kayıt yok" in browser.post(AT, data={"address": number(7)}).text
    assert here.acts() == ["address-looked-at"]
    store, keyring = here.registry.store, here.registry.keyring
    (act,) = store.read_now(audit_log.find, keyring, AuditSearch(address=number(7)))
    assert (act.person, act.provider) == (browser.number, here.id_of(CINAR))
    assert store.read_now(audit_log.find, keyring, AuditSearch(address=number(8))) == []
    assert number(7)[-7:] not in repr(act)


def test_a_brand_that_is_not_ones_own_is_not_shown(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    deeds.allowed(code=FIRST)
    deeds.allowed(code=SECOND)
    only = here.somebody(Membership(Role.USER, Permission.SEE, frozenset({brand(here, FIRST)})))
    page = only.post(AT, data={"address": number(1)}).text
    assert f"Marka {FIRST}" in page
    assert f"Marka {SECOND}" not in page
    of_other = here.somebody(SEES, ISIK).post(f"/panel/{ISIK}/adres", data={"address": number(1)}).text
    assert "kayıt yok" in of_other


@pytest.mark.parametrize("staff", [Staff.AUDITOR, Staff.OPERATOR])
def test_the_operators_people_give_a_reason(office: OpenOffice, staff: Staff) -> None:
    here = office()
    SeenDeeds(here).allowed()
    browser = here.somebody(staff)
    refused = browser.post(AT, data={"address": number(1), "why": "  "})
    assert refused.status_code == 422
    assert "web sitenizde" not in refused.text
    assert here.acts() == []
    shown = browser.post(AT, data={"address": number(1), "why": "Şikâyet 2026/11"})
    assert "web sitenizde" in shown.text
    (act,) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch())
    assert act.why == "Şikâyet 2026/11"


def test_of_an_erased_person_nothing_is_shown_but_the_refusal(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    refused, allowed = deeds.allowed(), deeds.allowed(code=SECOND)
    deeds.decides(refused, status=RET)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(1)))
    page = browser.post(AT, data={"address": number(1)}).text
    assert f"Marka {FIRST}" in page
    assert f"Marka {SECOND}" not in page, "what is not refused is not shown"
    assert "web sitenizde" not in page
    assert allowed.recipient == refused.recipient


def test_what_is_no_address_is_asked_again(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(SEES)
    assert browser.get(AT).status_code == 200
    for typed in ("", "hoppa", "12"):
        refused_for(browser.post(AT, data={"address": typed}), 422, "Bunu numara ya da e-posta olarak okuyamadık.")
    assert here.acts() == []


def test_a_question_of_the_citizen_is_told(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    key = deeds.allowed()
    deeds.decides(key, status=RET)
    here.clock.now += 600_000_000
    deeds.declares(onay(key, here.clock.now))
    page = browser.post(AT, data={"address": number(1)}).text
    assert "yanıtı bekleniyor" in page
    assert "Vatandaşa soruldu" in page
