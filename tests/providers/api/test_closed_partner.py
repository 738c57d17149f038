"""A partner that is closed: from its next call on it may report refusals and nothing else, until it is reopened."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace

import httpx2
import pytest

from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.registry import Registry
from consents.rules import Policy
from panel.partners import partner_actions
from providers.callers import partners
from providers.consents import batches
from providers.push import push_connections
from providers.push.push_connections import PushTarget, WantedConnection
from tests.conftest import Clock
from tests.panel.changes import changed
from tests.providers.api.desk import CINAR, PARTNER, Desk, brand, codes, consent

B = brand(CINAR)
RET = {"status": "RET"}


def turned_away(answer: httpx2.Response) -> bool:
    return answer.status_code == 403 and codes(answer) == ["H521"]


def close(here: Desk) -> int:
    pushes: int = changed(here.registry, partner_actions.close, PARTNER, "sözleşme bitti").pushes
    return pushes


def test_its_refusals_are_recorded_and_nothing_else_is(here: Desk) -> None:
    here.grant(CINAR, (2, 2, 2), agreements=True)
    program, store = here.program("partner"), here.registry.store
    assert program.post(f"{B}/consents", consent(1)).status_code == 200
    brand_id = store.read_now(companies.known_brand, CINAR).id  # type: ignore[union-attr]
    number = store.read_now(partners.number, PARTNER)
    wanted = [WantedConnection(1, PushTarget("https://example.com/p", "u", "p"))]
    store.write_now(push_connections.register, here.registry.keyring, brand_id, wanted, number)
    assert close(here) == 1
    assert store.read_now(push_connections.of_brand, here.registry.keyring, brand_id) == []
    for path in (f"{B}/consents/changes?after=0&source=IYS", f"/integrator/{PARTNER}/sps"):
        assert turned_away(program.get(path)), path
    assert turned_away(program.post(f"{B}/consents", consent(2)))
    assert turned_away(program.post(f"{B}/consents/request", [consent(2), consent(3, **RET)]))
    assert program.post(f"{B}/consents", consent(2, **RET)).status_code == 200
    taken = program.post(f"{B}/consents/request", [consent(3, **RET)])
    assert taken.status_code == 202
    asyncio.run(batches.store_waiting(here.registry))
    assert (
        here.program("cinar").get(f"{B}/consents/request/{taken.json()['requestId']}").json()[0]["status"] == "success"
    )
    with pytest.raises(BadCompany, match="closed"):
        here.grant(CINAR, (1, 1, 1))
    changed(here.registry, partner_actions.reopen, PARTNER, "yeni sözleşme")
    assert program.post(f"{B}/consents", consent(2, consentDate="2026-11-24 10:20:00")).status_code == 200
    assert program.get(f"/integrator/{PARTNER}/sps").status_code == 200


def test_in_strict_mode_nothing_passes(registry: Registry, clock: Clock) -> None:
    with closing(Desk(replace(registry, policy=Policy(strict=True)), clock, {})) as here:
        here.grant(CINAR, (2, 2, 2))
        program = here.program("partner")
        close(here)
        assert turned_away(program.post(f"{B}/consents", consent(2, **RET)))
