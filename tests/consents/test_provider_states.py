"""Providers that are paused or closed: who may be changed into what, and what the ledger then records."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from consents.brands import company_changes, provider_states
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.brands.provider_states import ProviderState
from consents.registry import Registry
from tests.consents.conftest import World

REASON = "the contract has ended"
CINAR_OWNER = 600100


def state(registry: Registry) -> ProviderState:
    (found,) = [
        one.state
        for one in registry.store.read_now(provider_states.listed, registry.keyring)
        if one.code == CINAR_OWNER
    ]
    return found


def test_a_state_changes_only_from_where_it_can(registry: Registry, world: World) -> None:
    write = registry.store.write_now
    assert state(registry) is ProviderState.ACTIVE
    with pytest.raises(BadCompany, match="is active"):
        write(provider_states.reopen, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    write(provider_states.pause, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    with pytest.raises(BadCompany, match="is paused"):
        write(provider_states.pause, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    write(provider_states.close, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    with pytest.raises(BadCompany, match="is closed"):
        write(provider_states.pause, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    write(provider_states.reopen, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    assert state(registry) is ProviderState.ACTIVE
    with pytest.raises(BadCompany, match="no provider"):
        write(provider_states.pause, 999, Why(registry.keyring, REASON, "desk 7"))


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "a\x07b"])
def test_without_a_reason_nothing_changes(registry: Registry, world: World, reason: str) -> None:
    with pytest.raises(BadCompany, match="reason"):
        registry.store.write_now(provider_states.pause, CINAR_OWNER, Why(registry.keyring, reason))
    assert state(registry) is ProviderState.ACTIVE
    assert registry.store.read_now(company_changes.of_provider, registry.keyring, CINAR_OWNER) == []


def test_each_change_is_kept_with_who_and_why_and_cannot_be_changed(registry: Registry, world: World) -> None:
    registry.store.write_now(provider_states.pause, CINAR_OWNER, Why(registry.keyring, REASON, "desk 7"))
    registry.store.write_now(provider_states.close, CINAR_OWNER, Why(registry.keyring, "never paid"))
    kept = registry.store.read_now(company_changes.of_provider, registry.keyring, CINAR_OWNER)
    assert [(one.what, one.reason, one.by) for one in kept] == [
        ("provider closed", "never paid", "operator"),
        ("provider paused", REASON, "desk 7"),
    ]
    (listed,) = [
        one for one in registry.store.read_now(provider_states.listed, registry.keyring) if one.code == CINAR_OWNER
    ]
    assert (listed.reason, listed.since) == ("never paid", kept[0].at)
    for deed in ("UPDATE company_change SET what = 'x'", "DELETE FROM company_change"):
        with pytest.raises(Exception, match="history"), registry.store.engine.begin() as connection:
            connection.execute(text(deed))
