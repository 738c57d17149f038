"""The page of one address: consents and history at visible brands, what stands behind each movement, and the document
that proves it. It is posted, because links and logs must not hold addresses."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from asking.public import proof_file, requests
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Door
from panel import form_answers, panel_pages
from panel.audit import looks
from panel.audit.change import Change
from panel.lookups import address_facts, evidence_pdf, lookup_texts, person_evidence, record_search
from panel.lookups.address_facts import AddressFacts
from panel.lookups.person_evidence import Background
from panel.lookups.record_search import FoundLoad
from panel.people import brakes
from panel.rights import Member, Permission
from trust import paper_seals
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
_NO_LOAD = mark("Gördüğünüz markalarda bu numarayla bir yükleme yok. Telefon numarasıysa eksik yazılmış.")
_LOADS = 1_000_000  # a longer number is rather a mistyped phone
_UNSIGNED = mark("Bu cevabın kanıtı hazırlanıyor; bir dakika sonra yeniden deneyin.")
_UNKNOWN = mark("Gördüğünüz markalarda bu numarayla bir kayıt yok.")


async def ask(request: Request, member: Member) -> Response:
    return _page(request, member, {}, [], None)


async def look(request: Request, member: Member) -> Response:
    """Logs the look-up, then shows the person. The operator's people give a reason."""
    given, registry = await forms.fields(request), process.of(request).registry
    if number := _load_number(member, given):
        load = await registry.store.read(record_search.load_of, registry, member, number)
        file = None if load else await registry.store.read(record_search.file_of, registry, member, number)
        if file:
            return pages.redirect(request, f"{member.home}/yuklemeler/{file}")
        missing = _NO_LOAD if number < _LOADS else _NO_ADDRESS
        return _page(request, member, given, [] if load else [("address", missing)], load=load)
    typed, why, faults = _read(request, member, given)
    if faults:
        return _page(request, member, given, faults)
    found = await form_answers.write(request, member, find, registry, member, typed, why)
    if found.fault:
        return _not_found(request, member, given, found)
    facts, behind = await registry.store.read(_facts, registry, member, found.address, why)
    return _page(request, member, {"why": why}, [], facts, behind)


async def prove(request: Request, member: Member) -> Response:
    """The signed statement of an address' history as a PDF with the JSON attached, or the JSON alone; ``as=zip``: the
    proof of one answer to the company's request, by its act."""
    given = await forms.fields(request)
    typed, why, faults = _read(request, member, given)
    if faults:
        return _page(request, member, given, faults)
    here = process.of(request)
    registry, site = here.registry, here.settings
    found = await form_answers.write(request, member, find, registry, member, typed, why, "evidence-made")
    if found.fault:
        return _not_found(request, member, given, found)
    facts, behind = await registry.store.read(_facts, registry, member, found.address, why)
    if facts.erased or not facts.history:
        return _page(request, member, given, [("address", _UNKNOWN)], facts, behind)
    if given.get("as") == "zip":
        return await _answer(request, member, given, facts, behind)
    # In threads: an act may be of many, and its proof is made of all of them.
    scope = await registry.store.read(person_evidence.scope_of, member)
    made = await asyncio.to_thread(registry.store.read_now, person_evidence.statement, registry, scope, facts, site)
    return await statement_file(request, made, facts, behind, member.at.code, given.get("as", ""))


async def statement_file(
    request: Request, made: str, facts: AddressFacts, behind: dict[int, Background], code: int, how: str
) -> Response:
    """A statement as a sealed PDF, or as its JSON alone (``how``)."""
    here = process.of(request)
    registry, language = here.registry, texts.language(request)[0]
    name = f"kanit-{code}-{registry.store.now() // 1_000_000}"
    if how == "json":
        return _file(made.encode(), "application/json; charset=utf-8", f"{name}.json")
    url = here.settings.public_url
    paper = await asyncio.to_thread(evidence_pdf.made, language, made, facts, behind, url, f"{name}.json")
    seal = paper_seals.of_minute(paper_seals.STATEMENT, registry.store.now())
    return _file(paper_seals.sealed(paper, seal, registry.keyring), "application/pdf", f"{name}.pdf")


