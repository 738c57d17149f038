"""Table ``api_token``: tokens by their hashes."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.instants import SECOND
from consents.store import Snapshot, Statement, Transaction, Value
from providers.callers import api_users, partners
from providers.callers.partners import Grant

ACCESS, REFRESH = 7200, 14_400  # seconds that they are good for (API document 3.2.0, expires_in)

_PROVEN = Statement(text("SELECT 1 FROM api_user WHERE id = :id AND password = :password AND ended_at IS NULL"))
_CALLER = Statement(
    text(
        "SELECT t.expires_at, u.id, u.provider, u.partner, u.networks, u.used_at, p.closed_at, u.reads_only, u.brands, "
        "u.test "
        "FROM api_token t JOIN api_user u ON u.id = t.api_user LEFT JOIN partner p ON p.id = u.partner "
        "WHERE t.digest = :digest AND t.kind = 'access' AND u.ended_at IS NULL"
    )
)
_REFRESHED = Statement(
    text("SELECT api_user, family, expires_at FROM api_token WHERE digest = :digest AND kind = 'refresh'")
)
_LEFT = Statement(text("SELECT expires_at FROM api_token WHERE digest = :digest AND kind = :kind AND spent_at IS NULL"))
_HOLDER: Value[int] = Statement(text("SELECT api_user FROM api_token WHERE digest = :digest AND kind = 'refresh'"))
_NETWORKS: Value[str | None] = Statement(text("SELECT networks FROM api_user WHERE id = :user"))
_ALL: Statement[tuple[bytes, str, int, bytes, float, float | None]] = Statement(
    text("SELECT digest, kind, api_user, family, expires_at, spent_at FROM api_token")
)
_FORGET_ALL = Statement(text("DELETE FROM api_token"))
_SPEND = Statement(text("UPDATE api_token SET spent_at = :now WHERE digest = :digest AND spent_at IS NULL"))
_END = Statement(text("DELETE FROM api_token WHERE family = :family"))


class Caller(NamedTuple):
    """A provider's program, or a partner's with its grants by brand; internal ids. ``networks``: see
    ``api_users.admits``; ``used_at``: µs, the last recorded call; ``closed``: of a closed partner; ``reads_only``,
    ``brands`` (internal ids, None: all): of a provider's program."""

    user: int
    provider: int | None
    partner: int | None
    grants: dict[int, Grant]
    networks: str | None = None
    used_at: int | None = None
    closed: bool = False
    reads_only: bool = False
    brands: frozenset[int] | None = None
    test: bool = False


class Tokens(NamedTuple):
    """A new pair in plain text, only here."""

    access: str
    refresh: str


def caller(snapshot: Snapshot, token: str, now: int) -> Caller | None:
    """The holder of this access token; None for an unknown or expired one. One indexed read."""
    if (row := snapshot.one(_CALLER, {"digest": digest(token)})) is None:
        return None
    expires_at, user, provider, partner, networks, used_at, closed_at, reads_only, brands, test = row
    if micros(expires_at) <= now:
        return None
    grants = {} if partner is None else partners.grants(snapshot, partner)
    last, closed = optional_micros(used_at), closed_at is not None
    own = api_users.brands_of(brands)
    return Caller(user, provider, partner, grants, networks, last, closed, bool(reads_only), own, bool(test))


def left(snapshot: Snapshot, tokens: Tokens, now: int) -> tuple[int, int]:
    """Seconds that a pair's two tokens are valid for; 0 for spent or ended ones."""

    def of(kind: str, token: str) -> int:
        expires_at = snapshot.value(_LEFT, {"digest": digest(token), "kind": kind}) or 0
        return max(0, (micros(expires_at) - now) // SECOND)

    return of("access", tokens.access), of("refresh", tokens.refresh)


def networks_of(snapshot: Snapshot, user: int) -> str | None:
    return snapshot.value(_NETWORKS, {"user": user})


def sign_in(transaction: Transaction, proven: tuple[int, str]) -> Tokens | None:
    """A pair for a user whose password matched that hash; None where it ended or got another password during the slow
    comparison."""
    user, password = proven
    known = transaction.one(_PROVEN, {"id": user, "password": password})
    return None if known is None else issue(transaction, user)


def issue(transaction: Transaction, user: int, family: bytes | None = None) -> Tokens:
    fresh = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    family = family or secrets.token_bytes(16)
    lives = (("access", fresh.access, ACCESS), ("refresh", fresh.refresh, REFRESH))
    rows = [
        (digest(token), kind, user, family, stored(transaction.now + seconds * SECOND))
        for kind, token, seconds in lives
    ]
    transaction.insert("api_token", "digest,kind,api_user,family,expires_at", rows)
    return fresh


def holder(snapshot: Snapshot, token: str) -> int | None:
    """The user of a refresh token, also a spent or expired one; None for an unknown one."""
    return snapshot.value(_HOLDER, {"digest": digest(token)})


def refresh(transaction: Transaction, token: str) -> Tokens | None:
    """A new pair for a refresh token, which is spent. A token spent before is in two hands, so its family ends (RFC
    9700, 4.14.2): None, as for an unknown or expired one."""
    if (row := transaction.one(_REFRESHED, {"digest": digest(token)})) is None:
        return None
    user, family, expires_at = row
    if micros(expires_at) <= transaction.now:
        return None
    if transaction.run(_SPEND, {"digest": digest(token), "now": stored(transaction.now)}) == 0:
        transaction.run(_END, {"family": family})
        return None
    return issue(transaction, user, family)


def copy(snapshot: Snapshot, transaction: Transaction) -> None:
    """Gives another registry the tokens of this one, in place of its own; their users have the same numbers there."""
    transaction.run(_FORGET_ALL)
    transaction.insert("api_token", "digest,kind,api_user,family,expires_at,spent_at", snapshot.all(_ALL))


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
