"""The short way of an assisted session: everything refused and closed to new brands by one button, its result, one
undo. The two acts are recorded in one transaction, one after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.alerts import visit_notices
from citizen.consents import acts, standing_refusal_pages, undo
from citizen.rows import act_summary, shown_lines
from citizen.rows.act_summary import ActSummary
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import history, ledger
from consents.history import Deed
from consents.ledger.blanket_acts import Way
from consents.queries import queries, timeline
from consents.queries.queries import BrandConsents
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Door
from trust import record_numbers
from web import forms, pages, process
from web.rendering import texts

PATH, RESULT, UNDO = "/izinler/yaninda/hepsi", "/izinler/yaninda/sonuc", "/izinler/yaninda/geri-al"
_HOME = "/izinler"


class OpenWays(NamedTuple):
    """Which brands may write or wait for a decision; which channels and identities are not closed to new ones."""

    groups: list[BrandConsents]
    free: list[Way]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    if session.visit is None:
        return pages.redirect(request, "/izinler/reddet")
    holder = holders.current(request, session)
    registry = process.of(request).registry
    found = await registry.store.read(_reach, registry, holder)
    return pages.render(
        request,
        "citizen/consents/family.html",
        **holders.frame(request, session, holder),
        path=PATH,
        names=[group.brand.title for group in found.groups],
        open=sum(any(line.status == ONAY for line in group.lines) for group in found.groups),
        free=bool(found.free),
        may_stay=_may_stay(request, session),
    )


@sessions.open_to_limited
async def close(request: Request, session: Session) -> Response:
    """Refuses all and closes to new brands; redirects to the result."""
    if session.visit is None:
        return sessions.lead(request, "/izinler/reddet")
    holder = holders.named(request, session, await forms.once(request, "n"))
    registry = process.of(request).registry
    evidence = registry.keyring.seal_evidence(session.evidence | {"scope": "all"})
    act = await visit_notices.write(request, session, _close, registry, holder, evidence)
    return sessions.lead(request, f"{RESULT}?act={act}" if act is not None else _HOME)


@sessions.open_to_limited
async def result(request: Request, session: Session) -> Response:
    """What ``?act=`` did together with the act before it; the list where there is no such act."""
    holder = holders.current(request, session)
    registry, language = process.of(request).registry, texts.language(request)[0]
    number = act_summary.asked(request)
    found = await registry.store.read(_done, registry, session, holder, number)
    if session.visit is None or not found:
        return pages.redirect(request, _HOME)
    undone = all(one.taken_back for one in found)
    standing = [one for one in found if not one.taken_back]
    record = record_numbers.of_act(registry.keyring, (found if undone else standing)[0].record)
    context: dict[str, Any] = {
        "act": number,
        "may_stay": _may_stay(request, session),
        "undone": undone,
        "undoable": any(one.undoable for one in found),
        "until": wording.moment(language, found[0].until),
        "brands": len({brand.id for one in standing for brand in one.brands}),
        "reopened": sum(one.reopened for one in found if one.taken_back),
        "closed": any(one.ahead for one in standing),
        "stop": next((act_summary.context(request, one)["stop"] for one in standing if one.ended), ""),
        "at": wording.moment(language, max(one.recorded_at for one in found)),
        "number": record,
        "spaced": record_numbers.spaced(record),
    }
    frame = holders.frame(request, session, holder)
    return pages.render(request, "citizen/consents/family_result.html", **frame, **context, undo_path=UNDO)


@sessions.open_to_limited
async def take_back(request: Request, session: Session) -> Response:
    """Undoes both acts, each where it still can be (rule L11); redirects to the result."""
    given = await forms.fields(request)
    holder = holders.named(request, session, given.get("n"))
    registry = process.of(request).registry
    written = given.get("act", "")
    number = int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else None
    found = await registry.store.read(_done, registry, session, holder, number)
    evidence = registry.keyring.seal_evidence(session.evidence)
    if wanted := [one.act for one in found if one.undoable]:
        try:
            await visit_notices.write(request, session, _undo, registry, holder, wanted, evidence, opens=True)
        except visit_notices.Unnoticed:
            return sessions.turn_away(request, session)
    return sessions.lead(request, f"{RESULT}?act={number}" if found else _HOME)


def _may_stay(request: Request, session: Session) -> bool:
    """Whether this helper may ask to be a lasting one."""
    fresh = session.visit is not None and session.visit.delegation is None and not session.by_key
    return fresh and process.of(request).settings.helper_days > 0


def _reach(snapshot: Snapshot, registry: Registry, holder: Holder) -> OpenWays:
    now = registry.store.now()
    recipient = holders.find(snapshot, registry, holder)
    closed = shown_lines.closed_ways(snapshot, recipient)
    free = [way for way in standing_refusal_pages.ways(holder) if way not in closed]
    if recipient is None:
        return OpenWays([], free)
    return OpenWays(queries.reach(snapshot, registry.brands.book(snapshot, now), recipient, now), free)


def _close(transaction: Transaction, registry: Registry, holder: Holder, evidence: acts.Evidence) -> int | None:
    """The last act; where nothing changed, the citizen's last one if it was such a closing (a second click)."""
    found = _reach(transaction, registry, holder)
    recipient = holders.enrol(transaction, registry, holder)
    refused = acts.refuse_all(transaction, registry, recipient, found.groups, evidence) if found.groups else None
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence)
    closed = ledger.change_blanket(
        transaction, registry.policy, recipient, found.free, deed, refuses=True, keyring=registry.keyring
    )
    act = refused if closed is None else closed
    if act is not None:
        return act
    last = timeline.last_own(transaction, recipient)
    return last[0] if last is not None and _pair(transaction, last[0]) else None


def _undo(
    transaction: Transaction, registry: Registry, holder: Holder, numbers: list[int], evidence: acts.Evidence
) -> None:
    for number in numbers:
        undo.undo(transaction, registry, holder, number, evidence)


def _done(
    snapshot: Snapshot, registry: Registry, session: Session, holder: Holder, number: int | None
) -> list[ActSummary]:
    """The act and the one recorded with it, the refusal of all brands first."""
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None or number is None:
        return []
    now = registry.store.now()
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    pair = _pair(snapshot, number)
    found = [act_summary.find(snapshot, registry, session, book, recipient, one, now, since) for one in pair]
    return [one for one in found if one is not None and one.status == RET]


def _pair(snapshot: Snapshot, number: int) -> list[int]:
    """The numbers of a closing's acts. ``number``: of its last."""
    last, before = history.act(snapshot, number), history.act(snapshot, number - 1)
    if last is None or last.undoes is not None:
        return []
    alike = before is not None and before.undoes is None and before.blankets is None and last.blankets is not None
    if alike and before and (before.recipient, before.recorded_at) == (last.recipient, last.recorded_at):
        return [number - 1, number]
    return [number]
