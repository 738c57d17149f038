"""The page of one address: consents and history at visible brands. It is posted, because links and logs must not hold
addresses. An erased person shows only as refused (rule L15)."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import KnownBrand
from consents.people import recipients, register
from consents.people.recipients import BadAddress
from consents.queries import queries, timeline
from consents.queries.consent_lines import BRAND, ConsentLine, RecipientRows
from consents.queries.timeline import Entry, KeyChange
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot
from consents.terms import Actor
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.audit.change import Change
from panel.lookups import lookup_texts
from panel.people import brakes
from panel.rights import Member
from providers import public as providers
from providers.public import CitizenMovement, HandedOver
from web import forms, pages, process
from web.rendering.texts import mark

_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
MOST = 200  # movements of the history that are shown


class AddressPart(NamedTuple):
    brand: KnownBrand
    lines: list[ConsentLine]


class AddressEvent(NamedTuple):
    """``handed``: delivery of a citizen's declaration; None for others, and where it would take long."""

    entry: Entry
    brand: KnownBrand
    change: KeyChange
    handed: HandedOver | None


class AddressFacts(NamedTuple):
    """``more``: the history has earlier movements; ``dealers``: titles by number."""

    address: str
    parts: list[AddressPart]
    history: list[AddressEvent]
    dealers: dict[int, str]
    erased: bool
    more: bool


async def ask(request: Request, member: Member) -> Response:
    return _page(request, member, {}, [], None)


async def look(request: Request, member: Member) -> Response:
    """Logs the look-up, then shows the address. The operator's people give a reason."""
    given = await forms.fields(request)
    address = canonical(given.get("address", "")[:320])
    why = form_answers.line(given.get("why", ""))
    faults = [] if address else [("address", _NO_ADDRESS)]
    if member.is_staff and not brakes.is_reason(why):
        faults.append(("why", brakes.NO_REASON))
    if faults or address is None:
        return _page(request, member, given, faults, None)
    here = process.of(request)
    if not await form_answers.write(request, member, noted, member, address, why):
        return _page(request, member, given, [("address", brakes.TOO_MANY_LOOKS)], None, 429)
    facts = await here.registry.store.read(facts_of, here.registry, member, address)
    return _page(request, member, {}, [], facts)


def _page(
    request: Request,
    member: Member,
    given: dict[str, str],
    faults: list[tuple[str, str]],
    facts: AddressFacts | None,
    status: int = 422,
) -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/looking/address.html",
        status=status if faults else 200,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        facts=facts,
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        door=lambda one: pages.text(request, lookup_texts.door(one.code)),
        asks_why=member.is_staff,
    )


def canonical(typed: str) -> str | None:
    """The canonical form of a typed address; None for none."""
    try:
        return recipients.parse(typed).address
    except BadAddress:
        return None


def noted(change: Change, member: Member, address: str, why: str) -> bool:
    """Logs a look-up of an address; the entry holds only the address's mark. False, without an entry, where one of
    the operator's people has reached the limit."""
    if member.is_staff and not brakes.may_look(change.transaction, change.keyring, member.person.id):
        return False
    change.note("address-looked-at", why=why, provider=member.at.id, address=address)
    return True


def facts_of(snapshot: Snapshot, registry: Registry, member: Member, address: str) -> AddressFacts:
    """An address's consents at the company's brands that ``member`` may see."""
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
    shown = [_with_handed(snapshot, one) for one in events[:MOST]]
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
    """An erased person's view: refused, without a source or a date."""
    found = []
    for brand, lines in parts:
        bare = [ConsentLine(line.channel, line.identity, 0, veiled=True) for line in lines if line.status != ONAY]
        if bare:
            found.append(AddressPart(brand, bare))
    return found


def _events(
    snapshot: Snapshot, registry: Registry, recipient: int, brands: dict[int, KnownBrand]
) -> list[AddressEvent]:
    """Movements at these brands, the newest first."""
    reconsent = registry.policy.reconsent
    entries = [one for brand in brands for one in timeline.entries(snapshot, recipient, brand, reconsent=reconsent)]
    entries.sort(key=lambda one: one.act, reverse=True)
    return [AddressEvent(entry, brands[change.brand], change, None) for entry in entries for change in entry.changes]


def _with_handed(snapshot: Snapshot, one: AddressEvent) -> AddressEvent:
    event = one.change.word.event
    if one.entry.actor is Actor.PROVIDER or event is None:
        return one
    return one._replace(handed=providers.handed(snapshot, CitizenMovement(one.brand.id, event, one.change.channel)))
