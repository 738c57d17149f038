"""The operator's people, changed by themselves."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from panel.accounts import account_store, invitations, sessions
from panel.audit.change import Change
from panel.people import people_actions
from panel.rights import Member, Staff
from settings import Settings


class StaffOutcome(Enum):
    DONE = "done"
    THERE = "there"
    LAST = "last"  # the last of the operator's people
    BEYOND = "beyond"  # the person asking is no operator any more
    FULL = "full"  # as many invitations wait as may
    OFTEN = "often"  # the address got as many today as it may


class StaffWanted(NamedTuple):
    email: str
    staff: Staff
    token: str
    digest: bytes
    language: str


def invite(change: Change, settings: Settings, member: Member, wanted: StaffWanted) -> StaffOutcome:
    """Invites an operator or an auditor by mail."""
    transaction, keyring = change.transaction, change.keyring
    known = account_store.find(transaction, keyring, wanted.email)
    if known and known.ended_at is None and known.staff is not Staff.NONE:
        return StaffOutcome.THERE
    if not _is_operator(change, member):
        return StaffOutcome.BEYOND
    if len(invitations.waiting(transaction, keyring, None, transaction.now)) >= invitations.MOST_OPEN:
        return StaffOutcome.FULL
    if invitations.lately(transaction, keyring, wanted.email) >= invitations.MOST_A_DAY:
        return StaffOutcome.OFTEN
    by = member.person.id
    number = invitations.add(transaction, keyring, wanted.digest, wanted.email, by, staff=wanted.staff)
    company = settings.operator_title or settings.site_name
    people_actions.post_invitation(transaction, keyring, settings, wanted.language, wanted.email, wanted.token, company)
    change.note("person-invited", f"invitation {number}", after=wanted.staff.name.lower())
    return StaffOutcome.DONE


def end(change: Change, member: Member, person: int) -> StaffOutcome:
    """Ends somebody's role with the operator; their memberships stay."""
    if not _is_operator(change, member):
        return StaffOutcome.BEYOND
    people = account_store.staff(change.transaction, change.keyring)
    operators = [one.id for one in people if one.staff is Staff.OPERATOR]
    if operators == [person]:
        return StaffOutcome.LAST
    before = next((one.staff.name.lower() for one in people if one.id == person), "")
    account_store.set_staff(change.transaction, person, Staff.NONE)
    sessions.end_of(change.transaction, person)
    people_actions.withdraw_all_by(change, person, None)
    change.note("staff-changed", f"person {person}", before)
    return StaffOutcome.DONE


def _is_operator(change: Change, member: Member) -> bool:
    """Whether the member is still an operator."""
    known = account_store.by_number(change.transaction, change.keyring, member.person.id)
    return known is not None and known.ended_at is None and known.staff is Staff.OPERATOR
