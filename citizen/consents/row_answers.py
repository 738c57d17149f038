"""Htmx answers of a brand's page: the row of one consent as it is now, with the result of the action, the note about
the other identity, and the page's live region."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.consents.acts import Chosen, CitizenChoice
from citizen.rows import act_summary, row_model, shown_lines
from citizen.rows.brand_rows import RowRenderer
from citizen.session import holder as holders
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.ledger.blanket_acts import Way
from consents.queries import queries
from consents.queries.consent_lines import ConsentLine, RecipientRows
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Snapshot
from trust import record_numbers
from web import pages, process
from web.rendering import texts
from web.rendering.texts import mark

_OUT_OF_BAND = "citizen/consents/_answer.html"
UNSAVED = mark("Şu anda kaydedemiyoruz, son yaptığınız henüz kaydedilmedi. Birkaç dakika sonra yeniden deneyin.")


class OutOfBandModel(NamedTuple):
    """The parts of the answer outside the row (htmx out-of-band swaps). ``gone``: remove the other identity's note."""

    word: str
    fresh: str
    gone: bool


class RowState(NamedTuple):
    """``named``: the brand has lines of both identities, so each names its own; ``undo``: the act that the row can
    undo, with its time (µs)."""

    line: ConsentLine
    named: bool
    dealers: dict[int, str]
    undo: tuple[int, int] | None
    closed: Collection[Way] = ()


async def chosen(request: Request, holder: Holder, choice: CitizenChoice, done: Chosen) -> Response:
    """The row after a choice; a repeated one is answered as the first time (rule L6)."""
    registry = process.of(request).registry
    now: RowState | None = await registry.store.look(_read_chosen, registry, choice, done)
    if now is None:
        now = await _load(request, done.recipient, choice[:3], done.act)
    noticed = done.act is not None and choice.status == ONAY and holder.hears
    if holder.limited and done.act is None:  # done before, perhaps by the holder alone
        now = now._replace(undo=None)
    fresh = "done" if now.undo else "already"
    return _answer(request, holder, choice.brand, now, fresh, disputed=choice.disputed, noticed=noticed)


async def undone(
    request: Request, holder: Holder, recipient: int | None, key: act_summary.Touched, *, late: bool
) -> Response:
    """The row after an undo, or after one that came too late."""
    now = await _load(request, recipient, key)
    return _answer(request, holder, key.brand, now._replace(undo=None), "late" if late else "undone")


async def unsaved(request: Request, holder: Holder, choice: CitizenChoice) -> Response:
    """503 with the row as it stands, the same button and the reason: nothing was recorded."""
    registry = process.of(request).registry
    recipient = await registry.store.read(holders.find, registry, holder)
    now = await _load(request, recipient, choice[:3])
    problem = pages.text(request, UNSAVED)
    response = _answer(request, holder, choice.brand, now._replace(undo=None), "", problem=problem, status=503)
    response.headers["retry-after"] = "120"
    return response


async def place(request: Request, session: Session, holder: Holder, choice: CitizenChoice, done: Chosen) -> str:
    """Where a plain form is redirected: the brand's page, with a notice of the act."""
    act = done.act
    if act is None:  # a second click: the notice of the first
        now = await _load(request, done.recipient, choice[:3])
        act = now.undo[0] if now.undo else None
    return holders.page_after(f"/izinler/{choice.brand.code}", session, holder, act)


async def _load(
    request: Request, recipient: int | None, key: tuple[BrandEntry, int, int], act: int | None = None
) -> RowState:
    registry = process.of(request).registry
    found: RowState = await registry.store.read(_read_row, registry, recipient, key, act)
    return found


def _read_chosen(snapshot: Snapshot, registry: Registry, choice: CitizenChoice, done: Chosen) -> RowState | None:
    """The state after a choice, read in one query; None where the choice alone does not decide it or another act
    followed."""
    if done.act is None or done.ended is None:
        return None
    reading = RecipientRows(snapshot, done.recipient, registry.store.now(), None)
    lines = queries.of_brands(snapshot, done.recipient, [choice.brand], reading.now, reading=reading)[0].lines
    line = next((line for line in lines if line.event == done.event), None)
    if line is None:
        return None
    named = len({line.identity for line in lines}) > 1
    return RowState(shown_lines.just_recorded(line, ended=done.ended), named, {}, (done.act, line.at))


def _read_row(
    snapshot: Snapshot, registry: Registry, recipient: int | None, key: tuple[BrandEntry, int, int], act: int | None
) -> RowState:
    brand, channel, identity = key
    now, since = registry.store.now(), shown_lines.hidden(snapshot, recipient).since
    reading = None if recipient is None else RecipientRows(snapshot, recipient, now, since)
    groups = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since, reading)
    lines = groups[0].lines
    line = next((line for line in lines if (line.channel, line.identity) == (channel, identity)), None)
    undo = None
    if line is not None and act is not None:
        undo = act, line.at
    elif line is not None and (past := act_summary.of_line(snapshot, line, now)):
        undo = past.id, past.recorded_at
    return RowState(
        line or ConsentLine(channel, identity),
        len({line.identity for line in lines}) > 1,
        queries.dealer_titles(snapshot, queries.dealers(groups)),
        undo,
        shown_lines.closed_ways(snapshot, recipient) if line is None else (),
    )


def _answer(
    request: Request, holder: Holder, brand: BrandEntry, now: RowState, fresh: str, status: int = 200, **more: object
) -> Response:
    line = now.line
    renderer = RowRenderer(request, holder, dealers=now.dealers, closed=now.closed)
    values = {}
    if now.undo is not None:
        act, at = now.undo
        values = {"moment": wording.moment(renderer.language, at), **act_values(request, act)}
    row = renderer.row(brand, line, values, fresh=fresh, act=now.undo is not None, **more)
    return pages.sent(request, row + _out_of_band(request, holder, brand, now, fresh) if fresh else row, status=status)


def act_values(request: Request, act: int) -> dict[str, str]:
    number = record_numbers.of_act(process.of(request).registry.keyring, act)
    return {"act": str(act), "number": number, "spaced": record_numbers.spaced(number)}


def _out_of_band(request: Request, holder: Holder, brand: BrandEntry, now: RowState, fresh: str) -> Markup:
    line = now.line
    model = OutOfBandModel(row_model.WORDS[line.status], fresh, now.named and line.status == RET)
    identity = line.identity if now.named else None
    values = {
        "code": str(brand.code),
        "said": wording.about(texts.language(request)[0], brand.title, line.channel, identity, helped=holder.helped),
        "gone": f"n-{brand.code}-{row_model.CHANNELS[line.channel]}-{row_model.IDENTITIES[1 - line.identity]}",
    }
    return pages.piece(request, _OUT_OF_BAND, model, values)
