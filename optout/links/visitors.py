"""Who may see the person and the actions on a link's page: a browser while the link is new and no other browser has
refused by it, or once it typed a part of the address; it keeps a proof. Messages are forwarded and programs open links,
so an opening is not recorded. Refusing needs no proof."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import DAY
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from optout.links import door_pages, nonces, press_results
from optout.links.door_pages import Entrance
from optout.links.nonces import Visitor
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark
from web import pages, process

FIELD = "part"  # of a form with a part of the address in it
NEW = 3 * DAY  # µs since it was minted: for so long a link lies with whom it was sent to
DIGITS, LETTERS = 4, 3  # the last of a number, the first of an e-mail
TRIES = 5  # wrong parts a day for one recipient and brand, whichever link they are typed at
KEPT_DAYS = 90  # the cookie

_COOKIE = "baglanti"
_AS_TYPED = str.maketrans("ıİI", "iii")


def arrived(request: Request, entrance: Entrance) -> Entrance:
    keyring = process.of(request).registry.keyring
    kept = request.cookies.get(_name(request), "")
    found = nonces.visitor(keyring, entrance.evidence, kept)
    token = "" if found else request.query_params.get(pages.RESULT, "")
    return _met(request, entrance._replace(visitor=found or Visitor(nonces.fresh()), token=token))


def posting(request: Request, entrance: Entrance, posted: Mapping[str, str]) -> Entrance:
    """The entrance of the page with this form; its cookie's proof counts too. Proofs are given with a cookie only, so a
    form with one and no cookie is of a browser without cookies."""
    keyring = process.of(request).registry.keyring
    undo = nonces.undo_of(posted.get("undo", ""))
    given = nonces.visitor(keyring, entrance.evidence, posted.get("nonce", "")) or (undo and Visitor(undo.nonce))
    if not given:
        return entrance
    bare = bool(given.proof) and _name(request) not in request.cookies
    if entrance.visitor.proof:
        given = nonces.proven(keyring, entrance.evidence, given.nonce)
    return _met(request, entrance._replace(visitor=given, bare=bare))


async def identify(request: Request, entrance: Entrance, posted: Mapping[str, str]) -> Response:
    """Leads a browser that types a part of the address to the whole page; else 422 and the same page, however often. A
    browser without cookies is shown it at once, and gets the nonce of its press."""
    token = posted.get(pages.RESULT, "")
    if not entrance.known and not await _proves(request, entrance, posted[FIELD]):
        return door_pages.ask(request, entrance._replace(token=token), why="part", status=422)
    nonce = press_results.nonce(request, entrance, token)
    pressed = Visitor(nonce) if nonce else entrance.visitor
    seen = acquainted(request, entrance._replace(visitor=pressed, known=True))
    bare = entrance.bare or bool(nonce)
    response = door_pages.ask(request, seen) if bare else press_results.seen(request, seen)
    return remember(request, response, seen)


def acquainted(request: Request, entrance: Entrance) -> Entrance:
    if not entrance.known or entrance.visitor.proof:
        return entrance
    keyring = process.of(request).registry.keyring
    return entrance._replace(visitor=nonces.proven(keyring, entrance.evidence, entrance.visitor.nonce))


def remember(request: Request, response: Response, entrance: Entrance) -> Response:
    """Sets this link's cookie, so that the browser's next page shows its actions."""
    response.set_cookie(
        _name(request),
        entrance.visitor.written(),
        max_age=KEPT_DAYS * 86_400,
        path=entrance.page,
        secure=process.of(request).settings.https,
        httponly=True,
        samesite="lax",
    )
    return response


def fits(address: str, typed: str) -> bool:
    """Whether this is at least the end of a canonical number or the beginning of an e-mail."""
    if "@" in address:
        letters = _plain(typed)
        return len(letters) >= LETTERS and _plain(address).startswith(letters)
    digits = "".join(letter for letter in typed if letter in "0123456789")
    return len(digits) >= DIGITS and address.endswith(digits)


def _name(request: Request) -> str:
    """On https no other host of the domain can plant one (RFC 6265bis, 4.1.3.1)."""
    return f"__Secure-{_COOKIE}" if process.of(request).settings.https else _COOKIE


def _met(request: Request, entrance: Entrance) -> Entrance:
    now = process.of(request).registry.store.now()
    minted_at = entrance.minted_at
    new = minted_at is not None and 0 <= now - minted_at <= NEW and not _refused_elsewhere(entrance)
    return entrance._replace(known=bool(entrance.visitor.proof) or new)


def _refused_elsewhere(entrance: Entrance) -> bool:
    return any(entrance.made(act) and not entrance.did(act) for act in entrance.found.acts)


async def _proves(request: Request, entrance: Entrance, part: str) -> bool:
    """Checked where it is counted, so that many at once are no more than one after another."""
    registry, address = process.of(request).registry, door_pages.address(request, entrance)
    right = address is not None and fits(address, part[:200])
    with suppress(StoreUnavailable):
        return await registry.store.write(_try, registry, entrance, right)
    return False


def _try(transaction: Transaction, registry: Registry, entrance: Entrance, right: bool) -> bool:
    target = entrance.target
    limit = Limit(mark(registry.keyring, "link part", f"{target.recipient}.{target.brand}"), TRIES, DAY)
    if right:
        return limits.used(transaction, limit, transaction.now) < limit.most
    limits.take(transaction, limit)
    return False


def _plain(text: str) -> str:
    """As a phone may write it: a capital first, Turkish letters, spaces."""
    decomposed = unicodedata.normalize("NFKD", "".join(text.split()).translate(_AS_TYPED).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
