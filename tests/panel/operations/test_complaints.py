"""Counted complaints: the operator and auditors see them by company, a company its own by day; nobody sees a person."""

from __future__ import annotations

import re
from datetime import timedelta

from citizen.receipts import complaint_store
from citizen.receipts.complaint_store import NewComplaint
from consents.brands import companies
from consents.instants import day_of
from consents.people import register
from consents.store import Transaction
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office

DESK, OWN = "/panel/isletmen/sikayetler", f"/panel/{CINAR}/sikayetler"
PEOPLE = ("+905320000001", "+905320000002")
SMS = 1


def count(here: Office, address: str, brand: int | None, *, sender: str = "", ago: int = 0) -> None:
    def work(transaction: Transaction) -> int | None:
        keyring = here.registry.keyring
        known = companies.known_brand(transaction, brand) if brand else None
        recipient = register.enrol(transaction, keyring, register.person(keyring, address)) if known else None
        day = day_of(here.clock.now) - timedelta(days=ago)
        new = NewComplaint(SMS, day, known.id if known else None, sender=sender, text="gizli metin")
        return complaint_store.count(transaction, keyring, address, recipient, new)

    assert here.registry.store.write_now(work)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<h1>") :]).split())


def test_the_operator_and_an_auditor_see_counts_by_company_and_sender(office: OpenOffice) -> None:
    here = office()
    first, second, *_ = BRANDS[CINAR]
    for address in PEOPLE:
        count(here, address, first)
    count(here, PEOPLE[0], second, ago=3)
    count(here, PEOPLE[0], second, ago=200)
    count(here, PEOPLE[0], None, sender="<B>BEDAVA")
    for staff in (Staff.OPERATOR, Staff.AUDITOR):
        page = here.somebody(staff).get(DESK).text
        rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
        figures = [re.findall(r'class="num"[^>]*>(?:<strong>)?(\d+)', row) for row in rows]
        assert [row for row in figures if row] == [["3"], ["2", "0", "0"], ["1", "0", "0"], ["1"]]
        assert "&lt;B&gt;BEDAVA" in page
        assert "gizli metin" not in page
        assert not any(address[1:] in page for address in PEOPLE)


def test_a_company_sees_its_own_by_day_and_no_other(office: OpenOffice) -> None:
    here = office()
    count(here, PEOPLE[0], BRANDS[CINAR][0], ago=1)
    count(here, PEOPLE[1], BRANDS[CINAR][0], ago=1)
    other = next(code for company, codes in BRANDS.items() if company != CINAR for code in codes)
    count(here, PEOPLE[0], other)
    page = here.somebody(Membership(Role.OWNER, Permission.MEMBER)).get(OWN).text
    assert re.findall(r'class="num"[^>]*>(\d+)<', page) == ["2"]
    assert "gizli metin" not in page
    assert not any(address[1:] in page for address in PEOPLE)


def test_who_sees_some_brands_sees_their_complaints_alone(office: OpenOffice) -> None:
    here = office()
    first, second, *_ = BRANDS[CINAR]
    count(here, PEOPLE[0], first)
    seen = here.registry.store.read_now(companies.known_brand, second)
    assert seen
    reader = here.somebody(Membership(Role.USER, Permission.REPORT, frozenset({seen.id})))
    assert "Bu sürede şikâyet sayılmadı." in words(reader.get(OWN).text)
