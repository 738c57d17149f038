"""The pages of a link and of a mail's one click, each prepared once. None names an address in full or sends a
referrer."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.book import BrandEntry
from consents.business_days import stop_by
from consents.people.recipients import AddressKind, country, mask, phone
from consents.terms import Channel, Door, Status
from optout.links import nonces
from optout.links.button_actions import Pressed
from optout.links.link_targets import FoundTarget, LinkTarget, StandingAct
from optout.links.nonces import Undo, Visitor
from optout.refusals import gets_sms
from settings import Settings
from trust import record_numbers
from web import pages, process
from web.rendering import texts, when

ALL = "HEPSI"
_HOUR = 3_600_000_000  # µs
PRIVATE = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}

_WORDS: dict[int | None, str] = {None: "YOK", **{status.code: str(status) for status in Status}}
_CHANNELS = {channel.code: str(channel) for channel in Channel}


class Entrance(NamedTuple):
    """Where a page is: ``path`` before its ``key`` ("/k/"), its door and target. ``evidence``: its name in an act;
    ``visitor``: what its forms post back (optout/links/nonces.py); ``minted_at``: µs, None unknown; ``known``: hardly a
    stranger (optout/links/visitors.py), sees the person and the actions; ``bare``: a browser without cookies, answered
    at once; ``token``: of the press that led a browser without the link's cookie here."""

    path: str
    key: str
    door: Door
    found: FoundTarget
    brand: BrandEntry
    evidence: tuple[str, str]
    minted_at: int | None
    visitor: Visitor = Visitor("")
    known: bool = False
    bare: bool = False
    token: str = ""

    @property
    def page(self) -> str:
        return f"{self.path}{self.key}"

    @property
    def target(self) -> LinkTarget:
        return self.found.target

    def made(self, act: StandingAct) -> bool:
        name, value = self.evidence
        return act.evidence.get(name) == value

    def did(self, act: StandingAct) -> bool:
        """Whether this very browser did it here."""
        return act.past.door is self.door and self.made(act) and nonces.fits(act.evidence, self.visitor.nonce)


class DoorPage(NamedTuple):
    """A page's shape apart from its values. ``channel``: the target's own; ``what``: what is or was to be refused, a
    channel or ALL; ``stands``: by (channel, status); ``more``: a further channel to refuse, "" for none; ``why``: the
    notice above: foreign, approval, late, closed, part (typed text is no part of the address); ``ended``: the brand
    could send until the refusal; ``open``: another browser may still undo it; ``numbered``: shows the record number;
    ``codeless``: a kind of number without sign-in codes, "" for others; ``known``: of the Entrance, False: the same
    shape whatever stands; ``token``: its form brings one back."""

    page: str  # ask, done, undone, unsaved
    path: str
    channel: str
    what: str
    stands: tuple[tuple[str, str], ...]
    why: str = ""
    repeated: bool = False
    undo: bool = False
    stopping: bool = False
    ended: bool = False
    open: bool = False
    numbered: bool = False
    notified: bool = False
    codeless: str = ""
    more: str = ""
    known: bool = True
    token: bool = False

    @property
    def status(self) -> str:
        return dict(self.stands).get(self.channel, "")


def ask(request: Request, entrance: Entrance, *, why: str = "", status: int = 200) -> Response:
    """One button; or, where the citizen has refused already, since when."""
    target = entrance.target
    if entrance.known and target.refused(target.channel):
        return standing(request, entrance, (target.channel,), why=why, status=status)
    return _fill(request, entrance, _face(request, entrance, "ask", (target.channel,), why), status=status)


def standing(
    request: Request,
    entrance: Entrance,
    channels: tuple[int, ...],
    *,
    record: int | None = None,
    repeated: bool = True,
    why: str = "",
    status: int = 200,
) -> Response:
    """The standing refusal of these channels, of ``entrance.found``. ``record``: the act that this browser did here, if
    known, which it sees again."""
    target, found = entrance.target, entrance.found
    own = next((act for act in found.acts if act.past.id == record), None)
    if own is None and len(found.acts) == 1 and entrance.did(found.acts[0]):
        own = found.acts[0]
    act = own.past.id if own else None
    undoable = own is not None and own.open_until and found.undos and entrance.did(own)
    until = found.open_until if undoable or not own else 0
    at = max(target.refused_at(channel) for channel in channels)
    pressed = Pressed(act if undoable else None, at, until, repeated=repeated, ended=found.ended, record=act)
    return done(request, entrance, channels, pressed, why=why, status=status)


