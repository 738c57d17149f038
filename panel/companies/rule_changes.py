"""What the operator decides for companies: packages, who works through a partner, transition windows."""

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
    """``below``: up to how many addresses a package leads through a partner, None: none does. ``of_iys``: the windows
    that İYS began with."""

    below: int | None
    windows: list[Transition]
    packages: list[Package]
    of_iys: tuple[Transition, ...] = transitions.WINDOWS_OF_IYS

    @property
    def seen(self) -> str:
        """The mark of what can be changed."""
        return form_answers.seen(self.below, self.windows)


def sheet(snapshot: Snapshot) -> RuleSheet:
    """What stands."""
    below = packages.through_partners_below(snapshot)
    return RuleSheet(below, transitions.listed(snapshot), list(packages.PACKAGES.values()))


def give_package(registry: Registry, member: Member, provider: Found, name: str | None, why: str, shown: str) -> None:
    """Gives a provider a package, or none; in a thread, because its addresses are counted."""

    def check(held: Subscribed | None) -> None:
        form_answers.unchanged(form_answers.seen(held and (held.package.name, held.since)), shown)

    with at("package" if why else "why-package"):
        rule_actions.give_package(registry, member.person.id, provider.what.code, name, why, check)


def set_partner_rule(
    transaction: Transaction, registry: Registry, member: Member, below: int | None, shown: str
) -> None:
    """Who has a package of no more addresses works through a partner only; None: nobody must."""
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
    """Gives a window other last days; days that are over end it."""
    if number not in [one.id for one in _unchanged(transaction, shown).windows]:
        raise StaleChange
    with at(f"load-{number}"):
        rule_actions.change_window(transaction, registry.keyring, member.person.id, number, days)


def _unchanged(transaction: Transaction, shown: str) -> RuleSheet:
    found = sheet(transaction)
    form_answers.unchanged(found.seen, shown)
    return found
