"""Accepts, refuses or withdraws claims, each in one transaction and with its mail, for pages and commands."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import brand_changes, company_changes, lookalikes, provider_list
from consents.brands.companies import BadCompany, KnownBrand
from consents.brands.lookalikes import Lookalike
from consents.instants import DAY
from consents.store import Snapshot
from gateways.outbox import outbox
from optout import public as optout
from panel.accounts import account_store, memberships
from panel.audit.change import Change
from panel.brands import brand_actions, claim_store
from panel.brands.claim_store import ClaimKind, ClaimState, CompanyClaim
from panel.rights import Role
from panel.signin import signin_mails
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark

_NOTICE = 7 * DAY  # µs: a decision is of use for so long
_GREETING = mark("Merhaba,")
KINDS = {
    ClaimKind.NUMBER: mark("Ret numarası"),
    ClaimKind.NAME: mark("SMS'te kısa ad"),
    ClaimKind.HEADER: mark("SMS başlığı"),
    ClaimKind.TITLE: mark("Markanın adı"),
    ClaimKind.BRAND: mark("Marka numarası"),
}
_SUBJECTS = {
    ClaimState.ACCEPTED: mark("İsteğiniz onaylandı: %(value)s"),
    ClaimState.REFUSED: mark("İsteğiniz kabul edilmedi: %(value)s"),
}
_LINES = {
    ClaimState.ACCEPTED: mark("Onaylandı ve şimdi geçerli. %(kind)s: %(value)s"),
    ClaimState.REFUSED: mark("Kabul edilmedi. %(kind)s: %(value)s"),
}
_WHY = mark("Nedeni: %(why)s")
_URL = mark("Markanın sayfası: %(url)s")


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
    """The tools of a decision. ``language``: of the mail."""

    settings: Settings
    language: str


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


def accept(change: Change, by: Decider, number: int, why: str) -> None:
    """Applies a claim. A name or number that another brand holds moves to this one. Errors: BadCompany."""
    claim = _waiting(change.transaction, number)
    reason = company_changes.checked(why) if why.strip() else f"claim {claim.id}"
    if not claim_store.settle(change, claim.id, ClaimState.ACCEPTED, why.strip()):
        raise StaleClaim(number)
    _note(change, claim, "claim-accepted", why)
    _do(change, by, claim, reason)
    _mail(change, by, claim, ClaimState.ACCEPTED, why.strip())


def refuse(change: Change, by: Decider, number: int, why: str) -> None:
    """Refuses a claim, and mails the company the reason. Errors: BadCompany."""
    claim, reason = _waiting(change.transaction, number), company_changes.checked(why)
    if not claim_store.settle(change, claim.id, ClaimState.REFUSED, reason):
        raise StaleClaim(number)
    _note(change, claim, "claim-refused", reason)
    _mail(change, by, claim, ClaimState.REFUSED, reason)


def withdraw(change: Change, claim: CompanyClaim) -> None:
    """Withdraws a claim for its own company. Errors: BadCompany."""
    if not claim_store.settle(change, claim.id, ClaimState.WITHDRAWN):
        raise StaleClaim(claim.id)
    names = f"claim {claim.id}", claim.value
    change.note("claim-withdrawn", *names, provider=claim.provider, brand=claim.brand)


def _do(change: Change, by: Decider, claim: CompanyClaim, why: str) -> None:
    transaction = change.transaction
    if claim.brand is None:
        (company,) = provider_list.by_id(transaction, [claim.provider])
        brand_actions.add(change, company.code, int(claim.value), claim.about)
        return
    brand, holder = provider_list.brand(transaction, claim.brand), _holder(transaction, claim)
    if claim.kind is ClaimKind.TITLE:
        brand_actions.rename(change, brand.code, claim.value, why)
    elif claim.kind is ClaimKind.NUMBER:
        if holder and holder.id != brand.id:
            brand_actions.remove_number(change, holder.code, claim.value)
        brand_actions.add_number(change, brand.code, claim.value, by.settings.shared_numbers)
    else:
        header = claim.kind is ClaimKind.HEADER
        if holder and holder.id != brand.id:
            _take_name(change, holder, claim.value, why)
        held = brand_changes.names(transaction, brand.id)[header]
        rule = brand_actions.set_headers if header else brand_actions.set_names
        rule(change, brand.code, list(dict.fromkeys((*held, claim.value))), why)


def _take_name(change: Change, holder: KnownBrand, name: str, why: str) -> None:
    for header, rule in enumerate((brand_actions.set_names, brand_actions.set_headers)):
        held = brand_changes.names(change.transaction, holder.id)[header]
        left = [one for one in held if not brand_changes.is_same_name(one, name)]
        if left != held:
            rule(change, holder.code, left, why)


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


def _note(change: Change, claim: CompanyClaim, what: str, why: str) -> None:
    change.note(what, f"claim {claim.id}", "", claim.value, why, provider=claim.provider, brand=claim.brand)


def _mail(change: Change, by: Decider, claim: CompanyClaim, state: ClaimState, why: str) -> None:
    """Mails the decision to the person who made the claim and to the company's owners."""
    people = memberships.colleagues(change.transaction, change.keyring, claim.provider)
    owners = [one.person for one in people if one.membership.role is Role.OWNER]
    asker = account_store.by_number(change.transaction, change.keyring, claim.person)
    still = [asker] if asker and any(one.person.id == asker.id for one in people) else []
    emails = {one.email: one for one in (*still, *owners) if one.ended_at is None}
    for email in emails:
        _post(change, by.settings, by.language, email, claim, state, why)


def _post(
    change: Change, settings: Settings, language: str, email: str, claim: CompanyClaim, state: ClaimState, why: str
) -> None:
    """``state``: the decision."""
    translate = texts.catalogue(language).gettext
    (company,) = provider_list.by_id(change.transaction, [claim.provider])
    path = f"/{provider_list.brand(change.transaction, claim.brand).code}" if claim.brand is not None else ""
    values = {
        "kind": translate(KINDS[claim.kind]),
        "value": claim.value,
        "why": why,
        "url": f"{settings.public_url}/panel/{company.code}/markalar{path}",
    }
    lines = [_GREETING, _LINES[state], *([_WHY] if why else []), _URL]
    outbox.post(
        change.transaction,
        change.keyring,
        kind="mail",
        to=email,
        subject=translate(_SUBJECTS[state]) % values,
        text=signin_mails.letter(settings, [translate(line) % values for line in lines]),
        expires_at=change.transaction.now + _NOTICE,
    )
