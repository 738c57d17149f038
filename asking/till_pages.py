"""``/kasa/{key}``: the clerk's screen. It asks one person at a time, by a QR and a short word that their own phone
answers, and learns yes, no or not yet: no address, no list. A poster's key opens what is printed. The key stands in
the address alone: no log has it, nothing is cached, and no other site gets a referrer."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from asking import forms, request_store, starting, till_papers, tills, words
from asking.forms import Version
from asking.request_states import LASTS, RequestEvent, RequestMethod, RequestPurpose, RequestState
from asking.request_store import AskedRequest
from asking.starting import AskFault, NewAsk
from asking.tills import AskingTill
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.instants import MINUTE
from consents.people.recipients import LONGEST, BadAddress, Recipient
from consents.people.recipients import phone as read_phone
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from settings import Settings
from web import forms as fields
from web import pages, process
from web.rendering import qr, texts

PATH, CANCEL = "/kasa/{key}", "/kasa/{key}/iptal"
PAPER = "/kasa/{key}/{paper}.pdf"
PRIVATE = {"referrer-policy": "same-origin", "x-robots-tag": "noindex, nofollow"}
_VERIFY, _ASK = "numara", "izin"  # what the clerk asks
WAITING, YES, NO, OVER = "waiting", "yes", "no", "over"


class OpenTill(NamedTuple):
    """``version``: of the published form that it asks; None for one that only verifies. ``renewed``: a poster shows an
    older one."""

    key: str
    till: AskingTill
    brand: BrandEntry
    version: Version | None
    renewed: bool


async def show(request: Request) -> Response:
    """The choice of a question, or the one that was asked last in this window, with its answer. The page's script
    gets 204 until the question has ended, then the part of the page with the answer."""
    found = await _find(request)
    if found.till.kind == tills.POSTER:
        return _poster(request, found)
    asked = _asked(request, found)
    if asked is None:
        return _menu(request, found)
    public, word = asked
    one = await _request(request, found, public)
    state = OVER if one is None else _state(one, process.of(request).registry.store.now())
    piece = pages.wants_piece(request)
    if piece and state == WAITING:
        return Response(status_code=204, headers=PRIVATE)
    return _question(request, found, one, word, state, piece=piece)


async def ask(request: Request) -> Response:
    found = await _find(request)
    posted = await fields.fields(request)
    what = posted.get("ask", "")
    if found.till.kind == tills.POSTER or what not in (_VERIFY, _ASK):
        raise HTTPException(404)
    recipient = None
    if what == _VERIFY and (typed := posted.get("number", "").strip()[:LONGEST]):
        try:
            recipient = read_phone(typed)
        except BadAddress:
            return _menu(request, found, fault="number", typed=typed)
        if not recipient.sms:
            return _menu(request, found, fault="number", typed=typed)
    here, book = process.of(request), await process.of(request).registry.book()
    known = {brand.name for brand in book.brands}
    started = await here.registry.store.write(_start, here.registry, here.settings, found, what, recipient, known)
    if isinstance(started, AskFault):
        return _menu(request, found, fault="often" if started.code == "H453" else "form")
    return pages.show_result(request, _page(found), [started.public, started.word])


async def cancel(request: Request) -> Response:
    found = await _find(request)
    asked = _asked(request, found)
    if asked is not None:
        registry = process.of(request).registry
        await registry.store.write(_cancel, registry, found.till.id, asked[0])
    return pages.redirect(request, _page(found))


async def paper(request: Request) -> Response:
    """A poster's sheet or cards for print."""
    found = await _find(request)
    make = till_papers.KINDS.get(request.path_params["paper"])
    if found.till.kind != tills.POSTER or make is None or found.version is None or found.renewed:
        raise HTTPException(404)
    settings = process.of(request).settings
    what = till_papers.of_poster(settings, found.brand, found.version, words.of_poster(found.key))
    made = await asyncio.to_thread(make, texts.language(request)[0], what)
    name = f"izin-{found.brand.code}-{request.path_params['paper']}.pdf"
    headers = PRIVATE | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(made, media_type="application/pdf", headers=headers)


async def _find(request: Request) -> OpenTill:
    """Errors: HTTPException 404 for a key that is unknown or ended."""
    registry, key = process.of(request).registry, request.path_params["key"]
    found: OpenTill | None = await registry.store.read(_load, registry, key)
    if found is None:
        raise HTTPException(404)
    return found


