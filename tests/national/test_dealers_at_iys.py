"""Dealers have other numbers at İYS: which is which, what goes out under them, and what comes in."""

from __future__ import annotations

import pytest

from consents import ledger, state
from consents.brands import companies, dealer_records
from consents.brands.companies import BadCompany
from consents.brands.dealer_records import KnownDealer
from consents.history import Deed
from consents.instants import DAY, HOUR, SECOND
from consents.ledger import Claim
from consents.rules import ONAY, RET
from consents.terms import Actor, Door, Source
from izin.operations import iys_account_commands
from national import dealer_matches, iys_dealers
from national.dealer_matches import IysRetailer
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from tests.national.conftest import BRAND, PHONE, Company

THEIRS, ELSEWHERE = 58954386, 58795354


def dealer(company: Company, title: str = "Çınar Kadıköy", external: str | None = None) -> companies.NewDealer:
    return company.registry.store.write_now(companies.add_dealer, BRAND, title, external)


def collects(company: Company, by: int | None, status: int = ONAY, address: str = PHONE) -> None:
    """The company reports what a dealer took down."""
    at = company.clock.now // SECOND * SECOND
    claim = Claim(*company.key(address), status, Source.HS_ISLAK_IMZA.code, at, by)
    write, deed = company.registry.store.write_now, Deed(Actor.PROVIDER, Door.API)
    write(ledger.declare, company.registry.policy, company.brand, [claim], deed)


def unknown(company: Company) -> iys_dealers.UnknownDealers:
    brands = company.state().brands
    return company.registry.store.read_now(iys_dealers.unknown, company.registry.keyring, brands)


def name(company: Company, ours: str, theirs: int | None) -> None:
    company.registry.store.write_now(iys_dealers.name, company.registry.keyring, BRAND, ours, theirs)


def test_a_consent_goes_out_under_the_number_that_iys_has_for_its_dealer(company: Company) -> None:
    known, stranger = dealer(company), dealer(company, "Çınar Bostancı")
    for number in range(150):  # more than a page
        company.iys.retailer(BRAND, 20_000_000 + number, f"Bayi {number}")
    company.iys.retailer(BRAND, THEIRS, "Çınar  Kadıköy ")
    company.meet()
    collects(company, known.id)
    collects(company, stranger.id, address="+905320000002")
    company.rounds(10)
    assert company.iys.by_retailer(BRAND, PHONE, "MESAJ") == THEIRS
    assert company.iys.status(BRAND, "+905320000002", "MESAJ") == "ONAY"
    assert company.iys.by_retailer(BRAND, "+905320000002", "MESAJ") is None
    assert unknown(company) == (1, [f"{stranger.code} Çınar Bostancı"])
    assert not company.state().faults
    company.iys.retailer(BRAND, ELSEWHERE, "Çınar Bostancı")
    company.clock.forward(days=1)
    company.round()
    assert unknown(company) == (0, [])
    asked = [path for _, path, _ in company.iys.calls if "/retailers" in path]
    assert len(asked) == 4, "twice two pages"
    company.rounds(30)
    assert [path for _, path, _ in company.iys.calls if "/retailers" in path] == asked


def test_a_number_that_iys_no_longer_knows_holds_up_no_consent(company: Company) -> None:
    by = dealer(company)
    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    company.meet()
    company.iys.retailers[BRAND].clear()
    collects(company, by.id)
    company.decides(RET, address="+905320000002")
    company.rounds(10)
    assert (company.there(), company.iys.by_retailer(BRAND, PHONE, "MESAJ")) == ("ONAY", None)
    assert company.state().counts["escalated"] == 0
    assert unknown(company).total == 1


def test_a_number_named_by_hand_stays_and_is_left_out_while_iys_does_not_know_it(company: Company) -> None:
    by = dealer(company, external="KDK")
    company.meet()
    with pytest.raises(BadCompany, match="eight digits"):
        name(company, "KDK", 7)
    with pytest.raises(BadCompany, match="no dealer"):
        name(company, "BST", THEIRS)
    name(company, "KDK", THEIRS)
    collects(company, by.id)
    company.rounds(10)
    assert (company.there(), company.iys.by_retailer(BRAND, PHONE, "MESAJ")) == ("ONAY", None)
    assert unknown(company).total == 1
    company.iys.retailer(BRAND, THEIRS, "Kadıköy Şubesi")
    company.clock.forward(days=1)
    company.round()
    assert unknown(company).total == 0
    collects(company, by.id, address="+905320000002")
    company.rounds(10)
    assert company.iys.by_retailer(BRAND, "+905320000002", "MESAJ") == THEIRS
    with pytest.raises(BadCompany, match="another dealer"):
        name(company, str(dealer(company, "Çınar Bostancı").code), THEIRS)
    name(company, "KDK", None)
    assert company.registry.store.read_now(iys_dealers.of_brand, company.brand) == []


