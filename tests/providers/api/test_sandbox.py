"""A test key: its declarations are judged as any other, and nothing of it is stored or shown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import inspect, text

from consents.brands import provider_states
from consents.brands.company_changes import Why
from consents.store import Snapshot, Statement, Transaction
from izin import jobs
from providers import refused_tally, routes
from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import programs
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent
from tests.web.client import refused_for

B = brand(CINAR)
# What every signed-in program leaves: its token, its last calls and when it called.
ITS_OWN = {"api_user", "api_token", "api_call", "api_rate", "worker", "chore"}


@pytest.fixture
def tester(here: Desk) -> Program:
    """The program of a test key of Çınar."""
    add = api_users.add, Owner.PROVIDER, CINAR, "deneme", programs.password("deneme"), True
    here.passwords["deneme"] = here.registry.store.write_now(*add)
    return here.program("deneme")


def contents(here: Desk) -> dict[str, list[Any]]:
    """Every row of every table but ``ITS_OWN``."""
    names = set(inspect(here.registry.store.engine).get_table_names()) - ITS_OWN

    def read(snapshot: Snapshot) -> dict[str, list[Any]]:
        return {name: sorted(map(repr, snapshot.all(Statement(text(f"SELECT * FROM {name}"))))) for name in names}

    return here.registry.store.read_now(read)


def test_nothing_of_it_reaches_any_table(here: Desk, cinar: Program, tester: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    asyncio.run(jobs._counts(here.registry, here.settings))
    before = contents(here)
    assert len(before) > 40
    for version in ("", "/v2"):
        for number in (1, 2):
            for body in (consent(number), consent(number, status="RET"), consent(number, source="NONE")):
                tester.post(f"{version}{B}/consents", body, Idempotency_Key=f"{version}{number}{body['source']}")
        lists = tester.post(f"{version}{B}/consents/request", [consent(1), consent(3)], Idempotency_Key=f"l{version}")
        assert lists.status_code == 202
        tester.post(f"{version}{B}/consents/request", [consent(1, type="FAKS")])
        tester.get(f"{version}{B}/consents/request/{lists.json()['requestId']}")
    tester.get(f"{B}/consents/changes?source=HS")
    tester.post(f"{B}/consents/status", asked(1), Idempotency_Key="s")
    store = here.registry.store
    asyncio.run(refused_tally.get(store).close(store))
    asyncio.run(jobs._batches(here.registry, here.settings))
    asyncio.run(jobs._counts(here.registry, here.settings))
    after = contents(here)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def test_it_is_judged_as_any_other(here: Desk, cinar: Program, tester: Program) -> None:
    for wrong in (consent(1, type="FAKS"), consent(1, source="NONE", consentDate="2031-01-01 00:00:00"), {}, []):
        real, tried = (one.post(f"{B}/consents", wrong) for one in (cinar, tester))
        assert (tried.status_code, codes(tried)) == (real.status_code, codes(real))
        assert tried.status_code >= 400
        real, tried = (one.post(f"{B}/consents/request", [consent(2), wrong]) for one in (cinar, tester))
        assert (tried.status_code, codes(tried)) == (real.status_code, codes(real))
    answer = tester.post(f"{B}/consents", consent(1))
    assert answer.status_code == 200
    assert answer.json().keys() == cinar.post(f"{B}/consents", consent(1)).json().keys()
    refused_for(tester.post(f"{brand(ISIK)}/consents", consent(1)), 403, "H353")


def test_a_list_has_the_results_of_one_that_was_stored(here: Desk, cinar: Program, tester: Program) -> None:
    items = [consent(number) for number in (1, 2, 3)]
    shapes = []
    for one in (cinar, tester):
        accepted = one.post(f"/v2{B}/consents/request", items)
        assert accepted.status_code == 202
        asyncio.run(jobs._batches(here.registry, here.settings))
        request = accepted.json()["requestId"]
        for version in ("", "/v2"):
            results = one.get(f"{version}{B}/consents/request/{request}").json()
            assert [row["subRequestId"] for row in results] == [
                row["subRequestId"] for row in accepted.json()["subRequests"]
            ]
            shapes.append([(row.keys(), row["status"], row.get("isAddConsentV2Service")) for row in results])
    assert shapes[:2] == shapes[2:]
    for other in ("7b6c4dd0-0000-4000-8000-000000000000", "listem-1"):
        assert tester.get(f"{B}/consents/request/{other}").json() == []


def test_it_reads_nobody_and_changes_nothing_else(here: Desk, cinar: Program, tester: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    assert cinar.post(f"{B}/consents/status", asked(1)).json()["status"] == "ONAY"
    assert tester.post(f"{B}/consents/status", asked(1)).json() == {}
    assert tester.get(f"{B}/consents/changes?source=HS").status_code == 204
    taken = {"add", "add_again", "result", "result_again", "detail", "listing"}
    tried = 0
    for route in routes.routes():
        if "{brandCode}" not in route.path or (route.endpoint.__name__ in taken and "/consents" in route.path):  # type: ignore[attr-defined]
            continue
        path = route.path.replace("{iysCode}", str(CINAR)).replace("{brandCode}", str(CINAR))  # type: ignore[attr-defined]
        for method in sorted(route.methods - {"HEAD"}):  # type: ignore[attr-defined]
            answer = tester.call(method, path, {} if method != "GET" else None)
            assert (answer.status_code, codes(answer)) == (403, ["H353"]), (method, path)
            assert "test key" in answer.json()["errors"][0]["message"]
            tried += 1
    assert tried > 15


@pytest.mark.parametrize(("deed", "code"), [("pause", "H520"), ("close", "H521")])
def test_it_is_barred_as_any_other(here: Desk, cinar: Program, tester: Program, deed: str, code: str) -> None:
    here.registry.store.write_now(getattr(provider_states, deed), CINAR, Why(here.registry.keyring, "a test"))
    for version in ("", "/v2"):
        for one in (cinar, tester):
            refused_for(one.post(f"{version}{B}/consents", consent(1)), 403, code)
            refused_for(one.post(f"{version}{B}/consents/request", [consent(1)]), 403, code)
        assert tester.post(f"{version}{B}/consents", consent(1, status="RET")).status_code == 200


def test_its_brands_are_limited_as_those_of_any_key(here: Desk, tester: Program) -> None:
    def limit(transaction: Transaction) -> None:
        from consents.brands import companies

        known = companies.known_brand(transaction, CINAR_ALT)
        assert known is not None
        api_users.limit(transaction, CINAR, "deneme", False, [known.id])

    here.registry.store.write_now(limit)
    refused_for(tester.post(f"{B}/consents", consent(1)), 403, "H353")
    assert tester.post(f"{brand(CINAR_ALT)}/consents", consent(1)).status_code == 200
