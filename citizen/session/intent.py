"""The request of an expired session: kept for half an hour in a signed cookie and completed after the code. All
refusals are kept; of pages the last one; approvals never, because they need a step of their own. The cookie also
carries how many refusals were completed."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from trust import pseudonyms, signed_tokens
from web import cookies, forms, process

SECONDS = 30 * 60
_LONGEST = 3500  # bytes of the cookie; browsers keep 4096 with its name and attributes
_MOST = 100  # refusals; nobody presses as many in half an hour without a sign-in
_PLACES = ("/izinler", "/markalar", "/makbuz", "/belgelerim")  # behind a sign-in
_HOME, _ALL, _NEW = "/izinler", "/izinler/reddet", "/izinler/yeni-numara"
KEPT_BRANDS = "keep"  # codes of brands, between commas
_MOST_TICKS = 10_000  # nobody is in the records of as many brands
_TICK, _OFFERED = "brand", "offered"


class KeptIntent(NamedTuple):
    """``path`` with its query; ``form``: the fields of a refusal that was posted, empty where a page was wanted."""

    path: str
    form: dict[str, str]

    @property
    def mark(self) -> str:
        return self.form.get("n") or parse_qs(urlsplit(self.path).query).get("n", [""])[0]


class Kept(NamedTuple):
    """The cookie's content. ``page``: to open again; ``lost``: a refusal found no room; ``done``: how many refusals
    were completed, until a page has shown it."""

    refusals: tuple[KeptIntent, ...] = ()
    page: str = ""
    lost: bool = False
    done: int = 0


NOTHING = Kept()


async def of_request(request: Request) -> KeptIntent | None:
    """What may wait for the code: a refusal or a page; None for anything else."""
    path = request.url.path
    if not any(path == place or path.startswith(f"{place}/") for place in _PLACES):
        return None
    whole = f"{path}?{request.url.query}" if request.url.query else path
    if request.method == "GET":
        return KeptIntent(whole, {}) if whole != _HOME else None  # the page after a sign-in
    fields = await read_refusal(request)
    refused = path == _ALL or fields.get("status") == "RET" or (path == _NEW and fields.get("new") == "1")
    return KeptIntent(whole, fields) if request.method == "POST" and refused else None


async def read_refusal(request: Request) -> dict[str, str]:
    """The fields of a refusal; those ``offered`` brands that were not ticked are in ``KEPT_BRANDS``."""
    given = await forms.pairs(request, _MOST_TICKS)
    fields = {name: value for name, value in given if name not in (_TICK, _OFFERED)}
    ticked = {value for name, value in given if name == _TICK}
    unticked = [code for code in dict(given).get(_OFFERED, "").split(",") if code and code not in ticked]
    return fields | {KEPT_BRANDS: ",".join(unticked)} if unticked else fields


def keep(request: Request, response: Response, wanted: KeptIntent) -> None:
    """Adds it to the cookie. A page replaces no refusal, and a refusal no other."""
    earlier = read(request)
    if not wanted.form:
        if not earlier.refusals:
            _put(request, response, Kept(page=wanted.path))
        return
    if wanted in earlier.refusals:
        return
    more = Kept((*earlier.refusals, wanted), lost=earlier.lost)
    if len(more.refusals) > _MOST or not _put(request, response, more):
        _put(request, response, earlier._replace(lost=True, done=0))


def write(request: Request, response: Response, left: Kept) -> None:
    """Writes the cookie, or deletes it where nothing is left."""
    if left == NOTHING:
        cookies.drop(request, response, cookies.INTENT)
    else:
        _put(request, response, left)


def read(request: Request) -> Kept:
    """The content of the cookie; empty where it is older than half an hour or not signed by us."""
    value = cookies.read(request, cookies.INTENT)
    if not value or len(value) > _LONGEST:
        return NOTHING
    try:
        refusals, page, lost, done, until = _signer(request).loads(value)
        found = Kept(tuple([KeptIntent(path, form) for path, form in refusals]), page, lost, done)
    except (BadData, TypeError, ValueError):  # also what an earlier version kept
        return NOTHING
    return found if process.of(request).registry.store.now() < until else NOTHING


def clear_result(request: Request, response: Response) -> Response:
    """Clears the count of completed refusals in the response of the page that shows it."""
    found = read(request)
    if found.done or (found.lost and not found.refusals):
        write(request, response, found._replace(done=0, lost=False))
    return response


def _put(request: Request, response: Response, what: Kept) -> bool:
    """False, and no cookie, where it would be too long."""
    until = process.of(request).registry.store.now() + SECONDS * 1_000_000
    refusals = [[one.path, one.form] for one in what.refusals]
    value = str(_signer(request).dumps([refusals, what.page, what.lost, what.done, until]))  # compressed where it helps
    if len(value) > _LONGEST:
        return False
    cookies.put(request, response, cookies.INTENT, value, SECONDS)
    return True


def _signer(request: Request) -> URLSafeSerializer:
    return signed_tokens.signer((pseudonyms.derived(process.of(request).registry.keyring, "intent"),))
