"""The receipt of an act for its signed-in owner: a page, a sealed PDF with its proof, a JSON file."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from asking.public import requests
from citizen.receipts import stop_days
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import history
from consents.keys import Keyring
from consents.queries import act_receipts
from consents.queries.act_receipts import ActReceipt
from consents.store import Snapshot
from consents.terms import Door
from evidence import receipts
from evidence.checkpoints import LogKey
from evidence.receipts import ReceiptHead
from evidence.tlog import heads, signed_trees
from optout import public as optout
from optout.public import FollowUpOffer, follow_ups
from trust import record_numbers
from web import pages, process
from web.process import Process
from web.rendering import qr, receipt_words, texts

SIGN_IN = "giris"  # in the query: the owner signs in first
WAITED, LOOKS = "bak", 6  # in the query: how often the page has looked for the proof by itself; the most


class OwnReceipt(NamedTuple):
    """A receipt, its holder, and whether the log has signed the act yet; ``request``: the company's request that it
    answers, "" without one; ``cosigned``: witnesses of its proof."""

    holder: Holder
    receipt: ActReceipt
    signed: bool
    follow: FollowUpOffer | None
    request: str = ""
    cosigned: int = 0


async def show(request: Request) -> Response:
    """Shows its owner the act, its time and door, and the brands' last day to stop. Anybody else, such as who scanned
    its QR code, sees what a typed number shows."""
    session, piece = await sessions.current(request), pages.wants_piece(request)
    if session is None and (piece or SIGN_IN in request.query_params):
        return await sessions.lead_to_sign_in(request)
    if session is not None and session.lapsed:
        return sessions.lead(request, sessions.OVER)
    own = await _look_up(request, session) if session is not None else None
    if session is None or own is None:
        return await _show_check(request)
    language, _ = texts.language(request)
    number = number_of(request, own)
    shown = own.holder.masked if own.holder.helped else own.holder.address
    words = receipt_words.context(language, own.receipt, number, shown, helped=own.holder.helped)
    modules = qr.pattern(_link(request), number)
    waited = request.query_params.get(WAITED, "0")
    return pages.render(
        request,
        "citizen/receipts/_proof.html" if piece else "citizen/receipts/receipt.html",
        piece=piece,
        **holders.frame(request, session, own.holder),
        **words,
        signed=own.signed,
        answered=own.request,
        cosigned=own.cosigned,
        witnesses=process.of(request).settings.log_quorum,
        path=f"/makbuz/{number}",
        follow=None if session.limited else own.follow,
        waited=int(waited) if waited.isdecimal() and len(waited) == 1 else LOOKS,
        looks=LOOKS,
        qr=(qr.side(modules), qr.path(modules)),
    )


@sessions.open_to_limited
async def download(request: Request, session: Session) -> Response:
    """The receipt as JSON with its proof; 404 while the act is not signed yet."""
    own = await find_own(request, session)
    made = await _proof(request, own)
    if made is None:
        raise HTTPException(404)
    return as_file(made, "application/json", f"izin-{number_of(request, own)}.json")


@sessions.open_to_limited
async def tlog_proof(request: Request, session: Session) -> Response:
    """The proof of its act alone, for tools of C2SP; 404 while it is not signed yet."""
    own, registry = await find_own(request, session), process.of(request).registry
    key, act = LogKey.of(registry.keyring), own.receipt.act
    made = await asyncio.to_thread(registry.store.read_now, signed_trees.tlog_proof, key, act)
    if made is None:
        raise HTTPException(404)
    return as_file(made, "text/plain", f"izin-{number_of(request, own)}.tlog-proof")


@sessions.open_to_limited
async def paper(request: Request, session: Session) -> Response:
    """The receipt as a sealed PDF, with the proof attached once the act is signed; so ``/dogrula`` knows it."""
    own = await find_own(request, session)
    language, _ = texts.language(request)
    number = number_of(request, own)
    words = receipt_words.context(language, own.receipt, number, own.holder.address)
    made = await optout.receipt_paper(process.of(request), language, words, await _proof(request, own))
    return as_file(made, "application/pdf", f"izin-{number}.pdf")


@sessions.open_to_limited
async def calendar(request: Request, session: Session) -> Response:
    """The last day to stop as a calendar file; 404 without one."""
    own = await find_own(request, session)
    if own.receipt.stop is None:
        raise HTTPException(404)
    days = [(brand, own.receipt.stop, own.receipt.act) for brand in own.receipt.brands]
    made = stop_days.calendar(request, own.receipt.recipient, days)
    return as_file(made, "text/calendar", f"izin-{number_of(request, own)}.ics")


def as_file(content: str | bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    kind = media_type if isinstance(content, bytes) else f"{media_type}; charset=utf-8"
    return Response(content, media_type=kind, headers=headers)


async def find_own(request: Request, session: Session) -> OwnReceipt:
    own = await _look_up(request, session)
    if own is None:
        raise HTTPException(404)
    return own


def number_of(request: Request, own: OwnReceipt) -> str:
    return record_numbers.of_act(process.of(request).registry.keyring, own.receipt.act)


async def _show_check(request: Request) -> Response:
    number = request.path_params["number"]
    if not record_numbers.well_formed(number):
        raise HTTPException(404)
    return await optout.check_number(request, number)


async def _proof(request: Request, own: OwnReceipt) -> str | None:
    """The receipt's file; None while the act is not signed yet. In a thread: an act may be of many brands."""
    registry, settings = process.of(request).registry, process.of(request).settings
    number, address = number_of(request, own), own.holder.address
    shown = ReceiptHead.of(own.receipt, settings.site_name, number, address, settings.log_quorum)
    shown = shown.owned(registry.keyring, address)
    return await asyncio.to_thread(registry.store.read_now, receipts.make, registry.keyring, own.receipt.act, shown)


