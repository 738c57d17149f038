"""Where a refusal could be passed over by a step: limits, clocks, other companies, erased people, unreadable lines."""

from __future__ import annotations

import base64
from itertools import product

import pytest
from starlette.testclient import TestClient

from consents import business_days, instants
from consents.brands import companies
from consents.dates import day_bounds
from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Channel, Door
from izin import app
from national import national_brands
from national.upstream import accounts, transport
from settings import load
from tests.conftest import SECRET
from tests.national.conftest import BRAND, PHONE, Company
from tests.national.test_erasure import erase
from tests.national.test_in import pushed

STRANGER = 600501


def test_a_consent_of_the_oldest_moment_that_iys_takes_leaves_at_once(company: Company) -> None:
    company.meet()
    oldest = business_days.oldest_reportable(company.clock.now)
    assert company.declares(ONAY, oldest) == ["recorded"]
    company.round()
    assert company.state().counts["sent"] == 1
    assert company.synced_brand().compared_to == -1, "nothing is compared again because of it"


def test_a_consent_that_only_iyss_clock_finds_too_old_is_not_sent(company: Company) -> None:
    ours, ahead = company.clock, 10 * MINUTE
    company.iys.now = lambda: (ours.now + ahead) / SECOND
    midnight = day_bounds(instants.day_of(ours.now))[1]
    ours.forward(seconds=(midnight - ours.now) // SECOND - 300)
    company.meet()
    oldest = business_days.oldest_reportable(ours.now)
    assert oldest < business_days.oldest_reportable(ours.now + ahead), "İYS's day is the next one"
    assert company.declares(ONAY, oldest) == ["recorded"]
    company.round()
    assert not [path for _, path, _ in company.iys.calls if path.endswith("/consents/request")]


def test_a_consent_ahead_of_our_clock_is_shown_again_by_the_next_pull(company: Company) -> None:
    company.meet()
    ours = company.clock
    company.iys.blind, company.iys.now = 0, lambda: ours.now / 1e6 + 2 * HOUR / SECOND
    company.iys.citizen(BRAND, PHONE, "MESAJ", "ONAY")
    ours.forward(minutes=61)
    company.round()
    assert company.here() is None
    ours.forward(hours=2)
    company.round()
    assert company.here() == "ONAY"


def provider_id(company: Company, code: int) -> int:
    found = company.registry.store.read_now(companies.provider_id, code)
    assert found is not None
    return found


def test_a_companys_password_pushes_nothing_about_another_company_of_the_site(company: Company) -> None:
    company.meet()
    keyring = company.registry.keyring

    def another(transaction: Transaction) -> None:
        companies.add_provider(transaction, STRANGER, "Işık A.Ş.")
        companies.add_brand(transaction, STRANGER, STRANGER, "Işık")
        accounts.add(transaction, keyring, STRANGER, STRANGER, "isik", "baska-parola")

    company.registry.store.write_now(another)
    claimed = company.registry.store.read_now(accounts.of_provider, keyring, provider_id(company, STRANGER))
    assert claimed is not None
    company.registry.store.write_now(accounts.verify, claimed.id)
    theirs = company.registry.store.read_now(companies.known_brand, STRANGER)
    stranger = company.registry.store.read_now(accounts.coded, keyring, STRANGER)
    assert theirs is not None
    assert stranger is not None
    company.registry.store.write_now(national_brands.begin, stranger.id, theirs.id)
    settings = load({"SECRET_KEY": SECRET, "RECONSENT": "accept"})
    with TestClient(app.build(settings, company.registry), base_url=settings.public_url) as client:
        word = f"{STRANGER}:{stranger.push_password}"
        headers = {"Authorization": "Basic " + base64.b64encode(word.encode()).decode()}
        assert client.post("/iys/push", json=pushed(company, "RET"), headers=headers).status_code == 200
        assert company.here() is None, "a brand of another company"
        own = pushed(company, "RET", brandCode=STRANGER)
        assert client.post("/iys/push", json=own, headers=headers).status_code == 200
    company.brand = theirs.id
    assert company.here() == "RET", "and its own"


def test_iyss_limit_between_two_channels_of_one_person_leaves_neither_uncompared(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SINGLES", 3)
    people, channels = (PHONE, "+905320000002"), (Channel.ARAMA, Channel.MESAJ)
    for one, channel in product(people, channels):
        company.decides(RET, address=one, channel=channel)
        company.iys.elsewhere(BRAND, one, str(channel), "ONAY", (company.clock.now - DAY) // SECOND)
    company.clock.forward(days=9)  # no pull shows it any more
    company.round()
    assert company.synced_brand().compared_at is None, "the limit has come between the two of the second person"
    company.rounds(150, every=10)
    assert company.synced_brand().compared_at is not None
    assert [company.there(one, channel) for one, channel in product(people, channels)] == ["RET"] * 4


def test_what_was_on_its_way_of_an_erased_person_still_goes_out(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.clock.forward(minutes=1)
    company.decides(RET, Door.LINK)  # it waits, because it may be taken back for ten minutes
    company.round()
    assert company.state().counts["waiting"] == 1
    erase(company)
    company.rounds(30)
    assert company.there() == "RET"
    counts = company.state().counts
    assert (counts["escalated"], counts["waiting"]) == (0, 0)


def test_a_day_with_a_line_that_cannot_be_read_is_not_agreed_to(company: Company) -> None:
    """The agreement states that we have all of it."""
    company.meet()
    company.iys.citizen(BRAND, "+90123", "MESAJ", "RET")
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.clock.forward(hours=20)
    company.round()
    assert company.here() == "RET"
    assert not company.iys.agreed
    assert company.synced_brand().differing_day is not None
