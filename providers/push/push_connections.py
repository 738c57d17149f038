"""Table ``push_connection``: where movements are pushed; made, listed, ended (progress: ``push_store``). URL, user and
password are encrypted, with the partner that made the connection, if any. With a partner's rights its connections
end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.queries import feed
from consents.store import Snapshot, Statement, Transaction, Value
from providers.callers import partners

LONGEST = 255  # characters of a user name or password
ACTIVE = 2  # connections of a brand and channel (API document 3.2.0)

_OF_BRAND = Statement(
    text("SELECT id, channel, sealed, registered_at, works FROM push_connection WHERE brand = :brand ORDER BY id")
)
_STATES = Statement(text("SELECT id, tries, error, next_try_at FROM push_connection WHERE brand = :brand"))
_BRAND_OF: Value[int] = Statement(text("SELECT brand FROM push_connection WHERE id = :id"))
_RENEW = Statement(
    text("UPDATE push_connection SET sealed = :sealed, works = :yes, tries = 0, next_try_at = :now WHERE id = :id")
)
_REMOVE = Statement(text("DELETE FROM push_connection WHERE id = :id"))


class Foreign(Exception):
    """A connection of another owner, which only that one or the provider may renew."""


class PushTarget(NamedTuple):
    url: str
    username: str
    password: str


class WantedConnection(NamedTuple):
    """``channel`` by code."""

    channel: int
    target: PushTarget


class PushAnswers(NamedTuple):
    """The last posts. ``tries``: failures since the last success; ``error``: class of the last failure, None after a
    success; ``next_at``: µs."""

    tries: int
    error: str | None
    next_at: int


class MadeConnection(NamedTuple):
    """``works``: its last post was taken; ``registered_at``: µs; ``partner``: who made it."""

    id: int
    channel: int
    target: PushTarget
    partner: int | None
    registered_at: int
    works: bool


def of_brand(snapshot: Snapshot, keyring: Keyring, brand: int) -> list[MadeConnection]:
    return [
        MadeConnection(number, channel, *opened(keyring, sealed), micros(at), bool(works))
        for number, channel, sealed, at, works in snapshot.all(_OF_BRAND, {"brand": brand})
    ]


def answers(snapshot: Snapshot, brand: int) -> dict[int, PushAnswers]:
    """By the connections' internal ids."""
    rows = snapshot.all(_STATES, {"brand": brand})
    return {number: PushAnswers(tries, error, micros(at)) for number, tries, error, at in rows}


def brand_of(snapshot: Snapshot, number: int) -> int | None:
    return snapshot.value(_BRAND_OF, {"id": number})


def fits(text: str) -> bool:
    return 1 <= len(text) <= LONGEST and text.isprintable()


def fits_as_user(text: str) -> bool:
    """``fits`` for a user name, which has no colon (RFC 7617, 2)."""
    return fits(text) and ":" not in text


def register(
    transaction: Transaction,
    keyring: Keyring,
    brand: int,
    wanted: Iterable[WantedConnection],
    partner: int | None = None,
) -> int | None:
    """Makes connections that begin with the next movement. Returns the index of the first connection above the limit
    (the caller must abandon the transaction), else None. An existing URL and channel gets the new user and password and
    keeps its cursor; the provider's renewal makes it the provider's. Errors: Foreign where another partner made it."""
    for index, (channel, target) in enumerate(wanted):
        existing = [one for one in of_brand(transaction, keyring, brand) if one.channel == channel]
        same = next((one for one in existing if one.target.url == target.url), None)
        now, sealed = stored(transaction.now), _sealed(keyring, target, partner)
        if same is not None:
            if partner not in (None, same.partner):
                raise Foreign
            transaction.run(_RENEW, {"id": same.id, "sealed": sealed, "yes": True, "now": now})
        elif len(existing) >= ACTIVE:
            return index
        else:
            number, last = transaction.numbers("push_connection"), feed.last_event(transaction)
            columns = "id,brand,channel,sealed,registered_at,works,cursor,tries,next_try_at"
            transaction.insert("push_connection", columns, [(number, brand, channel, sealed, now, True, last, 0, now)])
    return None


def unregister(
    transaction: Transaction, keyring: Keyring, brand: int, wanted: WantedConnection, partner: int | None = None
) -> bool:
    """False where there is none of this URL on this channel. A partner must give its user and password too; the
    provider ends any."""
    of_url = [
        one
        for one in of_brand(transaction, keyring, brand)
        if (one.channel, one.target.url) == (wanted.channel, wanted.target.url)
    ]
    found = [one.id for one in of_url if partner is None or one.target == wanted.target]
    for number in found:
        transaction.run(_REMOVE, {"id": number})
    return bool(found)


def end_of_partner(transaction: Transaction, keyring: Keyring, brand: int, partner: int) -> int:
    found = [one.id for one in of_brand(transaction, keyring, brand) if one.partner == partner]
    for number in found:
        transaction.run(_REMOVE, {"id": number})
    return len(found)


def _sealed(keyring: Keyring, target: PushTarget, partner: int | None) -> bytes:
    return keyring.seal_data(json.dumps([*target, partner], separators=(",", ":")).encode())


def opened(keyring: Keyring, sealed: bytes) -> tuple[PushTarget, int | None]:
    *target, partner = json.loads(keyring.unseal_data(bytes(sealed)))
    return PushTarget(*target), partner


def close_partner(transaction: Transaction, keyring: Keyring, partner_code: int) -> int:
    """Closes a partner from its next call on; returns how many of its push connections ended. Errors: BadCompany."""
    closed = partners.close(transaction, partner_code)
    brands = partners.grants(transaction, closed.id)
    return sum(end_of_partner(transaction, keyring, brand, closed.id) for brand in brands)


def revoke_partner(transaction: Transaction, keyring: Keyring, partner_code: int, brand_code: int) -> int:
    """Removes its rights at a brand from its next call on; returns how many of its push connections ended. Errors:
    BadCompany."""
    revoked = partners.revoke(transaction, partner_code, brand_code)
    return end_of_partner(transaction, keyring, revoked.brand, revoked.partner)
