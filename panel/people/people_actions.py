"""A company's and a partner's people, changed by their own people, the operator's by themselves, and their invitations
by mail; each transaction reads the rights again. Users can only grant and revoke permissions they hold; the last owner
stays."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from consents.instants import MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from gateways.outbox import outbox
from panel.accounts import account_store, invitations, memberships, partner_seats, sessions
from panel.accounts.invitations import LIFE, Invitation
from panel.accounts.memberships import Colleague
from panel.audit.change import Change
from panel.rights import Company, Member, Membership, Permission, Role, Staff
from providers.callers import partners
from providers.callers.partners import KnownPartner
from settings import Settings
from web.rendering import texts, when
from web.rendering.texts import mark

_AGAIN = MINUTE  # µs: the same invitation within this is a second click
# Without the company's name, which a company gives itself: a stranger reads the subject as the site's own words.
_SUBJECT = mark("%(site)s paneline davet edildiniz")
_LINES = (
    mark("Merhaba,"),
    mark("Şirket panelinde çalışmak üzere davet edildiniz. Şirketin kendine verdiği ad: “%(company)s”"),
    mark("Daveti kabul etmek için:\n%(url)s"),
    mark("Davet şu zamana kadar geçerlidir ve bir kez kullanılır: %(until)s"),
    mark("Böyle bir davet beklemiyorsanız bir şey yapmanız gerekmez."),
)


class ChangeOutcome(Enum):
    """The result of a change."""

    DONE = "done"
    STALE = "stale"  # somebody has changed it meanwhile
    BEYOND = "beyond"  # more than one has oneself
    LAST_OWNER = "last owner"  # or the last operator
    THERE = "there"  # is one of the people already
    FULL = "full"  # as many invitations wait as may
    OFTEN = "often"  # the address got as many today as it may


class Invitee(NamedTuple):
    """``token``: of the invitation's link; ``digest``: its SHA-256."""

    email: str
    token: str
    digest: bytes
    language: str


def invite(change: Change, settings: Settings, member: Member, whom: Invitee, membership: Membership) -> ChangeOutcome:
    """Invites a person by mail. A new invitation replaces an older one; a second click sends no second mail. BEYOND
    also where an open invitation grants more than the member holds: it stays."""
    company, transaction, keyring = member.at, change.transaction, change.keyring
    if not _may_give(change, member, membership):
        return ChangeOutcome.BEYOND
    known = account_store.find(transaction, keyring, whom.email)
    if known and known.ended_at is None and memberships.find(transaction, known.id, company.id):
        return ChangeOutcome.THERE
    waiting = invitations.waiting(transaction, keyring, company.id, transaction.now)
    same = [one for one in waiting if one.email == whom.email]
    if any(_is_repeated(one, membership, transaction.now) for one in same):
        return ChangeOutcome.DONE
    if not all(_may_give(change, member, one.membership) for one in same):
        return ChangeOutcome.BEYOND
    if (outcome := _room(change, whom.email, len(waiting) - len(same))) is not None:
        return outcome
    for one in same:
        _withdraw(change, company.id, one.id)
    link = whom.digest, whom.email, member.person.id
    number = invitations.add(transaction, keyring, *link, provider=company.id, membership=membership)
    _post(change, settings, whom, company.title)
    change.note("person-invited", f"invitation {number}", after=words(membership), provider=company.id)
    return ChangeOutcome.DONE


def _room(change: Change, email: str, waiting: int) -> ChangeOutcome | None:
    """Why one more invitation is too many. ``waiting``: open ones of the company, or to the operator's people."""
    if waiting >= invitations.MOST_OPEN:
        return ChangeOutcome.FULL
    often = invitations.lately(change.transaction, change.keyring, email) >= invitations.MOST_A_DAY
    return ChangeOutcome.OFTEN if often else None


def withdraw(change: Change, member: Member, number: int) -> ChangeOutcome:
    """Withdraws an invitation; no effect on an accepted one."""
    found = invitations.by_number(change.transaction, change.keyring, number)
    if found is None or not _may_give(change, member, found.membership):
        return ChangeOutcome.BEYOND
    _withdraw(change, member.at.id, number)
    return ChangeOutcome.DONE


