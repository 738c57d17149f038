"""Htmx answers of the list: one brand as it is now, with the result of the act. The answer also updates the counts and
the page's live region."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from citizen.consents import row_answers
from citizen.rows import act_summary, shown_lines
from citizen.rows.list_rows import ListRenderer
from citizen.session import holder as holders
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import history
from consents.brands.book import BrandEntry
from consents.history import PastAct
from consents.queries import queries
from consents.queries.consent_lines import IDENTITY, ConsentLine, RecipientRows
from consents.registry import Registry
from consents.store import Snapshot
from web import pages, process
from web.rendering import texts

_OUT_OF_BAND = "citizen/consents/_listed_answer.html"


class ListOutOfBandModel(NamedTuple):
    """The parts of the answer outside the brand (htmx out-of-band swaps). ``open``, ``waiting``: a number of the same
    plural form as that of the brands, so that few pieces are prepared; ``helped``: as in Holder."""

    section: str
    fresh: str
    open: int
    waiting: int
    helped: bool


class BrandState(NamedTuple):
    """``named``: the list has both identities, so lines name theirs; ``act``: the refusal, while this session can undo
    it, and ``refused_lines``: its lines."""

    lines: list[ConsentLine]
    named: bool
    counts: queries.ConsentCounts
    act: PastAct | None
    refused_lines: list[ConsentLine]


async def refused(request: Request, session: Session, holder: Holder, brand: BrandEntry, act: int | None) -> Response:
    """The brand after a refusal. ``act``: the refusal, or the earlier one that it repeats; None: nothing was open."""
    now = await _load(request, holder, brand, act, session)
    return _answer(request, holder, brand, now, "done" if now.act else "already")


async def undone(request: Request, holder: Holder, brand: BrandEntry, *, late: bool) -> Response:
    return _answer(request, holder, brand, await _load(request, holder, brand), "late" if late else "undone")


async def unsaved(request: Request, holder: Holder, brand: BrandEntry) -> Response:
    """503 with the brand as it stands and the reason: nothing was recorded."""
    now = await _load(request, holder, brand)
    problem = pages.text(request, row_answers.UNSAVED)
    response = _answer(request, holder, brand, now, "", problem)
    response.headers["retry-after"] = "120"
    return response


async def _load(
    request: Request, holder: Holder, brand: BrandEntry, act: int | None = None, session: Session | None = None
) -> BrandState:
    registry = process.of(request).registry
    found: BrandState = await registry.store.read(_read_state, registry, holder, brand, act, session)
    return found


def _read_state(
    snapshot: Snapshot, registry: Registry, holder: Holder, brand: BrandEntry, act: int | None, session: Session | None
) -> BrandState:
    recipient, now = holders.find(snapshot, registry, holder), registry.store.now()
    if recipient is None:
        return BrandState([], False, queries.ConsentCounts(), None, [])
    since = shown_lines.hidden(snapshot, recipient).since
    reading = RecipientRows(snapshot, recipient, now, since)
    groups = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since, reading)
    past = None if act is None else _undoable(snapshot, registry, act, session, now)
    refused_ways = set() if past is None else {event.key[2:] for event in history.events_of(snapshot, past)}
    lines = groups[0].lines
    return BrandState(
        lines,
        len({row[IDENTITY] for row in reading.rows}) > 1,
        queries.counts(snapshot, recipient, now, since=since, reading=reading),
        past,
        [line for line in lines if line[:2] in refused_ways],
    )


def _undoable(snapshot: Snapshot, registry: Registry, act: int, session: Session | None, now: int) -> PastAct | None:
    past = history.act(snapshot, act)
    if past is None or not act_summary.undoable(past, now):
        return None
    if session is not None and session.limited and not act_summary.session_may_undo(snapshot, registry, session, act):
        return None
    return past


def _answer(
    request: Request, holder: Holder, brand: BrandEntry, now: BrandState, fresh: str, problem: str = ""
) -> Response:
    renderer = ListRenderer(request, holder, named=now.named)
    values = {"problem": problem} if problem else {}
    if now.act is not None:
        values |= row_answers.act_values(request, now.act.id)
    section, piece = renderer.brand(brand, now.lines, fresh, values, now.refused_lines)
    return pages.sent(
        request, piece + _out_of_band(request, holder, brand, section, now, fresh), status=503 if problem else 200
    )


def _out_of_band(
    request: Request, holder: Holder, brand: BrandEntry, section: str, now: BrandState, fresh: str
) -> Markup:
    values = {"title": brand.title} | {name: str(number) for name, number in now.counts._asdict().items()}
    language, _ = texts.language(request)
    waiting, open_, _ = (texts.same_form(language, number) for number in now.counts)
    model = ListOutOfBandModel(section, fresh, open_, waiting, holder.helped)
    return pages.piece(request, _OUT_OF_BAND, model, values)
