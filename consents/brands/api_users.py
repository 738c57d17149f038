"""Partners, what providers let them do, and the users of the programs of both."""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, insert, select

from consents.brands.companies import BadCompany, check_code, clean, known_brand
from consents.models import ApiUser, Partner, Provider
from consents.people import passwords
from consents.store import Snapshot, Statement, Transaction

_partners = Partner.__table__  # type: ignore[attr-defined]
_users = ApiUser.__table__  # type: ignore[attr-defined]
_providers = Provider.__table__  # type: ignore[attr-defined]

_PROVIDER = Statement(select(_providers.c.id).where(_providers.c.code == bindparam("code")))
_PARTNER = Statement(select(_partners.c.id).where(_partners.c.code == bindparam("code")))
_USER = Statement(select(_users.c.id).where(_users.c.username == bindparam("username")))
_NEW_PARTNER = Statement(insert(_partners).values(code=bindparam("code"), title=bindparam("title")))
_NEW_USER = Statement(
    insert(_users).values({name: bindparam(name) for name in ("provider", "partner", "username", "password")})
)


def add_api_user(transaction: Transaction, provider: int, username: str) -> str:
    """A user for a provider's program; its password, which is kept only as a hash. Errors: BadCompany."""
    owner = transaction.one(_PROVIDER, {"code": provider})
    if owner is None:
        raise BadCompany(f"there is no provider {provider}")
    return _add_user(transaction, username, provider=owner[0])


def add_partner(transaction: Transaction, code: int, title: str) -> None:
    """A partner under its integratorCode. Errors: BadCompany."""
    check_code(code, "partner")
    if transaction.one(_PARTNER, {"code": code}):
        raise BadCompany(f"partner code {code} is taken")
    transaction.run(_NEW_PARTNER, {"code": code, "title": clean(title)})


def add_partner_user(transaction: Transaction, partner: int, username: str) -> str:
    """A user for a partner's program; its password, which is kept only as a hash. Errors: BadCompany."""
    return _add_user(transaction, username, partner=_partner(transaction, partner))


def grant(
    transaction: Transaction, partner: int, brand: int, levels: tuple[int, int, int], agreements: bool = False
) -> None:
    """Lets a partner do something with a brand, instead of what it might before. Errors: BadCompany.

    ``levels``: for calls, SMS and e-mail nothing 0, read 1, write 2; ``agreements``: the reports of its days.
    """
    number, known = _partner(transaction, partner), known_brand(transaction, brand)
    if known is None:
        raise BadCompany(f"there is no brand {brand}")
    row = (number, known.id, *levels, agreements)
    transaction.upsert("partner_grant", "partner,brand", "partner,brand,arama,mesaj,eposta,agreements", [row])


def _add_user(
    transaction: Transaction, username: str, *, provider: int | None = None, partner: int | None = None
) -> str:
    username = username.strip()
    if not username or transaction.one(_USER, {"username": username}):
        raise BadCompany("the user name is empty or taken: choose another")
    password = secrets.token_urlsafe(24)
    sides = {"provider": provider, "partner": partner}
    transaction.run(_NEW_USER, {**sides, "username": username, "password": passwords.hashed(password)})
    return password


def _partner(snapshot: Snapshot, code: int) -> int:
    row = snapshot.one(_PARTNER, {"code": code})
    if row is None:
        raise BadCompany(f"there is no partner {code}: add it first (izin partner add --code {code} --title …)")
    return int(row[0])