def withdraw_all_by(change: Change, person: int, provider: int | None) -> None:
    """Ends the open invitations a person made at a provider, or to the operator's people (None)."""
    for one in invitations.open_by(change.transaction, change.keyring, person, change.transaction.now):
        if one.provider == provider and one.partner is None:
            _withdraw(change, provider, one.id)


def is_open(snapshot: Snapshot, keyring: Keyring, digest: bytes, now: int) -> bool:
    """Whether a link's invitation can be accepted at ``now`` (µs)."""
    found = invitations.by_digest(snapshot, keyring, digest)
    return found is not None and found.live(now) and _stands(snapshot, keyring, found)


def accept(transaction: Transaction, keyring: Keyring, digest: bytes) -> bool:
    """Accepts an invitation: its holder gets the role, and then signs in by e-mail. False: it expired, or the
    inviter may no longer grant the role."""
    found = invitations.by_digest(transaction, keyring, digest)
    if found is None or not _stands(transaction, keyring, found) or not invitations.end(transaction, found.id):
        return False
    person = account_store.enrol(transaction, keyring, found.email)
    if found.partner is not None:
        partner_seats.put(transaction, person.id, found.partner, found.membership.role is Role.OWNER)
        about = f"{_partner(transaction, found.partner)}, person {person.id}"
        Change(transaction, keyring, person.id).note("person-joined", about, after=found.membership.role.word)
        return True
    if found.provider is not None:
        memberships.put(transaction, person.id, found.provider, found.membership)
    if found.staff is not Staff.NONE:
        account_store.set_staff(transaction, person.id, found.staff)
    after = words(found.membership) if found.provider is not None else found.staff.name.lower()
    change = Change(transaction, keyring, person.id)
    change.note("person-joined", f"invitation {found.id}", after=after, provider=found.provider)
    return True


def edit(change: Change, member: Member, person: int, wanted: Membership, seen: int) -> ChangeOutcome:
    """Changes a colleague's membership; ``seen``: the version that the form showed."""
    company = member.at
    found = memberships.colleague(change.transaction, change.keyring, company.id, person)
    if found is None or found.membership.version != seen:
        return ChangeOutcome.STALE
    if not (_may_give(change, member, found.membership) and _may_give(change, member, wanted)):
        return ChangeOutcome.BEYOND
    if wanted.role is not Role.OWNER and _is_last_owner(change.transaction, company, found):
        return ChangeOutcome.LAST_OWNER
    memberships.put(change.transaction, person, company.id, wanted)
    was, becomes = words(found.membership), words(wanted)
    change.note("person-changed", f"person {person}", was, becomes, provider=company.id)
    return ChangeOutcome.DONE


def end(change: Change, member: Member, person: int) -> ChangeOutcome:
    """Ends a colleague's work for the company, from their next click."""
    company = member.at
    found = memberships.colleague(change.transaction, change.keyring, company.id, person)
    if found is None:
        return ChangeOutcome.STALE
    if not _may_give(change, member, found.membership):
        return ChangeOutcome.BEYOND
    if _is_last_owner(change.transaction, company, found):
        return ChangeOutcome.LAST_OWNER
    memberships.end(change.transaction, person, company.id)
    withdraw_all_by(change, person, company.id)
    change.note("person-ended", f"person {person}", words(found.membership), provider=company.id)
    return ChangeOutcome.DONE


def invite_staff(change: Change, settings: Settings, member: Member, whom: Invitee, staff: Staff) -> ChangeOutcome:
    """Invites an operator or an auditor by mail."""
    transaction, keyring = change.transaction, change.keyring
    known = account_store.find(transaction, keyring, whom.email)
    if known and known.ended_at is None and known.staff is not Staff.NONE:
        return ChangeOutcome.THERE
    if not _is_operator(change, member):
        return ChangeOutcome.BEYOND
    waiting = invitations.waiting(transaction, keyring, None, transaction.now)
    if (outcome := _room(change, whom.email, len(waiting))) is not None:
        return outcome
    link = whom.digest, whom.email, member.person.id
    number = invitations.add(transaction, keyring, *link, staff=staff)
    _post(change, settings, whom, settings.operator_title or settings.site_name)
    change.note("person-invited", f"invitation {number}", after=staff.name.lower())
    return ChangeOutcome.DONE


