"""A citizen's evidence document of one brand: the history that its page shows, with what the company attached, in the
form of a company's statement. Of the company's people and files it has no names."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.receipts.receipt import as_file
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands import provider_list
from consents.queries import timeline
from consents.store import Snapshot
from panel.lookups import address_facts, evidence_pdf, person_evidence
from panel.lookups.address_facts import AddressEvent, AddressFacts, AddressPart
from panel.lookups.person_evidence import Background, StatementScope
from panel.rights import Company
from trust import paper_seals
from web import process
from web.process import Process
from web.rendering import texts

_LANGUAGES = ("tr", "en")  # of the panel's texts, which the document is made of


class OwnEvidence(NamedTuple):
    statement: str
    facts: AddressFacts
    behind: dict[int, Background]


@sessions.required
async def paper(request: Request, session: Session) -> Response:
    """404 for a brand without a movement of this address."""
    holder, here = holders.named(request, session), process.of(request)
    code = request.path_params["brand"]
    made = await asyncio.to_thread(here.registry.store.read_now, _read, here, holder, code)
    if made is None:
        raise HTTPException(404)
    language = texts.language(request)[0]
    name = f"kanit-{code}"
    content = await asyncio.to_thread(
        evidence_pdf.made,
        language if language in _LANGUAGES else "en",
        *made,
        here.settings.public_url,
        f"{name}.json",
    )
    seal = paper_seals.of_minute(paper_seals.STATEMENT, here.registry.store.now())
    return as_file(paper_seals.sealed(content, seal, here.registry.keyring), "application/pdf", f"{name}.pdf")


def _read(snapshot: Snapshot, here: Process, holder: Holder, code: int) -> OwnEvidence | None:
    registry, now = here.registry, here.registry.store.now()
    brand, recipient = registry.brands.book(snapshot, now).by_code.get(code), holders.find(snapshot, registry, holder)
    if brand is None or recipient is None:
        return None
    since = shown_lines.hidden(snapshot, recipient).since
    known = provider_list.brand(snapshot, brand.id)
    entries = timeline.entries(snapshot, recipient, brand.id, since=since, reconsent=registry.policy.reconsent)
    entries.sort(key=lambda one: one.act, reverse=True)
    events = [AddressEvent(entry, known, change, None) for entry in entries for change in entry.changes]
    if not events:
        return None
    shown = [
        one._replace(attached=[piece for piece in one.attached if piece.at >= since])
        for one in address_facts.with_evidence(snapshot, registry.keyring, events[: address_facts.MOST])
    ]
    lines = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since)[0].lines
    facts = AddressFacts(
        holder.address, [AddressPart(known, lines)], shown, {}, erased=False, more=len(events) > len(shown)
    )
    scope = StatementScope(Company(brand.company, brand.company_code, brand.company_title), [brand.code], None)
    statement = person_evidence.statement(snapshot, registry, scope, facts, here.settings)
    return OwnEvidence(statement, facts, person_evidence.backgrounds(snapshot, registry, None, facts))
