"""The evidence of one consent or act, found by transaction id or record number: the page and the sealed document, for
who has the right to it at the company, and for the operator's people. Each look has a reason and is recorded before
anything is shown."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import provider_list
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.audit import looks
from panel.audit.change import Change
from panel.lookups import address_facts, address_pages, lookup_texts, person_evidence, record_search
from panel.lookups.address_facts import AddressFacts
from panel.lookups.person_evidence import Background
from panel.lookups.record_search import FoundAct
from panel.people import brakes
from panel.rights import Company, Member
from panel.uploads import evidence_actions
from panel.uploads.evidence_actions import FoundConsent
from trust import record_numbers
from web import forms, pages, process
from web.rendering.texts import mark

_UNREAD = mark("Bunu hareket kodu ya da kayıt numarası olarak okuyamadık.")
_UNKNOWN = mark("Gördüğünüz markalarda bununla bulunan bir kayıt yok.")
_UNKNOWN_AT_ALL = mark("Bununla bulunan bir kayıt yok. Birden çok kişiyi ilgilendiren bir işlemin belgesi verilmez.")
_SEVERAL = mark("Bu işlem birden çok şirketi ilgilendiriyor. Şirketin numarasını yazın.")
_LONGEST = 100  # characters of what is searched


class FoundEvidence(NamedTuple):
    """``member``: as who the document is made: at the company; a ``fault`` has nothing else. ``at``: its field."""

    member: Member
    found: FoundAct | None = None
    fault: str = ""
    at: str = "islem"


async def ask(request: Request, member: Member) -> Response:
    return _page(request, member, {"islem": request.query_params.get("islem", "").strip()[:_LONGEST]}, [])


async def look(request: Request, member: Member) -> Response:
    """Of a load's number, which is no person, the consents with evidence, masked."""
    given, registry = await forms.fields(request), process.of(request).registry
    typed = _typed(given)
    if typed.isascii() and typed.isdecimal() and len(typed) < record_numbers.DIGITS and not member.is_staff:
        listed = await registry.store.read(evidence_actions.search, registry, member, typed)
        return _page(request, member, given, [] if listed else [("islem", _UNKNOWN)], listed=listed)
    if faults := _faults(given):
        return _page(request, member, given, faults)
    done = await form_answers.write(request, member, _find, registry, member, typed, _why(given), looks.LOOKED)
    if done.found is None:
        return _page(request, member, given, [(done.at, done.fault)])
    facts, behind = await registry.store.read(_facts, registry, done.member, done.found)
    return _page(request, member, {"islem": typed, "why": _why(given)}, [], facts=facts, behind=behind)


async def document(request: Request, member: Member) -> Response:
    """The sealed PDF, or its JSON alone (``as=json``)."""
    given, registry = await forms.fields(request), process.of(request).registry
    if faults := _faults(given):
        return _page(request, member, given, faults)
    done = await form_answers.write(request, member, _find, registry, member, _typed(given), _why(given), looks.PROVED)
    if done.found is None:
        return _page(request, member, given, [(done.at, done.fault)])
    return await _document(request, done.member, done.found, given)


async def ask_at_all(request: Request, member: Member) -> Response:
    return _page(request, member, {}, [])


async def document_at_all(request: Request, member: Member) -> Response:
    """The document of an act at any company, for the operator's people; no company learns of the look."""
    given, registry = await forms.fields(request), process.of(request).registry
    if faults := _faults(given):
        return _page(request, member, given, faults)
    company = form_answers.number(given.get("company", ""), 9)
    done = await form_answers.write(
        request, member, _find_at_all, registry, member, _typed(given), _why(given), company
    )
    if done.found is None:
        return _page(request, member, given, [(done.at, done.fault)])
    return await _document(request, done.member, done.found, given)


def _typed(given: dict[str, str]) -> str:
    return given.get("islem", "").strip()[:_LONGEST]


def _why(given: dict[str, str]) -> str:
    return form_answers.line(given.get("why", ""))


def _faults(given: dict[str, str]) -> list[tuple[str, str]]:
    typed = _typed(given)
    read = record_search.is_transaction(typed) or record_numbers.well_formed(record_numbers.plain(typed))
    faults = [] if read else [("islem", _UNREAD)]
    return faults + ([("why", fault)] if (fault := brakes.reason_fault(_why(given))) else [])


