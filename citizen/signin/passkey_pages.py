"""Signing in by a passkey instead of a code, and an address's passkeys: made after a code, removed at any time."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from citizen.alerts import owner_notices
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from citizen.signin import admission, entry, signin_pages
from citizen.signin.signin_pages import Way
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from settings import Settings
from trust import passkey_store, passkeys
from trust.codes.pending import Purpose
from trust.passkey_store import StoredPasskey
from trust.passkeys import NewPasskey, NoPasskey
from web import cookies, forms, pages, process
from web.rendering import texts, when
from web.rendering.texts import mark

ASK, TAKE = "/giris/anahtar-sor", "/giris/anahtar"
PATH, ADD_ASK, REMOVE = "/izinler/anahtar", "/izinler/anahtar-sor", "/izinler/anahtar/sil"
_SAVED = "kayit"
_NOT_ADDED = mark("Bu cihaz kaydedilemedi. Yeniden deneyin ya da kodla girmeye devam edin.")


async def ask(request: Request) -> Response:
    """The signing request, as JSON. Nothing is stored for it."""
    here = process.of(request)
    if not signin_pages.takes_passkeys(here.settings):
        return Response(status_code=404)
    challenge = passkeys.challenge(here.registry.keyring, here.registry.store.now())
    options = await asyncio.to_thread(passkeys.to_sign, here.settings, challenge, [], alone=True)
    return Response(options, media_type="application/json", headers={"cache-control": "no-store"})


async def take(request: Request) -> Response:
    """Signs in; the sign-in page shows why not."""
    here, session = process.of(request), await sessions.current(request)
    way = Way("/giris", Purpose.SIGN_IN, cookies.key_in(request, cookies.BROWSER), session)
    answer = await forms.once(request, "answer") or ""
    found = await _known(request, answer) if signin_pages.takes_passkeys(here.settings) else None
    if found is None:
        return await signin_pages.address(request, way, fault="passkey")
    one, challenge = found
    now = here.registry.store.now()
    if now >= one.ends_at(here.settings):
        return await signin_pages.address(request, way, fault="lapsed")
    try:
        signed = challenge, answer, one.public, one.counter
        counter = await asyncio.to_thread(passkeys.signed, here.settings, *signed, alone=True)
    except NoPasskey:
        return await signin_pages.address(request, way, fault="passkey")
    given_out = admission.Secrets(cookies.token(), "")
    arguments = here.registry.keyring, one, challenge, counter, cookies.key(given_out.session)
    old = cookies.key_in(request, cookies.SESSION)
    if not await here.registry.store.write(entry.redeem_passkey, *arguments, old):
        return await signin_pages.address(request, way, fault="passkey")
    return await admission.let_in(request, way, given_out)


async def _known(request: Request, answer: str) -> tuple[StoredPasskey, bytes] | None:
    """The passkey that an answer claims and the challenge of ours that it answers; no signature is checked yet."""
    registry = process.of(request).registry
    try:
        challenge = passkeys.challenge_in(answer)
        if not passkeys.ours(registry.keyring, challenge, registry.store.now()):
            return None
        credential = passkeys.credential_of(answer)
    except NoPasskey:
        return None
    one = await registry.store.read(passkey_store.find, registry.keyring, credential)
    return None if one is None else (one, challenge)


@sessions.required
async def show(request: Request, session: Session) -> Response:
    return await _page(request, session, holders.current(request, session))


@sessions.by_code
async def ask_to_add(request: Request, session: Session) -> Response:
    """The creation request, as JSON."""
    here, holder = process.of(request), holders.named(request, session)
    if not _may_add(here.settings, holder):
        return Response(status_code=404)
    keyring = here.registry.keyring
    known = await here.registry.store.read(passkey_store.of, keyring, holder.address)
    challenge = passkeys.challenge(keyring, here.registry.store.now(), session.key)
    handle = passkey_store.handle(keyring, holder.address)
    ids = [one.credential for one in known]
    made = await asyncio.to_thread(passkeys.to_make, here.settings, challenge, handle, holder.masked, ids, alone=True)
    return Response(made, media_type="application/json", headers={"cache-control": "no-store"})


@sessions.by_code
async def add(request: Request, session: Session) -> Response:
    """Stores the browser's new passkey; the address is notified in the same transaction."""
    here, given = process.of(request), await forms.fields(request)
    holder, answer = holders.named(request, session, given.get("n")), given.get("answer", "")
    registry, language = here.registry, texts.language(request)[0]
    try:
        challenge = passkeys.challenge_in(answer)
        fresh = passkeys.ours(registry.keyring, challenge, registry.store.now(), session.key)
        if not fresh or not _may_add(here.settings, holder):
            raise NoPasskey
        made = await asyncio.to_thread(passkeys.made, here.settings, challenge, answer, alone=True)
    except NoPasskey:
        return await _page(request, session, holder, fault=_NOT_ADDED)
    device, proved_at = cookies.key_in(request, cookies.DEVICE), session.proven[holder.place].proved_at
    browser = cookies.browser_label(request)
    arguments = registry, here.settings, language, holder.address, made, device, proved_at, browser
    if not await registry.store.write(_add, *arguments):
        return await _page(request, session, holder, fault=_NOT_ADDED)
    outbox.arrived(registry)
    return pages.redirect(request, holders.page_after(PATH, session, holder))


@sessions.required
async def remove(request: Request, session: Session) -> Response:
    """Removes one of the address's passkeys and ends its sessions; harmless where it is gone."""
    given, registry = await forms.fields(request), process.of(request).registry
    holder = holders.named(request, session, given.get("n"))
    await registry.store.write(passkey_store.end, registry.keyring, holder.address, given.get("key", ""))
    return pages.redirect(request, holders.page_after(PATH, session, holder))


def _may_add(settings: Settings, holder: Holder) -> bool:
    """False for a number that gets no SMS: its owner would not hear of it."""
    return signin_pages.takes_passkeys(settings) and holder.hears


def _add(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    language: str,
    address: str,
    made: NewPasskey,
    device: bytes | None,
    proved_at: int,
    browser: str,
) -> bool:
    keyring, words = registry.keyring, owner_notices.passkey_added(settings, language, transaction.now)
    return passkey_store.may_add(transaction, keyring, address, made) and (
        owner_notices.post(transaction, keyring, settings, language, address, words)
        and passkey_store.add(transaction, keyring, address, made, device, proved_at, browser)
    )


async def _page(request: Request, session: Session, holder: Holder, fault: str = "") -> Response:
    here, language = process.of(request), texts.language(request)[0]
    found = await here.registry.store.read(passkey_store.of, here.registry.keyring, holder.address)
    device = cookies.key_in(request, cookies.DEVICE)
    context: dict[str, Any] = {
        "path": PATH,
        "ask": ADD_ASK,
        "remove": REMOVE,
        "fault": fault and pages.text(request, fault),
        "possible": _may_add(here.settings, holder),
        "by_key": session.by_key,
        "most": passkey_store.MOST,
        "keys": [
            {
                "name": one.name,
                "browser": one.browser,
                "made": when.day(language, one.made_at),
                "used": one.used_at and when.moment(language, one.used_at),
                "until": when.day(language, one.ends_at(here.settings)),
                "here": device is not None and one.device == device,
            }
            for one in found
        ],
    }
    frame = holders.frame(request, session, holder)
    return pages.render(request, "citizen/signin/passkeys.html", status=422 if fault else 200, **frame, **context)
