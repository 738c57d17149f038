"""The page of one brand: how it got this number, and its history."""

from __future__ import annotations

from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.consents import dispute_pages
from citizen.consents.dispute_pages import ShownEvidence
from citizen.rows import act_summary, history_sentences, row_model, shown_lines
from citizen.rows.act_summary import ActSummary
from citizen.rows.brand_rows import RowRenderer
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.ledger.blanket_acts import Way
from consents.queries import queries, timeline
from consents.queries.consent_lines import ConsentLine
from consents.queries.timeline import Entry
from consents.rules import RET
from consents.store import Snapshot
from consents.terms import Identity
from national import public as national
from national.public import NationalReport
from providers import public as providers
from providers.public import CitizenMovement, DisputeState, HandedOver
from web import pages, process
from web.process import Process

_PRIVATE, _BUSINESS = Identity.BIREYSEL.code, Identity.TACIR.code


class BrandView(NamedTuple):
    """``handed``: by event, the delivery of the citizen's refusals; ``reported``: by event, their report to İYS."""

    brand: BrandEntry
    lines: list[ConsentLine]
    dealers: dict[int, str]
    entries: list[Entry]
    handed: dict[int, HandedOver | None]
    reported: dict[int, NationalReport | None]
    done: ActSummary | None
    closed: list[Way]
    evidence: list[ShownEvidence]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """Every channel and identity with its switch, the company, and the history as sentences."""
    holder = holders.current(request, session)
    here = process.of(request)
    registry = here.registry
    code, now = int(request.path_params["brand"]), registry.store.now()
    view = await registry.store.read(_view, here, session, holder, code, now, act_summary.asked(request))
    private, business = ([line for line in view.lines if line.identity == which] for which in (_PRIVATE, _BUSINESS))
    renderer = RowRenderer(
        request, holder, dealers=view.dealers, handed=view.handed, reported=view.reported, closed=view.closed
    )
    keyring, may_undo = registry.keyring, session.may_undo
    return pages.render(
        request,
        "citizen/consents/brand.html",
        **holders.frame(request, session, holder),
        **act_summary.context(request, view.done, helped=holder.helped),
        brand=view.brand,
        private=renderer.rows(view.brand, _whole(private, holder)),
        business=renderer.rows(view.brand, _whole(business, holder, _BUSINESS)),
        has_private=bool(private) or not business,
        has_business=bool(business),
        unrecorded=any(
            line.status is None and line[:2] not in view.closed for line in _whole(business, holder, _BUSINESS)
        ),
        open=sum(line.status not in (RET, None) for line in view.lines),
        evidence=view.evidence,
        dispute_path=dispute_pages.PATH,
        states=DisputeState,
        channel_names=row_model.CHANNELS,
        identity_names=row_model.IDENTITIES,
        when=lambda at: wording.day(renderer.language, at),
        barred=any(line.status is None for line in _whole(private, holder)),
        story=history_sentences.story(
            renderer.language,
            keyring,
            view.entries,
            view.dealers,
            now,
            view.handed,
            may_undo=may_undo,
            helped=holder.helped,
        ),
    )


def _whole(lines: list[ConsentLine], holder: Holder, identity: int = _PRIVATE) -> list[ConsentLine]:
    """The lines, with an empty one for each channel and identity that has no record yet."""
    known = {(line.channel, line.identity) for line in lines}
    missing = [ConsentLine(channel, identity) for channel in holder.channels if (channel, identity) not in known]
    return sorted([*lines, *missing], key=lambda line: (line.identity, line.channel))


def _view(
    snapshot: Snapshot, here: Process, session: Session, holder: Holder, code: int, now: int, act: int | None
) -> BrandView:
    registry = here.registry
    book = registry.brands.book(snapshot, now)
    brand = book.by_code.get(code)
    if brand is None:
        raise HTTPException(404)
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return BrandView(brand, [], {}, [], {}, {}, None, [], [])
    since = shown_lines.hidden(snapshot, recipient).since
    groups = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since)
    entries = timeline.entries(snapshot, recipient, brand.id, since=since, reconsent=registry.policy.reconsent)
    dealers = {one.word.dealer for entry in entries for one in entry.changes}
    return BrandView(
        brand,
        groups[0].lines,
        queries.dealer_titles(snapshot, dealers | queries.dealers(groups)),
        entries,
        {one.event: providers.handed(snapshot, one) for one in _refusals(brand, groups[0].lines, entries)},
        {line.event: national.reported(snapshot, line.event) for line in groups[0].lines if line.own and line.event},
        act_summary.find(snapshot, registry, session, book, recipient, act, now, since),
        shown_lines.closed_ways(snapshot, recipient),
        dispute_pages.of_lines(snapshot, registry, recipient, brand.id, groups[0].lines, since),
    )


def _refusals(brand: BrandEntry, lines: list[ConsentLine], entries: list[Entry]) -> set[CitizenMovement]:
    """What the citizen refuses and has disputed; the history has the delivery of standing refusals."""
    own = [line for line in lines if line.status == RET and line.own and not line.ahead]
    found = {(line.event, line.channel) for line in own if line.event is not None}
    found |= {(one.word.event, one.channel) for entry in entries if entry.disputed for one in entry.changes}
    return {CitizenMovement(brand.id, event, channel) for event, channel in found}
