"""The receipt of a link's own act, for the link's holder, with the address masked, because the brand holds the link
too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents import history
from consents.people import recipients
from consents.queries import act_receipts
from consents.queries.act_receipts import ActReceipt
from consents.store import Snapshot, Transaction
from evidence import receipts
from evidence.receipts import ReceiptHead
from gateways.carrier import Kind
from optout import follow_ups, mail_door
from optout.follow_ups import FollowUpOffer, FollowUpQuestion
from optout.links import door_pages, link_door
from optout.links.door_pages import PRIVATE, Entrance
from trust import paper_seals, record_numbers
from trust.paper_seals import Seal
from web import forms, pages, process
from web.process import Process
from web.rendering import qr, receipt_pdf, receipt_words, texts
from web.rendering.receipt_pdf import ReceiptFrame


class LinkReceipt(NamedTuple):
    """``signed``: the log has signed the act; ``follow``: its question after the last day, or that it can be asked."""

    receipt: ActReceipt
    signed: bool
    follow: FollowUpOffer | None


async def of_link(request: Request) -> Response:
    typed = request.path_params["code"]
    entrance = await link_door.find(request, typed)
    return await _answer(request, entrance) if entrance else await link_door.missed(request, typed)


async def of_mail(request: Request) -> Response:
    entrance = await mail_door.find(request)
    return await _answer(request, entrance) if entrance else door_pages.unknown(request)


async def save_of_link(request: Request) -> Response:
    typed = request.path_params["code"]
    entrance = await link_door.find(request, typed)
    return await _save(request, entrance) if entrance else await link_door.missed(request, typed)


async def save_of_mail(request: Request) -> Response:
    entrance = await mail_door.find(request)
    return await _save(request, entrance) if entrance else door_pages.unknown(request)


async def _save(request: Request, entrance: Entrance) -> Response:
    """Asks for the question after the last day, or takes it back. It goes to the link's own address alone."""
    found, form, here = await _found(request, entrance), await forms.fields(request), process.of(request)
    if found is None:
        return door_pages.unknown(request)
    work = {"sor": _start, "vazgec": _cancel}.get(form.get("do", ""))
    if work is not None and found.follow is not None:
        language, to = texts.language(request)[0], door_pages.address(request, entrance) or ""
        await here.registry.store.write(work, found.receipt, follow_ups.kind_for(to, here.settings), language)
    return pages.redirect(request, f"{request.url.path}#sustular")


def _start(transaction: Transaction, receipt: ActReceipt, kind: Kind | None, language: str) -> None:
    if kind is not None and follow_ups.offered(receipt, transaction.now):
        due = follow_ups.due_at(receipt.recorded_at)
        follow_ups.start(transaction, FollowUpQuestion(receipt.act, receipt.recipient, kind, language, due))


def _cancel(transaction: Transaction, receipt: ActReceipt, kind: Kind | None, language: str) -> None:
    follow_ups.cancel(transaction, receipt.recipient, receipt.act)


async def _answer(request: Request, entrance: Entrance) -> Response:
    number = record_numbers.plain(request.path_params["number"])
    found = await _found(request, entrance)
    if found is None:
        return door_pages.unknown(request)
    receipt, signed, follow = found
    path, here = request.url.path, process.of(request)
    if path.endswith(".json"):
        made = await _proof(request, entrance, receipt, number)
        if made is None:
            raise HTTPException(404)
        return _file(made, "application/json; charset=utf-8", f"izin-{number}.json")
    masked, language = recipients.mask(door_pages.address(request, entrance) or ""), texts.language(request)[0]
    words = receipt_words.context(language, receipt, number, masked)
    if path.endswith(".pdf"):
        proof = await _proof(request, entrance, receipt, number)
        return _file(await paper(here, language, words, proof), "application/pdf", f"izin-{number}.pdf")
    return pages.render(
        request, "optout/receipt.html", headers=PRIVATE, **words, signed=signed, page=entrance.page, follow=follow
    )


async def _found(request: Request, entrance: Entrance) -> LinkReceipt | None:
    """The receipt of the path's number, where this link did it."""
    here, address = process.of(request), door_pages.address(request, entrance) or ""
    act = record_numbers.read(here.registry.keyring, record_numbers.plain(request.path_params["number"]))
    return None if act is None else await here.registry.store.read(_find, here, entrance, address, act)


async def _proof(request: Request, entrance: Entrance, receipt: ActReceipt, number: str) -> str | None:
    """The receipt's file; None while the act is not signed yet."""
    registry, settings = process.of(request).registry, process.of(request).settings
    address = door_pages.address(request, entrance) or ""
    shown = ReceiptHead.of(receipt, settings.site_name, number, address, settings.log_quorum)
    return await registry.store.read(receipts.make, registry.keyring, receipt.act, shown)


async def paper(here: Process, language: str, words: Mapping[str, Any], proof: str | None) -> bytes:
    """A receipt as a sealed PDF, so ``/dogrula`` knows it. ``words``: of ``receipt_words.context``."""
    settings, number = here.settings, words["number"]
    link = f"{settings.public_url}/makbuz/"
    code = qr.svg(qr.pattern(link, number), number).decode()
    around = ReceiptFrame(settings.site_name, settings.public_url, link + number, code, proof)
    made = await asyncio.to_thread(receipt_pdf.made, language, words, around)
    return paper_seals.sealed(made, Seal(paper_seals.RECEIPT, number), here.registry.keyring)


def _file(content: str | bytes, kind: str, name: str) -> Response:
    headers = PRIVATE | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _find(snapshot: Snapshot, here: Process, entrance: Entrance, address: str, act: int) -> LinkReceipt | None:
    registry = here.registry
    past = act_receipts.citizens(snapshot, act)
    if past is None or past.recipient != entrance.target.recipient:
        return None
    sealed = history.evidence(snapshot, act)
    name, value = entrance.evidence
    if sealed is None or registry.keyring.unseal_evidence(sealed).get(name) != value:
        return None
    now = registry.store.now()
    receipt = act_receipts.get(snapshot, registry.policy.reconsent, registry.brands.book(snapshot, now), past)
    follow = follow_ups.offer(snapshot, receipt, address, here.settings, now) if address else None
    return LinkReceipt(receipt, receipts.signed(snapshot, act), follow)
