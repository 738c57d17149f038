"""The operator's decisions for companies (packages, partner rule, transition windows), for pages and commands, each
with its audit entry. ``person``: by number, None for a command. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from consents.brands import companies, packages, transitions
from consents.brands.packages import Subscribed
from consents.brands.transitions import ProviderSize
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Transaction
from panel.audit import audit_log, reasons
from panel.audit.audit_log import NewAction


def give_package(
    registry: Registry,
    person: int | None,
    code: int,
    name: str | None,
    why: str,
    check: Callable[[Subscribed | None], None] = lambda held: None,
) -> None:
    """Gives the provider with this iysCode a package, or none; blocking, because it counts addresses. ``check`` may
    reject by the current state."""
    grounds = reasons.by(registry.keyring, person, why)

    def also(transaction: Transaction) -> None:
        provider = companies.provider_id(transaction, code)
        assert provider is not None
        held = packages.get(transaction, provider)
        check(held)
        before = held.package.name if held else None
        if before != name:
            words = f"provider {code}", before or "-", name or "-", grounds.reason
            audit_log.record(
                transaction, registry.keyring, NewAction("package-changed", person, provider, None, *words)
            )

    packages.give(registry.store, code, name, grounds, also)


def set_partner_rule(transaction: Transaction, keyring: Keyring, person: int | None, below: int | None) -> None:
    """Packages up to this size work through a partner only; None: none."""
    before = packages.through_partners_below(transaction)
    packages.only_through_partners(transaction, below)
    if before != below:
        words = str(before or "off"), str(below or "off")
        audit_log.record(transaction, keyring, NewAction("partner-rule-changed", person, None, None, "", *words))


def open_window(
    transaction: Transaction, keyring: Keyring, person: int | None, size: ProviderSize, days: tuple[date, date]
) -> None:
    """Opens a window for providers of a size. ``days``: the last ones for loading and for checking."""
    transitions.open_window(transaction, size, *days)
    action = NewAction("window-opened", person, after=f"{size.value} {days[0]} {days[1]}")
    audit_log.record(transaction, keyring, action)


def change_window(
    transaction: Transaction, keyring: Keyring, person: int | None, number: int, days: tuple[date, date]
) -> None:
    """Changes a window's last days; past days end it."""
    before = next((one for one in transitions.listed(transaction) if one.id == number), None)
    transitions.change(transaction, number, *days)
    assert before is not None  # else the line above it has raised
    if (before.load_until, before.check_until) != days:
        words = f"window {number}", f"{before.load_until} {before.check_until}", f"{days[0]} {days[1]}"
        audit_log.record(transaction, keyring, NewAction("window-changed", person, None, None, *words))
