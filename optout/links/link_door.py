"""Short links: a page with one button. Programs open every link in a message, so GET changes nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import DAY, MINUTE
from consents.terms import Door
from optout.links import buttons, door_pages, link_targets, press_results, visitors
from optout.links.door_pages import Entrance
from optout.links.link_targets import FoundTarget
from trust import limits, minting
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web import errors, forms, process

PATH, SCANNED = "/k/", "/q/"  # as it is read or typed; as its QR has it, so that an act shows how it came
_DOORS = {PATH: Door.LINK, SCANNED: Door.QR}
MISSES = 20  # unknown codes a minute from one neighbourhood; a code that is right is never limited


async def show(request: Request) -> Response:
    entrance = await find(request, request.path_params["code"])
    return (
        await press_results.show(request, entrance) if entrance else await missed(request, request.path_params["code"])
    )


async def press(request: Request) -> Response:
    """Refuses, or undoes; anything else that is posted only shows the page."""
    entrance = await find(request, request.path_params["code"])
    if entrance is None:
        return await missed(request, request.path_params["code"])
    posted = await forms.fields(request)
    entrance = visitors.posting(request, entrance, posted)
    if visitors.FIELD in posted:
        return await visitors.identify(request, entrance, posted)
    wish = buttons.read(posted, entrance.target)
    if wish is None:
        return door_pages.ask(request, entrance, why="approval")
    return await buttons.grant(request, entrance, wish)


async def foreign(request: Request) -> Response | None:
    """A post from another site: the page with its button, 403. None for no link or an unknown one; 429 after too many
    guesses."""
    path = _path(request)
    if path is None:
        return None
    typed = request.scope["path"].removeprefix(path)
    if entrance := await find(request, typed):
        return door_pages.ask(request, entrance, why="foreign", status=403)
    return await _limited(request, typed)


async def find(request: Request, typed: str) -> Entrance | None:
    """None for an unknown or malformed code, the latter without a query."""
    registry = process.of(request).registry
    code = link_targets.read(typed)
    if code is None:
        return None
    digest, now = minting.digest(registry.keyring, code), registry.store.now()
    seen = await registry.store.look(link_targets.by_link, digest, now)
    brand = await registry.brand_of(seen[0].brand) if seen else None
    if seen is None or brand is None:
        return None
    path, (target, link) = _path(request) or PATH, seen
    found = FoundTarget(target)
    if target.refused(target.channel):
        found = await registry.store.read(link_targets.again, registry, target, now)
    minted_at = link.expires_at - process.of(request).settings.link_days * DAY
    entrance = Entrance(path, code, _DOORS[path], found, brand, ("link", digest.hex()), minted_at)
    return visitors.arrived(request, entrance)


async def missed(request: Request, typed: str) -> Response:
    return await _limited(request, typed) or door_pages.unknown(request)


async def _limited(request: Request, typed: str) -> Response | None:
    """429 after too many possible codes; else the guess is counted."""
    if link_targets.read(typed) is None or await _may_miss(request):
        return None
    return errors.answer(request, 429, door_pages.PRIVATE | {"retry-after": "60"}, only_sms=True)


def _path(request: Request) -> str | None:
    return next((path for path in _DOORS if request.scope["path"].startswith(path)), None)


async def _may_miss(request: Request) -> bool:
    """Counts a miss; False after too many."""
    registry, ip = process.of(request).registry, request.client.host if request.client else ""
    return await limits.admits(
        registry.store, Limit(mark(registry.keyring, "link miss", neighbourhood(ip)), MISSES, MINUTE)
    )
