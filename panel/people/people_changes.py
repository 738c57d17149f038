"""Who works for a company, changed by its own people: each change in one transaction that looks at the rights anew.

Nobody gives more than he has, or takes from who has more; the last owner stays one.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from consents.instants import MINUTE
from consents.registry import Registry
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.people import invitation_mails, invitations, members, panel_users
from panel.people.members import Colleague
from panel.rights import Company, Member, Membership, Role, Staff
from settings import Settings

_AGAIN = MINUTE  # µs: the same invitation within this is a second click


class ChangeOutcome(Enum):
    """What became of a change."""

    DONE = "done"
    STALE = "stale"  # somebody has changed it meanwhile
    BEYOND = "beyond"  # more than one has oneself
    LAST_OWNER = "last owner"
    THERE = "there"  # is one of the people already


class Wanted(NamedTuple):
    """An invitation to a company. ``token``: of its link; ``digest``: its SHA-256."""

    email: str
    membership: Membership
    token: str
    digest: bytes
    language: str


def invite(
    transaction: Transaction, registry: Registry, settings: Settings, member: Member, wanted: Wanted
) -> ChangeOutcome:
    """Invites somebody by mail. Of two invitations the newer stands; a second click sends no second mail."""
    company, keyring = member.at, registry.keyring
    if not _may_give(transaction, member, wanted.membership):
        return ChangeOutcome.BEYOND
    known = panel_users.find(transaction, keyring, wanted.email)
    if known and known.ended_at is None and members.find(transaction, known.id, company.id):
        return ChangeOutcome.THERE
    for open_ in invitations.waiting(transaction, keyring, company.id, transaction.now):
        if open_.email == wanted.email:
            if open_.membership[:3] == wanted.membership[:3] and transaction.now - open_.created_at < _AGAIN:
                return ChangeOutcome.DONE
            withdraw(transaction, registry, member, open_.id)
    number = invitations.add(
        transaction,
        keyring,
        wanted.digest,
        wanted.email,
        member.person.id,
        provider=company.id,
        membership=wanted.membership,
    )
    invitation_mails.post(transaction, registry, settings, wanted.language, wanted.email, wanted.token, company.title)
    after = words(wanted.membership)
    _note(transaction, registry, "person-invited", member, f"invitation {number}", after=after)
    return ChangeOutcome.DONE


def withdraw(transaction: Transaction, registry: Registry, member: Member, number: int) -> None:
    """Takes an invitation back; nothing happens where it was taken already."""
    if invitations.end(transaction, number):
        _note(transaction, registry, "invitation-withdrawn", member, f"invitation {number}")


def accept(transaction: Transaction, registry: Registry, digest: bytes) -> bool:
    """Makes whoever holds the link what he was invited to be; he still signs in by his e-mail. False: too late."""
    keyring = registry.keyring
    found = invitations.by_digest(transaction, keyring, digest)
    if found is None or not invitations.end(transaction, found.id):
        return False
    person = panel_users.enrol(transaction, keyring, found.email)
    if found.provider is not None:
        members.put(transaction, person.id, found.provider, found.membership)
    if found.staff is not Staff.NONE:
        panel_users.set_staff(transaction, person.id, found.staff)
    after = words(found.membership) if found.provider is not None else found.staff.name.lower()
    deed = NewAct("person-joined", person.id, found.provider, object=f"invitation {found.id}", after=after)
    panel_acts.record(transaction, keyring, deed)
    return True


def change(
    transaction: Transaction, registry: Registry, member: Member, person: int, wanted: Membership, seen: int
) -> ChangeOutcome:
    """Makes a colleague what ``wanted`` says; ``seen``: the version that whoever asks was looking at."""
    company = member.at
    found = members.colleague(transaction, registry.keyring, company.id, person)
    if found is None or found.membership.version != seen:
        return ChangeOutcome.STALE
    if not (_may_give(transaction, member, found.membership) and _may_give(transaction, member, wanted)):
        return ChangeOutcome.BEYOND
    if wanted.role is not Role.OWNER and _is_last_owner(transaction, company, found):
        return ChangeOutcome.LAST_OWNER
    members.put(transaction, person, company.id, wanted)
    before, after = words(found.membership), words(wanted)
    _note(transaction, registry, "person-changed", member, f"person {person}", before=before, after=after)
    return ChangeOutcome.DONE


def end(transaction: Transaction, registry: Registry, member: Member, person: int) -> ChangeOutcome:
    """Ends a colleague's work for the company, with his next click."""
    company = member.at
    found = members.colleague(transaction, registry.keyring, company.id, person)
    if found is None:
        return ChangeOutcome.STALE
    if not _may_give(transaction, member, found.membership):
        return ChangeOutcome.BEYOND
    if _is_last_owner(transaction, company, found):
        return ChangeOutcome.LAST_OWNER
    members.end(transaction, person, company.id)
    before = words(found.membership)
    _note(transaction, registry, "person-ended", member, f"person {person}", before=before)
    return ChangeOutcome.DONE


def words(membership: Membership) -> str:
    """A membership as the log keeps it: "user see,load brands 3,4"."""
    rights = ",".join(str(one.name).lower() for one in membership.rights)
    brands = "" if membership.brands is None else f"brands {','.join(map(str, sorted(membership.brands)))}"
    return " ".join(filter(None, [membership.role.word, rights, brands]))


def _may_give(transaction: Transaction, member: Member, other: Membership) -> bool:
    """Whether whoever asks has at this moment what he wants to give or take."""
    own = members.find(transaction, member.person.id, member.at.id)
    return own is not None and own.covers(other)


def _is_last_owner(transaction: Transaction, company: Company, found: Colleague) -> bool:
    return found.membership.role is Role.OWNER and members.owners(transaction, company.id) == 1


def _note(
    transaction: Transaction,
    registry: Registry,
    what: str,
    member: Member,
    about: str,
    *,
    before: str = "",
    after: str = "",
) -> None:
    deed = NewAct(what, member.person.id, member.at.id, object=about, before=before, after=after)
    panel_acts.record(transaction, registry.keyring, deed)
