"""Lasting helpers: named in an assisted session by a second code of the relative, then signed in as themselves. Either
side ends it."""

from __future__ import annotations

from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.session import holder as holders
from citizen.session import relatives
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session, Visit
from citizen.signin import entry, signin_pages
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from gateways.outbox import outbox
from trust import delegations
from trust.codes.codes import Ask, CodeOutcome, read_code
from trust.codes.pending import Purpose
from trust.delegations import LastingHelper
from web import errors, forms, pages, process
from web.rendering import texts, when
from web.rendering.texts import mark

NAME, CODE = "/izinler/yaninda/kalici", "/izinler/yaninda/kalici/kod"
PATH, OPEN, END = "/izinler/yardim", relatives.OPEN, "/izinler/yardim/bitir"
FIRST = "/izinler/yaninda/hepsi"
_LABEL = "l"  # in the query: the chosen label, by its place
_NOT_TAKEN = mark("Bu kod kabul edilmedi. Yeni kod isteyin.")


def visit_of(request: Request, session: Session) -> Visit:
    """The visit in which a helper may be named. 404 without one, where a passkey began the session, or where there are
    no lasting helpers."""
    if session.visit is None or session.by_key or session.by_text or not process.of(request).settings.helper_days:
        raise HTTPException(404)
    return session.visit


@sessions.open_to_limited
async def offer(request: Request, session: Session) -> Response:
    """What a lasting helper may do, and the button that sends the code; afterwards, that it is so."""
    visit, here = visit_of(request, session), process.of(request)
    holder = holders.current(request, session)
    found = await here.registry.store.read(_between, here.registry, holder.address, visit.address)
    until = when.day(texts.language(request)[0], found.ends_at) if found else ""
    context: dict[str, Any] = {"labels": relatives.labels(request), "path": NAME, "until": until}
    frame = holders.frame(request, session, holder)
    return pages.render(request, "citizen/signin/helper_name.html", **frame, **context, days=here.settings.helper_days)


@sessions.open_to_limited
async def ask(request: Request, session: Session) -> Response:
    """Sends the relative a code that states what it is for."""
    visit, here = visit_of(request, session), process.of(request)
    label, ip = _label((await forms.fields(request)).get(_LABEL, "")), request.client.host if request.client else ""
    wish = Ask(_asker(here.registry, session, visit), Purpose.LASTING, session.current.address, ip)
    language = texts.language(request)[0]
    verdict = await here.registry.store.write(entry.ask, here.registry, here.settings, wish, language, visit.helper)
    if verdict.outcome is CodeOutcome.BUSY:
        return errors.answer(request, 429, {"retry-after": "300"})
    if verdict.outcome in (CodeOutcome.SPENT, CodeOutcome.NETWORK):
        return errors.answer(request, 503, {"retry-after": "3600"})
    response = pages.redirect(request, f"{CODE}?{_LABEL}={label}")
    response.background = BackgroundTask(_ring, here.registry)
    return response


@sessions.open_to_limited
async def code_page(request: Request, session: Session) -> Response:
    visit_of(request, session)
    return _code(request, session, _label(request.query_params.get(_LABEL, "")))


@sessions.open_to_limited
async def redeem(request: Request, session: Session) -> Response:
    visit, here, given = visit_of(request, session), process.of(request), await forms.fields(request)
    label, code = _label(given.get(_LABEL, "")), read_code(given.get("code", ""))
    if code is None:
        return _code(request, session, label, CodeOutcome.FORMAT)
    arguments = here.registry, here.settings, _asker(here.registry, session, visit), visit.address, label, code
    verdict = await here.registry.store.write(entry.name_helper, *arguments)
    if verdict.outcome is not CodeOutcome.OK:
        return _code(request, session, label, verdict.outcome)
    return pages.redirect(request, NAME)


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """Whom the holder helps, and who helps them."""
    here, holder = process.of(request), holders.current(request, session)
    helped, helpers = await here.registry.store.read(_both, here.registry, holder)
    context: dict[str, Any] = {
        "open": OPEN,
        "end": END,
        "helped": relatives.lines(request, helped),
        "helpers": relatives.helper_lines(request, helpers),
        "possible": here.settings.helper_days > 0,
        "ended": pages.result(request, holders.page_after(PATH, session, holder), session.key.hex()) == "ended",
    }
    return pages.render(request, "citizen/signin/helpers.html", **holders.frame(request, session, holder), **context)


@sessions.required
async def open_(request: Request, session: Session) -> Response:
    """Shows a relative's consents to their lasting helper; the list of helpers where it has ended."""
    here, given = process.of(request), await forms.fields(request)
    holder = holders.named(request, session, given.get("n"))
    helped, _ = await here.registry.store.read(_both, here.registry, holder)
    one = next((one for one in helped if one.name == given.get("key")), None)
    if one is None:
        return pages.redirect(request, PATH)
    place = len(session.proven) - 1 - holder.place
    arguments = here.registry, here.settings, session.key, place, one
    opened = await here.registry.store.write(entry.visit_by_delegation, *arguments)
    outbox.arrived(here.registry)
    return pages.redirect(request, FIRST if opened else PATH)


@sessions.required
async def end(request: Request, session: Session) -> Response:
    """Ends it, by the helped or the helper; harmless where it has ended."""
    registry, given = process.of(request).registry, await forms.fields(request)
    holder = holders.named(request, session, given.get("n"))
    await registry.store.write(_end, registry, holder, given.get("key", ""))
    return pages.show_result(request, holders.page_after(PATH, session, holder), "ended", session.key.hex())


def _both(snapshot: Snapshot, registry: Registry, holder: Holder) -> tuple[list[LastingHelper], list[LastingHelper]]:
    now = registry.store.now()
    return relatives.helped_by(snapshot, registry, holder), delegations.of_owner(
        snapshot, registry.keyring, holder.address, now
    )


def _between(snapshot: Snapshot, registry: Registry, address: str, helper: str) -> LastingHelper | None:
    found = delegations.of_owner(snapshot, registry.keyring, address, registry.store.now())
    return next((one for one in found if one.helper == helper), None)


def _end(transaction: Transaction, registry: Registry, holder: Holder, name: str) -> None:
    for one in (one for side in _both(transaction, registry, holder) for one in side):
        if one.name == name:
            delegations.end(transaction, one.key)


def _asker(registry: Registry, session: Session, visit: Visit) -> bytes:
    return entry.asker(registry.keyring, session.key, visit.address, session.current.address)


def _label(written: str) -> int:
    return int(written) if written in {str(place) for place in range(len(relatives.LABELS))} else 0


def _code(request: Request, session: Session, label: int, outcome: CodeOutcome = CodeOutcome.OK) -> Response:
    fault = "" if outcome is CodeOutcome.OK else signin_pages.CODE_FAULTS.get(outcome, _NOT_TAKEN)
    holder = holders.current(request, session)
    return pages.render(
        request,
        "citizen/signin/helper_code.html",
        status=422 if fault else 200,
        **holders.frame(request, session, holder),
        path=CODE,
        label=label,
        fault=fault and pages.text(request, fault),
    )


async def _ring(registry: Registry) -> None:
    """Wakes the delivery of messages."""
    outbox.arrived(registry)