def test_each_number_that_is_another_one_when_one_is_named_is_noted(company: Company) -> None:
    first, second = dealer(company, external="KDK"), dealer(company, "Çınar Bostancı")
    registry, seen = company.registry, 0

    def named(ours: str, theirs: int | None) -> list[tuple[str, str, str]]:
        nonlocal seen
        registry.store.write_now(iys_account_commands._name, registry.keyring, BRAND, ours, theirs)
        found = registry.store.read_now(audit_log.find, registry.keyring, AuditSearch(what="iys-dealer-numbered"))
        new, seen = found[: len(found) - seen], len(found)
        return [(one.object, one.before, one.after) for one in reversed(new)]

    def read_list() -> None:
        company.clock.forward(days=1)
        company.round()

    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    company.meet()
    kadikoy, bostanci, number = f"dealer {first.code}", f"dealer {second.code}", str(THEIRS)
    assert named("KDK", THEIRS) == [(kadikoy, f"{number} learnt", number)]
    assert named("KDK", THEIRS) == []
    company.iys.retailers[BRAND].clear()
    read_list()
    assert named("KDK", THEIRS) == [(kadikoy, f"{number} refused", number)]
    assert named("KDK", None) == [(kadikoy, number, "-")]
    assert named("KDK", None) == []
    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    read_list()
    assert named(str(second.code), THEIRS) == [(kadikoy, f"{number} learnt", "-"), (bostanci, "-", number)]


def test_a_list_that_iys_refuses_holds_up_nothing(company: Company) -> None:
    by = dealer(company)
    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    company.iys.mood = lambda method, path: "500" if "/retailers" in path else None
    company.meet()
    collects(company, by.id)
    company.rounds(10)
    assert (company.there(), company.iys.by_retailer(BRAND, PHONE, "MESAJ")) == ("ONAY", None)
    company.iys.mood = lambda method, path: None
    company.clock.forward(hours=1, minutes=1)
    company.round()
    assert unknown(company).total == 0, "an hour later, not a night"


def test_a_list_whose_answer_is_lost_goes_again_word_for_word(company: Company) -> None:
    by = dealer(company)
    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    company.meet()
    collects(company, by.id)
    company.iys.mood = lambda method, path: "lost" if "consents/request" in path else None
    company.round()
    name(company, str(by.code), ELSEWHERE)
    company.iys.mood = lambda method, path: None
    company.clock.forward(minutes=5)
    company.rounds(20)
    assert company.iys.by_retailer(BRAND, PHONE, "MESAJ") == THEIRS
    assert company.iys.broken == []


def test_what_another_program_reported_there_comes_in_with_its_dealer(company: Company) -> None:
    by = dealer(company)
    company.iys.retailer(BRAND, THEIRS, "Çınar Kadıköy")
    company.declares(ONAY, company.clock.now - 2 * DAY)
    said = (company.clock.now - HOUR) // SECOND
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", said - 3600)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "RET", said)
    company.iys.records[BRAND, PHONE, "MESAJ", "BIREYSEL"].retailer = THEIRS
    company.meet()  # compares; a query of one consent names the dealer
    stands = company.registry.store.read_now(state.of_key, company.key())
    assert stands is not None
    assert stands.provider is not None
    assert (stands.status, stands.provider.dealer) == (RET, by.id)


def test_only_what_fits_one_and_no_other_is_matched(company: Company) -> None:
    def ours(number: int, title: str, **detail: str) -> KnownDealer:
        return KnownDealer(number, 10_000_000 + number, title, "active", detail)

    def theirs(code: int, title: str, status: str = "active", **detail: object) -> IysRetailer:
        return IysRetailer(code, title, status, dealer_matches.digits(detail))

    def match(*pairs: KnownDealer | IysRetailer) -> dict[int, int]:
        mine = [one for one in pairs if isinstance(one, KnownDealer)]
        return dealer_matches.match(mine, [one for one in pairs if isinstance(one, IysRetailer)])

    assert match(ours(1, "A", mersis="0056518556720"), theirs(7, "B", mersis=56518556720)) == {1: 7}
    assert match(ours(1, "A", tin="8450525470"), theirs(7, "A", tin="8450525471")) == {}, "another company's name"
    assert match(ours(1, "A", tin="8450525470"), theirs(7, "A")) == {1: 7}
    assert match(ours(1, "A"), theirs(7, "a")) == {}
    assert match(ours(1, "A"), theirs(7, "A"), theirs(8, "A")) == {}
    assert match(ours(1, "A"), ours(2, "A"), theirs(7, "A")) == {}
    assert match(ours(1, "A"), theirs(7, "A", "passive"), theirs(8, "A")) == {1: 8}
    branches = [theirs(7, "A Kadıköy", tin="8450525470"), theirs(8, "A Bostancı", tin="8450525470")]
    assert match(ours(1, "A Bostancı", tin="8450525470"), *branches) == {1: 8}
    assert match(ours(1, "A", tin="8450525470"), *branches) == {}
    store, keyring = company.registry.store, company.registry.keyring
    store.write_now(dealer_records.add, keyring, BRAND, "Kadıköy", "active", {"tin": "8450525470"})
    company.iys.retailer(BRAND, THEIRS, "Başka ad", tin="8450525470")
    company.meet()
    assert unknown(company).total == 0
