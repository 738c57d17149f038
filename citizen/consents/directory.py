"""All brands of this registry, also those without a record: to refuse in advance, or to allow."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.consents import standing_refusal_pages
from citizen.rows import list_filter, shown_lines
from citizen.rows.list_rows import ListRenderer
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.ledger.blanket_acts import Way
from consents.queries.queries import PAGE, BrandConsents
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Identity
from web import pages, process
from web.rendering import texts

_PRIVATE = Identity.BIREYSEL.code


class DirectoryView(NamedTuple):
    found: int
    page: int
    pages: int
    groups: list[BrandConsents]
    named: bool
    closed: list[Way]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The brands that ``q`` finds, a page at a time."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    q, page = list_filter.search(request), list_filter.page(request)
    view = await registry.store.read(_view, registry, holder, registry.store.now(), q, page)
    language, _ = texts.language(request)
    closed = wording.ways(language, view.closed, named=True) if view.closed else ""
    whole = len(view.closed) == standing_refusal_pages.count_ways(holder)
    renderer = ListRenderer(request, holder, named=view.named, closed_to_new=whole, closed=closed)
    return pages.render(
        request,
        "citizen/consents/directory.html",
        **holders.frame(request, session, holder),
        q=q,
        closed_to_new=whole,
        found=view.found,
        pieces={"brands": renderer.brands(view.groups, "h2")},
        page=view.page,
        pages=view.pages,
        before=list_filter.turned(request, view.page - 1) if view.page > 1 else "",
        after=list_filter.turned(request, view.page + 1) if view.page < view.pages else "",
    )


def _view(snapshot: Snapshot, registry: Registry, holder: Holder, now: int, q: str, page: int) -> DirectoryView:
    found = registry.brands.book(snapshot, now).search(q)
    pages_ = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages_)
    recipient = holders.find(snapshot, registry, holder)
    since = shown_lines.hidden(snapshot, recipient).since
    cut = found[(page - 1) * PAGE : page * PAGE]
    groups = shown_lines.of_brands(snapshot, registry, recipient, cut, now, since)
    named = len({line.identity for group in groups for line in group.lines}) > 1
    return DirectoryView(len(found), page, pages_, groups, named, shown_lines.closed_ways(snapshot, recipient))
