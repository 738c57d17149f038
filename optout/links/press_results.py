"""The result page of a press, at the link's own address for an hour, so that it can be reloaded. Only the browser with
the press's cookie can undo; outdated results are not shown; a stranger's token is the same whatever stood before. A
browser without cookies gets the nonce in the token once it typed a part of the address (``visitors.identify``)."""

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
    if not entrance.known:
        return _lead(request, entrance, _REFUSED, channels)
    return _lead(request, entrance, _REFUSED, channels, _number(request, pressed.record), pressed.repeated)


def undone(request: Request, entrance: Entrance, channels: tuple[int, ...], taken: LinkUndo) -> Response:
    return _lead(request, entrance, _UNDONE, channels, _number(request, taken.act), taken.notified)


def nothing(request: Request, entrance: Entrance, why: UndoResult) -> Response:
    return _lead(request, entrance, _NOTHING, (), why.value)


def seen(request: Request, entrance: Entrance) -> Response:
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
    value = pages.result(request, entrance.page, token=token)
    return "" if value is None else nonces.read(value[4])


def _lead(
    request: Request, entrance: Entrance, kind: str, channels: tuple[int, ...], word: str = "", more: bool = False
) -> Response:
    response = pages.show_result(request, entrance.page, [kind, channels, word, more, entrance.visitor.nonce])
    response.headers.update(door_pages.PRIVATE)
    return response


def _number(request: Request, act: int | None) -> str:
    return "" if act is None else record_numbers.of_act(process.of(request).registry.keyring, act)
