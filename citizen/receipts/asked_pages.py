"""What brands asked this address and what it answered, with the proof of each answer; and which brands may not ask
again. A company learns nothing of that: its requests stay unanswered, like those of people who do not answer."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from asking.public import forms as request_forms
from asking.public import proof_file, requests
from asking.public import request_states as states
from citizen.receipts.receipt import as_file
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandDirectory, BrandEntry
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from web import forms, pages, process
from web.rendering import texts, when

PATH = "/izinler/sorular"
UNSIGNED = "imzasiz"
MOST = 50  # requests that the page shows


class ShownRequest(NamedTuple):
    """``at``: when it was asked, ``until``: how long it can be answered, in words. ``answers``: (channel, "yes", "no"
    or "" without one); ``outcome``: "verified", "answered", "open", "shut" (the person wants no such requests),
    or "" without an answer; ``verify``: it asked for no consent."""

    public: str
    at: str
    until: str
    verify: bool
    answers: list[tuple[str, str]]
    outcome: str


class AskingBrand(NamedTuple):
    """``code``: brandCode, None where a company asked; ``barred``: it may not ask again."""

    title: str
    code: int | None
    barred: bool
    requests: list[ShownRequest]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """Each brand that asked or may not ask, the one that asked last first; ``marka``: one brand alone, whatever it
    did."""
    holder, registry = holders.named(request, session), process.of(request).registry
    wanted = request.query_params.get("marka", "")
    one = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 12 else None
    brands, more = await registry.store.read(_view, registry, holder, texts.language(request)[0], one)
    did, title = pages.result(request, _path(holder, one), session.key.hex()) or ("", "")
    return pages.render(
        request,
        "citizen/receipts/asked.html",
        **holders.frame(request, session, holder),
        path=PATH,
        brands=brands,
        more=more,
        one=one,
        did=did,
        about=title,
    )


@sessions.open_to_limited
async def change(request: Request, session: Session) -> Response:
    """``do=sorma``: this brand asks no more; ``do=sorsun``: it may ask again, which a limited session cannot allow."""
    holder, registry, form = holders.named(request, session), process.of(request).registry, await forms.fields(request)
    did, code = form.get("do"), form.get("brand", "")
    if did not in ("sorma", "sorsun"):
        raise HTTPException(422)
    if did == "sorsun" and session.limited:
        return sessions.turn_away(request, session)
    book = await registry.book()
    brand = book.by_code.get(int(code)) if code.isascii() and code.isdecimal() and len(code) < 12 else None
    if brand is None:
        raise HTTPException(404)
    await registry.store.write(_change, registry, holder, brand.id, did == "sorma")
    path = _path(holder, brand.code if form.get("one") else None)
    return pages.show_result(request, path, (did, brand.title), session.key.hex())


@sessions.open_to_limited
async def proof(request: Request, session: Session) -> Response:
    """The zip of an answer of one of the session's addresses; 404 for anything else. While the log has not signed it,
    the page of questions, which says so."""
    here = process.of(request)
    own = holders.list_all(request, session)
    found = await here.registry.store.read(_own, here.registry, own, request.path_params["request"])
    language, _ = texts.language(request)
    made = await asyncio.to_thread(proof_file.archive, here.registry, here.settings, found, language) if found else None
    if found is None or found.state is not states.RequestState.ANSWERED:
        raise HTTPException(404)
    if made is None:
        path = _path(next(one for one in own if one.address == found.address), None)
        return pages.show_result(request, path, (UNSIGNED, ""), session.key.hex())
    return as_file(made, "application/zip", f"izin-{found.public}.zip")


def _path(holder: Holder, one: int | None) -> str:
    return f"{PATH}?n={holder.mark}" + (f"&marka={one}" if one is not None else "")


def _change(transaction: Transaction, registry: Registry, holder: Holder, brand: int, refuse: bool) -> None:
    (requests.refuse if refuse else requests.ask_again)(transaction, registry.keyring, holder.address, brand)


def _own(snapshot: Snapshot, registry: Registry, own: list[Holder], public: str) -> requests.AskedRequest | None:
    found = requests.by_public(snapshot, registry.keyring, public) if len(public) < 40 else None
    holder = next((one for one in own if found is not None and one.address == found.address), None)
    if found is None or holder is None:
        return None
    since = shown_lines.hidden(snapshot, holders.find(snapshot, registry, holder)).since
    return found if found.asked_at >= since else None


def _view(
    snapshot: Snapshot, registry: Registry, holder: Holder, language: str, one: int | None
) -> tuple[list[AskingBrand], bool]:
    """(the brands, whether there are older requests)."""
    keyring, now = registry.keyring, registry.store.now()
    book = registry.brands.book(snapshot, now)
    since = shown_lines.hidden(snapshot, holders.find(snapshot, registry, holder)).since
    asked = requests.of_address(snapshot, keyring, holder.address, MOST + 1)
    barred = requests.refused_brands(snapshot, keyring, holder.address)
    groups: dict[BrandEntry | str, list[ShownRequest]] = {}
    if one is not None and (named := book.by_code.get(one)) is not None:
        groups[named] = []
    for request in asked[:MOST]:
        if request.asked_at >= since and (asking := _asking(book, request)) is not None:
            groups.setdefault(asking, []).append(_shown(language, request, now))
    for brand in barred:
        groups.setdefault(book.by_id[brand], [])
    shown = [
        AskingBrand(asking, None, False, listed)
        if isinstance(asking, str)
        else AskingBrand(asking.title, asking.code, asking.id in barred, listed)
        for asking, listed in groups.items()
        if one is None or (not isinstance(asking, str) and asking.code == one)
    ]
    return shown, len(asked) > MOST


def _asking(book: BrandDirectory, request: requests.AskedRequest) -> BrandEntry | str | None:
    """The brand, or the title of the company, that asked."""
    if request.brand is not None:
        return book.by_id[request.brand]
    return next((one.company_title for one in book.brands if one.company == request.company), None)


def _shown(language: str, request: requests.AskedRequest, now: int) -> ShownRequest:
    verify = request.purpose is states.RequestPurpose.VERIFY
    answers = [
        (str(channel), "yes" if request.yes >> channel.code & 1 else "no" if request.no >> channel.code & 1 else "")
        for channel in request_forms.channels_in(0 if verify else request.channels)
    ]
    if request.state is states.RequestState.ANSWERED:
        outcome = "verified" if verify else "answered"
    elif request.silent:
        outcome = "shut"
    else:
        outcome = "open" if request.live(now) else ""
    at, until = (when.moment(language, moment) for moment in (request.asked_at, request.expires_at))
    return ShownRequest(request.public, at, until, verify, answers, outcome)