def end_staff(change: Change, member: Member, person: int) -> ChangeOutcome:
    """Ends somebody's role with the operator; their memberships stay."""
    if not _is_operator(change, member):
        return ChangeOutcome.BEYOND
    people = account_store.staff(change.transaction, change.keyring)
    operators = [one.id for one in people if one.staff is Staff.OPERATOR]
    if operators == [person]:
        return ChangeOutcome.LAST_OWNER
    before = next((one.staff.name.lower() for one in people if one.id == person), "")
    account_store.set_staff(change.transaction, person, Staff.NONE)
    sessions.end_of(change.transaction, person)
    withdraw_all_by(change, person, None)
    change.note("staff-changed", f"person {person}", before)
    return ChangeOutcome.DONE


def invite_to_partner(
    change: Change, settings: Settings, member: Member, whom: Invitee, partner: KnownPartner, role: Role
) -> ChangeOutcome:
    """Invites a person to a partner's people by mail, as owner or user. A new invitation replaces an older one."""
    transaction, keyring = change.transaction, change.keyring
    if not _leads_partner(transaction, keyring, member.person.id, partner.id):
        return ChangeOutcome.BEYOND
    known = account_store.find(transaction, keyring, whom.email)
    if known and known.ended_at is None and partner_seats.partner_of(transaction, known.id) == partner.id:
        return ChangeOutcome.THERE
    waiting = invitations.waiting_at_partner(transaction, keyring, partner.id, transaction.now)
    same = [one for one in waiting if one.email == whom.email]
    if any(one.membership.role is role and transaction.now - one.created_at < _AGAIN for one in same):
        return ChangeOutcome.DONE
    if (outcome := _room(change, whom.email, len(waiting) - len(same))) is not None:
        return outcome
    for one in same:
        _withdraw_at_partner(change, one)
    given = Membership(role, Permission.MEMBER)
    link = whom.digest, whom.email, member.person.id
    number = invitations.add(transaction, keyring, *link, membership=given, partner=partner.id)
    _post(change, settings, whom, partner.title)
    change.note("person-invited", f"partner {partner.code}, invitation {number}", after=role.word)
    return ChangeOutcome.DONE


def withdraw_at_partner(change: Change, member: Member, number: int) -> ChangeOutcome:
    """Withdraws an invitation to a partner's people; no effect on an accepted one."""
    found = invitations.by_number(change.transaction, change.keyring, number)
    if found is None or not _leads_partner(change.transaction, change.keyring, member.person.id, found.partner):
        return ChangeOutcome.BEYOND
    _withdraw_at_partner(change, found)
    return ChangeOutcome.DONE


def end_at_partner(change: Change, member: Member, person: int) -> ChangeOutcome:
    """Ends a person's work for the partner that they work for, from their next click."""
    transaction, keyring = change.transaction, change.keyring
    partner = partner_seats.partner_of(transaction, person)
    if partner is None:
        return ChangeOutcome.STALE
    if not _leads_partner(transaction, keyring, member.person.id, partner):
        return ChangeOutcome.BEYOND
    found = next(one for one in partner_seats.people(transaction, keyring, partner) if one.person.id == person)
    acts = found.owner and found.person.staff is Staff.NONE
    by_operator = _is_operator(change, member)
    if acts and not by_operator and partner_seats.owners(transaction, partner) == 1:
        return ChangeOutcome.LAST_OWNER
    leave_partner(change, person)
    return ChangeOutcome.DONE


def leave_partner(change: Change, person: int) -> None:
    """Ends a person's work for a partner and their invitations to it; no effect where they work for none."""
    partner = partner_seats.partner_of(change.transaction, person)
    if partner is None:
        return
    partner_seats.end(change.transaction, person)
    for one in invitations.open_by(change.transaction, change.keyring, person, change.transaction.now):
        if one.partner == partner:
            _withdraw_at_partner(change, one)
    change.note("person-ended", f"{_partner(change.transaction, partner)}, person {person}")


