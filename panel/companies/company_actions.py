"""Actions on a provider, for pages and commands, each with its audit entry. ``person``: by number, None for a
command; ``code``: iysCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consents.brands import companies, provider_list, provider_states
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.keys import Keyring
from consents.store import Transaction
from panel.audit import audit_log, reasons
from panel.audit.audit_log import NewAction

StateChange = Callable[[Transaction, int, Why], None]
# What a form or command asks for -> the rule that does it, and its word in the log.
STATES: Mapping[str, tuple[StateChange, str]] = {
    "pause": (provider_states.pause, "provider-paused"),
    "reopen": (provider_states.reopen, "provider-reopened"),
    "close": (provider_states.close, "provider-closed"),
}


def add(
    transaction: Transaction, keyring: Keyring, person: int | None, code: int, title: str, mersis: str | None
) -> None:
    """A new provider."""
    companies.add_provider(transaction, code, title, mersis)
    added = provider_list.by_code(transaction, code)
    assert added is not None
    after = ", ".join(filter(None, [added.title, added.mersis]))
    action = NewAction("provider-added", person, added.id, None, f"provider {code}", after=after)
    audit_log.record(transaction, keyring, action)


def set_state(transaction: Transaction, keyring: Keyring, person: int | None, code: int, action: str, why: str) -> None:
    """Pauses, reopens or closes a provider (a key of ``STATES``), if its state allows it."""
    change, what = STATES[action]
    provider = companies.provider_id(transaction, code)
    if provider is None:
        raise BadCompany(f"there is no provider {code}")
    grounds, before = reasons.by(keyring, person, why), provider_states.of_provider(transaction, provider)
    change(transaction, code, grounds)
    after = provider_states.of_provider(transaction, provider)
    words = f"provider {code}", str(before), str(after), grounds.reason
    audit_log.record(transaction, keyring, NewAction(what, person, provider, None, *words))
