"""What a company writes that others go by: while it is a mere claim, nobody else sees or feels it.

The table is made from the unique columns of all tables: one value there is taken by who comes first, so each is either
nobody's to choose, or a claim that is tried here with two companies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from sqlalchemy import Table, UniqueConstraint

from consents.brands import brand_changes, companies
from consents.brands.company_changes import Why
from consents.tables import metadata
from national.upstream import accounts
from optout.sms import sms_brands
from panel.companies import application_store
from tests.panel.brands.forms import OWNER, seen
from tests.panel.companies.test_claims import NUMBER, OF_CINAR, brand, own, wish
from tests.panel.companies.test_joining import COMPANY, apply, proved, tax_number
from tests.panel.conftest import OpenOffice as OpenOffice
from tests.panel.conftest import office as office
from tests.panel.office import CINAR, ISIK, Office
from tests.web.client import refused_for

ROOMS = ("asking", "evidence", "trust", "citizen", "gateways.outbox", "national", "optout", "panel", "providers")
MADE = "the registry makes it, or keys it by what it made"
PROVED = "an address that was proved"
OPERATOR = "the operator gives it"
FREE = "a word of no meaning to others: another serves as well"
OF_CARRIER = "the carrier names it"
OF_IYS = "İYS names it"
# Unique columns but row numbers, and keys of nothing but those: why nobody's choice there is felt by others.
NOBODYS: dict[tuple[str, ...], str] = {
    ("api_call", "api_user", "number"): MADE,
    ("api_rate", "key"): MADE,
    ("ask_refusal", "who", "brand"): PROVED,
    ("api_token", "digest"): MADE,
    ("feedback_hook", "digest"): MADE,
    ("public_figure", "month", "what", "part"): MADE,
    ("api_user", "username"): FREE,
    ("batch", "request"): MADE,
    ("carrier", "kind"): MADE,
    ("checkpoint", "size"): MADE,
    ("chore", "name"): MADE,
    ("dealer", "brand", "external"): "within a brand",
    ("dealer", "code"): MADE,
    ("business_domain", "business", "domain"): "within a business; another one may prove the same domain",
    ("business_run", "undoes"): MADE,
    ("complaint", "once"): MADE,
    ("consent_dispute", "event"): MADE,
    ("consent_evidence", "mark"): MADE,
    ("consent_request", "public"): MADE,
    ("request_count", "company", "day", "brand", "purpose", "method", "state", "yes", "no"): MADE,
    ("form_version", "form", "number"): MADE,
    ("till", "key"): MADE,
    ("delegation", "key"): PROVED,
    ("erasure", "digest", "at"): MADE,
    ("replaced_report", "brand", "day", "channel", "sha384"): MADE,
    ("first_contact", "address"): MADE,
    ("first_contact_pass", "kind"): MADE,
    ("follow_up", "act"): MADE,
    ("gateway_rest", "name"): MADE,
    ("idempotency_key", "key"): "within a program",
    ("inbound_message", "carrier", "name"): OF_CARRIER,
    ("inbox_cursor", "carrier"): OF_CARRIER,
    ("log_head", "size"): MADE,
    ("log_key", "version"): MADE,
    ("log_tile", "level", "place"): MADE,
    ("log_witness", "name"): OPERATOR,
    ("national_item", "event"): MADE,
    ("panel_export_part", "export", "place"): MADE,
    ("national_dealer", "brand", "retailer"): OF_IYS,
    ("one_time_code", "holder"): MADE,
    ("panel_device", "person", "device"): MADE,
    ("panel_factor", "credential"): MADE,
    ("panel_invitation", "digest"): MADE,
    ("panel_notice", "person", "kind", "about"): MADE,
    ("panel_recovery", "person", "digest"): MADE,
    ("panel_session", "key"): MADE,
    ("panel_user", "email"): PROVED,
    ("partner", "code"): OPERATOR,
    ("passkey", "digest"): "an authenticator draws it; nobody else learns what it drew",
    ("provider", "code"): OPERATOR,
    ("recipient", "sealed"): MADE,
    ("registry_key", "purpose", "version"): MADE,
    ("reported_day", "day"): MADE,
    ("session", "key"): MADE,
    ("short_link", "digest"): MADE,
    ("shown_text", "holder"): MADE,
    ("sign_in", "address"): PROVED,
    ("sms_question", "sender"): OF_CARRIER,
    ("throttle", "key", "at"): MADE,
    ("trusted_asker", "asker", "address"): MADE,
    ("witness", "size"): MADE,
    ("witness_beginning", "machine", "path"): OPERATOR,
}


def unique(table: Table) -> Iterator[tuple[str, ...]]:
    """The sets of columns in which no two rows of a table are alike."""
    yield tuple(column.name for column in table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(column.name for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield tuple(column.name for column in index.columns)


def chosen() -> set[tuple[str, ...]]:
    """Table and columns of all that could be somebody's choice: row numbers and references to rows aside."""
    for room in ROOMS:
        import_module(f"{room}.tables")
    counted = {"id", "place", "day", "channel", "identity", "status", "source", "way", "code", "own", "door", "kind"}
    found = set()
    for table in metadata.sorted_tables:
        for columns in unique(table):
            inner = {name for name in columns if name == "id" or table.columns[name].foreign_keys}
            if inner and set(columns) <= inner | counted:
                continue  # rows of a thing that was made elsewhere
            found.add((table.name, *columns))
    return found


