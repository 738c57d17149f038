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

_BESIDE = "citizen/consents/_listed_answer.html"


class BesideModel(NamedTuple):
    """``open``, ``waiting``: brands, by a number of the same plural form. ``helped``: as of the holder."""

    section: str
    fresh: str
    open: int
    waiting: int
    helped: bool


class BrandState(NamedTuple):
    """``act``: the one that ``refused`` names, while a page can undo it, and ``did``: its lines."""

    lines: list[ConsentLine]
    named: bool
    counts: queries.ConsentCounts
    act: PastAct | None
    did: list[ConsentLine]


async def refused(request: Request, session: Session, holder: Holder, brand: BrandEntry, act: int | None) -> Response:
    """The brand after a refusal. ``act``: the refusal, or the earlier one that it repeats; None: nothing was open."""
    now = await _now(request, holder, brand, act, session)
    return _answer(request, holder, brand, now, "done" if now.act else "already")


async def undone(request: Request, holder: Holder, brand: BrandEntry, *, late: bool) -> Response:
    return _answer(request, holder, brand, await _now(request, holder, brand), "late" if late else "undone")


async def unsaved(request: Request, holder: Holder, brand: BrandEntry) -> Response:
    """503 with the brand as it stands and the reason: nothing was recorded."""
    now = await _now(request, holder, brand)
    problem = pages.text(request, row_answers.UNSAVED)
    response = _answer(request, holder, brand, now, "", problem)
    response.headers["retry-after"] = "120"
    return response


async def _now(
    request: Request, holder: Holder, brand: BrandEntry, act: int | None = None, session: Session | None = None
) -> BrandState:
    registry = process.of(request).registry
    found: BrandState = await registry.store.read(_read, registry, holder, brand, act, session)
    return found


def _read(
    snapshot: Snapshot, registry: Registry, holder: Holder, brand: BrandEntry, act: int | None, session: Session | None
) -> BrandState:
    recipient, now = holders.find(snapshot, registry, holder), registry.store.now()
    if recipient is None:
        return BrandState([], False, queries.ConsentCounts(), None, [])
    since = shown_lines.hidden(snapshot, recipient).since
    reading = RecipientRows(snapshot, recipient, now, since)
    groups = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since, reading)
    past = history.act(snapshot, act) if act is not None else None
    done = past is not None and act_summary.undoable(past, now)
    if past is not None and session is not None and session.limited:
        sealed = history.evidence(snapshot, past.id)
        done = done and sealed is not None and session.may_undo(registry.keyring.unseal_evidence(sealed))
    lines = groups[0].lines
    ways = {event.key[2:] for event in history.events_of(snapshot, past)} if past is not None and done else set()
    return BrandState(
        lines,
        len({row[IDENTITY] for row in reading.rows}) > 1,
        queries.counts(snapshot, recipient, now, since=since, reading=reading),
        past if done else None,
        [line for line in lines if line[:2] in ways],
    )


def _answer(
    request: Request, holder: Holder, brand: BrandEntry, now: BrandState, fresh: str, problem: str = ""
) -> Response:
    renderer = ListRenderer(request, holder, named=now.named)
    values = {"problem": problem} if problem else {}
    if now.act is not None:
        values |= row_answers.act_values(request, now.act.id)
    section, piece = renderer.brand(brand, now.lines, fresh, values, now.did)
    return pages.sent(
        request, piece + _beside(request, holder, brand, section, now, fresh), status=503 if problem else 200
    )


def _beside(request: Request, holder: Holder, brand: BrandEntry, section: str, now: BrandState, fresh: str) -> Markup:
    values = {"title": brand.title} | {name: str(number) for name, number in now.counts._asdict().items()}
    language, _ = texts.language(request)
    waiting, open_, _ = (texts.same_form(language, number) for number in now.counts)
    model = BesideModel(section, fresh, open_, waiting, holder.helped)
    return pages.piece(request, _BESIDE, model, values)