def _find(change: Change, registry: Registry, member: Member, typed: str, why: str, what: str) -> FoundEvidence:
    """Notes the look, or the miss; not what was typed."""
    transaction, keyring, person = change.transaction, change.keyring, member.person.id
    may_look = brakes.may_look if member.is_staff else brakes.may_look_for_company
    if not may_look(transaction, keyring, person):
        return FoundEvidence(member, None, brakes.TOO_MANY_LOOKS if member.is_staff else brakes.TOO_MANY_COMPANY_LOOKS)
    if not brakes.may_guess(transaction, keyring, person, transaction.now):
        return FoundEvidence(member, None, brakes.TOO_MANY_MISSES)
    seen = [one.id for one in memberships.brands(transaction, member)]
    found = record_search.act_of(transaction, keyring, typed, seen)
    if found is None:
        brakes.note_miss(transaction, keyring, person)
        change.note("number-not-found", why=why, provider=member.at.id)
        return FoundEvidence(member, None, _UNKNOWN)
    change.note(what, looks.about(member), why=why, provider=member.at.id, address=found.address)
    return FoundEvidence(member, found)


def _find_at_all(
    change: Change, registry: Registry, member: Member, typed: str, why: str, company: int
) -> FoundEvidence:
    transaction, keyring, person = change.transaction, change.keyring, member.person.id
    if not brakes.may_look_at_all(transaction, keyring, person):
        if brakes.is_first_refused(transaction, keyring, person):
            change.note("looks-too-fast", why=why)
        return FoundEvidence(member, None, brakes.TOO_FAST)
    if not brakes.may_look(transaction, keyring, person):
        return FoundEvidence(member, None, brakes.TOO_MANY_LOOKS)
    if not brakes.may_guess(transaction, keyring, person, transaction.now):
        return FoundEvidence(member, None, brakes.TOO_MANY_MISSES)
    found = record_search.act_of(transaction, keyring, typed)
    if found is None:
        brakes.note_miss(transaction, keyring, person)
        change.note("number-not-found", why=why)
        return FoundEvidence(member, None, _UNKNOWN_AT_ALL)
    companies = provider_list.by_id(transaction, sorted(found.companies))
    chosen = [one for one in companies if company in (0, one.code)]
    change.note(looks.PROVED, looks.about(member), why=why, address=found.address)
    if len(chosen) != 1:
        return FoundEvidence(member, None, _SEVERAL, "company")
    return FoundEvidence(member._replace(company=Company(*chosen[0][:3])), found)


async def _document(request: Request, member: Member, found: FoundAct, given: dict[str, str]) -> Response:
    here, about = process.of(request), _about(_typed(given))
    store, registry = here.registry.store, here.registry
    facts, behind = await store.read(_facts, registry, member, found)
    scope = await store.read(person_evidence.scope_of, member, about)
    made = await asyncio.to_thread(store.read_now, person_evidence.statement, registry, scope, facts, here.settings)
    return await address_pages.statement_file(request, made, facts, behind, member.at.code, given.get("as", ""))


def _about(typed: str) -> str:
    return typed.lower() if record_search.is_transaction(typed) else record_numbers.plain(typed)


def _facts(
    snapshot: Snapshot, registry: Registry, member: Member, found: FoundAct
) -> tuple[AddressFacts, dict[int, Background]]:
    facts = address_facts.facts_of(snapshot, registry, member, found.address, found.selection)
    return facts, person_evidence.backgrounds(snapshot, registry, member, facts)


def _page(
    request: Request,
    member: Member,
    given: dict[str, str],
    faults: list[tuple[str, str]],
    *,
    listed: list[FoundConsent] | None = None,
    facts: AddressFacts | None = None,
    behind: dict[int, Background] | None = None,
) -> Response:
    full = any(
        fault in (brakes.TOO_MANY_LOOKS, brakes.TOO_MANY_COMPANY_LOOKS, brakes.TOO_MANY_MISSES, brakes.TOO_FAST)
        for _, fault in faults
    )
    return panel_pages.render(
        request,
        member,
        "panel/looking/act_evidence.html",
        status=(429 if full else 422) if faults else 200,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        listed=listed or [],
        facts=facts,
        behind=behind or {},
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        door=lambda one: pages.text(request, lookup_texts.door(one.code)),
    )
