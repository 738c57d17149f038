"""Reads and does what the buttons of a page without sign-in request."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.registry import Registry
from consents.store import StoreUnavailable, Unknown
from consents.terms import Status
from gateways.outbox import outbox
from optout.links import button_actions, door_pages, link_notices, link_targets, nonces, press_results, visitors
from optout.links.button_actions import LinkUndo, Press, UndoResult
from optout.links.door_pages import Entrance
from optout.links.link_notices import Notice, RefusalNotice
from optout.links.link_targets import LinkTarget
from optout.links.nonces import Undo
from optout.refusals import is_reachable
from settings import Settings
from trust import signed_tokens
from web import cookies, process


class ButtonWish(NamedTuple):
    """To refuse these channels or, with ``undoing``, to undo ``undo``, None where it was forged. ``nonce``: of the
    form, "" for none. ``one_click``: a mailbox's own button (RFC 8058), whose header is not forwarded with the text."""

    channels: tuple[int, ...]
    nonce: str = ""
    undoing: bool = False
    undo: Undo | None = None
    one_click: bool = False


def read(posted: Mapping[str, str], target: LinkTarget) -> ButtonWish | None:
    """``status`` (default RET), ``channel`` (default the target's own), ``undo`` (an act with its nonce). None for
    anything else."""
    channels = door_pages.named(target, posted["channel"]) if "channel" in posted else (target.channel,)
    if channels is None or posted.get("status", Status.RET) != Status.RET:
        return None
    undo = nonces.undo_of(posted.get("undo", ""))
    nonce = undo.nonce if undo else nonces.read(posted.get("nonce", "").partition(".")[0])
    return ButtonWish(channels, nonce, bool(posted.get("undo")), undo)


async def grant(request: Request, entrance: Entrance, wish: ButtonWish) -> Response:
    """Does it, and shows the durable result; 503 with the same button where it cannot be. A browser with a nonce keeps
    its identity and is redirected to the result (303), unless it keeps no cookies; a program, without nonce, gets no
    cookie and 200 (RFC 8058)."""
    proven = bool(entrance.visitor.proof) or wish.one_click
    if not wish.nonce:
        return await _done(request, entrance, wish, proven=proven)
    entrance = visitors.acquainted(request, entrance)
    return visitors.remember(request, await _done(request, entrance, wish, proven=proven), entrance)


async def _done(request: Request, entrance: Entrance, wish: ButtonWish, *, proven: bool) -> Response:
    registry = process.of(request).registry
    # The address hears of every undo (rule L11); so where nothing reaches it there is none.
    address, countries = door_pages.address(request, entrance), process.of(request).settings.countries
    hears = address if is_reachable(address, countries) else None
    nonce = wish.nonce if hears else ""
    press = Press(entrance.target, entrance.door, entrance.evidence, agent(request), nonce, answered=entrance.bare)
    try:
        if wish.undoing:
            return await _undone(request, entrance, wish, await _take_back(request, entrance, wish, press, hears))
        notice = None if proven or hears is None else await _refusal_notice(request, entrance, hears)
        pressed = await registry.store.write(button_actions.refuse, registry, press, wish.channels, notice)
    except Unknown:  # the page would show that it is not saved
        raise
    except StoreUnavailable:
        return door_pages.unsaved(request, entrance, wish.channels, wish.undo)
    if notice is not None:
        outbox.arrived(registry)
    if wish.nonce and not entrance.bare:
        return press_results.refused(request, entrance, wish.channels, pressed)
    return door_pages.done(request, entrance, wish.channels, pressed)


def agent(request: Request) -> str:
    """The kind of program; no more of it is kept."""
    named = request.headers.get("user-agent", "")
    if not named.startswith("Mozilla/"):
        return "program" if named else "unnamed"
    return "phone" if "Mobi" in named or "Android" in named else "computer"


async def _take_back(
    request: Request, entrance: Entrance, wish: ButtonWish, press: Press, hears: str | None
) -> LinkUndo:
    """``hears``: the address to notify. A stranger undoes nothing."""
    if wish.undo is None or hears is None or not entrance.known:
        return LinkUndo(UndoResult.NOT_HERE)
    registry = process.of(request).registry
    settings = process.of(request).settings
    arguments = registry, settings, press, wish.undo, _notice(registry, settings, entrance), hears
    taken = await registry.store.write(button_actions.take_back, *arguments)
    outbox.arrived(registry)
    return taken


async def _refusal_notice(request: Request, entrance: Entrance, address: str) -> RefusalNotice | None:
    """For a browser without a proof of this address; None for one that it used. Asked before the lock."""
    registry, settings = process.of(request).registry, process.of(request).settings
    browser, link = cookies.key_in(request, cookies.DEVICE), " ".join(entrance.evidence)
    about = registry, settings, address, browser, entrance.known
    with suppress(StoreUnavailable):  # a refusal waits for no question
        if not await registry.store.look(link_notices.is_strange, *about):
            return None
    return RefusalNotice(settings, _notice(registry, settings, entrance), address, link)


def _notice(registry: Registry, settings: Settings, entrance: Entrance) -> Notice:
    target = entrance.target
    fields = partial(signed_tokens.unsubscribe_headers, settings, registry.keyring, target.recipient, target.brand)
    return Notice(entrance.brand, bool(settings.optout_number), settings.public_url, fields)


async def _undone(request: Request, entrance: Entrance, wish: ButtonWish, taken: LinkUndo) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(link_targets.again, registry, entrance.target, registry.store.now())
    again = entrance._replace(found=found)
    if taken.act is not None and not found.target.refused(wish.channels[0]):
        if entrance.bare:
            return door_pages.undone(request, again, wish.channels, taken.act, notified=taken.notified)
        return press_results.undone(request, again, wish.channels, taken)
    why = UndoResult.NOT_HERE if taken.result is UndoResult.BACK else taken.result  # refused again since
    if wish.nonce and not entrance.bare:
        return press_results.nothing(request, again, why)
    return door_pages.ask(request, again, why=why.value)
