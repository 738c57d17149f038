"""The page that a press leads to: what it did, for an hour at the link's own address, so that it can be loaded again.

Its address acts for nobody: the undo is offered to the browser that has the cookie of the press, as on every page. What
no longer stands is not shown. A stranger's token holds the same whatever stood before. The nonce in a token is given
back to a browser without cookies, once a part of the address was typed (``visitors.look``).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from optout.links import door_pages, link_targets, nonces
from optout.links.button_actions import LinkUndo, Pressed, UndoResult
from optout.links.door_pages import Entrance
from trust import record_numbers
from web import pages, process

_REFUSED, _UNDONE, _NOTHING, _SEEN = "refused", "undone", "nothing", "seen"


def refused(request: Request, entrance: Entrance, channels: tuple[int, ...], pressed: Pressed) -> Response:
    """303 to what was refused."""
    if not entrance.known:
        return _lead(request, entrance, _REFUSED, channels)
    return _lead(request, entrance, _REFUSED, channels, _number(request, pressed.record), pressed.repeated)


def undone(request: Request, entrance: Entrance, channels: tuple[int, ...], taken: LinkUndo) -> Response:
    """303 to what was taken back."""
    return _lead(request, entrance, _UNDONE, channels, _number(request, taken.act), taken.notified)


def nothing(request: Request, entrance: Entrance, why: UndoResult) -> Response:
    """303 to why nothing was taken back."""
    return _lead(request, entrance, _NOTHING, (), why.value)


def seen(request: Request, entrance: Entrance) -> Response:
    """303 to the page as it stands, of a browser that has shown that it is no stranger."""
    return _lead(request, entrance, _SEEN, ())


async def show(request: Request, entrance: Entrance) -> Response:
    """The page of a link or a mail's token, and of what was pressed there."""
    value = pages.result(request, entrance.page)
    if value is None:
        return door_pages.ask(request, entrance)
    kind, given, word, more, _ = value
    channels = tuple(given)
    if kind == _REFUSED and not entrance.known:
        return door_pages.unseen(request, entrance, channels)
    if kind in (_NOTHING, _SEEN):
        return door_pages.ask(request, entrance, why=word)
    registry = process.of(request).registry
    act, now = record_numbers.read(registry.keyring, word), registry.store.now()
    found = await registry.store.read(link_targets.again, registry, entrance.target, now, channels)
    here, stands = entrance._replace(found=found), [found.target.refused(channel) for channel in channels]
    if kind == _REFUSED and all(stands):
        return door_pages.standing(request, here, channels, record=act, repeated=more)
    if kind == _UNDONE and entrance.known and act is not None and not stands[0]:
        return door_pages.undone(request, here, channels, act, notified=more)
    return door_pages.ask(request, entrance)


def nonce(request: Request, entrance: Entrance, token: str) -> str:
    """The nonce of the press whose token this is; "" for any other."""
    value = pages.result(request, entrance.page, token=token)
    return "" if value is None else nonces.read(value[4])


def _lead(
    request: Request, entrance: Entrance, kind: str, channels: tuple[int, ...], word: str = "", more: bool = False
) -> Response:
    response = pages.show_result(request, entrance.page, [kind, channels, word, more, entrance.visitor.nonce])
    response.headers.update(door_pages.PRIVATE)
    return response


def _number(request: Request, act: int | None) -> str:
    return "" if act is None else record_numbers.of(process.of(request).registry.keyring, act)
