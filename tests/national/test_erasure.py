"""Of somebody who is erased İYS hears that he refuses, and his address is kept no longer than that takes."""

from __future__ import annotations

from sqlalchemy import text

from consents import ledger
from consents.instants import DAY, SECOND
from consents.people import register
from consents.rules import ONAY
from consents.store import Statement, Transaction
from national.outgoing import planning
from tests.national.conftest import BRAND, PHONE, Company

_HELD = Statement(text("SELECT count(*) FROM national_item WHERE sealed IS NOT NULL"))


def erase(company: Company) -> None:
    """As ``izin erase`` does."""
    registry = company.registry

    def work(transaction: Transaction) -> None:
        who = register.person(registry.keyring, PHONE)
        recipient = register.find(transaction, registry.keyring, who)
        assert recipient is not None
        ended = ledger.end_all(transaction, registry.policy, recipient, anew=True)
        planning.before_erasure(transaction, recipient, ended.changed)
        register.erase(transaction, registry.keyring, who)

    registry.store.write_now(work)


def held(company: Company) -> int:
    return company.registry.store.read_now(lambda snapshot: int((snapshot.one(_HELD) or (0,))[0]))


def test_iys_hears_that_an_erased_person_refuses(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.clock.forward(minutes=1)
    erase(company)
    assert held(company) == 1
    company.rounds(10)
    assert company.there() == "RET"
    assert (held(company), company.state().counts["done"]) == (0, 1)
