"""Users of programs, and what partners may do, taken back: at once in every process, for each call reads what stands.

Nothing of it is kept in memory between calls (``token_store.caller``); so the commit is the end.
"""

from __future__ import annotations

import secrets
from enum import Enum
from typing import NamedTuple

from sqlalchemy import text

from consents.brands.companies import BadCompany
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people import passwords
from consents.store import Snapshot, Statement, Transaction
from providers.push import push_connections


class Side(Enum):
    """Whose programs sign in: the value is the table and the column of ``api_user``."""

    PROVIDER = "provider"
    PARTNER = "partner"


class User(NamedTuple):
    """A user: ``ended_at`` in µs, None of one that may sign in; ``tokens``: refresh tokens that are good still."""

    username: str
    ended_at: int | None
    tokens: int


class Granted(NamedTuple):
    """What a partner may do with a brand: by channel code 0 nothing, 1 read, 2 write."""

    brand: int
    levels: tuple[int, int, int]
    agreements: bool


_OWNER = {side: Statement(text(f"SELECT id, title FROM {side.value} WHERE code = :code")) for side in Side}
_USERS = {
    side: Statement(
        text(
            "SELECT u.username, u.ended_at, (SELECT count(*) FROM api_token t WHERE t.api_user = u.id AND "
            "t.kind = 'refresh' AND t.spent_at IS NULL AND t.expires_at > :now) "
            f"FROM api_user u WHERE u.{side.value} = :owner ORDER BY u.username"
        )
    )
    for side in Side
}
_USER = {
    side: Statement(text(f"SELECT id, ended_at FROM api_user WHERE {side.value} = :owner AND username = :username"))
    for side in Side
}
_END = Statement(text("UPDATE api_user SET ended_at = :now, password = '' WHERE id = :user"))
_RENEW = Statement(text("UPDATE api_user SET password = :password WHERE id = :user"))
_END_TOKENS = Statement(text("DELETE FROM api_token WHERE api_user = :user"))
_PARTNERS = Statement(text("SELECT code, title FROM partner ORDER BY code"))
_GRANTED = Statement(
    text(
        "SELECT b.code, g.arama, g.mesaj, g.eposta, g.agreements FROM partner_grant g "
        "JOIN partner p ON p.id = g.partner JOIN brand b ON b.id = g.brand WHERE p.code = :code ORDER BY b.code"
    )
)
_BRAND = Statement(text("SELECT id FROM brand WHERE code = :code"))
_REVOKE = Statement(text("DELETE FROM partner_grant WHERE partner = :partner AND brand = :brand"))


def users(snapshot: Snapshot, side: Side, code: int, now: int) -> list[User]:
    """The users of a provider (iysCode) or partner (integratorCode), by name. Errors: BadCompany."""
    rows = snapshot.all(_USERS[side], {"owner": _owner(snapshot, side, code), "now": stored(now)})
    return [User(name, None if ended is None else micros(ended), tokens) for name, ended, tokens in rows]


def end(transaction: Transaction, side: Side, code: int, username: str) -> int:
    """Ends a user for good, with all its tokens; how many these were. Its name stays taken, for history names it.

    Errors: BadCompany.
    """
    user, ended = _user(transaction, side, code, username)
    if not ended:
        transaction.run(_END, {"user": user, "now": stored(transaction.now)})
    return transaction.run(_END_TOKENS, {"user": user})


def renew(transaction: Transaction, side: Side, code: int, username: str) -> str:
    """A new password in place of the old one, whose tokens end with it. Errors: BadCompany."""
    user, ended = _user(transaction, side, code, username)
    if ended:
        raise BadCompany(f"{username} has ended: add a user of another name")
    password = secrets.token_urlsafe(24)
    transaction.run(_RENEW, {"user": user, "password": passwords.hashed(password)})
    transaction.run(_END_TOKENS, {"user": user})
    return password


def partners(snapshot: Snapshot) -> list[tuple[int, str]]:
    """Every partner: integratorCode and title."""
    return [(code, title) for code, title in snapshot.all(_PARTNERS)]


def granted(snapshot: Snapshot, partner: int) -> list[Granted]:
    """What a partner (integratorCode) may do, by brandCode. Errors: BadCompany."""
    _owner(snapshot, Side.PARTNER, partner)
    rows = snapshot.all(_GRANTED, {"code": partner})
    return [Granted(code, (arama, mesaj, eposta), bool(agreements)) for code, arama, mesaj, eposta, agreements in rows]


def revoke(transaction: Transaction, keyring: Keyring, partner: int, brand: int) -> int:
    """Takes all that a partner may do with a brand; its push connections end too: how many. Errors: BadCompany."""
    number, row = _owner(transaction, Side.PARTNER, partner), transaction.one(_BRAND, {"code": brand})
    if row is None or not transaction.run(_REVOKE, {"partner": number, "brand": row[0]}):
        raise BadCompany(f"partner {partner} may do nothing with brand {brand}")
    return push_connections.end_of_partner(transaction, keyring, row[0], number)


def _owner(snapshot: Snapshot, side: Side, code: int) -> int:
    row = snapshot.one(_OWNER[side], {"code": code})
    if row is None:
        raise BadCompany(f"there is no {side.value} {code}")
    return int(row[0])


def _user(snapshot: Snapshot, side: Side, code: int, username: str) -> tuple[int, bool]:
    owner = _owner(snapshot, side, code)
    row = snapshot.one(_USER[side], {"owner": owner, "username": username.strip()})
    if row is None:
        raise BadCompany(f"{side.value} {code} has no user of this name: see its list")
    return int(row[0]), row[1] is not None
