"""A company's people, invitations, and second-step rule."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.accounts import invitations, memberships
from panel.accounts.invitations import Invitation
from panel.accounts.memberships import Colleague
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.rights import Member


class PeopleBook(NamedTuple):
    """``titles``: by internal id, of the brands that the reader may see."""

    colleagues: list[Colleague]
    invitations: list[Invitation]
    second_step: bool
    titles: dict[int, str]


def of(snapshot: Snapshot, keyring: Keyring, member: Member, now: int) -> PeopleBook:
    """A company's people at ``now`` (µs), as one of them sees them."""
    company = member.at
    return PeopleBook(
        memberships.colleagues(snapshot, keyring, company.id),
        invitations.waiting(snapshot, keyring, company.id, now),
        memberships.rule(snapshot, company.id),
        {brand.id: brand.title for brand in brands(snapshot, member)},
    )


def brands(snapshot: Snapshot, member: Member) -> list[KnownBrand]:
    return [brand for brand in provider_list.brands_of(snapshot, member.at.id) if member.sees(brand.id)]


def set_rule(transaction: Transaction, registry: Registry, member: Member, asks: bool) -> None:
    before = memberships.rule(transaction, member.at.id)
    if before is asks:
        return
    memberships.set_rule(transaction, member.at.id, asks)
    words = {True: "required", False: "optional"}
    action = NewAction("rule-changed", member.person.id, member.at.id, before=words[before], after=words[asks])
    audit_log.record(transaction, registry.keyring, action)