def _link(request: Request) -> str:
    return f"{process.of(request).settings.public_url}/makbuz/"


async def _look_up(request: Request, session: Session) -> OwnReceipt | None:
    here, number = process.of(request), request.path_params["number"]
    return await here.registry.store.read(_find, here, session, holders.list_all(request, session), number)


def _find(snapshot: Snapshot, here: Process, session: Session, own: list[Holder], number: str) -> OwnReceipt | None:
    """The act of this number, by one of these holders since they took over the number; acts of the current session
    always count. A refusal of all brands by telephone has the call's number."""
    registry = here.registry
    act = record_numbers.read(registry.keyring, number) or optout.act_of_call(snapshot, registry.keyring, number)
    past = act_receipts.citizens(snapshot, act)
    if past is None:
        return None
    for holder in own:
        recipient = holders.find(snapshot, registry, holder)
        if recipient != past.recipient:
            continue
        since = shown_lines.hidden(snapshot, recipient).since
        if past.recorded_at >= since or _done_in(snapshot, registry.keyring, session, past.id):
            book = registry.brands.book(snapshot, registry.store.now())
            receipt = act_receipts.get(snapshot, registry.policy.reconsent, book, past)
            follow = follow_ups.offer(snapshot, receipt, holder.address, here.settings, registry.store.now())
            answered = requests.by_act(snapshot, registry.keyring, past.id) if past.door is Door.REQUEST else None
            signed = receipts.signed(snapshot, past.id)
            name, head = answered.public if answered is not None else "", heads.best(snapshot, past.id)
            return OwnReceipt(holder, receipt, signed, follow, name, head.cosigned if head is not None else 0)
    return None


def _done_in(snapshot: Snapshot, keyring: Keyring, session: Session, act: int) -> bool:
    sealed = history.evidence(snapshot, act)
    return sealed is not None and keyring.unseal_evidence(sealed).get("session") == session.key.hex()
