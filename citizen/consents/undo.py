"""Undo of one's own act (rule L11), also one that refused five hundred brands."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.alerts import visit_notices
from citizen.consents import acts, list_answers, number_reassigned, row_answers
from citizen.rows import act_summary
from citizen.rows.act_summary import ActSummary
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.ledger import Undone
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from web import pages, process

_MOST = 2**63  # no number of an act is larger


@sessions.open_to_limited
async def take_back(request: Request, session: Session) -> Response:
    """Undoes the act; answers with the row, or the list with a notice. 404 for an act of somebody else. Acts that
    are too old, or by SMS or link, are shown unchanged. A limited session undoes its own acts alone: an undo may
    bring back an approval."""
    holder = holders.named(request, session)
    registry = process.of(request).registry
    number = int(request.path_params["act"])
    if number >= _MOST:
        raise HTTPException(404)
    if session.limited and not await registry.store.read(act_summary.session_may_undo, registry, session, number):
        return sessions.turn_away(request, session)
    evidence = registry.keyring.seal_evidence(session.evidence)
    try:
        undone = await visit_notices.write(request, session, undo, registry, holder, number, evidence, opens=True)
    except acts.NotTheirs:
        raise HTTPException(404) from None
    except visit_notices.Unnoticed:
        return sessions.turn_away(request, session)
    recipient, summary = await registry.store.read(_summary, registry, holder, number)
    if pages.wants_piece(request) and summary and not summary.ahead:
        if not _brand(request) and len(summary.brands) == 1:
            return await list_answers.undone(request, holder, summary.brands[0], late=undone is None)
        if len(summary.touched) == 1:
            return await row_answers.undone(request, holder, recipient, summary.touched[0], late=undone is None)
    path = holders.page_after(_page(request), session, holder, undone.act if undone else number)
    return sessions.lead(request, path)


def undo(
    transaction: Transaction, registry: Registry, holder: Holder, number: int, evidence: acts.Evidence
) -> Undone | None:
    undone = acts.undo(transaction, registry, holder, number, evidence)
    if undone is not None:
        number_reassigned.restore(transaction, registry.keyring, holders.enrol(transaction, registry, holder), number)
    return undone


def _summary(
    snapshot: Snapshot, registry: Registry, holder: Holder, number: int
) -> tuple[int | None, ActSummary | None]:
    now = registry.store.now()
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return None, None
    return recipient, act_summary.of_act(
        snapshot, registry, registry.brands.book(snapshot, now), recipient, number, now
    )


def _page(request: Request) -> str:
    """The page of the button: the list, or a brand's."""
    brand = _brand(request)
    return f"/izinler/{brand}" if brand.isascii() and brand.isdecimal() else "/izinler"


def _brand(request: Request) -> str:
    return request.query_params.get("b", "")
