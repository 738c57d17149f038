"""Tables ``panel_member`` and ``panel_member_brand``: who works for which provider, with which rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.brands.spelling import turkish_order
from consents.columns import micros
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.accounts import account_store
from panel.accounts.account_store import PanelPerson
from panel.audit.change import Change
from panel.rights import Company, Member, Membership, Permission, Role, Staff

_ONE = Statement(
    text(
        "SELECT m.role, m.rights, m.every_brand, m.version FROM panel_member m "
        "WHERE m.person = :person AND m.provider = :provider"
    )
)
_BRANDS = Statement(text("SELECT brand FROM panel_member_brand WHERE person = :person AND provider = :provider"))
_OTHER = Statement(text("SELECT 1 FROM panel_member WHERE person = :person AND provider <> :provider LIMIT 1"))
_COMPANIES = Statement(text("SELECT provider FROM panel_member WHERE person = :person"))
_OF_PROVIDER = Statement(
    text(
        "SELECT u.id, u.email, u.staff, u.created_at, u.ended_at, u.version, "
        "m.role, m.rights, m.every_brand, m.version "
        "FROM panel_member m JOIN panel_user u ON u.id = m.person WHERE m.provider = :provider ORDER BY u.id"
    )
)
_OWNERS = Statement(
    text(
        "SELECT count(*) FROM panel_member m JOIN panel_user u ON u.id = m.person "
        "WHERE m.provider = :provider AND m.role = :owner AND u.staff = 0"
    )
)
_ROLES = Statement(text("SELECT role, count(*) FROM panel_member WHERE provider = :provider GROUP BY role"))
_END = Statement(text("DELETE FROM panel_member WHERE person = :person AND provider = :provider"))
_END_BRANDS = Statement(text("DELETE FROM panel_member_brand WHERE person = :person AND provider = :provider"))
_END_ALL = Statement(text("DELETE FROM panel_member WHERE person = :person"))
_END_ALL_BRANDS = Statement(text("DELETE FROM panel_member_brand WHERE person = :person"))
_VERSION = Statement(text("SELECT version FROM panel_member WHERE person = :person AND provider = :provider"))


class Colleague(NamedTuple):
    """A person and their membership of one provider."""

    person: PanelPerson
    membership: Membership


def find(snapshot: Snapshot, person: int, provider: int) -> Membership | None:
    """A person's membership of a provider (internal ids)."""
    row = snapshot.one(_ONE, {"person": person, "provider": provider})
    return None if row is None else _membership(snapshot, person, provider, row)


def acting(snapshot: Snapshot, person: int, staff: Staff, provider: int) -> Membership | None:
    """A person's membership of a provider; none while they are one of the operator's people."""
    return find(snapshot, person, provider) if staff is Staff.NONE else None


def works_elsewhere(snapshot: Snapshot, person: int, provider: int) -> bool:
    """Whether a person works for another company than this one too."""
    return snapshot.one(_OTHER, {"person": person, "provider": provider}) is not None


def companies(snapshot: Snapshot, person: int) -> list[Company]:
    """The companies a person works for, by title."""
    numbers = [number for (number,) in snapshot.all(_COMPANIES, {"person": person})]
    found = [Company(*known[:3]) for known in provider_list.by_id(snapshot, numbers)]
    return sorted(found, key=lambda company: turkish_order(company.title))


def colleagues(snapshot: Snapshot, keyring: Keyring, provider: int) -> list[Colleague]:
    """A provider's people, the earliest first."""
    found = []
    for row in snapshot.all(_OF_PROVIDER, {"provider": provider}):
        number, email, staff, created, ended, version, *membership = row
        address = keyring.unseal(bytes(email))
        assert address is not None
        since = None if ended is None else micros(ended)
        person = PanelPerson(number, address, Staff(staff), micros(created), since, version)
        found.append(Colleague(person, _membership(snapshot, number, provider, membership)))
    return found