def _withdraw_at_partner(change: Change, found: Invitation) -> None:
    if found.partner is not None and invitations.end(change.transaction, found.id):
        change.note("invitation-withdrawn", f"{_partner(change.transaction, found.partner)}, invitation {found.id}")


def _partner(snapshot: Snapshot, partner: int) -> str:
    """A partner as the audit log names it."""
    return f"partner {partners.code_of(snapshot, partner)}"


def _leads_partner(snapshot: Snapshot, keyring: Keyring, person: int, partner: int | None) -> bool:
    """Whether a person may invite to a partner's people now: one of its owners, or an operator."""
    known = account_store.by_number(snapshot, keyring, person)
    if partner is None or known is None or known.ended_at is not None:
        return False
    if known.staff is not Staff.NONE:
        return known.staff is Staff.OPERATOR
    seat = partner_seats.find(snapshot, person)
    return seat is not None and seat.id == partner and seat.owner


def _is_operator(change: Change, member: Member) -> bool:
    """Whether the member is still an operator."""
    known = account_store.by_number(change.transaction, change.keyring, member.person.id)
    return known is not None and known.ended_at is None and known.staff is Staff.OPERATOR


def words(membership: Membership) -> str:
    """A membership as logged: "user see,load brands 3,4"."""
    rights = ",".join(str(one.name).lower() for one in membership.rights)
    brands = "" if membership.brands is None else f"brands {','.join(map(str, sorted(membership.brands)))}"
    return " ".join(filter(None, [membership.role.word, rights, brands]))


def _may_give(change: Change, member: Member, other: Membership) -> bool:
    """Whether the member now holds what they want to grant or revoke."""
    return _covers(change.transaction, change.keyring, member.person.id, member.at.id, other)


def _covers(snapshot: Snapshot, keyring: Keyring, person: int, provider: int, other: Membership) -> bool:
    known = account_store.by_number(snapshot, keyring, person)
    if known is None or known.ended_at is not None:
        return False
    own = memberships.acting(snapshot, person, known.staff, provider)
    return own is not None and own.covers(other)


def _stands(snapshot: Snapshot, keyring: Keyring, found: Invitation) -> bool:
    """Whether the inviter may still grant what the invitation grants; a person works for one partner at most."""
    if found.partner is not None:
        known = account_store.find(snapshot, keyring, found.email)
        works_for = None if known is None else partner_seats.partner_of(snapshot, known.id)
        free = works_for in (None, found.partner)
        return free and _leads_partner(snapshot, keyring, found.invited_by, found.partner)
    if found.provider is not None:
        return _covers(snapshot, keyring, found.invited_by, found.provider, found.membership)
    inviter = account_store.by_number(snapshot, keyring, found.invited_by)
    return inviter is not None and inviter.ended_at is None and inviter.staff is Staff.OPERATOR


def _is_repeated(one: Invitation, membership: Membership, now: int) -> bool:
    """Whether it repeats a recent invitation: a second click."""
    return one.membership[:3] == membership[:3] and now - one.created_at < _AGAIN


def _withdraw(change: Change, provider: int | None, number: int) -> None:
    if invitations.end(change.transaction, number):
        change.note("invitation-withdrawn", f"invitation {number}", provider=provider)


def _is_last_owner(transaction: Transaction, company: Company, found: Colleague) -> bool:
    acts = found.membership.role is Role.OWNER and found.person.staff is Staff.NONE
    return acts and memberships.owners(transaction, company.id) == 1


def _post(change: Change, settings: Settings, whom: Invitee, company: str) -> None:
    """Posts the mail, with lower priority than sign-in codes. Its link alone signs nobody in."""
    translate = texts.catalogue(whom.language).gettext
    until = change.transaction.now + LIFE
    values = {
        "site": settings.site_name,
        "company": company,
        "url": f"{settings.public_url}/panel/davet?d={whom.token}",
        "until": when.moment(whom.language, until),
    }
    lines = [translate(line) % values for line in _LINES]
    outbox.post(
        change.transaction,
        change.keyring,
        kind="mail",
        to=whom.email,
        subject=translate(_SUBJECT) % values,
        text="\n\n".join([*lines, settings.operator_title or settings.site_name]) + "\n",
        expires_at=until,
    )
