"""One address: its consents and history at the brands that somebody may see. An erased person shows only as refused
(rule L15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consents.brands.companies import KnownBrand
from consents.channels import SPECS
from consents.keys import Keyring
from consents.people import recipients, register
from consents.queries import loads, queries, timeline
from consents.queries.consent_lines import BRAND, ConsentLine, RecipientRows
from consents.queries.timeline import Entry, KeyChange
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot
from consents.terms import Actor, Channel
from panel.accounts import memberships
from panel.rights import Member
from providers import public as providers
from providers.disputes import consent_evidence
from providers.disputes.consent_evidence import Attached
from providers.public import CitizenMovement, HandedOver

MOST = 200  # movements of the history that are shown


class AddressPart(NamedTuple):
    brand: KnownBrand
    lines: list[ConsentLine]


class ActSelection(NamedTuple):
    """An act and its keys (brand by internal id, channel and identity by code): these and what followed are shown."""

    act: int
    keys: frozenset[tuple[int, int, int]]


class AddressEvent(NamedTuple):
    """``handed``: delivery of a citizen's declaration; None for others, and where it would take long. ``name``: its
    transaction id, "" of what has none; ``attached``: evidence of the company's own, ``hidden``: how many pieces of it
    are left out; ``row``: of its file, 0 without one."""

    entry: Entry
    brand: KnownBrand
    change: KeyChange
    handed: HandedOver | None
    name: str = ""
    attached: Sequence[Attached] = ()
    row: int = 0
    hidden: int = 0


class AddressFacts(NamedTuple):
    """``more``: the history has earlier movements; ``dealers``: titles by number."""

    address: str
    parts: list[AddressPart]
    history: list[AddressEvent]
    dealers: dict[int, str]
    erased: bool
    more: bool


def channels_of(address: str) -> list[Channel]:
    """The channels by which a canonical address is reached."""
    found = recipients.parse(address)
    return [one for one in Channel if SPECS[one].mail == ("@" in address) and (found.sms or not SPECS[one].sms)]


def facts_of(
    snapshot: Snapshot,
    registry: Registry,
    member: Member,
    address: str,
    only: ActSelection | None = None,
    *,
    with_pieces: bool = True,
) -> AddressFacts:
    """An address's consents at the company's brands that ``member`` may see; ``only``: an act and what followed it;
    ``with_pieces``: whether with what the company attached."""
    keyring = registry.keyring
    recipient = register.find_sealed(snapshot, keyring, register.person(keyring, address).sealed)
    if recipient is None:
        return AddressFacts(address, [], [], {}, erased=False, more=False)
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    erased = bool(register.erased_among(snapshot, [recipient]))
    reading = RecipientRows(snapshot, recipient, registry.store.now(), brands=brands, answered=False)
    parts = _parts(reading, brands)
    if erased:
        return AddressFacts(address, _refused(parts), [], {}, erased=True, more=False)
    events = _events(snapshot, registry, recipient, brands)
    if only is not None:
        events = [one for one in events if one.entry.act >= only.act and _key(one) in only.keys]
        parts = [
            AddressPart(part.brand, lines)
            for part in parts
            if (lines := [line for line in part.lines if (part.brand.id, *line[:2]) in only.keys])
        ]
    shown = with_evidence(snapshot, keyring, [_with_handed(snapshot, one) for one in events[:MOST]])
    if only is not None and len(events) > MOST:  # the act itself is not left out
        shown += with_evidence(snapshot, keyring, [one for one in events[MOST:] if one.entry.act == only.act])
    if not with_pieces:
        shown = [one._replace(attached=(), hidden=len(one.attached)) for one in shown]
    numbers = {line.dealer for part in parts for line in part.lines} | {one.change.word.dealer for one in shown}
    titles = queries.dealer_titles(snapshot, numbers)
    return AddressFacts(address, parts, shown, titles, erased=False, more=len(events) > MOST)


def _parts(reading: RecipientRows, brands: dict[int, KnownBrand]) -> list[AddressPart]:
    parts = []
    for number, brand in brands.items():
        rows = [row for row in reading.rows if row[BRAND] == number]
        if rows:
            parts.append(AddressPart(brand, reading.lines(rows, rows)))
    return parts


def _refused(parts: list[AddressPart]) -> list[AddressPart]:
    found = []
    for brand, lines in parts:
        if bare := veiled(lines):
            found.append(AddressPart(brand, bare))
    return found


def veiled(lines: list[ConsentLine]) -> list[ConsentLine]:
    """An erased person's view: refused, without a source or a date."""
    return [ConsentLine(one.channel, one.identity, 0, veiled=True) for one in lines if one.status != ONAY]


def _key(one: AddressEvent) -> tuple[int, int, int]:
    return one.brand.id, one.change.channel, one.change.identity


def with_evidence(snapshot: Snapshot, keyring: Keyring, events: Sequence[AddressEvent]) -> list[AddressEvent]:
    """With what the company attached, and the rows of its files."""
    numbers = [one.change.word.event for one in events if one.entry.actor is Actor.PROVIDER]
    attached = consent_evidence.of_events(snapshot, keyring, numbers)
    rows = loads.rows_of(snapshot, numbers)
    return [_with_evidence(keyring, one, attached, rows) for one in events]


def _events(
    snapshot: Snapshot, registry: Registry, recipient: int, brands: dict[int, KnownBrand]
) -> list[AddressEvent]:
    """Movements at these brands, the newest first."""
    reconsent = registry.policy.reconsent
    entries = [one for brand in brands for one in timeline.entries(snapshot, recipient, brand, reconsent=reconsent)]
    entries.sort(key=lambda one: one.act, reverse=True)
    return [AddressEvent(entry, brands[change.brand], change, None) for entry in entries for change in entry.changes]


def _with_evidence(
    keyring: Keyring, one: AddressEvent, attached: Mapping[int, list[Attached]], rows: Mapping[int, int]
) -> AddressEvent:
    event = one.change.word.event
    if one.entry.actor is not Actor.PROVIDER or event < 0:
        return one
    name = keyring.transaction_id(event, one.entry.recorded_at)
    return one._replace(name=name, attached=attached.get(event, ()), row=rows.get(event, 0))


def _with_handed(snapshot: Snapshot, one: AddressEvent) -> AddressEvent:
    event = one.change.word.event
    if one.entry.actor is Actor.PROVIDER or event is None:
        return one
    return one._replace(handed=providers.handed(snapshot, CitizenMovement(one.brand.id, event, one.change.channel)))
