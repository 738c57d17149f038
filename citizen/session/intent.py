"""What somebody wanted when his session had ended: kept for half an hour in a signed cookie, done after the code.

Every refusal is kept, and finished, so that nobody has to press twice to be left alone; of pages the last is opened
again. An approval is never kept: it must not come out of a sign-in (design: approving always takes a step of its own).
The same cookie then carries to the next list how many refusals were finished.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from citizen.session import refusal_form
from trust import pseudonyms, signed_tokens
from web import cookies, process

SECONDS = 30 * 60
_LONGEST = 3500  # bytes of the cookie; browsers keep 4096 with its name and attributes
_MOST = 100  # refusals; more fit in by far than anybody presses in half an hour without signing in
_PLACES = ("/izinler", "/markalar", "/makbuz")  # what lies behind a sign-in and can be gone back to
_HOME, _ALL, _NEW = "/izinler", "/izinler/reddet", "/izinler/yeni-numara"


class KeptIntent(NamedTuple):
    """``path`` with its query; ``form``: the fields of a refusal that was posted, empty where a page was wanted."""

    path: str
    form: dict[str, str]

    @property
    def mark(self) -> str:
        """The mark of the address it is about (``citizen.session.holder``), "" where it names none."""
        return self.form.get("n") or parse_qs(urlsplit(self.path).query).get("n", [""])[0]


class Kept(NamedTuple):
    """All that the browser keeps. ``page``: the one to open again; ``lost``: a refusal found no room any more.

    ``done``: how many refusals were finished, until a page has shown it.
    """

    refusals: tuple[KeptIntent, ...] = ()
    page: str = ""
    lost: bool = False
    done: int = 0


NOTHING = Kept()


async def of(request: Request) -> KeptIntent | None:
    """What this request wants, if that may wait for the code."""
    path = request.url.path
    if not any(path == place or path.startswith(f"{place}/") for place in _PLACES):
        return None
    whole = f"{path}?{request.url.query}" if request.url.query else path
    if request.method == "GET":
        return KeptIntent(whole, {}) if whole != _HOME else None  # there one comes anyway
    fields = await refusal_form.read(request)
    refused = path == _ALL or fields.get("status") == "RET" or (path == _NEW and fields.get("new") == "1")
    return KeptIntent(whole, fields) if request.method == "POST" and refused else None


def keep(request: Request, response: Response, wanted: KeptIntent) -> None:
    """Has the browser keep this too. No page replaces a refusal, and no refusal another one."""
    earlier = kept(request)
    if not wanted.form:
        if not earlier.refusals:
            _put(request, response, Kept(page=wanted.path))
        return
    if wanted in earlier.refusals:
        return
    more = Kept((*earlier.refusals, wanted), lost=earlier.lost)
    if len(more.refusals) > _MOST or not _put(request, response, more):
        _put(request, response, earlier._replace(lost=True, done=0))


def leave(request: Request, response: Response, left: Kept) -> None:
    """Has the browser keep only this from now on, nothing where it is nothing."""
    if left == NOTHING:
        cookies.drop(request, response, cookies.INTENT)
    else:
        _put(request, response, left)


def kept(request: Request) -> Kept:
    """What the browser has kept; nothing where it is older than half an hour or not signed by us."""
    value = cookies.read(request, cookies.INTENT)
    if not value or len(value) > _LONGEST:
        return NOTHING
    try:
        refusals, page, lost, done, until = _signer(request).loads(value)
        found = Kept(tuple([KeptIntent(path, form) for path, form in refusals]), page, lost, done)
    except (BadData, TypeError, ValueError):  # also what an earlier version kept
        return NOTHING
    return found if process.of(request).registry.store.now() < until else NOTHING


def shown(request: Request, response: Response) -> Response:
    """The response of the page that shows what was finished: no page shows it twice."""
    found = kept(request)
    if found.done or (found.lost and not found.refusals):
        leave(request, response, found._replace(done=0, lost=False))
    return response


def _put(request: Request, response: Response, what: Kept) -> bool:
    """Gives it to the browser; False where it is too long for a cookie."""
    until = process.of(request).registry.store.now() + SECONDS * 1_000_000
    refusals = [[one.path, one.form] for one in what.refusals]
    value = str(_signer(request).dumps([refusals, what.page, what.lost, what.done, until]))  # compressed where it helps
    if len(value) > _LONGEST:
        return False
    cookies.put(request, response, cookies.INTENT, value, SECONDS)
    return True


def _signer(request: Request) -> URLSafeSerializer:
    return signed_tokens.signer((pseudonyms.derived(process.of(request).registry.keyring, "intent"),))
