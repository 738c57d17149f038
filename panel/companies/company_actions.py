"""Actions on a provider, for pages and commands, each with its audit entry. ``code``: iysCode.
Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consents.brands import companies, provider_list, provider_states
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.store import Transaction
from panel.audit.change import Change

StateChange = Callable[[Transaction, int, Why], None]
# What a form or command asks for -> the rule that does it, and its word in the log.
STATES: Mapping[str, tuple[StateChange, str]] = {
    "pause": (provider_states.pause, "provider-paused"),
    "reopen": (provider_states.reopen, "provider-reopened"),
    "close": (provider_states.close, "provider-closed"),
}


def add(change: Change, code: int, title: str, mersis: str | None) -> None:
    """A new provider."""
    companies.add_provider(change.transaction, code, title, mersis)
    added = provider_list.by_code(change.transaction, code)
    assert added is not None
    after = ", ".join(filter(None, [added.title, added.mersis]))
    change.note("provider-added", f"provider {code}", after=after, provider=added.id)


def set_state(change: Change, code: int, action: str, why: str) -> None:
    """Pauses, reopens or closes a provider (a key of ``STATES``), if its state allows it."""
    rule, what = STATES[action]
    provider = companies.provider_id(change.transaction, code)
    if provider is None:
        raise BadCompany(f"there is no provider {code}")
    grounds, before = change.grounds(why), provider_states.of_provider(change.transaction, provider)
    rule(change.transaction, code, grounds)
    after = provider_states.of_provider(change.transaction, provider)
    change.note(what, f"provider {code}", str(before), str(after), grounds.reason, provider=provider)
