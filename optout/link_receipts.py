"""The receipt of a link's own act, for the link's holder, with the address masked, because the brand holds the link
too."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents import history
from consents.people import recipients
from consents.queries import act_receipts
from consents.queries.act_receipts import ActReceipt
from consents.registry import Registry
from consents.store import Snapshot
from evidence import receipts
from evidence.receipts import ReceiptHead
from optout import mail_door
from optout.links import door_pages, link_door
from optout.links.door_pages import PRIVATE, Entrance
from trust import record_numbers
from web import pages, process
from web.rendering import receipt_words, texts

LinkReceipt = tuple[ActReceipt, bool]


async def of_link(request: Request) -> Response:
    typed = request.path_params["code"]
    entrance = await link_door.find(request, typed)
    return await _answer(request, entrance) if entrance else await link_door.missed(request, typed)


async def of_mail(request: Request) -> Response:
    entrance = await mail_door.find(request)
    return await _answer(request, entrance) if entrance else door_pages.unknown(request)


async def _answer(request: Request, entrance: Entrance) -> Response:
    registry = process.of(request).registry
    number = record_numbers.plain(request.path_params["number"])
    act = record_numbers.read(registry.keyring, number)
    found = await registry.store.read(_find, registry, entrance, act) if act is not None else None
    if found is None:
        return door_pages.unknown(request)
    receipt, signed = found
    if request.url.path.endswith(".json"):
        return await _file(request, entrance, receipt, number)
    masked = recipients.mask(door_pages.address(request, entrance) or "")
    words = receipt_words.context(texts.language(request)[0], receipt, number, masked)
    return pages.render(request, "optout/receipt.html", headers=PRIVATE, **words, signed=signed, page=entrance.page)


async def _file(request: Request, entrance: Entrance, receipt: ActReceipt, number: str) -> Response:
    registry, settings = process.of(request).registry, process.of(request).settings
    shown = ReceiptHead.of(receipt, settings.site_name, number, door_pages.address(request, entrance) or "")
    made = await registry.store.read(receipts.make, registry.keyring, receipt.act, shown)
    if made is None:
        raise HTTPException(404)
    headers = PRIVATE | {"content-disposition": f'attachment; filename="izin-{number}.json"'}
    return Response(made, media_type="application/json; charset=utf-8", headers=headers)


def _find(snapshot: Snapshot, registry: Registry, entrance: Entrance, act: int) -> LinkReceipt | None:
    past = act_receipts.citizens(snapshot, act)
    if past is None or past.recipient != entrance.target.recipient:
        return None
    sealed = history.evidence(snapshot, act)
    name, value = entrance.evidence
    if sealed is None or registry.keyring.unseal_evidence(sealed).get(name) != value:
        return None
    book = registry.brands.book(snapshot, registry.store.now())
    return act_receipts.get(snapshot, registry.policy.reconsent, book, past), receipts.signed(snapshot, act)
