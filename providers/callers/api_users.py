"""Table ``api_user``: the users of programs, of a provider or of a partner. No process caches it, so an end takes
effect with the commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from sqlalchemy import text

from consents.brands import companies, provider_list
from consents.brands.companies import BadCompany
from consents.columns import optional_micros, stored
from consents.store import Snapshot, Statement, Transaction
from providers.callers import partners, passwords
from providers.callers.passwords import NewPassword

MOST = 50  # users of one provider or partner that have not ended
new_password = passwords.new
_MOST_NETWORKS = 50


class Owner(Enum):
    """Whose programs sign in; the value is the column of ``api_user``."""

    PROVIDER = "provider"
    PARTNER = "partner"


class User(NamedTuple):
    """``ended_at``: µs, None while it may sign in; ``tokens``: valid refresh tokens; ``used_at``: µs, its last call, up
    to a minute late, None without any; ``networks``: CIDR, empty: from anywhere; ``brands``: internal ids, None: all of
    its provider's, also later ones."""

    username: str
    ended_at: int | None
    tokens: int
    used_at: int | None
    networks: tuple[str, ...]
    id: int  # internal
    password: str  # a mark of the one that stands, which another differs from; nothing can be learnt from it
    reads_only: bool
    brands: frozenset[int] | None
    test: bool  # it may call the sandbox alone


_LISTED = {
    owner: Statement(
        text(
            "SELECT u.username, u.ended_at, (SELECT count(*) FROM api_token t WHERE t.api_user = u.id AND "
            "t.kind = 'refresh' AND t.spent_at IS NULL AND t.expires_at > :now), u.used_at, u.networks, "
            "u.id, u.password, u.reads_only, u.brands, u.test "
            f"FROM api_user u WHERE u.{owner.value} = :owner ORDER BY u.username"
        )
    )
    for owner in Owner
}
_FIND = {
    owner: Statement(text(f"SELECT id, ended_at FROM api_user WHERE {owner.value} = :owner AND username = :username"))
    for owner in Owner
}
_BY_NUMBER = {
    owner: Statement(text(f"SELECT username FROM api_user WHERE id = :user AND {owner.value} = :owner"))
    for owner in Owner
}
_LIVING = {
    owner: Statement(text(f"SELECT count(*) FROM api_user WHERE {owner.value} = :owner AND ended_at IS NULL"))
    for owner in Owner
}
_NAMED = Statement(text("SELECT id FROM api_user WHERE username = :username"))
_END = Statement(text("UPDATE api_user SET ended_at = :now, password = '' WHERE id = :user"))
_RENEW = Statement(text("UPDATE api_user SET password = :password WHERE id = :user"))
_ALLOW = Statement(text("UPDATE api_user SET networks = :networks WHERE id = :user"))
_LIMIT = Statement(text("UPDATE api_user SET reads_only = :reads_only, brands = :brands WHERE id = :user"))
_END_TOKENS = Statement(text("DELETE FROM api_token WHERE api_user = :user"))


def add(
    transaction: Transaction, owner: Owner, code: int, username: str, password: NewPassword, test: bool = False
) -> str:
    """Adds a user of a provider (iysCode) or partner (integratorCode); its password, stored as a hash. ``test``: for
    good. Errors: BadCompany."""
    number = _number(transaction, owner, code)
    username = username.strip()
    if not username or transaction.one(_NAMED, {"username": username}):
        raise BadCompany("the user name is empty or taken: choose another", "username")
    username = companies.given_name(username, "a user name", "username-form")
    living = transaction.one(_LIVING[owner], {"owner": number})
    if living is not None and living[0] >= MOST:
        raise BadCompany(f"there are {MOST} users already: end one that is not needed", "programs-most", str(MOST))
    columns = f"{owner.value},username,password,test"
    transaction.insert("api_user", columns, [(number, username, password.hashed, test)])
    return password.text


def listed(snapshot: Snapshot, owner: Owner, code: int, now: int) -> list[User]:
    """By name. Errors: BadCompany."""
    rows = snapshot.all(_LISTED[owner], {"owner": _number(snapshot, owner, code), "now": stored(now)})
    return [
        User(
            name,
            _at(ended),
            tokens,
            _at(used),
            tuple((allowed or "").split()),
            number,
            _mark(hashed),
            bool(reads_only),
            brands_of(brands),
            bool(test),
        )
        for name, ended, tokens, used, allowed, number, hashed, reads_only, brands, test in rows
    ]


