"""Accepts, refuses or withdraws claims, each in one transaction, for pages and commands; ``person`` is None for a
command."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import brand_changes, company_changes, lookalikes, provider_list
from consents.brands.companies import BadCompany, KnownBrand
from consents.brands.lookalikes import Lookalike
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from optout import public as optout
from panel.accounts import account_store, memberships
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.brands import brand_actions, claim_mails, claim_store
from panel.brands.claim_store import ClaimKind, ClaimState, CompanyClaim
from panel.rights import Role
from settings import Settings


class StaleClaim(BadCompany):
    """The claim was decided meanwhile; nothing changes."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no claim {number} waits: see izin claims list", "claim-stale")


class ClaimSheet(NamedTuple):
    """A claim for the operator. ``company``: title, ``code``: iysCode; ``brand``: None before it exists; ``holder``:
    the current brand of the number or name; ``near``: what it resembles; ``rivals``: other open claims of it."""

    claim: CompanyClaim
    company: str
    code: int
    brand: KnownBrand | None
    holder: KnownBrand | None
    near: list[Lookalike]
    rivals: list[int]


class Decider(NamedTuple):
    """The person deciding, and their tools. ``language``: of the mail."""

    registry: Registry
    settings: Settings
    person: int | None
    language: str

    @property
    def keyring(self) -> Keyring:
        return self.registry.keyring


def sheets(snapshot: Snapshot, site: str) -> list[ClaimSheet]:
    """Open claims, the oldest first."""
    found = claim_store.waiting(snapshot)
    known = {one.id: one for one in provider_list.by_id(snapshot, sorted({one.provider for one in found}))}
    return [
        ClaimSheet(
            claim,
            known[claim.provider].title,
            known[claim.provider].code,
            None if claim.brand is None else provider_list.brand(snapshot, claim.brand),
            _holder(snapshot, claim),
            _near(snapshot, claim, site),
            [one.id for one in found if _same(one, claim) and one.id != claim.id],
        )
        for claim in found
    ]


def accept(transaction: Transaction, by: Decider, number: int, why: str) -> None:
    """Applies a claim. A name or number that another brand holds moves to this one. Errors: BadCompany."""
    claim = _waiting(transaction, number)
    reason = company_changes.checked(why) if why.strip() else f"claim {claim.id}"
    if not claim_store.settle(transaction, by.keyring, claim.id, ClaimState.ACCEPTED, by.person, why.strip()):
        raise StaleClaim(number)
    _note(transaction, by, claim, "claim-accepted", why)
    _do(transaction, by, claim, reason)
    _mail(transaction, by, claim, ClaimState.ACCEPTED, why.strip())


def refuse(transaction: Transaction, by: Decider, number: int, why: str) -> None:
    """Refuses a claim, and mails the company the reason. Errors: BadCompany."""
    claim, reason = _waiting(transaction, number), company_changes.checked(why)
    if not claim_store.settle(transaction, by.keyring, claim.id, ClaimState.REFUSED, by.person, reason):
        raise StaleClaim(number)
    _note(transaction, by, claim, "claim-refused", reason)
    _mail(transaction, by, claim, ClaimState.REFUSED, reason)


def withdraw(transaction: Transaction, keyring: Keyring, person: int, claim: CompanyClaim) -> None:
    """Withdraws a claim for its own company. Errors: BadCompany."""
    if not claim_store.settle(transaction, keyring, claim.id, ClaimState.WITHDRAWN, person, ""):
        raise StaleClaim(claim.id)
    act = NewAction("claim-withdrawn", person, claim.provider, claim.brand, f"claim {claim.id}", before=claim.value)
    audit_log.record(transaction, keyring, act)


def _do(transaction: Transaction, by: Decider, claim: CompanyClaim, why: str) -> None:
    noted = transaction, by.keyring, by.person
    if claim.brand is None:
        (company,) = provider_list.by_id(transaction, [claim.provider])
        brand_actions.add(*noted, company.code, int(claim.value), claim.about)
        return
    brand, holder = provider_list.brand(transaction, claim.brand), _holder(transaction, claim)
    if claim.kind is ClaimKind.TITLE:
        brand_actions.rename(*noted, brand.code, claim.value, why)
    elif claim.kind is ClaimKind.NUMBER:
        if holder and holder.id != brand.id:
            brand_actions.remove_number(*noted, holder.code, claim.value)
        brand_actions.add_number(*noted, brand.code, claim.value, by.settings.shared_numbers)
    else:
        header = claim.kind is ClaimKind.HEADER
        if holder and holder.id != brand.id:
            _take_name(transaction, by, holder, claim.value, why)
        held = brand_changes.names(transaction, brand.id)[header]
        change = brand_actions.set_headers if header else brand_actions.set_names
        change(*noted, brand.code, list(dict.fromkeys((*held, claim.value))), why)


def _take_name(transaction: Transaction, by: Decider, holder: KnownBrand, name: str, why: str) -> None:
    for header, change in enumerate((brand_actions.set_names, brand_actions.set_headers)):
        held = brand_changes.names(transaction, holder.id)[header]
        left = [one for one in held if not brand_changes.is_same_name(one, name)]
        if left != held:
            change(transaction, by.keyring, by.person, holder.code, left, why)


def _holder(snapshot: Snapshot, claim: CompanyClaim) -> KnownBrand | None:
    if claim.kind is ClaimKind.NUMBER:
        brand = optout.holder_of_number(snapshot, claim.value)
    elif claim.kind in (ClaimKind.NAME, ClaimKind.HEADER):
        brand = brand_changes.named(snapshot, claim.value)
    else:
        brand = None
    return None if brand is None else provider_list.brand(snapshot, brand)


def _near(snapshot: Snapshot, claim: CompanyClaim, site: str) -> list[Lookalike]:
    if claim.kind is ClaimKind.NUMBER:
        return []
    text = claim.about if claim.kind is ClaimKind.BRAND else claim.value
    return lookalikes.near(snapshot, claim.provider, text, site=site, sms=claim.kind is not ClaimKind.TITLE)


def _same(one: CompanyClaim, other: CompanyClaim) -> bool:
    names = {ClaimKind.NAME, ClaimKind.HEADER}
    return one.value == other.value and (one.kind is other.kind or {one.kind, other.kind} == names)


def _waiting(snapshot: Snapshot, number: int) -> CompanyClaim:
    claim = claim_store.by_number(snapshot, number)
    if claim is None or claim.state is not ClaimState.WAITING:
        raise StaleClaim(number)
    return claim


def _note(transaction: Transaction, by: Decider, claim: CompanyClaim, what: str, why: str) -> None:
    done = NewAction(what, by.person, claim.provider, claim.brand, f"claim {claim.id}", after=claim.value, why=why)
    audit_log.record(transaction, by.keyring, done)


def _mail(transaction: Transaction, by: Decider, claim: CompanyClaim, state: ClaimState, why: str) -> None:
    """Mails the decision to the person who made the claim and to the company's owners."""
    people = memberships.colleagues(transaction, by.keyring, claim.provider)
    owners = [one.person for one in people if one.membership.role is Role.OWNER]
    asker = account_store.by_number(transaction, by.keyring, claim.person)
    still = [asker] if asker and any(one.person.id == asker.id for one in people) else []
    emails = {one.email: one for one in (*still, *owners) if one.ended_at is None}
    for email in emails:
        claim_mails.post(transaction, by.registry, by.settings, by.language, email, claim, state, why)
