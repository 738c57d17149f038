"""What a company attaches to a consent that it declared, and its answer to a dispute of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from consents import history
from consents.brands.companies import BadCompany, KnownBrand
from consents.instants import DAY
from consents.people import recipients, register
from consents.queries import loads, recorded
from consents.queries.recorded import DeclaredOnay
from consents.registry import Registry
from consents.store import Snapshot
from panel.accounts import memberships
from panel.audit.change import Change
from panel.rights import Member
from panel.uploads import upload_store
from providers.disputes import consent_evidence, disputes
from providers.disputes.consent_evidence import Attached, TooMany
from providers.disputes.dispute_states import NEXT, DisputeState, DisputeStep
from providers.disputes.disputes import Dispute
from trust import record_numbers

LISTED = 200  # disputes or consents of a page
MOST_EVENTS = 5000  # of an act whose record number is searched
SHOWN = 90 * DAY  # µs: how long one that has ended is listed


class DisputeAnswer(StrEnum):
    """As the form names it."""

    SHOW = "kanit"
    KEEP = "yeterli"
    WITHDRAW = "geri-cek"


class ConsentCase(NamedTuple):
    """A declared ONAY. ``name``: its transaction id; ``masked``: its address, "" once erased; ``load``: the number of
    its load and the SHA-256 of its file, None without one; ``file``: the panel's number of that, 0 of a command's or
    program's; ``row``: of the file, 0 without one."""

    name: str
    consent: DeclaredOnay
    brand: KnownBrand
    masked: str
    load: tuple[int, str] | None
    attached: list[Attached]
    dispute: Dispute | None
    file: int
    row: int

    @property
    def open(self) -> bool:
        return self.dispute is not None and self.dispute.state is DisputeState.OPEN


class FoundConsent(NamedTuple):
    """``name``: its transaction id."""

    name: str
    consent: DeclaredOnay
    brand: KnownBrand
    masked: str


class ListedDispute(NamedTuple):
    name: str
    dispute: Dispute
    brand: KnownBrand
    masked: str


def find(snapshot: Snapshot, registry: Registry, member: Member, name: str) -> ConsentCase | None:
    """At a visible brand; None for anything else."""
    keyring = registry.keyring
    for brand in memberships.brands(snapshot, member):
        found = consent_evidence.named(snapshot, keyring, brand.id, name)
        if found is not None:
            of_load = loads.of_acts(snapshot, [found.act]).get(found.act)
            return ConsentCase(
                name.lower(),
                found,
                brand,
                _masked(snapshot, registry, found.key.recipient),
                None if of_load is None else (of_load[0], of_load[1].hex()),
                consent_evidence.of_events(snapshot, keyring, [found.event]).get(found.event, []),
                disputes.of_event(snapshot, found.event),
                upload_store.of_loads(snapshot, [brand.id], [of_load[0]]).get(of_load[0], 0) if of_load else 0,
                loads.rows_of(snapshot, [found.event]).get(found.event, 0),
            )
    return None


def search(snapshot: Snapshot, registry: Registry, member: Member, typed: str) -> list[FoundConsent]:
    """The ONAYs at visible brands that a record number's act declared; of a load's number those with evidence."""
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    events: list[int] = []
    number = record_numbers.plain(typed)
    if (act := record_numbers.read(registry.keyring, typed)) is not None:
        past = history.act(snapshot, act)
        if past is not None and past.last_event - past.first_event < MOST_EVENTS:
            events = [one.id for one in history.events_of(snapshot, past) if one.key.brand in brands]
    elif number.isascii() and number.isdecimal() and len(number) < record_numbers.DIGITS:
        load = loads.find(snapshot, int(number))
        if load is not None and load.brand in brands:
            events = consent_evidence.events_between(snapshot, load.brand, *loads.events(snapshot, int(number)))
            of_load = (recorded.declared(snapshot, event) for event in events)
            events = [one.event for one in of_load if one is not None and one.upload == int(number)]
    declared = (recorded.declared(snapshot, event) for event in events)
    return [
        FoundConsent(
            registry.keyring.transaction_id(one.event, one.recorded_at),
            one,
            brands[one.key.brand],
            _masked(snapshot, registry, one.key.recipient),
        )
        for one in islice((one for one in declared if one is not None and not one.taken_back), LISTED)
    ]


def list_all(snapshot: Snapshot, registry: Registry, member: Member) -> list[ListedDispute]:
    """The open ones first, by their last day; those that ended as long as ``SHOWN``. Without those that the citizen
    took back."""
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    found = disputes.of_brands(snapshot, list(brands), registry.store.now() - SHOWN, LISTED)
    shown = [one for one in found if one.event is not None and one.state is not DisputeState.TAKEN_BACK]
    names = _names(snapshot, registry, [one.event for one in shown if one.event is not None])
    return [
        ListedDispute(names[one.event], one, brands[one.brand], _masked(snapshot, registry, one.recipient or 0))
        for one in shown
        if one.event in names
    ]


def answer(
    change: Change, registry: Registry, member: Member, name: str, how: DisputeAnswer, content: dict[str, str]
) -> DisputeAnswer:
    """Errors: BadCompany with ``evidence-none`` where the brand has no such consent or no such step is left,
    ``evidence-many``, or the ledger's code of refusal."""
    transaction, keyring = change.transaction, change.keyring
    case = find(transaction, registry, member, name)
    if case is None:
        raise BadCompany("no such consent waits for an answer", "evidence-none")
    address = register.address(transaction, keyring, case.consent.key.recipient) or ""
    if how is DisputeAnswer.SHOW:
        try:
            kept = consent_evidence.attach(transaction, keyring, case.consent, content, {"person": member.person.id})
        except TooMany:
            raise BadCompany(
                "the consent has as much evidence as it takes", "evidence-many", str(consent_evidence.MOST)
            ) from None
        change.note("evidence-attached", f"act {case.consent.act}", brand=case.brand, address=address)
        for dispute_id in kept.answers:
            change.note("dispute-answered", f"dispute {dispute_id}", brand=case.brand, address=address)
        return how
    dispute, what = case.dispute, DisputeStep.SHOW if how is DisputeAnswer.KEEP else DisputeStep.WITHDRAW
    if dispute is None or (dispute.state, what) not in NEXT or (how is DisputeAnswer.KEEP and not case.attached):
        raise BadCompany("no such consent waits for an answer", "evidence-none")
    if how is DisputeAnswer.KEEP:
        disputes.step(transaction, dispute, what, case.attached[-1].id)
        change.note("dispute-answered", f"dispute {dispute.id}", brand=case.brand, address=address)
    else:
        if code := disputes.withdraw(transaction, registry, dispute, {"person": member.person.id}):
            raise BadCompany("the ledger refused", "evidence-refused", code)
        change.note("consent-withdrawn", f"dispute {dispute.id}", brand=case.brand, address=address)
    return how


def _names(snapshot: Snapshot, registry: Registry, events: Sequence[int]) -> dict[int | None, str]:
    known = recorded.events(snapshot, events)
    return {event: registry.keyring.transaction_id(event, one.recorded_at) for event, one in known.items()}


def _masked(snapshot: Snapshot, registry: Registry, recipient: int) -> str:
    address = register.address(snapshot, registry.keyring, recipient)
    return recipients.mask(address) if address else ""