def owner_emails(snapshot: Snapshot, keyring: Keyring, provider: int) -> list[str]:
    """E-mails of a provider's acting owners, the earliest first."""
    return [
        one.person.email
        for one in colleagues(snapshot, keyring, provider)
        if one.membership.role is Role.OWNER and one.person.ended_at is None
    ]


def owners(snapshot: Snapshot, provider: int) -> int:
    """A provider's acting owners; the operator's people do not count."""
    row = snapshot.one(_OWNERS, {"provider": provider, "owner": Role.OWNER.value})
    (count,) = row or (0,)
    return int(count)


def roles(snapshot: Snapshot, provider: int) -> dict[Role, int]:
    """Number of a provider's people by role."""
    found = {Role(role): int(count) for role, count in snapshot.all(_ROLES, {"provider": provider})}
    return {role: found.get(role, 0) for role in reversed(Role)}


def put(transaction: Transaction, person: int, provider: int, membership: Membership) -> None:
    """Writes a membership; its version rises."""
    row = transaction.one(_VERSION, {"person": person, "provider": provider})
    (version,) = row or (0,)
    values = (person, provider, membership.role.value, membership.rights.value, membership.brands is None, version + 1)
    columns = "person,provider,role,rights,every_brand,version"
    transaction.upsert("panel_member", "person,provider", columns, [values])
    transaction.run(_END_BRANDS, {"person": person, "provider": provider})
    if membership.brands:
        rows = [(person, provider, brand) for brand in sorted(membership.brands)]
        transaction.insert("panel_member_brand", "person,provider,brand", rows)


def end(transaction: Transaction, person: int, provider: int) -> None:
    """Ends a person's work for a provider."""
    transaction.run(_END_BRANDS, {"person": person, "provider": provider})
    transaction.run(_END, {"person": person, "provider": provider})


def end_all(transaction: Transaction, person: int) -> None:
    transaction.run(_END_ALL_BRANDS, {"person": person})
    transaction.run(_END_ALL, {"person": person})


def brands(snapshot: Snapshot, member: Member) -> list[KnownBrand]:
    """The company's brands that a member sees, by title."""
    seen = [brand for brand in provider_list.brands_of(snapshot, member.at.id) if member.sees(brand.id)]
    return sorted(seen, key=lambda brand: turkish_order(brand.title))


def colleague(snapshot: Snapshot, keyring: Keyring, provider: int, person: int) -> Colleague | None:
    membership = find(snapshot, person, provider)
    known = account_store.by_number(snapshot, keyring, person) if membership else None
    return Colleague(known, membership) if known and membership else None


def _membership(snapshot: Snapshot, person: int, provider: int, row: Sequence[Any]) -> Membership:
    role, rights, every_brand, version = row
    brands = None
    if not every_brand:
        brands = frozenset(one[0] for one in snapshot.all(_BRANDS, {"person": person, "provider": provider}))
    return Membership(Role(role), Permission(rights), brands, version)


_RULE = Statement(text("SELECT second_step FROM panel_rule WHERE provider = :provider"))
_RULED = Statement(
    text(
        "SELECT 1 FROM panel_member m JOIN panel_rule r ON r.provider = m.provider "
        "WHERE m.person = :person AND r.second_step LIMIT 1"
    )
)


def rule(snapshot: Snapshot, provider: int) -> bool:
    """Whether a provider requires a second step."""
    (asks,) = snapshot.one(_RULE, {"provider": provider}) or (False,)
    return bool(asks)


def set_rule(change: Change, provider: int, asks: bool) -> None:
    """Sets whether a provider requires a second step."""
    words = {True: "required", False: "optional"}
    before = rule(change.transaction, provider)
    if before is not asks:
        change.transaction.upsert("panel_rule", "provider", "provider,second_step", [(provider, asks)])
        change.note("rule-changed", "", words[before], words[asks], provider=provider)


def asked_of(snapshot: Snapshot, person: int) -> bool:
    """Whether one of a person's companies requires a second step."""
    return snapshot.one(_RULED, {"person": person}) is not None
