"""The operator's actions on providers and their rules (state, package, partner rule, transition windows), for pages and
commands, each with its audit entry. ``code``: iysCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from consents.brands import companies, packages, provider_list, provider_states, transitions
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.brands.packages import Subscribed
from consents.brands.transitions import ProviderSize
from consents.registry import Registry
from consents.store import Transaction
from panel.audit.change import Change, grounds

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


def give_package(
    registry: Registry,
    by: int | None,
    code: int,
    name: str | None,
    why: str,
    check: Callable[[Subscribed | None], None] = lambda held: None,
) -> None:
    """Gives the provider with this iysCode a package, or none; blocking, because it counts addresses. ``by``: the
    person, None for a command. ``check`` may reject by the current state."""
    reason = grounds(registry.keyring, by, why)

    def also(transaction: Transaction) -> None:
        provider = companies.provider_id(transaction, code)
        assert provider is not None
        held = packages.get(transaction, provider)
        check(held)
        before = held.package.name if held else None
        if before != name:
            words = f"provider {code}", before or "-", name or "-", reason.reason
            Change(transaction, registry.keyring, by).note("package-changed", *words, provider=provider)

    packages.give(registry.store, code, name, reason, also)


def set_partner_rule(change: Change, below: int | None) -> None:
    """Packages up to this size work through a partner only; None: none."""
    before = packages.through_partners_below(change.transaction)
    packages.only_through_partners(change.transaction, below)
    if before != below:
        change.note("partner-rule-changed", "", str(before or "off"), str(below or "off"))


def open_window(change: Change, size: ProviderSize, days: tuple[date, date]) -> None:
    """Opens a window for providers of a size. ``days``: the last ones for loading and for checking."""
    transitions.open_window(change.transaction, size, *days)
    change.note("window-opened", after=f"{size.value} {days[0]} {days[1]}")


def change_window(change: Change, number: int, days: tuple[date, date]) -> None:
    """Changes a window's last days; past days end it."""
    before = next((one for one in transitions.listed(change.transaction) if one.id == number), None)
    transitions.change(change.transaction, number, *days)
    assert before is not None  # else the line above it has raised
    if (before.load_until, before.check_until) != days:
        was, becomes = f"{before.load_until} {before.check_until}", f"{days[0]} {days[1]}"
        change.note("window-changed", f"window {number}", was, becomes)
