"""The receipt of an act for its signed-in owner: a page for print, a JSON file, a sealed PDF."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

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
from evidence import receipts
from evidence.receipts import ReceiptHead
from optout import public as optout
from trust import paper_seals, record_numbers
from web import pages, process
from web.process import Process
from web.rendering import receipt_pdf, receipt_words, texts


class OwnReceipt(NamedTuple):
    """A receipt, its holder, and whether the log has signed the act yet."""

    holder: Holder
    receipt: ActReceipt
    signed: bool


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """Shows the act, its time and door, and the brands' last day to stop. 404 for another person's act."""
    own = await find_own(request, session)
    language, _ = texts.language(request)
    number = number_of(request, own)
    words = receipt_words.context(language, own.receipt, number, own.holder.address)
    return pages.render(
        request,
        "citizen/receipts/receipt.html",
        **holders.frame(request, session, own.holder),
        **words,
        signed=own.signed,
        path=f"/makbuz/{number}",
    )


@sessions.open_to_limited
async def download(request: Request, session: Session) -> Response:
    """The receipt as JSON with its proof; 404 while the act is not signed yet."""
    own = await find_own(request, session)
    registry, settings = process.of(request).registry, process.of(request).settings
    number, address = number_of(request, own), own.holder.address
    shown = ReceiptHead.of(own.receipt, settings.site_name, number, address).owned(registry.keyring, address)
    made = await asyncio.to_thread(
        registry.store.read_now, receipts.make, registry.keyring, own.receipt.act, shown
    )  # in a thread: an act may be of many brands
    if made is None:
        raise HTTPException(404)
    return as_file(made, "application/json", f"izin-{number}.json")


@sessions.open_to_limited
async def paper(request: Request, session: Session) -> Response:
    """The receipt as a tagged PDF, sealed, so that ``/dogrula`` knows it."""
    own = await find_own(request, session)
    language, _ = texts.language(request)
    number, settings = number_of(request, own), process.of(request).settings
    keyring = process.of(request).registry.keyring
    words = receipt_words.context(language, own.receipt, number, own.holder.address)
    made = await asyncio.to_thread(receipt_pdf.made, language, words, settings.site_name, settings.public_url)
    made = paper_seals.sealed(made, number, keyring)
    headers = {"content-disposition": f'attachment; filename="izin-{number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


@sessions.open_to_limited
async def calendar(request: Request, session: Session) -> Response:
    """The last day to stop as a calendar file; 404 without one."""
    own = await find_own(request, session)
    if own.receipt.stop is None:
        raise HTTPException(404)
    days = [(brand, own.receipt.stop, own.receipt.act) for brand in own.receipt.brands]
    made = stop_days.calendar(request, own.receipt.recipient, days)
    return as_file(made, "text/calendar", f"izin-{number_of(request, own)}.ics")


def as_file(content: str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers=headers)


async def find_own(request: Request, session: Session) -> OwnReceipt:
    here, number = process.of(request), request.path_params["number"]
    own = await here.registry.store.read(_find, here, session, holders.list_all(request, session), number)
    if own is None:
        raise HTTPException(404)
    return own


def _find(snapshot: Snapshot, here: Process, session: Session, own: list[Holder], number: str) -> OwnReceipt | None:
    """The act of this number, by one of these holders since they took over the number; acts of the current session
    always count. A refusal of all brands by telephone has the call's number."""
    registry = here.registry
    act = record_numbers.read(registry.keyring, number)
    past = act_receipts.citizens(
        snapshot, optout.act_of_call(snapshot, registry.keyring, number) if act is None else act
    )
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
            return OwnReceipt(holder, receipt, receipts.signed(snapshot, past.id))
    return None


def _done_in(snapshot: Snapshot, keyring: Keyring, session: Session, act: int) -> bool:
    sealed = history.evidence(snapshot, act)
    return sealed is not None and keyring.unseal_evidence(sealed).get("session") == session.key.hex()


def number_of(request: Request, own: OwnReceipt) -> str:
    return record_numbers.of_act(process.of(request).registry.keyring, own.receipt.act)
