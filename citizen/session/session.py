"""Who is signed in: the session of a request, and handlers that need one. A limited session (an assisted session or an
SMS login) may see, refuse and undo its own refusals: the handlers of these are ``open_to_limited``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen.session import intent, session_store
from citizen.session.session_store import Live, StoredVisit
from consents.keys import Keyring
from consents.people import recipients
from trust import delegations, passkey_store, pseudonyms
from trust.codes import shown_texts
from web import cookies, pages, process
from web.rendering.texts import mark

SIGN_IN, OVER = "/giris", "/izinler/yaninda/bitti"
_NOT_ASSISTED = mark("Bunu yalnız kendisi, kendi telefonuna gelen kodla girerek yapabilir. Hiçbir şey değişmedi.")
_NOT_BY_TEXT = mark("Bunun için size gelen kodla girmeniz gerekir. Hiçbir şey değişmedi.")

Handler = Callable[[Request, "Session"], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Proven(NamedTuple):
    """An address, canonical ("+90532…" or an e-mail), proved in this session. ``proved_at``: µs."""

    address: str
    proved_at: int


class Visit(NamedTuple):
    """An assisted session; times in µs. ``helper``, ``mark``, ``address``: the helper's address masked, as pseudonym
    and in full; ``delegation``: of a lasting helper, None where a code opened it."""

    helper: str
    mark: str
    began_at: int
    ends_at: int
    address: str = ""
    delegation: bytes | None = None


class Session(NamedTuple):
    """A signed-in browser."""

    key: bytes
    proven: tuple[Proven, ...]  # newest first; during a visit the other person's alone
    current: Proven  # the page's (``?a=<index in proven>``)
    last_sign_in: int | None  # µs: the previous one with the current address, None for the first
    visit: Visit | None = None
    lapsed: bool = False  # a visit ended, and the helper has not seen that yet
    by_text: bool = False  # an SMS login
    by_key: bool = False  # begun by a passkey

    @property
    def limited(self) -> bool:
        return self.visit is not None or self.by_text

    @property
    def evidence(self) -> dict[str, Any]:
        proof: dict[str, Any] = {"session": self.key.hex()}
        if self.visit is not None:
            proof |= {"helper": self.visit.helper, "helper_mark": self.visit.mark, "visit": self.visit.began_at}
            proof |= {"lasting": True} if self.visit.delegation is not None else {}
        return proof | ({"by_text": True} if self.by_text else {}) | ({"by_key": True} if self.by_key else {})

    def may_undo(self, evidence: Mapping[str, Any]) -> bool:
        """Whether an act with this evidence may be undone here: a limited session undoes its own alone, a lasting
        helper also those of their earlier visits."""
        if self.visit is not None and self.visit.delegation is not None:
            return bool(evidence.get("lasting")) and evidence.get("helper_mark") == self.visit.mark
        return not self.limited or self.evidence.items() <= evidence.items()


async def current(request: Request) -> Session | None:
    """The request's session by one indexed read; None without one or after its end. Its last use is recorded once a
    minute, best effort."""
    key = cookies.key_in(request, cookies.SESSION)
    return await find(request, key) if key else None


async def find(request: Request, key: bytes) -> Session | None:
    registry = process.of(request).registry
    settings = process.of(request).settings
    now = registry.store.now()
    live = await registry.store.look(session_store.find, registry.keyring, settings, key, now)
    if live is None:
        return None
    if live.limited and not await registry.store.look(shown_texts.stands, key, now):
        return None
    if live.passkey is not None and not await registry.store.look(passkey_store.stands, live.passkey):
        return None
    if session_store.touch_is_due(settings, live, now):
        await registry.store.write_aside(session_store.touch, key)  # lost, the session only ends sooner
    session, visit = _session(key, live, _chosen(request, live)), live.visit
    if visit is None:
        return session
    delegated = visit.delegation
    if delegated is not None and not await registry.store.look(delegations.stands, delegated, now):
        return session._replace(lapsed=True)
    return _assisted(registry.keyring, session, live, visit, now)


def required(handler: Handler) -> Endpoint:
    """The handler for signed-in citizens; others are redirected to sign in and back. A posted refusal is kept and
    completed after the code (``citizen.session.intent``). A limited session is rejected."""

    @wraps(handler)
    async def unlimited(request: Request, session: Session) -> Response:
        return turn_away(request, session) if session.limited else await handler(request, session)

    return open_to_limited(unlimited)


def by_code(handler: Handler) -> Endpoint:
    """``required``, which rejects a session that a passkey began too."""

    @wraps(handler)
    async def unlimited(request: Request, session: Session) -> Response:
        return turn_away(request, session) if session.by_key else await handler(request, session)

    return required(unlimited)


def open_to_limited(handler: Handler) -> Endpoint:
    """``required``, which takes limited sessions too."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        session = await current(request)
        if session is None:
            return await lead_to_sign_in(request)
        return await handler(request, session) if not session.lapsed else lead(request, OVER)

    return endpoint


async def lead_to_sign_in(request: Request) -> Response:
    """Redirects to sign-in; a signed cookie keeps what can wait."""
    wanted = await intent.of_request(request)
    response = lead(request, SIGN_IN)
    if wanted is not None:
        intent.keep(request, response, wanted)
    return response


def place(named: str, count: int) -> int | None:
    """The index that a form names, below ``count``; None for anything else."""
    is_number = named.isascii() and named.isdecimal() and len(named) < 4
    return int(named) if is_number and int(named) < count else None


def turn_away(request: Request, session: Session) -> Response:
    """403, as a page or for htmx a notice: why a session of this kind may not do this."""
    words = pages.text(request, _NOT_BY_TEXT if session.visit is None else _NOT_ASSISTED)
    template = "citizen/signin/_limited.html" if pages.wants_piece(request) else "citizen/signin/limited.html"
    signs_in = session.visit is None
    return pages.render(request, template, status=403, why=words, room=request.url.path, signs_in=signs_in)


def lead(request: Request, path: str) -> Response:
    """Redirects: 303, or HX-Redirect for htmx."""
    response: Response = pages.redirect(request, path)
    if request.headers.get("hx-request"):  # else htmx would follow and put the whole page into the piece
        response = Response(headers={"hx-redirect": response.headers["location"]})
    return response


def _assisted(keyring: Keyring, session: Session, live: Live, visit: StoredVisit, now: int) -> Session:
    """The helper's session as that of the other person, while the visit lasts."""
    if now >= visit.ends_at:
        return session._replace(lapsed=True)
    helper = next((one.address for one in live.proved if one.place == visit.place), "")
    shown = Proven(visit.address, visit.began_at)
    helper_mark = pseudonyms.mark(keyring, "helper", helper).hex()
    times = visit.began_at, visit.ends_at
    seen = Visit(recipients.mask(helper), helper_mark, *times, helper, visit.delegation)
    return Session(session.key, (shown,), shown, None, seen, by_text=session.by_text, by_key=session.by_key)


def _session(key: bytes, live: Live, chosen: int) -> Session:
    proven = tuple([Proven(item.address, item.proved_at) for item in live.proved])
    last, by_key = live.proved[chosen].last_sign_in, live.passkey is not None
    return Session(key, proven, proven[chosen], last, by_text=live.limited, by_key=by_key)


def _chosen(request: Request, live: Live) -> int:
    """The index in ``proven`` of the request's address."""
    if b"a=" in request.scope["query_string"]:
        named = place(request.query_params.get("a", ""), len(live.proved))
        if named is not None:
            return named
    return len(live.proved) - 1 - live.current  # stored oldest first, shown newest first
