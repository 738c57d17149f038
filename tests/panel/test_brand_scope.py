"""Who works for some brands of a company meets no other one: in no list, in no form, not by the number of a thing.

Every page is taken from the table of routes, so a new list is tried as soon as it stands there.
"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from consents.brands import companies
from consents.store import Statement, Transaction
from panel import objects
from panel.audit.change import Change
from panel.gate import PanelRoute
from panel.objects import Asked
from panel.rights import Company, Membership, Permission, Role
from providers.callers import partners
from providers.callers.partners import Grant
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office, Seat
from tests.panel.test_matrix import ABOUT, brand, filled, name, named, things
from tests.panel.things import THINGS

OWN, OTHER = BRANDS[CINAR]
HIDDEN = "Başka Ses"  # the title of the other brand
_RENAME = Statement(sql("UPDATE brand SET title = :title WHERE code = :code"))
OF_BRANDS = {"brand", "dealer", "delivery", "export", "feedback", "form", "linkfile", "push", "till", "upload"}


def furnished(here: Office, patch: pytest.MonkeyPatch) -> dict[str, int]:
    """Each kind of thing at the other brand: their numbers. Partners, people and acts of it are there too."""
    here.registry.store.write_now(lambda transaction: transaction.run(_RENAME, {"title": HIDDEN, "code": OTHER}))
    with patch.context() as there:
        there.setitem(BRANDS, CINAR, (OTHER, OWN))
        found = {thing: THINGS[thing](here, CINAR) for thing in sorted(OF_BRANDS)}
        partner = THINGS["partner"](here, CINAR)
    foreign = frozenset({brand(here, OTHER)})
    here.person("baska@example.com", Membership(Role.USER, Permission.SEE, foreign))
    keyring = here.registry.keyring

    def work(transaction: Transaction) -> None:
        given = Grant((2, 2, 2), True)
        partners.grant(transaction, partner, OTHER, given.channels, given.agreements)
        known = companies.known_brand(transaction, OTHER)
        assert known is not None
        change = Change(transaction, keyring, None)
        change.note("brand-renamed", f"brand {OTHER}", after=HIDDEN, brand=known)
        change.note("person-changed", "person 1", after=f"manager brands {known.id}", provider=known.provider)

    here.registry.store.write_now(work)
    return found


def test_no_page_of_a_company_names_a_brand_that_is_not_among_ones_own(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    everything = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    furnished(here, monkeypatch)
    shown: list[str] = []
    told: list[str] = []
    limited = here.somebody(Membership(Role.MANAGER, Permission.MEMBER, frozenset({brand(here, OWN)})))
    for line in (line for line in ABOUT if line.method == "GET" or not named(line)):
        path = filled(line, CINAR, things(here, line, CINAR))
        for browser, found in ((limited, told), (everything, shown)):
            if line.path.endswith("/kullanicilar/kural"):
                continue
            data = {"data": {}} if line.method == "POST" else {}
            page = browser.request(line.method, path, **data).text
            if HIDDEN in page or re.search(rf"\b{OTHER}\b", page):
                found.append(name(line))
    assert len(shown) >= 15, "who sees all brands is shown the other one, on each page that lists them"
    assert told == []


@pytest.mark.parametrize("line", [line for line in ABOUT if named(line) & OF_BRANDS - {"brand"}], ids=name)
def test_a_thing_of_another_brand_is_not_there(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch, line: PanelRoute
) -> None:
    here = office()
    limited = here.somebody(Membership(Role.MANAGER, Permission.MEMBER, frozenset({brand(here, OWN)})))
    foreign = furnished(here, monkeypatch)
    data = {"data": {}} if line.method == "POST" else {}
    answer = limited.request(line.method, filled(line, CINAR, things(here, line, CINAR) | foreign), **data)
    assert answer.status_code == 404
    assert "Aradığınız sayfa yok ya da başka bir şirketin" in answer.text
    own = limited.request(line.method, filled(line, CINAR, things(here, line, CINAR)), **data)
    assert own.status_code not in (403, 404), "the same of one's own brand is there"


def test_every_thing_that_is_a_brands_is_known_as_such(office: OpenOffice) -> None:
    here = office()
    here.somebody(Seat(owner=True))
    company, keyring = Company(here.id_of(CINAR), CINAR, ""), here.registry.keyring
    found = set()
    for thing, find in objects.FINDERS.items():
        if thing in ("factor", "provider"):
            continue
        number = THINGS[thing](here, CINAR)
        asked = Asked(1, None if thing in ("application", "lineclaim", "message", "partner", "staff") else company)
        one = here.registry.store.read_now(find, keyring, asked, number)
        assert one is not None, thing
        if one.brand is not None:
            found.add(thing)
    assert found == OF_BRANDS
