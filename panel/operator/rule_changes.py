"""What the operator decides for companies: packages, who works through a partner, transition windows."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import NamedTuple

from consents.brands import packages, transitions
from consents.brands.packages import Package
from consents.brands.transitions import ProviderSize, Transition
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.manage import managed_changes
from panel.manage.managed_changes import StaleChange, at
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
        return managed_changes.seen(self.below, self.windows)


def sheet(snapshot: Snapshot) -> RuleSheet:
    """What stands."""
    below = packages.through_partners_below(snapshot)
    return RuleSheet(below, transitions.listed(snapshot), list(packages.PACKAGES.values()))


def give_package(registry: Registry, member: Member, provider: Found, name: str | None, why: str, shown: str) -> None:
    """Gives a provider a package, or none; in a thread, because its addresses are counted."""
    also = partial(_note_package, registry=registry, member=member, provider=provider, name=name, why=why, shown=shown)
    with at("package" if why else "why-package"):
        packages.give(registry.store, provider.what.code, name, managed_changes.reason(member, why), also)


def set_partner_rule(
    transaction: Transaction, registry: Registry, member: Member, below: int | None, shown: str
) -> None:
    """Who has a package of no more addresses works through a partner only; None: nobody must."""
    before = _unchanged(transaction, shown)
    with at("below"):
        packages.only_through_partners(transaction, below)
    words = str(before.below or "off"), str(below or "off")
    managed_changes.note(transaction, registry, member, "partner-rule-changed", before=words[0], after=words[1])


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
        transitions.open_window(transaction, size, *days)
    after = f"{size.value} {days[0]} {days[1]}"
    managed_changes.note(transaction, registry, member, "window-opened", after=after)


def change_window(
    transaction: Transaction, registry: Registry, member: Member, number: int, days: tuple[date, date], shown: str
) -> None:
    """Gives a window other last days; days that are over end it."""
    before = next((one for one in _unchanged(transaction, shown).windows if one.id == number), None)
    if before is None:
        raise StaleChange
    with at(f"load-{number}"):
        transitions.change(transaction, number, *days)
    was, after = f"{before.load_until} {before.check_until}", f"{days[0]} {days[1]}"
    about = f"window {number}"
    managed_changes.note(transaction, registry, member, "window-changed", about=about, before=was, after=after)


def _unchanged(transaction: Transaction, shown: str) -> RuleSheet:
    found = sheet(transaction)
    managed_changes.unchanged(found.seen, shown)
    return found


def _note_package(
    transaction: Transaction,
    *,
    registry: Registry,
    member: Member,
    provider: Found,
    name: str | None,
    why: str,
    shown: str,
) -> None:
    held = packages.of(transaction, provider.id)
    managed_changes.unchanged(managed_changes.seen(held and (held.package.name, held.since)), shown)
    before, about = held.package.name if held else "-", f"provider {provider.what.code}"
    deed = NewAct("package-changed", member.person.id, provider.id, None, about, before, name or "-", why)
    panel_acts.record(transaction, registry.keyring, deed)
