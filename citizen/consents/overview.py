"""Who may contact me? The list of all consents of one address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.consents import number_reassigned, standing_refusal_pages
from citizen.rows import act_summary, list_filter, shown_lines
from citizen.rows.act_summary import ActSummary
from citizen.rows.list_rows import ListRenderer
from citizen.rows.shown_lines import HiddenHistory
from citizen.session import holder as holders
from citizen.session import intent
from citizen.session import relatives as own_relatives
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands import transitions
from consents.ledger.blanket_acts import Way
from consents.people import business_lines
from consents.queries import queries, timeline
from consents.queries.queries import ConsentCounts, ListFilter, Listing
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Identity
from trust.delegations import LastingHelper
from web import pages, process

_NOTHING = Listing([], [], [], ConsentCounts(), ConsentCounts(), 1, 1, frozenset(), 0, 0)
_FILTERED = 15  # brands from which on the list has its form
ADDED = "eklendi"  # in the query: the session has just proved another number or e-mail


class OverviewView(NamedTuple):
    """``last``: (number, µs) of the citizen's last act; ``ahead``: standing refusals; ``check_by``: the earliest
    last day to check records of a transition; ``relatives``: whom the holder helps; ``held_by``: title of the business
    that holds this line."""

    listing: Listing
    done: ActSummary | None
    last: tuple[int, int] | None
    hidden: HiddenHistory
    ahead: list[Way]
    check_by: date | None = None
    relatives: Sequence[LastingHelper] = ()
    held_by: str = ""


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """The list, narrowed by ``q``, ``identity``, ``channel`` and ``status``; ``act``: with the notice of that act."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    now = registry.store.now()
    wanted = list_filter.wanted(request, now)
    act = act_summary.asked(request)
    view = await registry.store.read(_view, registry, session, holder, now, wanted, act)
    listing = view.listing
    around = holders.frame(request, session, holder)
    renderer = ListRenderer(request, holder, named=len(listing.identities) > 1, narrow=list_filter.narrow(request))
    sections = {"waiting": listing.waiting, "open": listing.open, "refused": listing.refused}
    ask_new = number_reassigned.to_ask(session, listing.oldest, view.hidden, now)
    all_ahead = len(view.ahead) == standing_refusal_pages.count_ways(holder)
    answered = number_reassigned.just_answered(request, session, holder, act, view.hidden)
    if ADDED in request.query_params and len(session.proven) > 1:
        answered = "added"
    filter_form: str = ""
    if sum(listing.counts) >= _FILTERED or wanted.narrows or wanted.newest:
        two, kept_language = len(listing.identities) > 1, around["kept_language"]
        filter_form = list_filter.form(request, holder, identities=two, kept_language=kept_language)
    response = pages.render(
        request,
        "citizen/consents/list.html",
        **around,
        finished=intent.read(request),
        **act_summary.context(request, view.done),
        counts=listing.counts,
        relatives=own_relatives.lines(request, view.relatives),
        open_path=own_relatives.OPEN,
        check_by=view.check_by and wording.weekday(renderer.language, view.check_by),
        shown=listing.shown,
        pieces={name: renderer.brands(section) for name, section in sections.items() if section},
        business=Identity.TACIR.code in listing.identities and not all_ahead,
        only_business=listing.identities == {Identity.TACIR.code},
        filter=filter_form,
        narrowed=wanted.narrows,
        scope=list_filter.scope(request),
        search=urlencode({"q": wanted.q}) if wanted.q else "",
        page=listing.page,
        pages=listing.pages,
        before=list_filter.turned(request, listing.page - 1) if listing.page > 1 else "",
        after=list_filter.turned(request, listing.page + 1) if listing.page < listing.pages else "",
        last_sign_in=session.last_sign_in and wording.moment(renderer.language, session.last_sign_in),
        last_act=view.last and wording.moment(renderer.language, view.last[1]),
        last_number=view.last and view.last[0],
        new_path=number_reassigned.PATH,
        answered=answered,
        veiled=listing.veiled,
        hidden_before=view.hidden.since and wording.day(renderer.language, view.hidden.since),
        show_again=not (session.limited or session.by_key) and shown_lines.may_show_again(view.hidden.since, now),
        refused_ahead=view.ahead and wording.ways(renderer.language, view.ahead, named=True, helped=holder.helped),
        all_ahead=all_ahead,
        ask_new=ask_new,
        held_by="" if session.limited else view.held_by,
    )
    return intent.clear_result(request, response)


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
    relatives = [] if session.limited else own_relatives.helped_by(snapshot, registry, holder)
    if recipient is None:
        return OverviewView(_NOTHING, None, None, HiddenHistory(), [], relatives=relatives)
    book, hidden = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient)
    listing = queries.listing(snapshot, book, recipient, now, wanted, since=hidden.since)
    checks = transitions.to_check(snapshot, recipient, now)
    full = partial(shown_lines.with_own_words, snapshot, registry, recipient, now=now, checks=checks)
    listing = listing._replace(waiting=full(listing.waiting), open=full(listing.open), refused=full(listing.refused))
    last = timeline.last_own(snapshot, recipient)
    held = business_lines.of_line(snapshot, registry.keyring, recipient)
    return OverviewView(
        listing,
        act_summary.find(snapshot, registry, session, book, recipient, act, now, hidden.since),
        last if last and last[1] >= hidden.since else None,
        hidden,
        shown_lines.closed_ways(snapshot, recipient),
        min(checks.values(), default=None),
        relatives,
        held.title if held is not None and held.owner != recipient else "",
    )