def number(here: Office) -> None:
    """A number claimed by Işık is no number of Işık's, and Çınar can still ask for it."""
    wish(here.somebody(OWNER, ISIK), numbers=NUMBER)
    assert own(here) is None
    assert wish(here.somebody(OWNER), OF_CINAR, numbers=NUMBER).endswith("?bekliyor")


def name(here: Office) -> None:
    """A name like Çınar's names nobody; a name that Işık took first can be asked for."""
    here.registry.store.write_now(brand_changes.set_names, CINAR, ["CINAR"], Why(here.registry.keyring, "given"))
    wish(here.somebody(OWNER, ISIK), headers="C1NAR MKT", **{"name-1": "CINARIM", "name-2": "DENIZ"})
    named = here.registry.store.read_now(lambda snapshot: here.registry.brands.book(snapshot, here.clock.now)).named
    assert {text for text, of in named.items() if of == brand(here, ISIK)} == {"DENIZ"}
    taken = {"name-1": "CINAR", "name-2": "DENIZ"}
    assert wish(here.somebody(OWNER), OF_CINAR, **taken).endswith("?bekliyor"), "no “taken”: the operator decides"


def brand_code(here: Office) -> None:
    """A number of a brand that Işık claims is no brand, and Çınar can still ask for it."""
    for code in (ISIK, CINAR):
        form = {"title": "Deniz", "code": "600777"}
        answer = here.somebody(OWNER, code).post(f"/panel/{code}/markalar", data=form)
        assert answer.headers["location"].endswith("?bekliyor")
        assert here.registry.store.read_now(companies.known_brand, 600777) is None


def iys_code(here: Office) -> None:
    """Çınar's number at İYS that Işık gives keeps Çınar from nothing, and İYS's pushes do not reach Işık."""
    given = {"iys-code": str(CINAR), "username": "biri", "password": "yanlış"}
    for code in (ISIK, CINAR):
        assert here.somebody(OWNER, code).post(f"/panel/{code}/iys", data=given).status_code == 303
    assert here.registry.store.read_now(accounts.coded, here.registry.keyring, CINAR) is None


def mersis(here: Office) -> None:
    """A MERSİS number that somebody names keeps its company from nothing."""
    assert apply(here).status_code == 200
    browser, proof = proved(here, "asil@example.com")
    form = {**COMPANY, "tax": tax_number(), "proof": proof}
    assert browser.shown("/panel/basvuru/sirket", data=form).status_code == 200
    waiting = here.registry.store.read_now(application_store.waiting, here.registry.keyring)
    assert len({one.mersis for one in waiting}) == 1
    assert len(waiting) == 2


def title(here: Office) -> None:
    """A title like Çınar's is shown to nobody. No column keeps it unique, yet people go by it."""
    here.registry.store.write_now(brand_changes.rename, CINAR, "Çınar", Why(here.registry.keyring, "given"))
    wish(here.somebody(OWNER, ISIK), title="ÇINAR")
    book = here.registry.store.read_now(lambda snapshot: here.registry.brands.book(snapshot, here.clock.now))
    assert book.by_id[brand(here, ISIK)].title == f"Marka {ISIK}"
    assert [one.title for one in book.search("çınar")] == ["Çınar"]


CLAIMS: dict[tuple[str, ...], Callable[[Office], None]] = {
    ("brand", "code"): brand_code,
    ("brand", "title"): title,
    ("brand_name", "name"): name,
    ("brand_number", "number"): number,
    ("national_account", "iys_code"): iys_code,
    ("provider", "mersis"): mersis,
}


def test_each_unique_column_is_nobodys_choice_or_a_claim_that_is_tried_here() -> None:
    found = chosen()
    assert found - NOBODYS.keys() - CLAIMS.keys() == set(), "say whose choice it is, and what an unproved one does"
    assert NOBODYS.keys() - found == set()
    assert CLAIMS.keys() - found == {("brand", "title")}


@pytest.mark.parametrize("claim", CLAIMS, ids=".".join)
def test_a_claim_that_nobody_has_looked_at_is_felt_by_nobody_else(office: OpenOffice, claim: tuple[str, ...]) -> None:
    CLAIMS[claim](office(IYS_URL="https://iys.example"))


def test_the_site_goes_by_no_claim_for_its_own_numbers(office: OpenOffice) -> None:
    here = office(OPTOUT_NUMBER=NUMBER)
    owner = here.somebody(OWNER, ISIK)
    form = {"title": f"Marka {ISIK}", "numbers": NUMBER, "seen": seen(owner.get(f"/panel/{ISIK}/markalar/{ISIK}"))}
    refused_for(owner.post(f"/panel/{ISIK}/markalar/{ISIK}", data=form), 422, "sitenin kendi numarası")
    assert here.registry.store.read_now(sms_brands.numbers, brand(here, ISIK)) == []
