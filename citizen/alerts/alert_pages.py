"""Haber ver: signed-in people may ask for alerts about consents declared for one of their addresses. Alerts go to an
e-mail proved in this session or, if the operator allows it, by SMS to the number itself. A target elsewhere is
mentioned but not shown: the number may have had another holder. The link in a notice ends all notices to its reader's
address (RFC 8058); an address that gets none is answered alike, so a token proves nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.alerts import alert_store
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from citizen.tables import WATCH_KEPT
from consents.people import register
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from settings import Settings
from web import forms, pages, process
from web.rendering import texts, when

PATH = "/izinler/haber"
SAVED, KEEP = "kayit", "-"
_SHAPE = re.compile(rf"[0-9a-f]{{{alert_store.TOKEN}}}")
_BUTTON = "durdur"  # the field of the page's own form; a mail program posts none (RFC 8058)
PRIVATE = {"referrer-policy": "no-referrer"}


class WatchChoice(NamedTuple):
    """One address of the session. ``targets``: (mark, masked, chosen). ``on``: watched; ``elsewhere``: for a target
    not proved in this session. ``until``: a day in words."""

    holder: Holder
    targets: list[tuple[str, str, bool]]
    on: bool
    elsewhere: bool
    until: str


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """Lists every proven address with its tick and target."""
    here, everyone = process.of(request), holders.list_all(request, session)
    found = await here.registry.store.read(_choices, here.registry, here.settings, everyone, texts.language(request)[0])
    context = holders.frame(request, session, holders.current(request, session))
    saved = request.query_params.get(SAVED) == "1"
    return pages.render(
        request, "citizen/consents/watch.html", **context, path=PATH, choices=found, saved=saved, keep=KEEP,
        lacking=not any(one.targets for one in found),
    )  # fmt: skip


@sessions.by_code
async def save(request: Request, session: Session) -> Response:
    """Starts and ends the alerts that the form showed; others stay."""
    given = await forms.pairs(request)
    shown, ticked = ({value for name, value in given if name == field} for field in ("shown", "haber"))
    everyone, chosen = holders.list_all(request, session), dict(given)
    wanted = {
        one: chosen.get(f"yer-{one.mark}", "") if one.mark in ticked else None for one in everyone if one.mark in shown
    }
    here, language = process.of(request), texts.language(request)[0]
    await here.registry.store.write(_save, here.registry, here.settings, everyone, wanted, language)
    return pages.redirect(request, f"{PATH}?{SAVED}=1")


def targets(settings: Settings, holder: Holder, everyone: list[Holder]) -> list[Holder]:
    """Possible targets of this holder's alerts: their own e-mails first, or SMS to their number where allowed."""
    found = sorted((one for one in everyone if one.mail), key=lambda one: one != holder)
    return [*found, holder] if settings.notice_sms and not holder.mail and holder.hears else found


def _choices(
    snapshot: Snapshot, registry: Registry, settings: Settings, everyone: list[Holder], language: str
) -> list[WatchChoice]:
    return [_choice(snapshot, registry, settings, one, everyone, language) for one in everyone]


def _choice(
    snapshot: Snapshot, registry: Registry, settings: Settings, holder: Holder, everyone: list[Holder], language: str
) -> WatchChoice:
    found = alert_store.find(snapshot, register.find(snapshot, registry.keyring, holder.person))
    offered = targets(settings, holder, everyone)
    stops = [alert_store.stop_of(registry.keyring, one.address) for one in offered]
    chosen = [found is not None and stop == found.stop for stop in stops]
    marks = [(one.mark, one.masked, here) for one, here in zip(offered, chosen, strict=True)]
    until = when.day(language, found.proved_at + WATCH_KEPT) if found else ""
    return WatchChoice(holder, marks, found is not None, found is not None and not any(chosen), until)


def _save(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    everyone: list[Holder],
    wanted: Mapping[Holder, str | None],
    language: str,
) -> None:
    """``wanted``: the mark of the target, "" for the first available, KEEP: as it is, None: no alerts."""
    for holder, mark in wanted.items():
        if mark is None:
            if (recipient := register.find(transaction, registry.keyring, holder.person)) is not None:
                alert_store.end(transaction, recipient)
        elif target := next((one for one in targets(settings, holder, everyone) if mark in ("", one.mark)), None):
            # A watch is no act: an erased person stays erased until they decide something, and gets no alerts.
            recipient = register.enrol(transaction, registry.keyring, holder.person)
            alert_store.start(transaction, registry.keyring, recipient, target.address, language)


async def show_unsubscribe(request: Request) -> Response:
    """The page with its button, or its result; changes nothing."""
    _token(request)
    return _page(request, stopped=pages.result(request, request.url.path) is not None)


async def unsubscribe(request: Request) -> Response:
    """Ends the notices, for a mailbox's one click and the page's button alike; a browser is redirected to the
    result."""
    token = _token(request)
    await process.of(request).registry.store.write(alert_store.end_by, token)
    if await forms.once(request, _BUTTON) is None:
        return _page(request, stopped=True)
    response = pages.show_result(request, request.url.path, True)
    response.headers.update(PRIVATE)
    return response


def _page(request: Request, *, stopped: bool) -> Response:
    path = request.url.path
    return pages.render(
        request, "citizen/consents/watch_stop.html", headers=PRIVATE, path=path, button=_BUTTON, stopped=stopped
    )


def _token(request: Request) -> str:
    token = request.path_params["token"]
    if not _SHAPE.fullmatch(token):
        raise HTTPException(404)
    return str(token)
