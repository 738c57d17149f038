"""All companies in one picture: figures that are counted by hand here, and nobody's number."""

from __future__ import annotations

import re

from consents.brands import companies
from consents.rules import RET
from consents.store import Transaction
from panel.rights import Membership, Permission, Role, Staff
from providers.deliveries import taken_times
from tests.consents.deeds import DAY, HOUR
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR
from tests.panel.seen import FIRST, SeenDeeds
from tests.panel.uploads.test_disputes import Case

PAGE = "/panel/isletmen/denetim"


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
        assert cells[0] == ["3", "2 saat", "2 saat", "0", "0", "–", "1", "0"]
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
