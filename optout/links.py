"""Short links: a page with one button, and what the button does.

Programs open every link in a message; so reading changes nothing, whoever reads.
"""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from consents.book import Listed, Shelf
from consents.instants import MINUTE
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.terms import Door
from optout import buttons, door_pages, shortlinks, targets
from optout.door_pages import Entrance
from optout.targets import Target
from web import errors, forms, limits, minting
from web.limits import Limit
from web.marks import mark, neighbourhood

PATH = "/k/"
MISSES = 20  # unknown codes a minute from one neighbourhood; a code that is right is never limited


async def show(request: Request) -> Response:
    """The page of a link."""
    entrance = await find(request, request.path_params["code"])
    return door_pages.ask(request, entrance) if entrance else await missed(request, request.path_params["code"])


async def press(request: Request) -> Response:
    """Refuses, or takes back; anything else that is posted only shows the page."""
    entrance = await find(request, request.path_params["code"])
    if entrance is None:
        return await missed(request, request.path_params["code"])
    wish = buttons.read(await forms.fields(request), entrance.target)
    if wish is None:
        return door_pages.ask(request, entrance, why="approval")
    return await buttons.grant(request, entrance, wish, Door.LINK)


async def foreign(request: Request) -> Response | None:
    """What another site has posted: the page with its button, 403. None for an unknown link."""
    entrance = await find(request, request.scope["path"].removeprefix(PATH))
    return door_pages.ask(request, entrance, why="foreign", status=403) if entrance else None


async def find(request: Request, typed: str) -> Entrance | None:
    """Where a code leads; None for an unknown or malformed one, the latter without asking the store."""
    registry: Registry = request.app.state.registry
    code = shortlinks.read(typed)
    if code is None:
        return None
    digest = minting.digest(registry.keyring, code)
    found = await registry.store.read(_look, request.app.state.shelf, digest, registry.store.now())
    return Entrance(PATH, code, *found, ("link", digest.hex())) if found else None


async def missed(request: Request, typed: str) -> Response:
    """404 with the other ways; 429 for who tries many codes."""
    if shortlinks.read(typed) and not await _may_miss(request):
        return errors.answer(request, 429, door_pages.PRIVATE | {"retry-after": "60"}, only_sms=True)
    return door_pages.unknown(request)


async def _may_miss(request: Request) -> bool:
    """Counts a miss; False once there were too many, which writes nothing any more."""
    registry: Registry = request.app.state.registry
    ip, store = request.client.host if request.client else "", registry.store
    limit = Limit(mark(registry.keyring, "link miss", neighbourhood(ip)), MISSES, MINUTE)
    if await store.read(limits.used, limit, store.now()) >= limit.most:
        return False
    with suppress(StoreUnavailable):  # whoever cannot be counted is answered all the same
        return await store.write(limits.take, limit)
    return True


def _look(snapshot: Snapshot, shelf: Shelf, digest: bytes, now: int) -> tuple[Target, Listed] | None:
    target = targets.by_link(snapshot, digest, now)
    brand = target and shelf.brand(snapshot, target.brand, now)
    return (target, brand) if target and brand else None
