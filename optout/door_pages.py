"""The pages of a link and of a mail's one click: asked, done, taken back. Each is a blank, drawn once (web/blanks.py).

Nothing in them names an address in full, and no other site learns where somebody came from.
"""

from __future__ import annotations

import hmac
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.book import Listed
from consents.business_days import stop_by
from consents.recipients import mask
from consents.registry import Registry
from consents.terms import Channel, Status
from optout.presses import Pressed
from optout.targets import Target
from web import marks, pages, texts, when

ALL = "HEPSI"
_HOUR = 3_600_000_000  # µs
PRIVATE = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}

_WORDS: dict[int | None, str] = {None: "YOK", **{status.code: str(status) for status in Status}}
_CHANNELS = {channel.code: str(channel) for channel in Channel}


class Entrance(NamedTuple):
    """Where a page stands: ``path`` before its ``key`` ("/k/"), whom and what it is about, what evidence names it."""

    path: str
    key: str
    target: Target
    brand: Listed
    evidence: tuple[str, str]


class Face(NamedTuple):
    """What a page looks like apart from its values.

    ``channel``: the target's own. ``what``: what is or was to be refused, a channel or ALL. ``stands``: by (channel,
    status), what stands now. ``more``: a further channel that may be refused, "" for none. ``why``: what a notice
    above says: foreign, approval, late.
    """

    page: str  # ask, done, undone, unsaved
    path: str
    channel: str
    what: str
    stands: tuple[tuple[str, str], ...]
    why: str = ""
    repeated: bool = False
    undo: bool = False
    stopping: bool = False
    more: str = ""

    @property
    def status(self) -> str:
        """What stands of the target's own channel."""
        return dict(self.stands)[self.channel]


def ask(request: Request, entrance: Entrance, *, why: str = "", status: int = 200) -> Response:
    """One button; or, where the citizen has refused already, since when."""
    target = entrance.target
    if target.refused(target.channel):
        told = Pressed(None, target.refused_at(target.channel), 0, repeated=True)
        return done(request, entrance, (target.channel,), told, why=why, status=status)
    return _fill(request, entrance, _face(entrance, "ask", (target.channel,), why), status=status)


def done(
    request: Request, entrance: Entrance, channels: tuple[int, ...], told: Pressed, *, why: str = "", status: int = 200
) -> Response:
    """What was refused, when it counts, and how to take it back."""
    language = texts.language(request)[0]
    stop = _stop(told.at // _HOUR)
    others = [channel for channel in entrance.target.channels if channel not in channels]
    more = [_CHANNELS[channel] for channel in others if not entrance.target.refused(channel)]
    face = _face(entrance, "done", channels)._replace(
        why=why,
        repeated=told.repeated,
        undo=told.act is not None,
        stopping=when.date_of(request.app.state.registry.store.now()) <= stop,
        more=more[0] if more else "",
    )
    values = {
        "moment": when.moment(language, told.at),
        "day": when.day(language, told.at),
        "stop": when.weekday(language, stop),
        "until": when.clock(told.until),
        "act": _signed(request, entrance, told.act) if told.act is not None else "",
    }
    return _fill(request, entrance, face, values, status=status)


def undone(request: Request, entrance: Entrance, channels: tuple[int, ...]) -> Response:
    """What stands again."""
    return _fill(request, entrance, _face(entrance, "undone", channels))


def unsaved(request: Request, entrance: Entrance, channels: tuple[int, ...], act: str = "") -> Response:
    """Nothing could be saved: the same button again. ``act``: the signed number of what was to be taken back."""
    face = _face(entrance, "unsaved", channels)._replace(undo=bool(act))
    return _fill(request, entrance, face, {"act": act}, status=503, headers={"retry-after": "120"})


def unknown(request: Request) -> Response:
    """No such link: the other ways."""
    return pages.fill(request, "optout/unknown.html", None, {}, status=404, headers=PRIVATE)


def named(target: Target, what: str) -> tuple[int, ...] | None:
    """The channels that a form names, of those of the target's address; None for anything else."""
    if what == ALL:
        return target.channels
    found = [channel for channel in target.channels if _CHANNELS[channel] == what]
    return tuple(found) or None


def signed_act(request: Request, entrance: Entrance, token: str) -> int | None:
    """The number of an act that a form of this target's page has brought back."""
    written = token.partition(".")[0]
    if not (written.isascii() and written.isdecimal() and len(written) < 19):
        return None
    signed = _signed(request, entrance, int(written))
    return int(written) if hmac.compare_digest(signed.encode(), token.encode()) else None


def _signed(request: Request, entrance: Entrance, act: int) -> str:
    """The number with a keyed hash that binds it to the page it was given out on."""
    target = entrance.target
    about = f"{target.recipient}.{target.brand}.{act}"
    return f"{act}.{marks.mark(request.app.state.registry.keyring, 'undo', about).hex()}"


@lru_cache(maxsize=1024)
def _stop(hour: int) -> date:
    """The last day to obey a refusal of this hour."""
    return stop_by(hour * _HOUR)


def _face(entrance: Entrance, page: str, channels: tuple[int, ...], why: str = "") -> Face:
    target = entrance.target
    stands = tuple((_CHANNELS[channel], _WORDS[target.status(channel)]) for channel in target.channels)
    what = _CHANNELS[channels[0]] if len(channels) == 1 else ALL
    return Face(page, entrance.path, _CHANNELS[target.channel], what, stands, why)


def _fill(
    request: Request,
    entrance: Entrance,
    face: Face,
    values: dict[str, str] | None = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    registry: Registry = request.app.state.registry
    own = {
        "key": entrance.key,
        "brand": entrance.brand.title,
        "company": entrance.brand.company_title,
        "masked": mask(registry.keyring.unseal(entrance.target.sealed) or ""),
    }
    template = "optout/door.html"
    return pages.fill(request, template, face, own | (values or {}), status=status, headers=PRIVATE | (headers or {}))