def done(
    request: Request,
    entrance: Entrance,
    channels: tuple[int, ...],
    pressed: Pressed,
    *,
    why: str = "",
    status: int = 200,
) -> Response:
    """What was refused, from when, and how to undo it; to a stranger the same whatever stood before."""
    if not entrance.known:
        return unseen(request, entrance, channels)
    language = texts.language(request)[0]
    stop = _stop(pressed.at // _HOUR)
    others = [channel for channel in entrance.target.channels if channel not in channels]
    more = [_CHANNELS[channel] for channel in others if not entrance.target.refused(channel)]
    face = _face(request, entrance, "done", channels, why)._replace(
        repeated=pressed.repeated,
        undo=pressed.act is not None,
        open=pressed.act is None and bool(pressed.until),
        ended=pressed.ended,
        numbered=pressed.record is not None,
        stopping=when.date_of(process.of(request).registry.store.now()) <= stop,
        more=more[0] if more else "",
    )
    values = _numbered(request, pressed.record) | {
        "moment": when.moment(language, pressed.at),
        "day": when.day(language, pressed.at),
        "stop": when.weekday(language, stop),
        "until": when.clock(pressed.until),
        "undo": Undo(pressed.act, entrance.visitor.nonce).written() if pressed.act is not None else "",
    }
    return _fill(request, entrance, face, values, status=status)


def undone(request: Request, entrance: Entrance, channels: tuple[int, ...], act: int, *, notified: bool) -> Response:
    """What stands again after the undo ``act``; ``notified``: the address is notified."""
    face = _face(request, entrance, "undone", channels)._replace(numbered=True, notified=notified)
    return _fill(request, entrance, face, _numbered(request, act))


def unsaved(request: Request, entrance: Entrance, channels: tuple[int, ...], undo: Undo | None = None) -> Response:
    """Nothing could be saved: the same button again. ``undo``: what was to be undone."""
    face = _face(request, entrance, "unsaved", channels)._replace(undo=undo is not None)
    values = {"undo": undo.written() if undo else ""}
    return _fill(request, entrance, face, values, status=503, headers={"retry-after": "120"})


def unknown(request: Request) -> Response:
    return pages.fill(request, "optout/unknown.html", None, {}, status=404, headers=PRIVATE)


def named(target: LinkTarget, what: str) -> tuple[int, ...] | None:
    """A form's channels, among those of the target's address; None for anything else."""
    if what == ALL:
        return target.channels
    found = [channel for channel in target.channels if _CHANNELS[channel] == what]
    return tuple(found) or None


def unseen(request: Request, entrance: Entrance, channels: tuple[int, ...]) -> Response:
    """A stranger's page after a press; the last day is that of a refusal of now."""
    face = _face(request, entrance, "done", channels)._replace(stopping=True, ended=True)
    stop = _stop(process.of(request).registry.store.now() // _HOUR)
    return _fill(request, entrance, face, {"stop": when.weekday(texts.language(request)[0], stop)})


def _numbered(request: Request, act: int | None) -> dict[str, str]:
    number = "" if act is None else record_numbers.of_act(process.of(request).registry.keyring, act)
    return {"number": number, "spaced": number and record_numbers.spaced(number)}


@lru_cache(maxsize=1024)
def _stop(hour: int) -> date:
    return stop_by(hour * _HOUR)


def address(request: Request, entrance: Entrance) -> str | None:
    """None for an erased person."""
    registry = process.of(request).registry
    return registry.keyring.unseal(entrance.target.sealed)


def _face(request: Request, entrance: Entrance, page: str, channels: tuple[int, ...], why: str = "") -> DoorPage:
    target = entrance.target
    stands = tuple((_CHANNELS[channel], _WORDS[target.status(channel)]) for channel in target.channels)
    what = _CHANNELS[channels[0]] if len(channels) == 1 else ALL
    if not entrance.known:
        return DoorPage(
            page, entrance.path, _CHANNELS[target.channel], what, (), why, known=False, token=bool(entrance.token)
        )
    codeless = _codeless(address(request, entrance), process.of(request).settings)
    return DoorPage(page, entrance.path, _CHANNELS[target.channel], what, stands, why, codeless=codeless)


def _codeless(address: str | None, settings: Settings) -> str:
    """The kind of address without sign-in codes: "abroad", "line" (no SMS, not called); "" for others."""
    if address is None or "@" in address:
        return ""
    found = phone(address)
    if country(address) not in settings.countries:
        return "abroad"
    aloud = found.kind is AddressKind.LANDLINE and settings.voice_gateway is not None
    return "" if aloud or gets_sms(found, settings.countries) else "line"


def _fill(
    request: Request,
    entrance: Entrance,
    face: DoorPage,
    values: dict[str, str] | None = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    own = {
        "key": entrance.key,
        "nonce": entrance.visitor.written(),
        "token": entrance.token,
        "brand": entrance.brand.title,
        "company": entrance.brand.company_title,
        "masked": mask(address(request, entrance) or "") if entrance.known else "",
    }
    template = "optout/door.html"
    return pages.fill(request, template, face, own | (values or {}), status=status, headers=PRIVATE | (headers or {}))
