"""The result of an act about many brands, a page of its own: what was done, its undo, and what else can be done."""

from __future__ import annotations

from typing import NamedTuple

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
from consents.queries import act_receipts
from consents.store import Snapshot
from optout.public import FollowUpOffer, follow_ups
from trust import passkey_store, passkeys
from web import pages, process
from web.process import Process

PATH = standing_refusal_pages.RESULT


class ResultView(NamedTuple):
    """``ahead``: the standing refusals; ``follow``: the question that can be asked after the last day; ``offers``: the
    address has no passkey yet."""

    done: ActSummary
    ahead: list[Way]
    follow: FollowUpOffer | None
    offers: bool


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The act of ``?act=``; the list where the citizen has no such act."""
    holder = holders.current(request, session)
    here = process.of(request)
    view = await here.registry.store.read(_view, here, session, holder, act_summary.asked(request))
    if view is None:
        return pages.redirect(request, "/izinler")
    return pages.render(
        request,
        "citizen/consents/result.html",
        **holders.frame(request, session, holder),
        **act_summary.context(request, view.done),
        follow=view.follow,
        offers_passkey=view.offers and _takes_passkeys(here, session, holder),
        closed_to_new=len(view.ahead) == standing_refusal_pages.count_ways(holder),
    )


def _takes_passkeys(here: Process, session: Session, holder: Holder) -> bool:
    possible = here.settings.passkey_days > 0 and passkeys.possible(here.settings)
    return possible and holder.hears and not (holder.limited or session.by_key)


def _view(snapshot: Snapshot, here: Process, session: Session, holder: Holder, act: int | None) -> ResultView | None:
    registry, now = here.registry, here.registry.store.now()
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return None
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    done = act_summary.find(snapshot, registry, session, book, recipient, act, now, since)
    if done is None:
        return None
    past = None if session.limited else act_receipts.citizens(snapshot, done.act)
    follow = None
    if past is not None:
        receipt = act_receipts.get(snapshot, registry.policy.reconsent, book, past)
        follow = follow_ups.offer(snapshot, receipt, holder.address, here.settings, now)
    offers = not passkey_store.of(snapshot, registry.keyring, holder.address)
    return ResultView(done, shown_lines.closed_ways(snapshot, recipient), follow, offers)
