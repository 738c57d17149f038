"""Pages of auditors: one address across all companies, and the signed checkpoints of the log. A
company never sees that the operator's people looked: their entries name no company."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import dealer_records
from consents.brands.book import BrandEntry
from consents.brands.spelling import turkish_order
from consents.keys import Keyring
from consents.people import register
from consents.queries import queries
from consents.queries.consent_lines import RecipientRows
from consents.queries.queries import BrandConsents
from consents.registry import Registry
from consents.store import Snapshot
from evidence import checkpoints, verified, witness_file
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault
from evidence.verified import Verified
from panel import form_answers, panel_pages
from panel.audit import looks
from panel.audit.change import Change
from panel.lookups import address_facts, lookup_texts, record_search
from panel.people import brakes
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
_NO_LINE = mark("Bu, bu sistemin imzaladığı bir satır değil. Satırı baştan sona kopyalayıp yapıştırın.")
MOST_BRANDS = 200  # of one address


class AddressAtAll(NamedTuple):
    """One address at all companies. ``brands``: by company and brand as Turkish sorts; ``more``: there are others;
    ``dealers``: (code, title) by number."""

    address: str
    brands: list[BrandConsents]
    more: bool
    dealers: dict[int, tuple[int, str]]
    erased: bool


class LogProof(NamedTuple):
    """``line``: the newest checkpoint as the witness file holds it; ``verified``: what was proved last, None where
    nothing was; ``broken``: that row was not written by this registry."""

    newest: Checkpoint | None
    signed: bool
    line: str
    verifier: str
    verified: Verified | None
    broken: bool


class KeptCheckpoint(NamedTuple):
    """A checkpoint that somebody kept. ``same``: the registry has it with the same root."""

    size: int
    made_at: int
    same: bool


async def ask(request: Request, member: Member) -> Response:
    return _page(request, member, {}, [], None)


async def look(request: Request, member: Member) -> Response:
    """Logs the look-up with its reason, then shows the address at all companies."""
    given = await forms.fields(request)
    address, why = record_search.canonical(given.get("address", "")[:320]), form_answers.line(given.get("why", ""))
    faults = [] if address else [("address", _NO_ADDRESS)]
    if fault := brakes.reason_fault(why):
        faults.append(("why", fault))
    if faults or not address:
        return _page(request, member, given, faults)
    if fault := await form_answers.write(request, member, _noted, member, address, why):
        return _page(request, member, given, [("address", fault)], status=429)
    registry = process.of(request).registry
    found = await registry.store.read(at_all, registry, address)
    return _page(request, member, {"why": why}, [], found)


def _noted(change: Change, member: Member, address: str, why: str) -> str:
    """The refusal, "" for none. A look that comes too soon has a line, once an hour: all of the operator see it."""
    transaction, keyring, person = change.transaction, change.keyring, member.person.id
    if not brakes.may_look_at_all(transaction, keyring, person):
        if brakes.is_first_refused(transaction, keyring, person):
            change.note("looks-too-fast", why=why)
        return brakes.TOO_FAST
    if not brakes.may_look(transaction, keyring, person):
        return brakes.TOO_MANY_LOOKS
    change.note("address-looked-at", looks.about(member), why=why, address=address)
    return ""


def at_all(snapshot: Snapshot, registry: Registry, address: str) -> AddressAtAll:
    """As companies see it; an erased person shows only as refused (rule L15)."""
    keyring, now = registry.keyring, registry.store.now()
    recipient = register.find_sealed(snapshot, keyring, register.person(keyring, address).sealed)
    if recipient is None:
        return AddressAtAll(address, [], more=False, dealers={}, erased=False)
    erased = bool(register.erased_among(snapshot, [recipient]))
    brands = registry.brands.book(snapshot, now).brands
    reading = RecipientRows(snapshot, recipient, now, answered=False)
    found = [one for one in queries.of_brands(snapshot, recipient, brands, now, reading=reading) if one.lines]
    if erased:
        found = [one._replace(lines=bare) for one in found if (bare := address_facts.veiled(one.lines))]
    found.sort(key=lambda one: _order(one.brand))
    numbers = {line.dealer for one in found for line in one.lines if line.dealer}
    named = dealer_records.names(snapshot, numbers) if numbers else {}
    return AddressAtAll(address, found[:MOST_BRANDS], len(found) > MOST_BRANDS, named, erased)


def _order(brand: BrandEntry) -> tuple[list[tuple[int, int, str]], int, list[tuple[int, int, str]]]:
    return turkish_order(brand.company_title), brand.company_code, turkish_order(brand.title)


def _page(
    request: Request,
    member: Member,
    given: dict[str, str],
    faults: list[tuple[str, str]],
    found: AddressAtAll | None = None,
    *,
    status: int = 422,
) -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/operator/look.html",
        status=status if faults else 200,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        found=found,
        source=lambda code: pages.text(request, lookup_texts.source(code)),
    )


async def proof(request: Request, member: Member) -> Response:
    return await _proof(request, member)


async def compare(request: Request, member: Member) -> Response:
    """Compares a checkpoint that somebody kept with the registry's of that size."""
    typed = (await forms.once(request, "line") or "").strip()[:1000]
    registry = process.of(request).registry
    found = await asyncio.to_thread(registry.store.read_now, compared, registry.keyring, typed)
    return await _proof(request, member, typed, found, fault="" if found else _NO_LINE)


def compared(snapshot: Snapshot, keyring: Keyring, line: str) -> KeptCheckpoint | None:
    """``line``: as in the witness file; None where it is no checkpoint that this registry signed."""
    kept = next(witness_file.read(LogKey.of(keyring), [line.encode("ascii", "replace")]), None)
    if kept is None:
        return None
    stands = checkpoints.among_sizes(snapshot, [kept.size]).get(kept.size)
    return KeptCheckpoint(kept.size, kept.made_at, stands is not None and stands.root == kept.root)


def proof_of(snapshot: Snapshot, keyring: Keyring) -> LogProof:
    key, newest, broken = LogKey.of(keyring), checkpoints.latest(snapshot), False
    try:
        proved = verified.read(snapshot, keyring)
    except LogFault:
        proved, broken = None, True
    if newest is None:
        return LogProof(None, False, "", key.verifier(), proved, broken)
    line = witness_file.line(key, newest[0]).strip()
    return LogProof(newest[0], key.signed(newest[0]), line, key.verifier(), proved, broken)


async def _proof(
    request: Request, member: Member, typed: str = "", compared: KeptCheckpoint | None = None, fault: str = ""
) -> Response:
    registry = process.of(request).registry
    return panel_pages.render(
        request,
        member,
        "panel/operator/proof.html",
        status=422 if fault else 200,
        proof=await registry.store.read(proof_of, registry.keyring),
        typed=typed,
        compared=compared,
        fault=fault and pages.text(request, fault),
    )
