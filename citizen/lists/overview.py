"""Who may contact me? The list of all consents of one address."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from citizen.deeds import ahead, newcomer
from citizen.look import act_notice, narrowing, ways_on, wording
from citizen.look.act_summary import ActSummary
from citizen.look.brand_rows import Painter
from citizen.person import holder as holders
from citizen.person import shown_lines
from citizen.person.holder import Holder
from citizen.person.shown_lines import HiddenHistory
from citizen.session import intent
from citizen.session import session as sessions
from citizen.session.session import Session
from consents.brands import transitions
from consents.ledger.blanket_acts import Way
from consents.reading import queries, timeline
from consents.reading.queries import ConsentCounts, ListFilter, Listing
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Identity
from web import pages, process

_NOTHING = Listing([], [], [], ConsentCounts(), ConsentCounts(), 1, 1, frozenset(), 0, 0)


class OverviewView(NamedTuple):
    """What the list shows. ``last``: (number, µs) of the citizen's last act; ``ahead``: what he has refused ahead;
    ``check_by``: the first last day to check records of a transition, wherever in the list they stand."""

    listing: Listing
    dealers: dict[int, str]
    done: ActSummary | None
    last: tuple[int, int] | None
    hidden: HiddenHistory
    ahead: list[Way]
    check_by: date | None = None


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The list, narrowed by ``q``, ``identity``, ``channel`` and ``status``; ``act``: with the notice of that act."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    now = registry.store.now()
    wanted = narrowing.wanted(request, now)
    view = await registry.store.read(_view, registry, session, holder, now, wanted, act_notice.read(request))
    listing = view.listing
    around = holders.frame(request, session, holder)
    painter = Painter(request, holder, named=len(listing.identities) > 1, dealers=view.dealers)
    sections = {"waiting": listing.waiting, "open": listing.open, "refused": listing.refused}
    ask_new = newcomer.to_ask(session, listing.oldest, view.hidden, now)
    response = pages.render(
        request,
        "citizen/consents/list.html",
        **around,
        finished=intent.kept(request),
        **act_notice.context(request, view.done),
        counts=listing.counts,
        check_by=view.check_by and wording.weekday(painter.language, view.check_by),
        shown=listing.shown,
        pieces={name: painter.brands(section) for name, section in sections.items() if section},
        only_business=listing.identities == {Identity.TACIR.code},
        filter=narrowing.form(
            request,
            holder,
            identities=len(listing.identities) > 1,
            kept_language=around["kept_language"],
            rest=bool(listing.shown.open + listing.shown.waiting),
            narrowed=wanted.narrows,
        ),
        narrowed=wanted.narrows,
        scope=narrowing.scope(request),
        search=urlencode({"q": wanted.q}) if wanted.q else "",
        page=listing.page,
        pages=listing.pages,
        before=narrowing.turned(request, listing.page - 1) if listing.page > 1 else "",
        after=narrowing.turned(request, listing.page + 1) if listing.page < listing.pages else "",
        last_sign_in=session.last_sign_in and wording.moment(painter.language, session.last_sign_in),
        last_act=view.last and wording.moment(painter.language, view.last[1]),
        last_number=view.last and view.last[0],
        new_path=newcomer.PATH,
        veiled=listing.veiled,
        hidden_before=view.hidden.since and wording.day(painter.language, view.hidden.since),
        show_again=not session.limited and shown_lines.may_show_again(view.hidden.since, now),
        refused_ahead=wording.ways(painter.language, view.ahead, named=True) if view.ahead else "",
        ask_new=ask_new,
        ways_on=ways_on.drawn(request, holder, listing.counts, ahead=ask_new and not view.ahead),
    )
    return intent.shown(request, response)


def _view(
    snapshot: Snapshot,
    registry: Registry,
    session: Session,
    holder: Holder,
    now: int,
    wanted: ListFilter,
    act: int | None,
) -> OverviewView:
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return OverviewView(_NOTHING, {}, None, None, HiddenHistory(), [])
    book, hidden = registry.shelf.book(snapshot, now), shown_lines.hidden(snapshot, recipient)
    listing = queries.listing(snapshot, book, recipient, now, wanted, since=hidden.since)
    full = partial(shown_lines.with_own_words, snapshot, registry, recipient, now=now)
    listing = listing._replace(waiting=full(listing.waiting), open=full(listing.open), refused=full(listing.refused))
    last = timeline.last_own(snapshot, recipient)
    return OverviewView(
        listing,
        queries.dealer_titles(snapshot, queries.dealers([*listing.waiting, *listing.open, *listing.refused])),
        act_notice.find(snapshot, registry, session, book, recipient, act, now, hidden.since),
        last if last and last[1] >= hidden.since else None,
        hidden,
        ahead.refused(snapshot, recipient),
        min(transitions.to_check(snapshot, recipient, now).values(), default=None),
    )
