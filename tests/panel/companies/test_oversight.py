"""All companies in one picture: figures that are counted by hand here, and nobody's number."""

from __future__ import annotations

import re

from sqlalchemy import text as sql

from citizen.receipts import complaint_store
from citizen.receipts.complaint_store import NewComplaint
from consents import business_days
from consents.brands import companies
from consents.columns import stored
from consents.instants import day_of
from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.store import Statement, Transaction
from panel.rights import Membership, Permission, Role, Staff
from providers.deliveries import taken_times
from providers.disputes import disputes
from providers.disputes.dispute_states import DisputeState
from tests.conftest import Clock
from tests.consents.deeds import DAY, HOUR
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.seen import FIRST, SeenDeeds
from tests.panel.uploads.test_disputes import Case

PAGE = "/panel/isletmen/denetim"
_DISPUTE = Statement(
    sql(
        "INSERT INTO consent_dispute (brand, channel, identity, state, asked_at, due_at, ended_at) "
        "VALUES (:brand, 1, 0, :state, :at, :due, :ended)"
    )
)
_SENT = Statement(sql("UPDATE complaint SET sent_at = :sent, answered_at = :answered WHERE id = :id"))


def words(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", cell).split())


def test_the_figures_of_each_company(office: OpenOffice) -> None:
    here = office()
    case = Case(here)
    case.ask()
    deeds = SeenDeeds(here)
    for place in range(3):
        deeds.decides(deeds.allowed(place, FIRST), status=RET)
    here.clock.now += 2 * HOUR
    for staff in (Staff.OPERATOR, Staff.AUDITOR):
        page = here.somebody(staff).get(PAGE).text
        rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', page, re.DOTALL)
        cells = [[words(one) for one in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows]
        assert cells[0] == ["3", "2 saat", "2 saat", "0", "0", "–", "1 1 açık", "0"]
        assert cells[1][0] == "0"
        assert "532" not in page
    here.clock.now += 8 * DAY
    brand = case.town.brand(BRANDS[CINAR][0])
    found = here.registry.store.read_now(taken_times.obeyed, [brand], 0, here.clock.now)
    assert (found.refusals, found.missed, found.p50, found.p99) == (3, 3, 8 * DAY + 2 * HOUR, 8 * DAY + 2 * HOUR)
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    assert owner.get(PAGE).status_code == 403


def test_companies_stand_as_turkish_sorts(office: OpenOffice) -> None:
    here = office()

    def more(transaction: Transaction) -> None:
        for code, name in ((600901, "Zeytin"), (600902, "Çınarlı"), (600903, "Cam"), (600904, "Dere")):
            companies.add_provider(transaction, code, f"{name} A.Ş.")
            companies.add_brand(transaction, code, code + 50, f"Marka {code}")

    here.registry.store.write_now(more)
    page = here.somebody(Staff.OPERATOR).get(PAGE).text
    shown = [words(one) for one in re.findall(r'<th scope="row">(.*?)</th>', page, re.DOTALL)]
    others = [one for one in shown if not one.startswith("Şirket")]
    assert others == ["Cam A.Ş.", "Çınarlı A.Ş.", "Dere A.Ş.", "Zeytin A.Ş."]


def test_disputes_and_complaints_have_their_clocks(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    brands = [here.registry.store.read_now(companies.known_brand, code) for code in BRANDS[CINAR][:2]]
    first, second = (one.id for one in brands if one)
    start = here.clock.now
    # Answered after 1, 2 and 4 days; after the last day; one silent, one open, one taken back, one of before.
    rows = [
        (first, DisputeState.KEPT, 2, 1),
        (first, DisputeState.WITHDRAWN, 3, 2),
        (second, DisputeState.KEPT, 6, 4),
        (second, DisputeState.KEPT, 20, 9),
        (first, DisputeState.SILENT, 20, 7),
        (first, DisputeState.OPEN, 1, None),
        (first, DisputeState.TAKEN_BACK, 3, 1),
        (first, DisputeState.KEPT, 40, 1),
    ]

    def asked(transaction: Transaction) -> None:
        for brand, kind, ago, took in rows:
            at = start - ago * DAY
            transaction.run(
                _DISPUTE,
                {
                    **{"brand": brand, "state": kind.value, "at": stored(at), "due": stored(at + 7 * DAY)},
                    "ended": None if took is None else stored(at + took * DAY),
                },
            )

    here.registry.store.write_now(asked)
    for ago, sent, answered in ((1, None, None), (2, 1, None), (60, 45, None), (60, 50, 10)):
        complained(here, first, ago, sent, answered)
    found = here.registry.store.read_now(disputes.clocks, [first, second], start - 30 * DAY)
    assert found == disputes.DisputeClocks(1, 3, 1, 1, 2 * DAY)
    page = here.somebody(Staff.AUDITOR).get(PAGE).text
    row = re.findall(r'<tr><th scope="row">(.*?)</tr>', page, re.DOTALL)[0]
    *_, disputed, complaint = re.findall(r"<td.*?</td>", row, re.DOTALL)
    assert words(disputed) == "6 1 açık 3 zamanında 1 geç 1 yanıtsız ortanca 2 gün"
    passed = business_days.passed(start - 45 * DAY, start)
    assert words(complaint) == f"2 makamda 2 en eskisi {passed} iş günü 1 gecikmiş"
    assert here.registry.store.read_now(disputes.clocks, [first], start) == disputes.DisputeClocks(0, 0, 0, 0, None)
    for cell, place in ((disputed, f"itiraz-{CINAR}"), (complaint, f"sikayet-{CINAR}")):
        (path,) = re.findall(r'href="([^"]+)"', cell)
        assert path.endswith(f"#{place}")
        listed = here.somebody(Staff.AUDITOR).get(path.partition("#")[0]).text
        assert f'id="{place}"' in listed
        assert "Son 30 gün" in listed


def complained(here: Office, brand: int, ago: int, sent: int | None, answered: int | None) -> None:
    """Days ago: the message, its complaint to the office, the office's answer."""
    now, address = here.clock.now, f"+9053200000{ago % 90:02}"

    def work(transaction: Transaction) -> None:
        keyring = here.registry.keyring
        recipient = register.enrol(transaction, keyring, register.person(keyring, address))
        new = NewComplaint(1 + (answered is not None), day_of(now - ago * DAY), brand)
        number = complaint_store.count(transaction, keyring, address, recipient, new)
        transaction.run(
            _SENT,
            {
                "id": number,
                "sent": None if sent is None else stored(now - sent * DAY),
                "answered": None if answered is None else stored(now - answered * DAY),
            },
        )

    here.registry.store.write_now(work)
