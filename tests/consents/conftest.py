"""A registry with two brands and the named people: AYSE, MEHMET, and YABANCI, who must never see anything."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from consents.brands import companies
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction

AYSE, MEHMET, YABANCI = "+905320000001", "+905320000002", "+905320000003"
CINAR, ISIK = 600101, 600202


class World(NamedTuple):
    """Internal ids: the brands' and the people's."""

    cinar: int
    isik: int
    ayse: int
    mehmet: int
    dealer: int


@pytest.fixture
def world(registry: Registry) -> World:
    return furnish(registry)


def furnish(registry: Registry) -> World:
    """Two brands of two providers, a dealer of the first, two people."""

    def work(transaction: Transaction) -> World:
        companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.")
        companies.add_brand(transaction, 600100, CINAR, "Çınar", names=("CINAR",))
        companies.add_provider(transaction, 600200, "Işık Elektrik Ltd.")
        companies.add_brand(transaction, 600200, ISIK, "Işık", names=("ISIK",))
        companies.add_dealer(transaction, CINAR, "Örnek Bayi", "123")
        cinar, isik = (companies.known_brand(transaction, code) for code in (CINAR, ISIK))
        assert cinar
        assert isik
        people = [register.person(registry.keyring, address) for address in (AYSE, MEHMET)]
        ayse, mehmet = register.enrol_all(transaction, registry.keyring, people)
        return World(cinar.id, isik.id, ayse, mehmet, companies.dealers(transaction, cinar.id)["123"])

    return registry.store.write_now(work)
