"""All brands of this registry, also those without a record: to refuse in advance, or to allow."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen.consents import list_filter, shown_lines
from citizen.consents.brand_rows import RowRenderer
from citizen.consents.row_model import DIRECTORY
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.queries import queries
from consents.queries.consent_lines import ConsentLine
from consents.queries.queries import PAGE, BrandConsents
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Identity
from web import pages, process

_PRIVATE = Identity.BIREYSEL.code


class DirectoryView(NamedTuple):
    found: int
    page: int
    pages: int
    groups: list[BrandConsents]
    dealers: dict[int, str]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The brands that ``q`` finds, a page at a time."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    q, page = list_filter.search(request), list_filter.page(request)
    view = await registry.store.read(_view, registry, holder, registry.store.now(), q, page)
    groups = [BrandConsents(group.brand, whole(group.lines, holder)) for group in view.groups]
    named = any(line.identity != _PRIVATE for group in groups for line in group.lines)
    painter = RowRenderer(request, holder, named=named, dealers=view.dealers, back=DIRECTORY)
    return pages.render(
        request,
        "citizen/consents/directory.html",
        **holders.frame(request, session, holder),
        q=q,
        found=view.found,
        pieces={"brands": painter.brands(groups, "h2")},
        page=view.page,
        pages=view.pages,
        before=list_filter.turned(request, view.page - 1) if view.page > 1 else "",
        after=list_filter.turned(request, view.page + 1) if view.page < view.pages else "",
    )


def whole(lines: list[ConsentLine], holder: Holder, identity: int = _PRIVATE) -> list[ConsentLine]:
    """The lines, with an empty one for each channel and identity that has no record yet."""
    known = {(line.channel, line.identity) for line in lines}
    missing = [ConsentLine(channel, identity) for channel in holder.channels if (channel, identity) not in known]
    return sorted([*lines, *missing], key=lambda line: (line.identity, line.channel))


def _view(snapshot: Snapshot, registry: Registry, holder: Holder, now: int, q: str, page: int) -> DirectoryView:
    found = registry.brands.book(snapshot, now).search(q)
    pages_ = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages_)
    recipient = holders.find(snapshot, registry, holder)
    since = shown_lines.hidden(snapshot, recipient).since
    cut = found[(page - 1) * PAGE : page * PAGE]
    groups = shown_lines.of_brands(snapshot, registry, recipient, cut, now, since)
    return DirectoryView(len(found), page, pages_, groups, queries.dealer_titles(snapshot, queries.dealers(groups)))
