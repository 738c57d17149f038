"""What the buttons of a page without sign-in ask for, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.registry import Registry
from consents.store import StoreUnavailable, Unknown
from consents.terms import Door, Status
from optout import door_pages, presses, targets
from optout.door_pages import Entrance
from optout.targets import Target


class Wish(NamedTuple):
    """To refuse these channels or, with ``act`` (signed), to take back what refused them."""

    channels: tuple[int, ...]
    act: str = ""


def read(posted: Mapping[str, str], target: Target) -> Wish | None:
    """What a form asks for: ``status``, RET where it is missing; ``channel``, where it is missing the target's own;
    ``undo``, an act. None for anything else: it cannot be had here."""
    channels = door_pages.named(target, posted["channel"]) if "channel" in posted else (target.channel,)
    if channels is None or posted.get("status", Status.RET) != Status.RET:
        return None
    return Wish(channels, posted.get("undo", ""))


async def grant(request: Request, entrance: Entrance, wish: Wish, door: Door) -> Response:
    """Does it, and says what was done once that is durable; 503 with the same button where it cannot be."""
    registry: Registry = request.app.state.registry
    evidence = registry.keyring.seal_evidence(dict([entrance.evidence, ("agent", agent(request))]))
    about = registry, entrance.target
    try:
        if wish.act:
            number = door_pages.signed_act(request, entrance, wish.act)
            undone = number is not None and await registry.store.write(
                presses.take_back, *about, number, door, evidence
            )
            return await _taken_back(request, entrance, wish, undone)
        pressed = await registry.store.write(presses.refuse, *about, wish.channels, door, evidence)
    except Unknown:  # the page would say that it is not saved
        raise
    except StoreUnavailable:
        return door_pages.unsaved(request, entrance, wish.channels, wish.act)
    return door_pages.done(request, entrance, wish.channels, pressed)


def agent(request: Request) -> str:
    """What kind of program asks; no more of it is kept."""
    named = request.headers.get("user-agent", "")
    if not named.startswith("Mozilla/"):
        return "program" if named else "unnamed"
    return "phone" if "Mobi" in named or "Android" in named else "computer"


async def _taken_back(request: Request, entrance: Entrance, wish: Wish, undone: bool) -> Response:
    registry: Registry = request.app.state.registry
    target = await registry.store.read(targets.by_number, *entrance.target[:3])
    assert target is not None  # recipients are never deleted
    again = entrance._replace(target=target)
    if undone and not target.refused(wish.channels[0]):
        return door_pages.undone(request, again, wish.channels)
    return door_pages.ask(request, again, why="" if undone else "late")  # undone before, and refused anew since
