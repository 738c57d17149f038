"""Before whom a link's page lies: it shows whose it is and what was done only where it was hardly forwarded.

Messages are forwarded with the link in them, and programs open every link; so nothing is noted of an opening. A browser
is no stranger while the link is new and no other browser has refused by it, or once it has typed a part of the address;
it keeps the proof of that. To refuse asks nothing of anybody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import DAY
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from optout.links import door_pages, nonces
from optout.links.door_pages import Entrance
from optout.links.nonces import Visitor
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark
from web import process

FIELD = "part"  # of a form with a part of the address in it
NEW = 3 * DAY  # µs since it was minted: for so long a link lies with whom it was sent to
DIGITS, LETTERS = 4, 3  # the last of a number, the first of an e-mail
TRIES = 5  # wrong parts a day for one recipient and brand, whichever link they are typed at
KEPT_DAYS = 90  # the cookie

_COOKIE = "baglanti"
_AS_TYPED = str.maketrans("ıİI", "iii")


def arrived(request: Request, entrance: Entrance) -> Entrance:
    """The entrance as this browser finds it: by its cookie, else as a visitor who is seen for the first time."""
    keyring = process.of(request).registry.keyring
    kept = request.cookies.get(_name(request), "")
    found = nonces.visitor(keyring, entrance.evidence, kept) or Visitor(nonces.fresh())
    return _met(request, entrance._replace(visitor=found))


def posting(request: Request, entrance: Entrance, posted: Mapping[str, str]) -> Entrance:
    """The entrance as the page was that this form stood on; its cookie's proof counts too."""
    keyring = process.of(request).registry.keyring
    undo = nonces.undo_of(posted.get("undo", ""))
    given = nonces.visitor(keyring, entrance.evidence, posted.get("nonce", "")) or (undo and Visitor(undo.nonce))
    if not given:
        return entrance
    if entrance.visitor.proof:
        given = nonces.proven(keyring, entrance.evidence, given.nonce)
    return _met(request, entrance._replace(visitor=given))


async def look(request: Request, entrance: Entrance, part: str) -> Response:
    """The whole page to who types a part of the address; 422 and the same page to anybody else, however often."""
    if not entrance.known and not await _proves(request, entrance, part):
        return door_pages.ask(request, entrance, why="part", status=422)
    seen = acquainted(request, entrance._replace(known=True))
    return remember(request, door_pages.ask(request, seen), seen)


def acquainted(request: Request, entrance: Entrance) -> Entrance:
    """With the proof that this browser keeps, where it is no stranger now."""
    if not entrance.known or entrance.visitor.proof:
        return entrance
    keyring = process.of(request).registry.keyring
    return entrance._replace(visitor=nonces.proven(keyring, entrance.evidence, entrance.visitor.nonce))


def remember(request: Request, response: Response, entrance: Entrance) -> Response:
    """Has the browser keep who it is at this link: its next page shows what it did. Only this link's pages see it."""
    response.set_cookie(
        _name(request),
        entrance.visitor.written(),
        max_age=KEPT_DAYS * 86_400,
        path=f"{entrance.path}{entrance.key}",
        secure=process.of(request).settings.https,
        httponly=True,
        samesite="lax",
    )
    return response


def fits(address: str, typed: str) -> bool:
    """Whether this is the end of a canonical number or the beginning of an e-mail, or more of it."""
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
    """Whether another browser refused by this very link, and that stands."""
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
