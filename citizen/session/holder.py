"""The holder a request is about: one address proved in its session. Each form carries its mark (``n``), so a page in
another tab acts on the number it shows."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from citizen.session.session import Session
from consents.channels import OF_CODE, REACHING
from consents.instants import MINUTE
from consents.people import recipients, register
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from trust import pseudonyms
from web import pages, process
from web.rendering import texts

_MENU = "citizen/consents/_menu.html"
_BYTES = 4  # of the mark: enough to distinguish a session's few addresses


class Holder(NamedTuple):
    """An address of the session. ``place``: its index in ``session.proven``; ``mark``: what forms carry."""

    address: str
    masked: str
    mark: str
    place: int
    channels: tuple[int, ...]  # by which it can be reached, by code
    person: Person
    limited: bool = False  # the session sees and refuses, and does nothing else
    helped: bool = False  # in an assisted session

    @property
    def mail(self) -> bool:
        return "@" in self.address

    @property
    def hears(self) -> bool:
        return self.mail or any(OF_CODE[channel].sms for channel in self.channels)

    def takes(self, channel: int) -> bool:
        """Whether a declaration about this channel makes sense; SMS does for a landline, as a refusal."""
        return self.mail is OF_CODE[channel].mail


def current(request: Request, session: Session) -> Holder:
    return _holder(process.of(request).registry, session, session.proven.index(session.current))


def list_all(request: Request, session: Session) -> list[Holder]:
    """The holders of all addresses of a session, the page's first."""
    registry, shown = process.of(request).registry, session.proven.index(session.current)
    places = sorted(range(len(session.proven)), key=lambda place: place != shown)
    return [_holder(registry, session, place) for place in places]


def named(request: Request, session: Session, mark: str | None = None) -> Holder:
    """The holder named by a form, else the current one. 404 for an address not proved in this session."""
    mark = mark or request.query_params.get("n")
    if not mark:
        return current(request, session)
    registry = process.of(request).registry
    for place, proven in enumerate(session.proven):
        if _mark(registry, proven.address) == mark:
            return _holder(registry, session, place, mark)
    raise HTTPException(404)


def frame(request: Request, session: Session, holder: Holder) -> dict[str, Any]:
    """The context of ``_frame.html``. ``numbers``: (masked, place, shown) where the session has several;
    ``kept_language``: for GET forms, which replace the query; ``room``: the page's path; ``minutes``: left to a
    helper, None for the holder."""
    language, explicit = texts.language(request)
    room = request.scope["path"]
    several = session.proven if len(session.proven) > 1 else ()
    numbers = [(recipients.mask(one.address), place, place == holder.place) for place, one in enumerate(several)]
    known = room if room in process.of(request).pages.paths else ""  # so that few menus are kept
    look = known, holder.limited, holder.helped, holder.mail
    menu = pages.piece(request, _MENU, look, {"n": holder.mark, "to": pages.in_language(request)})
    around = {"holder": holder, "numbers": numbers, "kept_language": language if explicit else "", "menu": menu}
    return {**around, "room": room, "minutes": minutes_left(request, session), "by_text": session.by_text}


def minutes_left(request: Request, session: Session) -> int | None:
    """Minutes left to a helper, rounded up; None without one."""
    if session.visit is None:
        return None
    return max(1, -(-(session.visit.ends_at - process.of(request).registry.store.now()) // MINUTE))


def page_after(path: str, session: Session, holder: Holder, act: int | None = None) -> str:
    """The page with the notice of an act, for this holder even if the session has changed to another."""
    query = {"act": act} if act is not None else {}
    if session.proven[holder.place] != session.current:
        query["a"] = holder.place
    return f"{path}?{urlencode(query)}" if query else path


def of_address(registry: Registry, address: str) -> Holder:
    """The holder of an address (canonical) for the operator's desk, without a session."""
    person = register.person(registry.keyring, address)
    return Holder(address, recipients.mask(address), "", 0, _channels(address), person)


def find(snapshot: Snapshot, registry: Registry, holder: Holder) -> int | None:
    """The holder's number in the registry; None when nothing is recorded about the address."""
    return register.find(snapshot, registry.keyring, holder.person)


def enrol(transaction: Transaction, registry: Registry, holder: Holder) -> int:
    """The same before a write: a new number where there was none, and a restored one for an erased address."""
    return register.acting(transaction, registry.keyring, holder.person)


def _holder(registry: Registry, session: Session, place: int, mark: str = "") -> Holder:
    address = session.proven[place].address
    return Holder(
        address,
        recipients.mask(address),
        mark or _mark(registry, address),
        place,
        _channels(address),
        register.person(registry.keyring, address),
        session.limited,
        session.visit is not None,
    )


def _channels(address: str) -> tuple[int, ...]:
    mail = "@" in address
    return tuple(channel.code for channel in REACHING[mail, not mail and recipients.phone(address).sms])


def _mark(registry: Registry, address: str) -> str:
    return pseudonyms.mark(registry.keyring, "page", address)[:_BYTES].hex()
