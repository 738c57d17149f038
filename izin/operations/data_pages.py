"""The privacy notice, and “Verilerim”: a citizen's rights about their data (KVKK art. 11). A copy at once, who received
the record, who looked, requests with their day, and the erasure. It joins two rooms: looks, the erasure's entry and the
destruction runs are the panel's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.receipts import data_requests, own_data
from citizen.receipts.data_requests import DataRequestKind, KeptDataRequest, NewDataRequest
from citizen.receipts.own_data import OwnData
from citizen.receipts.receipt import as_file
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.instants import DAY
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from panel.audit import looks
from panel.retention import destruction, erased_list, erasure
from trust import limits
from web import cookies, forms, pages, process
from web.process import Process
from web.rendering import texts, when

PATH = "/izinler/verilerim"
ASK, ERASE, ERASED = f"{PATH}/basvuru", f"{PATH}/sil", f"{PATH}/silindi"
ASKED = (DataRequestKind.CORRECTION, DataRequestKind.OBJECTION)  # all else the page does at once


async def privacy(request: Request) -> Response:
    """The notice of KVKK art. 10, from the settings, the retention times in use and the last destruction run."""
    here, run = process.of(request), None
    with suppress(StoreUnavailable):  # the notice is for everybody at any time
        run = await here.registry.store.read(destruction.last)
    counts = {} if run is None else {kind.name.lower(): str(count) for kind, count in sorted(run.counts.items())}
    ended = 0 if run is None else run.finished_at or run.begun_at
    values = {"at": when.day(texts.language(request)[0], ended), **counts}
    days = {name: age // DAY for name, age in here.kept._asdict().items()}
    shape = None if run is None else tuple(counts)
    return pages.fill(request, "pages/privacy.html", shape, values, days=days)


async def lead(request: Request) -> Response:
    """From the short path that an SMS names."""
    return pages.redirect(request, PATH)


@sessions.required
async def show(request: Request, session: Session) -> Response:
    holder, here, language = holders.named(request, session), process.of(request), texts.language(request)[0]
    own = await _read(here, holder)
    return pages.render(
        request,
        "citizen/data/data.html",
        **holders.frame(request, session, holder),
        path=PATH,
        receivers=[(one.title, own_data.received(language, one)) for one in own.receivers],
        looks=[own_data.looked(language, one) for one in own.looks[: looks.SHOWN]],
        more_looks=len(own.looks) > looks.SHOWN,
        requests=[_asked(language, one) for one in own.requests],
        sent=pages.result(request, f"{PATH}?n={holder.mark}", session.key.hex()) or "",
    )


@sessions.required
async def paper(request: Request, session: Session) -> Response:
    """All that is held, as a sealed PDF with the same as JSON inside."""
    holder, here, language = holders.named(request, session), process.of(request), texts.language(request)[0]
    own = await _read(here, holder)
    made = await asyncio.to_thread(own_data.paper, here, language, holder, own)
    return as_file(made, "application/pdf", "verilerim.pdf")


@sessions.required
async def download(request: Request, session: Session) -> Response:
    """The same as JSON."""
    holder, here, language = holders.named(request, session), process.of(request), texts.language(request)[0]
    own = await _read(here, holder)
    made = await asyncio.to_thread(own_data.as_json, here, language, holder, own)
    return as_file(made.encode(), "application/json", "verilerim.json")


@sessions.required
async def ask(request: Request, session: Session) -> Response:
    return _form(request, session, holders.named(request, session), {}, [])


@sessions.required
async def send(request: Request, session: Session) -> Response:
    """Enters a request; 429 above the limits of its address and network."""
    holder, registry, given = holders.named(request, session), process.of(request).registry, await forms.fields(request)
    kind = next((one for one in ASKED if given.get("kind") == one.name.lower()), None)
    text = given.get("text", "").strip()[: data_requests.LONGEST]
    missing = ((kind, "kind", own_data.NO_KIND), (text, "text", own_data.NO_TEXT))
    faults = [(place, why) for value, place, why in missing if not value]
    if faults or kind is None:
        return _form(request, session, holder, given, faults)
    network = data_requests.of_network(registry.keyring, request.client.host if request.client else "")
    if not await limits.admits(registry.store, network):
        return _form(request, session, holder, given, [("text", own_data.MANY_HERE)], status=429)
    number = await registry.store.write(_add, registry, NewDataRequest(kind, holder.address, text))
    if number is None:
        return _form(request, session, holder, given, [("text", own_data.MANY)], status=429)
    return pages.show_result(request, f"{PATH}?n={holder.mark}", number, session.key.hex())


@sessions.required
async def answer(request: Request, session: Session) -> Response:
    """The answer to a request of this address as a PDF; 404 for anybody else's."""
    holder, here, language = holders.named(request, session), process.of(request), texts.language(request)[0]
    own = await here.registry.store.read(own_data.requests, here.registry, holder)
    found = next((one for one in own if one.id == request.path_params["request"] and one.answer), None)
    if found is None:
        raise HTTPException(404)
    made = await asyncio.to_thread(own_data.letter, language, here.settings.site_name, found)
    return as_file(made, "application/pdf", f"cevap-{found.id}.pdf")