def named(snapshot: Snapshot, username: str) -> int | None:
    """A user's internal id, also of one that has ended."""
    row = snapshot.one(_NAMED, {"username": username.strip()})
    return None if row is None else int(next(iter(row)))


def name_of(snapshot: Snapshot, owner: Owner, whose: int, user: int) -> str | None:
    """By internal ids."""
    return snapshot.value(_BY_NUMBER[owner], {"owner": whose, "user": user})


def end(transaction: Transaction, owner: Owner, code: int, username: str) -> int:
    """Ends a user for good, with all its tokens; how many. Its name stays taken. Errors: BadCompany."""
    user, ended = _find(transaction, owner, code, username)
    if not ended:
        transaction.run(_END, {"user": user, "now": stored(transaction.now)})
    return transaction.run(_END_TOKENS, {"user": user})


def renew(
    transaction: Transaction, owner: Owner, code: int, username: str, password: NewPassword, shown: str | None = None
) -> str:
    """A new password; the old one's tokens end. ``shown``: the mark of the password that the caller has seen. Errors:
    BadCompany, also where another password was set meanwhile."""
    user, ended = _find(transaction, owner, code, username)
    stands = next(one for one in listed(transaction, owner, code, transaction.now) if one.id == user)
    if shown is not None and shown != stands.password:
        raise BadCompany(f"somebody has given {username} another password meanwhile: see its list", "password-seen")
    if ended:
        raise BadCompany(f"{username} has ended: add a user of another name", "username-ended")
    transaction.run(_RENEW, {"user": user, "password": password.hashed})
    transaction.run(_END_TOKENS, {"user": user})
    return password.text


def allow(transaction: Transaction, owner: Owner, code: int, username: str, allowed: Sequence[str]) -> None:
    """Networks (CIDR, or single addresses) of a user, at once in every process; none: from anywhere. Errors:
    BadCompany."""
    user, _ = _find(transaction, owner, code, username)
    transaction.run(_ALLOW, {"user": user, "networks": kept_networks(allowed)})


def limit(
    transaction: Transaction, provider: int, username: str, reads_only: bool, brands: Collection[int] | None
) -> None:
    """What a provider's (iysCode) user may do, at once in every process. ``brands``: internal ids, None: all, also
    later ones. Errors: BadCompany."""
    user, _ = _find(transaction, Owner.PROVIDER, provider, username)
    if brands is not None:
        owned = {one.id for one in provider_list.brands_of(transaction, _number(transaction, Owner.PROVIDER, provider))}
        if not brands or not owned.issuperset(brands):
            raise BadCompany("name at least one brand of the provider", "key-brands")
    kept = None if brands is None else " ".join(map(str, sorted(brands)))
    transaction.run(_LIMIT, {"user": user, "reads_only": reads_only, "brands": kept})


def brands_of(kept: str | None) -> frozenset[int] | None:
    return None if kept is None else frozenset(map(int, kept.split()))


def _mark(hashed: str) -> str:
    return sha256(hashed.encode()).hexdigest()[:16]


def _at(instant: float | None) -> int | None:
    return optional_micros(instant)


def _number(snapshot: Snapshot, owner: Owner, code: int) -> int:
    if owner is Owner.PARTNER:
        return partners.number(snapshot, code)
    number = companies.provider_id(snapshot, code)
    if number is None:
        raise BadCompany(f"there is no provider {code}")
    return number


def _find(snapshot: Snapshot, owner: Owner, code: int, username: str) -> tuple[int, bool]:
    row = snapshot.one(_FIND[owner], {"owner": _number(snapshot, owner, code), "username": username.strip()})
    if row is None:
        raise BadCompany(f"{owner.value} {code} has no user of this name: see its list")
    user, ended_at = row
    return user, ended_at is not None


def kept_networks(networks: Sequence[str]) -> str | None:
    """Networks (CIDR, or single addresses) as stored; None: from anywhere. Errors: BadCompany."""
    if len(networks) > _MOST_NETWORKS:
        raise BadCompany(f"at most {_MOST_NETWORKS} networks", "networks-many")
    try:
        found = [ip_network(text.strip()) for text in networks]
    except ValueError as fault:
        raise BadCompany(f"{fault}: write a network like 192.0.2.0/24 or 2001:db8::/32", "network") from None
    return " ".join(map(str, dict.fromkeys(found))) or None


def admits(networks: str | None, client: str) -> bool:
    if networks is None:
        return True
    try:
        address = ip_address(client)
    except ValueError:  # no address: a socket file
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _networks(networks))


@lru_cache(maxsize=1024)
def _networks(networks: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in networks.split()]
