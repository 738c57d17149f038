"""Of a brand's dealers those are looked up that a call names: it may have fifty thousand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from consents.brands import companies
from consents.store import Snapshot, Transaction
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, asked, brand, codes, consent
from tests.web.client import refused_for

B = brand(CINAR)


@pytest.fixture
def dealers(here: Desk) -> list[int]:
    """Codes of three dealers: two of Çınar, one of Işık."""

    def work(transaction: Transaction) -> list[int]:
        return [companies.add_dealer(transaction, code, f"Bayi {code}").code for code in (CINAR, CINAR, ISIK)]

    return here.registry.store.write_now(work)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[int], set[int]]]:
    """For each look-up what was asked for and what was found."""
    seen: list[tuple[set[int], set[int]]] = []
    look_up = companies.dealers_coded

    def watched(snapshot: Snapshot, brand: int, named: Collection[int]) -> dict[int, int]:
        found = look_up(snapshot, brand, named)
        seen.append((set(named), set(found)))
        return found

    monkeypatch.setattr(companies, "dealers_coded", watched)
    return seen


def test_a_call_that_names_none_looks_up_none(cinar: Program, looked_up: list[Any]) -> None:
    assert cinar.post(f"{B}/consents", consent(1)).status_code == 200
    assert cinar.post(f"{B}/consents/request", [consent(2)]).status_code == 202
    assert looked_up == []


def test_those_that_are_named_are_looked_up(cinar: Program, looked_up: list[Any], dealers: list[int]) -> None:
    ours, other, strange = dealers
    assert cinar.post(f"{B}/consents", consent(1, retailerCode=ours)).status_code == 200
    listed = [consent(2, retailerCode=ours), consent(3, retailerAccess=[other, True, 10**30, -1]), 5]
    refused_for(cinar.post(f"{B}/consents/request", listed), 422, "H180")
    given = cinar.post(f"{B}/consents/retailers/access", asked(1, retailerAccess=[other, strange]))
    assert (given.status_code, codes(given)) == (403, ["H180"])
    assert cinar.post(f"{B}/consents/retailers/access", asked(1, retailerAccess=[other])).status_code == 200
    assert looked_up == [
        ({ours}, {ours}),
        ({ours, other}, {ours, other}),
        ({other, strange}, {other}),
        ({other}, {other}),
    ]


def test_however_many_are_named_each_is_found_by_its_code(
    here: Desk, cinar: Program, looked_up: list[Any], dealers: list[int]
) -> None:
    items = [
        consent(1, recipient=f"+90532{k:07}", retailerAccess=[*range(10 + k * 99, 10 + k * 99 + 99), dealers[0]])
        for k in range(10)
    ]
    answer = cinar.post(f"{B}/consents/request", items)
    assert (answer.status_code, codes(answer)) == (403, ["H180"] * 990)
    assert [(len(named), found) for named, found in looked_up] == [(991, {dealers[0]})]
    if here.registry.store.dialect == "sqlite":
        sql, values = companies._CODED.bound("sqlite", {"brand": 1, "codes": "[1]"})

        def plan(snapshot: Snapshot) -> str:
            return str(snapshot.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())

        told = here.registry.store.read_now(plan)
        assert "(code=?)" in told
        assert "(brand=?)" not in told
