"""Hepsini reddet: everything, a company, a brand or a filtered list, refused in one act with one undo. The page
shows the exact list; the transaction finds it again, so brands added meanwhile are refused too. Brands whose tick
was removed are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.alerts import visit_notices
from citizen.consents import acts, list_answers, results
from citizen.rows import act_summary, list_filter
from citizen.session import holder as holders
from citizen.session import intent
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.intent import KEPT_BRANDS
from citizen.session.session import Session
from consents.brands.book import BrandDirectory, BrandEntry
from consents.queries import queries, timeline
from consents.queries.queries import BrandConsents, ListFilter
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Snapshot, StoreUnavailable, Transaction, Unknown
from web import pages, process
from web.rendering import texts

PATH = "/izinler/reddet"
LONGEST_FIELD = 100  # characters
# The scopes and the fields each is narrowed by; a filter by all that narrows a list.
SCOPES = {
    "all": (),
    "provider": ("code", "channel", "identity"),
    "brand": ("code", "channel", "identity", "status"),
    "filter": ("q", "channel", "identity", "status"),
}


class Scope(NamedTuple):
    """``name`` and the fields of ``SCOPES``, as posted; ``wanted``: in the registry's terms; ``kept``: codes of
    brands left out."""

    name: str
    fields: dict[str, str]
    wanted: ListFilter
    kept: frozenset[str]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """Shows the exact list and count of a refusal, and narrower scopes."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    now = registry.store.now()
    scope = read_scope(request.query_params, now)
    book, groups = await registry.store.read(_found, registry, holder, now, scope)
    _check(book, scope)
    return pages.render(
        request,
        "citizen/consents/refuse_all.html",
        **holders.frame(request, session, holder),
        **_described(request, holder, groups),
        path=PATH,
        scope=scope,
        target=_target(book, scope),
    )


@sessions.open_to_limited
async def refuse(request: Request, session: Session) -> Response:
    """Refuses it all in one act, of one address only; redirects to the list with a notice and one undo. A brand of the
    list is answered in its place."""
    fields = await intent.read_refusal(request)
    brand = await _in_place(request, fields)
    holder = holders.named(request, session, fields.get("n"))
    if brand is None:
        act = await _record(request, session, holder, fields)
        return sessions.lead(request, holders.page_after(results.PATH, session, holder, act))
    try:
        act = await _record(request, session, holder, fields)
    except StoreUnavailable as fault:
        if isinstance(fault, Unknown):
            raise
        return await list_answers.unsaved(request, holder, brand)
    return await list_answers.refused(request, session, holder, brand, act)


async def finish(request: Request, session: Session, fields: Mapping[str, str]) -> str:
    """Applies the form; returns the path of the page that shows it. 404 for an address not proved here."""
    holder = holders.named(request, session, fields.get("n"))
    return holders.page_after(results.PATH, session, holder, await _record(request, session, holder, fields))


async def _record(request: Request, session: Session, holder: Holder, fields: Mapping[str, str]) -> int | None:
    registry = process.of(request).registry
    scope = read_scope(fields, registry.store.now())
    evidence = registry.keyring.seal_evidence(session.evidence | {"scope": scope.name})
    act: int | None = await visit_notices.write(request, session, _refuse, registry, holder, scope, evidence)
    return act


async def _in_place(request: Request, fields: Mapping[str, str]) -> BrandEntry | None:
    """The brand of the list whose button htmx sent."""
    if fields.get("scope") != "brand" or not pages.wants_piece(request):
        return None
    registry = process.of(request).registry
    code = read_scope(fields, registry.store.now()).wanted.brand
    brand = await registry.brand(code) if code else None
    if brand is None:
        raise HTTPException(404)
    return brand


def read_scope(given: Mapping[str, str], now: int) -> Scope:
    """The scope of a query or form at ``now``; all where it names none. 422 for an unknown scope."""
    name = given.get("scope") or "all"
    if name not in SCOPES:
        raise HTTPException(422)
    code = given.get("code", "")
    number = int(code) if code.isascii() and code.isdecimal() and len(code) < 10 else 0
    fields = {field: given[field][:LONGEST_FIELD] for field in SCOPES[name] if given.get(field)}
    wanted = ListFilter(
        q=fields.get("q", ""),
        company=number if name == "provider" else None,
        brand=number if name == "brand" else None,
        page=1,
        **list_filter.codes(fields, now),
    )
    return Scope(name, fields, wanted, frozenset(given.get(KEPT_BRANDS, "").split(",")))


def _found(
    snapshot: Snapshot, registry: Registry, holder: Holder, now: int, scope: Scope
) -> tuple[BrandDirectory, list[BrandConsents]]:
    book = registry.brands.book(snapshot, now)
    recipient = holders.find(snapshot, registry, holder)
    groups = [] if recipient is None else queries.reach(snapshot, book, recipient, now, scope.wanted)
    return book, [group for group in groups if str(group.brand.code) not in scope.kept]


def _refuse(
    transaction: Transaction, registry: Registry, holder: Holder, scope: Scope, evidence: acts.Evidence
) -> int | None:
    """The act; where all was refused already, the last such act (a second click is answered as the first)."""
    now = transaction.now
    book, groups = _found(transaction, registry, holder, now, scope)
    _check(book, scope)
    if groups:
        recipient = holders.enrol(transaction, registry, holder)
        return acts.refuse_all(transaction, registry, recipient, groups, evidence)
    return None if scope.kept - {""} else _done_before(transaction, registry, holder, book, scope)


def _done_before(
    transaction: Transaction, registry: Registry, holder: Holder, book: BrandDirectory, scope: Scope
) -> int | None:
    recipient = holders.find(transaction, registry, holder)
    last = timeline.last_own(transaction, recipient) if recipient is not None else None
    if recipient is None or last is None:
        return None
    before = act_summary.of_act(transaction, registry, book, recipient, last[0], transaction.now)
    if before is None or not before.undoable or before.status != RET:
        return None
    brand = scope.wanted.brand  # the undo of an act about others would take their refusals back, too
    return before.act if brand is None or [one.code for one in before.brands] == [brand] else None


def _check(book: BrandDirectory, scope: Scope) -> None:
    """404 where the scope names an unknown company or brand."""
    if scope.name in ("provider", "brand") and _target(book, scope) is None:
        raise HTTPException(404)


def _target(book: BrandDirectory, scope: Scope) -> BrandEntry | None:
    """The brand, or a brand of the company, that the scope names."""
    if scope.wanted.brand is not None:
        return book.by_code.get(scope.wanted.brand)
    return next(iter(book.company(scope.wanted.company)), None) if scope.wanted.company is not None else None


def _described(request: Request, holder: Holder, groups: list[BrandConsents]) -> dict[str, Any]:
    """The list in words: each brand with the ways by which it may reach the citizen."""
    language, _ = texts.language(request)
    lines = [line for group in groups for line in group.lines]
    both = len({line.identity for line in lines}) > 1
    ways: dict[tuple[tuple[int, int], ...], str] = {}
    described = []
    for group in groups:
        key = tuple([line[:2] for line in group.lines])
        if key not in ways:
            ways[key] = wording.ways(language, key, named=both, helped=holder.helped)
        described.append((group.brand, ways[key]))
    asking = [all(line.status != ONAY for line in group.lines) for group in groups]
    return {
        "counts": queries.counted(groups),
        "open": [one for one, asks in zip(described, asking, strict=True) if not asks],
        "waiting": [one for one, asks in zip(described, asking, strict=True) if asks],
        "channels": sorted({line.channel for line in lines}),
        "identities": sorted({line.identity for line in lines}),
    }
