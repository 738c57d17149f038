"""The operator's rules for companies: packages, partner rule, transition windows."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from consents.brands import packages, transitions
from consents.brands.packages import Package, Subscribed
from consents.brands.transitions import ProviderSize, Transition
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel import form_answers
from panel.companies import rule_actions
from panel.form_answers import StaleChange, at
from panel.rights import Found, Member


class RuleSheet(NamedTuple):
    """``below``: the largest package that needs a partner, None: none. ``of_iys``: İYS's own windows."""

    below: int | None
    windows: list[Transition]
    packages: list[Package]
    of_iys: tuple[Transition, ...] = transitions.WINDOWS_OF_IYS

    @property
    def seen(self) -> str:
        return form_answers.seen(self.below, self.windows)


def sheet(snapshot: Snapshot) -> RuleSheet:
    below = packages.through_partners_below(snapshot)
    return RuleSheet(below, transitions.listed(snapshot), list(packages.PACKAGES.values()))


def give_package(registry: Registry, member: Member, provider: Found, name: str | None, why: str, shown: str) -> None:
    """Gives a provider a package, or none; blocking, because it counts addresses."""

    def check(held: Subscribed | None) -> None:
        form_answers.unchanged(form_answers.seen(held and (held.package.name, held.since)), shown)

    with at("package" if why else "why-package"):
        rule_actions.give_package(registry, member.person.id, provider.what.code, name, why, check)


def set_partner_rule(
    transaction: Transaction, registry: Registry, member: Member, below: int | None, shown: str
) -> None:
    """Packages up to this size work through a partner only; None: none."""
    _unchanged(transaction, shown)
    with at("below"):
        rule_actions.set_partner_rule(transaction, registry.keyring, member.person.id, below)


def open_window(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    size: ProviderSize,
    days: tuple[date, date],
    shown: str,
) -> None:
    """Opens a window for providers of a size. ``days``: the last ones for loading and for checking."""
    _unchanged(transaction, shown)
    with at("load"):
        rule_actions.open_window(transaction, registry.keyring, member.person.id, size, days)


def change_window(
    transaction: Transaction, registry: Registry, member: Member, number: int, days: tuple[date, date], shown: str
) -> None:
    """Changes a window's last days; past days end it."""
    if number not in [one.id for one in _unchanged(transaction, shown).windows]:
        raise StaleChange
    with at(f"load-{number}"):
        rule_actions.change_window(transaction, registry.keyring, member.person.id, number, days)


def _unchanged(transaction: Transaction, shown: str) -> RuleSheet:
    found = sheet(transaction)
    form_answers.unchanged(found.seen, shown)
    return found
