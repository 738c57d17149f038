"""A registry with two brands and the named people: AYSE, MEHMET, and YABANCI, who must never see anything."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from consents.brands import companies
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction, turns, writer

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


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups that were committed or tried, on a machine that is never slow."""
    monkeypatch.setattr(writer, "SPENT", 3600.0)
    monkeypatch.setattr(turns, "SPENT", 3600.0)
    sizes: list[int] = []
    commit = writer.Writer._commit

    def counted(self: writer.Writer, group: list[Any]) -> int:
        done = commit(self, group)
        sizes.append(done)
        return done

    work = turns.Turns._work

    def worked(self: turns.Turns, transaction: Transaction, group: list[Any]) -> None:
        work(self, transaction, group)
        sizes.append(len(group))

    monkeypatch.setattr(writer.Writer, "_commit", counted)
    monkeypatch.setattr(turns.Turns, "_work", worked)
    monkeypatch.setattr(turns, "SPENT", 60)  # no group ends because the machine is busy
    return sizes
