"""One click in a mail (RFC 8058): the mailbox's own button posts, a browser gets a page with a button. Programs fetch
header fields' addresses, so GET changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.book import BrandEntry
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Door
from optout.links import buttons, door_pages, link_targets, press_results, visitors
from optout.links.buttons import ButtonWish
from optout.links.door_pages import Entrance
from optout.links.link_targets import FoundTarget, LinkTarget
from trust import signed_tokens
from web import forms, process

PATH = "/u/"
_MAIL = Channel.EPOSTA.code
_ONE_CLICK = "List-Unsubscribe", "One-Click"


async def show(request: Request) -> Response:
    """404 for an unknown token."""
    entrance = await find(request)
    return await press_results.show(request, entrance) if entrance else door_pages.unknown(request)


async def press(request: Request) -> Response:
    """Refuses at a mailbox's or the page's own button; without either the page is shown."""
    entrance = await find(request)
    if entrance is None:
        return door_pages.unknown(request)
    posted = await _posted(request)
    entrance = visitors.posting(request, entrance, posted)
    if (wish := _wish(entrance.target, posted)) is not None:
        return await buttons.grant(request, entrance, wish)
    if visitors.FIELD in posted:
        return await visitors.identify(request, entrance, posted)
    return door_pages.ask(request, entrance)


async def _posted(request: Request) -> dict[str, str]:
    """The fields of the body, also without a content type."""
    if (await request.body()).strip() == "=".join(_ONE_CLICK).encode():
        return dict([_ONE_CLICK])
    return await forms.fields(request)


def _wish(target: LinkTarget, posted: Mapping[str, str]) -> ButtonWish | None:
    if posted.get(_ONE_CLICK[0]) == _ONE_CLICK[1]:
        return ButtonWish((_MAIL,), one_click=True)
    return buttons.read(posted, target) if "reddet" in posted or "undo" in posted else None


async def find(request: Request) -> Entrance | None:
    state, token = process.of(request), request.path_params["token"]
    registry = state.registry
    named = signed_tokens.read_one_click(registry.keyring, state.settings, token)
    if named is None:
        return None
    now = registry.store.now()
    seen = await registry.store.read(_look, registry, named, now)
    digest = hashlib.sha256(token.encode()).hexdigest()[:32]
    # A mail's header may be years old and does not show its age.
    return visitors.arrived(request, Entrance(PATH, token, Door.MAIL, *seen, ("mail", digest), None)) if seen else None


def _look(
    snapshot: Snapshot, registry: Registry, named: tuple[int, int], now: int
) -> tuple[FoundTarget, BrandEntry] | None:
    target = link_targets.by_number(snapshot, *named, _MAIL)
    brand = target and registry.brands.by_id(snapshot, target.brand, now)
    return (link_targets.found(snapshot, registry, target, now), brand) if target and brand else None