async def _answer(
    request: Request, member: Member, given: dict[str, str], facts: AddressFacts, behind: dict[int, Background]
) -> Response:
    """The proof of an answer whose act this page shows, once the log has signed it."""
    registry, act = process.of(request).registry, form_answers.number(given.get("act", ""), 15)
    shown = any(one.entry.act == act and one.entry.door is Door.REQUEST for one in facts.history)
    found = await registry.store.read(requests.by_act, registry.keyring, act) if shown else None
    language, site = texts.language(request)[0], process.of(request).settings
    made = await asyncio.to_thread(proof_file.archive, registry, site, found, language) if found else None
    if found is None or made is None:
        return _page(request, member, given, [("address", _UNSIGNED)], facts, behind)
    return _file(made, "application/zip", f"izin-{found.public}.zip")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def _read(request: Request, member: Member, given: dict[str, str]) -> tuple[str, str, list[tuple[str, str]]]:
    """(canonical address or a number as typed, reason, faults)."""
    typed = given.get("address", "").strip()[:320]
    number = record_search.is_number(typed) or record_search.is_transaction(typed)
    address = typed if number else record_search.canonical(typed)
    why = form_answers.line(given.get("why", ""))
    faults = [] if address else [("address", _NO_ADDRESS)]
    if fault := brakes.reason_fault(why) if member.is_staff else brakes.address_fault(why):
        faults.append(("why", fault))
    return address or "", why, faults


def _load_number(member: Member, given: dict[str, str]) -> int:
    """The number of a load, which is no person, so nothing is logged; 0 for anything else."""
    typed = given.get("address", "").strip()
    return 0 if member.is_staff or record_search.canonical(typed) else form_answers.number(typed, 11)


def _facts(
    snapshot: Snapshot, registry: Registry, member: Member, address: str, why: str
) -> tuple[AddressFacts, dict[int, Background]]:
    # What was attached needs its own right and a reason, here as on the page of the evidence.
    may_read = member.is_staff or (member.may(Permission.EVIDENCE) and brakes.is_reason(why))
    facts = address_facts.facts_of(snapshot, registry, member, address, with_pieces=may_read)
    return facts, person_evidence.backgrounds(snapshot, registry, member, facts)


def _not_found(request: Request, member: Member, given: dict[str, str], found: FoundAddress) -> Response:
    status = 422 if found.fault == _UNKNOWN else 429
    return _page(request, member, given, [("address", found.fault)], status=status)


def _page(
    request: Request,
    member: Member,
    given: dict[str, str],
    faults: list[tuple[str, str]],
    facts: AddressFacts | None = None,
    behind: dict[int, Background] | None = None,
    *,
    load: FoundLoad | None = None,
    status: int = 422,
) -> Response:
    now, days = process.of(request).registry.store.now(), process.of(request).settings.hs_2015_old_days
    return panel_pages.render(
        request,
        member,
        "panel/looking/address.html",
        status=status if faults else 200,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        facts=facts,
        behind=behind or {},
        load=load,
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        door=lambda one: pages.text(request, lookup_texts.door(one.code)),
        old=lambda line: lookup_texts.is_old(line.status, line.source, now, days),
        asks_why=member.is_staff,
    )


class FoundAddress(NamedTuple):
    """``address``: canonical, "" with a ``fault``."""

    address: str
    fault: str = ""


def find(
    change: Change, registry: Registry, member: Member, typed: str, why: str, what: str = "address-looked-at"
) -> FoundAddress:
    """Logs a look-up, and not what was typed. ``typed``: a canonical address, a record number or a transaction id."""
    transaction, keyring, person = change.transaction, change.keyring, member.person.id
    if member.is_staff and not brakes.may_look(transaction, keyring, person):
        return FoundAddress("", brakes.TOO_MANY_LOOKS)
    if not member.is_staff and not brakes.may_look_for_company(transaction, keyring, person):
        return FoundAddress("", brakes.TOO_MANY_COMPANY_LOOKS)
    address: str | None = typed
    if record_search.is_number(typed) or record_search.is_transaction(typed):
        if not brakes.may_guess(transaction, keyring, person, transaction.now):
            return FoundAddress("", brakes.TOO_MANY_MISSES)
        address = record_search.address_of(transaction, registry, member, typed)
    if address is None:
        brakes.note_miss(transaction, keyring, person)
        change.note("number-not-found", why=why, provider=member.at.id)
        return FoundAddress("", _UNKNOWN)
    change.note(what, looks.about(member), why=why, provider=member.at.id, address=address)
    return FoundAddress(address)