def _load(snapshot: Snapshot, registry: Registry, key: str) -> OpenTill | None:
    till = tills.by_key(snapshot, key)
    if till is None:
        return None
    brand = registry.brands.book(snapshot, registry.store.now()).by_id.get(till.brand)
    if brand is None or brand.closed:
        return None
    head = None if till.form is None else forms.find(snapshot, till.form)
    version = None if head is None or head.ended_at is not None else forms.published(snapshot, head.id)
    renewed = till.kind == tills.POSTER and version is not None and version.number != till.version
    return OpenTill(key, till, brand, version, renewed)


def _start(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    found: OpenTill,
    what: str,
    recipient: Recipient | None,
    known: set[str],
) -> starting.Started | AskFault:
    verifies = what == _VERIFY
    version = None if verifies else found.version
    if not verifies and version is None:
        return AskFault("H1000")
    ask = NewAsk(
        found.brand.company,
        found.brand,
        RequestPurpose.VERIFY if verifies else RequestPurpose.CONSENT,
        RequestMethod.TILL,
        recipient,
        till=found.till,
    )
    if version is not None:
        ask = ask._replace(form=version.form, channels=version.texts.channels, identity=version.texts.identity)
    return starting.start(transaction, registry, settings, ask, known)


def _cancel(transaction: Transaction, registry: Registry, till: int, public: str) -> None:
    one = request_store.by_public(transaction, registry.keyring, public)
    if one is not None and one.till == till:
        request_store.move(transaction, one, RequestEvent.CANCEL)


async def _request(request: Request, found: OpenTill, public: str) -> AskedRequest | None:
    registry = process.of(request).registry
    one: AskedRequest | None = await registry.store.read(request_store.by_public, registry.keyring, public)
    return one if one is not None and one.till == found.till.id else None


def _state(one: AskedRequest, now: int) -> str:
    """What the clerk learns. A verification that its recipient declined is a no."""
    match one.state_at(now):
        case RequestState.OPEN | RequestState.WRONG:
            return WAITING
        case RequestState.ANSWERED:
            return YES if one.yes or one.purpose is RequestPurpose.VERIFY else NO
        case RequestState.CANCELLED if one.purpose is RequestPurpose.VERIFY:
            return NO
        case _:
            return OVER


def _asked(request: Request, found: OpenTill) -> tuple[str, str] | None:
    """(request, word) of the question of this window."""
    value = pages.result(request, _page(found))
    return (value[0], value[1]) if isinstance(value, list) else None


def _menu(request: Request, found: OpenTill, *, fault: str = "", typed: str = "") -> Response:
    return pages.render(
        request,
        "asking/till.html",
        status=422 if fault == "number" else 429 if fault == "often" else 409 if fault else 200,
        headers=PRIVATE,
        view="menu",
        brand=found.brand,
        label=found.till.label,
        path=_page(found),
        asks=found.version is not None,
        fault=fault,
        typed=typed,
    )


def _question(
    request: Request, found: OpenTill, one: AskedRequest | None, word: str, state: str, *, piece: bool = False
) -> Response:
    settings = process.of(request).settings
    address = f"{settings.public_url}/o/{word}"
    modules = qr.pattern(address)
    verifies = one is None or one.purpose is RequestPurpose.VERIFY
    by_sms = one is not None and not any(OF_CODE[channel.code].mail for channel in forms.channels_in(one.channels))
    return pages.render(
        request,
        "asking/_asked.html" if piece else "asking/till.html",
        headers=PRIVATE,
        view="asked",
        state=state,
        brand=found.brand,
        label=found.till.label,
        path=_page(found),
        token=request.query_params.get(pages.RESULT, ""),
        word=word,
        address=f"{settings.host}/o/{word}",
        qr=(qr.side(modules), qr.path(modules)),
        verifies=verifies,
        number=settings.optout_number if by_sms else None,
        minutes=LASTS[RequestMethod.TILL] // MINUTE,
        fault="",
    )


def _poster(request: Request, found: OpenTill) -> Response:
    word, settings = words.of_poster(found.key), process.of(request).settings
    modules = qr.pattern(f"{settings.public_url}/o/{word}")
    return pages.render(
        request,
        "asking/till.html",
        headers=PRIVATE,
        view="poster",
        renewed=found.renewed,
        brand=found.brand,
        label=found.till.label,
        path=_page(found),
        asks=found.version is not None,
        word=word,
        address=f"{settings.host}/o/{word}",
        qr=(qr.side(modules), qr.path(modules)),
        fault="",
    )


def _page(found: OpenTill) -> str:
    return f"/kasa/{found.key}"