@sessions.by_code
async def sure_of_erasing(request: Request, session: Session) -> Response:
    holder = holders.named(request, session)
    return pages.render(
        request, "citizen/data/erase.html", **holders.frame(request, session, holder), path=ERASE, copy=f"{PATH}.pdf"
    )


@sessions.by_code
async def erase(request: Request, session: Session) -> Response:
    """Erases the address of the posted mark: it refuses everything and ends its sessions."""
    given = await forms.fields(request)
    if not given.get("n"):
        raise HTTPException(422)
    holder, here = holders.named(request, session, given["n"]), process.of(request)
    number = await here.registry.store.write(erasure.erase_own, here.registry, holder.address)
    digest = here.registry.keyring.digest(holder.address)
    await asyncio.to_thread(erased_list.append_now, here.registry.store, here.settings, digest)
    response = pages.show_result(request, ERASED, number)
    if len(session.proven) == 1:
        cookies.drop(request, response, cookies.SESSION)
    return response


async def erased(request: Request) -> Response:
    """Nobody is signed in any more: the number stands in the page's sealed token."""
    number = pages.result(request, ERASED)
    if not isinstance(number, str):
        raise HTTPException(404)
    return pages.render(request, "citizen/data/erased.html", number=number)


async def _read(here: Process, holder: Holder) -> OwnData:
    return await asyncio.to_thread(here.registry.store.read_now, looks.gather, here.registry, here.settings, holder)


def _add(transaction: Transaction, registry: Registry, new: NewDataRequest) -> str | None:
    number = data_requests.add(transaction, registry.keyring, new)
    found = None if number is None else data_requests.find(transaction, registry.keyring, number)
    return None if found is None else found.number


def _form(
    request: Request,
    session: Session,
    holder: Holder,
    given: Mapping[str, str],
    faults: Sequence[tuple[str, str]],
    *,
    status: int = 422,
) -> Response:
    return pages.render(
        request,
        "citizen/data/ask.html",
        status=status if faults else 200,
        **holders.frame(request, session, holder),
        path=ASK,
        kinds=[(one.name.lower(), pages.text(request, own_data.KINDS[one])) for one in ASKED],
        given=given,
        faults=[(place, pages.text(request, why)) for place, why in faults],
    )


def _asked(language: str, one: KeptDataRequest) -> dict[str, Any]:
    kind = texts.catalogue(language).gettext(own_data.KINDS[one.kind])
    file = f"{PATH}/{one.id}.pdf" if one.answer else ""
    return {"number": one.number, "kind": kind, "state": own_data.state(language, one), "file": file}
