"""Who is signed in: the session of a request, and handlers that need one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import intent, limited, session_store
from citizen.session.session_store import Live, StoredVisit
from consents.keys import Keyring
from consents.people import recipients
from trust import pseudonyms
from trust.codes import shown_texts
from web import cookies, pages, process

SIGN_IN, OVER = "/giris", "/izinler/yaninda/bitti"

Handler = Callable[[Request, "Session"], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Proven(NamedTuple):
    """An address, canonical ("+90532…" or an e-mail), that was proved in this session. ``proved_at``: µs."""

    address: str
    proved_at: int


class Visit(NamedTuple):
    """That the pages are about somebody who sits beside the signed-in person; ``began_at``, ``ends_at``: µs.

    ``helper``: the address that helps, masked; ``mark``: the same, to be recognised by who knows it.
    """

    helper: str
    mark: str
    began_at: int
    ends_at: int


class Session(NamedTuple):
    """A signed-in browser.

    ``proven``: newest first. ``current``: the one its pages are about; ``?a=<index in proven>`` names another one for a
    request. ``last_sign_in``: µs of the sign-in with the current address before this one, None for the first.
    ``visit``: then ``proven`` is the one who sits beside, alone; ``lapsed``: a visit has run out, and nobody has said
    that he knows it. ``by_text``: a text sent by SMS began it.
    """

    key: bytes
    proven: tuple[Proven, ...]
    current: Proven
    last_sign_in: int | None
    visit: Visit | None = None
    lapsed: bool = False
    by_text: bool = False

    @property
    def limited(self) -> bool:
        """Whether it sees and refuses, and does nothing else."""
        return self.visit is not None or self.by_text

    @property
    def evidence(self) -> dict[str, Any]:
        """What proves its deeds: the session, and who sat beside whom."""
        proof: dict[str, Any] = {"session": self.key.hex()}
        if self.visit is not None:
            proof |= {"helper": self.visit.helper, "helper_mark": self.visit.mark, "visit": self.visit.began_at}
        return proof | ({"by_text": True} if self.by_text else {})

    def may_undo(self, evidence: Mapping[str, Any]) -> bool:
        """Whether a deed with this evidence may be taken back here: a limited session takes back its own alone."""
        return not self.limited or self.evidence.items() <= evidence.items()


async def current(request: Request) -> Session | None:
    """The request's session by one indexed read; None without one, or when it has run out.

    Being used is noted once a minute; where the store cannot note it now, reading goes on all the same.
    """
    key = cookies.key_in(request, cookies.SESSION)
    return await of(request, key) if key else None


async def of(request: Request, key: bytes) -> Session | None:
    """The same by the session's key."""
    registry = process.of(request).registry
    settings = process.of(request).settings
    now = registry.store.now()
    live = await registry.store.look(session_store.find, registry.keyring, settings, key, now)
    if live is None:
        return None
    if live.limited and not await registry.store.look(shown_texts.stands, key, now):
        return None
    if session_store.touch_is_due(settings, live, now):
        await registry.store.write_aside(session_store.touch, key)  # lost, the session only ends sooner
    session = _session(key, live, _asked_for(request, live))
    return session if live.visit is None else _beside(registry.keyring, session, live, live.visit, now)


def required(handler: Handler) -> Endpoint:
    """The handler for signed-in citizens; anybody else is led to the sign-in page, and back after the code.

    A refusal that was posted is kept and finished after the code, an approval never (``citizen.session.intent``).
    A limited session is turned away.
    """

    @wraps(handler)
    async def whole(request: Request, session: Session) -> Response:
        return turn_away(request, session) if session.limited else await handler(request, session)

    return open_to_limited(whole)


def open_to_limited(handler: Handler) -> Endpoint:
    """The same, also for sessions that see and refuse and do nothing else."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        session = await current(request)
        if session is None:
            return await lead_to_sign_in(request)
        return await handler(request, session) if not session.lapsed else lead(request, OVER)

    return endpoint


async def lead_to_sign_in(request: Request) -> Response:
    """To the sign-in page, with what was wanted in a signed cookie where it can wait."""
    wanted = await intent.of(request)
    response = lead(request, SIGN_IN)
    if wanted is not None:
        intent.keep(request, response, wanted)
    return response


def place(named: str, count: int) -> int | None:
    """An index below ``count`` that somebody has written; None for anything else."""
    written = named.isascii() and named.isdecimal() and len(named) < 4
    return int(named) if written and int(named) < count else None


def turn_away(request: Request, session: Session) -> Response:
    """Says what a limited session may not do."""
    return limited.refuse(request, beside=session.visit is not None)


def lead(request: Request, path: str) -> Response:
    """To another page: 303, or for htmx the header that makes it go there itself."""
    response: Response = pages.redirect(request, path)
    if request.headers.get("hx-request"):  # else htmx would follow and put the whole page into the piece
        response = Response(headers={"hx-redirect": response.headers["location"]})
    return response


def _beside(keyring: Keyring, session: Session, live: Live, visit: StoredVisit, now: int) -> Session:
    """The session while somebody sits beside, or just after."""
    if now >= visit.ends_at:
        return session._replace(lapsed=True)
    helper = next((one.address for one in live.proved if one.place == visit.place), "")
    mark = pseudonyms.mark(keyring, "helper", helper).hex()
    shown = Proven(visit.address, visit.began_at)
    seen = Visit(recipients.mask(helper), mark, visit.began_at, visit.ends_at)
    return Session(session.key, (shown,), shown, None, seen, by_text=session.by_text)


def _session(key: bytes, live: Live, chosen: int) -> Session:
    proven = tuple([Proven(item.address, item.proved_at) for item in live.proved])
    return Session(key, proven, proven[chosen], live.proved[chosen].last_sign_in, by_text=live.limited)


def _asked_for(request: Request, live: Live) -> int:
    """The index in ``proven`` of the address that the request is about."""
    if b"a=" in request.scope["query_string"]:
        named = place(request.query_params.get("a", ""), len(live.proved))
        if named is not None:
            return named
    return len(live.proved) - 1 - live.current
