"""Tables ``partner`` and ``partner_grant``: partners, and their rights over brands. No process caches them, so changes
take effect with the commit. A closed partner gets H521; its refusals are still recorded."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from consents.brands import companies
from consents.brands.companies import BadCompany, check_code, clean
from consents.brands.spelling import turkish_order
from consents.channels import answered
from consents.columns import optional_micros, stored
from consents.store import Snapshot, Statement, Transaction, Value, table
from consents.terms import Channel
from providers.tables import PartnerGrant

LEVELS = ("none", "read", "write")  # what a partner may do with a channel, by its code
READ_LEVEL, WRITE_LEVEL = 1, 2

_grant = table(PartnerGrant).c
_brand = companies.CODES.c

_LEVELS = answered({Channel.ARAMA: _grant.arama, Channel.MESAJ: _grant.mesaj, Channel.EPOSTA: _grant.eposta})
_BY_CODE: Value[int] = Statement(text("SELECT id FROM partner WHERE code = :code"))
_CODE: Value[int] = Statement(text("SELECT code FROM partner WHERE id = :partner"))
_OPEN: Statement[tuple[int, str]] = Statement(
    text("SELECT code, title FROM partner WHERE closed_at IS NULL ORDER BY code")
)
_EVERY = Statement(text("SELECT id, code, title, closed_at FROM partner ORDER BY code"))
_BY_PUBLIC = Statement(text("SELECT id, code, title, closed_at FROM partner WHERE code = :code"))
_BY_ID = Statement(text("SELECT id, code, title, closed_at FROM partner WHERE id = :id"))
_RENAME = Statement(text("UPDATE partner SET title = :title WHERE id = :id"))
_SET_CLOSED = Statement(text("UPDATE partner SET closed_at = :at WHERE id = :id"))
_GRANTS = Statement(
    text("SELECT brand, arama, mesaj, eposta, agreements, via FROM partner_grant WHERE partner = :partner")
)
_BY_BRAND_CODE = Statement(
    select(_brand.code, *_LEVELS.values(), _grant.agreements, _grant.via)
    .join(companies.CODES, _brand.brand == _grant.brand)
    .where(_grant.partner == bindparam("partner"))
    .order_by(_brand.code)
)
_OF_BRAND = Statement(
    text("SELECT arama, mesaj, eposta FROM partner_grant WHERE partner = :partner AND brand = :brand")
)
_PARTNERS_OF_BRAND = Statement(
    text(
        "SELECT p.code, p.title, g.arama, g.mesaj, g.eposta, g.agreements, g.via FROM partner_grant g "
        "JOIN partner p ON p.id = g.partner WHERE g.brand = :brand ORDER BY p.code"
    )
)
_REVOKE = Statement(text("DELETE FROM partner_grant WHERE partner = :partner AND brand = :brand"))


class Grant(NamedTuple):
    """Rights over a brand: by channel code 0 nothing, 1 read, 2 write; ``agreements``: its day reports; ``via``: to
    ask people for their consent in its name."""

    channels: tuple[int, int, int]
    agreements: bool
    via: bool = False


class KnownPartner(NamedTuple):
    """``id``: internal, ``code``: integratorCode, ``closed_at``: µs, None of an open one."""

    id: int
    code: int
    title: str
    closed_at: int | None


class Revoked(NamedTuple):
    partner: int
    brand: int


def add(transaction: Transaction, code: int, title: str) -> None:
    """Errors: BadCompany."""
    check_code(code, "partner")
    if transaction.one(_BY_CODE, {"code": code}):
        raise BadCompany(f"partner code {code} is taken")
    transaction.insert("partner", "code,title", [(code, clean(title))])


def number(snapshot: Snapshot, code: int) -> int:
    """Errors: BadCompany."""
    if (partner := snapshot.value(_BY_CODE, {"code": code})) is None:
        raise BadCompany(f"there is no partner {code}: add it first (izin partner add --code {code} --title …)")
    return partner


def code_of(snapshot: Snapshot, partner: int) -> int:
    code = snapshot.value(_CODE, {"partner": partner})
    assert code is not None, f"partner {partner} is missing"
    return code


def listed(snapshot: Snapshot) -> list[tuple[int, str]]:
    """(integratorCode, title) of the open ones, by title."""
    return sorted(snapshot.all(_OPEN), key=lambda one: turkish_order(one[1]))


def list_all(snapshot: Snapshot) -> list[KnownPartner]:
    """By number, with closed ones."""
    return [_known(row) for row in snapshot.all(_EVERY)]


def find(snapshot: Snapshot, code: int) -> KnownPartner | None:
    row = snapshot.one(_BY_PUBLIC, {"code": code})
    return None if row is None else _known(row)


def by_id(snapshot: Snapshot, number: int) -> KnownPartner | None:
    """The partner with this internal id."""
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _known(row)


def rename(transaction: Transaction, code: int, title: str) -> KnownPartner:
    """The partner as it was. Errors: BadCompany."""
    before = _named(transaction, code)
    transaction.run(_RENAME, {"id": before.id, "title": clean(title)})
    return before


def close(transaction: Transaction, code: int) -> KnownPartner:
    """From the next call on H521, but for refusals. Its rights stay for a reopening; its push connections end
    (``push_connections.close_partner``). Errors: BadCompany where it is closed."""
    found = _named(transaction, code)
    if found.closed_at is not None:
        raise BadCompany(f"partner {code} is closed already", "partner-state")
    transaction.run(_SET_CLOSED, {"id": found.id, "at": stored(transaction.now)})
    return found


def reopen(transaction: Transaction, code: int) -> None:
    """With its former rights. Errors: BadCompany where it is open."""
    found = _named(transaction, code)
    if found.closed_at is None:
        raise BadCompany(f"partner {code} is open", "partner-state")
    transaction.run(_SET_CLOSED, {"id": found.id, "at": None})


def grant(
    transaction: Transaction,
    partner: int,
    brand: int,
    levels: tuple[int, int, int],
    agreements: bool = False,
    via: bool = False,
) -> None:
    """Replaces a partner's rights over a brand, by their codes. ``levels``: for calls, SMS and e-mail. Errors:
    BadCompany."""
    found, known = number(transaction, partner), companies.known_brand(transaction, brand)
    if known is None:
        raise BadCompany(f"there is no brand {brand}")
    if _named(transaction, partner).closed_at is not None:
        raise BadCompany(f"partner {partner} is closed: reopen it first (izin partner reopen)", "partner-state")
    row = (found, known.id, *levels, agreements, via)
    transaction.upsert("partner_grant", "partner,brand", "partner,brand,arama,mesaj,eposta,agreements,via", [row])


def revoke(transaction: Transaction, partner: int, brand: int) -> Revoked:
    """Ends all rights of a partner over a brand, by their codes. Errors: BadCompany."""
    found, known = number(transaction, partner), companies.known_brand(transaction, brand)
    if known is None or not transaction.run(_REVOKE, {"partner": found, "brand": known.id}):
        raise BadCompany(f"partner {partner} may do nothing with brand {brand}")
    return Revoked(found, known.id)


def grants(snapshot: Snapshot, partner: int) -> dict[int, Grant]:
    return _read(snapshot, _GRANTS, partner)


def granted(snapshot: Snapshot, code: int) -> dict[int, Grant]:
    """By brandCode, in order. Errors: BadCompany."""
    return _read(snapshot, _BY_BRAND_CODE, number(snapshot, code))


def of_brand(snapshot: Snapshot, brand: int) -> list[tuple[int, str, Grant]]:
    rows = snapshot.all(_PARTNERS_OF_BRAND, {"brand": brand})
    return [
        (code, title, Grant((arama, mesaj, eposta), bool(own), bool(via)))
        for code, title, arama, mesaj, eposta, own, via in rows
    ]


def switches(grant: Grant) -> list[str]:
    """The words of a grant's rights beside the channels, as commands and the log of acts have them."""
    return [word for word, given in (("agreements", grant.agreements), ("via", grant.via)) if given]


def may_write(snapshot: Snapshot, partner: int, brand: int, channel: int) -> bool:
    levels = snapshot.one(_OF_BRAND, {"partner": partner, "brand": brand})
    return levels is not None and levels[channel] >= WRITE_LEVEL


def _named(snapshot: Snapshot, code: int) -> KnownPartner:
    number(snapshot, code)
    found = find(snapshot, code)
    assert found is not None
    return found


def _known(row: tuple[Any, ...]) -> KnownPartner:
    number, code, title, closed_at = row
    return KnownPartner(number, code, title, optional_micros(closed_at))


def _read(snapshot: Snapshot, statement: Statement[Any], partner: int) -> dict[int, Grant]:
    rows = snapshot.all(statement, {"partner": partner})
    return {
        brand: Grant((arama, mesaj, eposta), bool(agreements), bool(via))
        for brand, arama, mesaj, eposta, agreements, via in rows
    }
