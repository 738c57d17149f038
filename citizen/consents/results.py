"""The result of an act about many brands, a page of its own: what was done, its undo, and what else can be done."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from citizen.consents import standing_refusal_pages
from citizen.rows import act_summary, shown_lines
from citizen.rows.act_summary import ActSummary
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.ledger.blanket_acts import Way
from consents.registry import Registry
from consents.store import Snapshot
from trust import passkey_store
from web import pages, process

PATH = standing_refusal_pages.RESULT


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The act of ``?act=``; the list where the citizen has no such act."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    done, ahead, offers = await registry.store.read(_view, registry, session, holder, act_summary.read(request))
    if done is None:
        return pages.redirect(request, "/izinler")
    return pages.render(
        request,
        "citizen/consents/result.html",
        **holders.frame(request, session, holder),
        **act_summary.context(request, done),
        offers_passkey=offers
        and process.of(request).settings.passkey_days > 0
        and not (holder.limited or session.by_key),
        closed_to_new=len(ahead) == standing_refusal_pages.count_ways(holder),
    )


def _view(
    snapshot: Snapshot, registry: Registry, session: Session, holder: Holder, act: int | None
) -> tuple[ActSummary | None, list[Way], bool]:
    """The act, the standing refusals, whether the address has no passkey yet."""
    now = registry.store.now()
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return None, [], False
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    done = act_summary.find(snapshot, registry, session, book, recipient, act, now, since)
    offers = not passkey_store.of(snapshot, registry.keyring, holder.address)
    return done, shown_lines.closed_ways(snapshot, recipient), offers
